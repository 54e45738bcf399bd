#include "lib/report/analysis_priv.h"

#include <math.h>
#include <string.h>

/* -- of what -- */

static struct compared_metric *metric_of(struct analysis *c, const char *name)
{
    for (size_t i = 0; i < c->n_metrics; i++)
        if (strcmp(c->metrics[i].name, name) == 0)
            return &c->metrics[i];
    return NULL;
}

static struct compared_metric *add_metric(struct analysis *c, const char *name, bool objective)
{
    struct compared_metric *m = metric_of(c, name);
    if (m || c->n_metrics == ANALYSIS_METRICS_MAX)
        return m;
    size_t n = c->n_cells * c->n_blocks;
    m = &c->metrics[c->n_metrics++];
    *m = (struct compared_metric){.name = bd_xstrdup(name), .objective = objective};
    m->values = bd_xcalloc(n, sizeof(double));
    for (size_t i = 0; i < n; i++)
        m->values[i] = NAN;
    return m;
}

static void select_metrics(struct analysis *c)
{
    const json_t *objectives = json_object_get(c->campaign->spec, "objectives"), *objective;
    const struct bd_strv *wanted = c->campaign->metrics;
    size_t i;
    for (i = 0; wanted && i < wanted->n; i++)
        add_metric(c, wanted->items[i], true);
    bool by_name = c->n_metrics > 0;
    json_array_foreach (objectives, i, objective) {
        const char *name = bd_json_str(objective, "metric", "");
        struct compared_metric *m = by_name ? metric_of(c, name) : add_metric(c, name, true);
        if (m)
            m->better = strcmp(bd_json_str(objective, "direction", ""), "max") == 0 ? 1 : -1;
    }
    c->selected = c->n_metrics > 0;
}

struct analysis *analysis_new(const struct analysis_campaign *campaign)
{
    struct analysis *c = bd_new(struct analysis);
    c->campaign = campaign;
    c->n_cells = json_array_size(campaign->levels);
    c->n_blocks = campaign->blocks - campaign->warmup;
    c->cells = bd_xcalloc(c->n_cells, sizeof(*c->cells));
    c->names = bd_xcalloc(c->n_cells, sizeof(*c->names));
    for (size_t i = 0; i < c->n_cells; i++) {
        c->names[i] = analysis_cell_name(json_array_get(campaign->levels, i));
        c->cells[i].name = c->names[i];
    }
    select_metrics(c);
    return c;
}

void analysis_free(struct analysis *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_cells; i++)
        free(c->names[i]);
    for (size_t i = 0; i < c->n_metrics; i++) {
        free(c->metrics[i].name);
        free(c->metrics[i].unit);
        free(c->metrics[i].mixed);
        free(c->metrics[i].values);
    }
    for (size_t i = 0; i < c->n_conditions; i++) {
        free((char *)c->conditions[i].what);
        free((char *)c->conditions[i].was);
    }
    free(c->conditions);
    free(c->names);
    free(c->cells);
    free(c->limited_why);
    free(c);
}

/* -- runs -- */

static void add_condition(struct analysis *c, char *what, const char *was, size_t cell)
{
    for (size_t i = 0; i < c->n_conditions; i++) {
        if (strcmp(c->conditions[i].what, what) == 0 && strcmp(c->conditions[i].was, was) == 0) {
            free(what);
            return;
        }
    }
    c->conditions =
        bd_xrealloc(c->conditions, (c->n_conditions + 1) * sizeof(struct verdict_condition));
    c->conditions[c->n_conditions++] =
        (struct verdict_condition){.what = what, .was = bd_xstrdup(was), .cell = c->names[cell]};
}

/* An image that differs may have another scheduler in it: only within one image is that a fault. */
static void add_conditions(struct analysis *c, const struct analysis_run *run)
{
    if (run->image && run->digest)
        add_condition(c, bd_xasprintf("image %s", run->image), run->digest, run->cell);
    if (run->scheduler && run->version)
        add_condition(c,
                      bd_xasprintf("the version of %s in image %s", run->scheduler,
                                   run->image ? run->image : "?"),
                      run->version, run->cell);
}

static void add_value(struct analysis *c, const struct analysis_run *run, const char *name,
                      const json_t *metric)
{
    enum stats_kind kind;
    const char *unit = bd_json_str(metric, "unit", ""), *word = bd_json_str(metric, "kind", "");
    struct compared_metric *m = c->selected ? metric_of(c, name) : add_metric(c, name, false);
    if (!m || stats_kind_from_str(word, &kind) < 0)
        return;
    if (!m->unit) {
        m->unit = bd_xstrdup(unit);
        m->kind = kind;
    }
    if (!m->mixed && (strcmp(m->unit, unit) != 0 || m->kind != kind))
        m->mixed = bd_xasprintf("%s (%s)", unit, word);
    m->values[run->cell * c->n_blocks + run->block - c->campaign->warmup] =
        bd_json_real(metric, "value", NAN);
}

static void note_limited(struct analysis *c, const struct analysis_run *run)
{
    const char *reason = json_string_value(json_array_get(run->reasons, 0));
    if (!c->limited_why)
        c->limited_why =
            bd_xasprintf("in run %s %s", run->id, reason ? reason : "for a reason not told");
}

void analysis_add(struct analysis *c, const struct analysis_run *run)
{
    const char *name;
    json_t *metric;
    if (run->cell >= c->n_cells || run->block < c->campaign->warmup ||
        run->block >= c->campaign->blocks)
        return;
    struct verdict_cell *cell = &c->cells[run->cell];
    if (run->grade == GRADE_INVALID) {
        cell->left_out++;
        return;
    }
    cell->counted++;
    cell->oversubscribed += run->oversubscribed;
    if (run->grade == GRADE_LIMITED) {
        cell->limited++;
        note_limited(c, run);
    }
    add_conditions(c, run);
    json_object_foreach ((json_t *)run->metrics, name, metric)
        add_value(c, run, name, metric);
}

/* -- figures -- */

static size_t count_values(const struct analysis *c, const struct compared_metric *m, size_t cell)
{
    size_t n = 0;
    for (size_t b = 0; b < c->n_blocks; b++)
        n += isnan(analysis_values(c, m, cell)[b]) ? 0 : 1;
    return n;
}

bool analysis_has_all(const struct analysis *c, const struct compared_metric *m)
{
    for (size_t i = 0; i < c->n_cells; i++)
        if (count_values(c, m, i) == 0)
            return false;
    return true;
}

static json_t *real_or_null(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *interval_json(const struct stats_interval *i)
{
    return i->is_there ? json_pack("{s:f, s:f, s:f}", "low", i->low, "high", i->high, "coverage",
                                   i->coverage)
                       : json_null();
}

/* {n, median, min, max, q1, q3, interval} */
static json_t *summary_json(const struct stats_summary *s)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "n", (json_int_t)s->n, "median",
                     real_or_null(s->median), "min", real_or_null(s->min), "max",
                     real_or_null(s->max), "q1", real_or_null(s->q1), "q3", real_or_null(s->q3),
                     "interval", interval_json(&s->interval));
}

static json_t *cell_json(const struct analysis *c, const struct compared_metric *m, size_t cell)
{
    struct stats_summary s;
    const double *values = analysis_values(c, m, cell);
    stats_describe(values, c->n_blocks, STATS_CONFIDENCE, &s);
    json_t *json = summary_json(&s);
    json_object_set(json, "levels", json_array_get(c->campaign->levels, cell));
    json_object_set_new(json, "excluded", json_integer((json_int_t)c->cells[cell].left_out));
    json_object_set_new(json, "mean", real_or_null(stats_mean(m->kind, values, c->n_blocks)));
    return json;
}

static json_t *against_json(const struct analysis *c, const struct compared_metric *m, size_t cell)
{
    struct stats_pairs p;
    stats_pair(analysis_values(c, m, cell), analysis_values(c, m, 0), c->n_blocks, STATS_CONFIDENCE,
               &p);
    json_int_t better = (json_int_t)(m->better > 0 ? p.higher : p.lower);
    json_int_t worse = (json_int_t)(m->better > 0 ? p.lower : p.higher);
    return json_pack("{s:O, s:I, s:o, s:o, s:I, s:I, s:o, s:o, s:I}", "levels",
                     json_array_get(c->campaign->levels, cell), "blocks", (json_int_t)p.n, "ratio",
                     p.ratio.n ? summary_json(&p.ratio) : json_null(), "difference",
                     p.difference.n ? summary_json(&p.difference) : json_null(), "higher",
                     (json_int_t)p.higher, "lower", (json_int_t)p.lower, "better",
                     m->better ? json_integer(better) : json_null(), "worse",
                     m->better ? json_integer(worse) : json_null(), "equal", (json_int_t)p.equal);
}

static json_t *metric_json(const struct analysis *c, const struct compared_metric *m)
{
    json_t *cells = json_array(), *against = json_array();
    for (size_t i = 0; i < c->n_cells; i++) {
        json_array_append_new(cells, cell_json(c, m, i));
        if (i > 0)
            json_array_append_new(against, against_json(c, m, i));
    }
    return json_pack("{s:s, s:s, s:s, s:s?, s:o, s:o}", "name", m->name, "unit", m->unit, "kind",
                     stats_kind_to_str(m->kind), "direction",
                     m->better ? m->better > 0 ? "max" : "min" : NULL, "cells", cells, "against",
                     against);
}

/* -- verdict -- */

static void find_missing(const struct analysis *c, struct bd_strv *missing)
{
    for (size_t k = 0; k < c->n_metrics; k++) {
        const struct compared_metric *m = &c->metrics[k];
        for (size_t i = 0; m->objective && i < c->n_cells; i++) {
            if (c->cells[i].counted == 0 || count_values(c, m, i) > 0)
                continue;
            bd_strv_addf(missing, "%s was measured in no run of %s%s", m->name, c->names[i],
                         m->unit ? "" : ", nor of any other cell");
            break;
        }
        if (m->mixed)
            bd_strv_addf(missing, "%s is not the same everywhere: %s (%s) here, %s there", m->name,
                         m->unit, stats_kind_to_str(m->kind), m->mixed);
    }
}

static json_t *verdict_json(const struct analysis *c)
{
    const json_t *workload = json_object_get(c->campaign->spec, "workload");
    bd_auto_strv struct bd_strv missing = {0}, reasons = {0};
    find_missing(c, &missing);
    const struct verdict_facts facts = {
        .cells = c->cells,
        .n_cells = c->n_cells,
        .conditions = c->conditions,
        .n_conditions = c->n_conditions,
        .missing = &missing,
        .repetitions = c->n_blocks,
        .warmup = c->campaign->warmup,
        .at_end = c->campaign->at_end,
        .fixed_seed = strcmp(bd_json_str(workload, "seed", ""), "fixed") == 0,
        .confidence = STATS_CONFIDENCE,
        .limited_why = c->limited_why,
    };
    enum verdict verdict = verdict_of(&facts, &reasons);
    json_t *list = json_array();
    for (size_t i = 0; i < reasons.n; i++)
        json_array_append_new(list, json_string(reasons.items[i]));
    return json_pack("{s:s, s:o}", "value", verdict_to_str(verdict), "reasons", list);
}

json_t *analysis_json(const struct analysis *c)
{
    json_t *metrics = json_array(), *words = json_array();
    for (size_t i = 0; i < c->n_metrics; i++) {
        const struct compared_metric *m = &c->metrics[i];
        if (!m->unit || (!m->objective && !analysis_has_all(c, m)))
            continue;
        json_array_append_new(metrics, metric_json(c, m));
        if (!m->mixed)
            analysis_words(c, m, words);
    }
    return json_pack("{s:s, s:s, s:f, s:O, s:o, s:o, s:o}", "campaign", c->campaign->id, "state",
                     c->campaign->state, "confidence", STATS_CONFIDENCE, "reference",
                     json_array_get(c->campaign->levels, 0), "metrics", metrics, "verdict",
                     verdict_json(c), "words", words);
}
