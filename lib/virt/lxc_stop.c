/*
 * The end of a cluster's nodes. One write kills all of them; then libvirt and the kernel clear up,
 * each at its own pace, and what either leaves is removed by name. Nothing here needs to know how
 * far a start came: every step finds by itself what there is.
 */
#include "lib/base/clock.h"
#include "lib/base/par.h"
#include "lib/virt/virt_priv.h"

#include <errno.h>

/* How long libvirt may take to notice the end of its domains before it is told. */
#define GRACE_NS      (1 * BD_NS_PER_S)
#define GRACE_NODE_NS (10 * BD_NS_PER_MS)
/* Events tell when to look; without them, or when one was lost: */
#define LOOK_NS (50 * BD_NS_PER_MS)

#define DEATH_TIMEOUT_NS (10 * BD_NS_PER_S)
#define KILL_AGAIN_NS    (500 * BD_NS_PER_MS)
#define BUSY_TIMEOUT_NS  (5 * BD_NS_PER_S)
#define BUSY_POLL_NS     (5 * BD_NS_PER_MS)

#define REMOVE_WIDTH  4
#define DESTROY_WIDTH 4

struct stop {
    struct virt *v;
    enum virt_lane lane;
    const struct cluster_plan *plan;
    struct bd_cancel *cancel;
    bool *listed; /* by libvirt */
    int libvirt;  /* how it went with it */
    struct bd_err libvirt_err;
};

static int destroy_listed(size_t i, void *arg, struct bd_err *err)
{
    struct stop *s = arg;
    return s->listed[i] ? lxc_destroy(s->v, s->lane, &s->plan->nodes[i], err) : 0;
}

/* Returns when libvirt lists none of the domains any more. */
static int let_libvirt_forget(struct stop *s, struct bd_err *err)
{
    struct conn_pool *events = s->v->events;
    int64_t grace = GRACE_NS + (int64_t)s->plan->n_nodes * GRACE_NODE_NS;
    int64_t end = bd_mono_ns() + grace;
    for (bool told = false;;) {
        uint64_t seen = conn_life_seen(events);
        size_t n;
        int rc = lxc_list(s->v, s->lane, s->plan, s->listed, &n, err);
        if (rc < 0 || n == 0)
            return rc;
        if (bd_mono_ns() > end) {
            if (told)
                return bd_err_set(err, BD_EVIRT, "libvirt goes on listing %zu ended nodes of %s", n,
                                  s->plan->id);
            rc = bd_par_for(s->plan->n_nodes, DESTROY_WIDTH, destroy_listed, s, s->cancel, err);
            if (rc < 0)
                return rc;
            told = true;
            end = bd_mono_ns() + grace;
            continue;
        }
        conn_life_wait(events, seen, LOOK_NS);
        rc = bd_cancel_check(s->cancel, err);
        if (rc < 0)
            return rc;
    }
}

/* What a node has of ours. Its cgroup may be busy for a moment yet: what stays goes with the
 * cluster's. */
static int remove_node(const struct stop *s, const struct node_plan *node, struct bd_err *err)
{
    int rc = hostops_node_remove(s->v->ops, s->plan->id, node->name, err);
    if (rc == 0 && s->v->facts.layout == CGROUP_HYBRID)
        hostops_cgroup_remove(s->v->ops, node->cgroup, NULL);
    return rc;
}

/* Index 0 is libvirt's part, the others are the nodes: neither waits for the other. What goes wrong
 * with libvirt is kept for the end, so that the rest is done nevertheless. */
static int remove_one(size_t i, void *arg, struct bd_err *err)
{
    struct stop *s = arg;
    if (i > 0)
        return remove_node(s, &s->plan->nodes[i - 1], err);
    s->libvirt = let_libvirt_forget(s, &s->libvirt_err);
    return 0;
}

static int remove_links(struct stop *s, struct bd_err *err)
{
    const struct cluster_plan *plan = s->plan;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < plan->n_nodes; i++) {
        rc = hostops_link_del(s->v->ops, plan->nodes[i].link, err);
        if (rc == 0 && plan->spec.network.bits_per_s)
            rc = hostops_link_del(s->v->ops, plan->nodes[i].back, err);
    }
    return rc;
}

/* A cgroup stays busy for a moment after the last of its processes was seen to end. */
static int remove_cgroups(struct stop *s, struct bd_err *err)
{
    for (int64_t end = bd_mono_ns() + BUSY_TIMEOUT_NS;;) {
        int rc = 0;
        if (s->v->facts.layout == CGROUP_HYBRID)
            rc = hostops_cgroup_remove(s->v->ops, s->plan->cgroup, err);
        if (rc == 0)
            rc = hostops_leftovers_remove(s->v->ops, s->plan->id, NULL, err);
        if (rc != -EBUSY || bd_mono_ns() > end)
            return rc;
        bd_err_clear(err);
        /* A node that was just about to begin joined its cgroup after the others were killed. */
        rc = hostops_cluster_kill(s->v->ops, s->plan->id, err);
        if (rc == 0)
            rc = bd_cancel_sleep(s->cancel, BUSY_POLL_NS, err);
        if (rc < 0)
            return rc;
    }
}

/* A node that was just about to begin joins its cgroup after the others were killed: so again,
 * until none is left. */
int virt_kill_all(struct virt *v, const struct cluster_plan *plan, struct bd_err *err)
{
    for (int64_t end = bd_mono_ns() + DEATH_TIMEOUT_NS;;) {
        int rc = hostops_cluster_kill(v->ops, plan->id, err);
        if (rc == 0) /* where libvirt has the nodes elsewhere there is no such cgroup */
            rc = hostops_cgroup_wait_empty(v->ops, plan->cgroup, KILL_AGAIN_NS, err);
        if (rc != -EBUSY || bd_mono_ns() > end)
            return rc;
        bd_err_clear(err);
    }
}

static int stop_all(struct stop *s, struct bd_err *err)
{
    struct hostops *ops = s->v->ops;
    const char *id = s->plan->id;
    int rc = virt_kill_all(s->v, s->plan, err);
    if (rc == 0)
        rc = bd_par_for(s->plan->n_nodes + 1, REMOVE_WIDTH, remove_one, s, s->cancel, err);
    if (rc == 0)
        rc = hostops_controllers_kill(ops, id, NULL, err);
    if (rc == 0)
        rc = remove_links(s, err);
    if (rc == 0)
        rc = hostops_cluster_remove(ops, id, err);
    if (rc == 0)
        rc = remove_cgroups(s, err);
    return rc;
}

int lxc_stop(struct virt *v, enum virt_lane lane, const struct cluster_plan *plan,
             struct bd_cancel *cancel, struct bd_err *err)
{
    bd_auto_free bool *listed = bd_xcalloc(plan->n_nodes, sizeof(*listed));
    struct stop s = {.v = v, .lane = lane, .plan = plan, .cancel = cancel, .listed = listed};
    int rc = stop_all(&s, err);
    if (rc == 0 && s.libvirt < 0) {
        bd_err_copy(err, &s.libvirt_err);
        rc = s.libvirt;
    }
    return rc < 0 ? bd_err_wrap(err, "stop cluster %s", plan->id) : 0;
}
