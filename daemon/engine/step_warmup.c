/* warm-up: the hooks of a cluster that is ready, and what the workload does before it is measured.
 */
#include "daemon/engine/measure.h"
#include "lib/virt/hostdesc.h"

/* As it is now, just before it is measured on. */
static void describe_host(const struct step_host *host, struct step_output *out)
{
    out->host = hostdesc_of(host->virt);
    hostdesc_digest(out->host, out->host_digest);
}

int step_warmup_exec(const struct step_host *host, const struct step_input *in,
                     struct step_output *out, struct bd_err *err)
{
    describe_host(host, out);
    bd_auto_measure struct measure m = {.dir_fd = -1};
    int rc = measure_open(host, in, &m, err);
    if (rc == 0)
        rc = hooks_run(&m.channel, &in->plan, json_object_get(in->run.spec, "hooks"), "ready",
                       m.dir_fd, in->cancel, err);
    if (rc == 0 && m.workload->warm_up)
        rc = m.workload->warm_up(&m.input, err);
    return rc;
}
