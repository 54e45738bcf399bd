/*
 * Tests by ranks. PURE. Threads: values; no sharing.
 *
 * None of them assumes a form of distribution. Where an exact distribution is known and can be had
 * it is used, and `method` says so; the approximations that take its place are named there too. An
 * exact distribution is that of the ranks as they are, ties and all. NAN are passed over (with
 * their pair, where there are pairs); infinite values are the least and the greatest. Where there
 * is nothing to test, p is NAN and `method` begins with "none: " and says why.
 */
#pragma once

#include "lib/stats/test.h"

/* Ranks from 1, ties sharing the mean of theirs, into ret_ranks[n]; no NAN. Answers the sum of
 * t^3 - t over the groups of t ties. */
double stats_ranks(const double *values, size_t n, double *ret_ranks);

/*
 * Two independent samples (Mann and Whitney 1947). statistic: U, of pairs (a, b) those in which a
 * is greater, ties counted half. Exact where n_a n_b is at most 2500, with ties 900; else normal,
 * corrected for ties and continuity. p is twice the smaller tail, at most 1; NAN where a sample has
 * no values or all are equal.
 */
void stats_mann_whitney(const double *a, size_t n_a, const double *b, size_t n_b,
                        struct stats_test *ret_test);

/*
 * Pairs (Wilcoxon 1945): are differences a - b symmetrical about 0? statistic: W+, the sum of ranks
 * of the positive ones. Differences of 0 are passed over (Wilcoxon's way; n is without them).
 * Exact, with ties too, up to 50 pairs; else normal, corrected for ties and continuity. p is twice
 * the smaller tail, at most 1; NAN where all differences are 0.
 */
void stats_wilcoxon(const double *a, const double *b, size_t n, struct stats_test *ret_test);

/*
 * k independent samples (Kruskal and Wallis 1952): values[i], sizes[i]. statistic: H, corrected for
 * ties. Exact, by enumeration and with ties too, where there are at most 64 values and a million
 * divisions that differ by more than the order of samples of one size (three samples of 5, four of
 * 3, seven of 2 are below that); else chi-squared with k - 1. p is NAN where k < 2, a sample has no
 * values, or all values are equal.
 */
void stats_kruskal_wallis(const double *const *values, const size_t *sizes, size_t k,
                          struct stats_test *ret_test);

/*
 * k treatments in blocks, values[treatment * blocks + block] (Friedman 1937). Blocks that lack one
 * are passed over where `whole` is asked; otherwise a design with gaps is tested by Skillings and
 * Mack 1981, which is Friedman's where nothing is missing, and blocks with a single value are
 * passed over. n: the blocks left. statistic: chi-squared as corrected for ties. Exact for whole
 * blocks, by convolution and with ties too, where there are at most 50 (k = 2), 25 (k = 3), 10 (k =
 * 4) or 5 (k = 5) of them; else chi-squared with k - 1. p is NAN where k < 2, no block is left, all
 * values of each block are equal, or no chain of blocks with gaps leads from one treatment to
 * another, so that they can't be compared.
 */
void stats_friedman(const double *values, size_t k, size_t blocks, bool whole,
                    struct stats_test *ret_test);

/* Holm 1979: p[n] as corrected for all of them, at most 1; NAN stay, and don't count. */
void stats_holm(const double *p, size_t n, double *ret_corrected);

/* The least two-sided p that n pairs can give (Wilcoxon): 2^(1 - n), and that two samples can
 * (Mann-Whitney): 2 / C(n_a + n_b, n_a); at most 1. */
double stats_least_p_pairs(size_t n);
double stats_least_p_samples(size_t n_a, size_t n_b);
