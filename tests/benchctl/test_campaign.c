/* What is told of campaigns and runs, from their JSON. */
#include "suites.h"

#include "clients/benchctl/campaign.h"

static json_t *parse(const char *text_in_apostrophes)
{
    bd_auto_free char *text = bd_xstrdup(text_in_apostrophes);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_msg(json != NULL, "%s", text);
    return json;
}

/* One line a path: its title, and # where its levels are numbers. */
static const struct {
    const char *cells, *titles;
} titles[] = {
    {"[]", ""},
    {"[{'cell': {}}]", ""},
    {"[{'cell': {'priority': 1}}]", "priority #\n"},
    {"[{'cell': {'cluster.scheduler.options.SchedulerType': 'a', 'cluster.compute': 2}}]",
     "SchedulerType\ncompute #\n"},
    {"[{'cell': {'a.b.x': 1}}, {'cell': {'a.c.x': 1}}, {'cell': {'x': 1}}]", "b.x #\nc.x #\nx #\n"},
    {"[{'cell': {'a.b.x': 1, 'b.x': 2, 'c.ax': 3}}]", "a.b.x #\nb.x #\nax #\n"},
    {"[{'cell': {'n': 1}}, {'cell': {'n': '2'}}, {}]", "n\n"},
};

START_TEST(test_factors_are_titled_by_what_tells_them_apart)
{
    levels_auto struct levels levels = {0};
    bd_auto_json json_t *items = parse(titles[_i].cells);
    bd_auto_str struct bd_str text = {0};
    levels_collect(&levels, items, "cell");
    for (size_t i = 0; i < levels.paths.n; i++)
        bd_str_addf(&text, "%s%s\n", levels.titles.items[i], levels.numbers[i] ? " #" : "");
    ck_assert_str_eq(bd_str_text(&text), titles[_i].titles);
}
END_TEST

static const struct {
    const char *cell, *text;
} cells[] = {
    {"{}", "the base"},
    {"{'cluster.compute': 2}", "compute=2"},
    {"{'a.x': 'one\\u001b', 'b.x': {'k': [1, 2.5]}}", "a.x=one\\x1b, b.x={\"k\":[1,2.5]}"},
};

START_TEST(test_levels_are_one_line)
{
    bd_auto_json json_t *cell = parse(cells[_i].cell);
    bd_auto_str struct bd_str text = {0};
    levels_text(cell, &text);
    ck_assert_str_eq(bd_str_text(&text), cells[_i].text);
}
END_TEST

static const struct {
    const char *run, *result;
} results[] = {
    {"{'state': 'queued', 'waiting': 'the host is busy'}", "waits: the host is busy"},
    {"{'state': 'queued', 'waiting': null}", "queued"},
    {"{'state': 'measuring', 'steps': [{'name': 'ready', 'state': 'done'},"
     " {'name': 'workload', 'state': 'intended'}]}",
     "workload"},
    {"{'state': 'clearing', 'metrics': {'elapsed': {'value': 2, 'unit': 's', 'n': 1}}}",
     "elapsed 2 s"},
    {"{'state': 'done', 'metrics': {'elapsed': {'value': 2, 'unit': 's', 'n': 1},"
     " 'r': {'value': 0.5, 'unit': '', 'n': 3}}}",
     "r 0.5 (n 3), elapsed 2 s"},
    {"{'state': 'done', 'objectives': [{'metric': 'z'}, {'metric': 'd'}, {'metric': 'none'}],"
     " 'metrics': {'a': {'value': 1, 'unit': '', 'n': 1}, 'b': {'value': 2, 'unit': '', 'n': 1},"
     " 'c': {'value': 3, 'unit': '', 'n': 1}, 'd': {'value': 4, 'unit': 's', 'n': 1},"
     " 'elapsed': {'value': 2, 'unit': 's', 'n': 1}, 'z': {'value': 9, 'unit': '', 'n': 1}}}",
     "z 9, d 4 s"},
    {"{'state': 'done',"
     " 'metrics': {'a': {'value': 1, 'unit': '', 'n': 1}, 'b': {'value': 2, 'unit': '', 'n': 1},"
     " 'c': {'value': 3, 'unit': '', 'n': 1}, 'd': {'value': 4, 'unit': 's', 'n': 1},"
     " 'elapsed': {'value': 2, 'unit': 's', 'n': 1}, 'z': {'value': 9, 'unit': '', 'n': 1}}}",
     "a 1, b 2, c 3, d 4 s, and 2 more"},
    {"{'state': 'failed', 'metrics': {'elapsed': {'value': 2, 'unit': 's', 'n': 1}},"
     " 'error': {'type': 'timeout', 'step': 'collect', 'detail': 'no answer'}}",
     "collect: no answer"},
    {"{'state': 'failed', 'error': {'type': 'interrupted', 'step': null, 'detail': 'cut off'}}",
     "interrupted: cut off"},
    {"{'state': 'cancelled', 'error': null, 'metrics': {}}", ""},
};

START_TEST(test_results_tell_what_matters_most)
{
    bd_auto_json json_t *run = parse(results[_i].run);
    bd_auto_str struct bd_str text = {0};
    run_result(run, json_object_get(run, "objectives"), &text);
    ck_assert_str_eq(bd_str_text(&text), results[_i].result);
}
END_TEST

static const struct {
    const char *campaign;
    bool running;
    const char *text;
} progresses[] = {
    {"{'progress': {'planned': 6, 'done': 0, 'failed': 0, 'excluded': 0, 'running': 0,"
     " 'etaSeconds': null}}",
     true, "0 of 6 done"},
    {"{'progress': {'planned': 22, 'done': 7, 'failed': 2, 'excluded': 1, 'running': 1,"
     " 'etaSeconds': 63}}",
     true, "7 of 22 done, 2 failed, 1 left out, 1 under way, about 1 min 3 s to go"},
    {"{'progress': {'planned': 22, 'done': 7, 'failed': 2, 'running': 1, 'etaSeconds': 0}}", false,
     "7 of 22 done, 2 failed, about 0 s to go"},
    /* as long as a rule may stop it */
    {"{'state': 'running', 'until': {'met': false},"
     " 'progress': {'planned': 22, 'done': 7, 'failed': 0, 'etaSeconds': 63}}",
     false, "7 of at most 22 done, at most 1 min 3 s to go"},
    {"{'state': 'running', 'until': {'met': true}, 'progress': {'planned': 7, 'done': 7}}", false,
     "7 of 7 done"},
    {"{'state': 'done', 'until': {'met': false}, 'progress': {'planned': 22, 'done': 22}}", false,
     "22 of 22 done"},
};

START_TEST(test_progress_counts_what_there_is)
{
    bd_auto_json json_t *campaign = parse(progresses[_i].campaign);
    bd_auto_str struct bd_str text = {0};
    campaign_progress(campaign, progresses[_i].running, &text);
    ck_assert_str_eq(bd_str_text(&text), progresses[_i].text);
}
END_TEST

#define UNTIL "{'until': {'metric': 'makespan', 'relativeHalfWidth': 0.05, "

static const struct {
    const char *campaign, *text; /* NULL: it has no rule */
} stoppings[] = {
    {"{'until': null}", NULL},
    {UNTIL "'looks': 0, 'blocks': 0, 'met': false, 'halfWidths': []}}",
     "makespan to within 5 %: not looked at yet"},
    {UNTIL "'looks': 1, 'blocks': 6, 'met': false, 'halfWidths': [null, 0.01]}}",
     "makespan to within 5 %: no interval of 1 cell yet after block 6 (look 1), not met"},
    {UNTIL "'looks': 2, 'blocks': 12, 'met': false, 'halfWidths': [0.06, 0.0625]}}",
     "makespan to within 5 %: 6.25 % after block 12 (look 2), not met"},
    {UNTIL "'looks': 3, 'blocks': 18, 'met': true, 'halfWidths': [0.045, 0.02]}}",
     "makespan to within 5 %: 4.5 % after block 18 (look 3), met"},
};

START_TEST(test_a_rule_for_stopping_is_one_line)
{
    bd_auto_json json_t *campaign = parse(stoppings[_i].campaign);
    bd_auto_str struct bd_str text = {0};
    ck_assert_int_eq(campaign_stopping(campaign, &text), stoppings[_i].text != NULL);
    ck_assert_str_eq(bd_str_text(&text), stoppings[_i].text ? stoppings[_i].text : "");
}
END_TEST

#define BUDGET "{'budget': {'spent': {'wallTimeSeconds': 12.5, 'nodeHours': 0.25, 'runs': "

static const struct {
    const char *campaign, *text; /* NULL: it has none */
} budgets[] = {
    {"{'budget': null}", NULL},
    {BUDGET "1}, 'exhausted': false, 'why': null}}", "1 run, 12.5 s, 0.25 node-hours spent"},
    {BUDGET "6}, 'exhausted': true, 'why': 'no room'}}",
     "6 runs, 12.5 s, 0.25 node-hours spent; used up: no room"},
};

START_TEST(test_a_budget_is_one_line)
{
    bd_auto_json json_t *campaign = parse(budgets[_i].campaign);
    bd_auto_str struct bd_str text = {0};
    ck_assert_int_eq(campaign_budget(campaign, &text), budgets[_i].text != NULL);
    ck_assert_str_eq(bd_str_text(&text), budgets[_i].text ? budgets[_i].text : "");
}
END_TEST

Suite *campaign_suite(void)
{
    Suite *s = suite_create("benchctl: campaigns");
    TCase *t = tcase_create("campaigns");
    tcase_add_loop_test(t, test_factors_are_titled_by_what_tells_them_apart, 0,
                        BD_ARRAY_LEN(titles));
    tcase_add_loop_test(t, test_levels_are_one_line, 0, BD_ARRAY_LEN(cells));
    tcase_add_loop_test(t, test_results_tell_what_matters_most, 0, BD_ARRAY_LEN(results));
    tcase_add_loop_test(t, test_progress_counts_what_there_is, 0, BD_ARRAY_LEN(progresses));
    tcase_add_loop_test(t, test_a_rule_for_stopping_is_one_line, 0, BD_ARRAY_LEN(stoppings));
    tcase_add_loop_test(t, test_a_budget_is_one_line, 0, BD_ARRAY_LEN(budgets));
    suite_add_tcase(s, t);
    return s;
}
