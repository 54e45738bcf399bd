/*
 * The sampler: a thread that looks at a cluster's nodes and at the host while something is
 * measured, at start + k x interval, and hands over all that it saw when it is stopped.
 *
 * A round that would begin more than half an interval late is left out and counted: rounds never
 * come one right after the other. Rates are over the time that has really passed. The sampler
 * measures itself too.
 *
 * Threads: sampler_start() and sampler_stop() block (some milliseconds: files are opened, a round
 * goes on), from any one thread at a time. A result belongs to its receiver.
 */
#pragma once

#include "lib/sample/series.h"
#include "lib/sample/take.h"

#include <stddef.h>
#include <stdint.h>

#define SAMPLER_INTERVAL_MIN_NS INT64_C(10000000)
/* Of samples in memory, after which no more are kept: 9 hours of 129 nodes, once a second. */
#define SAMPLER_BYTES_MAX (256 << 20)

struct sample_live; /* live.h */

struct sampler_config {
    const struct cluster_plan *plan; /* of a cluster that is up; not needed after the start */
    const char *cgroup2;             /* mount point */
    int64_t interval_ns;
    struct sample_live *live;   /* lets others read meanwhile; NULL: nobody does */
    const char *const *daemons; /* units of the first controller, NULL-terminated; NULL: none */
};

struct sample_series {
    enum sample_id metric;
    char node[NODE_NAME_BYTES]; /* "": the host */
    struct sample_point *points;
    size_t n; /* at least 1 */
};

/* Of the thread: what sampler_start() does before the window is not in it. */
struct sampler_cost {
    int64_t cpu_ns;
    uint32_t rounds;
    uint32_t late;    /* of these, begun more than a tenth of the interval after their time */
    uint32_t skipped; /* rounds that never came, as their time had passed by half an interval */
    uint32_t cut;     /* rounds whose values were not kept: SAMPLER_BYTES_MAX */
    int64_t round_max_ns, round_mean_ns; /* by the clock */
};

/* Each over the window from start to stop; negative: not known. */
struct sampler_noise {
    struct sampler_span {
        double mean; /* of the whole window */
        double max;  /* of one interval */
    } outside_cpus, steal, psi_cpu, psi_memory, psi_io;
    double energy_j;
};

struct sampler_result {
    int64_t start_mono_ns;        /* that at_ns counts from; at_ns is exact to a millisecond */
    int64_t window_ns;            /* from start to stop */
    struct sample_series *series; /* of the host, then node by node; none without points */
    size_t n_series;
    struct sample_daemon *daemons; /* those that ran at start and at stop */
    size_t n_daemons;
    struct sampler_cost cost;
    struct sampler_noise noise;
};
void sampler_result_done(struct sampler_result *r);

struct sampler;
/* BD_EINVALID for an interval below SAMPLER_INTERVAL_MIN_NS; otherwise what the host's CPU time or
 * mounts could not be read for, or no thread could be had. The first look is over when it
 * returns. */
int sampler_start(const struct sampler_config *config, struct sampler **ret_sampler,
                  struct bd_err *err);
/* The same with other places for the kernel's files. */
int sampler_start_from(const struct sampler_config *config, const struct take_places *places,
                       struct sampler **ret_sampler, struct bd_err *err);
/* Takes a last look, ends the thread, frees s (NULL: nothing). ret_result NULL: nobody wants it. */
void sampler_stop(struct sampler *s, struct sampler_result *ret_result);

/* ------------------------------------------------------------------------------ as it is stored */

#define SAMPLE_BLOCK_POINTS 600

/* Part of a series: at most SAMPLE_BLOCK_POINTS points, as sample_encode() has them. */
struct sample_block {
    char metric[64];
    char node[NODE_NAME_BYTES];
    int64_t from_ns, to_ns; /* of its first and last point */
    uint32_t n;
    void *data;
    size_t bytes;
};
/* The caller's (sample_blocks_free()). Fails as sample_encode(). */
int sampler_blocks(const struct sampler_result *result, struct sample_block **ret_blocks,
                   size_t *ret_n, struct bd_err *err);
void sample_blocks_free(struct sample_block *blocks, size_t n);
