#include "lib/stats/effect.h"
#include "lib/stats/tails.h"

#include <math.h>

#define NEARLY 1e-12 /* of the greatest value: so far apart are equal ones by rounding */

static double greatest(const double *values, size_t n, double least)
{
    double most = least;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            most = fmax(most, fabs(values[i]));
    return most;
}

/* A bit beyond `by`: what lies on it then lies below. */
static double just_above(const double *a, size_t n_a, const double *b, size_t n_b, double by)
{
    double most = greatest(b, n_b, greatest(a, n_a, fabs(by)));
    return by + (most > 0 ? NEARLY * most : NEARLY);
}

static struct stats_beyond beyond_of(const struct tails *t)
{
    if (isnan(t->statistic))
        return (struct stats_beyond){.above = NAN, .at_most = NAN, .method = "none: no values"};
    return (struct stats_beyond){
        .above = t->upper, .at_most = t->lower, .method = tails_method(t), .exact = t->exact};
}

void stats_beyond_samples(const double *a, size_t n_a, const double *b, size_t n_b, double by,
                          struct stats_beyond *ret_beyond)
{
    struct tails t;
    tails_of_samples(a, n_a, b, n_b, -just_above(a, n_a, b, n_b, by), &t);
    *ret_beyond = beyond_of(&t);
}

void stats_beyond_pairs(const double *a, const double *b, size_t n, double by,
                        struct stats_beyond *ret_beyond)
{
    struct tails t;
    tails_of_pairs(a, b, n, -just_above(a, n, b, n, by), &t);
    *ret_beyond = beyond_of(&t);
}
