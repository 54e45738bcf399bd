#include "lib/stats/tails.h"

#include "lib/stats/distributions.h"

#include <math.h>

const char *tails_method(const struct tails *t)
{
    return t->exact ? "exact" : "normal approximation, corrected for ties and continuity";
}

size_t tails_present(const double *values, size_t n, double *ret_there)
{
    size_t there = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            ret_there[there++] = values[i];
    return there;
}

size_t tails_differences(const double *a, const double *b, size_t n, double *ret_differences)
{
    size_t there = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(a[i]) && !isnan(b[i]))
            ret_differences[there++] = a[i] == b[i] ? 0 : a[i] - b[i];
    return there;
}

void tails_normal(double statistic, double mean, double deviation, struct tails *tails)
{
    tails->lower = stats_normal_below((statistic - mean + 0.5) / deviation);
    tails->upper = stats_normal_above((statistic - mean - 0.5) / deviation);
}
