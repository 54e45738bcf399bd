#include "lib/stats/stats.h"

#include "lib/base/mem.h"
#include "lib/stats/values.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

double stats_quantile(const double *sorted, size_t n, double p)
{
    double at = (double)(n - 1) * p;
    size_t below = (size_t)floor(at);
    double past = at - (double)below;
    /* Of equal values that value, without the difference of two that are infinite. */
    return past > 0 && sorted[below + 1] > sorted[below]
               ? sorted[below] + past * (sorted[below + 1] - sorted[below])
               : sorted[below];
}

size_t stats_median_rank(size_t n, double confidence, double *ret_coverage)
{
    /* P(Bin(n, 1/2) = i) by its logarithm: 2^-n itself is nothing to a double from 1075 on. */
    double log_term = -(double)n * M_LN2, below = 0, coverage = 0;
    size_t k = 0;
    for (size_t i = 0; 2 * i + 1 < n; i++) {
        below += exp(log_term);
        double narrower = 1 - 2 * below;
        if (i == 0 || narrower >= confidence)
            coverage = narrower;
        if (narrower < confidence)
            break;
        k = i + 1;
        log_term += log((double)(n - i)) - log((double)(i + 1));
    }
    *ret_coverage = coverage;
    return k;
}

size_t stats_least_n(double confidence)
{
    size_t n = 2;
    double coverage;
    while (stats_median_rank(n, confidence, &coverage) == 0)
        n++;
    return n;
}

void stats_describe(const double *values, size_t n, double confidence,
                    struct stats_summary *ret_summary)
{
    struct stats_summary s = {.min = NAN, .q1 = NAN, .median = NAN, .q3 = NAN, .max = NAN};
    bd_auto_free double *sorted = values_sorted(values, n, &s.n);
    if (s.n > 0) {
        s.min = sorted[0];
        s.q1 = stats_quantile(sorted, s.n, 0.25);
        s.median = stats_quantile(sorted, s.n, 0.5);
        s.q3 = stats_quantile(sorted, s.n, 0.75);
        s.max = sorted[s.n - 1];
        stats_quantile_interval(sorted, s.n, 0.25, confidence, &s.q1_interval);
        stats_quantile_interval(sorted, s.n, 0.5, confidence, &s.interval);
        stats_quantile_interval(sorted, s.n, 0.75, confidence, &s.q3_interval);
    }
    *ret_summary = s;
}

double stats_median(const double *values, size_t n)
{
    bd_auto_free double *there = bd_xcalloc(n + 1, sizeof(*there));
    size_t n_there = values_there(values, n, there);
    return n_there ? values_middle(there, n_there) : NAN;
}

static const char *const kinds[STATS_KIND_COUNT] = {
    [STATS_COST] = "cost", [STATS_RATE] = "rate", [STATS_RATIO] = "ratio"};

const char *stats_kind_to_str(enum stats_kind kind)
{
    return kinds[kind];
}

int stats_kind_from_str(const char *s, enum stats_kind *ret_kind)
{
    for (unsigned i = 0; i < STATS_KIND_COUNT; i++) {
        if (strcmp(s, kinds[i]) == 0) {
            *ret_kind = (enum stats_kind)i;
            return 0;
        }
    }
    return -EINVAL;
}

double stats_mean(enum stats_kind kind, const double *values, size_t n)
{
    double sum = 0;
    size_t there = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            continue;
        if (kind == STATS_RATE && values[i] <= 0)
            return NAN;
        sum += kind == STATS_RATE ? 1 / values[i] : values[i];
        there++;
    }
    if (there == 0 || kind == STATS_RATIO)
        return NAN;
    return kind == STATS_RATE ? (double)there / sum : sum / (double)there;
}
