/* Campaigns against each other, and a gate. */
#include "lib/report/across.h"
#include "lib/report/gate.h"

#include "contract.h"
#include "lib/schema/schema.h"
#include "tests/base/unit.h"
#include "tests/report/analyses.h"

#include <math.h>
#include <string.h>

#define BLOCKS 8

static const char spec_text[] =
    "{'name':'x','workload':{'name':'jobstream','jobs':40},'cluster':{'compute':4},"
    "'images':{'debian':'sha256:aa'},'factors':{'cluster.compute':[4,8]},"
    "'design':{'seed':7,'order':'randomised-blocks'},"
    "'objectives':[{'metric':'makespan','direction':'min'}]}";

/* change: {PATH: value} of the spec's top level that replaces what is there. */
static struct across_campaign campaign_of(const char *id, const char *levels, const char *change)
{
    json_t *spec = parse(spec_text);
    bd_auto_json json_t *more = parse(change);
    json_object_update(spec, more);
    return (struct across_campaign){.id = id,
                                    .name = id,
                                    .at_end = true,
                                    .spec = spec,
                                    .levels = parse(levels),
                                    .blocks = BLOCKS + 1,
                                    .warmup = 1};
}

static void done(struct across_campaign *campaigns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_decref((json_t *)campaigns[i].spec);
        json_decref((json_t *)campaigns[i].levels);
    }
}

/* A block's stream makes for 10, 11, ... s with 4 nodes, half of that with 8. */
static void add(struct across *a, size_t campaign, size_t cell, size_t compute, double times)
{
    for (size_t block = 0; block <= BLOCKS; block++) {
        double seconds = (10.0 + (double)block) * 4 / (double)compute * times;
        seconds += 0.001 * (double)((block * 7 + campaign * 3) % 5);
        bd_auto_json json_t *metrics =
            json_pack("{s:{s:f, s:s, s:s, s:i}}", "makespan", "value", block ? seconds : 1000.0,
                      "unit", "s", "kind", "cost", "n", 40);
        run_figures_auto struct run_figures figures = figures_of(metrics);
        char id[16];
        snprintf(id, sizeof(id), "%02x%02x%04x", (unsigned)campaign & 0xff, (unsigned)cell & 0xff,
                 (unsigned)block & 0xffff);
        const struct analysis_run run = {.id = id,
                                         .cell = cell,
                                         .block = block,
                                         .order = (int64_t)(campaign * 1000 + block),
                                         .figures = &figures,
                                         .image = "debian",
                                         .digest = campaign ? "sha256:bb" : "sha256:aa"};
        across_add(a, campaign, &run);
    }
}

/* margin: of the gate; NAN: none. */
static json_t *judged(struct across_campaign *campaigns, double times, double margin)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto(across) struct across *a = NULL;
    ck_assert_msg(across_new(campaigns, 2, NULL, 0, &a, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < json_array_size(campaigns[i].levels); k++) {
            const json_t *levels = json_array_get(campaigns[i].levels, k);
            add(a, i, k, (size_t)bd_json_int(levels, "cluster.compute", 4), i ? times : 1);
        }
    }
    return across_json(a, margin);
}

static json_t *compared(struct across_campaign *campaigns, double times)
{
    return judged(campaigns, times, NAN);
}

static void check_form(const json_t *comparison)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *contract = NULL;
    bd_auto(schema) struct schema *schema = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert_int_eq(bd_json_parse(contract_json, contract_json_bytes, &contract, &err), 0);
    ck_assert_msg(schema_compile(contract, "/components/schemas/Comparison", &schema, &err) == 0,
                  "%s", err.text);
    bool fits = schema_check(schema, comparison, "", &faults);
    ck_assert_msg(fits, "%s: expected %s", faults.n ? faults.items[0].pointer : "",
                  faults.n ? faults.items[0].expected : "");
}

#define BOTH "[{'cluster.compute':4},{'cluster.compute':8}]"

START_TEST(cells_are_matched_by_their_levels_and_paired_by_their_streams)
{
    struct across_campaign campaigns[] = {
        campaign_of("aaaaaaaa", BOTH, "{}"),
        campaign_of("bbbbbbbb",
                    "[{'cluster.compute':16},{'cluster.compute':8},{'cluster.compute':4}]",
                    "{'name':'y','images':{'debian':'sha256:bb'}}"),
    };
    bd_auto_json json_t *json = compared(campaigns, 1.2);
    check_form(json);
    bd_auto_free char *differs = bd_json_text(json_object_get(json, "differences"));
    ck_assert_str_eq(differs, "[{\"after\":\"sha256:bb\",\"before\":\"sha256:aa\",\"campaign\":"
                              "\"bbbbbbbb\",\"path\":\"images.debian\"}]");
    bd_auto_free char *unmatched = bd_json_text(json_object_get(json, "unmatched"));
    ck_assert_str_eq(unmatched,
                     "[{\"campaign\":\"bbbbbbbb\",\"levels\":{\"cluster.compute\":16}}]");
    ck_assert(bd_json_bool(json, "paired", 0));
    ck_assert(json_is_null(json_object_get(json, "gate")));

    const json_t *analysis = json_object_get(json, "analysis");
    const json_t *comparisons = json_object_get(metric(analysis, 0), "comparisons");
    ck_assert_uint_eq(json_array_size(comparisons), 3); /* over all cells, and each by itself */
    for (size_t i = 0; i < 3; i++) {
        const json_t *one = json_array_get(comparisons, i);
        ck_assert_str_eq(bd_json_str(one, "factor", ""), "campaign");
        ck_assert_str_eq(bd_json_str(one, "level", ""), "bbbbbbbb");
        ck_assert_int_eq(bd_json_int(one, "n", 0), BLOCKS);
        ck_assert(fabs(bd_json_real(json_object_get(one, "ratio"), "estimate", 0) - 1.2) < 0.001);
        ck_assert_str_eq(bd_json_str(one, "result", ""), "worse");
    }
    ck_assert_str_eq(verdict(analysis), "exploratory");
    ck_assert(has_reason(analysis, "one after the other"));
    ck_assert(!has_reason(analysis, "sha256"));
    done(campaigns, 2);
}
END_TEST

START_TEST(other_streams_are_not_paired)
{
    static const char *const changes[] = {
        "{'design':{'seed':8}}",
        "{'workload':{'name':'jobstream','jobs':41}}",
        "{'workload':{'name':'command','jobs':40}}",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(changes); i++) {
        struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", BOTH, "{}"),
                                              campaign_of("bbbbbbbb", BOTH, changes[i])};
        bd_auto_json json_t *json = compared(campaigns, 1.2);
        check_form(json);
        ck_assert_msg(!bd_json_bool(json, "paired", 1), "%s", changes[i]);
        ck_assert_uint_ge(json_array_size(json_object_get(json, "differences")), 1);
        done(campaigns, 2);
    }
    /* Nor where a warm-up block more shifts them. */
    struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", BOTH, "{}"),
                                          campaign_of("bbbbbbbb", BOTH, "{}")};
    campaigns[1].warmup = 0;
    bd_auto_json json_t *json = compared(campaigns, 1.2);
    ck_assert(!bd_json_bool(json, "paired", 1));
    done(campaigns, 2);
}
END_TEST

#define STREAM "'workload':{'name':'jobstream','jobs':40,'arrival':{'rate':'1/s'}"

/* Specs that differ have the same streams in cells whose levels say what differs. */
START_TEST(what_the_levels_of_every_cell_say_is_paired)
{
    static const struct {
        const char *levels, *first, *second;
        bool paired;
    } cases[] = {
        /* Sizes and rates may be shares of the cluster. */
        {BOTH, "{}", "{'cluster':{'compute':8}}", true},
        {"[{'workload.jobs':40},{'workload.jobs':80}]", "{}", "{'cluster':{'compute':8}}", false},
        /* A level that is an object stands for all that is below it, */
        {"[{'workload.arrival':{'rate':'1/s'}},{'workload.arrival':{'rate':'2/s'}}]",
         "{" STREAM "}}", "{'workload':{'name':'jobstream','jobs':40,'arrival':{'rate':'9/s'}}}",
         true},
        {"[{'workload.arrival':{'rate':'1/s'}},{'workload.arrival':{'rate':'2/s'}}]",
         "{" STREAM "}}", "{'workload':{'name':'jobstream','jobs':40}}", true},
        /* and one below it for no more than itself. */
        {"[{'workload.arrival.rate':'1/s'},{'workload.arrival.rate':'2/s'}]", "{" STREAM "}}",
         "{'workload':{'name':'jobstream','jobs':40,'arrival':{'rate':'1/s','process':'x'}}}",
         false},
        {"[{'workload.arr':1},{'workload.arr':2}]", "{" STREAM "}}",
         "{'workload':{'name':'jobstream','jobs':40,'arrival':{'rate':'9/s'}}}", false},
        /* One cell has what the spec says, as the factor's condition does not hold in it. */
        {"[{'workload.jobs':40},{'cluster.compute':8}]", "{}",
         "{'workload':{'name':'jobstream','jobs':41}}", false},
        {"[{'workload.timeScale':1},{'workload.timeScale':2}]", "{}",
         "{'workload':{'name':'jobstream','jobs':40,'timeScale':5}}", true},
        {BOTH, "{}", "{'workload':{'name':'jobstream','jobs':40,'timeScale':5}}", false},
        /* One stream for all blocks ties no run to another one. */
        {BOTH, "{" STREAM ",'seed':'fixed'}}", "{" STREAM ",'seed':'fixed'}}", false},
        {"[{'workload.seed':'fixed'},{'workload.seed':'per-block'}]", "{}", "{}", false},
        {"[{'workload.name':'command'},{'workload.name':'jobstream'}]", "{}", "{}", false},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct across_campaign campaigns[] = {
            campaign_of("aaaaaaaa", cases[i].levels, cases[i].first),
            campaign_of("bbbbbbbb", cases[i].levels, cases[i].second)};
        for (size_t k = 0; k < 2; k++)
            json_object_del((json_t *)campaigns[k].spec, "factors");
        bd_auto_json json_t *json = compared(campaigns, 1.2);
        ck_assert_msg(bd_json_bool(json, "paired", -1) == cases[i].paired, "case %zu", i);
        done(campaigns, 2);
    }
}
END_TEST

/* In words that name what it is. */
START_TEST(cells_that_nowhere_match_are_refused)
{
    static const struct {
        const char *levels, *others, *why;
    } cases[] = {
        {"[{'cluster.compute':4}]", "[{'cluster.compute':8}]",
         "aaaaaaaa and bbbbbbbb have no level of cluster.compute in common"},
        {"[{'cluster.compute':4}]", "[{}]",
         "cells of aaaaaaaa have a level of cluster.compute, and none of bbbbbbbb has one"},
        {"[{'cluster.compute':4}]", "[{'cluster.compute':4,'x.y':1}]",
         "cells of bbbbbbbb have a level of x.y, and none of aaaaaaaa has one"},
        {"[{'a':1,'b':2},{'a':2,'b':1}]", "[{'a':1,'b':1},{'a':2,'b':2}]",
         "none has the same levels of all factors everywhere"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct bd_err err = BD_ERR_INIT;
        struct across *a = NULL;
        struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", cases[i].levels, "{}"),
                                              campaign_of("bbbbbbbb", cases[i].others, "{}")};
        ck_assert_int_eq(across_new(campaigns, 2, NULL, 0, &a, &err), BD_EINVALID);
        bd_auto_free char *expected =
            bd_xasprintf("no cell is in all of these campaigns: %s", cases[i].why);
        ck_assert_str_eq(err.text, expected);
        done(campaigns, 2);
    }
}
END_TEST

static json_t *many_levels(size_t n)
{
    json_t *levels = json_array();
    for (size_t i = 1; i <= n; i++)
        json_array_append_new(levels, json_pack("{s:I}", "cluster.compute", (json_int_t)i));
    return levels;
}

START_TEST(what_can_t_be_compared_is_refused)
{
    struct bd_err err = BD_ERR_INIT;
    struct across *a = NULL;
    struct across_campaign campaigns[] = {
        campaign_of("aaaaaaaa", "[{'cluster.compute':4}]", "{}"),
        campaign_of("bbbbbbbb", "[{'cluster.compute':8}]", "{}"),
    };
    campaigns[1].id = "aaaaaaaa";
    ck_assert_int_eq(across_new(campaigns, 2, NULL, 0, &a, &err), BD_EINVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "named twice"));
    campaigns[1].id = "bbbbbbbb";
    for (size_t i = 0; i < 2; i++) {
        json_decref((json_t *)campaigns[i].levels);
        campaigns[i].levels = many_levels(ANALYSIS_CELLS_MAX / 2 + i);
    }
    ck_assert_int_eq(across_new(campaigns, 2, NULL, 0, &a, &err), BD_ECONFLICT);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 1000 cells in all"));
    done(campaigns, 2);
}
END_TEST

/* -- the gate -- */

static const char *answer_of(const json_t *comparison)
{
    return bd_json_str(json_object_get(comparison, "gate"), "answer", "(none)");
}

static const json_t *gate_item(const json_t *comparison, size_t i)
{
    return json_array_get(json_object_get(json_object_get(comparison, "gate"), "items"), i);
}

START_TEST(the_gate_fails_on_what_is_resolved_beyond_the_margin)
{
    static const struct {
        double times, margin;
        const char *answer;
    } cases[] = {
        {1.2, 0.05, "worse"}, {1.2, 0.5, "fine"},      {1.0, 0.05, "fine"},
        {0.8, 0.0, "fine"},   {1.2, 0.2, "undecided"}, {1.0001, 0.0001, "undecided"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", BOTH, "{}"),
                                              campaign_of("bbbbbbbb", BOTH, "{}")};
        bd_auto_json json_t *json = judged(campaigns, cases[i].times, cases[i].margin);
        check_form(json);
        ck_assert_msg(strcmp(answer_of(json), cases[i].answer) == 0, "case %zu: %s", i,
                      answer_of(json));
        ck_assert_str_eq(bd_json_str(gate_item(json, 0), "name", ""), "over all cells");
        ck_assert_str_eq(bd_json_str(gate_item(json, 1), "name", ""), "compute=4");
        ck_assert_str_eq(bd_json_str(gate_item(json, 1), "level", ""), "bbbbbbbb");
        done(campaigns, 2);
    }
}
END_TEST

START_TEST(a_gate_without_directions_is_undecided)
{
    struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", BOTH, "{'objectives':[]}"),
                                          campaign_of("bbbbbbbb", BOTH, "{'objectives':[]}")};
    bd_auto_json json_t *json = judged(campaigns, 2, 0);
    const json_t *gate = json_object_get(json, "gate");
    check_form(json);
    ck_assert_str_eq(answer_of(json), "undecided");
    ck_assert_ptr_nonnull(strstr(bd_json_str(gate, "why", ""), "no metric has a direction"));
    done(campaigns, 2);
}
END_TEST

#define MOST 8

/* One cell in each of two campaigns, paired where its stream is one for each block. */
struct data {
    bool paired;
    const char *direction;
    size_t n[2];
    double values[2][MOST];
};

static json_t *judged_data(const struct data *d, double margin)
{
    bd_auto_free char *change =
        bd_xasprintf("{'workload':{'name':'%s'},'objectives':[{'metric':'m','direction':'%s'}]}",
                     d->paired ? "jobstream" : "command", d->direction);
    struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", "[{}]", change),
                                          campaign_of("bbbbbbbb", "[{}]", change)};
    struct bd_err err = BD_ERR_INIT;
    bd_auto(across) struct across *a = NULL;
    for (size_t i = 0; i < 2; i++) {
        campaigns[i].blocks = MOST;
        campaigns[i].warmup = 0;
    }
    ck_assert_msg(across_new(campaigns, 2, NULL, 0, &a, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < 2; i++) {
        for (size_t block = 0; block < d->n[i]; block++) {
            bd_auto_json json_t *metrics =
                json_pack("{s:{s:f, s:s, s:s, s:i}}", "m", "value", d->values[i][block], "unit",
                          "s", "kind", "cost", "n", 1);
            run_figures_auto struct run_figures figures = figures_of(metrics);
            const struct analysis_run run = {.block = block, .figures = &figures};
            across_add(a, i, &run);
        }
    }
    json_t *json = across_json(a, margin);
    done(campaigns, 2);
    return json;
}

/* Two runs against two were `fine` once. */
START_TEST(the_gate_says_what_the_data_show_and_how_many_are_needed)
{
    static const struct {
        struct data data;
        double margin;
        const char *answer, *why;
    } cases[] = {
        {{false, "min", {2, 2}, {{100, 101}, {98, 99.5}}},
         0.05,
         "undecided",
         "2 values against 2 are too few: it takes 3 values of each to find it fine, 3 values of "
         "each to find it worse, as one of 1 comparisons"},
        {{false, "min", {3, 3}, {{100, 101, 102}, {98, 99, 100}}},
         0.05,
         "fine",
         "not worse by more than 5 %: p = 0.05"},
        {{false, "min", {3, 3}, {{100, 101, 102}, {110, 111, 112}}},
         0.05,
         "worse",
         "worse by more than 5 %: corrected p = 0.05"},
        {{true, "min", {4, 4}, {{1, 2, 3, 4}, {2, 4, 6, 8}}},
         0,
         "undecided",
         "4 blocks are too few: it takes 5 blocks to find it fine, 5 blocks to find it worse, as "
         "one of 1 comparisons"},
        {{true, "min", {5, 5}, {{1, 2, 3, 4, 5}, {2, 4, 6, 8, 10}}},
         0,
         "worse",
         "worse by more than 0 %: corrected p = 0.0312"},
        {{true, "max", {5, 5}, {{1, 2, 3, 4, 5}, {2, 4, 6, 8, 10}}},
         0,
         "fine",
         "not worse by more than 0 %: p = 0.0312"},
        {{true, "max", {5, 5}, {{2, 4, 6, 8, 10}, {1, 2, 3, 4, 5}}},
         0.5,
         "worse",
         "worse by more than 50 %: corrected p = 0.0312"},
        {{true, "min", {5, 0}, {{1, 2, 3, 4, 5}}}, 0, "undecided", "no block has a value of both"},
        {{false, "min", {5, 0}, {{1, 2, 3, 4, 5}}}, 0, "undecided", "not both have values"},
        {{true, "min", {0, 0}, {{0}}}, 0, "undecided", "it was measured in no run"},
        /* Nothing is above 0: no ratio, and yet no difference is shown to be no more than none. */
        {{true, "min", {8, 8}, {{0}}},
         0,
         "fine",
         "not worse by more than 0 %: p = 0.00391; values of 0 or below have no ratio: the "
         "difference is held against 0 % of the baseline's median, 0 s"},
        {{true, "min", {8, 8}, {{0}, {0, 0, 1, 0, 1, 1, 0, 0}}},
         0.05,
         "undecided",
         "neither that it is worse by more than 5 % is shown (corrected p = 0.324) nor that it is "
         "not (p = 0.68); values of 0 or below have no ratio: the difference is held against 5 % "
         "of the baseline's median, 0 s"},
        {{true, "min", {6, 6}, {{0, 10, 10, 11, 12, 13}, {3, 13, 14, 13.5, 15, 17}}},
         0.1,
         "worse",
         "worse by more than 10 %: corrected p = 0.0156; values of 0 or below have no ratio: the "
         "difference is held against 10 % of the baseline's median, 1.05 s"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *json = judged_data(&cases[i].data, cases[i].margin);
        const json_t *item = gate_item(json, 0);
        check_form(json);
        ck_assert_msg(strcmp(bd_json_str(item, "why", ""), cases[i].why) == 0, "case %zu: %s", i,
                      bd_json_str(item, "why", ""));
        ck_assert_str_eq(bd_json_str(item, "answer", ""), cases[i].answer);
        ck_assert_str_eq(answer_of(json), cases[i].answer);
    }
}
END_TEST

START_TEST(how_many_times_as_bad_is_told_with_the_interval_of_the_test)
{
    static const struct data lower = {true, "max", {5, 5}, {{2, 4, 6, 8, 10}, {1, 2.5, 3, 4, 5}}};
    bd_auto_json json_t *json = judged_data(&lower, 0.1);
    const json_t *worse = json_object_get(gate_item(json, 0), "worse");
    const json_t *interval = json_object_get(worse, "interval");
    ck_assert_double_eq_tol(bd_json_real(worse, "estimate", 0), 2, 1e-9);
    ck_assert_double_eq_tol(bd_json_real(worse, "bound", 0), 1.1, 1e-9);
    ck_assert_double_eq_tol(bd_json_real(interval, "low", 0), 1.6, 1e-9);
    ck_assert_double_eq_tol(bd_json_real(interval, "high", 0), 2, 1e-9);
    ck_assert_double_eq_tol(bd_json_real(interval, "coverage", 0), 1 - 2.0 / 32, 1e-9);
}
END_TEST

/* Whatever the values: who reads the interval and who reads the answer hears the same. */
START_TEST(the_answer_and_the_interval_never_contradict_each_other)
{
    size_t answers[3] = {0};
    uint64_t state = 7;
    for (size_t i = 0; i < 600; i++) {
        struct data d = {.paired = i % 2, .direction = i % 3 ? "min" : "max", .n = {5 + i % 4, 5}};
        for (size_t k = 0; k < 2 * MOST; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            /* Whole numbers, so that there are ties and, here and there, zeros. */
            d.values[k / MOST][k % MOST] =
                (double)((k < MOST ? i % 5 : i / 5 % 5) + (state >> 33) % (3 + i % 7));
        }
        bd_auto_json json_t *json = judged_data(&d, (double)(i % 4) / 8);
        const json_t *worse = json_object_get(gate_item(json, 0), "worse");
        const json_t *interval = json_object_get(worse, "interval");
        double bound = bd_json_real(worse, "bound", NAN);
        if (strcmp(answer_of(json), "worse") == 0)
            ck_assert_double_ge(bd_json_real(interval, "low", NAN), bound - 1e-9);
        if (strcmp(answer_of(json), "fine") == 0)
            ck_assert_double_le(bd_json_real(interval, "high", NAN), bound + 1e-9);
        answers[answer_of(json)[0] == 'w' ? 0 : answer_of(json)[0] == 'f' ? 1 : 2]++;
    }
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_gt(answers[i], 10);
}
END_TEST

/* -- designs -- */

START_TEST(what_is_true_of_one_campaign_is_told_of_the_comparison)
{
    struct across_campaign campaigns[] = {
        campaign_of("aaaaaaaa", BOTH, "{}"),
        campaign_of("bbbbbbbb", BOTH,
                    "{'added':[{'cluster.compute':8}],'workload':{'name':'jobstream','jobs':40,"
                    "'seed':'fixed'}}")};
    campaigns[1].budget_why = "1 h was asked for";
    bd_auto_json json_t *json = compared(campaigns, 1.2);
    const json_t *analysis = json_object_get(json, "analysis");
    const json_t *design = json_object_get(analysis, "design");
    check_form(json);
    ck_assert(bd_json_bool(design, "adaptive", 0));
    ck_assert(bd_json_bool(design, "fixedSeed", 0));
    ck_assert(has_reason(analysis, "(campaign bbbbbbbb: 1 h was asked for)"));
    done(campaigns, 2);
}
END_TEST

START_TEST(replays_of_a_trace_are_one_stream_and_told_so)
{
    static const char change[] = "{'workload':{'name':'swf','trace':'sha256:aa'}}";
    struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", BOTH, change),
                                          campaign_of("bbbbbbbb", BOTH, change)};
    bd_auto_json json_t *json = compared(campaigns, 1.2);
    const json_t *analysis = json_object_get(json, "analysis");
    check_form(json);
    ck_assert(!bd_json_bool(json, "paired", 1));
    ck_assert(bd_json_bool(json_object_get(analysis, "design"), "fixedSeed", 0));
    ck_assert(has_reason(analysis, "holds for this trace only"));
    ck_assert(!has_reason(analysis, "seed: fixed"));
    done(campaigns, 2);
}
END_TEST

#define STOPPED                                                                                    \
    "{'design':{'seed':7,'repetitions':{'min':4,'max':20,'until':{'metric':'makespan',"            \
    "'relativeHalfWidth':0.5,'confidence':%s,'every':2}}}}"

START_TEST(medians_of_stopped_campaigns_cover_as_their_rules_ask)
{
    struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", BOTH, "{}"),
                                          campaign_of("bbbbbbbb", BOTH, "{}")};
    bd_auto_json json_t *plain = compared(campaigns, 1.2);
    ck_assert_uint_eq(json_array_size(json_object_get(plain, "notes")), 0);
    done(campaigns, 2);

    bd_auto_free char *rule = bd_xasprintf(STOPPED, "0.9");
    campaigns[0] = campaign_of("aaaaaaaa", BOTH, "{}");
    campaigns[1] = campaign_of("bbbbbbbb", BOTH, rule);
    bd_auto_json json_t *json = compared(campaigns, 1.2);
    const json_t *analysis = json_object_get(json, "analysis");
    check_form(json);
    /* The rule's own confidence would be less than what is asked of the other. */
    struct stats_until until = {
        .min = 4, .max = 20, .every = 2, .confidence = 0.95, .relative_half_width = 0.5};
    stats_until_init(&until);
    ck_assert_double_eq_tol(bd_json_real(analysis, "confidence", 0), 0.95, 1e-12);
    bd_auto_free char *note = bd_xasprintf(
        "campaign bbbbbbbb goes by a rule for stopping: for its 8 blocks it asks intervals of "
        "medians to cover with %.6g %%; comparisons are not corrected for its looks",
        100 * until.at_looks);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "notes")), 1);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(json, "notes"), 0)), note);
    /* Of 8 blocks no interval covers so well; that of the medians before did with 0.95. */
    for (size_t i = 0; i < 4; i++) {
        const json_t *before = cell_of(metric(json_object_get(plain, "analysis"), 0), i);
        ck_assert(json_is_object(json_object_get(before, "interval")));
        ck_assert(json_is_null(json_object_get(cell_of(metric(analysis, 0), i), "interval")));
    }
    done(campaigns, 2);
}
END_TEST

UNIT_MAIN("across", cells_are_matched_by_their_levels_and_paired_by_their_streams,
          other_streams_are_not_paired, what_the_levels_of_every_cell_say_is_paired,
          what_can_t_be_compared_is_refused, cells_that_nowhere_match_are_refused,
          the_gate_fails_on_what_is_resolved_beyond_the_margin,
          a_gate_without_directions_is_undecided,
          the_gate_says_what_the_data_show_and_how_many_are_needed,
          how_many_times_as_bad_is_told_with_the_interval_of_the_test,
          the_answer_and_the_interval_never_contradict_each_other,
          what_is_true_of_one_campaign_is_told_of_the_comparison,
          replays_of_a_trace_are_one_stream_and_told_so,
          medians_of_stopped_campaigns_cover_as_their_rules_ask)
