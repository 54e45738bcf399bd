/*
 * How large a difference is. PURE. Threads: values; no sharing. NAN among values are passed over
 * (with their pair, where there are pairs).
 */
#pragma once

#include "lib/stats/stats.h"
#include "lib/stats/test.h"

#include <stdint.h>

struct stats_shift {
    double estimate; /* NAN where there is nothing */
    struct stats_interval interval;
    bool exact; /* the interval's coverage is of the exact distribution */
};
/*
 * Hodges and Lehmann 1963: the median of all a - b (two samples), or of the means of all two
 * differences, each with itself too (pairs: Walsh averages). The interval is that of the test
 * (stats_mann_whitney, stats_wilcoxon) turned round: of the shifts that it would not reject, with at
 * least that confidence; exact up to 50 values (of each sample, or pairs), else by the normal
 * approximation. Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3.3, 4.3.
 */
void stats_shift_samples(const double *a, size_t n_a, const double *b, size_t n_b,
                         double confidence, struct stats_shift *ret_shift);
void stats_shift_pairs(const double *a, const double *b, size_t n, double confidence,
                       struct stats_shift *ret_shift);

/* Cliff 1993: P(a > b) - P(a < b), over all pairs of values of both; NAN without any. */
double stats_cliff_delta(const double *a, size_t n_a, const double *b, size_t n_b);
/* "negligible" below 0.147, "small" below 0.33, "medium" below 0.474, "large" (Romano et al. 2006).
 * Static. */
const char *stats_delta_magnitude(double delta);

/*
 * Are two samples, or the pairs, equivalent within margin > 0: is the shift above -margin and below
 * it? Two one-sided rank tests (Schuirmann 1987; Wellek, Testing Statistical Hypotheses of
 * Equivalence and Noninferiority, 5.4, 6.2); p is the greater of both. statistic: NAN.
 */
void stats_equivalent_samples(const double *a, size_t n_a, const double *b, size_t n_b,
                              double margin, struct stats_test *ret_test);
void stats_equivalent_pairs(const double *a, const double *b, size_t n, double margin,
                            struct stats_test *ret_test);

/*
 * What share of the variance of ranks goes with each effect: values[n], each with the number of its
 * level in each of `factors` factors, levels[i * factors + f]. An effect is a set of factors (bit f
 * of its mask): one bit a main effect, two an interaction. shares are eta squared of the ranks,
 * sums of squares taken in the order of effects[] (type I), which in a balanced design does not
 * matter; ret_balanced tells. ret_left: what goes with none of them. All NAN where values are all
 * equal. (Conover and Iman 1981: the rank transform. It is a description: no p follows from it.)
 */
struct stats_effect {
    uint32_t mask;
    double share; /* out; 0..1 */
    size_t df;    /* out */
};
void stats_variance_shares(const double *values, const uint32_t *levels, size_t n, size_t factors,
                           struct stats_effect *effects, size_t n_effects, double *ret_left,
                           bool *ret_balanced);
