/* An inventory as a value: stored, compared, searched. Taking one is in inventory_take.c. */
#include "lib/virt/inventory.h"

#include "lib/model/cluster.h"

#include <ctype.h>
#include <string.h>

void inventory_done(struct inventory *inv)
{
    bd_strv_done(&inv->items);
}

/*
 * The kinds of which a host has items that benchd has no part in. Of these, what begins so or has a
 * word that begins so may have been left by a cluster although it has no name of benchd's. Of every
 * other kind all counts: domains and files are those of libvirt's LXC driver and of benchd, and
 * what could not be looked at is a kind too.
 */
static const struct shared_kind {
    const char *name;
    const char *begins[20];
    const char *words[4];
} shared_kinds[] = {
    /* hostops touches none but "bd*". libvirt's pairs: vnet, veth. The others are what the kernel
     * adds to the host by itself as a command in a node makes it load a module. */
    {"link",
     {"bd", "vnet", "veth", "tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0",
      "ip6tnl0", "ip6gre0", "bond0", "dummy0", "ifb0", "ifb1", "teql0"},
     {NULL}},
    /* What libvirt's controller and the init of a node mount and unmount: it would be the host's if
     * mounts passed between them. Overlays are listed only where they are ours. */
    {"mount",
     {"/ (", "/.oldroot", "/dev (", "/dev/", "/proc (", "/proc/", "/run (", "/run/libvirt/lxc",
      "/sys (", "/sys/"},
     {"(cgroup", "(overlay"}},
    /* "lxc-4711-NAME.libvirt-lxc", "machine-lxc\x2d4711\x2dNAME.scope" */
    {"cgroup", {NULL}, {"lxc"}},
    /* "libvirt_lxc (NAME)", "init (/machine/lxc-4711-NAME.libvirt-lxc)" */
    {"process", {NULL}, {"lxc"}},
    /* Rules that name an end of a node's pair; and not to know them is not to have none. */
    {"firewall", {INVENTORY_NOT_LISTED}, {"vnet", "veth"}},
};

/* In names that benchd gives, whatever they name. */
static const char *const our_words[] = {"bd-", "benchd", NULL};

static bool begins_with_any(const char *name, const char *const *marks)
{
    for (; *marks; marks++)
        if (bd_starts_with(name, *marks))
            return true;
    return false;
}

static bool has_word(const char *name, const char *const *marks)
{
    for (const char *s = name; *s; s++)
        if ((s == name || !isalnum((unsigned char)s[-1])) && begins_with_any(s, marks))
            return true;
    return false;
}

static bool is_below(const char *name, const char *dir)
{
    return dir && *dir && strstr(name, dir);
}

bool inventory_is_ours(const char *kind, const char *name, const struct hostops_dirs *dirs)
{
    char id[BD_ID_BYTES];
    if (cluster_id_in_name(name, id) || has_word(name, our_words) ||
        is_below(name, dirs->clusters) || is_below(name, dirs->images))
        return true;
    for (size_t i = 0; i < BD_ARRAY_LEN(shared_kinds); i++)
        if (strcmp(shared_kinds[i].name, kind) == 0)
            return begins_with_any(name, shared_kinds[i].begins) ||
                   has_word(name, shared_kinds[i].words);
    return true;
}

struct diff {
    const char *cluster_id;
    const struct hostops_dirs *dirs;
    json_t *differences, *others;
    size_t left_out;
};

static void add_change(struct diff *d, const char *line, const char *change)
{
    char id[BD_ID_BYTES];
    if (cluster_id_in_name(line, id) && strcmp(id, d->cluster_id) != 0)
        return;
    size_t n = strcspn(line, " ");
    bd_auto_free char *kind = bd_xstrndup(line, n);
    const char *name = line[n] ? line + n + 1 : "";
    bool ours = inventory_is_ours(kind, name, d->dirs);
    if (!ours && json_array_size(d->others) == INVENTORY_MAX_OTHERS)
        d->left_out++;
    else
        json_array_append_new(
            ours ? d->differences : d->others,
            json_pack("{s:s, s:s, s:s}", "kind", kind, "item", name, "change", change));
}

/* Both are sorted, and an item that is there twice counts twice. */
static void compare(struct diff *d, const struct inventory *before, const struct inventory *after)
{
    size_t b = 0, a = 0;
    while (b < before->items.n || a < after->items.n) {
        int order = b == before->items.n  ? 1
                    : a == after->items.n ? -1
                                          : strcmp(before->items.items[b], after->items.items[a]);
        if (order < 0)
            add_change(d, before->items.items[b], "disappeared");
        else if (order > 0)
            add_change(d, after->items.items[a], "appeared");
        b += order <= 0;
        a += order >= 0;
    }
}

json_t *inventory_diff(const struct inventory *before, const struct inventory *after,
                       const char *cluster_id, const struct hostops_dirs *dirs)
{
    struct diff d = {
        .cluster_id = cluster_id,
        .dirs = dirs,
        .differences = json_array(),
        .others = json_array(),
    };
    compare(&d, before, after);
    json_t *diff = json_pack("{s:o}", "differences", d.differences);
    if (json_array_size(d.others) > 0)
        json_object_set(diff, "others", d.others);
    if (d.left_out > 0)
        json_object_set_new(diff, "othersLeftOut", json_integer((json_int_t)d.left_out));
    json_decref(d.others);
    return diff;
}

json_t *inventory_to_json(const struct inventory *inv)
{
    json_t *list = json_array();
    for (size_t i = 0; i < inv->items.n; i++)
        json_array_append_new(list, json_string(inv->items.items[i]));
    return list;
}

int inventory_from_json(const json_t *json, struct inventory *ret_inv, struct bd_err *err)
{
    struct inventory inv = {0};
    size_t i;
    json_t *item;
    if (!json_is_array(json))
        return bd_err_set(err, BD_ECORRUPT, "a stored inventory is no array");
    json_array_foreach (json, i, item) {
        if (!json_is_string(item)) {
            inventory_done(&inv);
            return bd_err_set(err, BD_ECORRUPT, "item %zu of a stored inventory is no string", i);
        }
        bd_strv_add(&inv.items, json_string_value(item));
    }
    bd_strv_sort(&inv.items);
    *ret_inv = inv;
    return 0;
}

void inventory_of_cluster(const struct inventory *inv, const char *cluster_id,
                          struct bd_strv *ret_items)
{
    char id[BD_ID_BYTES];
    for (size_t i = 0; i < inv->items.n; i++)
        if (cluster_id_in_name(inv->items.items[i], id) && strcmp(id, cluster_id) == 0)
            bd_strv_add(ret_items, inv->items.items[i]);
}

void inventory_clusters(const struct inventory *inv, struct bd_strv *ret_ids)
{
    char id[BD_ID_BYTES];
    for (size_t i = 0; i < inv->items.n; i++)
        if (cluster_id_in_name(inv->items.items[i], id) && !bd_strv_has(ret_ids, id))
            bd_strv_add(ret_ids, id);
}
