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

/* "appeared link bd-..., ..." */
static char *diff_text(const char *const *before, const char *const *after)
{
    struct inventory b = inventory_of(before), a = inventory_of(after);
    bd_auto_json json_t *diff = inventory_diff(&b, &a, OURS);
    struct bd_str out = {0};
    size_t i;
    json_t *change;
    json_array_foreach (diff, i, change)
        bd_str_addf(&out, "%s%s %s %s", i ? ", " : "", bd_json_str(change, "change", "?"),
                    bd_json_str(change, "kind", "?"), bd_json_str(change, "item", "?"));
    inventory_done(&b);
    inventory_done(&a);
    return bd_str_take(&out);
}

#define LIST(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

START_TEST(test_diff)
{
    static const struct {
        const char *before[4], *after[4], *diff;
    } vectors[] = {
        {{NULL}, {NULL}, ""},
        {LIST("link lo", "link eth0"), LIST("link eth0", "link lo"), ""},
        {LIST("link lo"), LIST("link lo", "link veth7"), "appeared link veth7"},
        {LIST("link lo", "mount /srv (xfs)"), LIST("link lo"), "disappeared mount /srv (xfs)"},
        {LIST("link a"), LIST("link b"), "disappeared link a, appeared link b"},
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
        {LIST("process init (/a)"), LIST("process init (/a)", "process init (/a)"),
         "appeared process init (/a)"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_free char *diff = diff_text(vectors[i].before, vectors[i].after);
        ck_assert_msg(strcmp(diff, vectors[i].diff) == 0, "vector %zu: '%s' instead of '%s'", i,
                      diff, vectors[i].diff);
    }
}
END_TEST

START_TEST(test_json_and_back)
{
    const char *const items[] = {"link lo", "domain x", "mount / (ext4)", NULL};
    struct inventory inv = inventory_of(items), again = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *json = inventory_to_json(&inv);
    ck_assert_int_eq(inventory_from_json(json, &again, &err), 0);
    bd_auto_json json_t *diff = inventory_diff(&inv, &again, OURS);
    ck_assert_uint_eq(json_array_size(diff), 0);
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

UNIT_MAIN("virt-inventory", test_diff, test_json_and_back, test_of_cluster)
