#include "lib/stats/values.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

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

static void swap(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

/* The middle one of first, middle and last. */
static double pivot_of(const double *values, size_t n)
{
    double a = values[0], b = values[n / 2], c = values[n - 1];
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* What is less than the pivot, what is equal, and from ret_greater on what is greater. */
static void part(double *values, size_t n, size_t *ret_equal, size_t *ret_greater)
{
    double pivot = pivot_of(values, n);
    size_t less = 0, at = 0, greater = n;
    while (at < greater) {
        if (values[at] < pivot)
            swap(&values[less++], &values[at++]);
        else if (values[at] > pivot)
            swap(&values[at], &values[--greater]);
        else
            at++;
    }
    *ret_equal = less;
    *ret_greater = greater;
}

static void insert_each(double *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

/* As often as pivots may be bad ones before qsort() takes over: twice the halvings. */
static unsigned bad_pivots(size_t n)
{
    unsigned halvings = 0;
    for (; n > 1; n /= 2)
        halvings++;
    return 2 * halvings;
}

#define FEW 16 /* are sorted by insertion */

/* Musser's introsort (1997): without a call for each comparison, which is most of what qsort()
 * takes. */
static void sort(double *values, size_t n, unsigned depth)
{
    while (n > FEW && depth-- > 0) {
        size_t equal, greater;
        part(values, n, &equal, &greater);
        sort(values + greater, n - greater, depth);
        n = equal;
    }
    if (n > FEW)
        qsort(values, n, sizeof(*values), by_size);
    else
        insert_each(values, n);
}

void values_sort(double *values, size_t n)
{
    sort(values, n, bad_pivots(n));
}

double *values_sorted(const double *values, size_t n, size_t *ret_n)
{
    double *sorted = bd_xcalloc(n + 1, sizeof(*sorted));
    *ret_n = values_there(values, n, sorted);
    values_sort(sorted, *ret_n);
    return sorted;
}

double values_select(double *values, size_t n, size_t k)
{
    while (n > 1) {
        size_t equal, greater;
        part(values, n, &equal, &greater);
        if (k >= equal && k < greater)
            return values[equal];
        if (k < equal) {
            n = equal;
        } else {
            values += greater;
            n -= greater;
            k -= greater;
        }
    }
    return values[0];
}

double values_median(const double *sorted, size_t n)
{
    double low = sorted[(n - 1) / 2], high = sorted[n / 2];
    return low == high ? low : low + 0.5 * (high - low);
}

double values_middle(double *values, size_t n)
{
    double low = values_select(values, n, (n - 1) / 2), high = values_select(values, n, n / 2);
    return low == high ? low : low + 0.5 * (high - low);
}

size_t values_below(const double *sorted, size_t n, double value, bool or_equal)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < value || (or_equal && sorted[middle] == value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool values_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

/* Doubles in their order, as whole numbers and back; there is one 0. */
static int64_t place_of(double x)
{
    int64_t place;
    double size = fabs(x);
    memcpy(&place, &size, sizeof(place));
    return x < 0 ? -place : place;
}

static double at_place(int64_t place)
{
    double size;
    int64_t bits = place < 0 ? -place : place;
    memcpy(&size, &bits, sizeof(size));
    return place < 0 ? -size : size;
}

double values_next(double value)
{
    return at_place(place_of(value) + 1);
}

double values_between(double low, double high, unsigned turn)
{
    double middle = 0.5 * low + 0.5 * high;
    if (turn % 4 != 3 && middle >= low && middle < high)
        return middle;
    uint64_t from = (uint64_t)place_of(low), to = (uint64_t)place_of(high);
    return at_place((int64_t)(from + (to - from) / 2));
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
