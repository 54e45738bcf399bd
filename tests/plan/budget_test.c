/* What fits a budget, and what a design can resolve. */
#include "tests/plan/support.h"

#include "lib/base/clock.h"
#include "lib/plan/budget.h"
#include "lib/plan/resolution.h"

#include <string.h>

/* -- room -- */

static const struct {
    const char *budget;
    struct plan_cost block;
    size_t most, blocks;
} fits[] = {
    {"{}", {10 * BD_NS_PER_S, 1, 4}, 7, 7},
    {"{'runs': 12}", {0, 0, 4}, 7, 3},
    {"{'runs': 11}", {0, 0, 4}, 7, 2},
    {"{'runs': 3}", {0, 0, 4}, 7, 0},
    {"{'wallTime': '1min'}", {10 * BD_NS_PER_S, 0, 4}, 7, 6},
    {"{'wallTime': '59s'}", {10 * BD_NS_PER_S, 0, 4}, 7, 5},
    {"{'wallTime': '1h'}", {10 * BD_NS_PER_S, 0, 4}, 7, 7},
    {"{'nodeHours': 1}", {0, 0.1, 4}, 20, 10},
    {"{'nodeHours': 0.05}", {0, 0.1, 4}, 20, 0},
    {"{'wallTime': '1min', 'nodeHours': 0.5, 'runs': 8}", {10 * BD_NS_PER_S, 0.1, 4}, 20, 2},
    {"{'wallTime': '1min'}", {0, 0, 4}, 7, 7}, /* nothing takes no time */
};

static json_t *budget_of(const char *apostrophes)
{
    bd_auto_free char *members = bd_xasprintf("{'budget': %s}", apostrophes);
    return spec_with(members);
}

START_TEST(whole_blocks_fit)
{
    bd_auto_json json_t *spec = budget_of(fits[_i].budget);
    struct plan_budget b;
    budget_read(spec, &b);
    ck_assert_uint_eq(budget_blocks(&b, &fits[_i].block, fits[_i].most), fits[_i].blocks);
}
END_TEST

START_TEST(there_is_room_until_something_is_used_up)
{
    bd_auto_json json_t *spec = budget_of("{'wallTime': '1min', 'nodeHours': 2, 'runs': 10}");
    const struct plan_cost block = {10 * BD_NS_PER_S, 0.5, 2};
    const char *what = "?";
    struct plan_budget b;
    budget_read(spec, &b);
    ck_assert(budget_is_set(&b));
    ck_assert(budget_has_room(&b, &(struct plan_cost){50 * BD_NS_PER_S, 1.5, 8}, &block, &what));
    ck_assert_ptr_null(what);
    ck_assert(!budget_has_room(&b, &(struct plan_cost){51 * BD_NS_PER_S, 0, 0}, &block, &what));
    ck_assert_str_eq(what, "wallTime");
    ck_assert(!budget_has_room(&b, &(struct plan_cost){0, 1.6, 0}, &block, &what));
    ck_assert_str_eq(what, "nodeHours");
    ck_assert(!budget_has_room(&b, &(struct plan_cost){0, 0, 9}, &block, &what));
    ck_assert_str_eq(what, "runs");
}
END_TEST

static const struct {
    const char *what, *text;
} reasons[] = {
    {"runs", "budget.runs has no room for another block: 8 of 9 are used, and it takes 2"},
    {"wallTime", "budget.wallTime has no room for another block: 55.5 s of 60 s are used, and it "
                 "takes about 10.0 s"},
    {"nodeHours", "budget.nodeHours has no room for another block: 1.75 of 2 are used, and it "
                  "takes about 0.5"},
};

START_TEST(it_is_told_what_has_no_room)
{
    bd_auto_json json_t *spec = budget_of("{'wallTime': '1min', 'nodeHours': 2, 'runs': 9}");
    const struct plan_cost block = {10 * BD_NS_PER_S, 0.5, 2};
    const int64_t wall_ns = 55500 * BD_NS_PER_MS;
    const struct plan_cost spent = plan_cost_of(8, wall_ns, 6300 * BD_NS_PER_S);
    struct plan_budget b;
    budget_read(spec, &b);
    bd_auto_free char *text = budget_why(&b, reasons[_i].what, &spent, &block, "block");
    ck_assert_str_eq(text, reasons[_i].text);
    bd_auto_json json_t *state = budget_spent_json(&spent, text);
    const json_t *sums = json_object_get(state, "spent");
    ck_assert_str_eq(bd_json_str(state, "why", ""), text);
    ck_assert(bd_json_bool(state, "exhausted", false));
    ck_assert_int_eq(bd_json_int(sums, "runs", 0), 8);
    ck_assert_double_eq_tol(bd_json_real(sums, "wallTimeSeconds", 0), 55.5, 1e-12);
    ck_assert_double_eq_tol(bd_json_real(sums, "nodeHours", 0), 1.75, 1e-12);
}
END_TEST

/* -- estimates -- */

START_TEST(estimates_are_of_the_runs_that_are_most_alike)
{
    bd_auto_json json_t *cluster = json_pack("{s:s, s:i, s:{s:s}}", "backend", "lxc", "compute", 4,
                                             "scheduler", "name", "slurm");
    bd_auto_json json_t *workload = json_pack("{s:s, s:i}", "name", "jobstream", "jobs", 60);
    bd_auto_json json_t *other = json_pack("{s:s, s:i}", "name", "jobstream", "jobs", 90);
    bd_auto_json json_t *command = json_pack("{s:s}", "name", "command");
    struct past_runs past = {0};
    struct estimate e;
    past_runs_estimate(&past, cluster, workload, 0, &e);
    ck_assert_int_eq(e.basis, ESTIMATE_NONE);
    past_runs_estimate(&past, cluster, workload, 7 * BD_NS_PER_S, &e);
    ck_assert_int_eq(e.basis, ESTIMATE_GUESS);
    ck_assert_int_eq(e.wall_ns, 7 * BD_NS_PER_S);
    past_runs_add(&past, cluster, other, 3, 40);
    past_runs_add(&past, cluster, other, 1, 20);
    past_runs_estimate(&past, cluster, workload, 7, &e);
    ck_assert_int_eq(e.basis, ESTIMATE_LIKE);
    ck_assert_uint_eq(e.n, 4);
    ck_assert_int_eq(e.wall_ns, 35 * BD_NS_PER_S);
    past_runs_add(&past, cluster, workload, 2, 30);
    past_runs_estimate(&past, cluster, workload, 7, &e);
    ck_assert_int_eq(e.basis, ESTIMATE_SAME);
    ck_assert_uint_eq(e.n, 2);
    ck_assert_int_eq(e.wall_ns, 30 * BD_NS_PER_S);
    past_runs_estimate(&past, cluster, command, 0, &e);
    ck_assert_int_eq(e.basis, ESTIMATE_NONE);
    past_runs_done(&past);
}
END_TEST

/* -- of a plan -- */

START_TEST(a_budget_below_the_least_design_is_refused)
{
    bd_auto_json json_t *spec = spec_with("{'factors': {'cluster.compute': [1, 2]}, 'design': "
                                          "{'warmup': 1, 'repetitions': {'min': 6, "
                                          "'max': 20}}, 'budget': {'runs': 13}}");
    bd_auto_json json_t *enough = json_deep_copy(spec);
    bd_auto_faults struct schema_faults faults = {0};
    struct plan *p = NULL;
    ck_assert_int_eq(plan_make(spec, &rules, &p, &faults), BD_EINVALID);
    ck_assert_str_eq(faults.items[0].pointer, "/budget/runs");
    ck_assert_str_eq(faults.items[0].expected,
                     "at least 14: 2 cells in 7 blocks, those of the warm-up counted");
    json_object_set_new(json_object_get(enough, "budget"), "runs", json_integer(14));
    bd_auto(plan) struct plan *q = make(enough);
    bd_auto_json json_t *answer = budget_json(q, NULL); /* runs need no estimate */
    ck_assert_int_eq(bd_json_int(answer, "blocks", -1), 7);
    ck_assert_int_eq(bd_json_bool(answer, "enough", 0), 1);
}
END_TEST

START_TEST(a_plan_says_what_fits)
{
    bd_auto_json json_t *spec =
        spec_with("{'design': {'repetitions': {'min': 6, 'max': 20}}, 'budget': {'wallTime': "
                  "'1min'}}");
    bd_auto(plan) struct plan *p = make(spec);
    bd_auto_json json_t *unknown = budget_json(p, NULL);
    ck_assert(json_is_null(json_object_get(unknown, "blocks")));
    ck_assert(json_is_null(json_object_get(unknown, "enough")));
    bd_auto_json json_t *tight = budget_json(p, &(struct plan_cost){11 * BD_NS_PER_S, 0, 1});
    ck_assert_int_eq(bd_json_int(tight, "blocks", -1), 5);
    ck_assert_int_eq(bd_json_bool(tight, "enough", 1), 0);
    ck_assert_str_eq(bd_json_str(tight, "why", ""),
                     "about 5 blocks fit, and the design needs at least 6");
}
END_TEST

/* -- resolution: exact figures by hand -- */

static const struct {
    const char *members;
    json_int_t comparisons;
    bool resolves;
    double level, corrected; /* at the greatest n; -1: null */
    const char *why;
} resolutions[] = {
    /* 6 blocks: 1 - 2 / 2^6; no comparison */
    {"{'design': {'repetitions': 6}}", 0, true, 0.96875, -1, "with 6 blocks there are intervals"},
    {"{'design': {'repetitions': 5}}", 0, false, 0.9375, -1, "no interval of a median"},
    {"{'design': {'repetitions': 1}}", 0, false, 0, -1, "no interval of a median"},
    /* two cells: 2^-5 is below 0.05 */
    {"{'factors': {'cluster.compute': [1, 2]}, 'design': {'repetitions': 6}}", 1, true, 0.96875,
     0.03125, "with 6 blocks there are intervals of a confidence of 0.95, and the smallest p"},
    /* three: two comparisons, 0.0625 */
    {"{'factors': {'cluster.compute': [1, 2, 3]}, 'design': {'repetitions': 6}}", 2, false, 0.96875,
     0.0625,
     "with 6 blocks the smallest p, corrected for 2 comparisons, is 0.062, above 0.05: no "
     "difference can be told from chance; 7 can"},
    {"{'factors': {'cluster.compute': [1, 2, 3]}, 'design': {'repetitions': {'min': 3, 'max': 7}}}",
     2, true, 0.984375, 0.03125, "with 7 blocks"},
    /* 2 x 2: of each factor the level over both contexts, and in each of them */
    {"{'factors': {'cluster.compute': [1, 2], 'workload.warmup': [0, 1]}, 'design': "
     "{'repetitions': 8}}",
     6, true, 0.9921875, 0.046875, "with 8 blocks"},
    /* for each of two objectives */
    {"{'factors': {'cluster.compute': [1, 2]}, 'design': {'repetitions': 8}, 'objectives': "
     "[{'metric': 'elapsed', 'direction': 'min'}, {'metric': 'x', 'direction': 'max'}]}",
     2, true, 0.9921875, 0.015625, "with 8 blocks"},
    /* listed cells, each against the first */
    {"{'cells': [{}, {'cluster.compute': 2}, {'cluster.compute': 3, 'workload.warmup': 0}], "
     "'design': {'repetitions': 8}}",
     2, true, 0.9921875, 0.015625, "with 8 blocks"},
    /* not paired: 2 / C(8, 4) */
    {"{'factors': {'cluster.compute': [1, 2]}, 'design': {'repetitions': 4, 'order': "
     "'randomised'}}",
     1, false, 0.875, 2.0 / 70,
     "no interval of a median has a confidence of 0.95 with 4 "
     "repetitions: 6 can"},
};

START_TEST(a_design_says_what_it_can_resolve)
{
    bd_auto_json json_t *spec = spec_with(resolutions[_i].members);
    bd_auto(plan) struct plan *p = make(spec);
    bd_auto_json json_t *r = plan_resolution(p);
    const json_t *max = json_object_get(r, "max");
    ck_assert_int_eq(bd_json_int(r, "comparisons", -1), resolutions[_i].comparisons);
    ck_assert_int_eq(bd_json_bool(r, "resolves", -1), resolutions[_i].resolves);
    ck_assert_double_eq_tol(bd_json_real(max, "intervalLevel", -1), resolutions[_i].level, 1e-12);
    ck_assert_double_eq_tol(bd_json_real(max, "leastCorrectedP", -1), resolutions[_i].corrected,
                            1e-12);
    ck_assert_msg(bd_starts_with(bd_json_str(r, "why", ""), resolutions[_i].why), "%s",
                  bd_json_str(r, "why", ""));
}
END_TEST

START_TEST(a_margin_in_percent_is_a_share)
{
    bd_auto_json json_t *spec =
        spec_with("{'objectives': [{'metric': 'elapsed', 'direction': 'min', 'margin': '5%'}, "
                  "{'metric': 'x', 'direction': 'min', 'margin': 0.1}, {'metric': 'y', "
                  "'direction': 'min'}]}");
    plan_free(make(spec));
    const json_t *objectives = json_object_get(spec, "objectives");
    ck_assert_double_eq(bd_json_real(json_array_get(objectives, 0), "margin", 0), 0.05);
    ck_assert_double_eq(bd_json_real(json_array_get(objectives, 1), "margin", 0), 0.1);
    ck_assert_ptr_null(json_object_get(json_array_get(objectives, 2), "margin"));
}
END_TEST

static const char *const no_margins[] = {"0",       "0.0",   "-0.1", "1.5",    "'0%'",
                                         "'0.00%'", "'-5%'", "'5'",  "'101%'", "true"};

START_TEST(a_margin_of_nothing_is_refused)
{
    bd_auto_free char *members =
        bd_xasprintf("{'objectives': [{'metric': 'elapsed', 'direction': 'min', 'margin': %s}]}",
                     no_margins[_i]);
    bd_auto_json json_t *spec = spec_with(members);
    bd_auto_faults struct schema_faults faults = {0};
    struct plan *p = NULL;
    ck_assert_int_eq(plan_make(spec, &rules, &p, &faults), BD_EINVALID);
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_str_eq(faults.items[0].pointer, "/objectives/0/margin");
}
END_TEST

Suite *budget_suite(void)
{
    Suite *suite = suite_create("plan: budget and resolution");
    TCase *tests = tcase_create("budget");
    tcase_add_checked_fixture(tests, load_rules, unload_rules);
    tcase_add_loop_test(tests, whole_blocks_fit, 0, BD_ARRAY_LEN(fits));
    tcase_add_test(tests, there_is_room_until_something_is_used_up);
    tcase_add_loop_test(tests, it_is_told_what_has_no_room, 0, BD_ARRAY_LEN(reasons));
    tcase_add_test(tests, estimates_are_of_the_runs_that_are_most_alike);
    tcase_add_test(tests, a_budget_below_the_least_design_is_refused);
    tcase_add_test(tests, a_plan_says_what_fits);
    tcase_add_loop_test(tests, a_design_says_what_it_can_resolve, 0, BD_ARRAY_LEN(resolutions));
    tcase_add_test(tests, a_margin_in_percent_is_a_share);
    tcase_add_loop_test(tests, a_margin_of_nothing_is_refused, 0, BD_ARRAY_LEN(no_margins));
    suite_add_tcase(suite, tests);
    return suite;
}
