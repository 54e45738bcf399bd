/* A command as one job of Flux's: flux run, which waits for it and passes its output on. */
#include "lib/base/str.h"
#include "lib/sched/daemons.h"
#include "lib/sched/flux.h"

#include <string.h>

/* Bound to no cores: those that Flux is told of are not those of the host, and a node's share of
 * the CPU is the node's. One task that ends badly ends them all. */
void flux_launch(const struct sched_job *job, struct bd_strv *ret_argv)
{
    bd_strv_add(ret_argv, FLUX_PROGRAM);
    bd_strv_add(ret_argv, "run");
    bd_strv_addf(ret_argv, "--job-name=%s", job->name);
    bd_strv_addf(ret_argv, "--nodes=%u", job->nodes);
    bd_strv_addf(ret_argv, "--ntasks=%u", job->tasks);
    if (job->cores_per_task > 0)
        bd_strv_addf(ret_argv, "--cores-per-task=%u", job->cores_per_task);
    if (job->exclusive)
        bd_strv_add(ret_argv, "--exclusive");
    if (job->limit_ns > 0) {
        int64_t seconds = (job->limit_ns - 1) / FLUX_GRAIN_NS + 1;
        bd_strv_addf(ret_argv, "--time-limit=%llds", (long long)seconds);
    }
    if (job->dir)
        bd_strv_addf(ret_argv, "--cwd=%s", job->dir);
    bd_strv_add(ret_argv, "--input=/dev/null");
    bd_strv_add(ret_argv, "--setopt=cpu-affinity=off");
    bd_strv_add(ret_argv, "--setopt=exit-on-error");
    bd_strv_add(ret_argv, "--");
    bd_strv_add_all(ret_argv, job->argv);
}

/* What a scheduler notes on a job that it can't start yet; sched-simple and the others of flux-core
 * say nothing, and then it is known that it waits for resources. */
char *flux_why_waiting(const struct channel *channel, const struct cluster_plan *plan,
                       const char *job_name)
{
    bd_auto_free char *name = bd_xasprintf("--name=%s", job_name);
    const char *const argv[] = {
        FLUX_PROGRAM,
        "jobs",
        "--no-header",
        "--filter=pending",
        "--count=1",
        name,
        "--format={state} {dependencies} {annotations.sched.reason_pending}",
        NULL};
    bd_auto_free char *said = sched_said(channel, plan, argv);
    return said ? bd_xasprintf("Flux says: it is in state %s", said) : NULL;
}
