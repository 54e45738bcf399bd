/*
 * Values in the order of their runs: do they drift, do they depend on the one before? PURE.
 * Threads: values; no sharing. NAN are passed over, as if that run had not been.
 */
#pragma once

#include "lib/stats/test.h"

/*
 * Monotonic trend (Mann 1945; Kendall's tau-b; p exact where there are no ties and n <= 50, else
 * normal with correction for ties and continuity). statistic: S, pairs that rise less pairs that
 * fall. ret_slope: the median of all slopes between two values, a value's unit a run (Theil 1950;
 * Sen 1968); NAN of fewer than 2. ret_slope may be NULL.
 */
void stats_trend(const double *values, size_t n, struct stats_test *ret_test, double *ret_slope);

/*
 * Does a value depend on the one before? Rank version of von Neumann's ratio (Bartels 1982),
 * two-sided; statistic: RVN, 2 where they don't, lower where neighbours are alike; p exact by all
 * permutations where n <= 9 and there are no ties, else the normal approximation of that article.
 * ret_lag1: the autocorrelation of lag 1; may be NULL.
 */
void stats_serial(const double *values, size_t n, struct stats_test *ret_test, double *ret_lag1);
