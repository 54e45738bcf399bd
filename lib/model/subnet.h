/*
 * IPv4 subnets: parsing, overlap, and the choice of a free one from a pool. PURE.
 */
#pragma once

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUBNET_ADDR_BYTES 16 /* "255.255.255.255" */
#define SUBNET_BYTES      20 /* "255.255.255.255/32" */

struct subnet {
    uint32_t base;   /* network address, host byte order */
    unsigned prefix; /* 0 .. 32 */
};

/* "10.64.0.0/16"; host bits must be zero. BD_EINVALID. */
int subnet_parse(const char *s, struct subnet *ret_subnet, struct bd_err *err);
const char *subnet_format(const struct subnet *s, char out[SUBNET_BYTES]);
bool subnet_overlaps(const struct subnet *a, const struct subnet *b);
/* The address base + index, dotted. */
const char *subnet_addr(const struct subnet *s, uint32_t index, char out[SUBNET_ADDR_BYTES]);
/* The longest prefix whose subnet holds n nodes beside network, broadcast and a gateway (the first
 * address); never longer than 24. */
unsigned subnet_prefix_for(unsigned n_nodes);
/* The first subnet of that prefix in pool that overlaps none of taken. BD_ENOCAPACITY. */
int subnet_pick(const struct subnet *pool, unsigned prefix, const struct subnet *taken,
                size_t n_taken, struct subnet *ret_subnet, struct bd_err *err);
