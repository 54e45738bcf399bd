/*
 * What is on the host that a cluster could leave behind: libvirt's domains, network links, mounts,
 * cgroups, processes in containers or of ours, files of ours and of libvirt's, firewall rules.
 * Taken before a cluster is made and after it is gone; the difference is its residue and must be
 * empty.
 *
 * An item is a line "KIND NAME". Items that carry the id of another cluster are that cluster's and
 * never count. Threads: any; values.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/virt/virt.h"

struct inventory {
    struct bd_strv items; /* sorted */
};

void inventory_done(struct inventory *inv);
/* Asks the kernel and libvirt; a libvirt that does not answer is an item. */
int inventory_take(struct virt *v, enum virt_lane lane, struct inventory *ret_inv,
                   struct bd_err *err);
/* [{"kind":, "item":, "change": "appeared"|"disappeared"}], empty if nothing differs; new
 * reference. PURE. */
json_t *inventory_diff(const struct inventory *before, const struct inventory *after,
                       const char *cluster_id);
/* As stored: a JSON array of the lines. */
json_t *inventory_to_json(const struct inventory *inv);
int inventory_from_json(const json_t *json, struct inventory *ret_inv, struct bd_err *err);
/* The items that carry this cluster's id: what is left of it. */
void inventory_of_cluster(const struct inventory *inv, const char *cluster_id,
                          struct bd_strv *ret_items);
