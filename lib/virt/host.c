/*
 * The backend `host`: no nodes, but one place on the host in their stead, as the baseline that
 * shows what nodes cost. Commands see the image's root, as in a node, and have the CPUs and the
 * memory of all nodes that a job would have; kernel and network are the host's own, and libvirt has
 * no part in it. docs/decisions/0013 tells what it is made of, node/bench-hold.h what holds it.
 */
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/virt/procfs.h"
#include "lib/virt/virt_priv.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* What bench-hold calls itself once its place can be entered. */
#define HELD "bench-holding"

#define BUSY_TIMEOUT_NS (5 * BD_NS_PER_S)
#define BUSY_POLL_NS    (5 * BD_NS_PER_MS)

static int host_usable(struct virt *v, struct bd_err *err)
{
    return virt_can_group(v, err);
}

/* -------------------------------------------------------------------------------------- looking */

static bool holds(pid_t pid)
{
    char comm[PROCFS_COMM_BYTES];
    return procfs_is_init(pid) && procfs_comm(pid, comm) && strcmp(comm, HELD) == 0;
}

/* Commands have groups of their own below the place's: in it there is what holds it, and for a
 * moment a command that is on its way. */
static bool find_holder(const char *procs, pid_t *ret_pid)
{
    bd_auto_free char *text = NULL;
    if (bd_read_file(procs, 65536, &text, NULL, NULL) < 0)
        return false;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        int64_t pid;
        if (bd_parse_i64(line, 1, INT32_MAX, &pid) < 0 || !holds((pid_t)pid))
            continue;
        *ret_pid = (pid_t)pid;
        return true;
    }
    return false;
}

static bool is_in(pid_t pid, const char *cgroup)
{
    char path[PROCFS_CGROUP_BYTES];
    return procfs_cgroup(pid, path) && strcmp(path + 1, cgroup) == 0;
}

int host_node_open(struct virt *v, const struct node_plan *node, struct virt_node *ret_node,
                   struct bd_err *err)
{
    struct virt_node found = {.pidfd = -1};
    bd_auto_free char *procs =
        bd_xasprintf("%s/%s/cgroup.procs", hostops_dirs_of(v->ops)->cgroup2, node->cgroup);
    bd_auto_fd int fd = find_holder(procs, &found.pid) ? procfs_pidfd(found.pid) : -ESRCH;
    if (fd < 0 && fd != -ESRCH)
        return bd_err_errno(err, -fd, "open a pidfd of what holds %s", node->name);
    /* It is the holder's if that is still where it was and still lives. */
    if (fd < 0 || !holds(found.pid) || !is_in(found.pid, node->cgroup) || !procfs_lives(fd))
        return bd_err_set(err, BD_ENOTFOUND, "nothing holds the place %s any more", node->name);
    memcpy(found.cgroup, node->cgroup, strlen(node->cgroup) + 1);
    found.pidfd = bd_take_fd(&fd);
    *ret_node = found;
    return 0;
}

static bool is_up(struct virt *v, const struct cluster_plan *plan)
{
    bd_auto_fd int pidfd = -1;
    return virt_node_pidfd(v, &plan->nodes[0], &pidfd, NULL) == 0;
}

static int host_probe(struct virt *v, const struct cluster_plan *plan,
                      enum virt_presence *ret_presence, struct bd_err *err BD_UNUSED)
{
    const struct hostops_dirs *dirs = hostops_dirs_of(v->ops);
    bd_auto_free char *group = bd_xasprintf("%s/%s", dirs->cgroup2, plan->cgroup);
    bd_auto_free char *files = bd_xasprintf("%s/%s", dirs->clusters, plan->id);
    bool begun = bd_exists(group) || bd_exists(files);
    *ret_presence = is_up(v, plan) ? VIRT_DONE : begun ? VIRT_PARTIAL : VIRT_ABSENT;
    return 0;
}

/* ------------------------------------------------------------------------------------- starting */

/* Memory from the beginning, as a node's; CPUs when all is ready. */
static int limit_memory(struct virt *v, const struct cluster_plan *plan, struct bd_err *err)
{
    if (!virt_in_force(v, "memory"))
        return 0;
    return hostops_groups_limit_memory(v->ops, plan->nodes[0].cgroup,
                                       plan->spec.memory_bytes * plan->shares, err);
}

static int make_place(struct virt *v, const struct virt_start *order, struct bd_err *err)
{
    const struct cluster_plan *plan = order->plan;
    const struct node_plan *place = &plan->nodes[0];
    int rc = hostops_shared_make(v->ops, plan->id, err);
    if (rc == 0)
        rc = hostops_node_make(v->ops, plan->id, place->name, order->rootfs, &order->files[0], err);
    if (rc == 0)
        rc = hostops_groups_make(v->ops, place->cgroup, err);
    if (rc == 0)
        rc = limit_memory(v, plan, err);
    if (rc == 0)
        rc = hostops_place_start(v->ops, plan->id, place->name, place->cgroup, order->cancel, err);
    return rc;
}

static int host_start(struct virt *v, const struct virt_start *order, struct bd_err *err)
{
    int rc = is_up(v, order->plan) ? 0 : make_place(v, order, err);
    if (rc < 0)
        return bd_err_wrap(err, "make the place on the host");
    if (order->on_started)
        order->on_started(&order->plan->nodes[0], order->arg);
    return 0;
}

static int host_limit(struct virt *v, const struct cluster_plan *plan, struct bd_strv *warnings,
                      struct bd_err *err)
{
    virt_warn_of_limits(v, warnings);
    if (!virt_in_force(v, "cpu"))
        return 0;
    return hostops_groups_limit_cpu(v->ops, plan->nodes[0].cgroup,
                                    llround(plan->spec.cpus * plan->shares * CPU_PERIOD_US),
                                    CPU_PERIOD_US, err);
}

/* --------------------------------------------------------------------------------------- ending */

/* A cgroup stays busy for a moment after the last of its processes was seen to end. */
static int remove_groups(struct virt *v, const struct cluster_plan *plan, struct bd_cancel *cancel,
                         struct bd_err *err)
{
    for (int64_t end = bd_mono_ns() + BUSY_TIMEOUT_NS;;) {
        int rc = hostops_groups_remove(v->ops, plan->cgroup, err);
        if (rc != -EBUSY || bd_mono_ns() > end)
            return rc;
        bd_err_clear(err);
        /* A command that was on its way in came after the others were killed. */
        rc = virt_kill_all(v, plan, err);
        if (rc == 0)
            rc = bd_cancel_sleep(cancel, BUSY_POLL_NS, err);
        if (rc < 0)
            return rc;
    }
}

static int host_stop(struct virt *v, enum virt_lane lane BD_UNUSED, const struct cluster_plan *plan,
                     struct bd_cancel *cancel, struct bd_err *err)
{
    int rc = virt_kill_all(v, plan, err);
    if (rc == 0)
        rc = hostops_cluster_remove(v->ops, plan->id, err);
    if (rc == 0)
        rc = remove_groups(v, plan, cancel, err);
    return rc < 0 ? bd_err_wrap(err, "remove the place of %s on the host", plan->id) : 0;
}

const struct virt_backend virt_backend_host = {
    .name = "host",
    .shared_clock = true,
    .usable = host_usable,
    .start = host_start,
    .probe = host_probe,
    .limit = host_limit,
    .stop = host_stop,
};
