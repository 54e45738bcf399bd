#include "lib/base/mem.h"
#include "lib/stats/distributions.h"
#include "lib/stats/ranks.h"
#include "lib/stats/tails.h"

#include <math.h>
#include <stdint.h>

/* At most as many divisions, those that differ by more than the order of groups of one size. */
#define MOST_DIVISIONS 1e6
#define MOST_EXACT     64 /* values that such an enumeration is made of, at most */

/* ------------------------------------------------------------------------------ the enumeration */

/*
 * Values are handed out to the groups one after the other. What H rises with, the sum of R^2 / n,
 * is taken times the least common multiple of the sizes, and R as twice the rank sums: whole
 * numbers, that can be compared.
 */
struct division {
    const uint64_t *twice_ranks;
    size_t n, k;
    const size_t *sizes;
    uint64_t weights[MOST_EXACT]; /* the multiple to the size of the group */
    uint64_t sums[MOST_EXACT];    /* so far */
    size_t given[MOST_EXACT];     /* values so far */
    uint64_t seen;                /* what the data have */
    uint64_t divisions, as_extreme;
};

static uint64_t divisor_of(uint64_t a, uint64_t b)
{
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t spread_of(const struct division *d)
{
    uint64_t spread = 0;
    for (size_t g = 0; g < d->k; g++)
        spread += d->weights[g] * d->sums[g] * d->sums[g];
    return spread;
}

/* Is there an earlier group of this size that is empty too? Only one of them is tried. */
static bool is_another(const struct division *d, size_t group)
{
    if (d->given[group] > 0)
        return false;
    for (size_t g = 0; g < group; g++)
        if (d->sizes[g] == d->sizes[group] && d->given[g] == 0)
            return true;
    return false;
}

static void divide(struct division *d, size_t from)
{
    if (from == d->n) {
        d->divisions++;
        d->as_extreme += spread_of(d) >= d->seen;
        return;
    }
    for (size_t g = 0; g < d->k; g++) {
        if (d->given[g] == d->sizes[g] || is_another(d, g))
            continue;
        d->given[g]++;
        d->sums[g] += d->twice_ranks[from];
        divide(d, from + 1);
        d->sums[g] -= d->twice_ranks[from];
        d->given[g]--;
    }
}

/* Can it be had? Its number is that of all divisions, less the order of groups of one size. */
static bool can_divide(const size_t *sizes, size_t k, size_t n)
{
    double ways = 1;
    if (n > MOST_EXACT)
        return false;
    for (size_t g = 0, before = 0; g < k; g++) {
        for (size_t i = 1; i <= sizes[g]; i++)
            ways = ways * (double)(before + i) / (double)i;
        before += sizes[g];
        size_t alike = 1;
        for (size_t other = 0; other < g; other++)
            alike += sizes[other] == sizes[g];
        ways /= (double)alike;
    }
    return ways <= MOST_DIVISIONS * (1 + 1e-9);
}

/* ranks: group after group. NAN: the numbers would be too large. */
static double exact_p(const double *ranks, const size_t *sizes, size_t k, size_t n)
{
    uint64_t twice_ranks[MOST_EXACT] = {0}, multiple = 1;
    struct division d = {.twice_ranks = twice_ranks, .n = n, .k = k, .sizes = sizes};
    /* The sum is at most multiple x (twice the sum of all ranks)^2 < multiple x 2^25. */
    for (size_t g = 0; g < k; g++) {
        multiple *= sizes[g] / divisor_of(multiple, sizes[g]);
        if (multiple >> 39)
            return NAN;
    }
    for (size_t i = 0; i < n; i++)
        twice_ranks[i] = (uint64_t)(2 * ranks[i]);
    for (size_t g = 0, at = 0; g < k; g++) {
        d.weights[g] = multiple / sizes[g];
        for (size_t i = 0; i < sizes[g]; i++)
            d.sums[g] += twice_ranks[at++];
    }
    d.seen = spread_of(&d);
    for (size_t g = 0; g < k; g++)
        d.sums[g] = 0;
    divide(&d, 0);
    return (double)d.as_extreme / (double)d.divisions;
}

/* ------------------------------------------------------------------------------------- the test */

/* As the variance of the ranks between groups: the same as with the usual sums, and no
 * cancellation. */
static double statistic_of(const double *ranks, const size_t *sizes, size_t k, size_t n,
                           double tied)
{
    double mean = ((double)n + 1) / 2, between = 0, each = (double)n;
    for (size_t g = 0, at = 0; g < k; g++) {
        double off = 0;
        for (size_t i = 0; i < sizes[g]; i++)
            off += ranks[at++] - mean;
        between += off * off / (double)sizes[g];
    }
    return between * (each - 1) * 12 / (each * each * each - each - tied);
}

static void test_ranks(const double *ranks, const size_t *sizes, size_t k, double tied,
                       struct stats_test *test)
{
    double n = (double)test->n;
    if (tied == n * n * n - n) {
        test->method = "none: all values are equal";
        return;
    }
    test->statistic = statistic_of(ranks, sizes, k, test->n, tied);
    if (can_divide(sizes, k, test->n))
        test->p = exact_p(ranks, sizes, k, test->n);
    test->exact = !isnan(test->p);
    if (!test->exact)
        test->p = stats_chi2_above(test->statistic, (double)(k - 1));
    test->method = test->exact ? "exact" : "chi-squared approximation, corrected for ties";
}

void stats_kruskal_wallis(const double *const *values, const size_t *sizes, size_t k,
                          struct stats_test *ret_test)
{
    struct stats_test test = {.name = "Kruskal-Wallis", .statistic = NAN, .p = NAN};
    size_t most = 0, empty = 0;
    for (size_t g = 0; g < k; g++)
        most += sizes[g];
    bd_auto_free double *all = bd_xcalloc(2 * most + 1, sizeof(*all));
    bd_auto_free size_t *there = bd_xcalloc(k + 1, sizeof(*there));
    for (size_t g = 0; g < k; g++) {
        there[g] = tails_present(values[g], sizes[g], all + test.n);
        test.n += there[g];
        empty += there[g] == 0;
    }
    if (k < 2) {
        test.method = "none: there are fewer than 2 samples";
    } else if (empty) {
        test.method = "none: a sample has no values";
    } else {
        double tied = stats_ranks(all, test.n, all + most);
        test_ranks(all + most, there, k, tied, &test);
    }
    *ret_test = test;
}
