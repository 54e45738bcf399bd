/* What counts as residue of a cluster, and what does not. */
#include "lib/virt/inventory.h"
#include "tests/base/unit.h"

#include <string.h>

#define OURS "1f2e3d4c"

static struct inventory inventory_of(const char *const *items)
{
    struct inventory inv = {0};
    for (; *items; items++)
        bd_strv_add(&inv.items, *items);
    bd_strv_sort(&inv.items);
    return inv;
}

static const struct hostops_dirs dirs = {
    .clusters = "/srv/state/clusters", .images = "/srv/pictures", .node_layer = "", .cgroup2 = ""};

static char *text_of(const json_t *changes)
{
    struct bd_str out = {0};
    size_t i;
    json_t *change;
    json_array_foreach (changes, i, change)
        bd_str_addf(&out, "%s%s %s %s", i ? ", " : "", bd_json_str(change, "change", "?"),
                    bd_json_str(change, "kind", "?"), bd_json_str(change, "item", "?"));
    return bd_str_take(&out);
}

static json_t *diff_of(const char *const *before, const char *const *after)
{
    struct inventory b = inventory_of(before), a = inventory_of(after);
    json_t *diff = inventory_diff(&b, &a, OURS, &dirs);
    inventory_done(&b);
    inventory_done(&a);
    return diff;
}

#define LIST(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

START_TEST(test_diff)
{
    static const struct {
        const char *before[4], *after[4], *differences;
    } vectors[] = {
        {{NULL}, {NULL}, ""},
        {LIST("link lo", "link eth0"), LIST("link eth0", "link lo"), ""},
        {LIST("link lo"), LIST("link lo", "link veth7"), "appeared link veth7"},
        {LIST("link lo", "mount /sys (sysfs)"), LIST("link lo"), "disappeared mount /sys (sysfs)"},
        {LIST("link veth1"), LIST("link veth2"), "disappeared link veth1, appeared link veth2"},
        /* of this cluster */
        {LIST("link lo"), LIST("link bd-" OURS, "link lo"), "appeared link bd-" OURS},
        {LIST("link lo"), LIST("link vnet3 (of bd" OURS "-1)", "link lo"),
         "appeared link vnet3 (of bd" OURS "-1)"},
        /* of others, in both directions */
        {LIST("domain bd-00000001-n1", "link lo"), LIST("link lo"), ""},
        {LIST("link lo"), LIST("link bd00000001-1", "link lo"), ""},
        {LIST("link lo"), LIST("link lo", "link vnet3 (of bd00000001-1)"), ""},
        {LIST("link lo"),
         LIST("cgroup /sys/fs/cgroup/unified/benchd/00000001", "link lo",
              "mount /var/lib/benchd/clusters/00000001/n1/root (overlay)"),
         ""},
        {{NULL},
         LIST("cgroup "
              "/sys/fs/cgroup/machine.slice/machine-lxc\\x2d7\\x2dbd\\x2d00000001\\x2dn1.scope",
              "process systemd (/benchd/00000001/n1/init.scope)"),
         ""},
        /* the same line twice is two things */
        {LIST("process init (/machine/lxc-1-a)"),
         LIST("process init (/machine/lxc-1-a)", "process init (/machine/lxc-1-a)"),
         "appeared process init (/machine/lxc-1-a)"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_json json_t *diff = diff_of(vectors[i].before, vectors[i].after);
        bd_auto_free char *text = text_of(json_object_get(diff, "differences"));
        ck_assert_msg(strcmp(text, vectors[i].differences) == 0, "vector %zu: '%s' instead of '%s'",
                      i, text, vectors[i].differences);
        ck_assert_ptr_null(json_object_get(diff, "others"));
    }
}
END_TEST

enum verdict { DIFFERENCE, BY_OTHERS, NOTHING };

static enum verdict verdict_of(const json_t *diff, const char *change, const char *line)
{
    static const char *const lists[] = {[DIFFERENCE] = "differences", [BY_OTHERS] = "others"};
    bd_auto_free char *expected = bd_xasprintf("%s %s", change, line);
    enum verdict verdict = NOTHING;
    for (size_t i = 0; i < BD_ARRAY_LEN(lists); i++) {
        bd_auto_free char *text = text_of(json_object_get(diff, lists[i]));
        ck_assert_msg(!*text || strcmp(text, expected) == 0, "'%s' in %s", text, lists[i]);
        if (*text) {
            ck_assert_msg(verdict == NOTHING, "%s is in both lists", line);
            verdict = (enum verdict)i;
        }
    }
    return verdict;
}

/* Each comes, goes, and is there once more than before: it is told the same. */
START_TEST(test_whose)
{
    static const struct {
        const char *line;
        enum verdict verdict;
    } vectors[] = {
        /* names of benchd's, with this cluster's id or without any */
        {"domain bd-" OURS "-n1", DIFFERENCE},
        {"link bd-" OURS, DIFFERENCE},
        {"link bd" OURS "-12", DIFFERENCE},
        {"link eth0 (of bd" OURS "-12)", DIFFERENCE},
        {"link bd7", DIFFERENCE},
        {"mount /srv/state/clusters/" OURS "/n1/root (overlay)", DIFFERENCE},
        {"mount /srv/state/clusters/odd (tmpfs)", DIFFERENCE},
        {"mount /srv/pictures/work/0a1b2c3d/proc (proc)", DIFFERENCE},
        {"mount /mnt (overlay)", DIFFERENCE},
        {"cgroup /sys/fs/cgroup/benchd/" OURS, DIFFERENCE},
        {"cgroup /sys/fs/cgroup/benchd/odd", DIFFERENCE},
        {"file /srv/state/clusters/odd", DIFFERENCE},
        {"process init (/benchd/" OURS "/n1)", DIFFERENCE},
        {"process init (/benchd/odd)", DIFFERENCE},
        {"firewall table ip filter chain FORWARD: iifname \"bd" OURS "-1\" accept", DIFFERENCE},
        {"firewall table ip filter chain FORWARD: iifname \"bd-*\" accept", DIFFERENCE},
        {"firewall table inet benchd", DIFFERENCE},
        /* no name of benchd's, but of a sort that is made for nodes */
        {"domain web", DIFFERENCE},
        {"link vnet3", DIFFERENCE},
        {"link veth7", DIFFERENCE},
        {"link tunl0", DIFFERENCE},
        {"link dummy0", DIFFERENCE},
        {"mount /run/libvirt/lxc/web.dev (tmpfs)", DIFFERENCE},
        {"mount / (ext4)", DIFFERENCE},
        {"mount /run (tmpfs)", DIFFERENCE},
        {"mount /sys/fs/cgroup/unified (cgroup2)", DIFFERENCE},
        {"mount /mnt/groups (cgroup)", DIFFERENCE},
        {"mount /dev/pts (devpts)", DIFFERENCE},
        {"cgroup /sys/fs/cgroup/cpu/machine/lxc-4711-web.libvirt-lxc", DIFFERENCE},
        {"cgroup /sys/fs/cgroup/machine.slice/machine-lxc\\x2d7\\x2dweb.scope", DIFFERENCE},
        {"process libvirt_lxc (web)", DIFFERENCE},
        {"process init (/machine/lxc-4711-web.libvirt-lxc)", DIFFERENCE},
        {"file /run/libvirt/lxc/web.xml", DIFFERENCE},
        {"file /var/log/libvirt/lxc/web.log", DIFFERENCE},
        {"firewall bridge filter chain libvirt-J-vnet0 sha256:0123456789abcdef", DIFFERENCE},
        /* not to know is not the same as nothing; so is a kind that nobody has thought about */
        {"libvirt does not answer", DIFFERENCE},
        {"firewall could not be listed", DIFFERENCE},
        {"swap /swapfile", DIFFERENCE},
        {"odd", DIFFERENCE},
        /* made by others */
        {"link br0", BY_OTHERS},
        {"link docker0", BY_OTHERS},
        {"link wg0", BY_OTHERS},
        {"link abd0", BY_OTHERS},
        {"mount /srv (xfs)", BY_OTHERS},
        {"mount /run/lock (tmpfs)", BY_OTHERS},
        {"mount /media/sys (vfat)", BY_OTHERS},
        {"mount /system (vfat)", BY_OTHERS},
        {"cgroup /sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2dweb.scope", BY_OTHERS},
        {"cgroup /sys/fs/cgroup/machine.slice/libpod-0123.scope", BY_OTHERS},
        {"process nginx (/machine.slice/libpod-0123.scope/container)", BY_OTHERS},
        {"firewall table ip nat", BY_OTHERS},
        {"firewall table ip nat chain PREROUTING sha256:0123456789abcdef", BY_OTHERS},
        /* another cluster's: its own audit tells */
        {"link bd-00000001", NOTHING},
        {"link vnet3 (of bd00000001-1)", NOTHING},
        {"firewall table ip filter chain FORWARD: iifname \"bd-00000001\" accept", NOTHING},
        {"mount /srv/state/clusters/00000001/n1/root (overlay)", NOTHING},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        const char *line = vectors[i].line;
        const char *const none[] = {NULL}, *const one[] = {line, NULL};
        const char *const two[] = {line, line, NULL};
        bd_auto_json json_t *comes = diff_of(none, one), *goes = diff_of(one, none);
        bd_auto_json json_t *doubled = diff_of(one, two);
        if (strchr(line, ' ') == NULL) /* a line without a name */
            line = "odd ";
        ck_assert_msg(verdict_of(comes, "appeared", line) == vectors[i].verdict, "%s", line);
        ck_assert_msg(verdict_of(goes, "disappeared", line) == vectors[i].verdict, "%s", line);
        ck_assert_msg(verdict_of(doubled, "appeared", line) == vectors[i].verdict, "%s", line);
    }
}
END_TEST

static json_t *with_links(unsigned n)
{
    struct inventory before = {0}, after = {0};
    for (unsigned i = 0; i < n; i++)
        bd_strv_addf(&after.items, "link br%03u", i);
    bd_strv_add(&after.items, "link vnet0");
    json_t *diff = inventory_diff(&before, &after, OURS, &dirs);
    inventory_done(&after);
    return diff;
}

/* However much others do, all of ours is told. */
START_TEST(test_changes_by_others_are_capped)
{
    bd_auto_json json_t *full = with_links(INVENTORY_MAX_OTHERS);
    ck_assert_uint_eq(json_array_size(json_object_get(full, "others")), INVENTORY_MAX_OTHERS);
    ck_assert_ptr_null(json_object_get(full, "othersLeftOut"));

    bd_auto_json json_t *over = with_links(INVENTORY_MAX_OTHERS + 3);
    bd_auto_free char *text = text_of(json_object_get(over, "differences"));
    ck_assert_str_eq(text, "appeared link vnet0");
    ck_assert_uint_eq(json_array_size(json_object_get(over, "others")), INVENTORY_MAX_OTHERS);
    ck_assert_int_eq(json_integer_value(json_object_get(over, "othersLeftOut")), 3);
}
END_TEST

START_TEST(test_json_and_back)
{
    const char *const items[] = {"link lo", "domain x", "mount / (ext4)", NULL};
    struct inventory inv = inventory_of(items), again = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *json = inventory_to_json(&inv);
    ck_assert_int_eq(inventory_from_json(json, &again, &err), 0);
    bd_auto_json json_t *diff = inventory_diff(&inv, &again, OURS, &dirs);
    bd_auto_free char *text = bd_json_text(diff);
    ck_assert_str_eq(text, "{\"differences\":[]}");
    ck_assert_uint_eq(again.items.n, 3);
    inventory_done(&inv);
    inventory_done(&again);

    bd_auto_json json_t *no_array = json_object();
    bd_auto_json json_t *no_strings = json_pack("[s, i]", "link lo", 1);
    ck_assert_int_eq(inventory_from_json(no_array, &again, &err), BD_ECORRUPT);
    ck_assert_int_eq(inventory_from_json(no_strings, &again, &err), BD_ECORRUPT);
}
END_TEST

START_TEST(test_of_cluster)
{
    const char *const items[] = {"link lo", "link bd-" OURS, "domain bd-00000001-n1",
                                 "file /run/libvirt/lxc/bd-" OURS "-n1.dev", NULL};
    struct inventory inv = inventory_of(items);
    bd_auto_strv struct bd_strv ours = {0};
    inventory_of_cluster(&inv, OURS, &ours);
    ck_assert_uint_eq(ours.n, 2);
    ck_assert(bd_strv_has(&ours, "link bd-" OURS));
    inventory_done(&inv);
}
END_TEST

UNIT_MAIN("virt-inventory", test_diff, test_whose, test_changes_by_others_are_capped,
          test_json_and_back, test_of_cluster)
