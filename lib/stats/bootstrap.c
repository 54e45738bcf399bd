#include "lib/stats/bootstrap.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/stats/distributions.h"
#include "lib/stats/values.h"

#include <math.h>
#include <string.h>

struct bootstrap {
    double *values; /* sorted */
    double *drawn;  /* those that the statistic is to be of; sorted too */
    uint32_t *times;
    size_t n, n_drawn;
    stats_statistic_fn statistic;
    void *arg;
};

static void bootstrap_init(struct bootstrap *b, const double *values, size_t n)
{
    b->values = values_sorted(values, n, &b->n);
    b->drawn = bd_xcalloc(b->n + 1, sizeof(*b->drawn));
    b->times = bd_xcalloc(b->n + 1, sizeof(*b->times));
}

static void bootstrap_done(struct bootstrap *b)
{
    free(b->values);
    free(b->drawn);
    free(b->times);
}

static void take_all(struct bootstrap *b)
{
    memcpy(b->drawn, b->values, b->n * sizeof(*b->values));
    b->n_drawn = b->n;
}

static void take_all_but(struct bootstrap *b, size_t left_out)
{
    b->n_drawn = 0;
    for (size_t i = 0; i < b->n; i++)
        if (i != left_out)
            b->drawn[b->n_drawn++] = b->values[i];
}

/* By counting how often each is drawn: so a resample is sorted without being sorted. */
static void take_at_random(struct bootstrap *b, struct bd_rng *rng)
{
    memset(b->times, 0, b->n * sizeof(*b->times));
    for (size_t i = 0; i < b->n; i++)
        b->times[bd_rng_below(rng, b->n)]++;
    b->n_drawn = 0;
    for (size_t i = 0; i < b->n; i++)
        for (uint32_t k = 0; k < b->times[i]; k++)
            b->drawn[b->n_drawn++] = b->values[i];
}

/* Of what was taken; NAN where it is infinite, too. */
static double statistic_of(const struct bootstrap *b)
{
    double is = b->statistic(b->drawn, b->n_drawn, b->arg);
    return isfinite(is) ? is : NAN;
}

/* NAN where the statistic is not defined without one of the values. */
static double acceleration_of(struct bootstrap *b)
{
    double cubes = 0, squares = 0, mean = 0, n = (double)b->n, share = (n - 1) / n;
    bd_auto_free double *without = bd_xcalloc(b->n, sizeof(double));
    for (size_t k = 0; k < b->n; k++) {
        take_all_but(b, k);
        without[k] = statistic_of(b);
        /* From the first: where all are the same, nothing must be left of rounding. */
        mean += (without[k] - without[0]) / n;
    }
    for (size_t k = 0; k < b->n; k++) {
        double influence = share * (mean - (without[k] - without[0]));
        squares += influence * influence;
        cubes += influence * influence * influence;
    }
    return squares == 0 ? 0 : cubes / (6 * squares * sqrt(squares));
}

/* False where the statistic is not defined in all of them. Sorted. */
static bool draw(struct bootstrap *b, size_t draws, uint64_t seed, double *ret_drawn)
{
    struct bd_rng rng;
    bd_rng_init(&rng, seed, 0);
    for (size_t d = 0; d < draws; d++) {
        take_at_random(b, &rng);
        ret_drawn[d] = statistic_of(b);
        if (isnan(ret_drawn[d]))
            return false;
    }
    values_sort(ret_drawn, draws);
    return true;
}

/* The normal quantile of the share of resamples that are below the estimate: half a resample is
 * left on either side, so that it is a number. */
static double bias_of(const double *drawn, size_t draws, double estimate)
{
    double below = 0, all = (double)draws;
    for (size_t d = 0; d < draws; d++)
        below += drawn[d] < estimate ? 1 : drawn[d] == estimate ? 0.5 : 0;
    return stats_normal_quantile(fmin(fmax(below, 0.5), all - 0.5) / all);
}

/* Which quantile of the resamples is that end of the interval which would be z without bias and
 * acceleration. */
static double corrected(double z, double bias, double acceleration)
{
    double sum = bias + z, scale = 1 - acceleration * sum;
    if (scale <= 0) /* past the pole: as near to it as it gets */
        return sum > 0;
    return stats_normal_below(bias + sum / scale);
}

static void find_interval(struct bootstrap *b, double confidence, size_t draws, uint64_t seed,
                          struct stats_interval *ret_interval)
{
    *ret_interval = (struct stats_interval){.low = NAN, .high = NAN};
    if (b->n < 2)
        return;
    take_all(b);
    double estimate = statistic_of(b), acceleration = acceleration_of(b);
    bd_auto_free double *drawn = bd_xcalloc(draws + 1, sizeof(double));
    if (isnan(estimate) || isnan(acceleration) || draws == 0 || !draw(b, draws, seed, drawn) ||
        drawn[0] == drawn[draws - 1])
        return;
    double bias = bias_of(drawn, draws, estimate);
    double z = stats_normal_quantile(0.5 + confidence / 2);
    ret_interval->is_there = true;
    ret_interval->coverage = confidence;
    ret_interval->low = stats_quantile(drawn, draws, corrected(-z, bias, acceleration));
    ret_interval->high = stats_quantile(drawn, draws, corrected(z, bias, acceleration));
}

void stats_bootstrap(const double *values, size_t n, stats_statistic_fn statistic, void *arg,
                     double confidence, size_t draws, uint64_t seed,
                     struct stats_interval *ret_interval)
{
    struct bootstrap b = {.statistic = statistic, .arg = arg};
    bootstrap_init(&b, values, n);
    find_interval(&b, confidence, draws, seed, ret_interval);
    bootstrap_done(&b);
}
