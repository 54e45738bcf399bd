/*
 * The ratio of the medians of two samples. PURE: the same seed gives the same interval on every
 * platform. Threads: values; no sharing.
 */
#pragma once

#include "lib/stats/stats.h"

#include <stdint.h>

/*
 * a's median to b's, all values above 0 and none NAN; NAN where there is none of either. The
 * interval is bias-corrected and accelerated (Efron 1987), each sample resampled by itself, the
 * acceleration by the jackknife over both (Davison and Hinkley, Bootstrap Methods and their
 * Application, 5.3.2). coverage is the nominal one: with fewer than about 20 values of each it
 * covers less. None of fewer than 2 values of each, or where the ratio is the same in all
 * resamples.
 */
double stats_ratio_of_medians(const double *a, size_t n_a, const double *b, size_t n_b,
                              double confidence, size_t draws, uint64_t seed,
                              struct stats_interval *ret_interval);
