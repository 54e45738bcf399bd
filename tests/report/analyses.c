#include "tests/report/analyses.h"

#include "contract.h"
#include "lib/schema/schema.h"
#include "tests/base/unit.h"

#include <math.h>
#include <string.h>

json_t *parse(const char *text_in_apostrophes)
{
    bd_auto_free char *text = bd_xstrdup(text_in_apostrophes);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_msg(json != NULL, "%s", text);
    return json;
}

struct run_figures figures_of(const json_t *metrics)
{
    struct bd_err err = BD_ERR_INIT;
    struct run_figures figures = {0};
    bd_auto_free char *text = bd_json_text(metrics);
    ck_assert_msg(run_figures_parse(&figures, text, strlen(text), &err) == 0, "%s", err.text);
    return figures;
}

void check_contract(const json_t *analysis)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *contract = NULL;
    bd_auto(schema) struct schema *schema = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert_int_eq(bd_json_parse(contract_json, contract_json_bytes, &contract, &err), 0);
    ck_assert_msg(schema_compile(contract, "/components/schemas/Analysis", &schema, &err) == 0,
                  "%s", err.text);
    bool fits = schema_check(schema, analysis, "", &faults);
    ck_assert_msg(fits, "%s: expected %s", faults.n ? faults.items[0].pointer : "",
                  faults.n ? faults.items[0].expected : "");
}

static const char *text_at(const json_t *list, size_t i)
{
    const char *text = json_string_value(json_array_get(list, i));
    return text ? text : "(none)";
}

const char *word(const json_t *analysis, size_t i)
{
    return text_at(json_object_get(analysis, "words"), i);
}

static const json_t *reasons(const json_t *analysis)
{
    return json_object_get(json_object_get(analysis, "verdict"), "reasons");
}

const char *reason(const json_t *analysis, size_t i)
{
    return text_at(reasons(analysis), i);
}

bool has_reason(const json_t *analysis, const char *text)
{
    for (size_t i = 0; i < json_array_size(reasons(analysis)); i++)
        if (strstr(reason(analysis, i), text))
            return true;
    return false;
}

const char *verdict(const json_t *analysis)
{
    return bd_json_str(json_object_get(analysis, "verdict"), "value", "(none)");
}

const json_t *metric(const json_t *analysis, size_t i)
{
    return json_array_get(json_object_get(analysis, "metrics"), i);
}

const json_t *cell_of(const json_t *metric, size_t i)
{
    return json_array_get(json_object_get(metric, "cells"), i);
}

const json_t *comparison_of(const json_t *metric, size_t i)
{
    return json_array_get(json_object_get(metric, "comparisons"), i);
}

const char *status(const json_t *analysis, int rule)
{
    const json_t *list = json_object_get(analysis, "checklist");
    const json_t *item = json_array_get(list, (size_t)rule - 1);
    ck_assert_int_eq(bd_json_int(item, "rule", 0), rule);
    return bd_json_str(item, "status", "(none)");
}

/* -- made ones -- */

struct names {
    struct bd_strv names;
    struct analysis_column columns[ANALYSIS_METRICS_MAX];
};

static void split(const char *text, struct bd_strv *ret_names)
{
    bd_auto_free char *copy = bd_xstrdup(text ? text : "");
    char *rest = copy, *name;
    while ((name = strsep(&rest, ",")))
        if (*name)
            bd_strv_add(ret_names, name);
}

static void add_run(struct analysis *a, const struct made *made, const struct names *names,
                    size_t cell, size_t block)
{
    double values[ANALYSIS_METRICS_MAX];
    char id[16];
    snprintf(id, sizeof(id), "%04x%04x", (unsigned)cell, (unsigned)block);
    for (size_t k = 0; k < names->names.n; k++)
        values[k] = made->value(k, cell, block);
    const struct analysis_run run = {
        .id = made->table ? NULL : id,
        .cell = cell,
        .block = block,
        .order = (int64_t)block,
        .values = values,
        .image = made->table ? NULL : "debian-bookworm",
        .digest = "sha256:aa",
    };
    analysis_add(a, &run);
}

json_t *analyse(const struct made *made)
{
    struct names names = {0};
    bd_auto_strv struct bd_strv wanted = {0};
    bd_auto_json json_t *spec = parse(made->spec);
    bd_auto_json json_t *levels = parse(made->levels);
    split(made->metrics, &names.names);
    split(made->wanted, &wanted);
    for (size_t k = 0; k < names.names.n; k++)
        names.columns[k] = (struct analysis_column){names.names.items[k], "s", STATS_COST};
    struct analysis_campaign campaign = {
        .id = made->table ? NULL : "5a6b7c8d",
        .name = "made",
        .state = made->table ? NULL : "done",
        .at_end = true,
        .levels = levels,
        .blocks = made->blocks,
        .warmup = made->warmup,
        .columns = names.columns,
        .n_columns = names.names.n,
        .metrics = &wanted,
        .by = made->by,
        .confidence = made->confidence,
    };
    analysis_design_of(spec, &campaign);
    campaign.paired = campaign.paired && !made->table;
    if (made->change)
        made->change(&campaign);
    bd_auto(analysis) struct analysis *a = analysis_new(&campaign);
    for (size_t b = 0; b < (made->stop ? made->stop : made->blocks); b++)
        for (size_t i = 0; i < json_array_size(levels); i++)
            if (!isnan(made->value(0, i, b)))
                add_run(a, made, &names, i, b);
    json_t *json = analysis_json(a);
    check_contract(json);
    bd_strv_done(&names.names);
    return json;
}

/* -- campaigns that several tests are of -- */

const char one_objective[] =
    "{" SPEC ", 'objectives': [{'metric': 'makespan', 'direction': 'min', 'margin': 0.05}]}";

double luck(size_t block)
{
    return 1 + fmod(0.618034 * (double)(block + 1), 1);
}

double noise(size_t cell, size_t block)
{
    return 1 + 1e-3 * fmod(0.754878 * (double)(1 + cell + 7 * block), 1);
}

static double two_by_two(size_t metric, size_t cell, size_t block)
{
    static const double levels[] = {1, 2, 3, 12};
    return (metric ? 1 / levels[cell] : levels[cell]) * luck(block) * noise(cell, block);
}

const struct made factorial = {.spec = one_objective,
                               .levels = TWO_BY_TWO,
                               .blocks = 13,
                               .warmup = 1,
                               .metrics = "makespan,wait",
                               .value = two_by_two};
