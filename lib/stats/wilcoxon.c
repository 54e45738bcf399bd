#include "lib/base/mem.h"
#include "lib/stats/exact.h"
#include "lib/stats/ranks.h"
#include "lib/stats/tails.h"

#include <math.h>

/* Ranks of the distances from 0 of n differences that are not 0. */
static void exact(const double *differences, const double *ranks, size_t n, struct tails *t)
{
    size_t twice[EXACT_PAIRS], twice_w = 0;
    for (size_t i = 0; i < n; i++) {
        twice[i] = (size_t)(2 * ranks[i]);
        twice_w += differences[i] > 0 ? twice[i] : 0;
    }
    struct exact_tails tails;
    exact_wilcoxon(twice, n, twice_w, &tails);
    t->lower = tails.lower;
    t->upper = tails.upper;
    t->exact = true;
}

static void normal(size_t pairs, double tied, struct tails *t)
{
    double n = (double)pairs, variance = n * (n + 1) * (2 * n + 1) / 24 - tied / 48;
    tails_normal(t->statistic, n * (n + 1) / 4, sqrt(variance), t);
}

void tails_of_pairs(const double *a, const double *b, size_t n, double by, struct tails *ret_tails)
{
    bd_auto_free double *all = bd_xcalloc(3 * n + 1, sizeof(*all));
    double *distances = all + n, *ranks = distances + n;
    size_t pairs = tails_differences(a, b, n, all), differ = 0;
    for (size_t i = 0; i < pairs; i++) {
        double d = all[i] + by;
        if (d == 0)
            continue;
        distances[differ] = fabs(d);
        all[differ++] = d; /* never ahead of what is read */
    }
    struct tails t = {.n = differ, .statistic = pairs ? 0 : NAN, .lower = 1, .upper = 1};
    t.all_equal = t.exact = pairs > 0 && differ == 0;
    double tied = stats_ranks(distances, differ, ranks);
    for (size_t i = 0; i < differ; i++)
        t.statistic += all[i] > 0 ? ranks[i] : 0;
    if (differ > EXACT_PAIRS)
        normal(differ, tied, &t);
    else if (differ > 0)
        exact(all, ranks, differ, &t);
    *ret_tails = t;
}

void stats_wilcoxon(const double *a, const double *b, size_t n, struct stats_test *ret_test)
{
    struct tails t;
    tails_of_pairs(a, b, n, 0, &t);
    struct stats_test test = {
        .name = "Wilcoxon signed-rank", .n = t.n, .statistic = t.statistic, .p = NAN};
    if (isnan(t.statistic)) {
        test.method = "none: there are no pairs";
    } else if (t.all_equal) {
        test.method = "none: all differences are 0";
    } else {
        test.method = tails_method(&t);
        test.exact = t.exact;
        test.p = fmin(1, 2 * fmin(t.lower, t.upper));
    }
    *ret_test = test;
}
