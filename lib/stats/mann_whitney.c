#include "lib/base/mem.h"
#include "lib/stats/exact.h"
#include "lib/stats/ranks.h"
#include "lib/stats/tails.h"

#include <math.h>

/* Two samples in one order. */
struct merged {
    size_t m, n;
    size_t *ties; /* sizes of the groups of equal values, from the least to the greatest */
    size_t groups;
    size_t twice_u;
    double tied; /* the sum of t^3 - t */
};

struct member {
    double value;
    bool is_first;
};

static int by_value(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

static size_t add(const double *values, size_t n, double by, bool is_first, struct member *all)
{
    size_t there = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            all[there++] = (struct member){values[i] + by, is_first};
    return there;
}

/* Into a merged without anything; its ties are freed by the caller. */
static void merge(const double *a, size_t n_a, const double *b, size_t n_b, double by,
                  struct merged *is)
{
    bd_auto_free struct member *all = bd_xcalloc(n_a + n_b + 1, sizeof(*all));
    is->ties = bd_xcalloc(n_a + n_b + 1, sizeof(*is->ties));
    is->m = add(a, n_a, by, true, all);
    is->n = add(b, n_b, 0, false, all + is->m);
    qsort(all, is->m + is->n, sizeof(*all), by_value);
    size_t others = 0;
    for (size_t from = 0, to; from < is->m + is->n; from = to) {
        size_t firsts = 0;
        for (to = from; to < is->m + is->n && all[to].value == all[from].value; to++)
            firsts += all[to].is_first;
        size_t t = to - from;
        is->twice_u += firsts * (2 * others + (t - firsts));
        others += t - firsts;
        is->ties[is->groups++] = t;
        is->tied += (double)t * (double)t * (double)t - (double)t;
    }
}

double tails_u(const double *a, size_t n_a, const double *b, size_t n_b, double *ret_pairs)
{
    struct merged is = {0};
    merge(a, n_a, b, n_b, 0, &is);
    free(is.ties);
    *ret_pairs = (double)is.m * (double)is.n;
    return (double)is.twice_u / 2;
}

static void normal(const struct merged *is, struct tails *t)
{
    double m = (double)is->m, n = (double)is->n, both = m + n;
    double variance = m * n / 12 * (both + 1 - is->tied / (both * (both - 1)));
    tails_normal(t->statistic, m * n / 2, sqrt(variance), t);
}

static void exact(const struct merged *is, struct tails *t)
{
    struct exact_tails tails;
    exact_mann_whitney(is->ties, is->groups, is->m, is->n, is->twice_u, &tails);
    t->lower = tails.lower;
    t->upper = tails.upper;
}

void tails_of_samples(const double *a, size_t n_a, const double *b, size_t n_b, double by,
                      struct tails *ret_tails)
{
    struct tails t = {.statistic = NAN, .lower = 1, .upper = 1};
    struct merged is = {0};
    merge(a, n_a, b, n_b, by, &is);
    t.n = is.m + is.n;
    if (is.m > 0 && is.n > 0) {
        t.statistic = (double)is.twice_u / 2;
        t.all_equal = is.groups == 1;
        size_t most = is.groups == t.n ? EXACT_PRODUCT : EXACT_TIED_PRODUCT;
        t.exact = t.all_equal || is.m <= most / is.n;
        if (!t.exact)
            normal(&is, &t);
        else if (!t.all_equal)
            exact(&is, &t);
    }
    free(is.ties);
    *ret_tails = t;
}

void stats_mann_whitney(const double *a, size_t n_a, const double *b, size_t n_b,
                        struct stats_test *ret_test)
{
    struct tails t;
    tails_of_samples(a, n_a, b, n_b, 0, &t);
    struct stats_test test = {.name = "Mann-Whitney", .n = t.n, .statistic = t.statistic, .p = NAN};
    if (isnan(t.statistic)) {
        test.method = "none: a sample has no values";
    } else if (t.all_equal) {
        test.method = "none: all values are equal";
    } else {
        test.method = tails_method(&t);
        test.exact = t.exact;
        test.p = fmin(1, 2 * fmin(t.lower, t.upper));
    }
    *ret_test = test;
}
