#include "lib/stats/effect.h"
#include "lib/stats/tails.h"

#include <math.h>

double stats_cliff_delta(const double *a, size_t n_a, const double *b, size_t n_b)
{
    double pairs, u = tails_u(a, n_a, b, n_b, &pairs);
    return pairs > 0 ? (2 * u - pairs) / pairs : NAN;
}

const char *stats_delta_magnitude(double delta)
{
    double size = fabs(delta);
    if (isnan(size))
        return "none";
    if (size < 0.147)
        return "negligible";
    if (size < 0.33)
        return "small";
    return size < 0.474 ? "medium" : "large";
}
