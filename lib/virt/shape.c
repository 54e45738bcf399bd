/*
 * The networks of clusters, shaped: which member of a spec is enforced how, and whether this host
 * can, which is tried rather than looked up: a kernel's configuration is not always there to read,
 * and what is a module is loaded by trying.
 */
#include "lib/virt/apart.h"
#include "lib/virt/rtnl.h"
#include "lib/virt/rtnl_tc.h"
#include "lib/virt/virt_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TRY_LINK    "bd-check"
#define TRY_BACK    "bd-check-b"
#define TRY_RATE    100000000
#define TRY_QUEUE   131072
#define TRY_LATENCY 1000000

static int try_htb(struct bd_err *err)
{
    int rc = rtnl_tc_rate(TRY_LINK, TRY_RATE, TRY_QUEUE, err);
    if (rc == 0)
        rc = rtnl_ifb_add(TRY_BACK, err);
    return rc < 0 ? rc : rtnl_tc_redirect(TRY_LINK, TRY_BACK, err);
}

static int try_netem(struct bd_err *err)
{
    const struct rtnl_netem netem = {.latency_ns = TRY_LATENCY, .packets = 1};
    return rtnl_tc_netem(TRY_LINK, false, &netem, err);
}

/* A way is tried on a link of its own. Another place to shape at, such as within nodes that have a
 * kernel of their own, is another row. */
static const struct way {
    unsigned members; /* bits */
    const char *by, *lacks, *remedy;
    int (*try_it)(struct bd_err *err);
} ways[SHAPE_WAYS] = {
    [SHAPE_HTB] = {1U << NETWORK_BANDWIDTH, "HTB and IFB on the host", "HTB, IFB or redirection",
                   "use one with CONFIG_NET_SCH_HTB, CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_U32, "
                   "CONFIG_NET_ACT_MIRRED and CONFIG_IFB",
                   try_htb},
    [SHAPE_NETEM] = {1U << NETWORK_LATENCY | 1U << NETWORK_JITTER | 1U << NETWORK_LOSS,
                     "netem on the host", "netem", "use one with CONFIG_NET_SCH_NETEM", try_netem},
};

static int try_way(void *arg, struct bd_err *err)
{
    const struct way *way = arg;
    int rc = rtnl_veth_add(TRY_LINK, err);
    return rc < 0 ? rc : way->try_it(err);
}

static bool is_lacking(int rc)
{
    return rc == -ENOENT || rc == -EOPNOTSUPP || rc == -EINVAL;
}

void shape_try(struct shape_tried *ret_tried)
{
    for (int i = 0; i < SHAPE_WAYS; i++) {
        struct bd_err err = BD_ERR_INIT;
        int rc = apart_try(try_way, (void *)&ways[i], &err);
        ret_tried->works[i] = rc == 0;
        snprintf(ret_tried->reason[i], sizeof(ret_tried->reason[i]), "%s%.100s%s%s",
                 is_lacking(rc) ? "this host's kernel has no " : "trying it failed: ",
                 is_lacking(rc) ? ways[i].lacks : err.text, is_lacking(rc) ? "; " : "",
                 is_lacking(rc) ? ways[i].remedy : "");
    }
}

struct virt_shaping virt_shaping_of(const struct virt *v, const struct virt_backend *backend,
                                    enum network_member member)
{
    struct virt_shaping s = {.reason = "its nodes have no links of their own on the host"};
    for (int i = 0; i < SHAPE_WAYS && backend->has_links; i++) {
        if (!(ways[i].members & 1U << member))
            continue;
        s.reason = v->shaping.reason[i];
        if (v->shaping.works[i])
            return (struct virt_shaping){.can = true, .by = ways[i].by};
    }
    return s;
}

void virt_shape_check(const struct virt *v, const struct cluster_spec *spec,
                      struct schema_faults *faults)
{
    const struct virt_backend *backend = virt_backend_find(spec->backend);
    for (int m = 0; m < NETWORK_MEMBERS; m++) {
        const char *name = network_member_to_str(m);
        bd_auto_free char *pointer = bd_xasprintf("/network/%s", name);
        struct virt_shaping s;
        if (!network_has(&spec->network, m))
            continue;
        s = virt_shaping_of(v, backend, m);
        if (!s.can)
            schema_faults_add(faults, pointer, NULL, "no %s: %s", name, s.reason);
    }
}

int virt_shape(struct virt *v, const struct cluster_plan *plan, struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < plan->n_nodes && network_is_shaped(&plan->spec.network); i++)
        rc = hostops_link_shape(v->ops, plan->nodes[i].link, plan->nodes[i].back,
                                &plan->spec.network, err);
    return rc;
}
