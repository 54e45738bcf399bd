#include "lib/stats/values.h"

#include "lib/base/mem.h"

#include <math.h>

size_t values_there(const double *values, size_t n, double *ret_values)
{
    size_t there = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            ret_values[there++] = values[i];
    return there;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void values_sort(double *values, size_t n)
{
    if (n > 1)
        qsort(values, n, sizeof(*values), by_size);
}

double *values_sorted(const double *values, size_t n, size_t *ret_n)
{
    double *sorted = bd_xcalloc(n + 1, sizeof(*sorted));
    *ret_n = values_there(values, n, sorted);
    values_sort(sorted, *ret_n);
    return sorted;
}

static void swap(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

/* The middle one of first, middle and last. */
static double pivot_of(const double *values, size_t low, size_t high)
{
    double a = values[low], b = values[low + (high - low) / 2], c = values[high];
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* Hoare's, in three parts: what is equal to the pivot is done with. */
double values_select(double *values, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        double pivot = pivot_of(values, low, high);
        size_t less = low, at = low, greater = high + 1;
        while (at < greater) {
            if (values[at] < pivot)
                swap(&values[less++], &values[at++]);
            else if (values[at] > pivot)
                swap(&values[at], &values[--greater]);
            else
                at++;
        }
        if (k >= less && k < greater)
            return pivot;
        if (k < less)
            high = less - 1;
        else
            low = greater;
    }
    return values[low];
}

double values_median(const double *sorted, size_t n)
{
    double low = sorted[(n - 1) / 2], high = sorted[n / 2];
    return low == high ? low : low + 0.5 * (high - low);
}

bool values_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

/* By halves, so that the distance of the greatest from the least is a double too. */
static double halves_apart(double a, double b)
{
    return a / 2 - b / 2;
}

double values_from_mean(const struct values_moments *moments, double value)
{
    return ldexp(halves_apart(value, moments->middle), 1 - moments->exponent) - moments->offset;
}

void values_moments(const double *sorted, size_t n, struct values_moments *ret_moments)
{
    /* From the middle value, not from 0: of equal values nothing is left then. */
    struct values_moments m = {.middle = sorted[n / 2]};
    double sum = 0, rest = 0, all = (double)n;
    frexp(fmax(halves_apart(sorted[n - 1], m.middle), halves_apart(m.middle, sorted[0])),
          &m.exponent);
    m.exponent++;
    for (size_t i = 0; i < n; i++)
        sum += values_from_mean(&m, sorted[i]);
    m.offset = sum / all;
    for (size_t i = 0; i < n; i++) {
        double d = values_from_mean(&m, sorted[i]);
        rest += d;
        m.m2 += d * d;
        m.m3 += d * d * d;
    }
    /* What the mean still lacked (Chan, Golub and LeVeque 1983). */
    rest /= all;
    m.m2 = m.m2 / all - rest * rest;
    m.m3 = m.m3 / all - 3 * rest * m.m2 - rest * rest * rest;
    m.offset += rest;
    m.mean = m.middle + ldexp(m.offset, m.exponent);
    *ret_moments = m;
}
