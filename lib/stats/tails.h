/*
 * Both one-sided p of the tests of two samples and of pairs: what the two-sided tests and those of
 * equivalence are made of. PRIVATE to lib/stats. PURE. Threads: values; no sharing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct tails {
    size_t n;            /* values of both, or pairs of which a and b differ */
    double statistic;    /* U, W+; NAN: nothing to test */
    double lower, upper; /* that it is at most, at least that, by chance; 1 where all are equal */
    bool all_equal;
    bool exact;
};

/* How p was found. */
const char *tails_method(const struct tails *t);

/* Of a + by against b; NAN are passed over. */
void tails_of_samples(const double *a, size_t n_a, const double *b, size_t n_b, double by,
                      struct tails *ret_tails);
/* Of a + by against b, in pairs; n without those in which they are then equal. */
void tails_of_pairs(const double *a, const double *b, size_t n, double by, struct tails *ret_tails);

/* U alone, of how many pairs; 0 of 0 where a sample has no values. */
double tails_u(const double *a, size_t n_a, const double *b, size_t n_b, double *ret_pairs);

/* What is there of values, into ret_there[n]; how many. */
size_t tails_present(const double *values, size_t n, double *ret_there);
/* a - b of whole pairs, into ret_differences[n]; how many. Of equal ones it is 0, infinite or not.
 */
size_t tails_differences(const double *a, const double *b, size_t n, double *ret_differences);

/* Of an approximately normal statistic with steps of 1, continued by half a step. */
void tails_normal(double statistic, double mean, double deviation, struct tails *tails);
