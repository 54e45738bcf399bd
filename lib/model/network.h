/*
 * The shape of a cluster's network, as a spec has it, and what came of it when it was measured.
 * PURE. Threads: values; no sharing.
 *
 * Bandwidth is of each node's link, in each direction, in frames as they are on the link (headers
 * of Ethernet included). Latency, jitter and loss are of the way from any node to any other, which
 * a packet has put on it once. docs/network.md is the same for people.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum network_member {
    NETWORK_BANDWIDTH,
    NETWORK_LATENCY,
    NETWORK_JITTER,
    NETWORK_LOSS,
    NETWORK_MEMBERS
};
/* As specs and conditions name it: "bandwidth"; its unit there: "bit/s". */
const char *network_member_to_str(enum network_member m);
const char *network_member_unit(enum network_member m);

/* Each 0: it is not shaped by that. */
struct network_shape {
    uint64_t bits_per_s;
    int64_t latency_ns;
    int64_t jitter_ns; /* at most so much more or less than the latency, all equally likely */
    double loss;       /* part of the packets */
};

/* Reads the member `network` of a cluster (NULL: none). Faults are appended, at /network/NAME. */
void network_shape_read(const json_t *network, struct network_shape *ret_shape,
                        struct schema_faults *faults);
bool network_is_shaped(const struct network_shape *s);
bool network_has(const struct network_shape *s, enum network_member m);
/* What was asked for, in the member's unit; 0: nothing. */
double network_asked(const struct network_shape *s, enum network_member m);

/* "100Mbit/s": bits per second. -EINVAL for anything else. */
int network_parse_bandwidth(const char *text, uint64_t *ret_bits_per_s);

/* A figure that was measured of it. */
struct network_figure {
    enum network_member member;
    double asked, measured; /* in the member's unit */
    double error;           /* of `measured`, by chance alone: its standard error */
    int64_t n;              /* packets that it is of */
};
/* Off by more than a tenth of what was asked for, and by more than can be chance. */
bool network_figure_holds(const struct network_figure *f);
/* "80.1 Mbit/s", of a member by its name and a value in its unit. The caller's. */
char *network_value_text(const char *member, double value);
/* "bandwidth from n1 to n2 is 80.1 Mbit/s, 19.9 % less than the 100 Mbit/s that were asked for", of
 * a member of conditions.network.figures. The caller's. */
char *network_figure_words(const json_t *figure);
