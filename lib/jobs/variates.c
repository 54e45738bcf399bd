#include "lib/jobs/variates.h"

#include "lib/base/str.h"
#include "lib/jobs/elementary.h"

#include <errno.h>
#include <math.h>

#define SQRT_2_PI 0x1.40d931ff62706p+1
/* Half of the least step of what is drawn: 0 itself has no logarithm. */
#define U_LEAST 0x1p-54

static const char *const kinds[VARIATE_KIND_COUNT] = {
    [VARIATE_CONSTANT] = "constant",       [VARIATE_UNIFORM] = "uniform",
    [VARIATE_EXPONENTIAL] = "exponential", [VARIATE_HYPEREXPONENTIAL] = "hyperexponential",
    [VARIATE_LOGNORMAL] = "lognormal",
};

const char *variate_kind_to_str(enum variate_kind kind)
{
    return kinds[kind];
}

int variate_kind_from_str(const char *s, enum variate_kind *ret_kind)
{
    for (int i = 0; i < VARIATE_KIND_COUNT; i++) {
        if (bd_str_eq(kinds[i], s)) {
            *ret_kind = (enum variate_kind)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* ----------------------------------------------------------------------------------- the normal */

/* A quotient of two polynomials of degree 7. */
struct quotient {
    double above[8], below[8];
};

static double quotient_at(const struct quotient *q, double x)
{
    return elementary_polynomial(q->above, 8, x) / elementary_polynomial(q->below, 8, x);
}

/* p from 0.075 to 0.925; in 0.180625 - (p - 1/2)^2. */
static const struct quotient centre = {
    {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
     1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
     3.3430575583588128105e4, 2.5090809287301226727e3},
    {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
     5.2264952788528545610e3},
};
/* Beyond, with r = sqrt(-ln(p)) up to 5; in r - 1.6. */
static const struct quotient tail = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9},
};
/* And beyond that; in r - 5. */
static const struct quotient far_tail = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15},
};

double variate_normal_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * quotient_at(&centre, 0.180625 - q * q);
    double r = sqrt(-elementary_ln(q < 0 ? p : 1 - p));
    double z = r <= 5 ? quotient_at(&tail, r - 1.6) : quotient_at(&far_tail, r - 5);
    return q < 0 ? -z : z;
}

/* 1/2 + phi(z) (z + z^3/3 + z^5/(3 5) + z^7/(3 5 7) + ...): all terms have the sign of z. */
double variate_normal_cdf(double z)
{
    if (fabs(z) > 8.5) /* less than 1e-17 is beyond */
        return z < 0 ? 0 : 1;
    double term = z, sum = z, before = 0;
    for (int i = 3; sum != before; i += 2) {
        before = sum;
        term = term * (z * z) / i;
        sum += term;
    }
    return 0.5 + sum * (elementary_exp(-0.5 * (z * z)) / SQRT_2_PI);
}

/* --------------------------------------------------------------------------------------- values */

static double exponential_at(double mean, double u)
{
    return -mean * elementary_ln(1 - u);
}

static double branch_mean(const struct variate *v, double branch)
{
    double upto = 0;
    for (size_t i = 0; i + 1 < v->n_branches; i++) {
        upto += v->branches[i].probability;
        if (branch < upto)
            return v->branches[i].mean;
    }
    return v->branches[v->n_branches - 1].mean;
}

static double unbounded_at(const struct variate *v, double u, double branch)
{
    switch (v->kind) {
    case VARIATE_UNIFORM:
        return v->min + (v->max - v->min) * u;
    case VARIATE_EXPONENTIAL:
        return exponential_at(v->centre, u);
    case VARIATE_HYPEREXPONENTIAL:
        return exponential_at(branch_mean(v, branch), u);
    case VARIATE_LOGNORMAL:
        return v->centre *
               elementary_exp(v->sigma * variate_normal_quantile(u < U_LEAST ? U_LEAST : u));
    default:
        return v->centre;
    }
}

double variate_at(const struct variate *v, double u, double branch)
{
    double value = unbounded_at(v, u, branch);
    value = value < v->min ? v->min : value;
    return value > v->max ? v->max : value;
}

/* ---------------------------------------------------------------------------------------- means */

/* min + the integral of the survival function from min to max. */
static double exponential_mean(double mean, double min, double max)
{
    return min + mean * (elementary_exp(-min / mean) - elementary_exp(-max / mean));
}

/* Standardised logarithm of a bound; a bound of 0 is beyond everything. */
static double lognormal_z(const struct variate *v, double bound)
{
    return bound > 0 ? elementary_ln(bound / v->centre) / v->sigma : -INFINITY;
}

/* What lies below min counts as min, above max as max; between, the partial expectation. */
static double lognormal_mean(const struct variate *v)
{
    double low = lognormal_z(v, v->min), high = lognormal_z(v, v->max);
    double between = v->centre * elementary_exp(0.5 * (v->sigma * v->sigma)) *
                     (variate_normal_cdf(high - v->sigma) - variate_normal_cdf(low - v->sigma));
    return v->min * variate_normal_cdf(low) + between + v->max * variate_normal_cdf(-high);
}

double variate_mean(const struct variate *v)
{
    double sum = 0;
    switch (v->kind) {
    case VARIATE_UNIFORM:
        return v->min + (v->max - v->min) * 0.5;
    case VARIATE_EXPONENTIAL:
        return exponential_mean(v->centre, v->min, v->max);
    case VARIATE_HYPEREXPONENTIAL:
        for (size_t i = 0; i < v->n_branches; i++)
            sum +=
                v->branches[i].probability * exponential_mean(v->branches[i].mean, v->min, v->max);
        return sum;
    case VARIATE_LOGNORMAL:
        return lognormal_mean(v);
    default:
        return variate_at(v, 0, 0);
    }
}
