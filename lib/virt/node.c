/*
 * Finding a node's init without asking libvirt, as this is done for every command: libvirt's
 * controller of the domain has left its pid in a file, and the init is its only child.
 */
#include "lib/base/fs.h"
#include "lib/virt/procfs.h"
#include "lib/virt/virt_priv.h"

#include <errno.h>
#include <string.h>

#define PID_FILE "/run/libvirt/lxc/%s.pid"

static bool controller_of(const struct node_plan *node, pid_t *ret_pid)
{
    bd_auto_free char *path = bd_xasprintf(PID_FILE, node->domain);
    bd_auto_free char *text = NULL;
    char name[NODE_DOMAIN_BYTES];
    int64_t pid;
    if (bd_read_file(path, 64, &text, NULL, NULL) < 0)
        return false;
    text[strcspn(text, "\n")] = '\0';
    if (bd_parse_i64(text, 1, INT32_MAX, &pid) < 0 ||
        !procfs_argument((pid_t)pid, "--name", name, sizeof(name)) ||
        strcmp(name, node->domain) != 0)
        return false;
    *ret_pid = (pid_t)pid;
    return true;
}

bool virt_node_has_controller(const struct node_plan *node)
{
    pid_t pid;
    return controller_of(node, &pid);
}

/* bench-init is the node's init too until it has become the image's: then the node is not yet what
 * it will be. */
static bool is_up(pid_t init)
{
    char comm[PROCFS_COMM_BYTES];
    return procfs_is_init(init) && procfs_comm(init, comm) && strcmp(comm, "bench-init") != 0;
}

/* The node's cgroup is where its init is, or the one above, as a systemd makes itself a scope.
 * False while bench-init has not joined it yet. */
static bool node_cgroup(const struct virt *v, const struct node_plan *node, pid_t init,
                        char ret_cgroup[PROCFS_CGROUP_BYTES])
{
    static const char scope[] = "/init.scope";
    char path[PROCFS_CGROUP_BYTES];
    if (!procfs_cgroup(init, path))
        return false;
    if (bd_ends_with(path, scope))
        path[strlen(path) - strlen(scope)] = '\0';
    if (v->facts.layout == CGROUP_UNIFIED ? !bd_ends_with(path, "/" VIRT_CGROUP_BELOW)
                                          : strcmp(path + 1, node->cgroup) != 0)
        return false;
    memcpy(ret_cgroup, path + 1, strlen(path + 1) + 1);
    return true;
}

static int not_running(const struct node_plan *node, struct bd_err *err)
{
    return bd_err_set(err, BD_ENOTFOUND, "node %s does not run", node->name);
}

int virt_node_open(struct virt *v, const struct node_plan *node, struct virt_node *ret_node,
                   struct bd_err *err)
{
    struct virt_node found = {.pidfd = -1};
    pid_t controller, again;
    if (node->bare)
        return host_node_open(v, node, ret_node, err);
    if (!controller_of(node, &controller) || !procfs_only_child(controller, &found.pid))
        return not_running(node, err);
    bd_auto_fd int fd = procfs_pidfd(found.pid);
    if (fd == -ESRCH)
        return not_running(node, err);
    if (fd < 0)
        return bd_err_errno(err, -fd, "open a pidfd of the init of node %s", node->name);
    /* It is the child's if that is still the child and still lives: the number was not used again.
     */
    if (!node_cgroup(v, node, found.pid, found.cgroup) || !is_up(found.pid) ||
        !procfs_only_child(controller, &again) || again != found.pid || !procfs_lives(fd))
        return not_running(node, err);
    found.pidfd = bd_take_fd(&fd);
    *ret_node = found;
    return 0;
}

int virt_node_pidfd(struct virt *v, const struct node_plan *node, int *ret_pidfd,
                    struct bd_err *err)
{
    struct virt_node found = {.pidfd = -1};
    int rc = virt_node_open(v, node, &found, err);
    if (rc == 0)
        *ret_pidfd = found.pidfd;
    return rc;
}
