#include "lib/stats/bootstrap.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/stats/distributions.h"
#include "lib/stats/values.h"

#include <math.h>
#include <string.h>

struct sample {
    double *values; /* sorted */
    double *drawn;  /* those that the statistic is to be of; sorted too */
    uint32_t *times;
    size_t n, n_drawn;
};

/* One sample or two, each resampled by itself. */
struct bootstrap {
    struct sample samples[2];
    size_t n;
    stats_statistic_fn of_one;
    stats_statistic_samples_fn of_two;
    void *arg;
};

static void sample_init(struct sample *s, const double *values, size_t n)
{
    s->values = values_sorted(values, n, &s->n);
    s->drawn = bd_xcalloc(s->n + 1, sizeof(*s->drawn));
    s->times = bd_xcalloc(s->n + 1, sizeof(*s->times));
}

static void bootstrap_done(struct bootstrap *b)
{
    for (size_t i = 0; i < b->n; i++) {
        free(b->samples[i].values);
        free(b->samples[i].drawn);
        free(b->samples[i].times);
    }
}

static void take_all(struct sample *s)
{
    memcpy(s->drawn, s->values, s->n * sizeof(*s->values));
    s->n_drawn = s->n;
}

static void take_all_but(struct sample *s, size_t left_out)
{
    s->n_drawn = 0;
    for (size_t i = 0; i < s->n; i++)
        if (i != left_out)
            s->drawn[s->n_drawn++] = s->values[i];
}

/* By counting how often each is drawn: so a resample is sorted without being sorted. */
static void take_at_random(struct sample *s, struct bd_rng *rng)
{
    memset(s->times, 0, s->n * sizeof(*s->times));
    for (size_t i = 0; i < s->n; i++)
        s->times[bd_rng_below(rng, s->n)]++;
    s->n_drawn = 0;
    for (size_t i = 0; i < s->n; i++)
        for (uint32_t k = 0; k < s->times[i]; k++)
            s->drawn[s->n_drawn++] = s->values[i];
}

/* Of what was taken; NAN where it is infinite, too. */
static double statistic_of(const struct bootstrap *b)
{
    const struct sample *s = b->samples;
    double is = b->n == 1 ? b->of_one(s[0].drawn, s[0].n_drawn, b->arg)
                          : b->of_two(s[0].drawn, s[0].n_drawn, s[1].drawn, s[1].n_drawn, b->arg);
    return isfinite(is) ? is : NAN;
}

/* NAN where the statistic is not defined without one of the values. */
static double acceleration_of(struct bootstrap *b)
{
    double cubes = 0, squares = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct sample *s = &b->samples[i];
        double mean = 0, n = (double)s->n, share = (n - 1) / n;
        bd_auto_free double *without = bd_xcalloc(s->n, sizeof(double));
        for (size_t k = 0; k < s->n; k++) {
            take_all_but(s, k);
            without[k] = statistic_of(b);
            /* From the first: where all are the same, nothing must be left of rounding. */
            mean += (without[k] - without[0]) / n;
        }
        take_all(s);
        for (size_t k = 0; k < s->n; k++) {
            double influence = share * (mean - (without[k] - without[0]));
            squares += influence * influence;
            cubes += influence * influence * influence;
        }
    }
    return squares == 0 ? 0 : cubes / (6 * squares * sqrt(squares));
}

/* False where the statistic is not defined in all of them. Sorted. */
static bool draw(struct bootstrap *b, size_t draws, uint64_t seed, double *ret_drawn)
{
    struct bd_rng rng;
    bd_rng_init(&rng, seed, 0);
    for (size_t d = 0; d < draws; d++) {
        for (size_t i = 0; i < b->n; i++)
            take_at_random(&b->samples[i], &rng);
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
    for (size_t i = 0; i < b->n; i++) {
        if (b->samples[i].n < 2)
            return;
        take_all(&b->samples[i]);
    }
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
    struct bootstrap b = {.n = 1, .of_one = statistic, .arg = arg};
    sample_init(&b.samples[0], values, n);
    find_interval(&b, confidence, draws, seed, ret_interval);
    bootstrap_done(&b);
}

void stats_bootstrap_samples(const double *a, size_t n_a, const double *b, size_t n_b,
                             stats_statistic_samples_fn statistic, void *arg, double confidence,
                             size_t draws, uint64_t seed, struct stats_interval *ret_interval)
{
    struct bootstrap both = {.n = 2, .of_two = statistic, .arg = arg};
    sample_init(&both.samples[0], a, n_a);
    sample_init(&both.samples[1], b, n_b);
    find_interval(&both, confidence, draws, seed, ret_interval);
    bootstrap_done(&both);
}
