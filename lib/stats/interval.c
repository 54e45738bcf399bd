#include "lib/base/mem.h"
#include "lib/stats/distributions.h"
#include "lib/stats/stats.h"
#include "lib/stats/values.h"

#include <math.h>

/* Chances of Bin(n, p), summed from both ends, so that small ones are not lost: below[i] is that of
 * less than i, above[i] of i and more; of i from 0 to n + 1. */
struct tails {
    double *below, *above;
};

/* Each from its neighbour, away from the most likely one, so that errors only grow where chances
 * shrink. */
static double *chances(size_t n, double p)
{
    double *chance = bd_xcalloc(n + 1, sizeof(double)), odds = p / (1 - p);
    size_t most = (size_t)((double)n * p);
    chance[most] = stats_binomial(most, n, p);
    for (size_t i = most; i < n; i++)
        chance[i + 1] = chance[i] * odds * (double)(n - i) / (double)(i + 1);
    for (size_t i = most; i > 0; i--)
        chance[i - 1] = chance[i] / odds * (double)i / (double)(n - i + 1);
    return chance;
}

static void tails_init(struct tails *t, size_t n, double p)
{
    bd_auto_free double *chance = chances(n, p);
    t->below = bd_xcalloc(n + 2, sizeof(double));
    t->above = bd_xcalloc(n + 2, sizeof(double));
    for (size_t i = 0; i <= n; i++)
        t->below[i + 1] = t->below[i] + chance[i];
    for (size_t i = n + 1; i-- > 0;)
        t->above[i] = t->above[i + 1] + chance[i];
}

static void tails_done(struct tails *t)
{
    free(t->below);
    free(t->above);
}

/* The best l and u = l + width: 0 where no such pair covers enough. */
static size_t best_of_width(const struct tails *t, size_t n, size_t width, double confidence)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t l = 1; l + width <= n; l++) {
        double below = t->below[l], above = t->above[l + width];
        if (1 - below - above >= confidence && fabs(below - above) < least) {
            best = l;
            least = fabs(below - above);
        }
    }
    return best;
}

/* The least width with which there is a pair; n where there is none. One that covers enough still
 * does with a rank more, at the end or, at the last rank, at the beginning: so halves will do. */
static size_t least_width(const struct tails *t, size_t n, double confidence)
{
    size_t low = 1, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (best_of_width(t, n, middle, confidence))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* From the l-th to the u-th; of none where there is no n. */
static void set_ends(struct stats_interval *interval, const double *sorted, size_t n, size_t l,
                     size_t u)
{
    interval->low = n ? sorted[l - 1] : NAN;
    interval->high = n ? sorted[u - 1] : NAN;
}

void stats_quantile_interval(const double *sorted, size_t n, double p, double confidence,
                             struct stats_interval *ret_interval)
{
    struct stats_interval is = {0};
    if (p == 0.5 || n < 2) {
        size_t k = stats_median_rank(n, confidence, &is.coverage);
        is.is_there = k > 0;
        set_ends(&is, sorted, n, k ? k : 1, k ? n - k + 1 : n);
    } else {
        struct tails t;
        tails_init(&t, n, p);
        size_t width = least_width(&t, n, confidence);
        size_t l = best_of_width(&t, n, width, confidence);
        is.is_there = l > 0;
        l = is.is_there ? l : 1;
        size_t u = is.is_there ? l + width : n;
        is.coverage = 1 - t.below[l] - t.above[u];
        set_ends(&is, sorted, n, l, u);
        tails_done(&t);
    }
    *ret_interval = is;
}

void stats_student_interval(const double *values, size_t n, double confidence,
                            struct stats_interval *ret_interval)
{
    struct stats_interval is = {.low = NAN, .high = NAN};
    size_t there;
    bd_auto_free double *sorted = values_sorted(values, n, &there);
    if (there >= 2 && values_finite(sorted, there)) {
        struct values_moments m;
        values_moments(sorted, there, &m);
        double df = (double)there - 1;
        double t = stats_student_quantile(0.5 + confidence / 2, df);
        double half = ldexp(t * sqrt(m.m2 / df), m.exponent);
        is = (struct stats_interval){true, m.mean - half, m.mean + half, confidence};
    }
    *ret_interval = is;
}

static double abc_end(const struct values_moments *m, double n, double z)
{
    double a = m->m3 / (6 * sqrt(n) * m->m2 * sqrt(m->m2)), w = a + z, scale = 1 - a * w;
    return scale > 0 ? m->mean + ldexp(sqrt(m->m2 / n) * w / (scale * scale), m->exponent) : NAN;
}

void stats_abc_interval(const double *values, size_t n, double confidence,
                        struct stats_interval *ret_interval)
{
    struct stats_interval is = {.low = NAN, .high = NAN};
    size_t there;
    bd_auto_free double *sorted = values_sorted(values, n, &there);
    if (there >= 2 && values_finite(sorted, there) && sorted[0] < sorted[there - 1]) {
        struct values_moments m;
        values_moments(sorted, there, &m);
        double z = stats_normal_quantile(0.5 + confidence / 2);
        double low = abc_end(&m, (double)there, -z), high = abc_end(&m, (double)there, z);
        if (!isnan(low) && !isnan(high))
            is = (struct stats_interval){true, low, high, confidence};
    }
    *ret_interval = is;
}
