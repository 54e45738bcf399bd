/* Cgroups of clusters, and what libvirt leaves behind of a node. */
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/model/cluster.h"
#include "lib/virt/hostops_priv.h"
#include "lib/virt/mounts.h"
#include "lib/virt/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LIBVIRT_RUN "/run/libvirt/lxc"
#define LIBVIRT_LOG "/var/log/libvirt/lxc"

int hostops_cgroup_path(const struct hostops *h, const char *cgroup, char **ret_path,
                        struct bd_err *err)
{
    int rc = hostops_check_cgroup(cgroup, err);
    if (rc < 0)
        return rc;
    if (!*h->dirs.cgroup2)
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "cgroup2 is not mounted on this host: mount -t cgroup2 cgroup2 "
                          "/sys/fs/cgroup (or .../unified beside version 1)");
    *ret_path = bd_xasprintf("%s/%s", h->dirs.cgroup2, cgroup);
    return 0;
}

int hostops_cgroup_make(struct hostops *h, const char *cgroup, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    int rc = hostops_cgroup_path(h, cgroup, &path, err);
    return rc < 0 ? rc : bd_mkdir_p(path, 0755, err);
}

/* Nothing lives in a cgroup that is not there. */
static int kill_dir(const char *path, struct bd_err *err)
{
    bd_auto_free char *file = bd_xasprintf("%s/cgroup.kill", path);
    bd_auto_fd int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !bd_exists(path))
        return 0;
    if (fd < 0)
        return bd_err_errno(err, errno, "open %s (Linux has it since 5.14)", file);
    int rc = bd_write_all(fd, "1", 1);
    return rc < 0 && rc != -ENODEV ? bd_err_errno(err, -rc, "write %s", file) : 0;
}

int hostops_cgroup_kill(struct hostops *h, const char *cgroup, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    int rc = hostops_cgroup_path(h, cgroup, &path, err);
    return rc < 0 ? rc : kill_dir(path, err);
}

static bool populated(int events_fd)
{
    char text[128];
    ssize_t n = pread(events_fd, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return strstr(text, "populated 1") != NULL;
}

int hostops_cgroup_wait_empty(struct hostops *h, const char *cgroup, int64_t timeout_ns,
                              struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    int rc = hostops_cgroup_path(h, cgroup, &path, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *file = bd_xasprintf("%s/cgroup.events", path);
    bd_auto_fd int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : bd_err_errno(err, errno, "open %s", file);
    for (int64_t end = bd_mono_ns() + timeout_ns; populated(fd);) {
        int64_t left_ms = (end - bd_mono_ns()) / BD_NS_PER_MS;
        if (left_ms <= 0)
            return bd_err_errno(err, EBUSY, "wait for the end of what lives in %s", path);
        struct pollfd changed = {.fd = fd, .events = POLLPRI};
        poll(&changed, 1, (int)left_ms);
    }
    return 0;
}

typedef int (*entry_fn)(const char *path, const char *name, void *arg, struct bd_err *err);

/* All directories (any: all entries) in a directory; one that is not there has none. */
static int each_entry(const char *dir, bool any, entry_fn fn, void *arg, struct bd_err *err)
{
    DIR *d = opendir(dir);
    if (!d)
        return errno == ENOENT ? 0 : bd_err_errno(err, errno, "list %s", dir);
    int rc = 0;
    for (const struct dirent *e; rc == 0 && (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            (!any && e->d_type != DT_DIR))
            continue;
        bd_auto_free char *path = bd_xasprintf("%s/%s", dir, e->d_name);
        rc = fn(path, e->d_name, arg, err);
    }
    closedir(d);
    return rc;
}

static int remove_tree(const char *path, const char *name BD_UNUSED, void *arg BD_UNUSED,
                       struct bd_err *err)
{
    int rc = each_entry(path, false, remove_tree, NULL, err);
    if (rc == 0 && rmdir(path) < 0 && errno != ENOENT)
        rc = bd_err_errno(err, errno, "remove cgroup %s", path);
    return rc;
}

int hostops_cgroup_dir_remove(const char *path, struct bd_err *err)
{
    return remove_tree(path, NULL, NULL, err);
}

int hostops_cgroup_remove(struct hostops *h, const char *cgroup, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    int rc = hostops_cgroup_path(h, cgroup, &path, err);
    return path ? hostops_cgroup_dir_remove(path, err) : rc;
}

/* Domains of a cluster, or one of them, in names of files and cgroups of libvirt's. */
struct whose {
    char *plain;   /* "bd-1f2e3d4c-" or "bd-1f2e3d4c-n1" */
    char *escaped; /* as in the name of a unit of systemd */
    bool one;
};

static void whose_done(struct whose *w)
{
    free(w->plain);
    free(w->escaped);
}

static int whose_make(const char *id, const char *node, struct whose *ret_whose, struct bd_err *err)
{
    int rc = hostops_check_id(id, err);
    if (rc == 0 && node)
        rc = hostops_check_node(node, err);
    if (rc < 0)
        return rc;
    *ret_whose = (struct whose){
        .plain = bd_xasprintf("bd-%s-%s", id, node ? node : ""),
        .escaped = bd_xasprintf("bd\\x2d%s\\x2d%s", id, node ? node : ""),
        .one = node != NULL,
    };
    return 0;
}

/* "n1" is not "n12". */
static bool is_of(const struct whose *w, const char *name)
{
    const char *at = strstr(name, w->plain);
    const char *end = at ? at + strlen(w->plain) : NULL;
    if (!at && (at = strstr(name, w->escaped)) != NULL)
        end = at + strlen(w->escaped);
    return end && (!w->one || *end == '\0' || *end == '.');
}

static int kill_entry(const char *path, const char *name, void *arg, struct bd_err *err)
{
    return is_of(arg, name) ? kill_dir(path, err) : 0;
}

static int remove_cgroup_entry(const char *path, const char *name, void *arg, struct bd_err *err)
{
    return is_of(arg, name) ? remove_tree(path, name, NULL, err) : 0;
}

static int remove_file_entry(const char *path, const char *name, void *arg, struct bd_err *err)
{
    return is_of(arg, name) ? bd_rm_rf(path, err) : 0;
}

/* Where libvirt keeps the cgroups of machines: by itself, and through systemd. */
static const char *const machines[] = {"machine", "machine.slice"};

static int each_machine(const char *hierarchy, entry_fn fn, struct whose *w, struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < BD_ARRAY_LEN(machines); i++) {
        bd_auto_free char *dir = bd_xasprintf("%s/%s", hierarchy, machines[i]);
        rc = each_entry(dir, false, fn, w, err);
    }
    return rc;
}

int hostops_cluster_kill(struct hostops *h, const char *id, struct bd_err *err)
{
    __attribute__((cleanup(whose_done))) struct whose w = {0};
    int rc = whose_make(id, NULL, &w, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *cgroup = bd_xasprintf("benchd/%s", id);
    rc = hostops_cgroup_kill(h, cgroup, err);
    return rc < 0 ? rc : each_machine(h->dirs.cgroup2, kill_entry, &w, err);
}

struct leftovers {
    struct whose *whose;
    struct bd_err *err;
};

static int remove_in_hierarchy(const struct mount_entry *m, void *arg)
{
    const struct leftovers *l = arg;
    if (strcmp(m->type, "cgroup") != 0 && strcmp(m->type, "cgroup2") != 0)
        return 0;
    return each_machine(m->target, remove_cgroup_entry, l->whose, l->err);
}

int hostops_leftovers_remove(struct hostops *h BD_UNUSED, const char *id, const char *node,
                             struct bd_err *err)
{
    __attribute__((cleanup(whose_done))) struct whose w = {0};
    int rc = whose_make(id, node, &w, err);
    if (rc == 0)
        rc = mounts_each(remove_in_hierarchy, &(struct leftovers){&w, err}, err);
    if (rc == 0)
        rc = each_entry(LIBVIRT_RUN, true, remove_file_entry, &w, err);
    if (rc == 0)
        rc = each_entry(LIBVIRT_LOG, true, remove_file_entry, &w, err);
    return rc;
}

struct controllers {
    const struct whose *whose;
    int *pidfds;
    size_t n, cap;
};

static bool is_controller(pid_t pid, const struct whose *w)
{
    char comm[PROCFS_COMM_BYTES], name[NODE_DOMAIN_BYTES];
    return procfs_comm(pid, comm) && strcmp(comm, "libvirt_lxc") == 0 &&
           procfs_argument(pid, "--name", name, sizeof(name)) && is_of(w, name);
}

static void kill_controller(pid_t pid, void *arg)
{
    struct controllers *c = arg;
    if (!is_controller(pid, c->whose))
        return;
    bd_auto_fd int fd = procfs_pidfd(pid);
    if (fd < 0 || !is_controller(pid, c->whose)) /* was it still the same when it was opened? */
        return;
    procfs_signal(fd, SIGKILL);
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 8;
        c->pidfds = bd_xrealloc(c->pidfds, c->cap * sizeof(*c->pidfds));
    }
    c->pidfds[c->n++] = bd_take_fd(&fd);
}

int hostops_controllers_kill(struct hostops *h BD_UNUSED, const char *id, const char *node,
                             struct bd_err *err)
{
    __attribute__((cleanup(whose_done))) struct whose w = {0};
    int rc = whose_make(id, node, &w, err);
    if (rc < 0)
        return rc;
    struct controllers c = {.whose = &w};
    rc = procfs_each(kill_controller, &c);
    if (rc < 0)
        rc = bd_err_errno(err, -rc, "list /proc");
    int64_t end = bd_mono_ns() + BD_NS_PER_S;
    for (size_t i = 0; i < c.n; i++) {
        int64_t left = end - bd_mono_ns();
        struct pollfd ended = {.fd = c.pidfds[i], .events = POLLIN};
        if (poll(&ended, 1, left > 0 ? (int)(left / BD_NS_PER_MS) : 0) == 0 && rc == 0)
            rc = bd_err_errno(err, EBUSY, "wait for the end of a killed controller of %s", w.plain);
        close(c.pidfds[i]);
    }
    free(c.pidfds);
    return rc;
}
