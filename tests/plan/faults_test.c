/* What is wrong with a spec: all of it, each where it is, and what would be right. */
#include "tests/plan/support.h"

#include <string.h>

#define WORKLOAD "'workload': {'name': 'command', 'command': ['true'], "
#define NO_PATH  "the path of a member below cluster, workload, hooks, limits or sampling"

/* "POINTER | BEGIN OF WHAT IS EXPECTED" a fault, in any order. */
static const struct {
    const char *members;
    const char *faults[6];
} wrong[] = {
    /* of the base, by the schema: the rest is looked at as far as that makes sense */
    {"{'priorty': 1, 'cluster': {'compute': 0}}",
     {"/priorty | no member of this name", "/cluster/compute | an integer from 1 to 250"}},
    {"{'name': 'No', 'factors': {'cluster.compute': [1, 'two'], 'cluster.colour': [1, 2], "
     "'workload.nodes': [1]}, 'workload': {'name': 'command'}, 'cells': [{'cluster.compute': 0}],"
     " 'design': {'repetitions': {'min': 2, 'max': 1}}}",
     {"/name | a string that matches", "/workload | required member 'command'",
      "/factors/cluster.compute/1 | an integer", "/factors/cluster.colour | no member",
      "/cells/0/cluster.compute | an integer", "/design/repetitions/min | a number up to max"}},
    {"{'cluster': 'big', 'factors': {'cluster.compute': [0]}, 'cells': 7}",
     {"/cluster | an object", "/cells | an array"}},

    /* rules for stopping */
    {"{'design': {'repetitions': {'min': 6, 'max': 12, 'until': {'metric': 'elapsed',"
     " 'relativeHalfWidth': 0.1}}}}",
     {"/design/repetitions/max | so many blocks that the rule can be met at a look before the last:"
      " a confidence of 0.95 takes 12 values or more"}},
    {"{'design': {'order': 'randomised', 'repetitions': {'min': 6, 'max': 20, 'until': {'metric':"
     " 'elapsed', 'relativeHalfWidth': 0.1, 'confidence': 0.999, 'every': 20}}}}",
     {"/design/order | randomised-blocks or as-written: ", "/design/repetitions/max | so many"}},
    {"{'design': {'repetitions': {'min': 21, 'max': 20, 'until': {'metric': 'elapsed',"
     " 'relativeHalfWidth': 0.1}}}}",
     {"/design/repetitions/min | a number up to max"}},
    {"{'design': {'repetitions': {'min': 6, 'max': 20, 'until': {'relativeHalfWidth': 0,"
     " 'confidence': 95, 'every': 0, 'metrics': []}}}}",
     {"/design/repetitions/until | required member 'metric'",
      "/design/repetitions/until/relativeHalfWidth | a number above 0",
      "/design/repetitions/until/confidence | a number from 0.5",
      "/design/repetitions/until/every | an integer from 1",
      "/design/repetitions/until/metrics | no member of this name"}},

    /* paths */
    {"{'factors': {'cluster.colour': ['red', 'blue'], 'cluster.nodes.cpus': [1]}}",
     {"/factors/cluster.colour | no member of this name",
      "/factors/cluster.nodes.cpus | no member of this name"}},
    {"{'factors': {'name': ['a'], 'design.seed': [1], 'cluster': [{}], 'clusters.x': [1], '': "
     "[1]}}",
     {"/factors/name | " NO_PATH, "/factors/design.seed | " NO_PATH, "/factors/cluster | " NO_PATH,
      "/factors/clusters.x | " NO_PATH, "/factors/ | " NO_PATH}},
    {"{'factors': {'cluster.image.name': ['a'], 'workload.command.0': ['a'], 'cluster.': [1],"
     " 'workload..x': [1]}}",
     {"/factors/cluster.image.name | " NO_PATH, "/factors/workload.command.0 | " NO_PATH,
      "/factors/cluster. | no member of this name", "/factors/workload..x | no member"}},
    {"{'factors': {'cluster.a/b~c': [1, 2]}, 'cells': [{'a/b~c': 1}], 'exclude': [{'a/b~c': 1}]}",
     {"/factors/cluster.a~1b~0c | no member", "/cells/0/a~1b~0c | " NO_PATH,
      "/exclude/0/a~1b~0c | the path of a factor"}},
    {"{'factors': {'cluster.node': [{}], 'cluster.node.cpus': [1, 2], 'cluster.node.memory': "
     "['1GiB']}}",
     {"/factors/cluster.node.cpus | a path that does not lead through cluster.node,",
      "/factors/cluster.node.memory | a path that does not lead through cluster.node,"}},
    {"{'cells': [{'cluster.node.cpus': 1, 'cluster.node': {}}, {'cluster.node': {}}]}",
     {"/cells/0/cluster.node.cpus | a path that does not lead through cluster.node,"}},

    /* levels */
    {"{'factors': {'cluster.compute': ['two', 2, 251], 'cluster.node': [{'cpus': 'many'}, {'cpu': "
     "1}]}}",
     {"/factors/cluster.compute/0 | an integer from 1 to 250",
      "/factors/cluster.compute/2 | an integer from 1 to 250",
      "/factors/cluster.node/0/cpus | a number", "/factors/cluster.node/1/cpu | no member"}},
    {"{'factors': {'cluster.compute': [2, 3, 2, 2]}}",
     {"/factors/cluster.compute/2 | a level that is not in the list already",
      "/factors/cluster.compute/3 | a level that is not in the list already"}},
    {"{'factors': {'cluster.node': [{}, {'cpus': 1}]}}", /* its default */
     {"/factors/cluster.node/1 | a level that is not in the list already"}},
    {"{'factors': {'cluster.compute': []}}", {"/factors/cluster.compute | "}},

    /* cells */
    {"{'cells': [{'cluster.compute': 2}, {'cluster.compute': 0, 'x': 1}]}",
     {"/cells/1/cluster.compute | an integer from 1 to 250", "/cells/1/x | " NO_PATH}},
    {"{'cells': [{'cluster.compute': 2, 'workload.warmup': 3}, {'workload.warmup': 3, "
     "'cluster.compute': 2}, {}, {'cluster.compute': 1}]}",
     {"/cells/1 | a cell that is not listed already",
      "/cells/3 | a cell that is not listed already"}},
    {"{'factors': {'cluster.compute': [1, 2], 'workload.warmup': [0, 1]}, 'cells': [{}, "
     "{'cluster.compute': 2, 'workload.warmup': 1, 'workload.on': 'job'}, {'workload.on': "
     "'controller'}, {'cluster.compute': 4}]}",
     {"/cells/0 | a cell that is not one of the factors' already",
      "/cells/1 | a cell that is not one of the factors' already"}},

    /* exclude */
    {"{'factors': {'cluster.compute': [1, 2]}, 'exclude': [{'cluster.compute': 3}, "
     "{'workload.nodes': 1}, {'cluster.compute': 1}]}",
     {"/exclude/0/cluster.compute | one of the levels of that factor",
      "/exclude/1/workload.nodes | the path of a factor"}},
    {"{'factors': {'cluster.compute': [1, 2]}, 'exclude': [{'cluster.compute': 2}, "
     "{'cluster.compute': 1}]}",
     {"/exclude | at least one cell that is not left out"}},
    {"{'factors': {'cluster.compute': [1, 1]}, 'exclude': [{'cluster.compute': 'x'}], "
     "'cells': [{'x': 1}], 'design': {'repetitions': {'min': 4, 'max': 3}}}",
     {"/factors/cluster.compute/1 | a level that is not", "/exclude/0/cluster.compute | one of the",
      "/cells/0/x | " NO_PATH, "/design/repetitions/min | a number up to max"}},

    /* conditions */
    {"{'failIf': [{'above': 1}, {'metric': 'elapsed', 'statistic': 'mode', 'above': 'x', 'of': "
     "{}}]}",
     {"/failIf/0 | required member 'metric'", "/failIf/1/statistic | one of: median, min, max",
      "/failIf/1/above | a number", "/failIf/1/of | "}},
    {"{'factors': {'cluster.compute': [1, 2]}, 'failIf': [{'metric': 'elapsed'}, {'metric': "
     "'elapsed', 'above': 1, 'below': 2}, {'metric': 'elapsed', 'above': 1, 'of': "
     "{'cluster.compute': 3}}, {'metric': 'elapsed', 'above': 1, 'of': {'workload.nodes': 1}}, "
     "{'metric': 'elapsed', 'above': 1, 'of': {'cluster.compute': 2, 'a/b~c': 1}}]}",
     {"/failIf/0 | either above or below", "/failIf/1 | either above or below",
      "/failIf/2/of/cluster.compute | a level that a cell has",
      "/failIf/3/of/workload.nodes | the path of a factor",
      "/failIf/4/of/a~1b~0c | the path of a factor"}},
    {"{'factors': {'cluster.compute': [1, 2], 'workload.warmup': [0, 1]}, 'exclude': "
     "[{'cluster.compute': 1, 'workload.warmup': 1}], 'failIf': [{'metric': 'elapsed', 'below': 1, "
     "'of': {'cluster.compute': 1, 'workload.warmup': 1}}]}",
     {"/failIf/0/of | levels that a cell has together"}},

    /* how often */
    {"{'factors': {'cluster.compute': [1, 2, 3]}, 'design': {'repetitions': 10000, 'warmup': 1000},"
     " 'cells': [{'cluster.compute': 4}, {'cluster.compute': 5}, {'cluster.compute': 6},"
     " {'cluster.compute': 7}, {'cluster.compute': 8}, {'cluster.compute': 9}, {'cluster.compute': "
     "10}]}",
     {"/design/repetitions | at most 100000 runs in all: 10 cells in 11000 blocks are 110000"}},
    {"{'design': {'repetitions': {'min': 3, 'max': 2}}}",
     {"/design/repetitions/min | a number up to max"}},

    /* what a schema can't say of a base, a level, a combination */
    {"{" WORKLOAD "'metrics': {'x': {'regex': '(', 'unit': 's', 'kind': 'cost'}}},"
     " 'factors': {'cluster.compute': [1, 2]}, 'cells': [{'workload.warmup': 1}]}",
     {"/workload/metrics/x/regex | a POSIX extended"}},
    {"{'cluster': {'compute': 3}, 'factors': {'workload.nodes': [1, 4, 3, 5]}}",
     {"/factors/workload.nodes/1 | at /workload/nodes: from 1 to 3 nodes",
      "/factors/workload.nodes/3 | at /workload/nodes: from 1 to 3 nodes"}},
    {"{'cluster': {'compute': 4}, " WORKLOAD "'nodes': 4}, 'factors': {'workload.warmup': [0, 1],"
     " 'cluster.compute': [4, 2, 3]}}",
     {"/factors/cluster.compute/1 | at /workload/nodes: from 1 to 2 nodes",
      "/factors/cluster.compute/2 | at /workload/nodes: from 1 to 3 nodes"}},
    {"{" WORKLOAD "'nodes': 4}, 'factors': {'cluster.compute': [4, 2]}}",
     {"/factors/cluster.compute/1 | at /workload/nodes: from 1 to 2 nodes"}},
    {"{'factors': {'cluster.compute': [2, 4], 'workload.nodes': [2, 4]}}",
     {"/factors/workload.nodes/1 | at /workload/nodes: from 1 to 2 nodes"}},
    {"{'factors': {'cluster.node.memory': ['1GiB', '1MiB'], 'cluster.compute': [1, 2]}}",
     {"/factors/cluster.node.memory/1 | at /cluster/node/memory: a size from 64MiB"}},
    {"{'cluster': {'network': {'jitter': '1ms'}}, 'factors': {'cluster.compute': [1, 2]}}",
     {"/cluster/network/jitter | at most the latency"}},
    {"{'factors': {'cluster.network.bandwidth': ['1Gbit/s', '1kbit/s']}}",
     {"/factors/cluster.network.bandwidth/1 | at /cluster/network/bandwidth: a rate from 1Mbit/s"}},
    {"{'factors': {'cluster.network.bandwidth': ['1Gbit/s', '100Mbit']}}",
     {"/factors/cluster.network.bandwidth/1 | "}},
    {"{" WORKLOAD "'nodes': 4}, 'cells': [{'cluster.compute': 4}, {'cluster.compute': 3,"
     " 'workload.warmup': 1}, {'workload.nodes': 9}]}",
     {"/cells/1/cluster.compute | at /workload/nodes: from 1 to 3 nodes",
      "/cells/2/workload.nodes | at /workload/nodes: from 1 to 1 nodes"}},
    {"{'cluster': {'compute': 2}, 'hooks': {'ready': [{'command': ['true'], 'node': 'n2'}]},"
     " 'factors': {'cluster.compute': [2, 1]}}",
     {"/factors/cluster.compute/1 | at /hooks/ready/0/node: "}},
    {"{'sampling': {'interval': '99ms'}, 'factors': {'cluster.compute': [1, 2]}}",
     {"/sampling/interval | from 100ms to 1h"}},
    {"{'factors': {'sampling.interval': ['100ms', '1h', '61min']}}",
     {"/factors/sampling.interval/2 | at /sampling/interval: from 100ms to 1h"}},
};

static void assert_begins(const struct schema_faults *found, const char *wanted)
{
    bd_auto_str struct bd_str all = {0};
    for (size_t i = 0; i < found->n; i++) {
        const struct schema_fault *f = &found->items[i];
        bd_auto_free char *text = bd_xasprintf("%s | %s", f->pointer, f->expected);
        if (bd_starts_with(text, wanted))
            return;
        bd_str_addf(&all, "\n%s", text);
    }
    ck_abort_msg("there is no '%s' in:%s", wanted, bd_str_text(&all));
}

START_TEST(all_faults_are_told_where_they_are)
{
    bd_auto_json json_t *spec = spec_with(wrong[_i].members);
    bd_auto_faults struct schema_faults found = {0};
    struct plan *p = NULL;
    size_t n = 0;
    ck_assert_int_eq(plan_make(spec, &rules, &p, &found), BD_EINVALID);
    ck_assert_ptr_null(p);
    for (; n < BD_ARRAY_LEN(wrong[_i].faults) && wrong[_i].faults[n]; n++)
        assert_begins(&found, wrong[_i].faults[n]);
    bd_auto_json json_t *list = schema_faults_json(&found);
    bd_auto_free char *text = bd_json_text(list);
    ck_assert_msg(found.n == n, "%s", text);
}
END_TEST

/* 1, 2, ... */
static json_t *levels_up_to(int n)
{
    json_t *levels = json_array();
    for (int i = 1; i <= n; i++)
        json_array_append_new(levels, json_integer(i));
    return levels;
}

static const struct {
    int levels, factors;
    const char *says;
} many[] = {
    {317, 2, "at most 100000 combinations of levels: these are 100489"},
    {1000, 20, "at most 100000 combinations of levels: these are 1e+60"},
};

START_TEST(too_many_combinations_are_counted)
{
    bd_auto_json json_t *spec = spec_with("{'factors': {}}");
    bd_auto_faults struct schema_faults found = {0};
    struct plan *p = NULL;
    for (int i = 0; i < many[_i].factors; i++) {
        bd_auto_free char *path = bd_xasprintf("cluster.scheduler.options.O%d", i);
        json_object_set_new(json_object_get(spec, "factors"), path, levels_up_to(many[_i].levels));
    }
    ck_assert_int_eq(plan_make(spec, &rules, &p, &found), BD_EINVALID);
    ck_assert_uint_eq(found.n, 1);
    ck_assert_str_eq(found.items[0].pointer, "/factors");
    ck_assert_str_eq(found.items[0].expected, many[_i].says);
}
END_TEST

/* Whoever walks down such a path would run out of stack. */
START_TEST(a_path_of_very_many_names_is_refused)
{
    static const char *const roots[] = {"workload", "cluster.scheduler.options"};
    bd_auto_str struct bd_str path = {0};
    bd_auto_faults struct schema_faults found = {0};
    bd_auto(plan) struct plan *p = NULL;
    bool is_one_name = _i == 1;
    bd_str_add(&path, roots[_i]);
    for (int i = 0; i < 200000; i++)
        bd_str_add(&path, ".a");
    bd_auto_json json_t *spec = spec_with("{'factors': {}}");
    json_object_set_new(json_object_get(spec, "factors"), bd_str_text(&path), json_pack("[i]", 1));
    plan_make(spec, &rules, &p, &found);
    for (size_t i = 0; i < found.n; i++)
        ck_assert_msg(is_one_name || bd_starts_with(found.items[i].expected, NO_PATH), "%s",
                      found.items[i].expected);
    ck_assert(is_one_name || found.n > 0);
}
END_TEST

/* A list of faults is short, whatever is sent. */
START_TEST(many_faults_are_cut_off)
{
    bd_auto_json json_t *spec = spec_with("{'cells': []}");
    bd_auto_faults struct schema_faults found = {0};
    struct plan *p = NULL;
    for (int i = 0; i < 50000; i++)
        json_array_append_new(json_object_get(spec, "cells"),
                              json_pack("{s:i}", "cluster.compute", -i));
    ck_assert_int_eq(plan_make(spec, &rules, &p, &found), BD_EINVALID);
    ck_assert_uint_eq(found.n, SCHEMA_FAULTS_MAX);
    ck_assert(found.more);
}
END_TEST

START_TEST(what_was_told_before_stays)
{
    bd_auto_json json_t *spec = spec_with("{'priorty': 1}"), *right = spec_with("{}");
    bd_auto_faults struct schema_faults found = {0};
    bd_auto(plan) struct plan *p = NULL;
    schema_faults_add(&found, "/before", NULL, "something");
    ck_assert_int_eq(plan_make(right, &rules, &p, &found), 0);
    plan_free(bd_take(p));
    ck_assert_int_eq(plan_make(spec, &rules, &p, &found), BD_EINVALID);
    ck_assert_uint_eq(found.n, 2);
    assert_begins(&found, "/before | something");
    assert_begins(&found, "/priorty | ");
}
END_TEST

START_TEST(rules_may_have_no_check)
{
    const struct plan_rules schema_only = {.schema = rules.schema};
    bd_auto_json json_t *spec = spec_with("{'factors': {'workload.nodes': [9]}}");
    bd_auto_faults struct schema_faults found = {0};
    bd_auto(plan) struct plan *p = NULL;
    ck_assert_int_eq(plan_make(spec, &schema_only, &p, &found), 0);
}
END_TEST

Suite *faults_suite(void)
{
    Suite *suite = suite_create("plan: faults");
    TCase *tests = tcase_create("faults");
    tcase_add_checked_fixture(tests, load_rules, unload_rules);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, all_faults_are_told_where_they_are, 0, BD_ARRAY_LEN(wrong));
    tcase_add_loop_test(tests, too_many_combinations_are_counted, 0, BD_ARRAY_LEN(many));
    tcase_add_loop_test(tests, a_path_of_very_many_names_is_refused, 0, 2);
    tcase_add_test(tests, many_faults_are_cut_off);
    tcase_add_test(tests, what_was_told_before_stays);
    tcase_add_test(tests, rules_may_have_no_check);
    suite_add_tcase(suite, tests);
    return suite;
}
