/* Figures against values worked out by hand, or known from tables. */
#include "lib/stats/stats.h"
#include "tests/base/unit.h"

#include <math.h>

#define CLOSE 1e-12

/* By whole numbers: 1 - 2 (C(n, 0) + ... + C(n, k - 1)) / 2^n; of the widest where there is none.
 */
static const struct {
    size_t n;
    double confidence;
    size_t k;
    double coverage;
} ranks[] = {
    {0, 0.95, 0, 0},
    {1, 0.95, 0, 0},
    {2, 0.95, 0, 0.5},
    {3, 0.95, 0, 0.75},
    {3, 0.75, 1, 0.75},
    {5, 0.95, 0, 0.9375},
    {5, 0.9, 1, 0.9375},
    {6, 0.95, 1, 0.96875},
    {8, 0.95, 1, 0.9921875},
    {9, 0.95, 2, 0.9609375},
    {10, 0.95, 2, 0.978515625},
    {20, 0.95, 6, 0.958610534667969},
    {20, 0.99, 4, 0.997423171997070},
    {100, 0.95, 40, 0.964799799782304},
    {2000, 0.95, 956, 0.953447179508216},
    {10000, 0.95, 4902, 0.951167050103618},
};

START_TEST(test_interval_of_the_median_has_the_exact_coverage)
{
    double coverage;
    size_t k = stats_median_rank(ranks[_i].n, ranks[_i].confidence, &coverage);
    ck_assert_msg(k == ranks[_i].k, "n %zu: rank %zu", ranks[_i].n, k);
    ck_assert_double_eq_tol(coverage, ranks[_i].coverage, 1e-10);
}
END_TEST

START_TEST(test_fewest_values_for_an_interval)
{
    ck_assert_uint_eq(stats_least_n(0.95), 6);
    ck_assert_uint_eq(stats_least_n(0.9), 5);
    ck_assert_uint_eq(stats_least_n(0.5), 2);
    ck_assert_uint_eq(stats_least_n(0.99), 8);
}
END_TEST

/* What R says: quantile(x, p, type = 7). */
static const struct {
    double values[8];
    size_t n, there;
    double min, q1, median, q3, max;
} summaries[] = {
    {{7}, 1, 1, 7, 7, 7, 7, 7},
    {{2, 1}, 2, 2, 1, 1.25, 1.5, 1.75, 2},
    {{3, 1, 2}, 3, 3, 1, 1.5, 2, 2.5, 3},
    {{4, 3, 2, 1}, 4, 4, 1, 1.75, 2.5, 3.25, 4},
    {{5, NAN, -1, 5, NAN, 0}, 6, 4, -1, -0.25, 2.5, 5, 5},
    {{1, 2, 3, 4, 5, 6, 7, 100}, 8, 8, 1, 2.75, 4.5, 6.25, 100},
};

START_TEST(test_a_description_is_what_r_says)
{
    struct stats_summary s;
    stats_describe(summaries[_i].values, summaries[_i].n, 0.95, &s);
    ck_assert_uint_eq(s.n, summaries[_i].there);
    ck_assert_double_eq_tol(s.min, summaries[_i].min, CLOSE);
    ck_assert_double_eq_tol(s.q1, summaries[_i].q1, CLOSE);
    ck_assert_double_eq_tol(s.median, summaries[_i].median, CLOSE);
    ck_assert_double_eq_tol(s.q3, summaries[_i].q3, CLOSE);
    ck_assert_double_eq_tol(s.max, summaries[_i].max, CLOSE);
}
END_TEST

START_TEST(test_an_interval_lies_between_values)
{
    const double values[] = {9, 1, 8, 2, 7, 3, 6, 4, 5};
    struct stats_summary s;
    stats_describe(values, 9, 0.95, &s);
    ck_assert(s.interval.is_there);
    ck_assert_double_eq(s.interval.low, 2);
    ck_assert_double_eq(s.interval.high, 8);
    stats_describe(values, 3, 0.95, &s);
    ck_assert(!s.interval.is_there);
    ck_assert_double_eq(s.interval.coverage, 0.75);
}
END_TEST

START_TEST(test_of_nothing_nothing_is_said)
{
    const double none[] = {NAN, NAN};
    struct stats_summary s;
    stats_describe(none, 2, 0.95, &s);
    ck_assert_uint_eq(s.n, 0);
    ck_assert(isnan(s.median) && isnan(s.min) && isnan(s.max) && !s.interval.is_there);
    ck_assert_double_nan(stats_mean(STATS_COST, none, 2));
}
END_TEST

START_TEST(test_means_are_by_kind)
{
    const double values[] = {2, NAN, 6}, rates[] = {2, 0};
    ck_assert_double_eq(stats_mean(STATS_COST, values, 3), 4);
    ck_assert_double_eq(stats_mean(STATS_RATE, values, 3), 3);
    ck_assert_double_nan(stats_mean(STATS_RATIO, values, 3));
    ck_assert_double_nan(stats_mean(STATS_RATE, rates, 2));
    for (unsigned k = 0; k < STATS_KIND_COUNT; k++) {
        enum stats_kind back;
        ck_assert_int_eq(stats_kind_from_str(stats_kind_to_str((enum stats_kind)k), &back), 0);
        ck_assert_uint_eq(back, k);
    }
    enum stats_kind untouched = STATS_RATE;
    ck_assert_int_lt(stats_kind_from_str("price", &untouched), 0);
    ck_assert_uint_eq(untouched, STATS_RATE);
}
END_TEST

START_TEST(test_quartiles_have_intervals_where_there_are_enough_values)
{
    double values[11];
    struct stats_summary s;
    for (size_t i = 0; i < BD_ARRAY_LEN(values); i++)
        values[i] = (double)(i + 1);
    stats_describe(values, 10, 0.95, &s);
    ck_assert(s.interval.is_there && !s.q1_interval.is_there && !s.q3_interval.is_there);
    stats_describe(values, 11, 0.95, &s);
    ck_assert(s.q1_interval.is_there && s.q3_interval.is_there);
    ck_assert_double_eq(s.q1_interval.low, 1);
    ck_assert_double_eq(s.q3_interval.high, 11);
    ck_assert_double_eq(s.q1_interval.high, 12 - s.q3_interval.low);
    ck_assert_double_ge(s.q1_interval.coverage, 0.95);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stats");
    TCase *tcase = tcase_create("stats");
    tcase_add_loop_test(tcase, test_interval_of_the_median_has_the_exact_coverage, 0,
                        BD_ARRAY_LEN(ranks));
    tcase_add_test(tcase, test_fewest_values_for_an_interval);
    tcase_add_loop_test(tcase, test_a_description_is_what_r_says, 0, BD_ARRAY_LEN(summaries));
    tcase_add_test(tcase, test_an_interval_lies_between_values);
    tcase_add_test(tcase, test_of_nothing_nothing_is_said);
    tcase_add_test(tcase, test_means_are_by_kind);
    tcase_add_test(tcase, test_quartiles_have_intervals_where_there_are_enough_values);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
