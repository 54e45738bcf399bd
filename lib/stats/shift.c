#include "lib/base/mem.h"
#include "lib/stats/distributions.h"
#include "lib/stats/effect.h"
#include "lib/stats/exact.h"
#include "lib/stats/tails.h"
#include "lib/stats/values.h"

#include <math.h>
#include <stdint.h>

/*
 * All differences a - b, or all Walsh averages, without writing them down: both lie in a matrix
 * that rises along rows and columns where the values are sorted, so that those up to some x can be
 * counted by one walk along the edge. The k-th least is between two ends that come closer by such
 * walks, until so few are left between them that they can be written down: exact to the last bit.
 */
struct matrix {
    const double *a, *b; /* sorted, without NAN; b NULL: Walsh averages of a */
    size_t m, n;
};

static double walsh(double a, double b)
{
    return 0.5 * a + 0.5 * b;
}

static uint64_t count_up_to(const struct matrix *all, double x)
{
    uint64_t count = 0;
    size_t j = all->b ? 0 : all->m;
    for (size_t i = 0; i < all->m; i++) {
        if (all->b) { /* b[j..] are far enough below the value: the greater that is, the later j */
            while (j < all->n && all->a[i] - all->b[j] > x)
                j++;
            count += all->n - j;
        } else { /* a[i..j) are low enough for their mean with the value */
            while (j > i && walsh(all->a[i], all->a[j - 1]) > x)
                j--;
            if (j <= i)
                break;
            count += j - i;
        }
    }
    return count;
}

/* Those from low to high, no more than FEW. */
#define FEW 512
static void write_down(const struct matrix *all, double low, double high, double *ret_few)
{
    size_t n = 0, j = all->b ? 0 : all->m;
    for (size_t i = 0; i < all->m; i++) {
        if (all->b) {
            while (j < all->n && all->a[i] - all->b[j] > high)
                j++;
            for (size_t k = j; k < all->n && all->a[i] - all->b[k] >= low; k++)
                ret_few[n++] = all->a[i] - all->b[k];
        } else {
            while (j > i && walsh(all->a[i], all->a[j - 1]) > high)
                j--;
            for (size_t k = j; k > i && walsh(all->a[i], all->a[k - 1]) >= low; k--)
                ret_few[n++] = walsh(all->a[i], all->a[k - 1]);
        }
    }
}

/* Of m values, with themselves too. */
static uint64_t pairs_of(size_t m)
{
    return (uint64_t)m * (m + 1) / 2;
}

/* k from 1. */
static double nth(const struct matrix *all, uint64_t k)
{
    double few[FEW];
    double first = all->a[0], last = all->a[all->m - 1];
    double low = all->b ? first - all->b[all->n - 1] : walsh(first, first);
    double high = all->b ? last - all->b[0] : walsh(last, last);
    uint64_t below = 0, up_to = all->b ? (uint64_t)all->m * all->n : pairs_of(all->m);
    for (unsigned turn = 0; up_to - below > FEW && low < high; turn++) {
        double middle = values_between(low, high, turn);
        uint64_t count = count_up_to(all, middle);
        if (count >= k) {
            high = middle;
            up_to = count;
        } else {
            low = values_next(middle);
            below = count;
        }
    }
    if (up_to - below > FEW)
        return low + 0.0; /* no -0 */
    write_down(all, low, high, few);
    return values_select(few, (size_t)(up_to - below), (size_t)(k - below - 1)) + 0.0;
}

/* false: a value is infinite. */
static bool sort(double *values, size_t n)
{
    values_sort(values, n);
    return n == 0 || (isfinite(values[0]) && isfinite(values[n - 1]));
}

/* The rank of the interval's ends where the test's statistic is about normal. */
static uint64_t normal_rank(uint64_t size, double variance, double tail, double *ret_p)
{
    double mean = (double)size / 2, deviation = sqrt(variance);
    double k = floor(mean + 0.5 + deviation * stats_normal_quantile(tail));
    k = fmax(k, 1);
    *ret_p = stats_normal_below((k - 0.5 - mean) / deviation);
    return (uint64_t)k;
}

/* size: of the matrix; the interval is from its k-th element to the k-th from above, and p the
 * chance of missing on one side. */
static void conclude(const struct matrix *all, uint64_t size, uint64_t k, double p,
                     double confidence, struct stats_shift *shift)
{
    shift->estimate = nth(all, (size + 1) / 2);
    if (size % 2 == 0)
        shift->estimate = walsh(shift->estimate, nth(all, size / 2 + 1));
    shift->interval = (struct stats_interval){
        .is_there = p <= (1 - confidence) / 2,
        .low = nth(all, k),
        .high = nth(all, size + 1 - k),
        .coverage = 1 - 2 * p,
    };
}

static const struct stats_shift nothing = {.estimate = NAN, .interval = {.low = NAN, .high = NAN}};

void stats_shift_samples(const double *a, size_t n_a, const double *b, size_t n_b,
                         double confidence, struct stats_shift *ret_shift)
{
    bd_auto_free double *values = bd_xcalloc(n_a + n_b + 1, sizeof(*values));
    size_t m = tails_present(a, n_a, values);
    size_t n = tails_present(b, n_b, values + m);
    struct matrix all = {.a = values, .b = values + m, .m = m, .n = n};
    bool finite = sort(values, m) && sort(values + m, n);
    *ret_shift = nothing;
    if (m == 0 || n == 0 || !finite)
        return;
    double p, tail = (1 - confidence) / 2, both = (double)(m + n);
    uint64_t size = (uint64_t)m * n, k;
    ret_shift->exact = m <= EXACT_PRODUCT / n;
    if (ret_shift->exact)
        k = exact_mann_whitney_rank(m, n, tail, &p);
    else
        k = normal_rank(size, (double)size * (both + 1) / 12, tail, &p);
    conclude(&all, size, k, p, confidence, ret_shift);
}

void stats_shift_pairs(const double *a, const double *b, size_t n, double confidence,
                       struct stats_shift *ret_shift)
{
    bd_auto_free double *values = bd_xcalloc(n + 1, sizeof(*values));
    size_t m = tails_differences(a, b, n, values);
    struct matrix all = {.a = values, .m = m};
    bool finite = sort(values, m);
    *ret_shift = nothing;
    if (m == 0 || !finite)
        return;
    double p, tail = (1 - confidence) / 2, pairs = (double)m;
    uint64_t size = pairs_of(m), k;
    ret_shift->exact = m <= EXACT_PAIRS;
    if (ret_shift->exact)
        k = exact_wilcoxon_rank(m, tail, &p);
    else
        k = normal_rank(size, pairs * (pairs + 1) * (2 * pairs + 1) / 24, tail, &p);
    conclude(&all, size, k, p, confidence, ret_shift);
}
