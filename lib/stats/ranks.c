#include "lib/stats/ranks.h"

#include "lib/base/mem.h"
#include "lib/stats/exact.h"

#include <math.h>

struct placed {
    double value;
    size_t at;
};

static int by_value(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

double stats_ranks(const double *values, size_t n, double *ret_ranks)
{
    bd_auto_free struct placed *sorted = bd_xcalloc(n + 1, sizeof(*sorted));
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct placed){values[i], i};
    qsort(sorted, n, sizeof(*sorted), by_value);
    double ties = 0;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && sorted[to].value == sorted[from].value;)
            to++;
        for (size_t i = from; i < to; i++)
            ret_ranks[sorted[i].at] = (double)(from + 1 + to) / 2;
        double t = (double)(to - from);
        ties += t * t * t - t;
    }
    return ties;
}

void stats_holm(const double *p, size_t n, double *ret_corrected)
{
    bd_auto_free struct placed *sorted = bd_xcalloc(n + 1, sizeof(*sorted));
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        ret_corrected[i] = NAN;
        if (!isnan(p[i]))
            sorted[m++] = (struct placed){p[i], i};
    }
    qsort(sorted, m, sizeof(*sorted), by_value);
    double greatest = 0;
    for (size_t i = 0; i < m; i++) {
        greatest = fmax(greatest, fmin(1, (double)(m - i) * sorted[i].value));
        ret_corrected[sorted[i].at] = greatest;
    }
}

double stats_least_p_pairs(size_t n)
{
    return fmin(1, exp2(1 - (double)n));
}

double stats_least_p_samples(size_t n_a, size_t n_b)
{
    return fmin(1, 2 / exact_choose(n_a + n_b, n_a));
}
