/*
 * Intervals of any statistic by resampling. PURE: the same seed gives the same interval on every
 * platform. Threads: values; no sharing.
 */
#pragma once

#include "lib/stats/stats.h"

#include <stdint.h>

#define STATS_DRAWS 2000 /* unless there is a reason for another number */

/* Of n values, n > 0, sorted, which it must not keep; NAN where it is not defined. */
typedef double (*stats_statistic_fn)(const double *values, size_t n, void *arg);

/*
 * Bias-corrected and accelerated (Efron 1987; Efron and Tibshirani, An Introduction to the
 * Bootstrap, 14.3), acceleration by the jackknife; of resamples in which the statistic is what it
 * is of the values, half count as below. Of 2 values or more; none (is_there false) where the
 * statistic is not defined, or infinite, in a resample or without one of the values, or is the same
 * in all. coverage is the nominal one: with fewer than about 20 values it covers less than that,
 * and who shows it says so. NAN among values are passed over.
 */
void stats_bootstrap(const double *values, size_t n, stats_statistic_fn statistic, void *arg,
                     double confidence, size_t draws, uint64_t seed,
                     struct stats_interval *ret_interval);
