/* An inventory as a value: stored, compared, searched. Taking one is in inventory_take.c. */
#include "lib/virt/inventory.h"

#include "lib/model/cluster.h"

#include <string.h>

void inventory_done(struct inventory *inv)
{
    bd_strv_done(&inv->items);
}

/* Whether an item says something about this cluster: it carries its id, or nobody's. */
static bool concerns(const char *item, const char *cluster_id)
{
    char id[BD_ID_BYTES];
    return !cluster_id_in_name(item, id) || strcmp(id, cluster_id) == 0;
}

static void add_change(json_t *list, const char *item, const char *change, const char *cluster_id)
{
    size_t kind = strcspn(item, " ");
    const char *name = item[kind] ? item + kind + 1 : "";
    if (concerns(item, cluster_id))
        json_array_append_new(
            list, json_pack("{ss% ss ss}", "kind", item, kind, "item", name, "change", change));
}

/* Both are sorted, and an item that is there twice counts twice. */
json_t *inventory_diff(const struct inventory *before, const struct inventory *after,
                       const char *cluster_id)
{
    json_t *list = json_array();
    size_t b = 0, a = 0;
    while (b < before->items.n || a < after->items.n) {
        int order = b == before->items.n  ? 1
                    : a == after->items.n ? -1
                                          : strcmp(before->items.items[b], after->items.items[a]);
        if (order < 0)
            add_change(list, before->items.items[b], "disappeared", cluster_id);
        else if (order > 0)
            add_change(list, after->items.items[a], "appeared", cluster_id);
        b += order <= 0;
        a += order >= 0;
    }
    return list;
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
