/*
 * What the figures of this folder have in common: values that are there, in order, and means that
 * lose nothing. PURE. Threads: values; no sharing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Those that are not NAN, in their order, into ret_values[n]; answers how many. */
size_t values_there(const double *values, size_t n, double *ret_values);
/* The same, sorted; a new array (free()). */
double *values_sorted(const double *values, size_t n, size_t *ret_n);
void values_sort(double *values, size_t n); /* no NAN among them */
/* The k-th (from 0) of n > k values, which are put into another order. */
double values_select(double *values, size_t n, size_t k);
/* Of sorted values, n > 0: the half. Exactly the value where all are equal, infinite ones too. */
double values_median(const double *sorted, size_t n);
/* The same of values in any order, which are put into another one. */
double values_middle(double *values, size_t n);
/* How many of the sorted values are less than one, or that and less. */
size_t values_below(const double *sorted, size_t n, double value, bool or_equal);
bool values_finite(const double *values, size_t n);

/* For a search among doubles, both finite, low < high: one from low on and below high. Halfway by
 * value, which is soon near where many are, and in every fourth turn (from 0) halfway in the order
 * of all doubles, which ends wherever they are. */
double values_between(double low, double high, unsigned turn);
double values_next(double value); /* the next greater double; there is one 0 */

/*
 * The mean, and the means of powers of the distances from it, of n > 0 finite values, sorted.
 * Distances are in units of 2^exponent, so that neither the greatest nor the least are lost.
 */
struct values_moments {
    double mean; /* in the values' own unit */
    double m2, m3;
    int exponent;
    double middle, offset; /* the mean again, in two parts: a value, and from it in units */
};
void values_moments(const double *sorted, size_t n, struct values_moments *ret_moments);
/* In units of 2^exponent. */
double values_from_mean(const struct values_moments *moments, double value);
