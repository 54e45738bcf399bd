/* What an analysis makes of a campaign's design: factors, contexts, families of tests, the rule for
 * stopping, the order of runs; and of a table, which has none. */
#include "tests/base/unit.h"
#include "tests/report/analyses.h"

#include "lib/base/rng.h"

#include <math.h>
#include <string.h>

static const char two_objectives[] =
    "{" SPEC ", 'objectives': [{'metric': 'makespan', 'direction': 'min'},"
    " {'metric': 'wait', 'direction': 'min'}]}";

static const char one_factor[] = "[{'x.policy': 'a'}, {'x.policy': 'b'}]";

static double ratio(const json_t *comparison)
{
    return bd_json_real(json_object_get(comparison, "ratio"), "estimate", NAN);
}

START_TEST(test_levels_are_compared_over_all_others_and_in_each_context)
{
    bd_auto_json json_t *c = analyse(&factorial);
    const json_t *m = metric(c, 0);
    ck_assert_uint_eq(json_array_size(json_object_get(m, "comparisons")), 6);
    const json_t *overall = comparison_of(m, 3), *at_2 = comparison_of(m, 4),
                 *at_4 = comparison_of(m, 5);
    ck_assert_str_eq(bd_json_str(overall, "factor", ""), "x.policy");
    ck_assert_str_eq(bd_json_str(overall, "level", ""), "b");
    ck_assert_str_eq(bd_json_str(overall, "reference", ""), "a");
    ck_assert(json_is_null(json_object_get(overall, "context")));
    ck_assert(json_is_null(json_object_get(overall, "cell")));
    ck_assert_double_eq_tol(ratio(overall), sqrt(2.0 * 4.0), 1e-2);
    ck_assert_double_eq_tol(ratio(at_2), 2, 1e-2);
    ck_assert_double_eq_tol(ratio(at_4), 4, 1e-2);
    ck_assert_int_eq(bd_json_int(json_object_get(at_4, "context"), "x.n", 0), 4);
    ck_assert_int_eq(bd_json_int(at_4, "cell", -1), 3);
    ck_assert_int_eq(bd_json_int(at_4, "against", -1), 2);
    ck_assert_int_eq(bd_json_int(overall, "n", 0), 12);
    ck_assert_int_eq(bd_json_int(overall, "family", 0), 6);
    ck_assert_str_eq(bd_json_str(overall, "result", ""), "worse");
}
END_TEST

START_TEST(test_words_are_of_what_is_within_nothing_else)
{
    bd_auto_json json_t *c = analyse(&factorial);
    ck_assert_uint_eq(json_array_size(json_object_get(c, "words")), 2);
    ck_assert_ptr_nonnull(strstr(word(c, 1),
                                 "makespan of b is 2.828 times that of a over 2 pairs of "
                                 "cells (12 blocks, "));
    const char *sentence = bd_json_str(comparison_of(metric(c, 0), 5), "sentence", "");
    ck_assert_ptr_nonnull(strstr(sentence, " times that of a where n=4 (12 blocks, "));
    ck_assert_ptr_nonnull(strstr(sentence, "corrected p = 0.0029 (family of 6)"));
}
END_TEST

START_TEST(test_what_is_asked_for_does_not_change_what_p_is_corrected_for)
{
    struct made by = factorial, other = factorial;
    by.by = "x.policy";
    other.wanted = "wait";
    bd_auto_json json_t *all = analyse(&factorial), *some = analyse(&by), *wait = analyse(&other);
    ck_assert_uint_eq(json_array_size(json_object_get(metric(some, 0), "comparisons")), 3);
    ck_assert(json_equal(comparison_of(metric(some, 0), 0), comparison_of(metric(all, 0), 3)));
    ck_assert_str_eq(bd_json_str(metric(wait, 0), "name", ""), "wait");
    ck_assert_int_eq(bd_json_int(comparison_of(metric(wait, 0), 0), "family", 0), 6);
    ck_assert(has_reason(wait, "wait is no objective of the design: it was chosen afterwards"));
    ck_assert_str_eq(status(wait, 2), "not met");
    ck_assert_str_eq(status(all, 2), "met");
}
END_TEST

START_TEST(test_cells_that_are_like_no_other_are_compared_with_the_first)
{
    struct made m = factorial;
    m.levels = "[{'x.a': 1, 'x.b': 1}, {'x.a': 2, 'x.b': 2}, {'x.a': 3, 'x.b': 3}, "
               "{'x.a': 4, 'x.b': 4}]";
    bd_auto_json json_t *c = analyse(&m);
    ck_assert_uint_eq(json_array_size(json_object_get(metric(c, 0), "comparisons")), 3);
    const json_t *last = comparison_of(metric(c, 0), 2);
    ck_assert(json_is_null(json_object_get(last, "factor")));
    ck_assert_int_eq(bd_json_int(json_object_get(last, "level"), "x.a", 0), 4);
    ck_assert_int_eq(bd_json_int(last, "against", -1), 0);
    ck_assert_msg(strstr(word(c, 2), "makespan of a=4, b=4 is 12.003 times that of a=1, b=1") !=
                      NULL,
                  "%s", word(c, 2));
}
END_TEST

START_TEST(test_a_listed_cell_stands_beside_the_factors)
{
    struct made m = factorial;
    m.spec = "{" SPEC ", 'factors': {'x.policy': ['b', 'a']}, 'objectives': []}";
    m.levels = "[{'x.policy': 'b'}, {'x.policy': 'a'}, {'x.n': 3}]";
    m.metrics = "makespan";
    bd_auto_json json_t *c = analyse(&m);
    ck_assert_uint_eq(json_array_size(json_object_get(metric(c, 0), "comparisons")), 2);
    const json_t *first = comparison_of(metric(c, 0), 0), *listed = comparison_of(metric(c, 0), 1);
    ck_assert_str_eq(bd_json_str(first, "level", ""), "a");
    ck_assert(json_is_null(json_object_get(listed, "factor")));
    ck_assert_int_eq(bd_json_int(listed, "cell", -1), 2);
}
END_TEST

START_TEST(test_a_factor_with_a_condition_is_compared_where_it_holds)
{
    struct made m = factorial;
    m.spec = "{" SPEC ", 'factors': {'x.a': ['p', 'q'], 'x.b': {'levels': [1, 2], 'when': "
             "{'x.a': 'p'}}}, 'objectives': [{'metric': 'makespan', 'direction': 'min'}]}";
    m.levels = "[{'x.a': 'p', 'x.b': 1}, {'x.a': 'p', 'x.b': 2}, {'x.a': 'q'}]";
    bd_auto_json json_t *c = analyse(&m);
    ck_assert_uint_eq(json_array_size(json_object_get(metric(c, 0), "comparisons")), 2);
    const json_t *nested = comparison_of(metric(c, 0), 0), *other = comparison_of(metric(c, 0), 1);
    ck_assert_str_eq(bd_json_str(nested, "factor", ""), "x.b");
    ck_assert_str_eq(bd_json_str(json_object_get(nested, "context"), "x.a", ""), "p");
    ck_assert(json_is_null(json_object_get(other, "factor")));
    ck_assert_int_eq(bd_json_int(other, "cell", -1), 2);
}
END_TEST

static double nearly_alike(size_t metric, size_t cell, size_t block)
{
    return 10 * (cell ? 1.001 : 1) * noise(cell + metric, block);
}

START_TEST(test_equivalent_is_said_only_within_the_margin_of_the_objective)
{
    struct made m = {.spec = one_objective,
                     .levels = one_factor,
                     .blocks = 13,
                     .warmup = 1,
                     .metrics = "makespan",
                     .value = nearly_alike};
    bd_auto_json json_t *with = analyse(&m);
    const json_t *c = comparison_of(metric(with, 0), 0);
    ck_assert_str_eq(bd_json_str(c, "result", ""), "equivalent");
    const json_t *interval = json_object_get(json_object_get(c, "ratio"), "interval");
    ck_assert(bd_json_real(interval, "low", 0) > 1 / 1.05 &&
              bd_json_real(interval, "high", 9) < 1.05);
    ck_assert_ptr_nonnull(strstr(word(with, 0), "makespan: b and a are equivalent within 5 %"));
    m.spec = "{" SPEC ", 'objectives': [{'metric': 'makespan', 'direction': 'min'}]}";
    bd_auto_json json_t *without = analyse(&m);
    ck_assert(json_is_null(json_object_get(comparison_of(metric(without, 0), 0), "equivalence")));
}
END_TEST

START_TEST(test_a_table_is_compared_without_blocks)
{
    struct made m = factorial;
    m.table = true;
    m.warmup = 0;
    bd_auto_json json_t *c = analyse(&m);
    const json_t *overall = comparison_of(metric(c, 0), 3), *at_4 = comparison_of(metric(c, 0), 5);
    ck_assert(json_is_null(json_object_get(c, "campaign")));
    ck_assert(json_is_false(json_object_get(overall, "paired")));
    ck_assert_int_eq(bd_json_int(at_4, "n", 0), 26);
    ck_assert_str_eq(bd_json_str(json_object_get(at_4, "test"), "name", ""), "Mann-Whitney");
    ck_assert_str_eq(bd_json_str(at_4, "estimand", ""), "ratio");
    ck_assert_ptr_nonnull(strstr(bd_json_str(at_4, "sentence", ""), "(13 against 13 values, "));
    ck_assert_double_eq_tol(ratio(at_4), 4, 1e-2);
    const json_t *interval = json_object_get(json_object_get(at_4, "ratio"), "interval");
    ck_assert(bd_json_real(interval, "low", 9) < 4 && bd_json_real(interval, "high", 0) > 4);
    ck_assert(has_reason(c, "the values are from a table"));
    ck_assert(!has_reason(c, "warm up"));
    ck_assert_str_eq(status(c, 9), "not met");
}
END_TEST

START_TEST(test_effects_are_of_each_factor_and_each_two)
{
    bd_auto_json json_t *c = analyse(&factorial);
    const json_t *effects = json_object_get(metric(c, 0), "effects");
    const json_t *items = json_object_get(effects, "items");
    ck_assert_uint_eq(json_array_size(items), 3);
    double sum = bd_json_real(effects, "left", NAN);
    for (size_t i = 0; i < 3; i++)
        sum += bd_json_real(json_array_get(items, i), "share", NAN);
    ck_assert_double_eq_tol(sum, 1, 1e-9);
    ck_assert(json_is_true(json_object_get(effects, "balanced")));
    ck_assert_uint_eq(json_array_size(json_object_get(json_array_get(items, 2), "factors")), 2);
    ck_assert(json_is_object(json_object_get(json_array_get(items, 0), "test")));
    ck_assert(json_is_null(json_object_get(json_array_get(items, 2), "test")));
}
END_TEST

/* Cell 1 is quicker by makespan and slower by wait; cell 2 is worse in both. */
static double trade(size_t metric, size_t cell, size_t block)
{
    static const double levels[2][3] = {{2, 1, 3}, {1, 2, 3}};
    return levels[metric][cell] * luck(block) * noise(cell, block);
}

START_TEST(test_the_front_has_the_cells_that_none_is_better_than)
{
    struct made m = {.spec = two_objectives,
                     .levels = "[{'x': 'a'}, {'x': 'b'}, {'x': 'c'}]",
                     .blocks = 12,
                     .metrics = "makespan,wait",
                     .value = trade};
    bd_auto_json json_t *c = analyse(&m);
    const json_t *cells = json_object_get(json_object_get(c, "pareto"), "cells");
    for (size_t i = 0; i < 3; i++) {
        const json_t *cell = json_array_get(cells, i);
        ck_assert_int_eq(bd_json_bool(cell, "onFront", -1), i < 2);
        ck_assert_double_eq_tol(bd_json_real(cell, "probability", NAN), i < 2, 1e-9);
    }
    size_t last = json_array_size(json_object_get(c, "words")) - 1;
    ck_assert_str_eq(
        word(c, last),
        "by the medians of makespan and wait together no cell is better than a (on the front in "
        "100 % of 2000 resamples); b (on the front in 100 % of 2000 resamples)");
}
END_TEST

static double spread(size_t metric, size_t cell, size_t block)
{
    return (double)metric + (cell ? 3 : 1) * luck(block);
}

START_TEST(test_a_rule_for_stopping_raises_what_intervals_cover_with)
{
    struct made m = {
        .spec = "{'design': {'repetitions': {'min': 8, 'max': 40, 'until': {'metric': 'makespan', "
                "'relativeHalfWidth': 0.001, 'confidence': 0.9, 'every': 10}}}, 'objectives': "
                "[{'metric': 'makespan', 'direction': 'min'}]}",
        .levels = one_factor,
        .blocks = 18,
        .metrics = "makespan",
        .value = spread};
    bd_auto_json json_t *c = analyse(&m);
    const json_t *until = json_object_get(json_object_get(c, "design"), "until");
    ck_assert_double_eq(bd_json_real(c, "confidence", 0), 0.9);
    ck_assert_double_gt(bd_json_real(until, "intervalConfidence", 0), 0.9);
    ck_assert_double_ge(
        bd_json_real(json_object_get(cell_of(metric(c, 0), 0), "interval"), "coverage", 0),
        bd_json_real(until, "intervalConfidence", 1));
    ck_assert(json_is_false(json_object_get(until, "met")));
    ck_assert_int_eq(bd_json_int(until, "blocks", 0), 18);
    ck_assert(has_reason(c, "intervals are wider than was asked for: after 18 blocks that of "
                            "makespan in "));
}
END_TEST

static double still(size_t metric, size_t cell, size_t block)
{
    return metric ? noise(cell, block) : spread(metric, cell, block);
}

START_TEST(test_the_rule_for_stopping_may_be_of_a_metric_that_is_not_told)
{
    struct made m = {
        .spec =
            "{'design': {'warmup': 1, 'repetitions': {'min': 12, 'max': 40, 'until': {'metric': "
            "'wait', 'relativeHalfWidth': 0.01, 'every': 2}}}, 'objectives': "
            "[{'metric': 'makespan', 'direction': 'min'}]}",
        .levels = one_factor,
        .blocks = 41,
        .warmup = 1,
        .metrics = "makespan,wait",
        .value = still,
        .stop = 19};
    bd_auto_json json_t *c = analyse(&m);
    const json_t *until = json_object_get(json_object_get(c, "design"), "until");
    ck_assert_uint_eq(json_array_size(json_object_get(c, "metrics")), 1);
    ck_assert(json_is_true(json_object_get(until, "met")));
    ck_assert_int_eq(bd_json_int(until, "blocks", 0), 18);
    ck_assert_int_eq(bd_json_int(json_object_get(c, "runs"), "planned", 0), 36);
    ck_assert_str_eq(verdict(c), "publishable");
}
END_TEST

/* a gets slower from block to block, and its luck hides it. */
static double drifting(size_t metric, size_t cell, size_t block)
{
    double drift = cell ? 1 : 1 + 0.02 * (double)block;
    return drift * luck(block) * noise(cell + metric, block);
}

/* The first quarter of the blocks takes half as long again. */
static double warming(size_t metric, size_t cell, size_t block)
{
    return (block < 5 ? 1.5 : 1) * (cell ? 2 : 1) * noise(cell + 3 * metric, block);
}

START_TEST(test_drift_and_warming_up_are_seen)
{
    struct made m = {.spec = one_objective,
                     .levels = one_factor,
                     .blocks = 20,
                     .metrics = "makespan",
                     .value = drifting};
    bd_auto_json json_t *drift = analyse(&m);
    ck_assert(has_reason(drift, "drift: makespan in a rises over its 20 runs, by "));
    ck_assert(has_reason(drift, "a run relative to the block's level (corrected p = "));
    m.value = warming;
    bd_auto_json json_t *warm = analyse(&m);
    ck_assert(has_reason(warm,
                         "warm-up: makespan in the first 5 blocks that count is 1.5 times that "
                         "in the 15 after them (corrected p = "));
    m.value = spread;
    bd_auto_json json_t *neither = analyse(&m);
    ck_assert(!has_reason(neither, "drift: ") && !has_reason(neither, "warm-up: "));
}
END_TEST

/* Cell c, which is half as slow again, is not there from the tenth block on. */
static double without_c(size_t metric, size_t cell, size_t block)
{
    if (cell == 2 && block >= 9)
        return NAN;
    return (cell == 2 ? 1.5 : 1) * luck(block) * noise(cell + metric, block);
}

START_TEST(test_a_cell_that_lacks_blocks_is_no_drift_of_the_others)
{
    struct made m = {.spec = one_objective,
                     .levels = "[{'x': 'a'}, {'x': 'b'}, {'x': 'c'}]",
                     .blocks = 20,
                     .metrics = "makespan",
                     .value = without_c};
    bd_auto_json json_t *c = analyse(&m);
    ck_assert(!has_reason(c, "drift: "));
}
END_TEST

static double all_slower(size_t metric, size_t cell, size_t block)
{
    return (1 + 0.05 * (double)block) * (cell ? 2 : 1) * noise(cell + metric, block);
}

START_TEST(test_what_all_cells_drift_by_is_seen_in_the_blocks)
{
    struct made m = {.spec = one_objective,
                     .levels = one_factor,
                     .blocks = 8,
                     .metrics = "makespan",
                     .value = all_slower};
    bd_auto_json json_t *c = analyse(&m);
    ck_assert(has_reason(c, "drift: makespan rises over the 8 blocks in all cells, by "));
    const json_t *drift = json_object_get(metric(c, 0), "drift");
    ck_assert(json_is_null(json_object_get(drift, "cell")));
    ck_assert(json_is_true(json_object_get(drift, "canSee")));
    const json_t *warming = json_object_get(metric(c, 0), "warming");
    ck_assert(json_is_false(json_object_get(warming, "canSee")));
}
END_TEST

/* b is better where n is 2 and worse where it is 4. */
static double turning(size_t metric, size_t cell, size_t block)
{
    static const double levels[4] = {10, 6, 10, 13};
    return levels[cell] * luck(block) * noise(cell + metric, block);
}

START_TEST(test_contexts_that_contradict_each_other_are_mixed)
{
    struct made m = factorial;
    m.value = turning;
    bd_auto_json json_t *c = analyse(&m);
    const json_t *overall = comparison_of(metric(c, 0), 3);
    ck_assert_str_eq(bd_json_str(overall, "result", ""), "mixed");
    const char *sentence = bd_json_str(overall, "sentence", "");
    ck_assert_ptr_nonnull(
        strstr(sentence, "makespan: how b compares with a depends on the other factors"));
    ck_assert_msg(strstr(sentence, "; from 0.6002 times where n=2 to 1.2997 times where n=4; ") !=
                      NULL,
                  "%s", sentence);
}
END_TEST

START_TEST(test_what_was_chosen_afterwards_or_run_in_one_order_is_exploratory)
{
    struct made m = {.spec = one_objective,
                     .levels = one_factor,
                     .blocks = 13,
                     .warmup = 1,
                     .metrics = "makespan",
                     .value = spread};
    bd_auto_json json_t *plain = analyse(&m);
    ck_assert_str_eq(verdict(plain), "publishable");
    m.confidence = 0.99;
    bd_auto_json json_t *more = analyse(&m);
    ck_assert_str_eq(verdict(more), "publishable");
    m.confidence = 0.6;
    bd_auto_json json_t *less = analyse(&m);
    ck_assert_str_eq(verdict(less), "exploratory");
    ck_assert(has_reason(
        less, "a confidence of 60 % was asked for afterwards, and the design's is 95 %"));
    m.confidence = 0;
    m.spec = "{" SPEC ", 'design': {'order': 'as-written'}, "
             "'objectives': [{'metric': 'makespan', 'direction': 'min'}]}";
    bd_auto_json json_t *written = analyse(&m);
    ck_assert_str_eq(verdict(written), "exploratory");
    ck_assert(has_reason(written, "cells were run in the same order in every block"));
}
END_TEST

static double apart(size_t metric, size_t cell, size_t block)
{
    return (cell == 0) == (block < 6) ? 10 * noise(cell + metric, block) : NAN;
}

START_TEST(test_cells_without_a_block_in_common_are_no_result)
{
    struct made m = {.spec = one_objective,
                     .levels = one_factor,
                     .blocks = 12,
                     .metrics = "makespan",
                     .value = apart};
    bd_auto_json json_t *c = analyse(&m);
    ck_assert_str_eq(verdict(c), "invalid");
    ck_assert(has_reason(c, "no block has values of two cells that are compared"));
    ck_assert(json_is_null(
        json_object_get(json_object_get(comparison_of(metric(c, 0), 0), "delta"), "value")));
}
END_TEST

static uint64_t sown;

static double sown_value(size_t metric, size_t cell, size_t block)
{
    struct bd_rng rng;
    bd_rng_init(&rng, sown, (uint64_t)(metric << 20 | cell << 10 | block));
    double u = bd_rng_unit(&rng), scale = 1 + 0.04 * (double)(cell * (sown % 7));
    return scale * exp(0.3 * (u - 0.5)) - (sown % 5 == 0 ? 1 : 0);
}

/* Whatever the data: what is told stands on the side that the result says, and its interval too. */
START_TEST(test_sentence_figure_and_result_agree)
{
    struct made m = {
        .spec = one_objective, .levels = one_factor, .metrics = "makespan", .value = sown_value};
    size_t resolved = 0;
    for (sown = 1; sown <= 200; sown++) {
        m.blocks = 6 + sown % 20;
        m.table = sown % 2;
        bd_auto_json json_t *c = analyse(&m);
        const json_t *one = comparison_of(metric(c, 0), 0);
        const char *estimand = bd_json_str(one, "estimand", ""),
                   *result = bd_json_str(one, "result", "");
        const json_t *told = json_object_get(one, estimand),
                     *interval = json_object_get(told, "interval");
        double none = strcmp(estimand, "ratio") == 0, by = bd_json_real(told, "estimate", NAN);
        double low = bd_json_real(interval, "low", NAN), high = bd_json_real(interval, "high", NAN);
        bool worse = strcmp(result, "worse") == 0, better = strcmp(result, "better") == 0;
        resolved += worse || better;
        ck_assert_msg(!worse || (by > none && low > none), "seed %zu: %s", (size_t)sown,
                      bd_json_str(one, "sentence", ""));
        ck_assert_msg(!better || (by < none && high < none), "seed %zu", (size_t)sown);
        ck_assert_msg(strcmp(result, "equivalent") != 0 || (low > 1 / 1.05 && high < 1.05),
                      "seed %zu: %s", (size_t)sown, bd_json_str(one, "sentence", ""));
    }
    ck_assert_uint_gt(resolved, 100);
}
END_TEST

/* Of some runs nothing is there, of others one metric; values of both signs. */
static double gaps(size_t metric, size_t cell, size_t block)
{
    double draw = noise(cell + 3 * metric, block) - 1;
    return draw < 0.0003 ? NAN : 1e3 * draw - 0.6;
}

static double trade_of_all(size_t metric, size_t cell, size_t block)
{
    return luck(block) * noise(cell + metric, block);
}

START_TEST(test_gaps_are_told_as_what_they_are)
{
    struct made m = {
        .spec = two_objectives, .levels = TWO_BY_TWO, .metrics = "makespan,wait", .value = gaps};
    for (m.blocks = 1; m.blocks < 12; m.blocks++) {
        m.table = m.blocks % 2;
        bd_auto_json json_t *c = analyse(&m); /* its form is looked at */
        ck_assert_str_ne(verdict(c), "publishable");
        for (size_t i = 0; metric(c, 0) && i < 6; i++)
            ck_assert(json_is_null(json_object_get(comparison_of(metric(c, 0), i), "ratio")) ||
                      m.blocks == 1);
    }
}
END_TEST

START_TEST(test_of_too_many_comparisons_those_within_contexts_are_left_out)
{
    bd_auto_json json_t *levels = json_array();
    for (int i = 0; i < 1000; i++)
        json_array_append_new(levels, json_pack("{s:i, s:i, s:i}", "x.a", i / 100, "x.b",
                                                i / 10 % 10, "x.c", i % 10));
    bd_auto_free char *text = json_dumps(levels, 0);
    struct made m = {.spec = "{'objectives': []}",
                     .levels = text,
                     .blocks = 2,
                     .metrics = "a,b,c,d,e,f,g,h",
                     .value = trade_of_all};
    bd_auto_json json_t *c = analyse(&m);
    ck_assert_uint_eq(json_array_size(json_object_get(c, "metrics")), 8);
    ck_assert_uint_eq(json_array_size(json_object_get(metric(c, 0), "comparisons")), 27);
    ck_assert_int_eq(bd_json_int(c, "comparisonsLeftOut", 0), 2700);
    ck_assert_str_eq(status(c, 2), "not met");
}
END_TEST

START_TEST(test_confidence_is_that_asked_for)
{
    struct made m = factorial;
    m.confidence = 0.999;
    bd_auto_json json_t *c = analyse(&m);
    const json_t *interval = json_object_get(cell_of(metric(c, 0), 0), "interval");
    ck_assert_double_ge(bd_json_real(interval, "coverage", 0), 0.999);
    ck_assert_str_eq(bd_json_str(comparison_of(metric(c, 0), 3), "result", ""), "unresolved");
    ck_assert(has_reason(c, "no difference can be resolved"));
}
END_TEST

UNIT_MAIN("analysis-design", test_levels_are_compared_over_all_others_and_in_each_context,
          test_words_are_of_what_is_within_nothing_else,
          test_what_is_asked_for_does_not_change_what_p_is_corrected_for,
          test_cells_that_are_like_no_other_are_compared_with_the_first,
          test_a_listed_cell_stands_beside_the_factors,
          test_a_factor_with_a_condition_is_compared_where_it_holds,
          test_equivalent_is_said_only_within_the_margin_of_the_objective,
          test_a_table_is_compared_without_blocks, test_effects_are_of_each_factor_and_each_two,
          test_the_front_has_the_cells_that_none_is_better_than,
          test_a_rule_for_stopping_raises_what_intervals_cover_with,
          test_the_rule_for_stopping_may_be_of_a_metric_that_is_not_told,
          test_drift_and_warming_up_are_seen, test_gaps_are_told_as_what_they_are,
          test_of_too_many_comparisons_those_within_contexts_are_left_out,
          test_confidence_is_that_asked_for,
          test_a_cell_that_lacks_blocks_is_no_drift_of_the_others,
          test_what_all_cells_drift_by_is_seen_in_the_blocks,
          test_contexts_that_contradict_each_other_are_mixed,
          test_what_was_chosen_afterwards_or_run_in_one_order_is_exploratory,
          test_cells_without_a_block_in_common_are_no_result, test_sentence_figure_and_result_agree)
