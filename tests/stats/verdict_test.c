/* Each thing that a verdict looks at, by itself and together. */
#include "lib/stats/verdict.h"
#include "tests/base/unit.h"

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
        .conditions = {{"image debian", "sha256:aa", "backfill"}},
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

static void other_image(struct world *w)
{
    w->conditions[1] = (struct verdict_condition){"version of slurm", "22.05", "backfill"};
    w->conditions[2] = (struct verdict_condition){"image debian", "sha256:bb", "builtin"};
    w->facts.n_conditions = 3;
}

static void empty_cell(struct world *w)
{
    w->cells[1] = (struct verdict_cell){.name = "builtin", .left_out = 6};
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
    {"other image", other_image, VERDICT_INVALID,
     "image debian was not the same in all runs, and is no factor: sha256:aa in backfill, "
     "sha256:bb in builtin"},
    {"empty cell", empty_cell, VERDICT_INVALID,
     "builtin has no run that counts (6 left out as invalid)"},
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
