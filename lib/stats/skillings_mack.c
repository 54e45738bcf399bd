#include "lib/base/mem.h"
#include "lib/stats/blocks.h"
#include "lib/stats/distributions.h"

#include <math.h>

/*
 * Skillings and Mack, On the use of a Friedman-type statistic in balanced and unbalanced block
 * designs, Technometrics 23 (1981): the sums A_j over blocks of sqrt(12 / (m + 1)) (R_ij - (m + 1)
 * / 2), m the values of the block, and A' S^- A with their covariance S. The article has no ties.
 * Here a block counts in S with the variance that its ranks have as they are, tied or not, which
 * makes of it Friedman's statistic as corrected for ties where nothing is missing.
 */
struct sm {
    size_t k;
    double *sums;       /* A[k] */
    double *covariance; /* S[k * k] */
};

static void add_block(const double *ranks, double untied, struct sm *sm)
{
    size_t there = 0;
    for (size_t t = 0; t < sm->k; t++)
        there += isnan(ranks[t]) ? 0 : 1;
    double next = (double)there + 1, weight = sqrt(12 / next);
    for (size_t t = 0; t < sm->k; t++) {
        if (isnan(ranks[t]))
            continue;
        sm->sums[t] += weight * (ranks[t] - next / 2);
        for (size_t other = 0; other < sm->k; other++) {
            if (other == t || isnan(ranks[other]))
                continue;
            sm->covariance[t * sm->k + other] -= untied;
            sm->covariance[t * sm->k + t] += untied;
        }
    }
}

/*
 * S is the Laplacian of the graph of treatments that meet in a block: its rank is k - 1 exactly
 * where that graph is connected. So without the last row and column it can be taken apart into L
 * L', and A' S^- A is the square of the solution y of L y = A. False: it is not connected.
 */
static bool solve(struct sm *sm, double *ret_square)
{
    double *s = sm->covariance, square = 0;
    for (size_t i = 0; i + 1 < sm->k; i++) {
        double whole = s[i * sm->k + i];
        for (size_t j = 0; j <= i; j++) {
            double rest = s[i * sm->k + j];
            for (size_t c = 0; c < j; c++)
                rest -= s[i * sm->k + c] * s[j * sm->k + c];
            if (j < i)
                s[i * sm->k + j] = rest / s[j * sm->k + j];
            else if (rest > 1e-9 * whole)
                s[i * sm->k + i] = sqrt(rest);
            else
                return false;
        }
        for (size_t c = 0; c < i; c++)
            sm->sums[i] -= s[i * sm->k + c] * sm->sums[c];
        sm->sums[i] /= s[i * sm->k + i];
        square += sm->sums[i] * sm->sums[i];
    }
    *ret_square = square;
    return true;
}

void blocks_skillings_mack(const struct blocks *blocks, struct stats_test *test)
{
    size_t k = blocks->k;
    bd_auto_free double *room = bd_xcalloc(k * k + k, sizeof(*room));
    struct sm sm = {.k = k, .sums = room, .covariance = room + k};
    test->name = "Skillings-Mack";
    for (size_t b = 0; b < blocks->n; b++)
        add_block(blocks->ranks + b * k, blocks->untied[b], &sm);
    if (solve(&sm, &test->statistic)) {
        test->p = stats_chi2_above(test->statistic, (double)(k - 1));
        test->method = "chi-squared approximation, corrected for ties";
    } else {
        test->method = "none: no chain of blocks connects all treatments";
    }
}
