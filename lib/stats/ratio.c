#include "lib/stats/ratio.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/stats/distributions.h"
#include "lib/stats/values.h"

#include <math.h>

struct sample {
    double *sorted;
    size_t n;
    double *drawn; /* room for a resample */
};

static void sample_init(struct sample *s, const double *values, size_t n)
{
    s->sorted = values_sorted(values, n, &s->n);
    s->drawn = bd_xcalloc(n + 1, sizeof(*s->drawn));
}

static void sample_done(struct sample *s)
{
    free(s->sorted);
    free(s->drawn);
}
#define sample_auto __attribute__((cleanup(sample_done)))

static double drawn_median(struct sample *s, struct bd_rng *rng)
{
    for (size_t i = 0; i < s->n; i++)
        s->drawn[i] = s->sorted[bd_rng_below(rng, s->n)];
    double upper = values_select(s->drawn, s->n, s->n / 2);
    if (s->n % 2)
        return upper;
    return (values_select(s->drawn, s->n, s->n / 2 - 1) + upper) / 2;
}

/* Of the others, where the i-th by size is left out; n > 1. */
static double median_without(const struct sample *s, size_t i)
{
    size_t n = s->n - 1, low = (n - 1) / 2, high = n / 2;
    return (s->sorted[low + (low >= i)] + s->sorted[high + (high >= i)]) / 2;
}

/* Adds the sums of the squares and cubes of the influences of a sample's values. */
static void add_influence(const struct sample *s, double other, bool above, double *squares,
                          double *cubes)
{
    double mean = 0, n = (double)s->n;
    for (size_t i = 0; i < s->n; i++) {
        double median = median_without(s, i);
        mean += (above ? median / other : other / median) / n;
    }
    for (size_t i = 0; i < s->n; i++) {
        double median = median_without(s, i);
        double influence = (n - 1) * (mean - (above ? median / other : other / median));
        *squares += influence * influence / (n * n);
        *cubes += influence * influence * influence / (n * n * n);
    }
}

static double acceleration(const struct sample *a, const struct sample *b)
{
    double squares = 0, cubes = 0;
    add_influence(a, values_median(b->sorted, b->n), true, &squares, &cubes);
    add_influence(b, values_median(a->sorted, a->n), false, &squares, &cubes);
    return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* Where among the sorted resamples the interval ends that leaves out a share p. */
static double end_of(const double *ratios, size_t draws, double bias, double accelerated, double p)
{
    double z = bias + stats_normal_quantile(p);
    double share = stats_normal_below(bias + z / (1 - accelerated * z));
    return stats_quantile(ratios, draws, fmin(1, fmax(0, share)));
}

double stats_ratio_of_medians(const double *a, size_t n_a, const double *b, size_t n_b,
                              double confidence, size_t draws, uint64_t seed,
                              struct stats_interval *ret_interval)
{
    sample_auto struct sample of = {0}, to = {0};
    sample_init(&of, a, n_a);
    sample_init(&to, b, n_b);
    *ret_interval = (struct stats_interval){.coverage = confidence};
    if (of.n == 0 || to.n == 0)
        return NAN;
    double ratio = values_median(of.sorted, of.n) / values_median(to.sorted, to.n), below = 0;
    bd_auto_free double *ratios = bd_xcalloc(draws + 1, sizeof(*ratios));
    struct bd_rng rng;
    bd_rng_init(&rng, seed, 0);
    for (size_t i = 0; i < draws; i++) {
        ratios[i] = drawn_median(&of, &rng) / drawn_median(&to, &rng);
        below += ratios[i] < ratio ? 1 : ratios[i] > ratio ? 0 : 0.5;
    }
    values_sort(ratios, draws);
    if (of.n < 2 || to.n < 2 || draws == 0 || ratios[0] >= ratios[draws - 1])
        return ratio;
    double share = fmin(fmax(below, 0.5), (double)draws - 0.5) / (double)draws;
    double bias = stats_normal_quantile(share), accelerated = acceleration(&of, &to);
    ret_interval->is_there = true;
    ret_interval->low = end_of(ratios, draws, bias, accelerated, (1 - confidence) / 2);
    ret_interval->high = end_of(ratios, draws, bias, accelerated, (1 + confidence) / 2);
    return ratio;
}
