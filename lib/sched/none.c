/*
 * No scheduler: what the backend `host` has. A command is started by itself, or, where it has
 * several tasks, by the image's own mpirun, all of them on the one host.
 */
#include "lib/sched/none.h"
#include "lib/base/str.h"

static const char *const owned[] = {NULL};

static void check_options(const json_t *options, struct schema_faults *faults)
{
    if (json_object_size(options) > 0)
        schema_faults_add(faults, "/scheduler/options", NULL,
                          "no options: there is no scheduler that could have them");
}

static int check_image(const struct cluster_spec *spec BD_UNUSED,
                       const struct sched_image *image BD_UNUSED, struct bd_err *err BD_UNUSED)
{
    return 0;
}

static int files(const struct cluster_plan *plan BD_UNUSED,
                 const struct sched_image *image BD_UNUSED, struct node_files *ret_files BD_UNUSED,
                 struct bd_err *err BD_UNUSED)
{
    return 0;
}

static int wait_ready(const struct channel *channel BD_UNUSED,
                      const struct cluster_plan *plan BD_UNUSED, struct bd_cancel *cancel BD_UNUSED,
                      char **ret_version BD_UNUSED, struct bd_err *err BD_UNUSED)
{
    return 0;
}

/* The tasks of a node, the first ones of which have one more where they don't come out even. */
static unsigned tasks_of(const struct sched_job *job, unsigned node)
{
    return job->tasks / job->nodes + (node < job->tasks % job->nodes);
}

/*
 * In variables, which MPICH's mpirun passes over, Open MPI's is told what it would refuse or do
 * otherwise: to run as root, to start more tasks than it counts CPUs, and to leave it to the kernel
 * where each runs, as Slurm does in nodes. Both take the tasks in parts with a directory each.
 */
static void launch_by_mpirun(const struct sched_job *job, struct bd_strv *ret_argv)
{
    static const char *const settings[] = {
        "OMPI_ALLOW_RUN_AS_ROOT=1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
        "OMPI_MCA_rmaps_base_oversubscribe=1",
        "OMPI_MCA_hwloc_base_binding_policy=none",
        "PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe",
        "PRTE_MCA_hwloc_default_binding_policy=none",
    };
    bool apart = job->dir && job->nodes > 1;
    bd_strv_add(ret_argv, "/usr/bin/env");
    if (job->dir)
        bd_strv_addf(ret_argv, "--chdir=%s", job->dir);
    for (size_t i = 0; i < BD_ARRAY_LEN(settings); i++)
        bd_strv_add(ret_argv, settings[i]);
    bd_strv_add(ret_argv, "mpirun");
    for (unsigned node = 0; node < (apart ? job->nodes : 1); node++) {
        if (node > 0)
            bd_strv_add(ret_argv, ":");
        bd_strv_add(ret_argv, "-n");
        bd_strv_addf(ret_argv, "%u", apart ? tasks_of(job, node) : job->tasks);
        if (apart) {
            bd_strv_add(ret_argv, "-wdir");
            bd_strv_addf(ret_argv, "%s/%u", job->dir, node + 1);
        }
        bd_strv_add_all(ret_argv, job->argv);
    }
}

static void launch(const struct sched_job *job, struct bd_strv *ret_argv)
{
    if (job->tasks > 1) {
        launch_by_mpirun(job, ret_argv);
        return;
    }
    if (job->dir) {
        bd_strv_add(ret_argv, "/usr/bin/env");
        bd_strv_addf(ret_argv, "--chdir=%s", job->dir);
    }
    bd_strv_add_all(ret_argv, job->argv);
}

static char *why_waiting(const struct channel *channel BD_UNUSED,
                         const struct cluster_plan *plan BD_UNUSED, const char *job_name BD_UNUSED)
{
    return NULL;
}

const struct sched sched_none = {
    .name = "none",
    .title = "No scheduler: commands start at once (backend host)",
    .tested = "",
    .owned = owned,
    .check_options = check_options,
    .check_image = check_image,
    .files = files,
    .wait_ready = wait_ready,
    .launch = launch,
    .why_waiting = why_waiting,
    .defaults = json_object,
};
