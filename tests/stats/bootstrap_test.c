/* Intervals by resampling against the same draws made by another program, and against SciPy's with
 * draws of its own (tests/vectors/stats/make_description.py). */
#include "lib/stats/bootstrap.h"
#include "tests/stats/vectors.h"

static double median(const double *values, size_t n, void *arg BD_UNUSED)
{
    return stats_quantile(values, n, 0.5);
}

static double mean(const double *values, size_t n, void *arg BD_UNUSED)
{
    return stats_mean(STATS_COST, values, n);
}

static double deviation(const double *values, size_t n, void *arg BD_UNUSED)
{
    struct stats_spread s;
    stats_spread(values, n, &s);
    return s.deviation;
}

static double inverse_of_least(const double *values, size_t n BD_UNUSED, void *arg BD_UNUSED)
{
    return 1 / values[0];
}

static double greatest(const double *values, size_t n, void *arg BD_UNUSED)
{
    return values[n - 1];
}

START_TEST(test_the_same_seed_gives_what_another_program_found)
{
    bd_auto_json json_t *samples = vectors_load("samples.json");
    bd_auto_json json_t *vectors = vectors_load("description.json");
    const json_t *rows =
        json_object_get(vectors, "bootstrap: of, sample, confidence, draws, seed, low, high");
    ck_assert_uint_ge(json_array_size(rows), 20);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *of = json_string_value(json_array_get(row, 0));
        const char *sample = json_string_value(json_array_get(row, 1));
        double numbers[5];
        size_t n;
        struct stats_interval is;
        for (size_t k = 0; k < 5; k++)
            numbers[k] = vectors_number(json_array_get(row, k + 2));
        bd_auto_free double *values = vectors_sample(samples, sample, &n);
        stats_bootstrap(values, n, strcmp(of, "mean") == 0 ? mean : median, NULL, numbers[0],
                        (size_t)numbers[1], (uint64_t)numbers[2], &is);
        ck_assert(is.is_there);
        ck_assert_double_eq(is.coverage, numbers[0]);
        ck_assert_msg(vectors_close(is.low, numbers[3], 1e-9) &&
                          vectors_close(is.high, numbers[4], 1e-9),
                      "%s of %s: %.17g to %.17g, not %.17g to %.17g", of, sample, is.low, is.high,
                      numbers[3], numbers[4]);
    }
}
END_TEST

/* Of 100000 draws each; what is left of chance is a few hundredths of a standard
 * error. */
START_TEST(test_with_many_draws_it_is_what_scipy_finds)
{
    bd_auto_json json_t *samples = vectors_load("samples.json");
    bd_auto_json json_t *vectors = vectors_load("description.json");
    const json_t *rows = json_object_get(
        vectors, "bootstrap of the mean by SciPy: sample, low, high, standard error");
    ck_assert_uint_gt(json_array_size(rows), 3);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        double low = vectors_number(json_array_get(row, 1)),
               high = vectors_number(json_array_get(row, 2));
        double near = 0.1 * vectors_number(json_array_get(row, 3));
        size_t n;
        struct stats_interval is;
        bd_auto_free double *values =
            vectors_sample(samples, json_string_value(json_array_get(row, 0)), &n);
        stats_bootstrap(values, n, mean, NULL, 0.95, 100000, 1, &is);
        ck_assert_double_eq_tol(is.low, low, near);
        ck_assert_double_eq_tol(is.high, high, near);
    }
}
END_TEST

static const struct {
    const char *name;
    double values[8];
    size_t n;
    stats_statistic_fn statistic;
    size_t draws;
    bool is_there;
} edges[] = {
    {"nothing", {NAN}, 0, median, 100, false},
    {"one", {1, NAN}, 2, median, 100, false},
    {"two", {1, 2}, 2, median, 100, true},
    {"two equal", {2, 2}, 2, median, 100, false},
    {"no draws", {1, 2, 3}, 3, median, 0, false},
    {"one draw", {1, 2, 3}, 3, median, 1, false},
    {"all equal", {0.1, 0.1, 0.1, 0.1}, 4, mean, 100, false},
    {"nearly all equal", {1, 1, 1, 1, 1, 1, 1, 2}, 8, mean, 100, true},
    {"not defined of one", {1, 2}, 2, deviation, 100, false},
    {"defined of two", {1, 2, 4}, 3, deviation, 100, true},
    {"infinite in some", {0, 2, 4}, 3, inverse_of_least, 100, false},
    {"an infinite value", {1, 2, INFINITY}, 3, mean, 100, false},
    {"never above the estimate", {1, 2, 3, 4, 5, 6, 7, 8}, 8, greatest, 100, true},
    {"two, with a gap", {1, NAN, 2}, 3, mean, 100, true},
};

START_TEST(test_there_is_an_interval_only_where_it_is_defined)
{
    struct stats_interval is;
    stats_bootstrap(edges[_i].values, edges[_i].n, edges[_i].statistic, NULL, 0.95, edges[_i].draws,
                    7, &is);
    ck_assert_msg(is.is_there == edges[_i].is_there, "%s", edges[_i].name);
    if (is.is_there) {
        ck_assert_msg(isfinite(is.low) && isfinite(is.high) && is.low <= is.high, "%s: %g to %g",
                      edges[_i].name, is.low, is.high);
        ck_assert_double_eq(is.coverage, 0.95);
    } else {
        ck_assert(isnan(is.low) && isnan(is.high) && is.coverage == 0);
    }
}
END_TEST

/* Values are sorted before any is drawn, so that their order and gaps are nothing to the draws. */
START_TEST(test_order_gaps_scale_and_place_change_nothing)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 9, 0);
    for (size_t n = 2; n < 25; n++) {
        double values[25], changed[50];
        struct stats_interval plain, other;
        for (size_t i = 0; i < n; i++) {
            values[i] = floor(6 * bd_rng_unit(&rng));
            changed[2 * i] = 8 * values[i] + 4;
            changed[2 * i + 1] = NAN;
        }
        vectors_shuffle(&rng, changed, 2 * n);
        stats_bootstrap(values, n, median, NULL, 0.9, 300, 1, &plain);
        stats_bootstrap(changed, 2 * n, median, NULL, 0.9, 300, 1, &other);
        ck_assert_int_eq(plain.is_there, other.is_there);
        if (plain.is_there) {
            ck_assert_double_eq_tol(8 * plain.low + 4, other.low, 1e-12);
            ck_assert_double_eq_tol(8 * plain.high + 4, other.high, 1e-12);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bootstrap");
    TCase *tcase = tcase_create("bootstrap");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_the_same_seed_gives_what_another_program_found);
    tcase_add_test(tcase, test_with_many_draws_it_is_what_scipy_finds);
    tcase_add_loop_test(tcase, test_there_is_an_interval_only_where_it_is_defined, 0,
                        BD_ARRAY_LEN(edges));
    tcase_add_test(tcase, test_order_gaps_scale_and_place_change_nothing);
    return vectors_run(suite, tcase);
}
