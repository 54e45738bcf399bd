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
 * differences, each with itself too (pairs: Walsh averages; differences of 0 are among them). The
 * interval is that of the test (stats_mann_whitney, stats_wilcoxon) without ties turned round: of
 * the shifts that it would not reject, with at least that confidence. With ties it covers at least
 * what it says (Noether 1967). Exact where n_a n_b is at most 2500, or up to 50 pairs, else by the
 * normal approximation. Where so few values can't give the confidence, is_there is false, and ends
 * and coverage are those of the widest. All NAN (coverage 0) where there is nothing, or a value is
 * infinite. Never written out: n values take O(n), and what is found is exact to the last bit.
 * (Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3.3, 4.3.)
 */
void stats_shift_samples(const double *a, size_t n_a, const double *b, size_t n_b,
                         double confidence, struct stats_shift *ret_shift);
void stats_shift_pairs(const double *a, const double *b, size_t n, double confidence,
                       struct stats_shift *ret_shift);

/* Cliff 1993: P(a > b) - P(a < b), over all pairs of values of both; NAN without any. */
double stats_cliff_delta(const double *a, size_t n_a, const double *b, size_t n_b);
/* "negligible" below 0.147, "small" below 0.33, "medium" below 0.474, "large" (Romano et al. 2006).
 * "none" of NAN. Static. */
const char *stats_delta_magnitude(double delta);

/*
 * Are two samples, or the pairs, equivalent within margin > 0: is the shift above -margin and below
 * it? Two one-sided rank tests (Schuirmann 1987; Wellek, Testing Statistical Hypotheses of
 * Equivalence and Noninferiority, 5.4, 6.2), exact where those of ranks.h are; p is the greater of
 * both. statistic: NAN. n: all pairs, or values of both. p is NAN where there are none, or the
 * margin is not above 0.
 */
void stats_equivalent_samples(const double *a, size_t n_a, const double *b, size_t n_b,
                              double margin, struct stats_test *ret_test);
void stats_equivalent_pairs(const double *a, const double *b, size_t n, double margin,
                            struct stats_test *ret_test);

/*
 * Is the shift of a against b above `by`, or not? Both one-sided rank tests, exact where those of
 * ranks.h are. Values that are by `by` apart, but for 1e-12 of the greatest, speak for at_most: not
 * being above is shown by them too (the test of a shift that is above `by` by as little as one
 * likes). p are NAN where there is nothing to test.
 */
struct stats_beyond {
    double above;   /* p of: it is at most `by` */
    double at_most; /* p of: it is above `by` */
    const char *method;
    bool exact;
};
void stats_beyond_samples(const double *a, size_t n_a, const double *b, size_t n_b, double by,
                          struct stats_beyond *ret_beyond);
void stats_beyond_pairs(const double *a, const double *b, size_t n, double by,
                        struct stats_beyond *ret_beyond);

/*
 * What share of the variance of ranks goes with each effect: values[n], each with the number of its
 * level in each of `factors` factors (at most 32), levels[i * factors + f]. An effect is a set of
 * factors (bit f of its mask): one bit a main effect, two an interaction. shares are eta squared of
 * the ranks, sums of squares taken in the order of effects[] (type I), which in a balanced design
 * does not matter as long as interactions come after their main effects; ret_balanced tells: every
 * combination of levels as often as every other. ret_left: what goes with none of them. All NAN, df
 * 0, where values are all equal, and where effects have so many levels (2048 together, of those
 * that need equations) that it would take too long. (Conover and Iman 1981: the rank transform. It
 * is a description: no p follows from it.)
 */
struct stats_effect {
    uint32_t mask;
    double share; /* out; 0..1 */
    size_t df;    /* out */
};
void stats_variance_shares(const double *values, const uint32_t *levels, size_t n, size_t factors,
                           struct stats_effect *effects, size_t n_effects, double *ret_left,
                           bool *ret_balanced);
