/* From a table and its design to an analysis: what is refused, and what of it counts as what. */
#include "suites.h"

#include "clients/benchctl/results.h"

#include "lib/yaml/yaml.h"

#include <math.h>
#include <string.h>

static json_t *yaml(const char *text)
{
    struct bd_err err = BD_ERR_INIT;
    json_t *json = NULL;
    ck_assert_msg(yaml_parse(text, strlen(text), "d.yaml", &json, NULL, &err) == 0, "%s", err.text);
    return json;
}

/* Faults and lines, a line each; "" where there is an analysis, which *ret_analysis then is. */
static char *analyse(const char *design_text, const char *table_text, json_t **ret_analysis)
{
    bd_auto_json json_t *design = yaml(design_text);
    csv_auto_table struct csv_table table = {0};
    bd_auto_faults struct schema_faults faults = {0};
    bd_auto_strv struct bd_strv lines = {0};
    struct bd_err err = BD_ERR_INIT;
    struct bd_str out = {0};
    size_t more = 0;
    ck_assert_msg(csv_read(table_text, strlen(table_text), "t.csv", &table, &err) == 0, "%s",
                  err.text);
    const struct results results = {&table, "t.csv", design, &faults, &lines, &more};
    json_t *analysis = results_design(design, &faults) ? results_analyse(&results) : NULL;
    for (size_t i = 0; i < faults.n; i++)
        bd_str_addf(&out, "%s: expected %s, got %s\n", faults.items[i].pointer,
                    faults.items[i].expected,
                    faults.items[i].got ? faults.items[i].got : "nothing");
    for (size_t i = 0; i < lines.n; i++)
        bd_str_addf(&out, "%s\n", lines.items[i]);
    if (more)
        bd_str_addf(&out, "%zu more\n", more);
    ck_assert((analysis == NULL) == (out.len > 0));
    if (ret_analysis)
        *ret_analysis = analysis;
    else
        json_decref(analysis);
    return bd_str_take(&out);
}

#define METRICS "metrics: {makespan: {unit: s, kind: cost, direction: min}}\n"
#define DESIGN  "factors: [policy]\nblock: day\n" METRICS
#define TABLE   "policy,day,makespan\na,1,1\nb,1,2\na,2,3\nb,2,4\n"

static const struct {
    const char *design, *table, *expected;
} refused[] = {
    {"factors: [policy]\npaired: true\n" METRICS, TABLE,
     ": expected 'block', the column that says which runs belong together, or 'paired: false', got "
     "nothing\n"},
    {DESIGN "paired: false\n", TABLE,
     "/paired: expected true where 'block' is given; without it runs are not paired, got false\n"},
    {DESIGN "until: {metric: waits, relativeHalfWidth: 0.05}\n", TABLE,
     "/until/metric: expected one of 'metrics', got waits\n"},
    {"factors: [policy]\nmetrics: {makespan: {unit: s, kind: cost, margin: 0%}}\n", TABLE,
     "/metrics/makespan/margin: expected more than 0%, got 0%\n"},
    {"factors: [polcy]\n" METRICS, TABLE,
     "/factors/0: expected a column of t.csv: policy, day, makespan, got polcy\n"},
    {"factors: [policy]\nmetrics: {makespan: {unit: s, kind: cost, column: time}}\n", TABLE,
     "/metrics/makespan/column: expected a column of t.csv: policy, day, makespan, got time\n"},
    {DESIGN "excluded: why\n", TABLE,
     "/excluded: expected a column of t.csv: policy, day, makespan, got why\n"},
    {"factors: [policy]\n" METRICS, "policy,makespan (ms)\na,1\nb,2\n",
     "/metrics/makespan: expected the unit of the column 'makespan (ms)' of t.csv, got s\n"},
    {DESIGN "warmup: 2\n", TABLE,
     "/warmup: expected less than the 2 blocks that there are, got 2\n"},
    {"factors: {policy: [a, c]}\nblock: day\n" METRICS, TABLE,
     "t.csv:3: policy: 'b' is none of the levels that the design lists\n"
     "t.csv:5: policy: 'b' is none of the levels that the design lists\n"},
    {DESIGN, "policy,day,makespan\na,1,1\nb,1,2\na,1,3\n",
     "t.csv:4: the same cell in the same block as line 2: a block has each cell once\n"},
    {DESIGN, "policy,day,makespan\n,1,1\nb,,2\n",
     "t.csv:2: policy: empty; each run has to have it\n"
     "t.csv:3: day: empty; each run has to have it\n"},
    {DESIGN, "policy,day,makespan\n", "t.csv:1: there is no row below the names\n"},
    {DESIGN,
     "policy,day,makespan\na,1,nan\na,2,inf\na,3,13.1s\na,4,\"13,1\"\na,5,0x10\na,6,1e999\na,7, "
     "1\na,8,-\n",
     "t.csv:2: makespan: 'nan' is no finite number: where there is no value, leave the field "
     "empty\n"
     "t.csv:3: makespan: 'inf' is no finite number: where there is no value, leave the field "
     "empty\n"
     "t.csv:4: makespan: '13.1s' is no finite number: leave the unit out, the design has it\n"
     "t.csv:5: makespan: '13,1' is no finite number: a decimal is written with a point\n"
     "t.csv:6: makespan: '0x10' is no finite number\n"
     "t.csv:7: makespan: '1e999' is no finite number: where there is no value, leave the field "
     "empty\n"
     "t.csv:8: makespan: ' 1' is no finite number\n"
     "t.csv:9: makespan: '-' is no finite number\n"},
    {DESIGN "grade: grade\n", "policy,day,makespan,grade\na,1,1,good\n",
     "t.csv:2: grade: 'good' is no grade: usable, limited or invalid\n"},
    {DESIGN "order: at\n", "policy,day,makespan,at\na,1,1,noon\n",
     "t.csv:2: at: 'noon' is no whole number to order runs by\n"},
};

START_TEST(test_what_makes_no_sense_is_refused_with_its_place)
{
    bd_auto_free char *got = analyse(refused[_i].design, refused[_i].table, NULL);
    ck_assert_str_eq(got, refused[_i].expected);
}
END_TEST

static const char *const no_designs[] = {
    "{}",
    "factors: []\n" METRICS,
    "factors: [policy, policy]\n" METRICS,
    "factors: [policy]\n",
    "factors: [policy]\nmetrics: {}\n",
    "factors: [policy]\nmetrics: {makespan: {unit: s, kind: time}}\n",
    "factors: [policy]\nmetrics: {makespan: {kind: cost}}\n",
    "factors: [policy]\nmetrics: {makespan: {unit: s, kind: cost, margin: 5}}\n",
    "factors: [policy]\nmetrics: {Makespan: {unit: s, kind: cost}}\n",
    DESIGN "blocks: 3\n",
    DESIGN "confidence: 1\n",
    DESIGN "seed: -1\n",
};

START_TEST(test_a_design_has_a_form)
{
    bd_auto_free char *got = analyse(no_designs[_i], TABLE, NULL);
    ck_assert_msg(*got == '/' || *got == ':', "%s: %s", no_designs[_i], got);
}
END_TEST

START_TEST(test_faults_of_a_table_are_told_up_to_a_number)
{
    bd_auto_str struct bd_str table = {0};
    bd_str_add(&table, "policy,day,makespan\n");
    for (int i = 0; i < 100; i++)
        bd_str_addf(&table, "a,%d,x\n", i);
    bd_auto_free char *got = analyse(DESIGN, bd_str_text(&table), NULL);
    ck_assert_ptr_nonnull(strstr(got, "t.csv:21: makespan"));
    ck_assert_ptr_null(strstr(got, "t.csv:22: makespan"));
    ck_assert_ptr_nonnull(strstr(got, "80 more\n"));
}
END_TEST

static const json_t *cell(const json_t *analysis, size_t i)
{
    return json_array_get(json_object_get(analysis, "cells"), i);
}

static const json_t *figures(const json_t *analysis, size_t i)
{
    const json_t *metric = json_array_get(json_object_get(analysis, "metrics"), 0);
    return json_array_get(json_object_get(metric, "cells"), i);
}

START_TEST(test_numbers_are_levels_in_their_order_and_texts_as_they_are_met)
{
    bd_auto_json json_t *analysis = NULL;
    bd_auto_free char *got =
        analyse("factors: [policy, nodes]\n" METRICS,
                "nodes,policy,makespan\n16,z,1\n4,z,2\n4,a,3\n4.0,a,4\n16,a,5\n", &analysis);
    ck_assert_str_eq(got, "");
    bd_auto_free char *levels = bd_json_text(json_object_get(cell(analysis, 0), "levels"));
    bd_auto_free char *last = bd_json_text(json_object_get(cell(analysis, 3), "levels"));
    ck_assert_str_eq(levels, "{\"nodes\":4,\"policy\":\"z\"}");
    ck_assert_str_eq(last, "{\"nodes\":16,\"policy\":\"a\"}");
    ck_assert_int_eq(bd_json_int(figures(analysis, 2), "n", 0), 2);
    ck_assert_double_eq(bd_json_real(figures(analysis, 2), "median", 0), 3.5);
}
END_TEST

START_TEST(test_the_reference_is_the_first_level_listed)
{
    bd_auto_json json_t *analysis = NULL;
    bd_auto_free char *got =
        analyse("factors: {policy: [b, a]}\nblock: day\n" METRICS, TABLE, &analysis);
    ck_assert_str_eq(got, "");
    ck_assert_str_eq(bd_json_str(cell(analysis, 0), "name", ""), "b");
    ck_assert_double_eq(bd_json_real(figures(analysis, 0), "median", 0), 3);
}
END_TEST

START_TEST(test_blocks_pair_their_runs_and_the_first_may_warm_up)
{
    bd_auto_json json_t *analysis = NULL;
    /* Day 10 comes after day 9, in whatever order they stand. */
    bd_auto_free char *got =
        analyse(DESIGN "warmup: 1\n",
                "policy,day,makespan\na,10,3\na,9,2\na,8,100\nb,8,1\nb,9,4\nb,10,6\n", &analysis);
    const json_t *design = json_object_get(analysis, "design");
    ck_assert_str_eq(got, "");
    ck_assert(bd_json_bool(design, "paired", 0));
    ck_assert_int_eq(bd_json_int(design, "blocks", 0), 2);
    ck_assert_double_eq(bd_json_real(figures(analysis, 0), "max", 0), 3);
    ck_assert_double_eq(bd_json_real(figures(analysis, 1), "min", 0), 4);
    const json_t *metric = json_array_get(json_object_get(analysis, "metrics"), 0);
    const json_t *first = json_array_get(json_object_get(metric, "comparisons"), 0);
    ck_assert(bd_json_bool(first, "paired", 0));
    ck_assert_double_eq_tol(bd_json_real(json_object_get(first, "ratio"), "estimate", 0), 2, 1e-12);
}
END_TEST

START_TEST(test_an_empty_value_is_none_and_a_row_without_any_has_failed)
{
    bd_auto_json json_t *analysis = NULL;
    bd_auto_free char *got = analyse(
        "factors: [policy]\nexcluded: note\ngrade: grade\nmetrics:\n"
        "  makespan: {unit: s, kind: cost, direction: min}\n  waits: {unit: s, kind: cost}\n",
        "policy,makespan,waits,note,grade\na,1,,,\na,2,5,no,limited\na,,,,\na,9,9,power cut,\n"
        "b,1,2,0,usable\nb,7,7,,invalid\n",
        &analysis);
    const json_t *runs = json_object_get(analysis, "runs");
    ck_assert_str_eq(got, "");
    ck_assert_int_eq(bd_json_int(runs, "counted", 0), 3);
    ck_assert_int_eq(bd_json_int(runs, "failed", 0), 1);
    ck_assert_int_eq(bd_json_int(runs, "excluded", 0), 2);
    ck_assert_int_eq(bd_json_int(runs, "limited", 0), 1);
    ck_assert_int_eq(bd_json_int(figures(analysis, 0), "n", 0), 2);
    bd_auto_free char *exclusions = bd_json_text(json_object_get(runs, "exclusions"));
    ck_assert_ptr_nonnull(strstr(exclusions, "\"line 5: power cut\""));
    ck_assert_ptr_nonnull(strstr(exclusions, "\"line 4: it has no value\""));
}
END_TEST

START_TEST(test_a_unit_may_stand_in_the_name_of_a_column)
{
    static const char *const tables[] = {"policy,makespan (s)\na,1\nb,2\n",
                                         "policy,Makespan [s]\na,1\nb,2\n",
                                         "policy,makespan_(s)\na,1\nb,2\n"};
    for (size_t i = 0; i < BD_ARRAY_LEN(tables); i++) {
        bd_auto_free char *got = analyse("factors: [policy]\n" METRICS, tables[i], NULL);
        ck_assert_str_eq(got, "");
    }
}
END_TEST

Suite *results_suite(void)
{
    Suite *suite = suite_create("benchctl: results of others");
    TCase *tcase = tcase_create("results");
    tcase_add_loop_test(tcase, test_what_makes_no_sense_is_refused_with_its_place, 0,
                        BD_ARRAY_LEN(refused));
    tcase_add_loop_test(tcase, test_a_design_has_a_form, 0, BD_ARRAY_LEN(no_designs));
    tcase_add_test(tcase, test_faults_of_a_table_are_told_up_to_a_number);
    tcase_add_test(tcase, test_numbers_are_levels_in_their_order_and_texts_as_they_are_met);
    tcase_add_test(tcase, test_the_reference_is_the_first_level_listed);
    tcase_add_test(tcase, test_blocks_pair_their_runs_and_the_first_may_warm_up);
    tcase_add_test(tcase, test_an_empty_value_is_none_and_a_row_without_any_has_failed);
    tcase_add_test(tcase, test_a_unit_may_stand_in_the_name_of_a_column);
    suite_add_tcase(suite, tcase);
    return suite;
}
