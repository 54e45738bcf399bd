#include "lib/base/mem.h"
#include "lib/stats/stats.h"
#include "lib/stats/values.h"

#include <math.h>

static double median_distance(const double *sorted, size_t n)
{
    bd_auto_free double *distances = bd_xcalloc(n, sizeof(double));
    double median = values_median(sorted, n);
    for (size_t i = 0; i < n; i++)
        distances[i] = fabs(sorted[i] - median);
    values_sort(distances, n);
    return values_median(distances, n);
}

void stats_spread(const double *values, size_t n, struct stats_spread *ret_spread)
{
    struct stats_spread s = {.deviation = NAN, .cv = NAN, .mad = NAN, .skew = NAN};
    bd_auto_free double *sorted = values_sorted(values, n, &s.n);
    if (s.n >= 2 && values_finite(sorted, s.n)) {
        struct values_moments m;
        double there = (double)s.n;
        values_moments(sorted, s.n, &m);
        s.deviation = ldexp(sqrt(m.m2 * there / (there - 1)), m.exponent);
        s.cv = m.mean > 0 ? s.deviation / m.mean : NAN;
        s.mad = median_distance(sorted, s.n);
        if (s.n >= 3 && m.m2 > 0)
            s.skew = sqrt(there * (there - 1)) / (there - 2) * m.m3 / (m.m2 * sqrt(m.m2));
    }
    *ret_spread = s;
}
