/*
 * Places on the host: groups of one name in every hierarchy, their limits, and what holds a place.
 *
 * The groups are ours, at the top, and not a scope of systemd's (docs/decisions/0013). On cgroup2 a
 * group has a controller only if all above it hand it down; as ours hand it down too, systemd can't
 * switch it off at the top again.
 */
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "lib/virt/hostops_priv.h"
#include "lib/virt/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define HOLDER  "/usr/libexec/benchd/bench-hold" /* in the node layer */
#define HOLD_NS (20 * BD_NS_PER_S)

/* Controllers of version 1, and as cgroup2 calls them. */
static const char *const v1_controllers[][2] = {
    {"cpu", "cpu"}, {"cpuacct", "cpu"}, {"memory", "memory"}, {"blkio", "io"}};
static const char *const v2_controllers[] = {"cpu", "memory", "io", "pids"};

/* The directories of one group, that of cgroup2 first. */
struct groups {
    const char *cgroup;
    const char *unified; /* controllers that cgroup2 has: these are in no other hierarchy */
    struct bd_strv dirs;
};

static void groups_done(struct groups *g)
{
    bd_strv_done(&g->dirs);
}
#define groups_auto __attribute__((cleanup(groups_done)))

static bool has_word(const char *list, char separator, const char *word)
{
    bd_auto_free char *in = bd_xasprintf("%c%s%c", separator, list, separator);
    bd_auto_free char *of = bd_xasprintf("%c%s%c", separator, word, separator);
    return strstr(in, of) != NULL;
}

static int add_hierarchy(const struct mount_entry *m, void *arg)
{
    struct groups *g = arg;
    bool wanted = false;
    if (strcmp(m->type, "cgroup") != 0)
        return 0;
    for (size_t i = 0; i < BD_ARRAY_LEN(v1_controllers); i++)
        wanted |= has_word(m->options, ',', v1_controllers[i][0]) &&
                  !has_word(g->unified, ' ', v1_controllers[i][1]);
    bd_auto_free char *dir = bd_xasprintf("%s/%s", m->target, g->cgroup);
    if (wanted && !bd_strv_has(&g->dirs, dir))
        bd_strv_add(&g->dirs, dir);
    return 0;
}

/* What a group of cgroup2 has, as words between blanks. The caller's. */
static char *controllers_of(const char *dir)
{
    bd_auto_free char *path = bd_xasprintf("%s/cgroup.controllers", dir);
    bd_auto_free char *list = NULL;
    if (bd_read_file(path, 4096, &list, NULL, NULL) < 0)
        return bd_xstrdup("");
    list[strcspn(list, "\n")] = '\0';
    return bd_take(list);
}

static int groups_find(const struct hostops *h, const char *cgroup, struct groups *ret_groups,
                       struct bd_err *err)
{
    bd_auto_free char *own = NULL;
    int rc = hostops_cgroup_path(h, cgroup, &own, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *unified = controllers_of(h->dirs.cgroup2);
    struct groups g = {.cgroup = cgroup, .unified = unified};
    bd_strv_add(&g.dirs, own);
    rc = mounts_each(add_hierarchy, &g, err);
    g.unified = NULL;
    if (rc < 0) {
        groups_done(&g);
        return rc;
    }
    *ret_groups = g;
    return 0;
}

/* ------------------------------------------------------------------------------------- limiting */

static int write_number(const char *path, const char *text, struct bd_err *err)
{
    bd_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    int rc = fd < 0 ? -errno : bd_write_all(fd, text, strlen(text));
    return rc < 0 ? bd_err_errno(err, -rc, "write '%s' to %s", text, path) : 0;
}

/* What can't be handed down is missed when it is to limit something. */
static void hand_down(const char *dir)
{
    bd_auto_free char *hands_down = bd_xasprintf("%s/cgroup.subtree_control", dir);
    bd_auto_free char *list = controllers_of(dir);
    for (size_t i = 0; i < BD_ARRAY_LEN(v2_controllers); i++) {
        bd_auto_free char *word = bd_xasprintf("+%s", v2_controllers[i]);
        if (has_word(list, ' ', v2_controllers[i]))
            write_number(hands_down, word, NULL);
    }
}

/* From the top of cgroup2 to the group above this one. */
static void hand_down_to(const struct hostops *h, const char *cgroup)
{
    hand_down(h->dirs.cgroup2);
    for (const char *slash = cgroup; (slash = strchr(slash, '/')) != NULL; slash++) {
        bd_auto_free char *dir =
            bd_xasprintf("%s/%.*s", h->dirs.cgroup2, (int)(slash - cgroup), cgroup);
        hand_down(dir);
    }
}

int hostops_groups_make(struct hostops *h, const char *cgroup, struct bd_err *err)
{
    groups_auto struct groups g = {0};
    int rc = groups_find(h, cgroup, &g, err);
    for (size_t i = 0; rc == 0 && i < g.dirs.n; i++)
        rc = bd_mkdir_p(g.dirs.items[i], 0755, err);
    if (rc == 0)
        hand_down_to(h, cgroup);
    return rc;
}

/* The first of the group's directories that has such a file; NULL: none has. The caller's. */
static char *file_in(const struct groups *g, const char *name)
{
    for (size_t i = 0; i < g->dirs.n; i++) {
        bd_auto_free char *path = bd_xasprintf("%s/%s", g->dirs.items[i], name);
        if (bd_exists(path))
            return bd_take(path);
    }
    return NULL;
}

static int no_controller(const char *controller, const char *cgroup, struct bd_err *err)
{
    return bd_err_set(err, BD_EUNSUPPORTED, "no %s controller is there for the cgroup %s",
                      controller, cgroup);
}

int hostops_groups_limit_cpu(struct hostops *h, const char *cgroup, int64_t quota_us,
                             int64_t period_us, struct bd_err *err)
{
    groups_auto struct groups g = {0};
    int rc = groups_find(h, cgroup, &g, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *v2 = file_in(&g, "cpu.max");
    bd_auto_free char *v1_period = file_in(&g, "cpu.cfs_period_us");
    bd_auto_free char *v1_quota = file_in(&g, "cpu.cfs_quota_us");
    bd_auto_free char *quota = bd_xasprintf("%lld", (long long)quota_us);
    bd_auto_free char *period = bd_xasprintf("%lld", (long long)period_us);
    bd_auto_free char *both = bd_xasprintf("%s %s", quota, period);
    if (v2)
        return write_number(v2, both, err);
    if (!v1_period || !v1_quota)
        return no_controller("cpu", cgroup, err);
    rc = write_number(v1_period, period, err);
    return rc < 0 ? rc : write_number(v1_quota, quota, err);
}

int hostops_groups_limit_memory(struct hostops *h, const char *cgroup, uint64_t bytes,
                                struct bd_err *err)
{
    groups_auto struct groups g = {0};
    int rc = groups_find(h, cgroup, &g, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *text = bd_xasprintf("%llu", (unsigned long long)bytes);
    bd_auto_free char *v2 = file_in(&g, "memory.max");
    bd_auto_free char *v1 = v2 ? NULL : file_in(&g, "memory.limit_in_bytes");
    if (!v2 && !v1)
        return no_controller("memory", cgroup, err);
    return write_number(v2 ? v2 : v1, text, err);
}

int hostops_groups_remove(struct hostops *h, const char *cgroup, struct bd_err *err)
{
    groups_auto struct groups g = {0};
    int rc = groups_find(h, cgroup, &g, err);
    for (size_t i = 0; rc == 0 && i < g.dirs.n; i++)
        rc = hostops_cgroup_dir_remove(g.dirs.items[i], err);
    return rc;
}

/* -------------------------------------------------------------------------------------- holding */

int hostops_place_start(struct hostops *h, const char *id, const char *node, const char *cgroup,
                        struct bd_cancel *cancel, struct bd_err *err)
{
    groups_auto struct groups g = {0};
    bd_auto_strv struct bd_strv argv = {0};
    int rc = hostops_check_id(id, err);
    if (rc == 0)
        rc = hostops_check_node(node, err);
    if (rc == 0)
        rc = groups_find(h, cgroup, &g, err);
    if (rc < 0)
        return rc;
    bd_strv_addf(&argv, "%s" HOLDER, h->dirs.node_layer);
    bd_strv_addf(&argv, "%s/%s/%s/root", h->dirs.clusters, id, node);
    bd_strv_addf(&argv, "%s/%s/shared", h->dirs.clusters, id);
    bd_strv_add(&argv, node);
    for (size_t i = 0; i < g.dirs.n; i++)
        bd_strv_add(&argv, g.dirs.items[i]);
    return bd_proc_check((const char *const *)argv.items, HOLD_NS, cancel, NULL, err);
}
