/* ready: the scheduler has every node idle, and from now on the network is as it was asked for, and
 * the CPU shares hold. */
#include "daemon/engine/steps.h"
#include "lib/sched/sched.h"
#include "lib/workload/link.h"

static void warn_of_figures(const json_t *network, struct step_output *out)
{
    const json_t *figure;
    size_t i;
    json_array_foreach (json_object_get(network, "figures"), i, figure) {
        if (bd_json_bool(figure, "holds", 1))
            continue;
        bd_auto_free char *words = network_figure_words(figure);
        bd_strv_addf(&out->warnings, "the network is not what was asked for: %s", words);
    }
}

/* Before the CPU shares hold, so that it is the links that are measured. Not to know them is for
 * the grade to tell; a cluster is not lost by it. */
static int shape(const struct step_host *host, const struct step_input *in,
                 const struct channel *channel, struct step_output *out, struct bd_err *err)
{
    struct bd_err why = BD_ERR_INIT;
    json_t *network = NULL;
    int rc = virt_shape(host->virt, &in->plan, err);
    if (rc < 0)
        return bd_err_wrap(err, "shape the network");
    rc = link_measure(channel, &in->plan, in->cancel, &network, &why);
    if (rc == BD_ECANCELLED) {
        bd_err_copy(err, &why);
        return rc;
    }
    if (rc < 0) {
        bd_strv_addf(&out->warnings, "the network was not measured: %s", why.text);
        network = json_pack("{s:[], s:s}", "figures", "error", why.text);
    }
    warn_of_figures(network, out);
    out->conditions = json_pack("{s:o}", "network", network);
    return 0;
}

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
    if (rc == 0 && network_is_shaped(&plan->spec.network))
        rc = shape(host, in, &channel, out, err);
    if (rc < 0)
        return rc;
    rc = virt_backend_find(plan->spec.backend)->limit(host->virt, plan, &out->warnings, err);
    return rc < 0 ? bd_err_wrap(err, "enforce the CPU share") : 0;
}
