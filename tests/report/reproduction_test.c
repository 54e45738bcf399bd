/* Differences of documents, and whether a result was found again. */
#include "lib/report/differences.h"
#include "lib/report/reproduction.h"

#include "lib/base/json.h"
#include "lib/stats/distributions.h"
#include "lib/stats/effect.h"
#include "tests/base/unit.h"

#include <math.h>
#include <string.h>

static json_t *parsed(const char *text)
{
    struct bd_err err = BD_ERR_INIT;
    json_t *json = NULL;
    ck_assert_msg(bd_json_parse(text, strlen(text), &json, &err) == 0, "%s: %s", text, err.text);
    return json;
}

START_TEST(differences_are_told_by_path)
{
    static const struct {
        const char *before, *after, *found;
    } cases[] = {
        {"{}", "{}", "[]"},
        {"{\"a\":1}", "{\"a\":1.0}", "[]"},
        {"{\"a\":null}", "{}", "[]"},
        {"{\"a\":{\"b\":1,\"c\":2},\"z\":0}", "{\"z\":1,\"a\":{\"c\":2,\"b\":[3]}}",
         "[{\"after\":[3],\"before\":1,\"path\":\"a.b\"},{\"after\":1,\"before\":0,\"path\":\"z\"}"
         "]"},
        {"{\"a\":{\"b\":1}}", "{}", "[{\"after\":null,\"before\":{\"b\":1},\"path\":\"a\"}]"},
        {"{\"a\":1}", "{\"a\":{\"b\":1}}", "[{\"after\":{\"b\":1},\"before\":1,\"path\":\"a\"}]"},
        {"{\"a\":[1,2]}", "{\"a\":[2,1]}", "[{\"after\":[2,1],\"before\":[1,2],\"path\":\"a\"}]"},
        {"{\"name\":\"x\",\"b\":{\"name\":1}}", "{\"name\":\"y\",\"b\":{\"name\":2}}",
         "[{\"after\":2,\"before\":1,\"path\":\"b.name\"}]"},
    };
    static const char *const except[] = {"name", NULL};
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *before = parsed(cases[i].before), *after = parsed(cases[i].after);
        bd_auto_json json_t *found = differences(before, after, except);
        bd_auto_free char *text = bd_json_text(found);
        ck_assert_str_eq(text, cases[i].found);
    }
}
END_TEST

/* One comparison of an analysis; low >= high: it has no interval. */
struct said {
    double ratio, low, high;
    const char *result;
};

#define MARGIN 0.05

static json_t *comparison_of(const struct said *said)
{
    json_t *interval = said->low < said->high ? json_pack("{s:f, s:f, s:f}", "low", said->low,
                                                          "high", said->high, "coverage", 0.95)
                                              : json_null();
    return json_pack("{s:s, s:s, s:s, s:n, s:i, s:i, s:s, s:n, s:{s:i, s:f, s:o}, s:{s:f}, s:s}",
                     "factor", "policy", "level", "b", "reference", "a", "context", "cell", 1,
                     "against", 0, "estimand", "ratio", "difference", "ratio", "n", 8, "estimate",
                     said->ratio, "interval", interval, "equivalence", "margin", MARGIN, "result",
                     said->result);
}

static json_t *metric_of(const char *name, const char *direction, const struct said *said)
{
    return json_pack("{s:s, s:s, s:[{s:i, s:f, s:n}, {s:i, s:f, s:n}], s:[o]}", "name", name,
                     "direction", direction, "cells", "n", 8, "median", 10.0, "interval", "n", 8,
                     "median", 10 * said->ratio, "interval", "comparisons", comparison_of(said));
}

/* An analysis of one metric with one comparison. */
static json_t *analysis_of(const char *direction, const struct said *said)
{
    return json_pack("{s:s, s:f, s:[{s:s}, {s:s}], s:[o]}", "campaign", "5a6b7c8d", "confidence",
                     0.95, "cells", "name", "a", "name", "b", "metrics",
                     metric_of("makespan", direction, said));
}

START_TEST(each_pair_of_findings_has_its_answer)
{
    static const struct {
        const char *direction;
        struct said before, after;
        enum reproduction answer;
        const char *why;
    } cases[] = {
        {"min",
         {1.3, 1.2, 1.4, "worse"},
         {1.25, 1.1, 1.3, "worse"},
         REPRODUCED,
         "the same direction again"},
        {"min",
         {1.3, 1.2, 1.4, "worse"},
         {1.25, 1.1, 1.3, "higher"},
         REPRODUCED,
         "the same direction again"},
        {"max",
         {1.3, 1.2, 1.4, "better"},
         {1.25, 1.1, 1.3, "higher"},
         REPRODUCED,
         "the same direction again"},
        {"min", {1.1, 0, 0, "worse"}, {1.3, 0, 0, "worse"}, REPRODUCED, "the same direction again"},
        {"min",
         {1.3, 1.2, 1.4, "worse"},
         {0.8, 0.7, 0.9, "better"},
         NOT_REPRODUCED,
         "the difference goes the other way now"},
        {"min",
         {1.3, 1.2, 1.4, "worse"},
         {1.2, 0.9, 1.4, "unresolved"},
         INCONCLUSIVE,
         "the reproduction resolved nothing here"},
        {"min",
         {1.3, 1.2, 1.4, "worse"},
         {1.2, 0, 0, "unresolved"},
         INCONCLUSIVE,
         "the reproduction resolved nothing here"},
        {"min",
         {1.1, 0.9, 1.2, "unresolved"},
         {1.3, 1.2, 1.4, "worse"},
         INCONCLUSIVE,
         "the original resolved nothing here"},
        /* The size: that of the intervals' difference, not whether they meet. */
        {"min",
         {1.3, 1.2, 1.4, "worse"},
         {1.05, 1.01, 1.1, "worse"},
         NOT_REPRODUCED,
         "its size is another now"},
        {"min",
         {1.3, 1.2, 1.4, "worse"},
         {1.12, 1.02, 1.22, "worse"},
         NOT_REPRODUCED,
         "its size is another now"},
        {"min",
         {1.3, 1.2, 1.4, "worse"},
         {1.17, 1.07, 1.27, "worse"},
         REPRODUCED,
         "the same direction again"},
        {"min",
         {1.3, 1.2, 1.4, "worse"},
         {1.0, 0.9, 1.1, "unresolved"},
         NOT_REPRODUCED,
         "its size is another now"},
        /* 1 % within 5 %: resolved then, equivalent now, and the same all the time. */
        {"min",
         {1.01, 1.005, 1.015, "worse"},
         {1.012, 1.005, 1.02, "equivalent"},
         REPRODUCED,
         "the same direction again"},
        {"min",
         {1.01, 1.005, 1.015, "worse"},
         {1.0, 0.98, 1.02, "equivalent"},
         INCONCLUSIVE,
         "now it is within the margin, and has no direction"},
        {"min",
         {1.3, 0.9, 1.4, "worse"},
         {1.0, 0.99, 1.01, "equivalent"},
         INCONCLUSIVE,
         "now it is within the margin, and has no direction"},
        {"min",
         {1.01, 1.005, 1.015, "equivalent"},
         {1.012, 1.005, 1.02, "worse"},
         REPRODUCED,
         "within the margin again"},
        {"min",
         {1.0, 0.99, 1.01, "equivalent"},
         {1.0, 0.98, 1.02, "unresolved"},
         REPRODUCED,
         "within the margin again"},
        {"min",
         {1.0, 0.99, 1.01, "equivalent"},
         {1.2, 1.1, 1.3, "worse"},
         NOT_REPRODUCED,
         "it was within the margin, and now it is outside"},
        {"min",
         {1.0, 0.99, 1.01, "equivalent"},
         {0.8, 0.7, 0.9, "better"},
         NOT_REPRODUCED,
         "it was within the margin, and now it is outside"},
        {"min",
         {1.0, 0.99, 1.01, "equivalent"},
         {1.2, 1.0, 1.3, "worse"},
         INCONCLUSIVE,
         "it was within the margin, and now it may be or not"},
        {"min",
         {1.0, 0.99, 1.01, "equivalent"},
         {1.0, 0, 0, "unresolved"},
         INCONCLUSIVE,
         "the original is equivalent, and there is no interval to hold to its margin"},
        /* What differs in direction from one context to the next. */
        {"min",
         {0.9, 0.8, 0.95, "mixed"},
         {0.9, 0.8, 0.95, "better"},
         INCONCLUSIVE,
         "the original found both ways, in different contexts"},
        {"min",
         {0.9, 0.8, 0.95, "better"},
         {0.9, 0.8, 0.95, "mixed"},
         INCONCLUSIVE,
         "it goes both ways now, in different contexts"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *before = analysis_of(cases[i].direction, &cases[i].before);
        bd_auto_json json_t *after = analysis_of(cases[i].direction, &cases[i].after);
        enum reproduction answer;
        bd_auto_json json_t *json = reproduction_json(before, after, &answer);
        const json_t *one = json_array_get(json_object_get(json, "comparisons"), 0);
        ck_assert_msg(strcmp(bd_json_str(one, "why", ""), cases[i].why) == 0, "case %zu: %s", i,
                      bd_json_str(one, "why", ""));
        ck_assert_str_eq(bd_json_str(one, "answer", ""), reproduction_to_str(cases[i].answer));
        ck_assert_str_eq(bd_json_str(json, "answer", ""), reproduction_to_str(answer));
        ck_assert_int_eq(answer, cases[i].answer);
    }
}
END_TEST

/* Where values may be 0 the figures are differences, in the unit. */
START_TEST(differences_are_held_against_each_other_as_ratios_are)
{
    static const struct {
        struct said before, after;
        enum reproduction answer;
    } cases[] = {
        {{3, 2, 4, "worse"}, {2.5, 1, 4, "worse"}, REPRODUCED},
        {{3, 2, 4, "worse"}, {0.2, 0.1, 0.3, "worse"}, NOT_REPRODUCED},
        {{-3, -4, -2, "better"}, {3, 2, 4, "worse"}, NOT_REPRODUCED},
        {{0, -1, 1, "equivalent"}, {0.5, -1, 2, "equivalent"}, REPRODUCED},
        {{0, -1, 1, "equivalent"}, {7, 6, 8, "worse"}, NOT_REPRODUCED},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        json_t *analyses[] = {analysis_of("min", &cases[i].before),
                              analysis_of("min", &cases[i].after)};
        for (size_t k = 0; k < 2; k++) {
            json_t *metric = json_array_get(json_object_get(analyses[k], "metrics"), 0);
            json_t *one = json_array_get(json_object_get(metric, "comparisons"), 0);
            json_object_set(one, "difference", json_object_get(one, "ratio"));
            json_object_set_new(one, "ratio", json_null());
            json_object_set_new(one, "estimand", json_string("difference"));
            json_object_set_new(json_object_get(one, "equivalence"), "marginAbsolute",
                                json_real(2));
        }
        enum reproduction answer;
        bd_auto_json json_t *json = reproduction_json(analyses[0], analyses[1], &answer);
        ck_assert_msg(answer == cases[i].answer, "case %zu: %s", i, reproduction_to_str(answer));
        json_decref(analyses[0]);
        json_decref(analyses[1]);
    }
}
END_TEST

static void add_metric(json_t *analysis, const char *name, const struct said *said)
{
    json_array_append_new(json_object_get(analysis, "metrics"), metric_of(name, "min", said));
}

START_TEST(all_that_was_resolved_has_to_be_found_again_and_one_contrary_decides)
{
    static const struct said worse = {1.3, 1.2, 1.4, "worse"}, better = {0.7, 0.6, 0.8, "better"},
                             nothing = {1, 0.9, 1.1, "unresolved"};
    static const struct {
        const struct said *before, *after; /* of a second metric; NULL: it is not there */
        enum reproduction answer;
        const char *why, *of_metric;
    } cases[] = {
        {&nothing, &better, REPRODUCED,
         "of 1 comparison that the original resolved (of 2) 1 reproduced, 0 not, 0 inconclusive",
         "the original resolved nothing here"},
        {&better, &better, REPRODUCED,
         "of 2 comparisons that the original resolved (of 2) 2 reproduced, 0 not, 0 inconclusive",
         "the same direction again"},
        {&better, NULL, INCONCLUSIVE,
         "of 2 comparisons that the original resolved (of 2) 1 reproduced, 0 not, 1 inconclusive",
         "the reproduction did not measure this metric"},
        {&better, &worse, NOT_REPRODUCED,
         "of 2 comparisons that the original resolved (of 2) 1 reproduced, 1 not, 0 inconclusive",
         "the difference goes the other way now"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *before = analysis_of("min", &worse);
        bd_auto_json json_t *after = analysis_of("min", &worse);
        enum reproduction answer;
        add_metric(before, "wait", cases[i].before);
        if (cases[i].after)
            add_metric(after, "wait", cases[i].after);
        bd_auto_json json_t *json = reproduction_json(before, after, &answer);
        const json_t *second = json_array_get(json_object_get(json, "comparisons"), 1);
        ck_assert_msg(answer == cases[i].answer, "case %zu: %s", i, reproduction_to_str(answer));
        ck_assert_str_eq(bd_json_str(json, "why", ""), cases[i].why);
        ck_assert_str_eq(bd_json_str(second, "why", ""), cases[i].of_metric);
    }
}
END_TEST

START_TEST(an_original_that_resolved_nothing_is_not_reproduced)
{
    static const struct said nothing = {1, 0.9, 1.1, "unresolved"};
    bd_auto_json json_t *one = analysis_of("min", &nothing);
    enum reproduction answer;
    bd_auto_json json_t *json = reproduction_json(one, one, &answer);
    ck_assert_int_eq(answer, INCONCLUSIVE);
    ck_assert_str_eq(bd_json_str(json, "why", ""), "of 1 comparison the original resolved none");
}
END_TEST

/* What fails as one of one comparison may do so by chance as one of 40. */
START_TEST(sizes_are_held_against_each_other_for_all_comparisons_together)
{
    static const struct said before = {1.3, 1.2, 1.4, "worse"}, after = {1.12, 1.02, 1.22, "worse"};
    for (size_t more = 0; more <= 39; more += 39) {
        bd_auto_json json_t *x = analysis_of("min", &before), *y = analysis_of("min", &after);
        enum reproduction answer;
        for (size_t i = 0; i < more; i++) {
            bd_auto_free char *name = bd_xasprintf("m%zu", i);
            add_metric(x, name, &before);
            add_metric(y, name, &before);
        }
        bd_auto_json json_t *json = reproduction_json(x, y, &answer);
        ck_assert_int_eq(answer, more ? REPRODUCED : NOT_REPRODUCED);
    }
}
END_TEST

static double next_unit(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

/* The reported figures of 12 blocks whose ratios are about 1.2. */
static struct said measured(uint64_t *state)
{
    double of[12], zeros[12] = {0};
    struct stats_shift shift;
    for (size_t i = 0; i < BD_ARRAY_LEN(of); i++)
        of[i] = log(1.2) + 0.05 * stats_normal_quantile(next_unit(state));
    stats_shift_pairs(of, zeros, BD_ARRAY_LEN(of), 0.95, &shift);
    return (struct said){exp(shift.estimate), exp(shift.interval.low), exp(shift.interval.high),
                         "worse"};
}

/* docs/across.md: about 5 % of them do, whatever the number of comparisons. */
START_TEST(few_true_reproductions_fail_by_size)
{
    enum { FAMILIES = 300, OF = 10 };
    uint64_t state = 11;
    size_t failed = 0;
    for (size_t i = 0; i < FAMILIES; i++) {
        struct said first = measured(&state), again = measured(&state);
        bd_auto_json json_t *x = analysis_of("min", &first), *y = analysis_of("min", &again);
        enum reproduction answer;
        for (size_t k = 1; k < OF; k++) {
            bd_auto_free char *name = bd_xasprintf("m%zu", k);
            first = measured(&state);
            again = measured(&state);
            add_metric(x, name, &first);
            add_metric(y, name, &again);
        }
        bd_auto_json json_t *json = reproduction_json(x, y, &answer);
        failed += answer == NOT_REPRODUCED;
    }
    ck_assert_uint_ge(failed, FAMILIES / 100);
    ck_assert_uint_le(failed, FAMILIES / 12);
}
END_TEST

/* A crate has every digit of a level, the interface 15. */
START_TEST(a_level_with_more_digits_than_the_interface_writes_is_found_again)
{
    static const struct {
        double before, after;
        enum reproduction answer;
    } cases[] = {
        {0.1 + 0.2, 0.3, REPRODUCED},
        {1.0 / 3, 0.333333333333333, REPRODUCED},
        {0.3, 0.31, INCONCLUSIVE},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        const double levels[] = {cases[i].before, cases[i].after};
        static const struct said worse = {1.3, 1.2, 1.4, "worse"};
        json_t *analyses[2];
        for (size_t k = 0; k < 2; k++) {
            analyses[k] = analysis_of("min", &worse);
            json_t *metric = json_array_get(json_object_get(analyses[k], "metrics"), 0);
            json_t *one = json_array_get(json_object_get(metric, "comparisons"), 0);
            json_object_set_new(one, "level", json_real(levels[k]));
        }
        enum reproduction answer;
        bd_auto_json json_t *json = reproduction_json(analyses[0], analyses[1], &answer);
        ck_assert_msg(answer == cases[i].answer, "case %zu: %s", i, reproduction_to_str(answer));
        json_decref(analyses[0]);
        json_decref(analyses[1]);
    }
}
END_TEST

UNIT_MAIN("reproduction", differences_are_told_by_path, each_pair_of_findings_has_its_answer,
          differences_are_held_against_each_other_as_ratios_are,
          all_that_was_resolved_has_to_be_found_again_and_one_contrary_decides,
          an_original_that_resolved_nothing_is_not_reproduced,
          sizes_are_held_against_each_other_for_all_comparisons_together,
          few_true_reproductions_fail_by_size,
          a_level_with_more_digits_than_the_interface_writes_is_found_again)
