#include "lib/sched/slurm.h"

#include "lib/base/str.h"

#include <string.h>

#define MUNGE_KEY_BYTES 128 /* munged takes 32 to 1024 */
/* How long slurmd is held back for its controller; after that it starts all the same. */
#define WAIT_MS 60000

static const char *const units_of[NODE_ROLE_COUNT] = {
    [NODE_CONTROLLER] = "slurmctld",
    [NODE_COMPUTE] = "slurmd",
};

static void enable_unit(struct node_files *files, const char *unit)
{
    bd_auto_free char *link =
        bd_xasprintf("/etc/systemd/system/multi-user.target.wants/%s.service", unit);
    bd_auto_free char *target = bd_xasprintf("/usr/lib/systemd/system/%s.service", unit);
    node_files_link(files, link, target);
}

/*
 * Many nodes that boot at once may overrun a daemon's patience; it tries again, a few times. A
 * slurmd that finds no controller sleeps for a second before it registers again, so it is started
 * when there is one.
 */
static void tune_unit(struct node_files *files, const struct cluster_plan *plan, size_t node)
{
    const char *unit = units_of[plan->nodes[node].role];
    bd_auto_free char *path = bd_xasprintf("/etc/systemd/system/%s.service.d/benchd.conf", unit);
    bd_auto_free char *wait = NULL;
    if (plan->nodes[node].role == NODE_COMPUTE)
        wait = bd_xasprintf("ExecStartPre=-/usr/libexec/benchd/bench-wait %s %d %d\n",
                            plan->nodes[0].address, SLURMCTLD_PORT, WAIT_MS);
    node_files_addf(files, path, 0644, "[Service]\nRestart=on-failure\nRestartSec=200ms\n%s",
                    wait ? wait : "");
}

static int slurm_check_image(const struct sched_image *image, struct bd_err *err)
{
    struct slurm_image read;
    return slurm_image_read(image, &read, err);
}

static int slurm_files(const struct cluster_plan *plan, const struct sched_image *image,
                       struct node_files *files, struct bd_err *err)
{
    struct slurm_image facts;
    int r = slurm_image_read(image, &facts, err);
    if (r < 0)
        return r;

    unsigned char key[MUNGE_KEY_BYTES];
    bd_random(key, sizeof(key));
    bd_auto_free char *conf = slurm_conf(plan, &facts);
    bd_auto_free char *cgroup_conf = slurm_cgroup_conf(&facts);
    for (size_t i = 0; i < plan->n_nodes; i++) {
        const char *unit = units_of[plan->nodes[i].role];
        node_files_add(&files[i], "/etc/munge/munge.key", 0400, facts.munge_uid, facts.munge_gid,
                       key, sizeof(key));
        node_files_add(&files[i], "/etc/slurm/slurm.conf", 0644, 0, 0, conf, strlen(conf));
        node_files_add(&files[i], "/etc/slurm/cgroup.conf", 0644, 0, 0, cgroup_conf,
                       strlen(cgroup_conf));
        enable_unit(&files[i], "munge");
        enable_unit(&files[i], unit);
        tune_unit(&files[i], plan, i);
    }
    explicit_bzero(key, sizeof(key));
    return 0;
}

static void slurm_submitter(unsigned clients, struct bd_strv *ret_argv)
{
    bd_strv_add(ret_argv, "/usr/libexec/benchd/bench-submit-slurm");
    bd_strv_add(ret_argv, "--clients");
    bd_strv_addf(ret_argv, "%u", clients);
    bd_strv_add(ret_argv, "--jobcomp");
    bd_strv_add(ret_argv, SLURM_JOBCOMP_LOG);
}

static const char *const ask_jobs[] = {"scontrol", "--oneliner", "show", "jobs", NULL};
static const char *const ask_diag[] = {"sdiag", NULL};
static const struct sched_question questions[] = {
    {"scontrol-jobs.txt", ask_jobs}, {"sdiag.txt", ask_diag}, {0}};
static const char *const daemons[] = {"slurmctld.service", NULL};
static const char *const controller_logs[] = {SLURMCTLD_LOG, SLURM_JOBCOMP_LOG, NULL};
static const char *const compute_logs[] = {SLURMD_LOG, NULL};

const struct sched sched_slurm = {
    .name = "slurm",
    .title = "Slurm Workload Manager",
    .tested = "22.05, 24.11",
    .owned = slurm_owned,
    .check_options = slurm_check_options,
    .check_image = slurm_check_image,
    .files = slurm_files,
    .wait_ready = slurm_wait_ready,
    .launch = slurm_launch,
    .why_waiting = slurm_why_waiting,
    .controller_logs = controller_logs,
    .compute_logs = compute_logs,
    .daemons = daemons,
    .limit_grain_ns = SLURM_GRAIN_NS,
    .submitter = slurm_submitter,
    .questions = questions,
    .records_log = SLURM_JOBCOMP_LOG,
    .read_records = slurm_read_records,
    .defaults = slurm_defaults,
};
