/*
 * Ranks within blocks: what the tests of Friedman and of Skillings and Mack share. PRIVATE to
 * lib/stats. PURE. Threads: values; no sharing.
 */
#pragma once

#include "lib/stats/test.h"

struct blocks {
    size_t k, n;   /* treatments, blocks */
    double *ranks; /* [block * k + treatment]: within the block; NAN: there is no value */
    double
        *untied; /* of a block of m values: 1 - sum(t^3 - t) / (m^3 - m), 0 where all are equal */
};

/* Into test but for n, for blocks of which some are not whole. */
void blocks_skillings_mack(const struct blocks *blocks, struct stats_test *test);
