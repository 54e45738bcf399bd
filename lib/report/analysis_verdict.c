/* The facts that a verdict rests on. */
#include "lib/report/analysis_priv.h"

static void find_missing(const struct analysis *a, struct bd_strv *missing)
{
    for (size_t k = 0; k < a->n_metrics; k++) {
        const struct analysed_metric *m = &a->metrics[k];
        for (size_t i = 0; m->wanted && i < a->n_cells; i++) {
            if (a->cells[i].counted == 0 || analysis_count(a, m, i) > 0)
                continue;
            bd_strv_addf(missing, "%s was measured in no run of %s%s", m->name, a->names[i],
                         m->unit ? "" : ", nor of any other cell");
            break;
        }
        if (m->mixed && (m->wanted || !a->selected))
            bd_strv_addf(missing, "%s is not the same everywhere: %s (%s) here, %s there", m->name,
                         m->unit, stats_kind_to_str(m->kind), m->mixed);
    }
}

/* Where no comparison has values of both sides, the runs don't belong together as they were said
 * to. */
static void find_nothing(const struct analysis *a, const struct found *f, struct bd_strv *missing)
{
    size_t compared = 0, with_values = 0;
    for (size_t k = 0; k < f->n_metrics; k++) {
        for (size_t i = 0; i < f->metrics[k].n_comparisons; i++) {
            compared++;
            with_values += f->metrics[k].comparisons[i].n > 0;
        }
    }
    if (compared > 0 && with_values == 0 && missing->n == 0 && a->campaign->paired)
        bd_strv_add(missing,
                    "no block has values of two cells that are compared: nothing can be said (are "
                    "blocks what they should be?)");
}

/* Metrics that nobody had named before there were results. */
static void find_afterwards(const struct analysis *a, const struct found *f,
                            struct bd_strv *ret_names)
{
    for (size_t k = 0; k < f->n_metrics && a->n_cells > 1; k++)
        if (f->metrics[k].shown && !f->metrics[k].metric->objective)
            bd_strv_add(ret_names, f->metrics[k].metric->name);
}

struct order_facts {
    struct verdict_trend trends[ANALYSIS_METRICS_MAX];
    struct verdict_warming warmings[ANALYSIS_METRICS_MAX];
    size_t n_trends, n_warmings;
};

static void find_order_facts(const struct analysis *a, const struct found *f, struct order_facts *o)
{
    for (size_t k = 0; k < f->n_metrics; k++) {
        const struct analysed_metric *m = f->metrics[k].metric;
        const struct drift *d = &f->metrics[k].drift;
        const struct warming *w = &f->metrics[k].warming;
        if (d->is_there && stats_rejects(d->p_corrected, f->confidence))
            o->trends[o->n_trends++] =
                (struct verdict_trend){.metric = m->name,
                                       .unit = m->unit,
                                       .cell = d->cell == NO_CELL ? NULL : a->names[d->cell],
                                       .relative = d->relative,
                                       .slope = d->slope,
                                       .n = d->test.n,
                                       .p = d->p_corrected};
        if (w->is_there && stats_rejects(w->p_corrected, f->confidence))
            o->warmings[o->n_warmings++] = (struct verdict_warming){.metric = m->name,
                                                                    .first = w->first,
                                                                    .rest = w->rest,
                                                                    .times = w->times,
                                                                    .p = w->p_corrected};
    }
}

static struct verdict_until until_facts(const struct analysis *a, const struct until_found *u)
{
    if (!a->campaign->until_metric || u->met)
        return (struct verdict_until){0};
    return (struct verdict_until){
        .metric = a->campaign->until_metric,
        .cell = u->widest == NO_CELL ? NULL : a->names[u->widest],
        .half_width = u->half_width,
        .asked = a->campaign->until.relative_half_width,
        .blocks = u->blocks,
    };
}

/* That of the design, where less was asked for; else 0. */
static double confidence_passed_by(const struct analysis_campaign *c, double confidence)
{
    double design = c->until_metric ? c->until.confidence : STATS_CONFIDENCE;
    return confidence < design - 1e-12 ? design : 0;
}

json_t *analysis_verdict(const struct analysis *a, const struct found *f)
{
    const struct analysis_campaign *c = a->campaign;
    bd_auto_strv struct bd_strv missing = {0}, afterwards = {0}, reasons = {0};
    struct order_facts order = {0};
    size_t failed = 0;
    for (size_t i = 0; i < a->n_cells; i++)
        failed += a->failed[i];
    find_missing(a, &missing);
    find_nothing(a, f, &missing);
    find_afterwards(a, f, &afterwards);
    find_order_facts(a, f, &order);
    const struct verdict_facts facts = {
        .cells = a->cells,
        .n_cells = a->n_cells,
        .conditions = a->conditions,
        .n_conditions = a->n_conditions,
        .missing = &missing,
        .repetitions = analysis_planned_blocks(a),
        .warmup = c->warmup_run ? c->warmup_run : c->warmup,
        .at_end = c->at_end,
        .fixed_seed = c->fixed_seed,
        .trace = c->trace,
        .confidence = f->confidence,
        .design_confidence = confidence_passed_by(c, f->confidence),
        .as_written = a->n_cells > 1 && bd_str_eq(c->order, "as-written"),
        .limited_why = a->limited_why,
        .left_out_why = a->left_out_why,
        .failed = failed,
        .failed_why = a->failed_why,
        .from_table = c->id == NULL,
        .adaptive = c->adaptive,
        .apart = c->apart,
        .afterwards = &afterwards,
        .trends = order.trends,
        .n_trends = order.n_trends,
        .warmings = order.warmings,
        .n_warmings = order.n_warmings,
        .budget_why = c->budget_why,
        .until = until_facts(a, &f->until),
        .resolution = f->resolution,
    };
    enum verdict verdict = verdict_of(&facts, &reasons);
    json_t *list = json_array();
    for (size_t i = 0; i < reasons.n; i++)
        json_array_append_new(list, json_string(reasons.items[i]));
    return json_pack("{s:s, s:o}", "value", verdict_to_str(verdict), "reasons", list);
}
