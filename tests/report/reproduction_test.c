/* Differences of documents, and whether a result was found again. */
#include "lib/report/differences.h"
#include "lib/report/reproduction.h"

#include "lib/base/json.h"
#include "tests/base/unit.h"

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

/* An analysis of one metric with one comparison; interval NULL: none. */
static json_t *analysis_of(const char *direction, double ratio, double low, double high,
                           const char *result)
{
    json_t *interval =
        low < high ? json_pack("{s:f, s:f, s:f}", "low", low, "high", high, "coverage", 0.97)
                   : json_null();
    return json_pack("{s:s, s:[{s:s}, {s:s}], s:[{s:s, s:s, s:[{s:i, s:f, s:n}, {s:i, s:f, s:n}],"
                     " s:[{s:s, s:s, s:s, s:n, s:i, s:i, s:{s:f, s:o}, s:s}]}]}",
                     "campaign", "5a6b7c8d", "cells", "name", "a", "name", "b", "metrics", "name",
                     "makespan", "direction", direction, "cells", "n", 8, "median", 10.0,
                     "interval", "n", 8, "median", 10 * ratio, "interval", "comparisons", "factor",
                     "policy", "level", "b", "reference", "a", "context", "cell", 1, "against", 0,
                     "ratio", "median", ratio, "interval", interval, "result", result);
}

START_TEST(each_pair_of_findings_has_its_answer)
{
    static const struct {
        const char *direction;
        struct {
            double ratio, low, high;
            const char *result;
        } before, after;
        enum reproduction answer;
    } cases[] = {
        {"min", {1.3, 1.2, 1.4, "worse"}, {1.25, 1.1, 1.3, "worse"}, REPRODUCED},
        {"min", {1.3, 1.2, 1.4, "worse"}, {1.25, 1.1, 1.3, "higher"}, REPRODUCED},
        {"max", {1.3, 1.2, 1.4, "better"}, {1.25, 1.1, 1.3, "higher"}, REPRODUCED},
        {"min", {1.3, 1.2, 1.4, "worse"}, {1.05, 1.01, 1.1, "worse"}, NOT_REPRODUCED},
        {"min", {1.3, 1.2, 1.4, "worse"}, {0.8, 0.7, 0.9, "better"}, NOT_REPRODUCED},
        {"min", {1.3, 0.9, 1.4, "worse"}, {1.0, 0.99, 1.01, "equivalent"}, NOT_REPRODUCED},
        {"min", {1.0, 0.99, 1.01, "equivalent"}, {1.0, 0.98, 1.02, "equivalent"}, REPRODUCED},
        {"min", {1.0, 0.99, 1.01, "equivalent"}, {1.2, 1.0, 1.3, "worse"}, NOT_REPRODUCED},
        {"min", {1.3, 1.2, 1.4, "worse"}, {1.2, 0.9, 1.4, "unresolved"}, INCONCLUSIVE},
        {"min", {1.3, 1.2, 1.4, "worse"}, {1.0, 0.9, 1.1, "unresolved"}, NOT_REPRODUCED},
        {"min", {1.3, 1.2, 1.4, "worse"}, {1.2, 0, 0, "unresolved"}, INCONCLUSIVE},
        {"min", {1.1, 0.9, 1.2, "unresolved"}, {1.3, 1.2, 1.4, "worse"}, INCONCLUSIVE},
        {"min", {1.1, 0, 0, "worse"}, {1.3, 0, 0, "worse"}, REPRODUCED},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        const char *direction = cases[i].direction;
        bd_auto_json json_t *before =
            analysis_of(direction, cases[i].before.ratio, cases[i].before.low, cases[i].before.high,
                        cases[i].before.result);
        bd_auto_json json_t *after =
            analysis_of(direction, cases[i].after.ratio, cases[i].after.low, cases[i].after.high,
                        cases[i].after.result);
        enum reproduction answer;
        bd_auto_json json_t *json = reproduction_json(before, after, &answer);
        ck_assert_msg(answer == cases[i].answer, "case %zu: %s", i, reproduction_to_str(answer));
        ck_assert_str_eq(bd_json_str(json, "answer", ""), reproduction_to_str(answer));
        const json_t *one = json_array_get(json_object_get(json, "comparisons"), 0);
        ck_assert_str_eq(bd_json_str(one, "answer", ""), reproduction_to_str(answer));
    }
}
END_TEST

START_TEST(a_comparison_that_is_gone_is_inconclusive_and_one_contrary_decides)
{
    bd_auto_json json_t *before = analysis_of("min", 1.3, 1.2, 1.4, "worse");
    bd_auto_json json_t *after = analysis_of("min", 1.3, 1.2, 1.4, "worse");
    bd_auto_json json_t *other = analysis_of("min", 0.7, 0.6, 0.8, "better");
    enum reproduction answer;
    json_t *metric = json_array_get(json_object_get(other, "metrics"), 0);
    json_object_set_new(metric, "name", json_string("wait"));
    json_array_append(json_object_get(before, "metrics"), metric);
    bd_auto_json json_t *without = reproduction_json(before, after, &answer);
    ck_assert_int_eq(answer, REPRODUCED);
    ck_assert_str_eq(bd_json_str(without, "why", ""),
                     "of 2 comparisons 1 reproduced, 0 not, 1 inconclusive");

    bd_auto_json json_t *turned = json_deep_copy(metric);
    json_t *comparison = json_array_get(json_object_get(turned, "comparisons"), 0);
    json_object_set_new(comparison, "result", json_string("worse"));
    json_array_append(json_object_get(after, "metrics"), turned);
    bd_auto_json json_t *with = reproduction_json(before, after, &answer);
    ck_assert_int_eq(answer, NOT_REPRODUCED);
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
        json_t *analyses[2];
        for (size_t k = 0; k < 2; k++) {
            analyses[k] = analysis_of("min", 1.3, 1.2, 1.4, "worse");
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
          a_comparison_that_is_gone_is_inconclusive_and_one_contrary_decides,
          a_level_with_more_digits_than_the_interface_writes_is_found_again)
