/*
 * Whether values may have been drawn from a normal distribution. PURE. Threads: values; no sharing.
 */
#pragma once

#include "lib/stats/test.h"

/* Shapiro and Wilk 1965, by Royston 1995 (AS R94): of 3 to 5000 values that are not all equal;
 * statistic: W. NAN among values are passed over. */
void stats_shapiro_wilk(const double *values, size_t n, struct stats_test *ret_test);
