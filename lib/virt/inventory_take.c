/*
 * Looking at the host. What changes by itself on a busy host is left out on purpose: the containers
 * of others with their ends of veth pairs, their roots and processes, what sessions mount, and
 * counters. So are names that differ from look to look (pids): an item must be the same line as
 * long as the thing is the same.
 */
#include "lib/base/digest.h"
#include "lib/base/proc.h"
#include "lib/virt/inventory.h"
#include "lib/virt/mounts.h"
#include "lib/virt/procfs.h"
#include "lib/virt/rtnl.h"
#include "lib/virt/virt_priv.h"

#include <dirent.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Builds of images come and go beside clusters, each in a cgroup of its own. */
#define IMAGE_CGROUPS "benchd/image-"

/* An item's text must be JSON; names of files and processes are any bytes. */
static void add_item(struct inventory *inv, const char *kind, const char *name)
{
    bd_auto_str struct bd_str item = {0};
    bd_str_addf(&item, "%s ", kind);
    for (const char *s = name; *s; s++)
        if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
            bd_str_addf(&item, "\\x%02x", (unsigned char)*s);
        else
            bd_str_addn(&item, s, 1);
    bd_strv_take(&inv->items, bd_str_take(&item));
}

/* ------------------------------------------------------------------------------------ libvirt */

static int take_domains(struct virt *v, enum virt_lane lane, struct inventory *inv,
                        struct bd_err *err)
{
    bd_auto_conn struct conn *conn = NULL;
    virDomainPtr *domains = NULL;
    int rc = conn_get(v->lanes[lane], &conn, err);
    if (rc < 0)
        return rc;
    int n = virConnectListAllDomains(conn_libvirt(conn), &domains, 0); /* inactive ones too */
    if (n < 0)
        return conn_error(conn, err, "list domains");
    for (int i = 0; i < n; i++) {
        add_item(inv, "domain", virDomainGetName(domains[i]));
        virDomainFree(domains[i]);
    }
    free(domains);
    return 0;
}

/* -------------------------------------------------------------------------------------- links */

struct named_link {
    int index, peer;
    char name[IFNAMSIZ];
};

struct links {
    struct named_link *items;
    size_t n, cap;
};

/* libvirt's names for what it makes: "vnet12". */
static bool is_of_libvirt(const char *name)
{
    return bd_starts_with(name, "vnet");
}

static int add_link(const struct nlmsghdr *msg, void *arg)
{
    struct links *l = arg;
    struct rtnl_link link;
    char id[BD_ID_BYTES];
    if (!rtnl_read_link(msg, &link) ||
        (link.elsewhere && !cluster_id_in_name(link.name, id) && !is_of_libvirt(link.name)))
        return 0;
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->items = bd_xrealloc(l->items, l->cap * sizeof(*l->items));
    }
    struct named_link *named = &l->items[l->n++];
    *named = (struct named_link){.index = link.index, .peer = link.peer};
    snprintf(named->name, sizeof(named->name), "%s", link.name);
    return 0;
}

static const char *name_of(const struct links *l, int index)
{
    for (size_t i = 0; index && i < l->n; i++)
        if (l->items[i].index == index)
            return l->items[i].name;
    return NULL;
}

/* The end of a pair that is to be a node's has any name while it is still here: only its peer tells
 * whose it is. */
static int take_links(struct inventory *inv, struct bd_err *err)
{
    struct links l = {0};
    int rc = rtnl_dump(RTM_GETLINK, AF_UNSPEC, add_link, &l, err);
    for (size_t i = 0; i < l.n; i++) {
        char id[BD_ID_BYTES];
        const char *peer = name_of(&l, l.items[i].peer);
        bd_auto_free char *whose = NULL;
        if (peer && cluster_id_in_name(peer, id) && !cluster_id_in_name(l.items[i].name, id))
            whose = bd_xasprintf("%s (of %s)", l.items[i].name, peer);
        add_item(inv, "link", whose ? whose : l.items[i].name);
    }
    free(l.items);
    return rc;
}

/* ------------------------------------------------------------------------------------- mounts */

/* Sessions and services bring and take theirs as people log in and timers fire, and so do
 * containers. */
static bool comes_and_goes(const struct mount_entry *m)
{
    if (strcmp(m->type, "overlay") == 0)
        return strcmp(m->source, HOSTOPS_OVERLAY) != 0;
    return strcmp(m->type, "nsfs") == 0 || bd_starts_with(m->target, "/run/user/") ||
           bd_starts_with(m->target, "/run/credentials/") || bd_starts_with(m->target, "/proc/") ||
           strcmp(m->type, "autofs") == 0;
}

static int add_mount(const struct mount_entry *m, void *arg)
{
    if (comes_and_goes(m))
        return 0;
    bd_auto_free char *name = bd_xasprintf("%s (%s)", m->target, m->type);
    add_item(arg, "mount", name);
    return 0;
}

/* ---------------------------------------------------------------------------- cgroups, files */

static void add_entries(struct inventory *inv, const char *kind, const char *dir, bool only_dirs)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            (only_dirs && e->d_type != DT_DIR))
            continue;
        bd_auto_free char *path = bd_xasprintf("%s/%s", dir, e->d_name);
        if (!strstr(path, IMAGE_CGROUPS))
            add_item(inv, kind, path);
    }
    closedir(d);
}

/* What is below these groups comes and goes with what lives in them: a cluster's, a domain's. */
static int add_cgroups(const struct mount_entry *m, void *arg)
{
    static const char *const parents[] = {"benchd", "machine", "machine.slice"};
    if (strcmp(m->type, "cgroup") != 0 && strcmp(m->type, "cgroup2") != 0)
        return 0;
    for (size_t i = 0; i < BD_ARRAY_LEN(parents); i++) {
        bd_auto_free char *dir = bd_xasprintf("%s/%s", m->target, parents[i]);
        add_entries(arg, "cgroup", dir, true);
    }
    return 0;
}

static void take_files(const struct virt *v, struct inventory *inv)
{
    add_entries(inv, "file", hostops_dirs_of(v->ops)->clusters, false);
    add_entries(inv, "file", "/run/libvirt/lxc", false);
    add_entries(inv, "file", "/var/log/libvirt/lxc", false);
    add_entries(inv, "file", "/etc/libvirt/lxc", false);
}

/* ---------------------------------------------------------------------------------- processes */

/* In the paths of cgroups of nodes: ours, and those that libvirt makes. */
static const char *const node_cgroups[] = {"/benchd/", "/machine/", "/machine.slice/", NULL};

struct processes {
    struct inventory *inv;
    ino_t host_pid; /* this namespace */
    ino_t *known;   /* PID namespaces whose init was found */
    size_t n, cap;
};

static bool is_known(const struct processes *p, ino_t namespace)
{
    for (size_t i = p->n; i-- > 0;) /* processes of one namespace come one after the other */
        if (p->known[i] == namespace)
            return true;
    return false;
}

static void add_process(struct processes *p, const char *comm, const char *where)
{
    bd_auto_free char *name = bd_xasprintf("%s (%s)", comm, where);
    if (!strstr(where, IMAGE_CGROUPS))
        add_item(p->inv, "process", name);
}

/* A PID namespace ends with its init, so that stands for all in it. */
static void look_into_namespace(struct processes *p, pid_t pid, ino_t namespace)
{
    char comm[PROCFS_COMM_BYTES], cgroup[PROCFS_CGROUP_BYTES];
    if (is_known(p, namespace) || !procfs_is_init(pid))
        return;
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 64;
        p->known = bd_xrealloc(p->known, p->cap * sizeof(*p->known));
    }
    p->known[p->n++] = namespace;
    if (procfs_comm(pid, comm) && procfs_cgroup_with(pid, node_cgroups, cgroup))
        add_process(p, comm, cgroup);
}

static void look_at_process(pid_t pid, void *arg)
{
    struct processes *p = arg;
    char comm[PROCFS_COMM_BYTES], where[PROCFS_CGROUP_BYTES];
    ino_t namespace = procfs_namespace(pid, "pid");
    if (namespace && namespace != p->host_pid) {
        look_into_namespace(p, pid, namespace);
        return;
    }
    if (procfs_comm(pid, comm) && strcmp(comm, "libvirt_lxc") == 0 &&
        procfs_argument(pid, "--name", where, sizeof(where)))
        add_process(p, comm, where);
}

static int take_processes(struct inventory *inv, struct bd_err *err)
{
    struct processes p = {
        .inv = inv,
        .host_pid = procfs_namespace(getpid(), "pid"),
    };
    int rc = procfs_each(look_at_process, &p);
    free(p.known);
    return rc < 0 ? bd_err_errno(err, -rc, "list /proc") : 0;
}

/* ----------------------------------------------------------------------------------- firewall */

static void add_chain(struct inventory *inv, const char *table, const char *chain,
                      const struct bd_str *rules)
{
    char digest[BD_DIGEST_BYTES];
    if (!*chain)
        return;
    bd_digest_of(bd_str_text(rules), rules->len, digest);
    bd_auto_free char *name = bd_xasprintf("%s %s %.23s", table, chain, digest);
    add_item(inv, "firewall", name);
}

static void add_rule(struct inventory *inv, const char *table, const char *chain, const char *rule)
{
    bd_auto_free char *name = bd_xasprintf("%s %s: %s", table, chain, rule + strspn(rule, "\t "));
    add_item(inv, "firewall", name);
}

/*
 * One item a table, and one a chain with a digest of its rules: "table ip nat {" at the margin,
 * "chain x {" behind one tab. Without counters and the contents of sets, which change by
 * themselves. A rule that may be about nodes is an item of its own, so that it is told whose it is,
 * whoever changes the others of its chain.
 */
static void take_ruleset(char *text, const struct hostops_dirs *dirs, struct inventory *inv)
{
    bd_auto_str struct bd_str rules = {0};
    const char *table = "", *chain = "";
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        char *brace = strstr(line, " {");
        if (brace && bd_starts_with(line, "table ")) {
            *brace = '\0';
            table = line;
            add_item(inv, "firewall", table);
        } else if (brace && bd_starts_with(line, "\tchain ")) {
            *brace = '\0';
            chain = line + 1;
            bd_str_clear(&rules);
        } else if (strcmp(line, "\t}") == 0) {
            add_chain(inv, table, chain, &rules);
            chain = "";
        } else if (*chain && inventory_is_ours("firewall", line, dirs)) {
            add_rule(inv, table, chain, line);
        } else {
            bd_str_addf(&rules, "%s\n", line);
        }
    }
}

/* On a host without nft, or whose kernel has no nf_tables, it is the same item before and after. */
static void take_firewall(const struct virt *v, struct inventory *inv)
{
    static const char *const argv[] = {"nft", "--stateless", "--terse", "list", "ruleset", NULL};
    bd_auto_proc_result struct bd_proc_result result = {0};
    const struct bd_proc nft = {.argv = argv, .timeout_ns = 10000000000};
    bool listed = bd_proc_run(&nft, &result, NULL) == 0 && result.exit_code == 0;
    if (listed && result.out.data)
        take_ruleset(result.out.data, hostops_dirs_of(v->ops), inv);
    if (!listed || result.truncated)
        add_item(inv, "firewall", INVENTORY_NOT_LISTED);
}

int inventory_take(struct virt *v, enum virt_lane lane, struct inventory *ret_inv,
                   struct bd_err *err)
{
    struct inventory inv = {0};
    int rc = take_domains(v, lane, &inv, err);
    if (rc == BD_EUNAVAILABLE) {
        /* Told as an item, so that what could not be looked at is no match for what could. */
        add_item(&inv, "libvirt", "does not answer");
        bd_err_clear(err);
        rc = 0;
    }
    if (rc == 0)
        rc = take_links(&inv, err);
    if (rc == 0)
        rc = mounts_each(add_mount, &inv, err);
    if (rc == 0)
        rc = mounts_each(add_cgroups, &inv, err);
    if (rc == 0)
        rc = take_processes(&inv, err);
    if (rc < 0) {
        inventory_done(&inv);
        return rc;
    }
    take_files(v, &inv);
    take_firewall(v, &inv);
    bd_strv_sort(&inv.items);
    *ret_inv = inv;
    return 0;
}
