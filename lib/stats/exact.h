/*
 * Distributions of rank statistics where chance alone divides the ranks. PRIVATE to lib/stats.
 * PURE. Threads: values; no sharing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct exact_tails {
    double lower, upper; /* P(X <= x), P(X >= x) */
};

/* Up to here they are cheap: pairs, and the product of both sizes, without ties and with them. */
#define EXACT_PAIRS        50
#define EXACT_PRODUCT      2500
#define EXACT_TIED_PRODUCT 900

/* C(n, k), as a double: infinity where it is none. */
double exact_choose(size_t n, size_t k);

/*
 * U of m values among m + n that are tied in `groups` of sizes ties[], from the least value to the
 * greatest; twice_u is 2 U. m, n > 0; m n is at most what is said above.
 */
void exact_mann_whitney(const size_t *ties, size_t groups, size_t m, size_t n, size_t twice_u,
                        struct exact_tails *ret_tails);

/* W+ of n <= EXACT_PAIRS ranks, given and asked for as twice what they are. */
void exact_wilcoxon(const size_t *twice_ranks, size_t n, size_t twice_w,
                    struct exact_tails *ret_tails);

/*
 * The greatest k for which P(X < k) <= tail, and that P, where nothing is tied; never less than 1
 * (then P may be above tail: there is none). For the intervals that are between the k-th of the
 * differences from below and the k-th from above.
 */
size_t exact_mann_whitney_rank(size_t m, size_t n, double tail, double *ret_p);
size_t exact_wilcoxon_rank(size_t n, double tail, double *ret_p);
