/* Rules for stopping: looks, confidences and decisions, worked out by hand. */
#include "lib/base/str.h"
#include "lib/stats/until.h"
#include "tests/base/unit.h"

#include <math.h>

static struct stats_until rule(size_t min, size_t max, size_t every, double confidence)
{
    struct stats_until u = {.min = min,
                            .max = max,
                            .every = every,
                            .confidence = confidence,
                            .relative_half_width = 0.05};
    stats_until_init(&u);
    return u;
}

static const struct {
    size_t min, max, every, looks;
    const char *where; /* "6 11 16 20" */
} places[] = {
    {6, 20, 5, 4, "6 11 16 20"}, {6, 16, 5, 3, "6 11 16"}, {6, 17, 5, 4, "6 11 16 17"},
    {3, 6, 1, 4, "3 4 5 6"},     {6, 20, 100, 2, "6 20"},  {8, 8, 1, 1, "8"},
    {1, 1, 1, 1, "1"},           {1, 2, 3, 2, "1 2"},
};

START_TEST(test_looks_are_at_min_and_max_and_between)
{
    struct stats_until u = rule(places[_i].min, places[_i].max, places[_i].every, 0.95);
    bd_auto_str struct bd_str where = {0};
    for (size_t n = 0; n <= u.max + u.every; n++)
        if (stats_until_is_look(&u, n))
            bd_str_addf(&where, "%s%zu", where.len ? " " : "", n);
    ck_assert_str_eq(bd_str_text(&where), places[_i].where);
    ck_assert_uint_eq(stats_until_looks(&u), places[_i].looks);
}
END_TEST

/*
 * With alpha = 0.05 a hundredth of it, 1/2000, may be missed before max. All of n values are on one
 * side of the median with 2 / 2^n: 1/2048 for 12, which is as much as may be.
 */
static const struct {
    size_t min, max, every;
    double confidence;
    size_t least;
} leasts[] = {
    {6, 13, 1, 0.95, 12}, /* the only look at which it can be met */
    {6, 12, 1, 0.95, 13}, /* none before max */
    {6, 6, 1, 0.95, 7},   {12, 17, 1, 0.95, 12}, {13, 14, 1, 0.95, 13}, {6, 18, 5, 0.95, 16},
    {6, 15, 5, 0.95, 16}, {6, 12, 1, 0.9, 11}, /* 1/1024 of 1/1000 is too much */
    {6, 13, 1, 0.9, 11},  {1, 10, 1, 0.5, 9},
};

START_TEST(test_fewest_blocks_that_can_stop_a_campaign)
{
    struct stats_until u =
        rule(leasts[_i].min, leasts[_i].max, leasts[_i].every, leasts[_i].confidence);
    size_t least = stats_until_least(&u);
    if (leasts[_i].least > u.max)
        ck_assert_uint_gt(least, u.max);
    else
        ck_assert_uint_eq(least, leasts[_i].least);
}
END_TEST

/* The chance that the walk of n fair steps is ever outside of its band, by all 2^n of them. */
static double enumerate(const struct stats_until *u)
{
    size_t last = u->max - 1, out = 0;
    for (size_t steps = 0; steps < (size_t)1 << last; steps++) {
        size_t below = 0;
        bool leaves = false;
        for (size_t n = 1; n <= last && !leaves; n++) {
            double coverage;
            below += steps >> (n - 1) & 1;
            size_t k = n < u->min ? 0 : stats_median_rank(n, u->at_looks, &coverage);
            leaves = below < k || below > n - k;
        }
        out += leaves;
    }
    return (double)out / (double)((size_t)1 << last);
}

static const struct {
    size_t min, max;
    double confidence;
} walks[] = {
    {6, 20, 0.95}, {10, 20, 0.95}, {1, 18, 0.5}, {14, 20, 0.8}, {6, 13, 0.95}, {19, 20, 0.95},
};

START_TEST(test_no_more_is_missed_before_max_than_a_hundredth)
{
    struct stats_until u = rule(walks[_i].min, walks[_i].max, 1, walks[_i].confidence);
    double allowed = (1 - u.confidence) / 100, missed = enumerate(&u);
    ck_assert_msg(missed <= allowed, "%.17g of %g", missed, allowed);
    /* And a little less confidence would be too little: the next rank anywhere is too much. */
    struct stats_until less = u;
    less.at_looks = 1 - (1 - u.at_looks) * 1.001;
    if (1 - less.at_looks < allowed)
        ck_assert_msg(enumerate(&less) > allowed, "%.17g of %g", enumerate(&less), allowed);
}
END_TEST

START_TEST(test_confidence_is_raised_before_max_only)
{
    struct stats_until u = rule(6, 50, 1, 0.95);
    for (size_t n = 1; n < 50; n++)
        ck_assert_double_eq(stats_until_confidence(&u, n), u.at_looks);
    ck_assert_double_ge(u.at_looks, 0.9995);
    ck_assert_double_lt(u.at_looks, 0.99999);
    ck_assert_double_eq_tol(stats_until_confidence(&u, 50), 0.9505, 1e-12);
}
END_TEST

START_TEST(test_a_rule_of_many_blocks_is_worked_out_too)
{
    struct stats_until u = rule(9000, 10000, 7, 0.99);
    double coverage;
    ck_assert(u.at_looks > 0.9999 && u.at_looks < 1);
    ck_assert_uint_gt(stats_median_rank(9000, u.at_looks, &coverage), 4000);
    ck_assert_uint_eq(stats_until_least(&u), 9000);
}
END_TEST

/* Of 6..13 blocks: k is 1 for 12, and 3 for 13, by hand. */
static const struct {
    double values[13];
    size_t blocks;
    bool met;
    double half_width;
} decisions[] = {
    {{100, 95, 105, 100, 100, 100, 100, 100, 100, 100, 100, 100}, 12, true, 0.05},
    {{100, 95, 105.1, 100, 100, 100, 100, 100, 100, 100, 100, 100}, 12, false, 0.0505},
    {{-100, -95, -105, -100, -100, -100, -100, -100, -100, -100, -100, -100}, 12, true, 0.05},
    /* eleven values have no interval */
    {{100, 100, 100, NAN, 100, 100, 100, 100, 100, 100, 100, 100}, 12, false, NAN},
    {{100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100}, 11, false, NAN},
    /* at max it is not raised: of 13 from the third, of 12 from the third, of 5 none */
    {{100, 0, 95, 105, 200, 100, 100, 100, 0, 100, 200, 100, 100}, 13, true, 0.05},
    {{100, 0, 95, 106, 200, 100, 100, 100, 0, 100, 200, 100, NAN}, 13, false, 0.055},
    {{1, NAN, NAN, 1, 1, NAN, NAN, NAN, 1, 1, NAN, NAN, NAN}, 13, false, NAN},
    {{NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN}, 13, false, NAN},
    /* all the same; all 0: nothing to hold it against */
    {{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}, 12, true, 0},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12, false, NAN},
    {{-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1}, 12, false, NAN},
    {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, INFINITY}, 12, false, NAN},
};

START_TEST(test_a_rule_is_met_by_narrow_intervals)
{
    struct stats_until u = rule(6, 13, 1, 0.95);
    double half_width;
    bool met = stats_until_met(&u, decisions[_i].values, decisions[_i].blocks, &half_width);
    ck_assert_int_eq(met, decisions[_i].met);
    if (isnan(decisions[_i].half_width))
        ck_assert(isnan(half_width));
    else
        ck_assert_double_eq_tol(half_width, decisions[_i].half_width, 1e-12);
}
END_TEST

START_TEST(test_fewer_values_than_min_stop_nothing)
{
    struct stats_until u = rule(15, 20, 1, 0.95);
    double values[20], half_width;
    for (size_t i = 0; i < 20; i++)
        values[i] = 1;
    ck_assert(stats_until_met(&u, values, 15, &half_width));
    values[3] = NAN;
    ck_assert(!stats_until_met(&u, values, 15, &half_width));
    ck_assert(isnan(half_width));
    ck_assert(stats_until_met(&u, values, 16, &half_width));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("until");
    TCase *tcase = tcase_create("until");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_looks_are_at_min_and_max_and_between, 0, BD_ARRAY_LEN(places));
    tcase_add_loop_test(tcase, test_fewest_blocks_that_can_stop_a_campaign, 0,
                        BD_ARRAY_LEN(leasts));
    tcase_add_loop_test(tcase, test_no_more_is_missed_before_max_than_a_hundredth, 0,
                        BD_ARRAY_LEN(walks));
    tcase_add_test(tcase, test_confidence_is_raised_before_max_only);
    tcase_add_test(tcase, test_a_rule_of_many_blocks_is_worked_out_too);
    tcase_add_loop_test(tcase, test_a_rule_is_met_by_narrow_intervals, 0, BD_ARRAY_LEN(decisions));
    tcase_add_test(tcase, test_fewer_values_than_min_stop_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
