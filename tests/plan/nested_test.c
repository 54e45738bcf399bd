/* Factors that vary under a condition only. */
#include "tests/plan/support.h"

#include <string.h>

#define A "cluster.scheduler.options.A"
#define B "cluster.scheduler.options.B"
#define C "cluster.scheduler.options.C"

static const struct {
    const char *members, *cells;
} plans[] = {
    /* elsewhere it is left alone: one cell */
    {"{'factors': {'cluster.compute': [2, 4], 'workload.nodes': {'levels': [1, 2, 3], 'when': "
     "{'cluster.compute': 4}}}}",
     "{'cluster.compute':2}\n"
     "{'cluster.compute':4,'workload.nodes':1}\n{'cluster.compute':4,'workload.nodes':2}\n"
     "{'cluster.compute':4,'workload.nodes':3}\n"},
    /* several levels, and several conditions */
    {"{'factors': {'" A "': [1, 2, 3], '" B "': ['x', 'y'], '" C
     "': {'levels': [7, 8], 'when': {'" A "': [1, 3], '" B "': 'x'}}}}",
     "{'" A "':1,'" B "':'x','" C "':7}\n{'" A "':1,'" B "':'x','" C "':8}\n{'" A "':1,'" B
     "':'y'}\n"
     "{'" A "':2,'" B "':'x'}\n{'" A "':2,'" B "':'y'}\n"
     "{'" A "':3,'" B "':'x','" C "':7}\n{'" A "':3,'" B "':'x','" C "':8}\n{'" A "':3,'" B
     "':'y'}\n"},
    /* of a factor that is nested itself, however they are named */
    {"{'factors': {'" C "': [1, 2], '" A "': {'levels': [1, 2], 'when': {'" B "': 2}}, '" B
     "': {'levels': [1, 2], 'when': {'" C "': 2}}}}",
     "{'" C "':1}\n{'" B "':1,'" C "':2}\n"
     "{'" A "':1,'" B "':2,'" C "':2}\n{'" A "':2,'" B "':2,'" C "':2}\n"},
    /* what is left out is so only where the factor varies */
    {"{'factors': {'cluster.compute': [2, 4], 'workload.nodes': {'levels': [1, 2], 'when': "
     "{'cluster.compute': 4}}}, 'exclude': [{'workload.nodes': 1}]}",
     "{'cluster.compute':2}\n{'cluster.compute':4,'workload.nodes':2}\n"},
    /* levels that are lists, and objects that get their defaults */
    {"{'factors': {'cluster.node': [{}, {'cpus': 2}], 'workload.command': {'levels': [['a'], "
     "['b']], 'when': {'cluster.node': {'cpus': 2}}}, 'workload.warmup': {'levels': [0, 1], "
     "'when': "
     "{'workload.command': [['b']]}}}}",
     "{'cluster.node':{'cpus':1,'memory':'512MiB'}}\n"
     "{'cluster.node':{'cpus':2,'memory':'512MiB'},'workload.command':['a']}\n"
     "{'cluster.node':{'cpus':2,'memory':'512MiB'},'workload.command':['b'],'workload.warmup':0}\n"
     "{'cluster.node':{'cpus':2,'memory':'512MiB'},'workload.command':['b'],'workload.warmup':1}"
     "\n"},
    /* levels that fit only under the condition */
    {"{'factors': {'workload.arrival': [{'process': 'all'}, {'process': 'burst', 'load': 1, "
     "'burst': 2}], 'workload.jobs': {'levels': [10, 20], 'when': {'workload.arrival': {'process': "
     "'all'}}}}, 'workload': {'name': 'jobstream', 'jobs': 5, 'runtime': {'distribution': "
     "'constant', 'value': '1s'}, 'arrival': {'process': 'all'}}}",
     "{'workload.arrival':{'process':'all'},'workload.jobs':10}\n"
     "{'workload.arrival':{'process':'all'},'workload.jobs':20}\n"
     "{'workload.arrival':{'process':'burst','load':1,'burst':2}}\n"},
};

START_TEST(nested_factors_vary_where_their_conditions_hold)
{
    bd_auto_json json_t *spec = spec_with(plans[_i].members);
    bd_auto(plan) struct plan *p = make(spec);
    bd_auto(plan) struct plan *again = NULL;
    bd_auto_str struct bd_str text = {0}, stored = {0};
    bd_auto_json json_t *seen = json_object();
    cells_text(p, &text);
    ck_assert_str_eq(bd_str_text(&text), plans[_i].cells);
    ck_assert_int_eq(plan_again(spec, &again, NULL), 0);
    cells_text(again, &stored);
    ck_assert_str_eq(bd_str_text(&stored), plans[_i].cells);
    for (size_t i = 0; i < plan_cells(p); i++) {
        bd_auto_json json_t *of_cell = plan_cell_spec(p, i);
        char digest[BD_DIGEST_BYTES];
        plan_digest(of_cell, digest);
        ck_assert_msg(!json_object_get(seen, digest), "cell %zu is there twice", i);
        json_object_set_new(seen, digest, json_true());
    }
}
END_TEST

static const struct {
    const char *members, *faults[3];
} wrong[] = {
    {"{'factors': {'cluster.compute': {'levels': [1, 2], 'when': {'workload.nodes': 1}}}}",
     {"/factors/cluster.compute/when/workload.nodes | the path of another factor"}},
    {"{'factors': {'cluster.compute': {'levels': [1, 2], 'when': {'cluster.compute': 1}}}}",
     {"/factors/cluster.compute/when/cluster.compute | the path of another factor"}},
    {"{'factors': {'" A "': [1, 2], '" B "': {'levels': [1], 'when': {'" A "': [1, 7, 8]}}}}",
     {"/factors/" B "/when/" A " | one of the levels of that factor",
      "/factors/" B "/when/" A " | one of the levels of that factor"}},
    {"{'factors': {'" A "': {'levels': [1, 2], 'when': {'" B "': 1}}, '" B
     "': {'levels': [1, 2], 'when': {'" A "': 1}}, '" C "': [1]}}",
     {"/factors/" A "/when | conditions that do not lead back",
      "/factors/" B "/when | conditions that do not lead back"}},
    {"{'factors': {'" A "': [1], 'cluster.compute': {'levels': [1, 'two', 1], 'when': {'" A
     "': 1}}}}",
     {"/factors/cluster.compute/levels/1 | an integer",
      "/factors/cluster.compute/levels/2 | a level that is not in the list already"}},
    {"{'factors': {'" A "': [1], 'cluster.compute': {'levels': [2, 2], 'when': {'" A "': 1}}}}",
     {"/factors/cluster.compute/levels/1 | a level that is not in the list already"}},
    {"{'factors': {'cluster.compute': [1, 2], 'workload.nodes': {'levels': [1, 3], 'when': "
     "{'cluster.compute': 2}}}}",
     {"/factors/workload.nodes/levels/1 | at /workload/nodes: from 1 to 2 nodes"}},
    {"{'factors': {'cluster.compute': [1, 2], 'workload.nodes': {'levels': [1], 'if': {}}}}",
     {"/factors/workload.nodes", "/factors/workload.nodes"}},
    {"{'factors': {'cluster.compute': [1, 2], 'workload.nodes': {'levels': [1, 2], 'when': "
     "{'cluster.compute': 2}}}, 'cells': [{'cluster.compute': 1}, {'cluster.compute': 2, "
     "'workload.nodes': 2}]}",
     {"/cells/0 | a cell that is not one of the factors' already",
      "/cells/1 | a cell that is not one of the factors' already"}},
};

START_TEST(conditions_that_make_no_sense_are_refused)
{
    bd_auto_json json_t *spec = spec_with(wrong[_i].members);
    bd_auto_faults struct schema_faults faults = {0};
    bd_auto_str struct bd_str all = {0};
    struct plan *p = NULL;
    size_t n = 0;
    ck_assert_int_eq(plan_make(spec, &rules, &p, &faults), BD_EINVALID);
    for (size_t i = 0; i < faults.n; i++)
        bd_str_addf(&all, "%s | %s\n", faults.items[i].pointer, faults.items[i].expected);
    for (; n < BD_ARRAY_LEN(wrong[_i].faults) && wrong[_i].faults[n]; n++)
        ck_assert_msg(strstr(bd_str_text(&all), wrong[_i].faults[n]) != NULL, "%s\nnot in:\n%s",
                      wrong[_i].faults[n], bd_str_text(&all));
    ck_assert_msg(faults.n == n, "%s", bd_str_text(&all));
}
END_TEST

/* Each depends on all before it: 2^19 ways to ask, and as many combinations to leave out. */
START_TEST(conditions_on_conditions_take_no_time)
{
    bd_auto_json json_t *spec = spec_with("{'factors': {}}");
    json_t *factors = json_object_get(spec, "factors");
    for (int i = 0; i < 16; i++) {
        bd_auto_free char *path = bd_xasprintf("cluster.scheduler.options.O%02d", i);
        json_t *when = json_object();
        for (int k = 0; k < i; k++) {
            bd_auto_free char *other = bd_xasprintf("cluster.scheduler.options.O%02d", k);
            json_object_set_new(when, other, json_integer(2));
        }
        json_object_set_new(factors, path,
                            i == 0 ? json_pack("[i, i]", 1, 2)
                                   : json_pack("{s:[i, i], s:O}", "levels", 1, 2, "when", when));
        json_decref(when);
    }
    bd_auto(plan) struct plan *p = make(spec);
    ck_assert_uint_eq(plan_cells(p), 17);
}
END_TEST

Suite *nested_suite(void)
{
    Suite *suite = suite_create("plan: nested factors");
    TCase *tests = tcase_create("nested factors");
    tcase_add_checked_fixture(tests, load_rules, unload_rules);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, nested_factors_vary_where_their_conditions_hold, 0,
                        BD_ARRAY_LEN(plans));
    tcase_add_loop_test(tests, conditions_that_make_no_sense_are_refused, 0, BD_ARRAY_LEN(wrong));
    tcase_add_test(tests, conditions_on_conditions_take_no_time);
    suite_add_tcase(suite, tests);
    return suite;
}
