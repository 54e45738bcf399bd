/* How far values are from the distribution that they are said to have. */
#pragma once

#include <math.h>
#include <stdlib.h>

static inline int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov's distance by the square root of n; sorts the values. Above 1.63 comes one
 * sample in a hundred; seeds of tests are fixed, so that it is below for ever or never. */
static inline double kolmogorov(double *values, size_t n,
                                double (*below)(double x, const void *arg), const void *arg)
{
    double most = 0, count = (double)n;
    qsort(values, n, sizeof(*values), by_value);
    for (size_t i = 0; i < n; i++) {
        double p = below(values[i], arg);
        most = fmax(most, fmax(p - (double)i / count, (double)(i + 1) / count - p));
    }
    return most * sqrt(count);
}
#define KOLMOGOROV_MAX 1.63
