/*
 * What a fixed work quantum tells of a system. The same work is done over and over; whatever one
 * time takes longer than the fastest was taken by others: timers, interrupts, daemons, other
 * guests, a quota. Pure: numbers alone.
 *
 * FWQ, and its counterpart of fixed time: Sottile and Minnich, "Analysis of Microbenchmarks for
 * Performance Tuning of Clusters", IEEE Cluster 2004. What exceeds the least time as a detour, and
 * the share of time that detours take: Beckman, Iskra, Yoshii and Coghlan, "The Influence of
 * Operating Systems on the Performance of Collective Operations at Extreme Scale", IEEE Cluster
 * 2006.
 */
#ifndef NODE_NOISE_H
#define NODE_NOISE_H

#include <stddef.h>
#include <stdint.h>

struct noise {
    int64_t minimum_ns, median_ns, p99_ns, p999_ns, maximum_ns;
    int64_t total_ns;
    /* sum over i of (t_i - t_min) / sum over i of t_i: 0 where all took the same, below 1 always */
    double share;
};

/* Sorts the n > 0 times, each above 0. A quantile is the least time that so many of all do not
 * exceed (nearest rank). */
struct noise noise_of(int64_t *times_ns, size_t n);

/* Iterations of work for a quantum, where so many took that long; at least 1, at most the most that
 * there can be. */
int64_t noise_iterations(int64_t quantum_ns, int64_t iterations, int64_t took_ns);
#define NOISE_ITERATIONS_MAX (INT64_C(1) << 40)

#endif
