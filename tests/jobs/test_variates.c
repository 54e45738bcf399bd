/* Elementary functions and distributions: accuracy against the C library and published values, and
 * bits that must never change on any platform. */
#include "lib/base/rng.h"
#include "lib/jobs/elementary.h"
#include "lib/jobs/variates.h"

#include "tests/base/unit.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define TRIES 200000

/* Distance from the true value in units of the last place of what came out. */
static double ulps(double got, long double right)
{
    int exponent;
    frexp(got, &exponent);
    return (double)(fabsl((long double)got - right) / ldexpl(1, exponent - DBL_MANT_DIG));
}

struct range {
    double low, high;
};

/* The greatest error over a range, evenly drawn; of what `x_of` makes of it. */
static double worst(const struct range *range, double (*x_of)(double), double (*ours)(double),
                    long double (*right)(long double))
{
    double most = 0;
    struct bd_rng rng;
    bd_rng_init(&rng, 1, 0);
    for (int i = 0; i < TRIES; i++) {
        double x = x_of(range->low + (range->high - range->low) * bd_rng_unit(&rng));
        most = fmax(most, ulps(ours(x), right((long double)x)));
    }
    return most;
}

static double itself(double x)
{
    return x;
}

START_TEST(ln_is_within_one_ulp)
{
    static const struct range of_exponents[] = {
        {-1022, 1023}, {-54, 0}, {-0.01, 0.01}, {-1, 1}, {0, 60}};
    static const double edges[] = {0x1p-53, 1 - 0x1p-53, 1 + 0x1p-52, DBL_MIN, DBL_MAX};
    for (size_t i = 0; i < BD_ARRAY_LEN(of_exponents); i++)
        ck_assert_double_lt(worst(&of_exponents[i], exp2, elementary_ln, logl), 1);
    for (size_t i = 0; i < BD_ARRAY_LEN(edges); i++)
        ck_assert_double_lt(ulps(elementary_ln(edges[i]), logl((long double)edges[i])), 1);
    ck_assert(elementary_ln(1) == 0);
}
END_TEST

START_TEST(exp_is_within_two_ulps)
{
    static const struct range ranges[] = {{-708, 709}, {-40, 40}, {-1, 1}, {-1e-9, 1e-9}};
    for (size_t i = 0; i < BD_ARRAY_LEN(ranges); i++)
        ck_assert_double_lt(worst(&ranges[i], itself, elementary_exp, expl), 2);
    ck_assert(elementary_exp(0) == 1);
    ck_assert(elementary_exp(-708.5) == 0);
    ck_assert(elementary_exp(-INFINITY) == 0);
    ck_assert(isinf(elementary_exp(709.5)));
}
END_TEST

/* The test values of Wichura's paper, and others to 16 digits. */
START_TEST(normal_quantiles_are_those_that_were_published)
{
    static const struct {
        double p, z;
    } cases[] = {
        {0.25, -0.6744897501960817},   {0.001, -3.090232306167814},
        {1e-20, -9.262340089798408},   {0.5, 0},
        {0.75, 0.6744897501960817},    {0.975, 1.959963984540054},
        {0.075, -1.4395314709384563},  {0.925, 1.4395314709384563},
        {0.0749, -1.4402382675279637}, {1e-10, -6.361340902404056},
        {1e-12, -7.034483825301132},   {1e-100, -21.273453560965324},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        double z = variate_normal_quantile(cases[i].p);
        ck_assert_msg(fabs(z - cases[i].z) <= 2e-15 * fabs(cases[i].z), "%g: %.17g", cases[i].p, z);
    }
}
END_TEST

START_TEST(normal_distribution_is_that_of_the_c_library)
{
    for (int i = -640; i <= 640; i++) {
        double z = i / 64.0, p = variate_normal_cdf(z);
        ck_assert_msg(fabs(p - 0.5 * erfc(-z * sqrt(0.5))) < 1e-15, "%g: %.17g", z, p);
        if (p > 1e-4 && p < 1 - 1e-4)
            ck_assert_msg(fabs(variate_normal_quantile(p) - z) < 1e-11, "%g", z);
    }
    ck_assert(variate_normal_cdf(-INFINITY) == 0);
    ck_assert(variate_normal_cdf(INFINITY) == 1);
}
END_TEST

static uint64_t mix_bits(uint64_t sum, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return (sum ^ bits) * UINT64_C(0x100000001b3); /* Fowler, Noll, Vo; a word at a time */
}

/* Where this fails, a compiler or a processor does arithmetic of its own: streams of the same seed
 * would differ from those of other machines. */
START_TEST(results_are_the_same_to_the_last_bit)
{
    uint64_t ln = 0, exponential = 0, quantile = 0, cdf = 0;
    struct bd_rng rng;
    bd_rng_init(&rng, 3, 0);
    for (int i = 0; i < TRIES; i++) {
        double u = bd_rng_unit(&rng) + 0x1p-54;
        ln = mix_bits(ln, elementary_ln(u));
        exponential = mix_bits(exponential, elementary_exp(80 * u - 40));
        quantile = mix_bits(quantile, variate_normal_quantile(u));
        cdf = mix_bits(cdf, variate_normal_cdf(20 * u - 10));
    }
    ck_assert_msg(ln == UINT64_C(0xe602c42df186809a), "ln 0x%" PRIx64, ln);
    ck_assert_msg(exponential == UINT64_C(0xc7bfed1518532de4), "exp 0x%" PRIx64, exponential);
    ck_assert_msg(quantile == UINT64_C(0x65636e36a5804240), "quantile 0x%" PRIx64, quantile);
    ck_assert_msg(cdf == UINT64_C(0xe636c63449cfc986), "cdf 0x%" PRIx64, cdf);
}
END_TEST

#define BRANCHES .branches = {{0.7, 50e3}, {0.2, 1e6}, {0.1, 10e6}}, .n_branches = 3

static const struct variate distributions[] = {
    {.kind = VARIATE_CONSTANT, .centre = 300e3, .min = 1, .max = 1e9},
    {.kind = VARIATE_UNIFORM, .min = 100e3, .max = 2e6},
    {.kind = VARIATE_EXPONENTIAL, .centre = 1e6, .min = 1, .max = 1e11},
    {.kind = VARIATE_EXPONENTIAL, .centre = 1e6, .min = 400e3, .max = 2e6},
    {.kind = VARIATE_EXPONENTIAL, .centre = 1e6, .min = 3e6, .max = 5e6},
    {.kind = VARIATE_HYPEREXPONENTIAL, .min = 1, .max = 1e11, BRANCHES},
    {.kind = VARIATE_HYPEREXPONENTIAL, .min = 30e3, .max = 4e6, BRANCHES},
    {.kind = VARIATE_LOGNORMAL, .centre = 300e3, .sigma = 1, .min = 1, .max = 1e11},
    {.kind = VARIATE_LOGNORMAL, .centre = 300e3, .sigma = 0.01, .min = 1, .max = 1e11},
    {.kind = VARIATE_LOGNORMAL, .centre = 2e6, .sigma = 2.5, .min = 500e3, .max = 20e6},
    {.kind = VARIATE_LOGNORMAL, .centre = 2e6, .sigma = 5, .min = 0, .max = 60e6},
};

/* The mean by its formula is the integral over the quantile function; its midpoint sum errs most
 * where an unbounded tail is cut into steps. */
START_TEST(means_are_those_of_the_values)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(distributions); i++) {
        const struct variate *v = &distributions[i];
        double sum = 0;
        for (size_t b = 0; b < (v->n_branches ? v->n_branches : 1); b++) {
            double probability = v->n_branches ? v->branches[b].probability : 1;
            double branch = b == 0 ? 0.3 : b == 1 ? 0.8 : 0.95;
            for (int k = 0; k < TRIES; k++)
                sum += probability * variate_at(v, (k + 0.5) / TRIES, branch) / TRIES;
        }
        double mean = variate_mean(v);
        ck_assert_msg(fabs(sum - mean) < 3e-5 * mean, "%zu: %.9g, not %.9g", i, mean, sum);
    }
}
END_TEST

START_TEST(values_rise_with_what_is_drawn_and_stay_within_bounds)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(distributions); i++) {
        const struct variate *v = &distributions[i];
        double before = variate_at(v, 0, 0);
        ck_assert(before >= v->min);
        for (int k = 1; k <= 1000; k++) {
            double value = variate_at(v, k < 1000 ? k / 1000.0 : 1 - 0x1p-53, 0);
            ck_assert_msg(value >= before && value <= v->max, "%zu at %d", i, k);
            before = value;
        }
    }
}
END_TEST

START_TEST(branches_are_chosen_by_their_probability)
{
    static const struct {
        double branch, mean;
    } cases[] = {{0, 50e3},    {0.699, 50e3}, {0.7, 1e6},
                 {0.899, 1e6}, {0.91, 10e6},  {1 - 0x1p-53, 10e6}};
    const struct variate v = {.kind = VARIATE_HYPEREXPONENTIAL, .max = INFINITY, BRANCHES};
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        double median = variate_at(&v, 0.5, cases[i].branch);
        ck_assert_msg(fabs(median - cases[i].mean * log(2)) < 1e-9 * median, "%zu", i);
    }
}
END_TEST

START_TEST(kinds_have_names)
{
    for (int i = 0; i < VARIATE_KIND_COUNT; i++) {
        enum variate_kind kind = VARIATE_KIND_COUNT;
        ck_assert_int_eq(variate_kind_from_str(variate_kind_to_str((enum variate_kind)i), &kind),
                         0);
        ck_assert_int_eq((int)kind, i);
    }
    enum variate_kind kind = VARIATE_UNIFORM;
    ck_assert_int_lt(variate_kind_from_str("weibull", &kind), 0);
    ck_assert_int_lt(variate_kind_from_str(NULL, &kind), 0);
    ck_assert_int_eq((int)kind, VARIATE_UNIFORM);
}
END_TEST

UNIT_MAIN("variates", ln_is_within_one_ulp, exp_is_within_two_ulps,
          normal_quantiles_are_those_that_were_published,
          normal_distribution_is_that_of_the_c_library, results_are_the_same_to_the_last_bit,
          means_are_those_of_the_values, values_rise_with_what_is_drawn_and_stay_within_bounds,
          branches_are_chosen_by_their_probability, kinds_have_names)
