/* Shapiro-Wilk, trend and serial dependence against R and SciPy (tests/vectors/stats), and what
 * must hold of any values. */
#include "lib/stats/normality.h"
#include "lib/stats/series.h"
#include "lib/stats/stats.h"
#include "tests/stats/vectors.h"

#include <float.h>

#define CLOSE 1e-9

static void shapiro(const double *values, size_t n, double *ret)
{
    struct stats_test test;
    stats_shapiro_wilk(values, n, &test);
    ret[0] = test.statistic;
    ret[1] = test.p;
}

static void trend(const double *values, size_t n, double *ret)
{
    struct stats_test test;
    stats_trend(values, n, &test, &ret[2]);
    ret[0] = test.statistic;
    ret[1] = test.p;
}

static void serial(const double *values, size_t n, double *ret)
{
    struct stats_test test;
    stats_serial(values, n, &test, &ret[2]);
    ret[0] = test.statistic;
    ret[1] = test.p;
}

static const struct {
    const char *file, *rows;
    void (*f)(const double *values, size_t n, double *ret);
    size_t figures;
} functions[] = {
    {"r.json", "Shapiro-Wilk: W, p", shapiro, 2},
    {"r.json", "trend: S, p, slope", trend, 3},
    {"description.json", "serial: statistic, p, lag 1", serial, 3},
};

START_TEST(test_figures_are_what_r_and_scipy_say)
{
    bd_auto_json json_t *samples = vectors_load("samples.json");
    bd_auto_json json_t *vectors = vectors_load(functions[_i].file);
    const char *name;
    json_t *row;
    size_t rows = 0;
    json_object_foreach (json_object_get(vectors, functions[_i].rows), name, row) {
        size_t n;
        double is[3], should[3] = {NAN, NAN, NAN};
        bd_auto_free double *values = vectors_sample(samples, name, &n);
        vectors_numbers(row, should, functions[_i].figures);
        functions[_i].f(values, n, is);
        for (size_t k = 0; k < functions[_i].figures; k++)
            ck_assert_msg(vectors_close(is[k], should[k], CLOSE) || fabs(is[k] - should[k]) < 1e-15,
                          "%s of %s, figure %zu: %.17g, not %.17g", functions[_i].rows, name, k,
                          is[k], should[k]);
        rows++;
    }
    ck_assert_uint_gt(rows, 30);
}
END_TEST

/* What each says where it has nothing to say, or how it came by it. */
START_TEST(test_the_method_is_told)
{
    static const struct {
        void (*f)(const double *values, size_t n, struct stats_test *ret_test);
        const char *sample, *method;
    } methods[] = {
        {stats_shapiro_wilk, "two", "fewer than 3 values"},
        {stats_shapiro_wilk, "three", "exact"},
        {stats_shapiro_wilk, "four", "Royston's approximation"},
        {stats_shapiro_wilk, "all equal", "all values are equal"},
        {stats_shapiro_wilk, "infinite", "a value is infinite"},
        {stats_shapiro_wilk, "normal 5001", "more than 5000 values"},
    };
    static const struct {
        const char *sample, *trend, *serial;
    } in_order[] = {
        {"none", "fewer than 2 values", "fewer than 2 values"},
        {"gaps and one", "fewer than 2 values", "fewer than 2 values"},
        {"two equal", "all values are equal", "all values are equal"},
        {"normal 9", "exact", "exact"},
        {"normal 10", "exact", "normal approximation"},
        {"normal 50", "exact", "normal approximation"},
        {"normal 51", "normal approximation, corrected for ties and continuity",
         "normal approximation"},
        {"three, two equal", "normal approximation, corrected for ties and continuity",
         "normal approximation"},
    };
    bd_auto_json json_t *samples = vectors_load("samples.json");
    struct stats_test test;
    size_t n;
    for (size_t i = 0; i < BD_ARRAY_LEN(methods); i++) {
        bd_auto_free double *values = vectors_sample(samples, methods[i].sample, &n);
        methods[i].f(values, n, &test);
        ck_assert_str_eq(test.method, methods[i].method);
        ck_assert_int_eq(test.exact, strcmp(test.method, "exact") == 0);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(in_order); i++) {
        bd_auto_free double *values = vectors_sample(samples, in_order[i].sample, &n);
        stats_trend(values, n, &test, NULL);
        ck_assert_str_eq(test.method, in_order[i].trend);
        ck_assert_int_eq(test.exact, strcmp(test.method, "exact") == 0);
        stats_serial(values, n, &test, NULL);
        ck_assert_str_eq(test.method, in_order[i].serial);
        ck_assert_int_eq(test.exact, strcmp(test.method, "exact") == 0);
    }
}
END_TEST

static double of_all_pairs(const double *values, size_t n)
{
    size_t pairs = 0;
    bd_auto_free double *slopes = bd_xcalloc(n * n, sizeof(double));
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            slopes[pairs++] = (values[j] - values[i]) / (double)(j - i);
    return stats_median(slopes, pairs);
}

/* Of values with ties and gaps, some of few levels: against all pairs. */
START_TEST(test_the_slope_is_the_median_of_all_pairs)
{
    static const size_t sizes[] = {2, 3, 4, 25, 199, 201, 202, 640, 1201};
    static const double levels[] = {1, 2, 3, 50, 1e15};
    struct bd_rng rng;
    bd_rng_init(&rng, 3, 0);
    for (size_t s = 0; s < BD_ARRAY_LEN(sizes) * BD_ARRAY_LEN(levels); s++) {
        size_t n = sizes[s / BD_ARRAY_LEN(levels)];
        double slope, drift = bd_rng_unit(&rng) - 0.5;
        struct stats_test test;
        bd_auto_free double *values = bd_xcalloc(n, sizeof(double));
        for (size_t i = 0; i < n; i++)
            values[i] = floor(levels[s % BD_ARRAY_LEN(levels)] * bd_rng_unit(&rng)) +
                        floor(drift * (double)i);
        double all = of_all_pairs(values, n);
        stats_trend(values, n, &test, &slope);
        ck_assert_msg(slope == all, "%zu values: %.17g, not %.17g", n, slope, all);
    }
}
END_TEST

/* Where differences are rounded, and where they are far larger or smaller than slopes are. */
static double a_third(size_t i, struct bd_rng *rng BD_UNUSED)
{
    return (double)i / 3;
}
static double far_from_0(size_t i, struct bd_rng *rng)
{
    return 1e9 + 1e-6 * (double)i + bd_rng_unit(rng);
}
static double outlying(size_t i, struct bd_rng *rng)
{
    return i == 7 ? 1e200 : bd_rng_unit(rng) - (double)i;
}
static double very_large(size_t i, struct bd_rng *rng)
{
    return 1e307 * (bd_rng_unit(rng) - 0.5) + 1e303 * (double)i;
}
static double very_small(size_t i, struct bd_rng *rng)
{
    return 1e-300 * (bd_rng_unit(rng) - 1e-3 * (double)i);
}
static double in_two_levels(size_t i, struct bd_rng *rng)
{
    return i < 200 ? -0.1 : 0.1 + 1e-9 * bd_rng_unit(rng);
}
static double rarely_not_0(size_t i, struct bd_rng *rng)
{
    return i % 40 ? 0 : bd_rng_unit(rng);
}

START_TEST(test_the_slope_is_that_of_all_pairs_whatever_the_values_are)
{
    static double (*const kinds[])(size_t, struct bd_rng *) = {
        a_third, far_from_0, outlying, very_large, very_small, in_two_levels, rarely_not_0};
    static const size_t sizes[] = {202, 500, 1001};
    struct bd_rng rng;
    bd_rng_init(&rng, 5, 0);
    for (size_t k = 0; k < BD_ARRAY_LEN(kinds) * BD_ARRAY_LEN(sizes); k++) {
        double values[1001], slope;
        size_t n = sizes[k % BD_ARRAY_LEN(sizes)];
        struct stats_test test;
        for (size_t i = 0; i < n; i++)
            values[i] = kinds[k / BD_ARRAY_LEN(sizes)](i, &rng);
        double all = of_all_pairs(values, n);
        stats_trend(values, n, &test, &slope);
        ck_assert_msg(fabs(slope - all) <= 4 * DBL_EPSILON * fabs(all),
                      "kind %zu, %zu values: %.17g, not %.17g", k / BD_ARRAY_LEN(sizes), n, slope,
                      all);
    }
}
END_TEST

/* 4.5e10 pairs: who looks at each of them is still at it when the test's time is over. Half of the
 * slopes are 2, and the others as often above it as below. */
START_TEST(test_the_slope_of_very_many_values)
{
    size_t n = 300000;
    double slope;
    struct stats_test test;
    bd_auto_free double *values = bd_xcalloc(n, sizeof(double));
    for (size_t i = 0; i < n; i++)
        values[i] = 2 * (double)i + (i % 2 ? 1000 : 0);
    stats_trend(values, n, &test, &slope);
    ck_assert_double_eq(slope, 2);
}
END_TEST

struct figures {
    double shapiro[2], trend[3], serial[3];
};

static void find_figures(const double *values, size_t n, struct figures *ret)
{
    shapiro(values, n, ret->shapiro);
    trend(values, n, ret->trend);
    serial(values, n, ret->serial);
}

static void check_same(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(vectors_close(a[i], b[i], 1e-9), "figure %zu: %.17g, %.17g", i, a[i], b[i]);
}

START_TEST(test_place_scale_and_gaps_change_nothing)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 5, 0);
    for (size_t n = 2; n < 90; n += 1 + n / 6) {
        double values[100], changed[200];
        struct figures plain, other;
        for (size_t i = 0; i < n; i++)
            values[i] = n % 2 ? floor(9 * bd_rng_unit(&rng)) : bd_rng_unit(&rng);
        for (size_t i = 0; i < n; i++) {
            changed[2 * i] = 4096 * values[i] + 512;
            changed[2 * i + 1] = NAN;
        }
        find_figures(values, n, &plain);
        find_figures(changed, 2 * n, &other);
        check_same(plain.shapiro, other.shapiro, 2);
        check_same(plain.trend, other.trend, 2);
        ck_assert(vectors_close(4096 * plain.trend[2], other.trend[2], 1e-9));
        check_same(plain.serial, other.serial, 3);
    }
}
END_TEST

START_TEST(test_turned_round_a_trend_is_the_opposite)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 6, 0);
    for (size_t n = 2; n < 60; n++) {
        double values[60], back[60];
        struct figures plain, other;
        for (size_t i = 0; i < n; i++)
            back[n - 1 - i] = values[i] = floor(20 * bd_rng_unit(&rng));
        find_figures(values, n, &plain);
        find_figures(back, n, &other);
        ck_assert_double_eq(plain.trend[0], -other.trend[0]);
        ck_assert(vectors_close(plain.trend[1], other.trend[1], 1e-12));
        ck_assert(vectors_close(plain.trend[2], -other.trend[2], 1e-12));
        check_same(plain.serial, other.serial, 3);
        check_same(plain.shapiro, other.shapiro, 2);
    }
}
END_TEST

/* 5 in a row have 2 of 120 orders: rising, and falling. */
START_TEST(test_the_rarest_order_has_the_least_p)
{
    const double values[] = {1, 2, 3, 4, 5};
    struct stats_test test;
    stats_trend(values, 5, &test, NULL);
    ck_assert_double_eq_tol(test.p, 2.0 / 120, 1e-15);
    stats_serial(values, 5, &test, NULL);
    ck_assert_double_eq_tol(test.p, 2 * 2.0 / 120, 1e-15);
    ck_assert_double_eq(test.statistic, 0.4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("order");
    TCase *tcase = tcase_create("order");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_figures_are_what_r_and_scipy_say, 0, BD_ARRAY_LEN(functions));
    tcase_add_test(tcase, test_the_method_is_told);
    tcase_add_test(tcase, test_the_slope_is_the_median_of_all_pairs);
    tcase_add_test(tcase, test_the_slope_is_that_of_all_pairs_whatever_the_values_are);
    tcase_add_test(tcase, test_the_slope_of_very_many_values);
    tcase_add_test(tcase, test_place_scale_and_gaps_change_nothing);
    tcase_add_test(tcase, test_turned_round_a_trend_is_the_opposite);
    tcase_add_test(tcase, test_the_rarest_order_has_the_least_p);
    return vectors_run(suite, tcase);
}
