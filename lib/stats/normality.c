#include "lib/stats/normality.h"

#include "lib/base/mem.h"
#include "lib/stats/distributions.h"
#include "lib/stats/values.h"

#include <math.h>

#define FEWEST 3
#define MOST   5000

static double polynomial(const double *terms, size_t n, double x)
{
    double sum = 0;
    while (n-- > 0)
        sum = sum * x + terms[n];
    return sum;
}
#define POLYNOMIAL(terms, x) polynomial(terms, BD_ARRAY_LEN(terms), x)

/* The weights of the upper half, that of the greatest value first: Royston's approximation. */
static void find_weights(size_t n, double *ret_weights)
{
    static const double last[] = {0, .221157, -.147981, -2.07119, 4.434685, -2.706056};
    static const double next[] = {0, .042981, -.293762, -1.752461, 5.682633, -3.582633};
    size_t half = n / 2, corrected = n > 5 ? 2 : 1;
    double squares = 0, root = 1 / sqrt((double)n);
    if (n == FEWEST) {
        ret_weights[0] = M_SQRT1_2;
        return;
    }
    for (size_t i = 0; i < half; i++) {
        ret_weights[i] = -stats_normal_quantile(((double)i + 0.625) / ((double)n + 0.25));
        squares += 2 * ret_weights[i] * ret_weights[i];
    }
    double norm = sqrt(squares), left = 1;
    const double found[] = {ret_weights[0] / norm + POLYNOMIAL(last, root),
                            ret_weights[1] / norm + POLYNOMIAL(next, root)};
    for (size_t i = 0; i < corrected; i++) {
        squares -= 2 * ret_weights[i] * ret_weights[i];
        left -= 2 * found[i] * found[i];
    }
    for (size_t i = 0; i < half; i++)
        ret_weights[i] = i < corrected ? found[i] : ret_weights[i] / sqrt(squares / left);
}

/* 1 - W, which keeps its digits where W is nearly 1. */
static double distance_from_1(const double *sorted, size_t n, const double *weights)
{
    struct values_moments m;
    double products = 0, squares = 0, all = (double)n;
    values_moments(sorted, n, &m);
    for (size_t i = 0; i < n / 2; i++) {
        double apart = values_from_mean(&m, sorted[n - 1 - i]) - values_from_mean(&m, sorted[i]);
        products += weights[i] * apart;
        squares += 2 * weights[i] * weights[i];
    }
    double whole = sqrt(squares * m.m2 * all);
    return (whole - products) * (whole + products) / (whole * whole);
}

static double p_of(double distance, size_t n)
{
    static const double mean_few[] = {.544, -.39978, .025054, -6.714e-4};
    static const double deviation_few[] = {1.3822, -.77857, .062767, -.0020322};
    static const double mean_many[] = {-1.5861, -.31082, -.083751, .0038915};
    static const double deviation_many[] = {-.4803, -.082676, .0030302};
    double x = (double)n, y = log(distance), log_n = log(x);
    if (n == FEWEST)
        return fmax(0, 6 / M_PI * (asin(sqrt(1 - distance)) - asin(sqrt(0.75))));
    if (n > 11)
        return stats_normal_above((y - POLYNOMIAL(mean_many, log_n)) /
                                  exp(POLYNOMIAL(deviation_many, log_n)));
    double greatest = 0.459 * x - 2.273;
    if (y >= greatest)
        return 0;
    return stats_normal_above((-log(greatest - y) - POLYNOMIAL(mean_few, x)) /
                              exp(POLYNOMIAL(deviation_few, x)));
}

static const char *why_not(const double *sorted, size_t n)
{
    if (n < FEWEST)
        return "fewer than 3 values";
    if (n > MOST)
        return "more than 5000 values";
    if (!values_finite(sorted, n))
        return "a value is infinite";
    return sorted[0] == sorted[n - 1] ? "all values are equal" : NULL;
}

void stats_shapiro_wilk(const double *values, size_t n, struct stats_test *ret_test)
{
    struct stats_test test = {.name = "Shapiro-Wilk", .statistic = NAN, .p = NAN};
    bd_auto_free double *sorted = values_sorted(values, n, &test.n);
    test.method = why_not(sorted, test.n);
    if (!test.method) {
        bd_auto_free double *weights = bd_xcalloc(test.n / 2, sizeof(double));
        find_weights(test.n, weights);
        double distance = fmax(0, distance_from_1(sorted, test.n, weights));
        test.statistic = 1 - distance;
        test.p = p_of(distance, test.n);
        test.exact = test.n == FEWEST;
        test.method = test.exact ? "exact" : "Royston's approximation";
    }
    *ret_test = test;
}
