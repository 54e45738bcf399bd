/* admit: the host has room, what it is like before is noted down, and a subnet is chosen. */
#include "daemon/engine/steps.h"
#include "lib/virt/inventory.h"

#include <string.h>

/* What the host and the services on it keep for themselves. */
#define HOST_RESERVE_BYTES (UINT64_C(1) << 30)

int admit_check_memory(const struct step_host *host, const struct cluster_spec *spec,
                       uint64_t in_use_bytes, struct bd_err *err)
{
    unsigned nodes = cluster_spec_nodes(spec);
    uint64_t room =
        host->memory_bytes > HOST_RESERVE_BYTES ? host->memory_bytes - HOST_RESERVE_BYTES : 0;
    uint64_t left = room > in_use_bytes ? room - in_use_bytes : 0;
    if (spec->memory_bytes <= left / nodes || spec->oversubscribe)
        return 0;
    return bd_err_set(err, BD_ENOCAPACITY,
                      "%u nodes of %llu MiB are asked for, and the host has %llu MiB left for "
                      "clusters: ask for fewer or smaller nodes, end another cluster, or set "
                      "admission.oversubscribe",
                      nodes, (unsigned long long)(spec->memory_bytes >> 20),
                      (unsigned long long)(left >> 20));
}

int admit_check_host(const struct step_host *host, const struct cluster_spec *spec,
                     struct bd_err *err)
{
    int rc = admit_check_memory(host, spec, 0, err);
    double wanted = cluster_spec_cpus(spec);
    if (rc < 0 || spec->oversubscribe || wanted <= host->cpus)
        return rc;
    return bd_err_set(err, BD_ENOCAPACITY,
                      "%u nodes with %.2f CPUs in all are asked for, and the host has %u: "
                      "ask for fewer nodes or smaller shares, or set admission.oversubscribe",
                      cluster_spec_nodes(spec), wanted, host->cpus);
}

static void warn_of_cpus(const struct step_host *host, const struct step_input *in,
                         struct step_output *out)
{
    double wanted = cluster_spec_cpus(&in->plan.spec);
    bd_auto_free char *others =
        in->cpus_in_use > 0 ? bd_xasprintf(", those of other clusters to %.2f", in->cpus_in_use)
                            : bd_xstrdup("");
    if (wanted + in->cpus_in_use > host->cpus)
        bd_strv_addf(&out->warnings,
                     "the nodes' CPU shares add up to %.2f%s, and the host has %u CPUs: under full "
                     "load they are not met",
                     wanted, others, host->cpus);
}

static int choose_subnet(const struct step_host *host, const struct step_input *in,
                         struct step_output *out, struct bd_err *err)
{
    bd_auto_free struct subnet *routes = NULL;
    size_t n_routes = 0;
    if (in->plan.spec.bare) /* it has the host's network */
        return 0;
    int rc = virt_net_taken(&routes, &n_routes, err);
    if (rc < 0)
        return bd_err_wrap(err, "read the host's routes");

    size_t n = n_routes + in->n_taken;
    bd_auto_free struct subnet *taken = bd_xcalloc(n + 1, sizeof(*taken));
    if (n_routes)
        memcpy(taken, routes, n_routes * sizeof(*taken));
    if (in->n_taken)
        memcpy(taken + n_routes, in->taken, in->n_taken * sizeof(*taken));
    rc = subnet_pick(&host->pool, subnet_prefix_for((unsigned)in->plan.n_nodes), taken, n,
                     &out->subnet, err);
    out->has_subnet = rc == 0;
    return rc;
}

/* It was looked at when the cluster was planned, but the kernel may be another one since. */
static int check_network(const struct step_host *host, const struct cluster_spec *spec,
                         struct bd_err *err)
{
    bd_auto_faults struct schema_faults faults = {0};
    virt_shape_check(host->virt, spec, &faults);
    if (faults.n == 0)
        return 0;
    return bd_err_set(err, BD_EUNSUPPORTED, "the network can't be shaped as asked for: %s",
                      faults.items[0].expected);
}

int step_admit_exec(const struct step_host *host, const struct step_input *in,
                    struct step_output *out, struct bd_err *err)
{
    const struct virt_backend *backend = virt_backend_find(in->plan.spec.backend);
    int rc = backend->usable(host->virt, err);
    if (rc < 0)
        return bd_err_wrap(err, "backend %s", backend->name);
    rc = admit_check_memory(host, &in->plan.spec, in->memory_in_use, err);
    if (rc == 0)
        rc = check_network(host, &in->plan.spec, err);
    if (rc < 0)
        return rc;
    warn_of_cpus(host, in, out);
    rc = choose_subnet(host, in, out, err);
    if (rc < 0)
        return rc;

    struct inventory before = {0};
    rc = inventory_take(host->virt, VIRT_LANE_WORK, &before, err);
    if (rc < 0)
        return bd_err_wrap(err, "take the host's inventory");
    out->before = inventory_to_json(&before);
    inventory_done(&before);
    return 0;
}
