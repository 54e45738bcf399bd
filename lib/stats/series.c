#include "lib/stats/series.h"

#include "lib/base/mem.h"
#include "lib/stats/distributions.h"
#include "lib/stats/slope.h"
#include "lib/stats/values.h"

#include <math.h>
#include <pthread.h>

/* -- trend -- */

/* Fenwick's tree: how many were put at the places up to one. */
static void tree_add(size_t *tree, size_t n, size_t place)
{
    for (size_t i = place + 1; i <= n; i += i & (0 - i))
        tree[i]++;
}

static size_t tree_sum(const size_t *tree, size_t places)
{
    size_t sum = 0;
    for (size_t i = places; i > 0; i &= i - 1)
        sum += tree[i];
    return sum;
}

struct order {
    size_t rising, falling; /* pairs */
    double ties;            /* sum of t (t - 1) (2 t + 5) over groups of t equal values */
};

static void find_order(const double *values, const double *sorted, size_t n, struct order *ret)
{
    struct order o = {0};
    bd_auto_free size_t *tree = bd_xcalloc(n + 1, sizeof(*tree));
    for (size_t i = 0; i < n; i++) {
        size_t less = values_below(sorted, n, values[i], false);
        size_t up_to = values_below(sorted, n, values[i], true);
        double t = (double)(up_to - less);
        o.rising += tree_sum(tree, less);
        o.falling += i - tree_sum(tree, up_to);
        o.ties += (t - 1) * (2 * t + 5); /* once for each of the t */
        tree_add(tree, n, less);
    }
    *ret = o;
}

/* P(at most so many falling pairs) of n values in random order (Kendall 1938): each value that is
 * added falls below 0 to k - 1 of those before, as likely each. */
static double exact_tail(size_t n, size_t falling)
{
    bd_auto_free double *chance = bd_xcalloc(falling + 1, sizeof(double));
    bd_auto_free double *up_to = bd_xcalloc(falling + 1, sizeof(double));
    chance[0] = 1;
    for (size_t k = 2; k <= n; k++) {
        double sum = 0;
        for (size_t i = 0; i <= falling; i++)
            up_to[i] = sum += chance[i];
        for (size_t i = 0; i <= falling; i++)
            chance[i] = (up_to[i] - (i >= k ? up_to[i - k] : 0)) / (double)k;
    }
    double tail = 0;
    for (size_t i = 0; i <= falling; i++)
        tail += chance[i];
    return tail;
}

static void test_trend(const struct order *o, struct stats_test *test)
{
    double n = (double)test->n, variance = (n * (n - 1) * (2 * n + 5) - o->ties) / 18;
    test->statistic = (double)o->rising - (double)o->falling;
    if (variance <= 0) {
        test->method = "all values are equal";
    } else if (o->ties == 0 && test->n <= 50) {
        size_t fewer = o->rising < o->falling ? o->rising : o->falling;
        test->method = "exact";
        test->exact = true;
        test->p = fmin(1, 2 * exact_tail(test->n, fewer));
    } else {
        double size = fmax(0, fabs(test->statistic) - 1);
        test->method = "normal approximation, corrected for ties and continuity";
        test->p = 2 * stats_normal_above(size / sqrt(variance));
    }
}

void stats_trend(const double *values, size_t n, struct stats_test *ret_test, double *ret_slope)
{
    struct stats_test test = {
        .name = "Mann-Kendall", .method = "fewer than 2 values", .statistic = NAN, .p = NAN};
    bd_auto_free double *there = bd_xcalloc(n + 1, sizeof(double));
    bd_auto_free double *sorted = values_sorted(values, n, &test.n);
    values_there(values, n, there);
    if (test.n >= 2) {
        struct order o;
        find_order(there, sorted, test.n, &o);
        test_trend(&o, &test);
    }
    if (ret_slope)
        *ret_slope = values_finite(there, test.n) ? slope_median(there, test.n) : NAN;
    *ret_test = test;
}

/* -- dependence -- */

#define EXACT_MOST 9
/* The sum of squared steps of 1 .. 9 in any order is at most this. */
#define STEPS_MOST (8 * 8 * 8)

/* How many orders of 1 .. n have which sum. Filled once; only read afterwards. */
static unsigned orders[EXACT_MOST + 1][STEPS_MOST + 1];
static pthread_once_t orders_once = PTHREAD_ONCE_INIT;

static void count_orders(unsigned *counts, unsigned n, unsigned left, unsigned last, unsigned sum)
{
    if (left == 0)
        counts[sum]++;
    for (unsigned i = 0; i < n; i++) {
        unsigned step = i > last ? i - last : last - i;
        if (left & (1U << i))
            count_orders(counts, n, left & ~(1U << i), i, sum + step * step);
    }
}

static void fill_orders(void)
{
    for (unsigned n = 2; n <= EXACT_MOST; n++)
        for (unsigned first = 0; first < n; first++)
            count_orders(orders[n], n, ((1U << n) - 1) & ~(1U << first), first, 0);
}

static double exact_serial(size_t n, size_t steps)
{
    double below = 0, above = 0, all = 0;
    pthread_once(&orders_once, fill_orders);
    for (size_t i = 0; i <= STEPS_MOST; i++) {
        below += i <= steps ? orders[n][i] : 0;
        above += i >= steps ? orders[n][i] : 0;
        all += orders[n][i];
    }
    return fmin(1, 2 * fmin(below, above) / all);
}

/* From 1; ties share the mean of theirs. */
static double rank_of(const double *sorted, size_t n, double value)
{
    return (double)(values_below(sorted, n, value, false) + values_below(sorted, n, value, true) +
                    1) /
           2;
}

static void test_serial(const double *values, const double *sorted, struct stats_test *test)
{
    double n = (double)test->n, steps = 0, squares = 0, before = 0;
    for (size_t i = 0; i < test->n; i++) {
        double rank = rank_of(sorted, test->n, values[i]);
        steps += i > 0 ? (rank - before) * (rank - before) : 0;
        squares += (rank - (n + 1) / 2) * (rank - (n + 1) / 2);
        before = rank;
    }
    if (squares == 0) {
        test->method = "all values are equal";
        return;
    }
    test->statistic = steps / squares;
    if (test->n <= EXACT_MOST && squares == n * (n * n - 1) / 12) {
        test->method = "exact";
        test->exact = true;
        test->p = exact_serial(test->n, (size_t)steps);
        return;
    }
    double variance = 4 * (n - 2) * (5 * n * n - 2 * n - 9) / (5 * n * (n + 1) * (n - 1) * (n - 1));
    test->method = "normal approximation";
    test->p = fmin(1, 2 * stats_normal_above(fabs(test->statistic - 2) / sqrt(variance)));
}

static double lag1(const double *values, const double *sorted, size_t n)
{
    struct values_moments m;
    double products = 0, before = 0;
    values_moments(sorted, n, &m);
    for (size_t i = 0; i < n; i++) {
        double d = values_from_mean(&m, values[i]);
        products += i > 0 ? d * before : 0;
        before = d;
    }
    return products / (m.m2 * (double)n);
}

void stats_serial(const double *values, size_t n, struct stats_test *ret_test, double *ret_lag1)
{
    struct stats_test test = {.name = "Bartels' rank von Neumann",
                              .method = "fewer than 2 values",
                              .statistic = NAN,
                              .p = NAN};
    bd_auto_free double *there = bd_xcalloc(n + 1, sizeof(double));
    bd_auto_free double *sorted = values_sorted(values, n, &test.n);
    values_there(values, n, there);
    if (test.n >= 2)
        test_serial(there, sorted, &test);
    if (ret_lag1) {
        bool defined =
            test.n >= 2 && values_finite(there, test.n) && sorted[0] < sorted[test.n - 1];
        *ret_lag1 = defined ? lag1(there, sorted, test.n) : NAN;
    }
    *ret_test = test;
}
