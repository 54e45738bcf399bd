/* The backend `lxc`: a node is a domain of libvirt's LXC driver, its init bench-init. */
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/par.h"
#include "lib/virt/virt_priv.h"
#include "lib/virt/xml.h"

#include <libvirt/virterror.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define ATTEMPTS 3

/* From libvirt's "started" to the node's init in its cgroup: milliseconds, unless the host is very
 * busy. */
#define INIT_TIMEOUT_NS (20 * BD_NS_PER_S)
#define INIT_POLL_NS    (2 * BD_NS_PER_MS)

static int lxc_usable(struct virt *v, struct bd_err *err)
{
    unsigned long version;
    int rc = virt_can_group(v, err);
    return rc < 0 ? rc : virt_version(v, &version, err);
}

/* ------------------------------------------------------------------------------------ looking */

static void free_domains(virDomainPtr *domains, int n)
{
    for (int i = 0; i < n; i++)
        virDomainFree(domains[i]);
    free(domains);
}

static bool is_listed(const struct node_plan *node, virDomainPtr *domains, int n)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    for (int i = 0; i < n; i++)
        if (strcmp(virDomainGetName(domains[i]), node->domain) == 0)
            return virDomainGetUUIDString(domains[i], uuid) == 0 && strcmp(uuid, node->uuid) == 0;
    return false;
}

int lxc_list(struct virt *v, enum virt_lane lane, const struct cluster_plan *plan,
             bool *ret_running, size_t *ret_n, struct bd_err *err)
{
    bd_auto_conn struct conn *conn = NULL;
    virDomainPtr *domains = NULL;
    int rc = conn_get(v->lanes[lane], &conn, err);
    if (rc < 0)
        return rc;
    int n = virConnectListAllDomains(conn_libvirt(conn), &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    if (n < 0)
        return conn_error(conn, err, "list domains");
    *ret_n = 0;
    for (size_t i = 0; i < plan->n_nodes; i++) {
        ret_running[i] = is_listed(&plan->nodes[i], domains, n);
        *ret_n += ret_running[i];
    }
    free_domains(domains, n);
    return 0;
}

static int lxc_probe(struct virt *v, const struct cluster_plan *plan,
                     enum virt_presence *ret_presence, struct bd_err *err)
{
    bd_auto_free bool *running = bd_xcalloc(plan->n_nodes, sizeof(*running));
    size_t n, up = 0;
    int rc = lxc_list(v, VIRT_LANE_WORK, plan, running, &n, err);
    if (rc < 0)
        return rc;
    /* libvirt lists a domain before its init is what it will be, or one that has just died. */
    for (size_t i = 0; i < plan->n_nodes; i++) {
        bd_auto_fd int pidfd = -1;
        up += running[i] && virt_node_pidfd(v, &plan->nodes[i], &pidfd, NULL) == 0;
    }
    *ret_presence = n == 0 ? VIRT_ABSENT : up < plan->n_nodes ? VIRT_PARTIAL : VIRT_DONE;
    return 0;
}

/* ----------------------------------------------------------------------------------- starting */

struct start {
    struct virt *v;
    const struct virt_start *order;
    bool *running; /* before it began */
};

static int create_domain(struct start *s, const struct node_plan *node, struct bd_err *err)
{
    const char *clusters = hostops_dirs_of(s->v->ops)->clusters, *id = s->order->plan->id;
    bd_auto_free char *root = bd_xasprintf("%s/%s/%s/root", clusters, id, node->name);
    bd_auto_free char *shared = bd_xasprintf("%s/%s/shared", clusters, id);
    bd_auto_free char *xml = xml_lxc_domain(&(struct xml_node){
        .plan = s->order->plan,
        .node = node,
        .root = root,
        .shared = shared,
        .layout = s->v->facts.layout,
        .cgroup_options = s->v->facts.cgroup2_options,
    });
    bd_auto_conn struct conn *conn = NULL;
    int rc = conn_get(s->v->lanes[VIRT_LANE_WORK], &conn, err);
    if (rc < 0)
        return rc;
    /* Not tied to the connection (autodestroy): nodes outlive a restart of the daemon. */
    virDomainPtr domain = virDomainCreateXML(conn_libvirt(conn), xml, 0);
    if (!domain)
        return conn_error(conn, err, "create domain %s", node->domain);
    virDomainFree(domain);
    return 0;
}

/* libvirt calls it started when its init has been executed; here it has when that is in its cgroup.
 */
static int await_init(struct start *s, const struct node_plan *node, struct bd_err *err)
{
    for (int64_t end = bd_mono_ns() + INIT_TIMEOUT_NS;;) {
        int pidfd;
        int rc = virt_node_pidfd(s->v, node, &pidfd, err);
        if (rc == 0) {
            close(pidfd);
            return 0;
        }
        if (rc != BD_ENOTFOUND)
            return rc;
        if (!virt_node_has_controller(node))
            return bd_err_set(err, BD_EVIRT,
                              "its init ended at once: can the image's /sbin/init be started? (%s "
                              "/sbin/init in its root tells)",
                              "chroot ROOT");
        if (bd_mono_ns() > end)
            return bd_err_set(err, BD_ETIMEOUT, "its init did not come up in %lld s",
                              (long long)(INIT_TIMEOUT_NS / BD_NS_PER_S));
        rc = bd_cancel_sleep(s->order->cancel, INIT_POLL_NS, err);
        if (rc < 0)
            return rc;
    }
}

/* What a failed attempt left, so that the next finds none of its names taken. As well as it goes:
 * the next attempt, or stop(), tells of what is in the way. */
static void clean(struct start *s, const struct node_plan *node)
{
    struct hostops *ops = s->v->ops;
    const char *id = s->order->plan->id;
    lxc_destroy(s->v, VIRT_LANE_WORK, node, NULL);
    hostops_cgroup_kill(ops, node->cgroup, NULL);
    hostops_controllers_kill(ops, id, node->name, NULL);
    hostops_cgroup_wait_empty(ops, node->cgroup, BD_NS_PER_S, NULL);
    hostops_link_del(ops, node->link, NULL);
    hostops_cgroup_remove(ops, node->cgroup, NULL);
    hostops_leftovers_remove(ops, id, node->name, NULL);
}

static int start_once(struct start *s, size_t i, struct bd_err *err)
{
    const struct virt_start *o = s->order;
    const struct node_plan *node = &o->plan->nodes[i];
    int rc = create_domain(s, node, err);
    return rc < 0 ? rc : await_init(s, node, err);
}

/* libvirt fails a start now and then for reasons of the moment; the others stay what they are. */
static bool worth_another(int rc)
{
    return rc == BD_EVIRT || rc == BD_ETIMEOUT || rc == BD_ECONFLICT;
}

static int start_node(size_t i, void *arg, struct bd_err *err)
{
    struct start *s = arg;
    const struct virt_start *o = s->order;
    const struct node_plan *node = &o->plan->nodes[i];
    int rc = s->running[i] ? 0 : BD_EVIRT;
    for (int attempt = 0; attempt < ATTEMPTS && worth_another(rc); attempt++) {
        if (attempt > 0)
            clean(s, node);
        rc = bd_cancel_check(o->cancel, err);
        if (rc == 0)
            rc =
                hostops_node_make(s->v->ops, o->plan->id, node->name, o->rootfs, &o->files[i], err);
        if (rc == 0)
            rc = start_once(s, i, err);
    }
    if (rc < 0)
        return bd_err_wrap(err, "start node %s", node->name);
    if (o->on_started)
        o->on_started(node, o->arg);
    return 0;
}

static int lxc_start(struct virt *v, const struct virt_start *order, struct bd_err *err)
{
    const struct cluster_plan *plan = order->plan;
    bd_auto_free bool *running = bd_xcalloc(plan->n_nodes, sizeof(*running));
    size_t n;
    int rc = lxc_list(v, VIRT_LANE_WORK, plan, running, &n, err);
    if (rc == 0 && v->facts.layout == CGROUP_HYBRID)
        rc = hostops_cgroup_make(v->ops, plan->cgroup, err);
    if (rc == 0)
        rc = hostops_shared_make(v->ops, plan->id, err);
    struct start s = {.v = v, .order = order, .running = running};
    return rc < 0 ? rc
                  : bd_par_for(plan->n_nodes, v->start_width, start_node, &s, order->cancel, err);
}

/* ----------------------------------------------------------------------------------- limiting */

static int limit_node(struct conn *conn, const struct node_plan *node, struct bd_err *err)
{
    long long quota_us = llround(node->cpus * CPU_PERIOD_US);
    virTypedParameterPtr params = NULL;
    int n = 0, room = 0, rc = 0;
    virDomainPtr domain = virDomainLookupByUUIDString(conn_libvirt(conn), node->uuid);
    if (!domain)
        return conn_error(conn, err, "find domain %s", node->domain);
    if (virTypedParamsAddULLong(&params, &n, &room, VIR_DOMAIN_SCHEDULER_VCPU_PERIOD,
                                CPU_PERIOD_US) < 0 ||
        virTypedParamsAddLLong(&params, &n, &room, VIR_DOMAIN_SCHEDULER_VCPU_QUOTA, quota_us) < 0 ||
        virDomainSetSchedulerParametersFlags(domain, params, n, VIR_DOMAIN_AFFECT_LIVE) < 0)
        rc = conn_error(conn, err, "limit the CPU of domain %s", node->domain);
    virTypedParamsFree(params, n);
    virDomainFree(domain);
    return rc;
}

/*
 * Through libvirt, which knows where it put the node on each layout of cgroups. Two calls a node,
 * one node after the other, were measured to take 0.1 to 0.2 s for 32 nodes that are still booting
 * on two cores, where writing the files would take a millisecond: not worth knowing libvirt's
 * layouts here too.
 */
static int lxc_limit(struct virt *v, const struct cluster_plan *plan, struct bd_strv *warnings,
                     struct bd_err *err)
{
    virt_warn_of_limits(v, warnings);
    if (!virt_in_force(v, "cpu"))
        return 0;
    bd_auto_conn struct conn *conn = NULL;
    int rc = conn_get(v->lanes[VIRT_LANE_WORK], &conn, err);
    for (size_t i = 0; rc == 0 && i < plan->n_nodes; i++)
        rc = limit_node(conn, &plan->nodes[i], err);
    return rc;
}

/* ------------------------------------------------------------------------------------- ending */

int lxc_destroy(struct virt *v, enum virt_lane lane, const struct node_plan *node,
                struct bd_err *err)
{
    bd_auto_conn struct conn *conn = NULL;
    int rc = conn_get(v->lanes[lane], &conn, err);
    if (rc < 0)
        return rc;
    virDomainPtr domain = virDomainLookupByUUIDString(conn_libvirt(conn), node->uuid);
    if (!domain)
        rc = conn_error(conn, err, "find domain %s", node->domain);
    else if (virDomainDestroy(domain) < 0)
        rc = virGetLastError()->code == VIR_ERR_OPERATION_INVALID /* it has ended meanwhile */
                 ? 0
                 : conn_error(conn, err, "destroy domain %s", node->domain);
    if (domain)
        virDomainFree(domain);
    if (rc != BD_ENOTFOUND)
        return rc;
    bd_err_clear(err);
    return 0;
}

const struct virt_backend virt_backend_lxc = {
    .name = "lxc",
    .shared_clock = true,
    .has_links = true,
    .usable = lxc_usable,
    .start = lxc_start,
    .probe = lxc_probe,
    .limit = lxc_limit,
    .stop = lxc_stop,
};
