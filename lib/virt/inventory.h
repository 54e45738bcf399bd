/*
 * What is on the host that a cluster could leave behind: libvirt's domains, network links, mounts,
 * cgroups, processes in containers or of ours, files of ours and of libvirt's, firewall rules.
 * Taken before a cluster is made and after it is gone; what differs of what could be its own is its
 * residue and must be empty.
 *
 * An item is a line "KIND NAME". Items that carry the id of another cluster are that cluster's and
 * are told by its own audit. What neither benchd nor libvirt on its behalf makes was changed by
 * others; where that is not certain, it counts as ours (docs/decisions/0008). Threads: any; values.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/virt/hostops.h"
#include "lib/virt/virt.h"

/* At most so many changes by others are listed. */
#define INVENTORY_MAX_OTHERS 100
/* The item of a kind that could not be looked at: no match for what could. */
#define INVENTORY_NOT_LISTED "could not be listed"

struct inventory {
    struct bd_strv items; /* sorted */
};

void inventory_done(struct inventory *inv);
/* Asks the kernel and libvirt; a libvirt that does not answer is an item. */
int inventory_take(struct virt *v, enum virt_lane lane, struct inventory *ret_inv,
                   struct bd_err *err);
/* {"differences": [{"kind":, "item":, "change": "appeared"|"disappeared"}]}, and what others have
 * changed: "others", of the same shape, and "othersLeftOut", how many more those are; each only
 * where there is something to tell. New reference. PURE. */
json_t *inventory_diff(const struct inventory *before, const struct inventory *after,
                       const char *cluster_id, const struct hostops_dirs *dirs);
/* Whether a cluster may have left this behind: it carries a name of benchd's, or is of a sort that
 * is made for nodes without one. PURE. */
bool inventory_is_ours(const char *kind, const char *name, const struct hostops_dirs *dirs);
/* As stored: a JSON array of the lines. */
json_t *inventory_to_json(const struct inventory *inv);
int inventory_from_json(const json_t *json, struct inventory *ret_inv, struct bd_err *err);
/* The items that carry this cluster's id: what is left of it. */
void inventory_of_cluster(const struct inventory *inv, const char *cluster_id,
                          struct bd_strv *ret_items);
/* The ids of clusters that items carry, each once. */
void inventory_clusters(const struct inventory *inv, struct bd_strv *ret_ids);
