#include "lib/stats/slope.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/stats/values.h"

#include <float.h>
#include <math.h>

#define SLOPES_KEPT 20000 /* so many pairs are simply all written down */

static double slope_of(const double *values, size_t i, size_t apart)
{
    return (values[i + apart] - values[i]) / (double)apart;
}

static double median_of_all(const double *values, size_t n)
{
    size_t there = 0;
    bd_auto_free double *slopes = bd_xcalloc(n * (n - 1) / 2, sizeof(double));
    for (size_t apart = 1; apart < n; apart++)
        for (size_t i = 0; i + apart < n; i++)
            slopes[there++] = slope_of(values, i, apart);
    return values_middle(slopes, there);
}

/*
 * Of many pairs only those are written down whose slope is near that of the middle of a random
 * sample. As many as below the lowest of these are counted. Those that are exactly the sample's
 * median are counted too: with values in whole seconds that may be half of all.
 */
struct near {
    double guess, middle, reach; /* those from middle - reach to middle + reach are near */
    size_t below, equal, n, cap;
    double *slopes;
};

static void near_init(struct near *near, const double *values, size_t n, double reach)
{
    size_t samples = 8 * n;
    struct bd_rng rng;
    bd_auto_free double *slopes = bd_xcalloc(samples, sizeof(double));
    bd_rng_init(&rng, 1, 0);
    for (size_t s = 0; s < samples; s++) {
        size_t i = bd_rng_below(&rng, n), j = bd_rng_below(&rng, n - 1);
        j += j >= i;
        slopes[s] = slope_of(values, i < j ? i : j, i < j ? j - i : i - j);
    }
    double aside = reach * sqrt((double)samples) / 2;
    *near = (struct near){.reach = INFINITY};
    near->guess = values_select(slopes, samples, samples / 2);
    if (aside < (double)samples / 2 - 1) {
        double low = values_select(slopes, samples, samples / 2 - (size_t)aside);
        double high = values_select(slopes, samples, samples / 2 + (size_t)aside);
        near->middle = low / 2 + high / 2;
        /* A slope times its distance is not quite the difference that it was made of. */
        near->reach = high / 2 - low / 2 + 8 * DBL_EPSILON * fmax(fabs(low), fabs(high));
    }
}

static void near_add(struct near *near, double slope)
{
    if (slope == near->guess) {
        near->equal++;
        return;
    }
    if (near->n == near->cap) {
        near->cap = near->cap ? 2 * near->cap : SLOPES_KEPT;
        near->slopes = bd_xrealloc(near->slopes, near->cap * sizeof(double));
    }
    near->slopes[near->n++] = slope;
}

static void near_find(struct near *near, const double *values, size_t n)
{
    for (size_t apart = 1; apart < n; apart++) {
        double middle = near->middle * (double)apart, reach = near->reach * (double)apart;
        const double *later = values + apart;
        size_t below = 0;
        for (size_t i = 0; i < n - apart; i++) {
            /* One branch, that is rarely taken: half of all are below, in no order. */
            double rise = later[i] - values[i], from_middle = rise - middle;
            below += signbit(from_middle) != 0;
            if (fabs(from_middle) <= reach) {
                below -= signbit(from_middle) != 0;
                near_add(near, rise / (double)apart);
            }
        }
        near->below += below;
    }
}

/* The k-th of all slopes, if it is one of those near. */
static double near_select(struct near *near, size_t k)
{
    size_t less = 0;
    if (k < near->below || k - near->below >= near->n + near->equal)
        return NAN;
    k -= near->below;
    for (size_t i = 0; i < near->n; i++)
        less += near->slopes[i] < near->guess;
    if (k >= less && k < less + near->equal)
        return near->guess;
    return values_select(near->slopes, near->n, k < less ? k : k - near->equal);
}

double slope_median(const double *values, size_t n)
{
    size_t pairs = n ? n * (n - 1) / 2 : 0;
    double median = NAN;
    if (pairs == 0)
        return NAN;
    if (pairs <= SLOPES_KEPT)
        return median_of_all(values, n);
    for (double reach = 3; isnan(median) && reach < 1e9; reach *= 4) {
        struct near near;
        near_init(&near, values, n, reach);
        near_find(&near, values, n);
        double low = near_select(&near, (pairs - 1) / 2), high = near_select(&near, pairs / 2);
        median = low == high ? low : low + 0.5 * (high - low);
        free(near.slopes);
    }
    return median;
}
