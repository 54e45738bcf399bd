/*
 * Distributions that tests and intervals need. PURE. Threads: values; no sharing.
 *
 * Tails are computed themselves, and not as 1 less the other tail: they keep their relative
 * precision, 1e-12 or better (gamma and beta: with a and b up to 1e5; beyond that it falls slowly).
 * NAN in gives NAN; so does a parameter outside its domain.
 */
#pragma once

#include <stddef.h>

/* Standard normal: P(Z <= z), P(Z > z), and the z below which p of it is, p within (0, 1)
 * (Wichura 1988, AS 241). */
double stats_normal_below(double z);
double stats_normal_above(double z);
double stats_normal_quantile(double p);

/* Student's t with df > 0 degrees of freedom, not necessarily whole, and perhaps infinite. Near p =
 * 1/2 the quantile, then nearly 0, is good to 1e-15 rather than to 1e-12 of itself. */
double stats_student_above(double t, double df);
double stats_student_quantile(double p, double df);

/* P(X > x) of chi-squared with df > 0. */
double stats_chi2_above(double x, double df);

/* P(Bin(n, p) = k); k <= n, p within [0, 1]. */
double stats_binomial(size_t k, size_t n, double p);

/* Regularised incomplete functions: gamma's upper Q(a, x), a > 0, x >= 0; beta's I_x(a, b), a, b >
 * 0, x within [0, 1] (Press et al., Numerical Recipes, 6.2 and 6.4; beta by the continued fraction
 * of Didonato and Morris 1992, TOMS 708). a and b are at most 1e10. */
double stats_gamma_upper(double a, double x);
double stats_beta_lower(double x, double a, double b);
