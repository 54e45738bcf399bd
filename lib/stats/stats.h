/*
 * What may be said of a few numbers: their description, with intervals of their median, quartiles
 * and mean. PURE: no I/O, no clock, no randomness. Threads: values; no sharing.
 *
 * A value that is not there is NAN in the inputs; n counts those that are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define STATS_CONFIDENCE 0.95 /* of intervals, unless something else is asked for */

/*
 * An interval between two of the values themselves, the k-th from below and the k-th from above.
 * Its coverage, the chance that such an interval holds the median of what the values were drawn
 * from, is exact for every continuous distribution, and at least that for others:
 * 1 - 2 P(Bin(n, 1/2) < k). (Thompson 1936; David and Nagaraja, Order Statistics, 7.1.)
 */
struct stats_interval {
    bool is_there; /* false: so few values can't give the confidence that was asked for */
    double low, high, coverage;
};

struct stats_summary {
    size_t n;
    /* NAN where n is 0. Quartiles as stats_quantile(). */
    double min, q1, median, q3, max;
    struct stats_interval interval, q1_interval, q3_interval; /* of the median, of the quartiles */
};

/* With the narrowest interval of the above form that covers with at least that confidence, within
 * (0, 1), and for the quartiles those of stats_quantile_interval(). */
void stats_describe(const double *values, size_t n, double confidence,
                    struct stats_summary *ret_summary);

/* The median alone; NAN of none. */
double stats_median(const double *values, size_t n);

/* The p-quantile of sorted values (n > 0): at 1 + (n - 1) p among them, linear in between (Hyndman
 * and Fan 1996, type 7; what R and NumPy do unless told otherwise). */
double stats_quantile(const double *sorted, size_t n, double p);

/* k of the narrowest interval of the median with at least that confidence, and its coverage; 0 (and
 * the coverage of the widest one) where there is none. */
size_t stats_median_rank(size_t n, double confidence, double *ret_coverage);
/* The fewest values that can give such an interval: 6 for 0.95. */
size_t stats_least_n(double confidence);

/*
 * How values spread. Each is NAN where it is not defined: of less than 2 values (skew: 3), cv where
 * the mean is not above 0, skew where all values are equal; all but n where a value is infinite.
 */
struct stats_spread {
    size_t n;
    double deviation; /* standard deviation, over n - 1 */
    double cv;        /* coefficient of variation: deviation to the arithmetic mean */
    double mad;       /* median of the distances from the median, not scaled */
    double skew;      /* G1 of Joanes and Gill 1998: SAS's, and SciPy's with bias=False */
};
void stats_spread(const double *values, size_t n, struct stats_spread *ret_spread);

/*
 * An interval between two of the sorted values (no NAN) that holds the p-quantile of what they were
 * drawn from, p within (0, 1): from the l-th to the u-th, the narrowest in ranks with
 * P(l <= Bin(n, p) < u) >= confidence; of equal ones that whose tails are the most alike. is_there
 * is false where there is none; ends and coverage are then those of the widest. For p = 1/2 it is
 * that of stats_median_rank(), which is symmetrical and may so be a rank wider. (David and
 * Nagaraja, Order Statistics, 7.1.)
 */
void stats_quantile_interval(const double *sorted, size_t n, double p, double confidence,
                             struct stats_interval *ret_interval);

/* Of the arithmetic mean, if the values were drawn from a normal distribution (Student 1908): of 2
 * values or more, all finite; is_there is false, and both ends are NAN, of others. */
void stats_student_interval(const double *values, size_t n, double confidence,
                            struct stats_interval *ret_interval);

/*
 * Of the arithmetic mean, whatever the values were drawn from: the approximation of the BCa
 * bootstrap (bootstrap.h) that needs no resamples (ABC: DiCiccio and Efron 1992, "More accurate
 * confidence intervals in exponential families"; Efron and Tibshirani, An Introduction to the
 * Bootstrap, 14.4). As the mean is linear in the weights of the values, its bias correction is its
 * acceleration a, and an end is mean + s w / (1 - a w)^2, w = a + z. Of 2 values or more, all
 * finite and not all equal; is_there is false, and both ends are NAN, of others. coverage is the
 * nominal one, as of the bootstrap.
 */
void stats_abc_interval(const double *values, size_t n, double confidence,
                        struct stats_interval *ret_interval);

enum stats_kind { STATS_COST, STATS_RATE, STATS_RATIO, STATS_KIND_COUNT };
const char *stats_kind_to_str(enum stats_kind kind); /* "cost" */
int stats_kind_from_str(const char *s, enum stats_kind *ret_kind);
/* By kind: arithmetic of costs, harmonic of rates. NAN where there is none: of ratios, of rates
 * that are not all above 0, of nothing. */
double stats_mean(enum stats_kind kind, const double *values, size_t n);
