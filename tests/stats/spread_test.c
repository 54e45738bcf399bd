/* Spread and intervals against SciPy (tests/vectors/stats/make_description.py), and what must hold
 * of any values. */
#include "lib/stats/stats.h"
#include "tests/stats/vectors.h"

#define CLOSE 1e-9

START_TEST(test_spread_is_what_scipy_says)
{
    bd_auto_json json_t *samples = vectors_load("samples.json");
    bd_auto_json json_t *vectors = vectors_load("description.json");
    const char *name;
    json_t *row;
    size_t rows = 0;
    json_object_foreach (json_object_get(vectors, "spread"), name, row) {
        size_t n;
        struct stats_spread s;
        bd_auto_free double *values = vectors_sample(samples, name, &n);
        stats_spread(values, n, &s);
        const struct {
            const char *of;
            double is;
        } figures[] = {{"n", (double)s.n},
                       {"deviation", s.deviation},
                       {"cv", s.cv},
                       {"mad", s.mad},
                       {"skew", s.skew}};
        for (size_t i = 0; i < BD_ARRAY_LEN(figures); i++) {
            double should = vectors_number(json_object_get(row, figures[i].of));
            ck_assert_msg(vectors_close(figures[i].is, should, CLOSE), "%s of %s: %.17g, not %.17g",
                          figures[i].of, name, figures[i].is, should);
        }
        rows++;
    }
    ck_assert_uint_gt(rows, 30);
}
END_TEST

START_TEST(test_students_interval_is_what_scipy_says)
{
    static const double confidences[] = {0.95, 0.5};
    static const char *const keys[] = {"student 0.95", "student 0.5"};
    bd_auto_json json_t *samples = vectors_load("samples.json");
    bd_auto_json json_t *vectors = vectors_load("description.json");
    const char *name;
    json_t *row;
    json_object_foreach (json_object_get(vectors, keys[_i]), name, row) {
        size_t n;
        double ends[2] = {NAN, NAN};
        struct stats_interval is;
        bd_auto_free double *values = vectors_sample(samples, name, &n);
        vectors_numbers(row, ends, 2);
        stats_student_interval(values, n, confidences[_i], &is);
        ck_assert_int_eq(is.is_there, !isnan(ends[0]));
        double near = CLOSE * fmax(fabs(ends[0]), fabs(ends[1]));
        ck_assert_msg(isnan(ends[0])
                          ? isnan(is.low) && isnan(is.high)
                          : fabs(is.low - ends[0]) <= near && fabs(is.high - ends[1]) <= near,
                      "%s: %.17g to %.17g", name, is.low, is.high);
    }
}
END_TEST

START_TEST(test_abc_intervals_are_what_r_says)
{
    bd_auto_json json_t *samples = vectors_load("samples.json");
    bd_auto_json json_t *vectors = vectors_load("r.json");
    const json_t *rows = json_object_get(vectors, "ABC of the mean 0.95: low, high"), *row;
    const char *name;
    ck_assert_uint_gt(json_object_size(rows), 30);
    json_object_foreach ((json_t *)rows, name, row) {
        double ends[2];
        size_t n;
        struct stats_interval is;
        bd_auto_free double *values = vectors_sample(samples, name, &n);
        vectors_numbers(row, ends, 2);
        stats_abc_interval(values, n, 0.95, &is);
        ck_assert_msg(is.is_there == !isnan(ends[0]), "%s", name);
        double near = 1e-9 * (ends[1] - ends[0]);
        ck_assert_msg(
            !is.is_there || (fabs(is.low - ends[0]) <= near && fabs(is.high - ends[1]) <= near),
            "%s: %.17g to %.17g, not %.17g to %.17g", name, is.low, is.high, ends[0], ends[1]);
    }
}
END_TEST

START_TEST(test_intervals_of_quantiles_are_the_best_pair_of_ranks)
{
    bd_auto_json json_t *vectors = vectors_load("description.json");
    const json_t *rows =
        json_object_get(vectors, "quantile intervals: n, p, confidence, is there, l, u, coverage");
    double sorted[100], row[7];
    for (size_t i = 0; i < BD_ARRAY_LEN(sorted); i++)
        sorted[i] = (double)(i + 1);
    ck_assert_uint_gt(json_array_size(rows), 100);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct stats_interval is;
        vectors_numbers(json_array_get(rows, i), row, 7);
        size_t n = (size_t)row[0];
        stats_quantile_interval(sorted, n, row[1], row[2], &is);
        ck_assert_int_eq(is.is_there, row[3] == 1);
        ck_assert_msg(n == 0 ? isnan(is.low) && isnan(is.high)
                             : is.low == row[4] && is.high == row[5],
                      "n %zu, p %g, confidence %g: %g to %g, not %g to %g", n, row[1], row[2],
                      is.low, is.high, row[4], row[5]);
        ck_assert_double_eq_tol(is.coverage, row[6], 1e-12);
    }
}
END_TEST

START_TEST(test_the_interval_of_the_half_is_that_of_the_median)
{
    double sorted[300];
    for (size_t i = 0; i < BD_ARRAY_LEN(sorted); i++)
        sorted[i] = (double)(i * i);
    for (size_t n = 1; n <= BD_ARRAY_LEN(sorted); n++) {
        struct stats_summary s;
        struct stats_interval is;
        stats_describe(sorted, n, 0.95, &s);
        stats_quantile_interval(sorted, n, 0.5, 0.95, &is);
        ck_assert_int_eq(is.is_there, s.interval.is_there);
        ck_assert_double_eq(is.low, s.interval.low);
        ck_assert_double_eq(is.high, s.interval.high);
        ck_assert_double_eq(is.coverage, s.interval.coverage);
    }
}
END_TEST

/* p of values is 1 - p of them turned round. */
START_TEST(test_intervals_of_quantiles_are_mirrored)
{
    double sorted[80];
    for (size_t i = 0; i < BD_ARRAY_LEN(sorted); i++)
        sorted[i] = (double)(i + 1);
    for (size_t n = 2; n <= BD_ARRAY_LEN(sorted); n++) {
        struct stats_interval low, high;
        stats_quantile_interval(sorted, n, 0.25, 0.9, &low);
        stats_quantile_interval(sorted, n, 0.75, 0.9, &high);
        ck_assert_int_eq(low.is_there, high.is_there);
        ck_assert_double_eq(low.low, (double)(n + 1) - high.high);
        ck_assert_double_eq(low.high, (double)(n + 1) - high.low);
    }
}
END_TEST

static void check_same(const struct stats_spread *a, const struct stats_spread *b, double scale)
{
    ck_assert_uint_eq(a->n, b->n);
    ck_assert(vectors_close(a->deviation * scale, b->deviation, 1e-12));
    ck_assert(vectors_close(a->mad * scale, b->mad, 1e-12));
    ck_assert(vectors_close(a->skew, b->skew, 1e-9));
}

START_TEST(test_spread_goes_with_scale_and_not_with_place_or_order)
{
    static const double scales[] = {1e-290, 3e-7, 1, 1000, 1e290};
    struct bd_rng rng;
    bd_rng_init(&rng, 11, 0);
    for (size_t n = 2; n < 40; n++) {
        double values[40], changed[40];
        struct stats_spread plain, other;
        for (size_t i = 0; i < n; i++)
            values[i] = floor(8 * bd_rng_unit(&rng)); /* with ties */
        stats_spread(values, n, &plain);
        for (size_t s = 0; s < BD_ARRAY_LEN(scales); s++) {
            for (size_t i = 0; i < n; i++)
                changed[i] = scales[s] * values[i];
            vectors_shuffle(&rng, changed, n);
            stats_spread(changed, n, &other);
            check_same(&plain, &other, scales[s]);
            ck_assert(vectors_close(plain.cv, other.cv, 1e-12));
        }
        for (size_t i = 0; i < n; i++)
            changed[i] = values[i] + 1e6;
        changed[n] = NAN;
        vectors_shuffle(&rng, changed, n + 1);
        stats_spread(changed, n + 1, &other);
        check_same(&plain, &other, 1);
    }
}
END_TEST

START_TEST(test_equal_values_have_no_spread_at_all)
{
    for (size_t n = 2; n < 60; n++) {
        double values[60];
        struct stats_spread s;
        struct stats_interval is;
        for (size_t i = 0; i < n; i++)
            values[i] = 0.1;
        stats_spread(values, n, &s);
        ck_assert_double_eq(s.deviation, 0);
        ck_assert_double_eq(s.cv, 0);
        ck_assert_double_eq(s.mad, 0);
        ck_assert_double_nan(s.skew);
        stats_student_interval(values, n, 0.95, &is);
        ck_assert_double_eq(is.low, 0.1);
        ck_assert_double_eq(is.high, 0.1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spread");
    TCase *tcase = tcase_create("spread");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_spread_is_what_scipy_says);
    tcase_add_loop_test(tcase, test_students_interval_is_what_scipy_says, 0, 2);
    tcase_add_test(tcase, test_abc_intervals_are_what_r_says);
    tcase_add_test(tcase, test_intervals_of_quantiles_are_the_best_pair_of_ranks);
    tcase_add_test(tcase, test_the_interval_of_the_half_is_that_of_the_median);
    tcase_add_test(tcase, test_intervals_of_quantiles_are_mirrored);
    tcase_add_test(tcase, test_spread_goes_with_scale_and_not_with_place_or_order);
    tcase_add_test(tcase, test_equal_values_have_no_spread_at_all);
    return vectors_run(suite, tcase);
}
