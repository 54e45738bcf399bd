/* ready: the scheduler has every node idle, and from now on the CPU shares hold. */
#include "daemon/engine/steps.h"
#include "lib/sched/sched.h"

int step_ready_exec(const struct step_host *host, const struct step_input *in,
                    struct step_output *out, struct bd_err *err)
{
    const struct cluster_plan *plan = &in->plan;
    struct channel channel;
    int rc = channel_init(&channel, plan->spec.backend, host->virt, host->bench_enter, err);
    if (rc < 0)
        return rc;
    rc =
        sched_of(&plan->spec)->wait_ready(&channel, plan, in->cancel, &out->scheduler_version, err);
    if (rc < 0)
        return rc;
    rc = virt_backend_find(plan->spec.backend)->limit(host->virt, plan, &out->warnings, err);
    return rc < 0 ? bd_err_wrap(err, "enforce the CPU share") : 0;
}
