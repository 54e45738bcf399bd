#include "lib/stats/distributions.h"

#include "lib/base/mem.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#define LOG_ROOT_2PI 0.918938533204672741780329736406
#define EULER        0.577215664901532860606512090082

/* Beyond it a fraction takes too long to converge. */
#define GREATEST 1e10

/* -- what gamma and beta are made of --
 *
 * x^a e^-x / Gamma(a) and its like as differences of logarithms lose what a is larger than 1.
 * Loader 2000 (Fast and Accurate Computation of Binomial Probabilities) writes them so that nothing
 * large is subtracted from something large: by Stirling's error and by the deviance. */

/* ln Gamma(a + 1) less Stirling's formula for it. */
static double stirling_error(double a)
{
    static const double terms[] = {1.0 / 12, 1.0 / 360, 1.0 / 1260, 1.0 / 1680, 1.0 / 1188};
    double sum = 0;
    int sign;
    if (a < 15)
        return lgamma_r(a + 1, &sign) - (a + 0.5) * log(a) + a - LOG_ROOT_2PI;
    for (size_t i = BD_ARRAY_LEN(terms); i-- > 0;)
        sum = terms[i] - sum / (a * a);
    return sum / a;
}

/* a ln(a / m) + m - a, which is 0 where a = m, and above that elsewhere. */
static double deviance(double a, double m)
{
    double v = (a - m) / (a + m), sum = (a - m) * v, power = 2 * a * v, before = NAN;
    if (!(fabs(v) < 0.5))
        return a * log(a / m) + m - a;
    for (int i = 3; sum != before; i += 2) {
        before = sum;
        power *= v * v;
        sum += power / i;
    }
    return sum;
}

/* Continued fractions by Lentz's way (Press et al., 5.2): b(0) + a(1) / (b(1) + a(2) / ...). */
struct fraction {
    double value, numerator, denominator;
};

static double not_0(double x)
{
    return fabs(x) < 1e-290 ? 1e-290 : x;
}

static void fraction_init(struct fraction *f, double b)
{
    *f = (struct fraction){.value = not_0(b), .numerator = not_0(b)};
}

/* Whether it still changes. */
static bool fraction_next(struct fraction *f, double a, double b)
{
    f->denominator = 1 / not_0(b + a * f->denominator);
    f->numerator = not_0(b + a / f->numerator);
    double change = f->numerator * f->denominator;
    f->value *= change;
    return fabs(change - 1) > DBL_EPSILON;
}

/* -- normal -- */

double stats_normal_above(double z)
{
    return 0.5 * erfc(z * M_SQRT1_2);
}

double stats_normal_below(double z)
{
    return stats_normal_above(-z);
}

static double ratio_of_polynomials(const double over[8], const double under[8], double x)
{
    double o = over[7], u = under[7];
    for (int i = 7; i-- > 0;) {
        o = o * x + over[i];
        u = u * x + under[i];
    }
    return o / u;
}

/* Of p <= 1/2. */
static double wichura(double p)
{
    static const double over[3][8] = {
        {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
         1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
         3.3430575583588128105e4, 2.5090809287301226727e3},
        {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
         3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
         2.27238449892691845833e-2, 7.74545014278341407640e-4},
        {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
         2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
         2.71155556874348757815e-5, 2.01033439929228813265e-7}};
    static const double under[3][8] = {
        {1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
         2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
         5.2264952788528545610e3},
        {1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
         1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
         1.05075007164441684324e-9},
        {1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
         7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
         2.04426310338993978564e-15}};
    double q = p - 0.5;
    if (q >= -0.425)
        return q * ratio_of_polynomials(over[0], under[0], 0.180625 - q * q);
    double r = sqrt(-log(p));
    return r <= 5 ? -ratio_of_polynomials(over[1], under[1], r - 1.6)
                  : -ratio_of_polynomials(over[2], under[2], r - 5);
}

double stats_normal_quantile(double p)
{
    if (!(p > 0 && p < 1))
        return NAN;
    if (p > 0.5)
        return -stats_normal_quantile(1 - p);
    return wichura(p);
}

/* -- gamma and chi-squared -- */

/* x^a e^-x / Gamma(a) */
static double gamma_front(double a, double x)
{
    return sqrt(a) * exp(-deviance(a, x) - stirling_error(a) - LOG_ROOT_2PI);
}

/* Of small a and x, where nearly all is below: the first term less 1, and then the others. */
static double gamma_upper_small(double a, double x)
{
    int sign;
    /* 1 + a loses digits of a; ln Gamma falls by Euler's number there. */
    double log_gamma = lgamma_r(1 + a, &sign) - EULER * (a - ((1 + a) - 1));
    double log_first = a * log(x) - log_gamma, term = 1, sum = 0;
    for (int i = 1; fabs(term) > DBL_EPSILON * fabs(sum); i++) {
        term *= -x / i;
        sum += term / (a + i);
    }
    return -expm1(log_first) - exp(log_first) * a * sum;
}

double stats_gamma_upper(double a, double x)
{
    if (!(a > 0 && a <= GREATEST && x >= 0))
        return NAN;
    if (x == 0 || isinf(x))
        return x == 0;
    if (a < 1 && x < 1)
        return gamma_upper_small(a, x);
    double front = gamma_front(a, x);
    if (front == 0)
        return x < a;
    if (a >= 1 && x < a + 1) {
        double term = 1 / a, sum = term;
        for (double i = a + 1; term > DBL_EPSILON / 4 * sum; i++) {
            term *= x / i;
            sum += term;
        }
        return 1 - front * sum;
    }
    struct fraction f;
    double i = 1;
    fraction_init(&f, x + 1 - a);
    while (fraction_next(&f, i * (a - i), x + 1 - a + 2 * i))
        i++;
    return front / f.value;
}

double stats_chi2_above(double x, double df)
{
    return stats_gamma_upper(df / 2, x < 0 ? 0 : x / 2);
}

/* -- beta, Student, binomial -- */

/* x^a y^b / B(a, b), y = 1 - x */
static double beta_front(double x, double y, double a, double b)
{
    double n = a + b;
    return sqrt(a) * sqrt(b / n) *
           exp(stirling_error(n) - stirling_error(a) - stirling_error(b) - LOG_ROOT_2PI -
               deviance(a, n * x) - deviance(b, n * y));
}

/* Of x below about the mean. Didonato and Morris 1992 (TOMS 708), 9: their fraction has y where
 * the usual one takes x from 1. */
static double beta_tail(double x, double y, double a, double b)
{
    struct fraction f;
    double front = beta_front(x, y, a, b), n = 0, over, under;
    if (front == 0)
        return 0;
    fraction_init(&f, a * (a * y - b * x + 1) / (a + 1));
    do {
        n++;
        double at = a + 2 * n;
        over = (a + n - 1) / (at - 1) * ((a + b + n - 1) / (at - 1)) * n * (b - n) * x * x;
        under =
            n + n * (b - n) * x / (at - 1) + (a + n) * (a * y - b * x + 1 + n * (1 + y)) / (at + 1);
    } while (fraction_next(&f, over, under));
    return front / f.value;
}

static double beta_lower(double x, double y, double a, double b)
{
    return x * (a + b + 2) < a + 1 ? beta_tail(x, y, a, b) : 1 - beta_tail(y, x, b, a);
}

double stats_beta_lower(double x, double a, double b)
{
    if (!(x >= 0 && x <= 1 && a > 0 && b > 0 && a <= GREATEST && b <= GREATEST))
        return NAN;
    return x == 0 || x == 1 ? x : beta_lower(x, 1 - x, a, b);
}

double stats_student_above(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return NAN;
    if (isinf(df))
        return stats_normal_above(t);
    if (t < 0)
        return 1 - stats_student_above(-t, df);
    double a = df / 2, far = t / sqrt(df);
    if (far > 1e8) { /* only the first term is left, and x would soon be too small for a double */
        int sign;
        double log_beta = lgamma_r(a, &sign) + log(M_PI) / 2 - lgamma_r(a + 0.5, &sign);
        return exp(-df * log(far) - log_beta) / df;
    }
    double y = far * far / (1 + far * far);
    return t == 0 ? 0.5 : beta_lower(1 / (1 + far * far), y, a, 0.5) / 2;
}

static double student_density(double t, double df)
{
    double a = df / 2, far = t / sqrt(df);
    double log_constant = stirling_error(a + 0.5) - stirling_error(a) + a * log1p(0.5 / a) - 0.5;
    return exp(log_constant - (a + 0.5) * log1p(far * far)) / sqrt(2 * M_PI);
}

double stats_student_quantile(double p, double df)
{
    if (!(p > 0 && p < 1 && df > 0))
        return NAN;
    if (isinf(df))
        return stats_normal_quantile(p);
    double tail = p < 0.5 ? p : 1 - p, t = 0;
    /* The tail is convex in t: Newton's steps from 0 never go past, and end where rounding ends
     * them. The bound is for steps of the last digit up and down. */
    for (int i = 0; i < 2000; i++) {
        double next = t + (stats_student_above(t, df) - tail) / student_density(t, df);
        if (!(next > t))
            break;
        t = next;
    }
    return p < 0.5 ? -t : t;
}

double stats_binomial(size_t k, size_t n, double p)
{
    if (!(p >= 0 && p <= 1 && k <= n))
        return NAN;
    double hits = (double)k, misses = (double)(n - k), all = (double)n;
    if (p == 0 || p == 1)
        return k == (p == 0 ? 0 : n);
    if (k == 0)
        return exp(all * log1p(-p));
    if (k == n)
        return exp(all * log(p));
    return exp(stirling_error(all) - stirling_error(hits) - stirling_error(misses) -
               deviance(hits, all * p) - deviance(misses, all * (1 - p)) - LOG_ROOT_2PI) *
           sqrt(all / hits / misses);
}
