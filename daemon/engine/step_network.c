/* network: the cluster's own bridge. */
#include "daemon/engine/steps.h"

int step_network_exec(const struct step_host *host, const struct step_input *in,
                      struct step_output *out BD_UNUSED, struct bd_err *err)
{
    return virt_net_up(host->virt, &in->plan, err);
}

int step_network_undo(const struct step_host *host, const struct step_input *in, struct bd_err *err)
{
    return virt_net_down(host->virt, &in->plan, err);
}

int step_network_probe(const struct step_host *host, const struct step_input *in,
                       enum virt_presence *ret_presence, struct bd_err *err)
{
    return virt_net_probe(host->virt, &in->plan, ret_presence, err);
}
