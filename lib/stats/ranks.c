#include "lib/stats/ranks.h"

#include <math.h>

double stats_least_p_pairs(size_t n)
{
    return fmin(1, exp2(1 - (double)n));
}

double stats_least_p_samples(size_t n_a, size_t n_b)
{
    double ways = 1;
    for (size_t i = 1; i <= n_a; i++)
        ways = ways * (double)(n_b + i) / (double)i;
    return fmin(1, 2 / ways);
}
