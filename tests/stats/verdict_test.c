/* Each thing that a verdict looks at, by itself and together. */
#include "lib/stats/verdict.h"
#include "tests/base/unit.h"

#include <math.h>

static const struct bd_strv nothing = {0};

/* Two cells of 6 runs each, with nothing against them. */
struct world {
    struct verdict_cell cells[2];
    struct verdict_condition conditions[3];
    struct verdict_facts facts;
};

static void world_init(struct world *w)
{
    *w = (struct world){
        .cells = {{.name = "backfill", .counted = 6}, {.name = "builtin", .counted = 6}},
        .conditions = {{"image debian", "sha256:aa", "backfill", NULL}},
    };
    w->facts = (struct verdict_facts){
        .cells = w->cells,
        .n_cells = 2,
        .conditions = w->conditions,
        .n_conditions = 1,
        .missing = &nothing,
        .repetitions = 6,
        .warmup = 1,
        .at_end = true,
        .confidence = 0.95,
    };
}

static void few(struct world *w)
{
    w->facts.repetitions = 3;
    w->cells[0].counted = w->cells[1].counted = 3;
}

static void single(struct world *w)
{
    w->facts.repetitions = w->cells[0].counted = w->cells[1].counted = 1;
}

static void one_failed(struct world *w)
{
    w->facts.repetitions = 7;
    w->cells[0].counted = 7;
}

static void one_left_out(struct world *w)
{
    w->facts.repetitions = 7;
    w->cells[0].counted = 7;
    w->cells[1].left_out = 1;
}

static void not_at_end(struct world *w)
{
    w->facts.repetitions = 8;
    w->facts.at_end = false;
}

static void limited(struct world *w)
{
    w->cells[1].limited = 2;
    w->facts.limited_why = "in run 1f2e3d4c the host was not quiet";
}

static void oversubscribed(struct world *w)
{
    w->cells[0].oversubscribed = w->cells[1].oversubscribed = 6;
}

static void cold(struct world *w)
{
    w->facts.warmup = 0;
}

static void fixed_seed(struct world *w)
{
    w->facts.fixed_seed = true;
}

static void trace(struct world *w)
{
    w->facts.fixed_seed = w->facts.trace = true;
}

static void other_image(struct world *w)
{
    w->conditions[1] = (struct verdict_condition){"version of slurm", "22.05", "backfill", NULL};
    w->conditions[2] =
        (struct verdict_condition){"image debian", "sha256:bb", "builtin", "1f2e3d4c"};
    w->facts.n_conditions = 3;
}

static void empty_cell(struct world *w)
{
    w->cells[1] = (struct verdict_cell){.name = "builtin", .left_out = 6};
}

static void failed_why(struct world *w)
{
    one_left_out(w);
    w->facts.failed = 2;
    w->facts.failed_why = "in run 1f2e3d4c no room";
}

static void left_out_why(struct world *w)
{
    one_left_out(w);
    w->facts.left_out_why = "in run 1f2e3d4c lost jobs";
}

static void wide(struct world *w)
{
    w->facts.until = (struct verdict_until){"makespan", "builtin", 0.083, 0.05, 20};
}

static void without_interval(struct world *w)
{
    w->facts.until = (struct verdict_until){"makespan", "builtin", NAN, 0.05, 20};
}

static void unresolvable(struct world *w)
{
    w->facts.resolution =
        (struct verdict_resolution){.family = 4, .n = 6, .paired = true, .least_p = 0.03125};
}

static void resolvable(struct world *w)
{
    cold(w);
    w->facts.resolution =
        (struct verdict_resolution){.family = 1, .n = 6, .paired = true, .least_p = 0.03125};
}

static void table(struct world *w)
{
    w->facts.from_table = true;
    w->facts.warmup = 0;
}

static void budgeted(struct world *w)
{
    w->facts.budget_why = "budget.runs has no room for another block";
}

static void adaptive(struct world *w)
{
    w->facts.adaptive = true;
}

static void chosen(struct world *w)
{
    static char *names[] = {(char *)"elapsed", (char *)"wait_p95", NULL};
    static const struct bd_strv afterwards = {names, 2, 2};
    w->facts.afterwards = &afterwards;
}

static void drift(struct world *w)
{
    static const struct verdict_trend trends[] = {
        {"makespan", "s", "builtin", false, 0.25, 20, 0.002}};
    w->facts.trends = trends;
    w->facts.n_trends = 1;
}

static void relative_drift(struct world *w)
{
    static const struct verdict_trend trends[] = {
        {"makespan", "s", "builtin", true, -0.01, 20, 0.002}};
    w->facts.trends = trends;
    w->facts.n_trends = 1;
}

static void warming(struct world *w)
{
    static const struct verdict_warming warmings[] = {{"makespan", 5, 15, 1.25, 0.01}};
    w->facts.warmings = warmings;
    w->facts.n_warmings = 1;
}

static void nothing_yet(struct world *w)
{
    w->facts.at_end = false;
    w->cells[0].counted = w->cells[1].counted = 0;
}

static const struct {
    const char *name;
    void (*change)(struct world *w);
    enum verdict verdict;
    const char *reason; /* the first */
} changes[] = {
    {"few", few, VERDICT_EXPLORATORY,
     "of 3 runs of a cell the widest interval of the median, from the least to the greatest, "
     "covers it with 75 %: 95 % needs at least 6"},
    {"single", single, VERDICT_EXPLORATORY,
     "one run of a cell says nothing about its spread: an interval of the median with 95 % needs "
     "at least 6"},
    {"one failed", one_failed, VERDICT_EXPLORATORY, "of 14 planned runs only 13 count"},
    {"one left out", one_left_out, VERDICT_EXPLORATORY,
     "of 14 planned runs only 13 count: 1 is left out as invalid"},
    {"not at end", not_at_end, VERDICT_EXPLORATORY, "of 16 planned runs only 12 count so far"},
    {"limited", limited, VERDICT_EXPLORATORY,
     "2 of 12 runs are limited: in run 1f2e3d4c the host was not quiet"},
    {"oversubscribed", oversubscribed, VERDICT_EXPLORATORY,
     "12 of 12 runs had more CPUs or memory promised to their nodes than the host has"},
    {"cold", cold, VERDICT_EXPLORATORY,
     "no block was run to warm up (design.warmup is 0): what only the first runs meet, such as "
     "cold caches, is in the figures"},
    {"fixed seed", fixed_seed, VERDICT_EXPLORATORY,
     "every block has the same stream of jobs (seed: fixed): what is found holds for this stream "
     "only"},
    {"trace", trace, VERDICT_EXPLORATORY,
     "every block replays the same trace: what is found holds for this trace only"},
    {"other image", other_image, VERDICT_INVALID,
     "image debian was not the same in all runs, and is no factor: sha256:aa in backfill, "
     "sha256:bb in builtin (run 1f2e3d4c)"},
    {"empty cell", empty_cell, VERDICT_INVALID,
     "builtin has no run that counts (6 left out as invalid)"},
    {"failed, and why", failed_why, VERDICT_EXPLORATORY,
     "of 14 planned runs only 13 count: 1 is left out as invalid; 2 failed, in run 1f2e3d4c no "
     "room"},
    {"left out, and why", left_out_why, VERDICT_EXPLORATORY,
     "of 14 planned runs only 13 count: 1 is left out as invalid, in run 1f2e3d4c lost jobs"},
    {"wide", wide, VERDICT_EXPLORATORY,
     "intervals are wider than was asked for: after 20 blocks that of makespan in builtin is its "
     "median \u00b1 8.3 %, not 5 %"},
    {"without interval", without_interval, VERDICT_EXPLORATORY,
     "intervals are wider than was asked for: after 20 blocks there is none of the median of "
     "makespan in builtin"},
    {"unresolvable", unresolvable, VERDICT_EXPLORATORY,
     "no difference can be resolved: of 6 blocks the least p that there can be is 0.031, corrected "
     "for 4 comparisons 0.12, and 0.05 is needed (at least 8 blocks)"},
    {"resolvable, but cold", resolvable, VERDICT_EXPLORATORY,
     "no block was run to warm up (design.warmup is 0): what only the first runs meet, such as "
     "cold caches, is in the figures"},
    {"table", table, VERDICT_EXPLORATORY,
     "the values are from a table: under which conditions they were measured is not known"},
    {"budget", budgeted, VERDICT_EXPLORATORY,
     "fewer blocks than planned: the budget was used up (budget.runs has no room for another "
     "block)"},
    {"adaptive", adaptive, VERDICT_EXPLORATORY,
     "cells were added on seeing results: what was looked for depends on what was found"},
    {"chosen", chosen, VERDICT_EXPLORATORY,
     "elapsed and 1 other metric are no objectives of the design: they were chosen afterwards"},
    {"drift", drift, VERDICT_EXPLORATORY,
     "drift: makespan in builtin rises over its 20 runs, by 0.25 s a run (corrected p = 0.002)"},
    {"relative drift", relative_drift, VERDICT_EXPLORATORY,
     "drift: makespan in builtin falls over its 20 runs, by 0.01 a run relative to the block's "
     "level (corrected p = 0.002)"},
    {"warming", warming, VERDICT_EXPLORATORY,
     "warm-up: makespan in the first 5 blocks that count is 1.25 times that in the 15 after them "
     "(corrected p = 0.01)"},
    {"nothing yet", nothing_yet, VERDICT_INVALID,
     "backfill and 1 other cell have no run that counts yet"},
};

START_TEST(test_each_reason_by_itself)
{
    struct world w;
    bd_auto_strv struct bd_strv reasons = {0};
    world_init(&w);
    changes[_i].change(&w);
    ck_assert_msg(verdict_of(&w.facts, &reasons) == changes[_i].verdict, "%s", changes[_i].name);
    ck_assert_uint_ge(reasons.n, 1);
    ck_assert_str_eq(reasons.items[0], changes[_i].reason);
    if (changes[_i].verdict == VERDICT_EXPLORATORY)
        ck_assert_uint_eq(reasons.n, 1);
}
END_TEST

START_TEST(test_with_nothing_against_it_it_is_publishable)
{
    struct world w;
    bd_auto_strv struct bd_strv reasons = {0};
    world_init(&w);
    ck_assert_int_eq(verdict_of(&w.facts, &reasons), VERDICT_PUBLISHABLE);
    ck_assert_uint_eq(reasons.n, 0);
    ck_assert_str_eq(verdict_to_str(VERDICT_PUBLISHABLE), "publishable");
}
END_TEST

START_TEST(test_the_gravest_comes_first_and_none_is_kept_back)
{
    struct world w;
    bd_auto_strv struct bd_strv reasons = {0}, missing = {0};
    bd_strv_add(&missing, "makespan was measured in no run of builtin");
    world_init(&w);
    few(&w);
    limited(&w);
    cold(&w);
    w.facts.missing = &missing;
    ck_assert_int_eq(verdict_of(&w.facts, &reasons), VERDICT_INVALID);
    ck_assert_uint_eq(reasons.n, 4);
    ck_assert_str_eq(reasons.items[0], missing.items[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tcase = tcase_create("verdict");
    tcase_add_loop_test(tcase, test_each_reason_by_itself, 0, BD_ARRAY_LEN(changes));
    tcase_add_test(tcase, test_with_nothing_against_it_it_is_publishable);
    tcase_add_test(tcase, test_the_gravest_comes_first_and_none_is_kept_back);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
