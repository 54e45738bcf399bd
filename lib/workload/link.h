/*
 * The links of a cluster's nodes as they are, measured between the first and the last node by
 * bench-link. Blocks; belongs on a worker.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/channel/channel.h"
#include "lib/model/network.h"

/* What bench-link is to do for a shape. PURE. */
struct link_order {
    unsigned packets, gap_us, wait_ms, flood_ms, frames;
};
struct link_order link_order_of(const struct network_shape *shape);

/* What it printed: one line. PURE. */
struct link_answer {
    int64_t sent, answered, median_ns, deviation_ns, frames;
    double bits_per_s;
};
int link_answer_read(const char *line, struct link_answer *ret_answer, struct bd_err *err);
/* The members of the shape that are known of now, appended to figures as the contract has them in
 * conditions.network.figures. PURE. */
void link_figures(const struct network_shape *shape, const char *from, const char *to,
                  const struct link_answer *answer, json_t *figures);

/* Both ways, one after the other: conditions.network, new reference. */
int link_measure(const struct channel *channel, const struct cluster_plan *plan,
                 struct bd_cancel *cancel, json_t **ret_network, struct bd_err *err);
