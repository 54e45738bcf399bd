/* Cells drawn from ranges. */
#include "tests/plan/support.h"

#include "lib/base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *sampled(int cells, int64_t seed, const char *ranges)
{
    bd_auto_free char *members =
        bd_xasprintf("{'design': {'seed': %lld, 'sample': {'kind': 'latin-hypercube', 'cells': %d, "
                     "'ranges': {%s}}}}",
                     (long long)seed, cells, ranges);
    return spec_with(members);
}

static const json_t *drawn_of(const json_t *spec)
{
    return json_object_get(json_object_get(json_object_get(spec, "design"), "sample"), "drawn");
}

/* {range, its path, from, to, log, whole, unit}: as the test reads them, apart from the code. */
static const struct ranged {
    const char *range, *path;
    double from, to;
    bool log, whole;
    const char *unit;
} ranges[] = {
    {"'workload.x': {'from': 0.4, 'to': 1.2}", "workload.x", 0.4, 1.2, false, false, ""},
    {"'workload.x': {'from': -5, 'to': 1e6}", "workload.x", -5, 1e6, false, false, ""},
    {"'workload.x': {'from': 1e-6, 'to': 1000, 'scale': 'log'}", "workload.x", 1e-6, 1000, true,
     false, ""},
    {"'workload.x': {'from': 1, 'to': 100, 'integer': true}", "workload.x", 1, 100, false, true,
     ""},
    {"'workload.x': {'from': 7, 'to': 106, 'integer': true}", "workload.x", 7, 106, false, true,
     ""},
    {"'workload.x': {'from': 100, 'to': 100000, 'integer': true, 'scale': 'log'}", "workload.x",
     100, 100000, true, true, ""},
    {"'workload.x': {'from': '256MiB', 'to': '4GiB', 'scale': 'log'}", "workload.x", 256, 4096,
     true, true, "MiB"},
    {"'workload.x': {'from': '200ms', 'to': '2s'}", "workload.x", 200, 2000, false, false, "ms"},
    {"'workload.x': {'from': '1s', 'to': '10min', 'integer': true}", "workload.x", 1, 600, false,
     true, "s"},
    {"'workload.x': {'from': 20, 'to': 40, 'unit': '/s'}", "workload.x", 20, 40, false, false,
     "/s"},
};

static double value_of(const json_t *json, const char *unit)
{
    if (!*unit)
        return json_number_value(json);
    char *end = NULL;
    const char *text = json_string_value(json);
    ck_assert_ptr_nonnull(text);
    double value = strtod(text, &end);
    ck_assert_str_eq(end, unit);
    return value;
}

/* Of n parts of equal probability; whole numbers share them out between the ends. */
static size_t stratum_of(const struct ranged *r, double value, size_t n)
{
    double to = r->whole ? r->to + 1 : r->to;
    for (size_t i = 0; i < n; i++) {
        double share = (double)(i + 1) / (double)n;
        double end = r->log ? r->from * pow(to / r->from, share) : r->from + (to - r->from) * share;
        if (i + 1 == n || (r->whole ? value < ceil(end) : value < end))
            return i;
    }
    return n;
}

START_TEST(each_stratum_is_met_once)
{
    const struct ranged *r = &ranges[_i];
    const struct plan_rules bare = {.schema = rules.schema};
    for (int64_t seed = 0; seed < 20; seed++) {
        int cells = 2 + (int)seed * 2;
        bool met[64] = {false};
        bd_auto_json json_t *spec = sampled(cells, seed, r->range);
        struct plan *p = NULL;
        bd_auto_faults struct schema_faults faults = {0};
        /* The path is unknown to the schema, which is told; what was drawn is there nevertheless.
         */
        plan_make(spec, &bare, &p, &faults);
        plan_free(p);
        ck_assert_int_eq((int)json_array_size(drawn_of(spec)), cells);
        for (int i = 0; i < cells; i++) {
            double value = value_of(
                json_object_get(json_array_get(drawn_of(spec), (size_t)i), r->path), r->unit);
            ck_assert_double_ge(value, r->from);
            ck_assert_double_le(value, r->to);
            ck_assert(!r->whole || floor(value) == value);
            size_t stratum = stratum_of(r, value, (size_t)cells);
            ck_assert_msg(!met[stratum], "seed %d: %.17g is the second of stratum %zu", (int)seed,
                          value, stratum);
            met[stratum] = true;
        }
    }
}
END_TEST

START_TEST(a_sample_is_crossed_with_the_factors)
{
    bd_auto_json json_t *spec =
        sampled(3, 1,
                "'cluster.compute': {'from': 2, 'to': 10, 'integer': true}, 'cluster.node.cpus': "
                "{'from': 0.25, 'to': 1}");
    json_object_set_new(spec, "factors",
                        json_pack("{s:[s, s]}", "workload.on", "job", "controller"));
    json_object_set_new(spec, "cells", json_pack("[{s:i}]", "cluster.compute", 1 + 1));
    bd_auto(plan) struct plan *p = make(spec);
    ck_assert_uint_eq(plan_cells(p), 7);
    for (size_t i = 0; i < 6; i++) {
        bd_auto_json json_t *levels = plan_cell_levels(p, i);
        const json_t *values = json_array_get(drawn_of(spec), i % 3);
        ck_assert_uint_eq(json_object_size(levels), 3);
        ck_assert_str_eq(bd_json_str(levels, "workload.on", ""), i < 3 ? "job" : "controller");
        ck_assert(json_equal(json_object_get(levels, "cluster.compute"),
                             json_object_get(values, "cluster.compute")));
        ck_assert(json_equal(json_object_get(levels, "cluster.node.cpus"),
                             json_object_get(values, "cluster.node.cpus")));
        bd_auto_json json_t *of_cell = plan_cell_spec(p, i);
        ck_assert(json_equal(json_object_get(json_object_get(of_cell, "cluster"), "compute"),
                             json_object_get(values, "cluster.compute")));
    }
}
END_TEST

START_TEST(what_was_drawn_stays_when_it_is_submitted_again)
{
    bd_auto_json json_t *spec =
        sampled(4, 3, "'cluster.node.memory': {'from': '256MiB', 'to': '4GiB', 'scale': 'log'}");
    bd_auto(plan) struct plan *p = make(spec);
    bd_auto_json json_t *again = json_deep_copy(spec);
    bd_auto(plan) struct plan *stored = NULL;
    json_object_set_new(json_object_get(again, "design"), "seed", json_integer(99));
    bd_auto(plan) struct plan *q = make(again);
    ck_assert(json_equal(drawn_of(spec), drawn_of(again)));
    ck_assert_int_eq(plan_again(spec, &stored, NULL), 0);
    for (size_t i = 0; i < plan_cells(p); i++) {
        bd_auto_json json_t *a = plan_cell_levels(p, i);
        bd_auto_json json_t *b = plan_cell_levels(stored, i);
        ck_assert(json_equal(a, b));
    }
}
END_TEST

START_TEST(a_seed_draws_the_same_for_ever)
{
    bd_auto_json json_t *spec =
        sampled(4, 7,
                "'cluster.compute': {'from': 1, 'to': 16, 'integer': true}, 'cluster.node.cpus': "
                "{'from': 0.25, 'to': 1}");
    plan_free(make(spec));
    bd_auto_str struct bd_str text = {0};
    for (size_t i = 0; i < 4; i++) {
        const json_t *values = json_array_get(drawn_of(spec), i);
        bd_str_addf(&text, "%lld %g, ", (long long)bd_json_int(values, "cluster.compute", 0),
                    bd_json_real(values, "cluster.node.cpus", 0));
    }
    ck_assert_str_eq(bd_str_text(&text), "6 0.838, 14 0.456, 3 0.293, 10 0.63, ");
}
END_TEST

static const struct {
    int cells;
    const char *ranges, *fault;
} wrong[] = {
    {4, "'cluster.node.cpus': {'from': 2, 'to': 1}",
     "/design/sample/ranges/cluster.node.cpus/to | more than `from`"},
    {4, "'cluster.node.cpus': {'from': 0, 'to': 1, 'scale': 'log'}",
     "/design/sample/ranges/cluster.node.cpus/from | more than 0 where the scale is log"},
    {4, "'cluster.compute': {'from': 1, 'to': 3, 'integer': true}",
     "/design/sample/ranges/cluster.compute | a range with a whole number in each of its 4 parts"},
    {6, "'cluster.compute': {'from': 1, 'to': 8, 'integer': true, 'scale': 'log'}",
     "/design/sample/ranges/cluster.compute | a range with a whole number in each of its 6 parts"},
    {4, "'cluster.node.memory': {'from': '1GiB', 'to': '3GiB'}",
     "/design/sample/ranges/cluster.node.memory | a range with a whole number of GiB in each"},
    {4, "'cluster.node.memory': {'from': '1GiB', 'to': '3s'}",
     "/design/sample/ranges/cluster.node.memory/to | a number, or a quantity in a unit that goes"},
    {4, "'cluster.node.memory': {'from': 'much', 'to': '3s'}",
     "/design/sample/ranges/cluster.node.memory/from | a number, or a quantity"},
    {4, "'cluster.node.memory': {'from': '1MiB', 'to': '3MiB', 'unit': 'MiB'}",
     "/design/sample/ranges/cluster.node.memory/unit | no unit beside one"},
    {4, "'cluster.compute': {'from': 1.5, 'to': 8, 'integer': true}",
     "/design/sample/ranges/cluster.compute | whole numbers at both ends"},
    {4, "'cluster.compute': {'from': 1, 'to': 8}",
     "/design/sample/ranges/cluster.compute | an integer"},
    {4, "'cluster.compute': {'from': 1, 'to': 900, 'integer': true}",
     "/design/sample/ranges/cluster.compute | an integer from 1 to 250"},
    {4, "'cluster.colour': {'from': 1, 'to': 8}",
     "/design/sample/ranges/cluster.colour | no member of this name"},
    {4, "'design.seed': {'from': 1, 'to': 8}",
     "/design/sample/ranges/design.seed | the path of a member below cluster"},
    {1, "'cluster.node.cpus': {'from': 1, 'to': 2}",
     "/design/sample/cells | an integer from 2 to 10000"},
    {4, "", "/design/sample/ranges | "},
};

START_TEST(ranges_that_make_no_sense_are_refused)
{
    bd_auto_json json_t *spec = sampled(wrong[_i].cells, 1, wrong[_i].ranges);
    bd_auto_faults struct schema_faults faults = {0};
    struct plan *p = NULL;
    ck_assert_int_eq(plan_make(spec, &rules, &p, &faults), BD_EINVALID);
    bd_auto_free char *got =
        bd_xasprintf("%s | %s", faults.items[0].pointer, faults.items[0].expected);
    ck_assert_msg(bd_starts_with(got, wrong[_i].fault), "%s", got);
    ck_assert_uint_eq(faults.n, 1);
}
END_TEST

START_TEST(what_was_drawn_is_held_against_its_ranges)
{
    bd_auto_json json_t *spec =
        sampled(2, 1, "'cluster.compute': {'from': 1, 'to': 8, 'integer': true}");
    bd_auto_json json_t *drawn = json_pack("[{s:i}, {s:i}]", "cluster.compute", 9, "cluster.x", 1);
    bd_auto_faults struct schema_faults faults = {0};
    struct plan *p = NULL;
    json_object_set(json_object_get(json_object_get(spec, "design"), "sample"), "drawn", drawn);
    ck_assert_int_eq(plan_make(spec, &rules, &p, &faults), BD_EINVALID);
    ck_assert_str_eq(faults.items[0].pointer, "/design/sample/drawn/0/cluster.compute");
    ck_assert_str_eq(faults.items[1].pointer, "/design/sample/drawn/1/cluster.compute");
}
END_TEST

Suite *sample_suite(void)
{
    Suite *suite = suite_create("plan: samples");
    TCase *tests = tcase_create("samples");
    tcase_add_checked_fixture(tests, load_rules, unload_rules);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_stratum_is_met_once, 0, BD_ARRAY_LEN(ranges));
    tcase_add_test(tests, a_sample_is_crossed_with_the_factors);
    tcase_add_test(tests, what_was_drawn_stays_when_it_is_submitted_again);
    tcase_add_test(tests, a_seed_draws_the_same_for_ever);
    tcase_add_loop_test(tests, ranges_that_make_no_sense_are_refused, 0, BD_ARRAY_LEN(wrong));
    tcase_add_test(tests, what_was_drawn_is_held_against_its_ranges);
    suite_add_tcase(suite, tests);
    return suite;
}
