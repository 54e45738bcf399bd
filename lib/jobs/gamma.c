#include "lib/jobs/gamma.h"

#include "lib/base/mem.h"
#include "lib/jobs/elementary.h"
#include "lib/jobs/variates.h"

#include <math.h>
#include <stdbool.h>

#define LOG_ROOT_2_PI 0x1.d67f1c864beb5p-1
#define TWO_PI        0x1.921fb54442d18p+2
#define HALF_ULP      0x1p-54
/* From here on five terms of Stirling's series are all that a double holds. */
#define STIRLING_MIN 16
#define TRIES_MAX    100

/* ------------------------------------------------------------------- what both sides are made of
 */

/*
 * ln Gamma(a + 1) - ((a + 1/2) ln a - a + ln(2 pi)/2). From a to a + 1 it falls by
 *
 *     (a + 1/2) ln(1 + 1/a) - 1 = s^2/3 + s^4/5 + s^6/7 + ...,   s = 1 / (2 a + 1)
 */
static double stirling_error(double a)
{
    static const double series[] = {1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188};
    double falls = 0;
    while (a < STIRLING_MIN) {
        double s2 = 1 / ((2 * a + 1) * (2 * a + 1)), power = s2, term = s2 / 3;
        for (int i = 5; term > HALF_ULP * falls; i += 2) {
            falls += term;
            power *= s2;
            term = power / i;
        }
        a++;
    }
    return falls + elementary_polynomial(series, BD_ARRAY_LEN(series), 1 / (a * a)) / a;
}

/*
 * a (x/a - 1 - ln(x/a)). Where x is near a, two numbers that are nearly the same would be
 * subtracted; with s = (x - a) / (x + a) and t = (x - a) / a it is
 *
 *     a (s t - 2 s^3 (1/3 + s^2/5 + s^4/7 + ...))
 */
static double deviance(double a, double x)
{
    static const double terms[] = {1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
                                   1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21};
    double t = (x - a) / a, s = (x - a) / (x + a), s2 = s * s;
    if (s2 > 0.03)
        return a * (t - elementary_ln(x / a));
    return a * (s * t - 2 * s * s2 * elementary_polynomial(terms, BD_ARRAY_LEN(terms), s2));
}

/* x^a e^-x / Gamma(a + 1) (Loader 2000). */
static double front(double a, double x)
{
    return elementary_exp(-deviance(a, x) - stirling_error(a)) / sqrt(TWO_PI * a);
}

/* ------------------------------------------------------------------------------------ both sides
 */

/* P(X <= x) by 1 + x/(a + 1) + x^2/((a + 1)(a + 2)) + ...: all terms are positive. */
static double lower(double a, double x)
{
    double term = 1, sum = 1;
    for (double i = a + 1; term > HALF_ULP * sum; i++) {
        term = term * x / i;
        sum += term;
    }
    return front(a, x) * sum;
}

/* P(X > x) for x >= a + 1, by 1/(x + 1 - a - 1 (1 - a)/(x + 3 - a - 2 (2 - a)/(x + 5 - a - ...)))
 * (Abramowitz, Stegun 6.5.31, its even part), evaluated from the front (Lentz 1976). */
static double upper(double a, double x)
{
    double b = x + 1 - a, c = INFINITY, d = 1 / b, product = d, change = 0;
    for (double i = 1; fabs(change - 1) > 2 * HALF_ULP; i++) {
        double over = -i * (i - a);
        b += 2;
        d = 1 / (over * d + b);
        c = b + over / c;
        change = c * d;
        product *= change;
    }
    return front(a, x) * a * product;
}

double gamma_below(double shape, double x)
{
    if (x <= 0)
        return 0;
    return x < shape + 1 ? lower(shape, x) : 1 - upper(shape, x);
}

/* P(X <= x) - p, from the side on which p is small. */
static double beyond(double a, double x, double p)
{
    bool is_low = x < a + 1;
    if (p <= 0.5)
        return (is_low ? lower(a, x) : 1 - upper(a, x)) - p;
    return (1 - p) - (is_low ? 1 - lower(a, x) : upper(a, x));
}

/* Wilson and Hilferty 1931: the cube root is nearly normal. Far below, where it isn't, the first
 * term of the series alone gives a bound. */
static double first_guess(double a, double p)
{
    double root = 1 - 1 / (9 * a) + variate_normal_quantile(p) / (3 * sqrt(a));
    double log_factorial = (a + 0.5) * elementary_ln(a) - a + LOG_ROOT_2_PI + stirling_error(a);
    double bound = elementary_exp((elementary_ln(p) + log_factorial) / a);
    double guess = root > 0 ? a * (root * root * root) : 0;
    return guess > bound ? guess : bound;
}

/* Halley's method: from three digits to nine to all there are. What it leads to is positive. */
double gamma_quantile(double shape, double p)
{
    if (p < HALF_ULP)
        return 0;
    double x = first_guess(shape, p);
    for (int i = 0; i < TRIES_MAX; i++) {
        double density = front(shape, x) * shape / x;
        double newton = beyond(shape, x, p) / density;
        double bend = newton * ((shape - 1) / x - 1);
        double step = newton / (1 - 0.5 * (bend < 1 ? bend : 1));
        x = step < x ? x - step : x / 2;
        if (fabs(step) < 0x1p-26 * x)
            break;
    }
    return x;
}
