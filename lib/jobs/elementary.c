#include "lib/jobs/elementary.h"

#include "lib/base/mem.h"

#include <float.h>
#include <math.h>

/* Intermediate results are doubles and nothing wider; a*b + c is two roundings (-ffp-contract=off
 * in meson.build). */
_Static_assert(FLT_EVAL_METHOD == 0 && DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024,
               "streams need plain IEEE 754 double precision");

/* ln 2 in two parts: the first has 32 bits, so that its product with an exponent is exact. */
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW  0x1.a39ef35793c76p-33
#define LN2      0x1.62e42fefa39efp-1
#define SQRT_2   0x1.6a09e667f3bcdp+0

double elementary_polynomial(const double *c, int n, double x)
{
    double sum = c[n - 1];
    for (int i = n - 2; i >= 0; i--)
        sum = sum * x + c[i];
    return sum;
}

/*
 * x = 2^e (1 + f) with 1 + f from sqrt(1/2) to sqrt(2). With s = f / (2 + f),
 *
 *     ln(1 + f) = 2 atanh s = 2 s + s R,   R = 2 (s^2/3 + s^4/5 + s^6/7 + ...)
 *
 * and as 2 s = f - s f, that is f - s (f - R): f is exact, and what is rounded is small beside it.
 * |s| < 0.172, so that the terms left out of R, from s^22 on, are below 2^-54 of the whole.
 */
double elementary_ln(double x)
{
    static const double atanh_terms[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                         2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
    int exponent;
    double m = frexp(x, &exponent);
    if (m < SQRT_2 / 2) {
        m *= 2;
        exponent--;
    }
    double e = exponent, f = m - 1;
    double s = f / (2 + f), s2 = s * s;
    double r = s2 * elementary_polynomial(atanh_terms, BD_ARRAY_LEN(atanh_terms), s2);
    return e * LN2_HIGH - ((s * (f - r) - e * LN2_LOW) - f);
}

/*
 * x = k ln 2 + r with |r| at most ln 2 / 2 (and a little), e^x = 2^k e^r, and e^r by its Taylor
 * series to r^13 / 13!: what is left out is below 2^-57.
 */
double elementary_exp(double x)
{
    static const double taylor[] = {
        1.0,
        1.0,
        1.0 / 2,
        1.0 / 6,
        1.0 / 24,
        1.0 / 120,
        1.0 / 720,
        1.0 / 5040,
        1.0 / 40320,
        1.0 / 362880,
        1.0 / 3628800,
        1.0 / 39916800,
        1.0 / 479001600,
        1.0 / 6227020800,
    };
    if (x < -708)
        return 0;
    if (x > 709)
        return INFINITY;
    double k = floor(x / LN2 + 0.5);
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    return ldexp(elementary_polynomial(taylor, BD_ARRAY_LEN(taylor), r), (int)k);
}
