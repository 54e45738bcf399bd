/*
 * Tests by ranks. PURE. Threads: values; no sharing.
 *
 * None of them assumes a form of distribution. Where an exact distribution is known and can be had
 * it is used, and `method` says so; the approximations that take its place are named there too.
 * Values must not be infinite; NAN are passed over (with their pair, where there are pairs).
 */
#pragma once

#include "lib/stats/test.h"

/* Ranks from 1, ties sharing the mean of theirs, into ret_ranks[n]; no NAN. Answers the sum of
 * t^3 - t over the groups of t ties. */
double stats_ranks(const double *values, size_t n, double *ret_ranks);

/*
 * Two independent samples (Mann and Whitney 1947). statistic: U, of pairs (a, b) those in which a is
 * greater, ties counted half. Exact where there are no ties and the smaller sample has at most 50
 * and both at most 400 values together, or (with ties, by all divisions of the ranks) up to 20
 * values together; else normal, corrected for ties and continuity. p is twice the smaller tail, at
 * most 1.
 */
void stats_mann_whitney(const double *a, size_t n_a, const double *b, size_t n_b,
                        struct stats_test *ret_test);

/*
 * Pairs (Wilcoxon 1945): are differences a - b symmetrical about 0? statistic: W+, the sum of ranks
 * of the positive ones. Differences of 0 are passed over (Wilcoxon's way; n is without them). Exact
 * up to 50 pairs, with ties by the distribution of the ranks as they are; else normal, corrected for
 * ties and continuity.
 */
void stats_wilcoxon(const double *a, const double *b, size_t n, struct stats_test *ret_test);

/*
 * k independent samples (Kruskal and Wallis 1952): values[i], sizes[i]. statistic: H, corrected for
 * ties. Exact by enumeration where that has at most 10 million divisions, else chi-squared with k -
 * 1.
 */
void stats_kruskal_wallis(const double *const *values, const size_t *sizes, size_t k,
                          struct stats_test *ret_test);

/*
 * k treatments in blocks, values[treatment * blocks + block] (Friedman 1937). Blocks that lack one
 * are passed over where `whole` is asked; otherwise a design with gaps is tested by Skillings and
 * Mack 1981, which is Friedman's where nothing is missing. statistic: chi-squared as corrected for
 * ties. Exact for complete blocks without ties where k = 3 and blocks <= 15, or k = 4 and blocks <=
 * 8 (by convolution), else chi-squared with k - 1.
 */
void stats_friedman(const double *values, size_t k, size_t blocks, bool whole,
                    struct stats_test *ret_test);

/* Holm 1979: p[n] as corrected for all of them, at most 1; NAN stay, and don't count. */
void stats_holm(const double *p, size_t n, double *ret_corrected);

/* The least two-sided p that n pairs can give (Wilcoxon): 2^(1 - n), and that two samples can
 * (Mann-Whitney): 2 / C(n_a + n_b, n_a); at most 1. */
double stats_least_p_pairs(size_t n);
double stats_least_p_samples(size_t n_a, size_t n_b);
