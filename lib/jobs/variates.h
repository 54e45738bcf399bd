/*
 * Distributions of a positive quantity: a value for a number that was drawn evenly from [0, 1) (by
 * the inverse of the distribution function, so that one number gives one value), and the mean.
 * PURE, and the same to the last bit on every platform (elementary.h). docs/streams.md has the
 * formulas with their sources.
 *
 * Threads: values; any.
 */
#pragma once

#include <stddef.h>

#define VARIATE_BRANCHES_MAX 16
#define VARIATE_SIGMA_MAX    5

enum variate_kind {
    VARIATE_CONSTANT,         /* centre */
    VARIATE_UNIFORM,          /* evenly from min to max */
    VARIATE_EXPONENTIAL,      /* centre: the mean */
    VARIATE_HYPEREXPONENTIAL, /* one of some exponential ones, each with its probability */
    VARIATE_LOGNORMAL,        /* centre: the median; sigma: of the logarithm */
    VARIATE_KIND_COUNT
};
const char *variate_kind_to_str(enum variate_kind kind);
int variate_kind_from_str(const char *s, enum variate_kind *ret_kind);

struct variate_branch {
    double probability, mean;
};

struct variate {
    enum variate_kind kind;
    double centre, sigma;
    double min, max; /* 0 <= min <= max; values beyond become the bound itself */
    struct variate_branch branches[VARIATE_BRANCHES_MAX]; /* probabilities sum to 1 */
    size_t n_branches;
};

/* The value for u; `branch` chooses among branches and is looked at for these alone. */
double variate_at(const struct variate *v, double u, double branch);
/* The mean of what variate_at() answers, the bounds regarded. */
double variate_mean(const struct variate *v);

/* The standard normal distribution's quantile of p from (0, 1), within a relative error of about
 * 1e-15 (Wichura 1988, algorithm AS 241, PPND16). */
double variate_normal_quantile(double p);
/* Its distribution function, within an absolute error of 1e-15 (Marsaglia 2004, the series). */
double variate_normal_cdf(double z);
