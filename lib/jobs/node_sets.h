/*
 * Sets of nodes by their names, each kept once, and numbered as the nodes in them are: a million
 * jobs on the same few nodes take no more room than those. PURE. Threads: values.
 */
#pragma once

#include "lib/base/json.h"

#include <stddef.h>
#include <stdint.h>

struct node_set {
    size_t first, n; /* of members */
};
struct node_sets {        /* from {0} */
    json_t *sets, *nodes; /* numbers by names */
    struct node_set *items;
    size_t n, cap;
    uint32_t *members;
    size_t n_members, cap_members;
};
void node_sets_done(struct node_sets *s);
/* The number of "n1,n2", from 0. */
uint32_t node_sets_number(struct node_sets *s, const char *list);
/* Numbers of the nodes of one of them, from 0. */
const uint32_t *node_sets_members(const struct node_sets *s, uint32_t set, size_t *ret_n);
size_t node_sets_nodes(const struct node_sets *s); /* of all sets */
