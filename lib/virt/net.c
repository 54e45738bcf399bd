/* The network of a cluster, and the subnets that it must keep clear of. */
#include "lib/virt/rtnl.h"
#include "lib/virt/virt.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

int virt_net_up(struct virt *v, const struct cluster_plan *plan, struct bd_err *err)
{
    if (plan->spec.bare) /* the network is the host's own */
        return 0;
    return hostops_bridge_add(virt_ops(v), plan->bridge, err);
}

int virt_net_down(struct virt *v, const struct cluster_plan *plan, struct bd_err *err)
{
    return hostops_link_del(virt_ops(v), plan->bridge, err);
}

int virt_net_probe(struct virt *v BD_UNUSED, const struct cluster_plan *plan,
                   enum virt_presence *ret_presence, struct bd_err *err BD_UNUSED)
{
    bool up = plan->spec.bare || if_nametoindex(plan->bridge);
    *ret_presence = up ? VIRT_DONE : VIRT_ABSENT;
    return 0;
}

struct taken {
    struct subnet *subnets;
    size_t n, cap;
};

static int add_subnet(const struct nlmsghdr *msg, void *arg)
{
    struct taken *t = arg;
    struct subnet s;
    if (!rtnl_read_subnet(msg, &s))
        return 0;
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 32;
        t->subnets = bd_xrealloc(t->subnets, t->cap * sizeof(*t->subnets));
    }
    t->subnets[t->n++] = s;
    return 0;
}

int virt_net_taken(struct subnet **ret_subnets, size_t *ret_n, struct bd_err *err)
{
    struct taken t = {0};
    int rc = rtnl_dump(RTM_GETADDR, AF_INET, add_subnet, &t, err);
    if (rc == 0)
        rc = rtnl_dump(RTM_GETROUTE, AF_INET, add_subnet, &t, err);
    if (rc < 0) {
        free(t.subnets);
        return rc;
    }
    *ret_subnets = t.subnets;
    *ret_n = t.n;
    return 0;
}
