/*
 * Distributions that tests and intervals need. PURE. Threads: values; no sharing.
 *
 * Tails are computed themselves, and not as 1 less the other tail: they keep their relative
 * precision (1e-12 or better within the domains below). NAN in gives NAN; so does a parameter
 * outside its domain.
 */
#pragma once

#include <stddef.h>

/* Standard normal: P(Z <= z), P(Z > z), and the z below which p of it is, p within (0, 1)
 * (Wichura 1988, AS 241, with one step of Newton). */
double stats_normal_below(double z);
double stats_normal_above(double z);
double stats_normal_quantile(double p);

/* Student's t with df > 0 degrees of freedom, not necessarily whole. */
double stats_student_above(double t, double df);
double stats_student_quantile(double p, double df);

/* P(X > x) of chi-squared with df > 0. */
double stats_chi2_above(double x, double df);

/* P(Bin(n, p) = k); k <= n, p within [0, 1]. */
double stats_binomial(size_t k, size_t n, double p);

/* Regularised incomplete functions: gamma's upper Q(a, x), a > 0, x >= 0; beta's I_x(a, b), a, b >
 * 0, x within [0, 1] (Press et al., Numerical Recipes, 6.2 and 6.4; Lentz's continued fractions). */
double stats_gamma_upper(double a, double x);
double stats_beta_lower(double x, double a, double b);
