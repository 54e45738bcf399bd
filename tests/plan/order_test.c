/* The order of runs, which a seed gives for ever. */
#include "tests/plan/support.h"

#define FIVE "'factors': {'cluster.compute': [1, 2, 3, 4, 5]}, "

/* Worked out beside, from what is published of xoshiro256**, splitmix64, Lemire and Durstenfeld. */
static const struct {
    const char *members, *order;
} orders[] = {
    {"{" FIVE "'design': {'order': 'as-written', 'repetitions': 2, 'warmup': 1}}",
     "w0.0 w0.1 w0.2 w0.3 w0.4\n1.0 1.1 1.2 1.3 1.4\n2.0 2.1 2.2 2.3 2.4"},
    {"{" FIVE "'design': {'order': 'randomised-blocks', 'repetitions': 3, 'warmup': 1, 'seed': 1}}",
     "w0.3 w0.2 w0.1 w0.4 w0.0\n"
     "1.4 1.2 1.3 1.0 1.1\n"
     "2.2 2.3 2.0 2.4 2.1\n"
     "3.3 3.2 3.1 3.0 3.4"},
    {"{" FIVE "'design': {'order': 'randomised-blocks', 'repetitions': 2, 'warmup': 0, 'seed': "
     "9007199254740991}}",
     "0.3 0.4 0.0 0.1 0.2\n"
     "1.4 1.0 1.3 1.2 1.1"},
    {"{" FIVE "'design': {'order': 'randomised', 'repetitions': 3, 'warmup': 1, 'seed': 1}}",
     "w0.3 w0.2 w0.1 w0.4 w0.0\n"
     "3.2 1.3 2.3 1.2 3.3 1.0 3.0 2.0 2.1 3.1 1.1 1.4 2.4 2.2 3.4"},
    {"{" FIVE "'design': {'order': 'randomised', 'repetitions': 2, 'warmup': 2, 'seed': 7}}",
     "w0.4 w0.2 w0.3 w0.1 w0.0\n"
     "w1.2 w1.0 w1.4 w1.3 w1.1\n"
     "3.2 2.4 2.0 3.3 3.0 3.4 3.1 2.1 2.3 2.2"},
};

START_TEST(order_is_that_of_the_seed)
{
    bd_auto_json json_t *spec = spec_with(orders[_i].members);
    bd_auto(plan) struct plan *p = make(spec);
    bd_auto_str struct bd_str order = {0};
    order_text(p, &order);
    ck_assert_str_eq(bd_str_text(&order), orders[_i].order);
}
END_TEST

static const struct {
    const char *order, *before, *behind; /* of the runs: what there was, and what is added */
} added[] = {
    {"as-written", "w0.0 w0.1\n1.0 1.1\n2.0 2.1", "w0.2 w0.3 w0.4\n1.2 1.3 1.4\n2.2 2.3 2.4"},
    {"randomised-blocks", NULL, NULL},
    {"randomised", NULL, NULL},
};

static json_t *with_added(const char *order, const char *batches)
{
    bd_auto_free char *members =
        bd_xasprintf("{'factors': {'cluster.compute': [1, 2]}, 'added': [%s], "
                     "'design': {'order': '%s', 'repetitions': 2, 'warmup': 1, 'seed': 3}}",
                     batches, order);
    return spec_with(members);
}

#define THREE "[{'cluster.compute': 3}, {'cluster.compute': 4}, {'cluster.compute': 5}]"

/* Positions and cells that there were stay as they are, whatever is added. */
START_TEST(added_cells_come_behind_and_change_nothing_before)
{
    bd_auto_json json_t *bare = with_added(added[_i].order, "");
    bd_auto_json json_t *more = with_added(added[_i].order, THREE);
    bd_auto_json json_t *most = with_added(added[_i].order, THREE ", [{'cluster.compute': 6}]");
    bd_auto(plan) struct plan *p = make(bare);
    bd_auto(plan) struct plan *q = make(more);
    bd_auto(plan) struct plan *r = make(most);
    bd_auto(plan) struct plan *again = NULL;
    bd_auto_str struct bd_str first = {0}, second = {0}, third = {0}, fourth = {0};
    ck_assert_int_eq(plan_again(more, &again, NULL), 0);
    order_text(p, &first);
    order_text(q, &second);
    order_text(r, &third);
    order_text(again, &fourth);
    ck_assert(bd_starts_with(bd_str_text(&second), bd_str_text(&first)));
    ck_assert(bd_starts_with(bd_str_text(&third), bd_str_text(&second)));
    ck_assert_str_eq(bd_str_text(&second), bd_str_text(&fourth));
    if (added[_i].before) {
        ck_assert_str_eq(bd_str_text(&first), added[_i].before);
        ck_assert_str_eq(bd_str_text(&second) + first.len + 1, added[_i].behind);
    }
    ck_assert_uint_eq(plan_cells(r), 6);
    for (size_t i = 0; i < plan_runs(r); i++) {
        struct plan_run run = plan_run_at(r, i);
        ck_assert_uint_eq(run.batch, run.cell < 2 ? 0 : run.cell < 5 ? 1 : 2);
        ck_assert_uint_eq(run.warmup, run.block == 0);
    }
}
END_TEST

/* Each (cell, block) of a batch is run once, and its blocks one after the other. */
START_TEST(added_cells_are_run_once_a_block)
{
    bd_auto_json json_t *spec = with_added(added[_i].order, THREE ", [{'cluster.compute': 6}]");
    bd_auto(plan) struct plan *p = make(spec);
    bool seen[6][3] = {{false}};
    uint32_t group = 0;
    ck_assert_uint_eq(plan_runs(p), 18);
    for (size_t i = 0; i < plan_runs(p); i++) {
        struct plan_run run = plan_run_at(p, i);
        ck_assert(!seen[run.cell][run.block]);
        seen[run.cell][run.block] = true;
        ck_assert_uint_ge(run.group, group);
        group = run.group;
    }
}
END_TEST

static const struct {
    const char *batches, *pointer;
} wrong_batches[] = {
    {"[{'cluster.compute': 2}]", "/added/0/0"}, /* it is there */
    {"[{'cluster.compute': 3}], [{'cluster.compute': 4}, {'cluster.compute': 3}]", "/added/1/1"},
    {"[{'cluster.compute': 'many'}]", "/added/0/0/cluster.compute"},
    {"[{'cluster.nothing': 3}]", "/added/0/0/cluster.nothing"},
    {"[]", "/added/0"},
};

START_TEST(added_cells_that_make_no_sense_are_refused)
{
    bd_auto_json json_t *spec = with_added("as-written", wrong_batches[_i].batches);
    bd_auto_faults struct schema_faults faults = {0};
    struct plan *p = NULL;
    ck_assert_int_eq(plan_make(spec, &rules, &p, &faults), BD_EINVALID);
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_str_eq(faults.items[0].pointer, wrong_batches[_i].pointer);
}
END_TEST

START_TEST(a_rule_for_stopping_takes_no_added_cells)
{
    bd_auto_json json_t *spec = spec_with(
        "{'added': [" THREE "], 'design': {'repetitions': {'min': 12, 'max': 40, 'until': "
        "{'metric': 'elapsed', 'relativeHalfWidth': 0.1}}}}");
    bd_auto_faults struct schema_faults faults = {0};
    struct plan *p = NULL;
    ck_assert_int_eq(plan_make(spec, &rules, &p, &faults), BD_EINVALID);
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_str_eq(faults.items[0].pointer, "/added");
}
END_TEST

static const char *const designs[] = {
    "{" FIVE "'design': {'order': 'as-written', 'repetitions': 20, 'warmup': 3}}",
    "{" FIVE "'design': {'order': 'randomised', 'repetitions': 20, 'warmup': 3}}",
    "{" FIVE "'design': {'order': 'randomised-blocks', 'repetitions': 20, 'warmup': 3}}",
    "{" FIVE "'design': {'repetitions': 1}}",
};

START_TEST(every_cell_is_run_once_a_block_and_warm_up_comes_first)
{
    bd_auto_json json_t *spec = spec_with(designs[_i]);
    bd_auto(plan) struct plan *p = make(spec);
    size_t cells = plan_cells(p), warmup = plan_warmup_blocks(p);
    bd_auto_free size_t *seen = bd_xcalloc(plan_runs(p), sizeof(*seen));
    uint32_t group = 0;
    for (size_t i = 0; i < plan_runs(p); i++) {
        struct plan_run run = plan_run_at(p, i);
        ck_assert_uint_lt(run.cell, cells);
        ck_assert_uint_lt(run.block, plan_blocks(p));
        ck_assert_uint_eq(seen[run.block * cells + run.cell]++, 0);
        ck_assert_int_eq(run.warmup, run.block < warmup);
        ck_assert_int_eq(run.warmup, i < warmup * cells);
        ck_assert_uint_ge(run.group, group); /* none goes on after a later one began */
        group = run.group;
    }
}
END_TEST

START_TEST(another_seed_gives_another_order)
{
    for (int i = 1; i <= 2; i++) {
        bd_auto_json json_t *one = spec_with(designs[i]), *other = spec_with(designs[i]);
        json_object_set_new(json_object_get(other, "design"), "seed", json_integer(2));
        bd_auto(plan) struct plan *p = make(one), *q = make(other);
        bd_auto_str struct bd_str x = {0}, y = {0};
        order_text(p, &x);
        order_text(q, &y);
        ck_assert_str_ne(bd_str_text(&x), bd_str_text(&y));
    }
}
END_TEST

/* A campaign that is made longer begins as the shorter one. */
START_TEST(more_blocks_leave_those_before_as_they_are)
{
    bd_auto_json json_t *one = spec_with("{" FIVE "'design': {'repetitions': 4}}");
    bd_auto_json json_t *more = spec_with("{" FIVE "'design': {'repetitions': 9}}");
    bd_auto(plan) struct plan *p = make(one), *q = make(more);
    for (size_t i = 0; i < plan_runs(p); i++)
        ck_assert_uint_eq(plan_run_at(p, i).cell, plan_run_at(q, i).cell);
}
END_TEST

Suite *order_suite(void)
{
    Suite *suite = suite_create("plan: order");
    TCase *tests = tcase_create("order");
    tcase_add_checked_fixture(tests, load_rules, unload_rules);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, order_is_that_of_the_seed, 0, BD_ARRAY_LEN(orders));
    tcase_add_loop_test(tests, every_cell_is_run_once_a_block_and_warm_up_comes_first, 0,
                        BD_ARRAY_LEN(designs));
    tcase_add_test(tests, another_seed_gives_another_order);
    tcase_add_test(tests, more_blocks_leave_those_before_as_they_are);
    tcase_add_loop_test(tests, added_cells_come_behind_and_change_nothing_before, 0,
                        BD_ARRAY_LEN(added));
    tcase_add_loop_test(tests, added_cells_are_run_once_a_block, 0, BD_ARRAY_LEN(added));
    tcase_add_loop_test(tests, added_cells_that_make_no_sense_are_refused, 0,
                        BD_ARRAY_LEN(wrong_batches));
    tcase_add_test(tests, a_rule_for_stopping_takes_no_added_cells);
    suite_add_tcase(suite, tests);
    return suite;
}
