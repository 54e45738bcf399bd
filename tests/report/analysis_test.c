/* What is said of a campaign whose runs are known: figures, words and verdict. */
#include "tests/base/unit.h"
#include "tests/report/analyses.h"

#include <string.h>

static const char levels[] = "[{'" TYPE "': 'sched/backfill'}, {'" TYPE "': 'sched/builtin'}]";

/* metrics: of each run, block by block (none for ""), the cells of a block after each other. */
static json_t *compare_as(const char *spec_text, const char *levels_text, size_t warmup,
                          const char *const *metrics, size_t n, const char *wanted,
                          void (*change)(struct analysis_run *run, size_t i))
{
    bd_auto_json json_t *spec = parse(spec_text);
    bd_auto_json json_t *cells = parse(levels_text);
    bd_auto_strv struct bd_strv names = {0};
    size_t n_cells = json_array_size(cells);
    if (wanted)
        bd_strv_add(&names, wanted);
    struct analysis_campaign campaign = {
        .id = "5a6b7c8d",
        .name = "backfill-or-not",
        .state = "done",
        .at_end = true,
        .levels = cells,
        .blocks = n / n_cells,
        .warmup = warmup,
        .metrics = &names,
    };
    analysis_design_of(spec, &campaign);
    bd_auto(analysis) struct analysis *c = analysis_new(&campaign);
    for (size_t i = n; i-- > 0;) {
        if (!*metrics[i])
            continue;
        bd_auto_json json_t *values = parse(metrics[i]);
        run_figures_auto struct run_figures figures = figures_of(values);
        struct analysis_run run = {
            .id = "1f2e3d4c",
            .cell = i % n_cells,
            .block = i / n_cells,
            .figures = &figures,
            .image = "debian-bookworm",
            .digest = "sha256:aa",
            .scheduler = "slurm",
            .version = "22.05.8",
        };
        if (change)
            change(&run, i);
        analysis_add(c, &run);
    }
    json_t *json = analysis_json(c);
    check_contract(json);
    return json;
}

static const char spec[] = "{'objectives': [{'metric': 'makespan', 'direction': 'min'}], "
                           "'workload': {'name': 'jobstream'}}";
#define MAKESPAN(value) "{'makespan': {'value': " #value ", 'unit': 's', 'kind': 'cost', 'n': 1}}"
static const char *const three_blocks[] = {MAKESPAN(10), MAKESPAN(13), MAKESPAN(20),
                                           MAKESPAN(22), MAKESPAN(5),  MAKESPAN(7)};

START_TEST(test_three_blocks_are_told_in_words_and_figures)
{
    bd_auto_json json_t *c = compare_as(spec, levels, 0, three_blocks, 6, NULL, NULL);
    const json_t *m = metric(c, 0);
    ck_assert_str_eq(
        word(c, 0),
        "makespan: no difference between sched/builtin and sched/backfill is resolved: "
        "1.27 times (3 blocks, too few for an interval; higher in 3 of 3); corrected p = "
        "0.25 (family of 1); Cliff's delta 0.33, medium");
    const json_t *cell = cell_of(m, 1);
    ck_assert_double_eq(bd_json_real(cell, "median", 0), 13);
    ck_assert_double_eq(bd_json_real(cell, "mean", 0), 14);
    ck_assert(json_is_null(json_object_get(cell, "interval")));
    const json_t *pair = comparison_of(m, 0);
    ck_assert_int_eq(bd_json_int(pair, "worse", -1), 3);
    ck_assert_int_eq(bd_json_int(pair, "better", -1), 0);
    ck_assert_str_eq(bd_json_str(pair, "result", ""), "unresolved");
    ck_assert_str_eq(verdict(c), "exploratory");
    ck_assert_ptr_nonnull(strstr(reason(c, 0), "with 75 %: 95 % needs at least 6"));
    ck_assert_str_eq(
        reason(c, 1),
        "no difference can be resolved: of 3 blocks the least p that there can be is "
        "0.25, corrected for 1 comparison 0.25, and 0.05 is needed (at least 6 blocks)");
    ck_assert_ptr_nonnull(strstr(reason(c, 2), "design.warmup is 0"));
    ck_assert_str_eq(reason(c, 3), "(none)");
}
END_TEST

static const char *const eight_blocks[] = {
    MAKESPAN(9), MAKESPAN(1),  MAKESPAN(10), MAKESPAN(13), MAKESPAN(10), MAKESPAN(13),
    MAKESPAN(5), MAKESPAN(6),  MAKESPAN(10), MAKESPAN(9),  MAKESPAN(8),  MAKESPAN(10),
    MAKESPAN(4), MAKESPAN(10), MAKESPAN(10), MAKESPAN(13), MAKESPAN(10), MAKESPAN(13)};

START_TEST(test_with_enough_blocks_there_is_an_interval_and_the_warm_up_is_left_out)
{
    bd_auto_json json_t *c = compare_as(spec, levels, 1, eight_blocks, 18, NULL, NULL);
    ck_assert_str_eq(
        word(c, 0),
        "makespan of sched/builtin is 1.29 times that of sched/backfill (8 blocks, 96.1 % "
        "interval 1.08 to 1.8; higher in 7 of 8); corrected p = 0.016 (family of 1); "
        "Cliff's delta 0.5, large");
    ck_assert_str_eq(verdict(c), "publishable");
}
END_TEST

static const char *const profiles[] = {
    "{'profile': {'name': 'fair', 'policy': 'fcfs'}}", "{'profile': {'name': 'default'}}",
    "{'profile': {'name': 'fair', 'policy': 'fcfs', 'under': 'slurm'}}"};
static json_t *conditions[3];

static void set_profile(struct analysis_run *run, size_t i)
{
    run->conditions = conditions[i % 3];
}

static void set_default(struct analysis_run *run, size_t i BD_UNUSED)
{
    run->conditions = conditions[1];
}

static const char *set_up(const json_t *analysis)
{
    return bd_json_str(json_array_get(json_object_get(analysis, "checklist"), 8), "evidence", "");
}

START_TEST(test_profiles_of_schedulers_are_told)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(profiles); i++)
        conditions[i] = parse(profiles[i]);
    bd_auto_json json_t *both = compare_as(spec, levels, 0, three_blocks, 6, NULL, set_profile);
    const char *told = set_up(both);
    ck_assert_msg(strstr(told, "; the scheduler's profile is ") &&
                      strstr(told, "fair (fcfs) in 2 runs") && strstr(told, "default in 2 runs") &&
                      strstr(told, "fair (fcfs) under slurm in 2 runs"),
                  "%s", told);
    bd_auto_json json_t *none = compare_as(spec, levels, 0, three_blocks, 6, NULL, set_default);
    ck_assert_ptr_null(strstr(set_up(none), "profile"));
    for (size_t i = 0; i < BD_ARRAY_LEN(profiles); i++)
        json_decref(conditions[i]);
}
END_TEST

static json_t *why;

static void leave_out(struct analysis_run *run, size_t i)
{
    run->grade = i == 1 ? GRADE_INVALID : i == 0 ? GRADE_LIMITED : GRADE_USABLE;
    run->reasons = i == 0 ? why : NULL;
}

START_TEST(test_invalid_runs_are_left_out_and_told)
{
    why = parse("['lost jobs']");
    bd_auto_json json_t *c = compare_as(spec, levels, 0, three_blocks, 6, NULL, leave_out);
    json_decref(why);
    ck_assert_int_eq(bd_json_int(cell_of(metric(c, 0), 1), "n", -1), 2);
    ck_assert_int_eq(bd_json_int(cell_of(metric(c, 0), 1), "excluded", -1), 1);
    ck_assert_int_eq(bd_json_int(comparison_of(metric(c, 0), 0), "n", -1), 2);
    ck_assert_str_eq(reason(c, 0), "of 6 planned runs only 5 count: 1 is left out as invalid, in "
                                   "run 1f2e3d4c (sched/builtin, block 0): for a reason not told");
    ck_assert(has_reason(
        c, "1 of 5 runs is limited: in run 1f2e3d4c (sched/backfill, block 0): lost jobs"));
}
END_TEST

static void fail_some(struct analysis_run *run, size_t i)
{
    run->outcome = i == 2 ? ANALYSIS_FAILED : i == 4 ? ANALYSIS_CANCELLED : ANALYSIS_DONE;
    run->error = "the controller did not start";
}

START_TEST(test_runs_that_failed_are_told_with_their_error)
{
    bd_auto_json json_t *c = compare_as(spec, levels, 0, three_blocks, 6, NULL, fail_some);
    const json_t *runs = json_object_get(c, "runs");
    const json_t *first = json_array_get(json_object_get(runs, "exclusions"), 0);
    ck_assert_int_eq(bd_json_int(runs, "planned", 0), 6);
    ck_assert_int_eq(bd_json_int(runs, "counted", 0), 4);
    ck_assert_int_eq(bd_json_int(runs, "failed", 0), 1);
    ck_assert_int_eq(bd_json_int(runs, "cancelled", 0), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(runs, "exclusions")), 1);
    ck_assert_str_eq(bd_json_str(first, "kind", ""), "failed");
    ck_assert_str_eq(bd_json_str(first, "reason", ""), "the controller did not start");
    ck_assert_int_eq(bd_json_int(first, "block", -1), 1);
    ck_assert_str_eq(reason(c, 0), "of 6 planned runs only 4 count: 1 failed, in run 1f2e3d4c "
                                   "(sched/backfill, block 1): the controller did not start");
}
END_TEST

static void another_version(struct analysis_run *run, size_t i)
{
    run->version = i == 3 ? "24.11.0" : run->version;
}

static void another_image(struct analysis_run *run, size_t i)
{
    if (i % 2) {
        run->image = "debian-trixie";
        run->digest = "sha256:bb";
        run->version = "24.11.0";
    }
}

START_TEST(test_what_the_spec_has_alike_must_have_been_alike)
{
    bd_auto_json json_t *c = compare_as(spec, levels, 0, three_blocks, 6, NULL, another_version);
    ck_assert_str_eq(verdict(c), "invalid");
    ck_assert_ptr_nonnull(strstr(reason(c, 0), "the version of slurm in image debian-bookworm"));
    bd_auto_json json_t *factor = compare_as(spec, levels, 0, three_blocks, 6, NULL, another_image);
    ck_assert_str_eq(verdict(factor), "exploratory");
}
END_TEST

START_TEST(test_an_objective_that_is_not_there_makes_it_invalid)
{
    const char *const some[] = {MAKESPAN(1), "{}", MAKESPAN(2), "{}"};
    bd_auto_json json_t *c = compare_as(spec, levels, 1, some, 4, NULL, NULL);
    ck_assert_str_eq(verdict(c), "invalid");
    ck_assert_str_eq(reason(c, 0), "makespan was measured in no run of sched/builtin");
    ck_assert_str_eq(word(c, 0), "makespan: no block has both sched/builtin and sched/backfill");
    bd_auto_json json_t *other = compare_as(spec, levels, 1, some, 4, "elapsed", NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(other, "metrics")), 0);
    ck_assert_str_eq(reason(other, 0),
                     "elapsed was measured in no run of sched/backfill, nor of any other cell");
}
END_TEST

START_TEST(test_without_objectives_what_all_cells_have_is_compared)
{
    const char *const runs[] = {
        "{'a': {'value': 0, 'unit': '', 'kind': 'ratio', 'n': 1},"
        " 'b': {'value': 2, 'unit': 'MB/s', 'kind': 'rate', 'n': 1}}",
        "{'a': {'value': 0.5, 'unit': '', 'kind': 'ratio', 'n': 1}}",
    };
    bd_auto_json json_t *c =
        compare_as("{'objectives': []}", "[{'x.n': 1}, {'x.n': 2}]", 0, runs, 2, NULL, NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(c, "metrics")), 1);
    ck_assert_str_eq(word(c, 0),
                     "a: no difference between n=2 and n=1 is resolved: +0.5 (1 block, "
                     "too few for an interval; higher in 1 of 1); corrected p = 1 (family "
                     "of 1); Cliff's delta 1, large");
    ck_assert(has_reason(c, "a is no objective of the design: it was chosen afterwards"));
    ck_assert(json_is_null(json_object_get(metric(c, 0), "direction")));
    ck_assert_str_eq(verdict(c), "exploratory");
}
END_TEST

START_TEST(test_one_metric_in_two_units_is_not_compared)
{
    const char *const runs[] = {MAKESPAN(1),
                                "{'makespan': {'value': 1, 'unit': 'ms', 'kind': 'cost', 'n': 1}}"};
    bd_auto_json json_t *c = compare_as(spec, levels, 0, runs, 2, NULL, NULL);
    ck_assert_str_eq(verdict(c), "invalid");
    ck_assert_ptr_nonnull(strstr(reason(c, 0), "makespan is not the same everywhere"));
    ck_assert_str_eq(word(c, 0), "(none)");
}
END_TEST

START_TEST(test_a_single_cell_is_described)
{
    bd_auto_json json_t *c = compare_as(spec, "[{}]", 0, three_blocks, 6, NULL, NULL);
    ck_assert_str_eq(word(c, 0), "makespan: 11.5 s (median of 6 runs, 96.9 % interval 5 to 22)");
    ck_assert_uint_eq(json_array_size(json_object_get(metric(c, 0), "comparisons")), 0);
}
END_TEST

START_TEST(test_a_campaign_without_runs_is_compared_too)
{
    const char *const runs[] = {"", ""};
    bd_auto_json json_t *c = compare_as(spec, levels, 0, runs, 2, NULL, NULL);
    ck_assert_str_eq(verdict(c), "invalid");
    ck_assert_str_eq(reason(c, 0), "sched/backfill and 1 other cell have no run that counts");
}
END_TEST

UNIT_MAIN("analysis", test_profiles_of_schedulers_are_told,
          test_three_blocks_are_told_in_words_and_figures,
          test_with_enough_blocks_there_is_an_interval_and_the_warm_up_is_left_out,
          test_invalid_runs_are_left_out_and_told, test_runs_that_failed_are_told_with_their_error,
          test_what_the_spec_has_alike_must_have_been_alike,
          test_an_objective_that_is_not_there_makes_it_invalid,
          test_without_objectives_what_all_cells_have_is_compared,
          test_one_metric_in_two_units_is_not_compared, test_a_single_cell_is_described,
          test_a_campaign_without_runs_is_compared_too)
