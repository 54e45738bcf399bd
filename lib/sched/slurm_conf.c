#include "lib/base/str.h"
#include "lib/sched/slurm.h"

#include <string.h>

#define RELEASE_OWN_RUN_DIRS    2311
#define RELEASE_CGROUP_OPTIONAL 2405

static const char fixed[] = "AuthType=auth/munge\n"
                            "SlurmUser=slurm\n"
                            "SlurmdUser=root\n"
                            "StateSaveLocation=/var/lib/slurm/slurmctld\n"
                            "SlurmdSpoolDir=/var/lib/slurm/slurmd\n"
                            "ProctrackType=proctrack/linuxproc\n"
                            "TaskPlugin=task/none\n"
                            "JobAcctGatherType=jobacct_gather/none\n"
                            "JobCompType=jobcomp/filetxt\n"
                            "JobCompLoc=" SLURM_JOBCOMP_LOG "\n"
                            /* Beside the journal, which goes with the node. */
                            "SlurmctldLogFile=" SLURMCTLD_LOG "\n"
                            "SlurmdLogFile=" SLURMD_LOG "\n"
                            /* What the scheduler is told of a node holds, whatever slurmd finds. */
                            "SlurmdParameters=config_overrides\n";

static void add_option(struct bd_str *out, const char *key, const json_t *value)
{
    bd_str_addf(out, "%s=", key);
    if (json_is_string(value))
        bd_str_add(out, json_string_value(value));
    else if (json_is_boolean(value))
        bd_str_add(out, json_is_true(value) ? "YES" : "NO");
    else if (json_is_integer(value))
        bd_str_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        bd_str_addf(out, "%.15g", json_real_value(value));
    bd_str_add(out, "\n");
}

/* Sorted: the same spec gives the same file. */
static void add_options(struct bd_str *out, const json_t *options, bool pmix)
{
    bd_auto_json json_t *merged = slurm_merge_options(options, pmix);
    bd_auto_strv struct bd_strv keys = {0};
    const char *key;
    json_t *value;
    json_object_foreach (merged, key, value)
        bd_strv_add(&keys, key);
    bd_strv_sort(&keys);
    for (size_t i = 0; i < keys.n; i++)
        add_option(out, keys.items[i], json_object_get(merged, keys.items[i]));
}

bool slurm_has_run_dirs(const struct slurm_image *image)
{
    return image->release >= RELEASE_OWN_RUN_DIRS;
}

/* Where the cluster's scheduler is a job of its, `options` are the other's, and Slurm has its
 * defaults. */
static json_t *options_of(const struct cluster_spec *spec)
{
    return spec->under_slurm ? json_object() : sched_options(spec);
}

/* In the order that jobs have their nodes in. */
static void add_nodes(struct bd_str *out, const struct cluster_plan *plan)
{
    const struct cluster_spec *spec = &plan->spec;
    bd_auto_free char *has =
        bd_xasprintf("CPUs=%u RealMemory=%llu State=UNKNOWN\n", spec->scheduler_cpus,
                     (unsigned long long)(spec->memory_bytes >> 20));
    if (slurm_runs_jobs(plan, &plan->nodes[0]))
        bd_str_addf(out, "NodeName=%s %s", plan->nodes[0].name, has);
    bd_str_addf(out, "NodeName=n[1-%u] %s", spec->compute, has);
}

char *slurm_conf(const struct cluster_plan *plan, const struct slurm_image *image)
{
    const struct cluster_spec *spec = &plan->spec;
    struct bd_str out = {0};
    bool own_dirs = slurm_has_run_dirs(image);

    bd_str_addf(&out, "ClusterName=bd%s\n", plan->id);
    for (unsigned i = 0; i < spec->controllers; i++)
        bd_str_addf(&out, "SlurmctldHost=%s(%s)\n", plan->nodes[i].name, plan->nodes[i].address);
    bd_str_addf(&out, "SlurmctldPort=%d\n", SLURMCTLD_PORT);
    bd_str_add(&out, fixed);
    bd_str_addf(&out, "SlurmctldPidFile=/run/%s\n",
                own_dirs ? "slurmctld/slurmctld.pid" : "slurmctld.pid");
    bd_str_addf(&out, "SlurmdPidFile=/run/%s\n", own_dirs ? "slurm/slurmd.pid" : "slurmd.pid");
    if (spec->accounting)
        bd_str_addf(&out,
                    "AccountingStorageType=accounting_storage/slurmdbd\n"
                    "AccountingStorageHost=%s\n"
                    "AccountingStoragePort=%d\n",
                    plan->nodes[0].name, SLURMDBD_PORT);
    bd_auto_json json_t *options = options_of(spec);
    add_options(&out, options, image->pmix);
    add_nodes(&out, plan);
    bd_str_add(&out, "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n");
    return bd_str_take(&out);
}

/* Left to find out by itself, slurmd ends where the host's cgroups are not what it knows. */
char *slurm_cgroup_conf(const struct slurm_image *image)
{
    return bd_xasprintf("CgroupPlugin=%s\n",
                        image->release >= RELEASE_CGROUP_OPTIONAL ? "disabled" : "cgroup/v1");
}
