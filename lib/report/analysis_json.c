/* Finds all that there is to find, and puts it together. */
#include "lib/report/analysis_priv.h"

/* -- small pieces -- */

json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *interval_json(const struct stats_interval *i)
{
    if (!i->is_there)
        return json_null();
    return json_pack("{s:o, s:o, s:f}", "low", real_or_null(i->low), "high", real_or_null(i->high),
                     "coverage", i->coverage);
}

json_t *test_json(const struct stats_test *t)
{
    if (!t->name)
        return json_null();
    return json_pack("{s:s, s:s?, s:b, s:I, s:o, s:o}", "name", t->name, "method", t->method,
                     "exact", t->exact, "n", (json_int_t)t->n, "statistic",
                     real_or_null(t->statistic), "p", real_or_null(t->p));
}

/* -- finding -- */

static void found_done(struct found *f)
{
    for (size_t k = 0; k < f->n_metrics; k++) {
        free(f->metrics[k].cells);
        free(f->metrics[k].comparisons);
        free(f->metrics[k].effects.items);
    }
    pairings_done(&f->pairings);
    free(f->pareto.on_front);
    free(f->pareto.probability);
}
#define found_auto __attribute__((cleanup(found_done)))

/* Objectives that are not asked for are compared all the same: they belong to the family. */
static void find_metrics(const struct analysis *a, struct found *f)
{
    for (size_t k = 0; k < a->n_metrics; k++) {
        const struct analysed_metric *m = &a->metrics[k];
        bool shown = analysis_is_shown(a, m);
        if (shown || (m->objective && m->unit))
            f->metrics[f->n_metrics++] = (struct metric_found){.metric = m, .shown = shown};
    }
    pairings_find(a, f->n_metrics, &f->pairings);
    for (size_t k = 0; k < f->n_metrics; k++) {
        struct metric_found *m = &f->metrics[k];
        if (m->shown)
            analysis_describe(a, f, m);
        if (!analysis_is_compared(m->metric))
            continue;
        analysis_compare(a, f, m);
        if (m->shown)
            analysis_find_effects(a, m);
    }
}

static void find_all(const struct analysis *a, struct found *f)
{
    f->confidence = analysis_confidence(a);
    f->interval_confidence = analysis_interval_confidence(a);
    find_metrics(a, f);
    analysis_correct(f);
    analysis_find_until(a, f);
    analysis_find_order(a, f);
    analysis_find_front(a, f);
}

/* -- what was asked for -- */

static json_t *until_json(const struct analysis *a, const struct until_found *u)
{
    const struct stats_until *rule = &a->campaign->until;
    if (!a->campaign->until_metric)
        return json_null();
    return json_pack("{s:s, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:b, s:f}", "metric",
                     a->campaign->until_metric, "relativeHalfWidth", rule->relative_half_width,
                     "confidence", rule->confidence, "min", (json_int_t)rule->min, "max",
                     (json_int_t)rule->max, "every", (json_int_t)rule->every, "looks",
                     (json_int_t)u->looks, "blocks", (json_int_t)u->blocks, "met", u->met,
                     "intervalConfidence", u->interval_confidence);
}

static json_t *design_json(const struct analysis *a, const struct found *f)
{
    const struct analysis_campaign *c = a->campaign;
    return json_pack("{s:s?, s:I, s:I, s:I, s:b, s:b, s:b, s:o}", "order", c->order, "seed",
                     (json_int_t)c->seed, "warmup", (json_int_t)c->warmup, "blocks",
                     (json_int_t)analysis_planned_blocks(a), "paired", c->paired, "fixedSeed",
                     c->fixed_seed, "adaptive", c->adaptive, "until", until_json(a, &f->until));
}

static json_t *factors_json(const struct analysis *a)
{
    json_t *json = json_array();
    for (size_t f = 0; f < a->n_factors; f++)
        json_array_append_new(json, json_pack("{s:s, s:O}", "path", a->factors[f].path, "levels",
                                              a->factors[f].levels));
    return json;
}

/* -- what became of it -- */

static json_t *exclusions_json(const struct analysis *a)
{
    json_t *json = json_array();
    for (size_t i = 0; i < a->n_excluded; i++) {
        const struct excluded_run *e = &a->excluded[i];
        json_array_append_new(json,
                              json_pack("{s:s?, s:I, s:I, s:s, s:s}", "run", e->run, "cell",
                                        (json_int_t)e->cell, "block", (json_int_t)e->block, "kind",
                                        e->failed ? "failed" : "invalid", "reason", e->reason));
    }
    return json;
}

static json_t *runs_json(const struct analysis *a)
{
    size_t planned = analysis_planned_blocks(a) * a->n_cells;
    size_t counted = 0, excluded = 0, failed = 0, limited = 0;
    for (size_t i = 0; i < a->n_cells; i++) {
        counted += a->cells[i].counted;
        excluded += a->cells[i].left_out;
        limited += a->cells[i].limited;
        failed += a->failed[i];
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I}", "planned", (json_int_t)planned,
                     "counted", (json_int_t)counted, "excluded", (json_int_t)excluded, "failed",
                     (json_int_t)failed, "cancelled", (json_int_t)a->cancelled, "limited",
                     (json_int_t)limited, "exclusions", exclusions_json(a), "exclusionsLeftOut",
                     (json_int_t)a->excluded_untold);
}

static json_t *cells_json(const struct analysis *a)
{
    json_t *json = json_array();
    for (size_t i = 0; i < a->n_cells; i++) {
        const struct verdict_cell *cell = &a->cells[i];
        json_array_append_new(
            json,
            json_pack("{s:I, s:s, s:O, s:I, s:I, s:I, s:I, s:I}", "cell", (json_int_t)i, "name",
                      a->names[i], "levels", json_array_get(a->campaign->levels, i), "planned",
                      (json_int_t)analysis_planned_blocks(a), "counted", (json_int_t)cell->counted,
                      "excluded", (json_int_t)cell->left_out, "failed", (json_int_t)a->failed[i],
                      "limited", (json_int_t)cell->limited));
    }
    return json;
}

/* -- what was found -- */

static json_t *metric_json(const struct analysis *a, const struct metric_found *found)
{
    const struct analysed_metric *m = found->metric;
    json_t *json = json_pack("{s:s, s:s, s:s, s:s?, s:o}", "name", m->name, "unit", m->unit, "kind",
                             stats_kind_to_str(m->kind), "direction",
                             m->better ? m->better > 0 ? "max" : "min" : NULL, "margin",
                             real_or_null(m->margin));
    json_object_set_new(json, "cells", analysis_cells_json(a, found));
    json_object_set_new(json, "comparisons", analysis_comparisons_json(a, found));
    json_object_set_new(json, "effects", analysis_effects_json(a, &found->effects));
    json_object_set_new(json, "drift", analysis_drift_json(&found->drift));
    json_object_set_new(json, "warming", analysis_warming_json(&found->warming));
    return json;
}

static json_t *metrics_json(const struct analysis *a, const struct found *f)
{
    json_t *json = json_array();
    for (size_t k = 0; k < f->n_metrics; k++)
        if (f->metrics[k].shown)
            json_array_append_new(json, metric_json(a, &f->metrics[k]));
    return json;
}

json_t *analysis_conditions(const struct analysis *a)
{
    json_t *json = json_array();
    for (size_t i = 0; i < a->n_conditions; i++)
        json_array_append_new(json, json_pack("{s:s, s:s}", "what", a->conditions[i].what, "was",
                                              a->conditions[i].was));
    return json;
}

json_t *analysis_hosts(const struct analysis *a)
{
    json_t *json = json_array(), *runs;
    const char *digest;
    json_object_foreach (a->hosts, digest, runs)
        json_array_append_new(json, json_pack("{s:s, s:O}", "digest", digest, "runs", runs));
    return json;
}

json_t *analysis_json(const struct analysis *a)
{
    const struct analysis_campaign *c = a->campaign;
    found_auto struct found f = {0};
    find_all(a, &f);
    json_t *json = json_pack("{s:s, s:s?, s:s?, s:s?, s:f, s:O}", "schema", "benchd.analysis/1",
                             "campaign", c->id, "name", c->name, "state", c->state, "confidence",
                             f.confidence, "reference", json_array_get(c->levels, 0));
    json_object_set_new(json, "design", design_json(a, &f));
    json_object_set_new(json, "runs", runs_json(a));
    json_object_set_new(json, "hosts", analysis_hosts(a));
    json_object_set_new(json, "factors", factors_json(a));
    json_object_set_new(json, "cells", cells_json(a));
    json_object_set_new(json, "metrics", metrics_json(a, &f));
    json_object_set_new(json, "comparisonsLeftOut", json_integer((json_int_t)f.pairings.untold));
    json_object_set_new(json, "pareto", analysis_pareto_json(a, &f.pareto));
    json_object_set_new(json, "checklist", analysis_checklist(a, &f));
    json_object_set_new(json, "verdict", analysis_verdict(a, &f));
    json_object_set_new(json, "words", analysis_words(a, &f));
    return json;
}
