/*
 * Samples of runs in the store: blocks of one metric of one node, encoded by who writes them and
 * opaque here. Threads: as the connection.
 */
#pragma once

#include "lib/store/store.h"

#include <stddef.h>
#include <stdint.h>

#define STORE_SAMPLES_BATCH 500 /* at most so many blocks in a call */

struct store_sample {
    char *metric;
    char *node;             /* "": the host */
    int64_t from_ns, to_ns; /* monotonic, from the beginning of sampling: its first and last */
    uint32_t n;             /* samples in it */
    void *data;
    size_t bytes;
};

/* In the caller's transaction. A block of the same metric, node and beginning is replaced.
 * BD_ENOTFOUND: there is no such run. */
int store_samples_put(struct store_conn *c, const char *run, const struct store_sample *blocks,
                      size_t n, struct bd_err *err);
/* The blocks that have samples in [from_ns, to_ns), or may have, by node and time; node NULL: of
 * any. */
int store_samples_list(struct store_conn *c, const char *run, const char *metric, const char *node,
                       int64_t from_ns, int64_t to_ns, struct store_sample **ret_blocks,
                       size_t *ret_n, struct bd_err *err);
void store_samples_free(struct store_sample *blocks, size_t n);

/* All blocks of a metric of a node, as one. */
struct store_series {
    char *metric, *node;
    int64_t from_ns, to_ns;
    uint64_t n; /* samples */
};
/* Which there are, by metric and node; metric NULL: of any. */
int store_samples_series(struct store_conn *c, const char *run, const char *metric,
                         struct store_series **ret_series, size_t *ret_n, struct bd_err *err);
void store_series_free(struct store_series *series, size_t n);
