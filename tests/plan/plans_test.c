/* From specs to cells and what is run in each. */
#include "tests/plan/support.h"

#include <string.h>

static const struct {
    const char *members, *cells;
    size_t warmup, blocks, runs;
} plans[] = {
    /* the base alone */
    {"{}", "{}\n", 0, 1, 1},
    {"{'design': {'repetitions': 3, 'warmup': 2}}", "{}\n", 2, 5, 5},
    {"{'design': {'repetitions': {'min': 2, 'max': 4}}}", "{}\n", 0, 4, 4},
    /* by the factors' paths, however they are written; the last is the fastest */
    {"{'factors': {'workload.warmup': [2, 1], 'cluster.compute': [3, 1]},"
     " 'design': {'repetitions': 10}}",
     "{'cluster.compute':3,'workload.warmup':2}\n{'cluster.compute':3,'workload.warmup':1}\n"
     "{'cluster.compute':1,'workload.warmup':2}\n{'cluster.compute':1,'workload.warmup':1}\n",
     0, 10, 40},
    /* a member that is missing in the base, on the way and at its end */
    {"{'factors': {'cluster.scheduler.options.A': [1, 2.5, true, 'x']}}",
     "{'cluster.scheduler.options.A':1}\n{'cluster.scheduler.options.A':2.5}\n"
     "{'cluster.scheduler.options.A':true}\n{'cluster.scheduler.options.A':'x'}\n",
     0, 1, 4},
    {"{'factors': {'limits.quietWait': ['0s', '1s']}}",
     "{'limits.quietWait':'0s'}\n{'limits.quietWait':'1s'}\n", 0, 1, 2},
    {"{'factors': {'hooks.ready': [[], [{'command': ['sync']}]]}}",
     "{'hooks.ready':[]}\n"
     "{'hooks.ready':[{'command':['sync'],'node':'controller','timeout':'60s','env':{}}]}\n",
     0, 1, 2},
    /* listed cells alone, and after those of the factors */
    {"{'cells': [{}, {'cluster.compute': 2}, {'cluster.compute': 2, 'workload.nodes': 1}]}",
     "{}\n{'cluster.compute':2}\n{'cluster.compute':2,'workload.nodes':1}\n", 0, 1, 3},
    {"{'factors': {'cluster.compute': [2, 3]}, 'cells': [{'workload.nodes': 1}, {}]}",
     "{'cluster.compute':2}\n{'cluster.compute':3}\n{'workload.nodes':1}\n{}\n", 0, 1, 4},
    /* what is left out of the factors' cells may be listed */
    {"{'factors': {'cluster.compute': [1, 2, 3], 'workload.warmup': [0, 1]},"
     " 'exclude': [{'cluster.compute': 1, 'workload.warmup': 1}, {'cluster.compute': 2},"
     " {'cluster.compute': 2, 'workload.warmup': 0}],"
     " 'cells': [{'cluster.compute': 2, 'workload.warmup': 1}]}",
     "{'cluster.compute':1,'workload.warmup':0}\n{'cluster.compute':3,'workload.warmup':0}\n"
     "{'cluster.compute':3,'workload.warmup':1}\n{'cluster.compute':2,'workload.warmup':1}\n",
     0, 1, 4},
    /* objects get their defaults, those that exclude names too */
    {"{'factors': {'cluster.node': [{'cpus': 2}, {'memory': '1GiB'}, {}]},"
     " 'exclude': [{'cluster.node': {}}]}",
     "{'cluster.node':{'cpus':2,'memory':'512MiB'}}\n{'cluster.node':{'memory':'1GiB','cpus':1}}\n",
     0, 1, 2},
    {"{'cells': [{'cluster.node': {'cpus': 2}}]}",
     "{'cluster.node':{'cpus':2,'memory':'512MiB'}}\n", 0, 1, 1},
    /* of levels that are possible together only */
    {"{'factors': {'cluster.compute': [2, 4], 'workload.nodes': [2, 4]},"
     " 'exclude': [{'cluster.compute': 2, 'workload.nodes': 4}]}",
     "{'cluster.compute':2,'workload.nodes':2}\n{'cluster.compute':4,'workload.nodes':2}\n"
     "{'cluster.compute':4,'workload.nodes':4}\n",
     0, 1, 3},
    /* of a base that is impossible but in its cells */
    {"{'workload': {'name': 'command', 'command': ['true'], 'nodes': 2},"
     " 'factors': {'cluster.compute': [2, 3]}}",
     "{'cluster.compute':2}\n{'cluster.compute':3}\n", 0, 1, 2},
};

static void assert_same(const struct plan *a, const struct plan *b)
{
    ck_assert_uint_eq(plan_cells(a), plan_cells(b));
    ck_assert_uint_eq(plan_blocks(a), plan_blocks(b));
    ck_assert_uint_eq(plan_warmup_blocks(a), plan_warmup_blocks(b));
    for (size_t i = 0; i < plan_cells(a); i++) {
        bd_auto_json json_t *x = plan_cell_levels(a, i), *y = plan_cell_levels(b, i);
        bd_auto_json json_t *u = plan_cell_spec(a, i), *v = plan_cell_spec(b, i);
        ck_assert(json_equal(x, y));
        ck_assert(json_equal(u, v));
    }
    bd_auto_str struct bd_str x = {0}, y = {0};
    order_text(a, &x);
    order_text(b, &y);
    ck_assert_str_eq(bd_str_text(&x), bd_str_text(&y));
}

START_TEST(a_rule_for_stopping_is_read_with_its_defaults)
{
    bd_auto_json json_t *spec =
        spec_with("{'design': {'repetitions': {'min': 6, 'max': 20, 'until': {'metric': 'elapsed',"
                  " 'relativeHalfWidth': 0.1}}}}");
    bd_auto(plan) struct plan *p = make(spec), *again = NULL;
    const struct plan_until *until = plan_until(p);
    ck_assert_ptr_nonnull(until);
    ck_assert_str_eq(until->metric, "elapsed");
    ck_assert_uint_eq(until->rule.min, 6);
    ck_assert_uint_eq(until->rule.max, 20);
    ck_assert_uint_eq(until->rule.every, 1);
    ck_assert_double_eq(until->rule.confidence, 0.95);
    ck_assert_double_eq(until->rule.relative_half_width, 0.1);
    ck_assert_uint_eq(plan_blocks(p), 20);
    ck_assert_int_eq(plan_again(spec, &again, NULL), 0);
    ck_assert_double_eq(plan_until(again)->rule.at_looks, until->rule.at_looks);
    ck_assert_double_gt(until->rule.at_looks, 0.999);

    json_t *rule =
        json_object_get(json_object_get(json_object_get(spec, "design"), "repetitions"), "until");
    ck_assert_int_eq(bd_json_int(rule, "every", 0), 1);
    json_object_set_new(rule, "every", json_integer(0)); /* what the store holds is damaged */
    bd_auto(plan) struct plan *none = NULL;
    ck_assert_int_eq(plan_again(spec, &none, NULL), BD_ECORRUPT);

    bd_auto_json json_t *plain = spec_with("{'design': {'repetitions': {'min': 6, 'max': 20}}}");
    bd_auto(plan) struct plan *without = make(plain);
    ck_assert_ptr_null(plan_until(without));
}
END_TEST

START_TEST(cells_and_blocks_are_those_of_the_spec)
{
    bd_auto_json json_t *spec = spec_with(plans[_i].members);
    bd_auto(plan) struct plan *p = make(spec);
    bd_auto_str struct bd_str cells = {0};
    cells_text(p, &cells);
    ck_assert_str_eq(bd_str_text(&cells), plans[_i].cells);
    ck_assert_uint_eq(plan_warmup_blocks(p), plans[_i].warmup);
    ck_assert_uint_eq(plan_blocks(p), plans[_i].blocks);
    ck_assert_uint_eq(plan_runs(p), plans[_i].runs);
}
END_TEST

/* As it is stored, its members sorted: the same from the resolved spec, read back, with no schema
 * at hand. */
START_TEST(plan_of_a_resolved_spec_is_the_same_again)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *spec = spec_with(plans[_i].members), *stored = NULL;
    bd_auto(plan) struct plan *p = make(spec), *again = NULL, *third = NULL;
    bd_auto_free char *text = json_dumps(spec, JSON_COMPACT | JSON_SORT_KEYS);
    ck_assert_int_eq(bd_json_parse(text, strlen(text), &stored, &err), 0);
    ck_assert_msg(plan_again(stored, &again, &err) == 0, "%s", err.text);
    assert_same(p, again);

    /* Nothing is left to resolve. */
    third = make(stored);
    assert_same(p, third);
    ck_assert(json_equal(spec, stored));
}
END_TEST

/* As the interface has it, with 15 digits of a number: what a client sends to run it once more. */
START_TEST(a_resolved_spec_can_be_submitted_again_whole)
{
    static const char *const forms[] = {
        "{'design': {'repetitions': {'min': 6, 'max': 20, 'until': {'metric': 'elapsed',"
        " 'relativeHalfWidth': 0.1}}}}",
        "{'design': {'repetitions': 6}, 'budget': {'runs': 13}}",
        "{'failIf': [{'metric': 'elapsed', 'above': 1}]}",
        "{'objectives': [{'metric': 'elapsed', 'direction': 'min', 'margin': '7%'}]}",
        "{'images': {'debian-bookworm': 'sha256:"
        "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e'}}",
        "{'composition': [{'fragment': 'cluster/small', 'digest': 'sha256:"
        "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e'}]}",
        "{'design': {'seed': 3, 'sample': {'kind': 'latin-hypercube', 'cells': 7, 'ranges':"
        " {'cluster.node.cpus': {'from': 0.1, 'to': 0.9}}}}}",
        "{'labels': {'reproduces': '5a6b7c8d'}}",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(forms); i++) {
        struct bd_err err = BD_ERR_INIT;
        bd_auto_json json_t *spec = spec_with(forms[i]), *sent = NULL;
        bd_auto(plan) struct plan *p = make(spec), *again = NULL;
        bd_auto_free char *text = json_dumps(spec, JSON_COMPACT | JSON_REAL_PRECISION(15));
        ck_assert_int_eq(bd_json_parse(text, strlen(text), &sent, &err), 0);
        again = make(sent);
        assert_same(p, again);
        char before[BD_DIGEST_BYTES], after[BD_DIGEST_BYTES];
        plan_digest(spec, before);
        plan_digest(sent, after);
        ck_assert_msg(strcmp(before, after) == 0, "%s", forms[i]);
    }
}
END_TEST

/* Which names it knows is the scheduler's to say. */
START_TEST(name_of_an_option_may_have_dots)
{
    rules.check = NULL;
    bd_auto_json json_t *spec = spec_with("{'factors': {'cluster.scheduler.options.A.b': [7]}}");
    bd_auto(plan) struct plan *p = make(spec);
    bd_auto_json json_t *cell = plan_cell_spec(p, 0);
    const json_t *scheduler = json_object_get(json_object_get(cell, "cluster"), "scheduler");
    ck_assert_int_eq(bd_json_int(json_object_get(scheduler, "options"), "A.b", 0), 7);
}
END_TEST

START_TEST(plan_owns_what_it_needs)
{
    json_t *spec = spec_with(plans[3].members);
    bd_auto(plan) struct plan *p = make(spec);
    bd_auto_json json_t *levels = plan_cell_levels(p, 0), *of_cell = plan_cell_spec(p, 0);
    json_object_clear(json_object_get(spec, "cluster"));
    json_object_clear(spec);
    json_decref(spec);
    json_object_clear(levels);
    json_object_clear(json_object_get(of_cell, "cluster"));
    bd_auto_str struct bd_str cells = {0};
    cells_text(p, &cells);
    ck_assert_str_eq(bd_str_text(&cells), plans[3].cells);
    bd_auto_json json_t *again = plan_cell_spec(p, 0);
    ck_assert_int_eq(bd_json_int(json_object_get(again, "cluster"), "compute", 0), 3);
}
END_TEST

START_TEST(a_condition_is_about_the_cells_that_have_its_levels)
{
    static const struct {
        const char *levels;
        bool in[4];
    } vectors[] = {
        {"{}", {true, true, true, true}},
        {"{'cluster.compute': 2}", {true, false, true, false}},
        {"{'cluster.node': {'cpus': 2}}", {false, false, false, true}}, /* with its defaults */
        {"{'workload.warmup': 0, 'cluster.compute': 2}", {true, false, false, false}},
    };
    bd_auto_json json_t *spec = spec_with(
        "{'cluster': {'compute': 2}, 'factors': {'cluster.compute': [2, 5]}, 'cells': "
        "[{'workload.warmup': 1}, {'cluster.node': {'cpus': 2}, 'cluster.compute': 3}],"
        " 'failIf': [{'metric': 'elapsed', 'above': 1, 'of': {'cluster.node': {'cpus': 2}}}]}");
    bd_auto(plan) struct plan *p = make(spec);
    const json_t *condition = json_array_get(json_object_get(spec, "failIf"), 0);
    ck_assert_str_eq(bd_json_str(condition, "statistic", ""), "median");
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_json json_t *holder = spec_with(vectors[i].levels);
        json_object_del(holder, "name");
        json_object_del(holder, "workload");
        bool of_node = json_object_get(holder, "cluster.node") != NULL;
        const json_t *levels = of_node ? json_object_get(condition, "of") : holder;
        for (size_t cell = 0; cell < BD_ARRAY_LEN(vectors[i].in); cell++)
            ck_assert_msg(plan_cell_has(p, cell, levels) == vectors[i].in[cell], "%s, cell %zu",
                          vectors[i].levels, cell);
    }
}
END_TEST

START_TEST(what_stands_at_a_path_is_found_in_a_spec)
{
    bd_auto_json json_t *spec =
        spec_with("{'cluster': {'compute': 2, 'scheduler': {'options': {'A.b': 7}}}}");
    ck_assert_int_eq(json_integer_value(plan_value_at(spec, "cluster.compute")), 2);
    ck_assert_int_eq(json_integer_value(plan_value_at(spec, "cluster.scheduler.options.A.b")), 7);
    ck_assert_ptr_null(plan_value_at(spec, "cluster.compute.x"));
    ck_assert_ptr_null(plan_value_at(spec, "name"));
}
END_TEST

START_TEST(spec_of_a_cell_has_its_levels_and_nothing_of_the_campaign_as_a_whole)
{
    static const char *const gone[] = {"factors",    "cells",     "exclude", "design",
                                       "objectives", "artifacts", "failIf"};
    bd_auto_json json_t *spec =
        spec_with("{'factors': {'cluster.compute': [2, 5], 'workload.env': [{'A': '1'}]},"
                  " 'objectives': [{'metric': 'elapsed', 'direction': 'min'}],"
                  " 'failIf': [{'metric': 'elapsed', 'above': 1}], 'labels': {'a': 'b'}}");
    bd_auto(plan) struct plan *p = make(spec);
    bd_auto_json json_t *cell = plan_cell_spec(p, 1);
    for (size_t i = 0; i < BD_ARRAY_LEN(gone); i++)
        ck_assert_ptr_null(json_object_get(cell, gone[i]));
    const json_t *cluster = json_object_get(cell, "cluster");
    const json_t *workload = json_object_get(cell, "workload");
    ck_assert_int_eq(bd_json_int(cluster, "compute", 0), 5);
    ck_assert_str_eq(bd_json_str(cluster, "image", ""), "debian-bookworm");
    ck_assert_str_eq(bd_json_str(json_object_get(workload, "env"), "A", ""), "1");
    ck_assert_str_eq(bd_json_str(workload, "on", ""), "job");
    ck_assert_str_eq(bd_json_str(json_object_get(cell, "labels"), "a", ""), "b");
    /* The base is as it was. */
    ck_assert_int_eq(bd_json_int(json_object_get(spec, "cluster"), "compute", 0), 1);
}
END_TEST

static json_int_t scheduler_cpus(const struct plan *p, size_t cell)
{
    bd_auto_json json_t *spec = plan_cell_spec(p, cell);
    const json_t *cluster = json_object_get(spec, "cluster");
    return bd_json_int(json_object_get(cluster, "node"), "schedulerCpus", 0);
}

START_TEST(what_the_scheduler_is_told_follows_the_share)
{
    bd_auto_json json_t *spec = spec_with("{'factors': {'cluster.node.cpus': [0.5, 2, 3.5]}}");
    bd_auto_json json_t *told = spec_with("{'cluster': {'node': {'schedulerCpus': 7}},"
                                          " 'factors': {'cluster.node.cpus': [0.5, 2]}}");
    bd_auto(plan) struct plan *follows = make(spec), *fixed = make(told);
    ck_assert_int_eq(scheduler_cpus(follows, 0), 1);
    ck_assert_int_eq(scheduler_cpus(follows, 1), 2);
    ck_assert_int_eq(scheduler_cpus(follows, 2), 4);
    ck_assert_int_eq(scheduler_cpus(fixed, 0), 7);
    ck_assert_int_eq(scheduler_cpus(fixed, 1), 7);
}
END_TEST

static void digest_of(const char *members, char ret_digest[BD_DIGEST_BYTES])
{
    bd_auto_json json_t *spec = spec_with(members);
    bd_auto(plan) struct plan *p = make(spec);
    plan_digest(spec, ret_digest);
}

START_TEST(equal_specs_have_equal_digests)
{
    static const char *const same[] = {
        "{}",
        "{'cluster': {}}",
        "{'design': {'seed': 1}, 'labels': {}}",
        "{'labels': {}, 'design': {}, 'cluster': {'node': {'memory': '512MiB'}}}",
        "{'isolation': 'exclusive', 'workload': {'command': ['true'], 'name': 'command'}}",
    };
    static const char *const other[] = {"{'design': {'seed': 2}}", "{'name': 'other'}",
                                        "{'cluster': {'compute': 2}}",
                                        "{'factors': {'cluster.compute': [1]}}"};
    char first[BD_DIGEST_BYTES], digest[BD_DIGEST_BYTES];
    digest_of(same[0], first);
    for (size_t i = 1; i < BD_ARRAY_LEN(same); i++) {
        digest_of(same[i], digest);
        ck_assert_str_eq(digest, first);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(other); i++) {
        digest_of(other[i], digest);
        ck_assert_str_ne(digest, first);
    }
}
END_TEST

/* printf '{"a":[1,true,"\303\251"],"b":null}' | sha256sum */
START_TEST(digest_is_that_of_the_canonical_text)
{
    bd_auto_json json_t *value = json_pack("{s:n, s:[i, b, s]}", "b", "a", 1, 1, "\xc3\xa9"),
                        *text = json_string("x");
    char digest[BD_DIGEST_BYTES];
    plan_digest(value, digest);
    ck_assert_str_eq(digest,
                     "sha256:d3a23853b163be31227cba8baa3af9fda0780c0ac5d2184469edf3d16fa51a88");
    plan_digest(text, digest);
    ck_assert_str_eq(digest,
                     "sha256:ba2df4903a2c14e86dc3bcca58911b44ac1d2514b7227bf6eb08cfb978f55a1b");
}
END_TEST

static const struct {
    const char *members, *says;
} damaged[] = {
    {"{'design': {'repetitions': 0}}", "/design/repetitions"},
    {"{'design': {'warmup': -1}}", "/design/warmup"},
    {"{'design': {'repetitions': {'min': 1}, 'warmup': 100001}}", "/design/warmup"},
    {"{'design': {'repetitions': 100000, 'warmup': 1}}", "100001"},
    {"{'factors': {'cluster.compute': 3}}", "cell"},
    {"{'factors': {'cluster.compute': []}}", "cell"},
    {"{'factors': {'cluster.compute': [1, 1]}}", "/factors/cluster.compute/1"},
    {"{'factors': {'name': ['x']}}", "/factors/name"},
    {"{'factors': {'workload.name.x': ['x']}}", "/factors/workload.name.x"},
    {"{'factors': {'cluster.compute': [1]}, 'exclude': [{}]}", "/exclude"},
    {"{'factors': {'cluster.compute': [1]}, 'exclude': [3, {'a': 1}]}", "/exclude"},
    {"{'cells': [{'cluster.compute': 3}, {'cluster.compute': 3}]}", "/cells/1"},
    {"{'cells': [{'x': 3}]}", "/cells/0/x"},
};

START_TEST(stored_spec_that_is_damaged_is_refused)
{
    struct bd_err err = BD_ERR_INIT;
    struct plan *p = NULL;
    bd_auto_json json_t *spec = spec_with(damaged[_i].members);
    ck_assert_int_eq(plan_again(spec, &p, &err), BD_ECORRUPT);
    ck_assert_ptr_null(p);
    ck_assert_msg(strstr(err.text, damaged[_i].says) != NULL, "%s", err.text);
}
END_TEST

Suite *plans_suite(void)
{
    Suite *suite = suite_create("plan: cells");
    TCase *tests = tcase_create("cells");
    tcase_add_checked_fixture(tests, load_rules, unload_rules);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, cells_and_blocks_are_those_of_the_spec, 0, BD_ARRAY_LEN(plans));
    tcase_add_test(tests, a_rule_for_stopping_is_read_with_its_defaults);
    tcase_add_loop_test(tests, plan_of_a_resolved_spec_is_the_same_again, 0, BD_ARRAY_LEN(plans));
    tcase_add_test(tests, a_resolved_spec_can_be_submitted_again_whole);
    tcase_add_test(tests, name_of_an_option_may_have_dots);
    tcase_add_test(tests, plan_owns_what_it_needs);
    tcase_add_test(tests, a_condition_is_about_the_cells_that_have_its_levels);
    tcase_add_test(tests, what_stands_at_a_path_is_found_in_a_spec);
    tcase_add_test(tests, spec_of_a_cell_has_its_levels_and_nothing_of_the_campaign_as_a_whole);
    tcase_add_test(tests, what_the_scheduler_is_told_follows_the_share);
    tcase_add_test(tests, equal_specs_have_equal_digests);
    tcase_add_test(tests, digest_is_that_of_the_canonical_text);
    tcase_add_loop_test(tests, stored_spec_that_is_damaged_is_refused, 0, BD_ARRAY_LEN(damaged));
    suite_add_tcase(suite, tests);
    return suite;
}
