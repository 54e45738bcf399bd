/* What a host must have for nodes to be made, and what it should have for many of them. */
#include "lib/base/fs.h"
#include "lib/virt/apart.h"
#include "lib/virt/mounts.h"
#include "lib/virt/rtnl.h"
#include "lib/virt/virt_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define GIB ((double)(UINT64_C(1) << 30))

/* Below the first nothing fits; below the second not much. */
#define DISK_LEAST_GIB  2.0
#define DISK_ENOUGH_GIB 5.0

struct checkup {
    const struct hostfacts *facts;
    struct virt *virt; /* may be NULL */
    const char *state_dir;
    struct bd_str summary, remedy; /* of the check under way */
};

static bool check_root(struct checkup *c)
{
    bool ok = geteuid() == 0;
    bd_str_addf(&c->summary, "benchd runs as %s", ok ? "root" : "an ordinary user");
    bd_str_add(&c->remedy, "start benchd as root: it mounts, makes links and enters nodes");
    return ok;
}

static bool check_libvirt(struct checkup *c)
{
    struct bd_err err = BD_ERR_INIT;
    unsigned long version = 0;
    bd_str_add(&c->remedy, "./run host, or start libvirtd (virtlxcd) and install its LXC driver");
    if (virt_version(c->virt, &version, &err) < 0) {
        bd_str_add(&c->summary, err.text);
        return false;
    }
    bd_str_addf(&c->summary, "libvirt %lu.%lu.%lu answers with its LXC driver", version / 1000000,
                version / 1000 % 1000, version % 1000);
    return version >= 9000000;
}

static bool check_overlay(struct checkup *c)
{
    bd_auto_free char *text = NULL;
    bool ok = bd_read_file("/proc/filesystems", 65536, &text, NULL, NULL) == 0 &&
              strstr(text, "\toverlay\n");
    bd_str_addf(&c->summary, "the kernel has %soverlayfs", ok ? "" : "no ");
    bd_str_add(&c->remedy, "modprobe overlay, or use a kernel with CONFIG_OVERLAY_FS");
    return ok;
}

static int try_links(void *arg BD_UNUSED, struct bd_err *err)
{
    int rc = rtnl_bridge_add("bd-check", err);
    return rc < 0 ? rc : rtnl_veth_add("bd-check-1", err);
}

static bool check_links(struct checkup *c)
{
    struct bd_err err = BD_ERR_INIT;
    int rc = apart_try(try_links, NULL, &err);
    bd_str_add(&c->summary, rc < 0 ? err.text : "bridges and veth pairs can be made");
    bd_str_add(&c->remedy, "use a kernel with CONFIG_BRIDGE, CONFIG_VETH and CONFIG_NET_NS");
    return rc == 0;
}

static bool check_cgroup2(struct checkup *c)
{
    const struct hostfacts *f = c->facts;
    bool ok = f->layout != CGROUP_NONE;
    if (ok)
        bd_str_addf(&c->summary, "cgroup2 is mounted at %s (%s)", f->cgroup2,
                    cgroup_layout_to_str(f->layout));
    else
        bd_str_add(&c->summary, "cgroup2 is not mounted below /sys/fs/cgroup");
    bd_str_add(&c->remedy, "mount -t cgroup2 cgroup2 /sys/fs/cgroup, or boot with "
                           "systemd.unified_cgroup_hierarchy=1");
    return ok;
}

static bool check_cgroup_kill(struct checkup *c)
{
    char *rest;
    unsigned long major = strtoul(c->facts->kernel, &rest, 10);
    unsigned long minor = *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;
    bool ok = major > 5 || (major == 5 && minor >= 14);
    bd_str_addf(&c->summary, "Linux %s has %scgroup.kill", c->facts->kernel, ok ? "" : "no ");
    bd_str_add(&c->remedy, "use Linux 5.14 or later: nodes end by one write to it");
    return ok;
}

static bool check_controllers(struct checkup *c)
{
    bd_auto_free char *list = bd_xasprintf(",%s,", c->facts->controllers);
    bool cpu = strstr(list, ",cpu,"), memory = strstr(list, ",memory,");
    if (cpu && memory)
        bd_str_add(&c->summary, "CPU and memory of nodes can be limited");
    else
        bd_str_addf(&c->summary, "%s of nodes can't be limited: no such controller",
                    cpu      ? "memory"
                    : memory ? "CPU"
                             : "CPU and memory");
    bd_str_add(&c->remedy,
               "enable the cpu and memory controllers (boot without cgroup_disable=; on "
               "some systems with cgroup_enable=memory)");
    return cpu && memory;
}

/* What libvirtd sees of a mount that is made later depends on it. */
static int look_at_root(const struct mount_entry *m, void *arg)
{
    if (strcmp(m->target, "/") == 0)
        *(bool *)arg = m->shared;
    return 0;
}

static bool check_shared(struct checkup *c)
{
    bool shared = false;
    mounts_each(look_at_root, &shared, NULL);
    bd_str_addf(&c->summary, "mounts below / are %s", shared ? "shared" : "private");
    bd_str_add(&c->remedy, "mount --make-rshared / before libvirtd starts: it may have a mount "
                           "namespace of its own and must see the nodes' roots");
    return shared;
}

static bool check_disk(struct checkup *c, double least)
{
    uint64_t bytes = 0;
    struct bd_err err = BD_ERR_INIT;
    if (bd_free_bytes(c->state_dir, &bytes, &err) < 0) {
        bd_str_add(&c->summary, err.text);
        bd_str_addf(&c->remedy, "mkdir -p %s", c->state_dir);
        return false;
    }
    bd_str_addf(&c->summary, "%.1f GiB are free at %s: at least %.0f are needed%s",
                (double)bytes / GIB, c->state_dir, least,
                least > DISK_LEAST_GIB ? " to build images and run clusters at ease" : "");
    bd_str_addf(&c->remedy, "make room there (benchctl image rm), or move the state directory: an "
                            "image takes 1 to 2 GiB");
    return (double)bytes / GIB >= least;
}

static bool check_disk_least(struct checkup *c)
{
    return check_disk(c, DISK_LEAST_GIB);
}

static bool check_disk_enough(struct checkup *c)
{
    return check_disk(c, DISK_ENOUGH_GIB);
}

static bool check_kvm(struct checkup *c)
{
    bd_auto_fd int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (fd >= 0)
        bd_str_add(&c->summary, "/dev/kvm can be opened; whether a guest runs with it: not tried");
    else
        bd_str_addf(&c->summary, "/dev/kvm can't be opened: %s; nodes in containers do not need it",
                    strerror(errno));
    return true;
}

/* Enough for some hundred nodes, each with a systemd of its own. A key that is not there limits
 * nothing. */
static bool check_sysctl(struct checkup *c, const char *key, int64_t floor, const char *why)
{
    bd_auto_free char *path = bd_xasprintf("/proc/sys/%s", key);
    bd_auto_free char *text = NULL;
    int64_t value = INT64_MAX;
    if (bd_read_file(path, 256, &text, NULL, NULL) == 0) {
        text[strcspn(text, "\n")] = '\0';
        bd_parse_i64(text, INT64_MIN, INT64_MAX, &value);
    }
    bd_auto_free char *dotted = bd_xstrdup(key);
    for (char *slash; (slash = strchr(dotted, '/')) != NULL;)
        *slash = '.';
    if (value == INT64_MAX)
        bd_str_addf(&c->summary, "%s: no limit", dotted);
    else
        bd_str_addf(&c->summary, "%s = %" PRId64 ": %s", dotted, value, why);
    bd_str_addf(&c->remedy, "./run host, or sysctl -w %s=%" PRId64, dotted, floor);
    return value >= floor;
}

static bool check_inotify_instances(struct checkup *c)
{
    return check_sysctl(c, "fs/inotify/max_user_instances", 16384,
                        "beyond it systemd fails in nodes; one takes about ten");
}

static bool check_inotify_watches(struct checkup *c)
{
    return check_sysctl(c, "fs/inotify/max_user_watches", 1048576,
                        "shared by the systemds of all nodes");
}

static bool check_keys(struct checkup *c)
{
    return check_sysctl(c, "kernel/keys/maxkeys", 20000, "each service of each node has a keyring");
}

static bool check_neighbours(struct checkup *c)
{
    return check_sysctl(c, "net/ipv4/neigh/default/gc_thresh3", 131072,
                        "n nodes that all talk have n (n - 1) neighbours");
}

/* Tells what there is: nobody has to shape anything. */
static bool check_shaping(struct checkup *c)
{
    const struct virt_backend *backend = virt_backend_find("lxc");
    for (int m = 0; m < NETWORK_MEMBERS; m++) {
        const struct virt_shaping s = virt_shaping_of(c->virt, backend, m);
        bd_str_addf(&c->summary, "%s%s: %s", m ? "; " : "", network_member_to_str(m),
                    s.can ? s.by : s.reason);
    }
    return true;
}

struct check {
    const char *id;
    const char *level; /* of its failure; of "info" none ever fails */
    bool (*ok)(struct checkup *c);
    bool needs_virt;
};

static const struct check checks[] = {
    {"root", "error", check_root, false},
    {"libvirt", "error", check_libvirt, true},
    {"overlayfs", "error", check_overlay, false},
    {"links", "error", check_links, false},
    {"cgroup2", "error", check_cgroup2, false},
    {"cgroup-kill", "error", check_cgroup_kill, false},
    {"disk", "error", check_disk_least, false},
    {"disk-room", "warning", check_disk_enough, false},
    {"controllers", "warning", check_controllers, false},
    {"mounts-shared", "warning", check_shared, false},
    {"inotify-instances", "warning", check_inotify_instances, false},
    {"inotify-watches", "warning", check_inotify_watches, false},
    {"keys", "warning", check_keys, false},
    {"neighbours", "warning", check_neighbours, false},
    {"network-shaping", "info", check_shaping, true},
    {"kvm", "info", check_kvm, false},
};

json_t *hostfacts_checks(const struct hostfacts *f, struct virt *v, const char *state_dir)
{
    json_t *list = json_array();
    for (size_t i = 0; i < BD_ARRAY_LEN(checks); i++) {
        const struct check *check = &checks[i];
        struct checkup c = {.facts = f, .virt = v, .state_dir = state_dir};
        if (check->needs_virt && !v)
            continue;
        bool ok = check->ok(&c);
        json_array_append_new(list,
                              json_pack("{ss sb ss ss ss?}", "id", check->id, "ok", ok, "level",
                                        check->level, "summary", bd_str_text(&c.summary), "remedy",
                                        ok ? NULL : bd_str_text(&c.remedy)));
        bd_str_done(&c.summary);
        bd_str_done(&c.remedy);
    }
    return list;
}
