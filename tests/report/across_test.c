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
        char id[16];
        snprintf(id, sizeof(id), "%02x%02x%04x", (unsigned)campaign & 0xff, (unsigned)cell & 0xff,
                 (unsigned)block & 0xffff);
        const struct analysis_run run = {.id = id,
                                         .cell = cell,
                                         .block = block,
                                         .order = (int64_t)(campaign * 1000 + block),
                                         .metrics = metrics,
                                         .image = "debian",
                                         .digest = campaign ? "sha256:bb" : "sha256:aa"};
        across_add(a, campaign, &run);
    }
}

static json_t *compared(struct across_campaign *campaigns, double times)
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
    return across_json(a);
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
    ck_assert_int_eq(across_new(campaigns, 2, NULL, 0, &a, &err), BD_EINVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "no cell is in all of these campaigns"));
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

START_TEST(the_gate_fails_on_what_is_resolved_beyond_the_margin)
{
    static const struct {
        double times, margin;
        enum gate answer;
    } cases[] = {
        {1.2, 0.05, GATE_WORSE}, {1.2, 0.5, GATE_FINE},      {1.0, 0.05, GATE_FINE},
        {0.8, 0.0, GATE_FINE},   {1.2, 0.2, GATE_UNDECIDED}, {1.0001, 0.0001, GATE_UNDECIDED},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", BOTH, "{}"),
                                              campaign_of("bbbbbbbb", BOTH, "{}")};
        bd_auto_json json_t *json = compared(campaigns, cases[i].times);
        enum gate answer;
        bd_auto_json json_t *gate = gate_json(json, cases[i].margin, &answer);
        ck_assert_msg(answer == cases[i].answer, "case %zu: %s: %s", i, gate_to_str(answer),
                      bd_json_str(gate, "why", ""));
        done(campaigns, 2);
    }
}
END_TEST

START_TEST(a_gate_without_directions_is_undecided)
{
    struct across_campaign campaigns[] = {campaign_of("aaaaaaaa", BOTH, "{'objectives':[]}"),
                                          campaign_of("bbbbbbbb", BOTH, "{'objectives':[]}")};
    bd_auto_json json_t *json = compared(campaigns, 2);
    enum gate answer;
    bd_auto_json json_t *gate = gate_json(json, 0, &answer);
    ck_assert_int_eq(answer, GATE_UNDECIDED);
    ck_assert_ptr_nonnull(strstr(bd_json_str(gate, "why", ""), "no metric has a direction"));
    done(campaigns, 2);
}
END_TEST

UNIT_MAIN("across", cells_are_matched_by_their_levels_and_paired_by_their_streams,
          other_streams_are_not_paired, what_the_levels_of_every_cell_say_is_paired,
          what_can_t_be_compared_is_refused, the_gate_fails_on_what_is_resolved_beyond_the_margin,
          a_gate_without_directions_is_undecided)
