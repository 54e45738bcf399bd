/*
 * What the order of runs did to the values: did cells drift, did the first blocks still warm up?
 *
 * With a new stream in each block the blocks' luck hides a drift, so that values are looked at
 * twice: as they are, and relative to their block's median over the cells, from which that luck is
 * gone (and with it what all cells of a block have in common).
 */
#include "lib/report/analysis_priv.h"
#include "lib/stats/ranks.h"
#include "lib/stats/series.h"

/* -- order -- */

struct place {
    int64_t order;
    double value;
};

static int by_order(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

void analysis_in_order(const struct analysis *a, size_t cell, const double *values,
                       double *ret_values)
{
    const int64_t *order = a->order + cell * a->n_blocks;
    bd_auto_free struct place *places = bd_xcalloc(a->n_blocks + 1, sizeof(*places));
    size_t n = 0;
    bool sorted = true;
    for (size_t b = 0; b < a->n_blocks; b++) {
        if (isnan(values[b]))
            continue;
        sorted = sorted && (n == 0 || order[b] >= places[n - 1].order);
        places[n++] = (struct place){order[b], values[b]};
    }
    if (!sorted)
        qsort(places, n, sizeof(*places), by_order);
    for (size_t b = 0; b < a->n_blocks; b++)
        ret_values[b] = b < n ? places[b].value : NAN;
}

/* -- blocks -- */

/* Of each block, over its cells. */
static void find_block_medians(const struct analysis *a, const struct analysed_metric *m,
                               double *ret_medians)
{
    bd_auto_free double *column = bd_xcalloc(a->n_cells + 1, sizeof(*column));
    for (size_t b = 0; b < a->n_blocks; b++) {
        for (size_t i = 0; i < a->n_cells; i++)
            column[i] = analysis_values(a, m, i)[b];
        ret_medians[b] = analysis_median(column, a->n_cells);
    }
}

/* -- drift -- */

/* A cell's values relative to the medians of their blocks, in the order of its runs. */
static void find_relative(const struct analysis *a, const struct analysed_metric *m, size_t cell,
                          const double *medians, double *ret_values)
{
    bool ratio = analysis_above_0(a, m);
    const double *values = analysis_values(a, m, cell);
    bd_auto_free double *relative = bd_xcalloc(a->n_blocks + 1, sizeof(*relative));
    for (size_t b = 0; b < a->n_blocks; b++)
        relative[b] = ratio ? values[b] / medians[b] : values[b] - medians[b];
    analysis_in_order(a, cell, relative, ret_values);
}

/* Keeps the least p of all. */
static void look_at(struct drift *d, size_t cell, bool relative, const struct stats_test *test)
{
    if (isnan(test->p))
        return;
    d->tests++;
    if (d->is_there && d->test.p <= test->p)
        return;
    d->is_there = true;
    d->cell = cell;
    d->relative = relative;
    d->test = *test;
}

/* medians: of the blocks; NULL: values are not taken relative to them. */
static void find_drift(const struct analysis *a, struct metric_found *m, const double *medians)
{
    struct drift *d = &m->drift;
    struct stats_test test;
    bd_auto_free double *relative = bd_xcalloc(a->n_blocks + 1, sizeof(*relative));
    for (size_t i = 0; i < a->n_cells; i++) {
        look_at(d, i, false, &m->cells[i].trend);
        if (!medians)
            continue;
        find_relative(a, m->metric, i, medians, relative);
        stats_trend(relative, a->n_blocks, &test, NULL);
        look_at(d, i, true, &test);
    }
    if (!d->is_there)
        return;
    d->slope = m->cells[d->cell].slope;
    if (medians && d->relative) {
        find_relative(a, m->metric, d->cell, medians, relative);
        stats_trend(relative, a->n_blocks, &test, &d->slope);
    }
}

/* -- warming up -- */

/* Each block's level: the median over its cells of their values to their own medians. */
static void find_levels(const struct analysis *a, const struct metric_found *m, bool ratio,
                        double *ret_levels)
{
    bd_auto_free double *column = bd_xcalloc(a->n_cells + 1, sizeof(*column));
    for (size_t b = 0; b < a->n_blocks; b++) {
        for (size_t i = 0; i < a->n_cells; i++) {
            double value = analysis_values(a, m->metric, i)[b];
            double median = m->cells[i].summary.median;
            column[i] = ratio ? value / median : value - median;
        }
        ret_levels[b] = analysis_median(column, a->n_cells);
    }
}

/* Are the blocks of the first quarter unlike the others? */
static void find_warming(const struct analysis *a, struct metric_found *m)
{
    size_t blocks = a->blocks_seen, first = (blocks + 3) / 4;
    bool ratio = analysis_above_0(a, m->metric);
    if (first < 2 || !a->campaign->paired)
        return;
    bd_auto_free double *levels = bd_xcalloc(a->n_blocks + 1, sizeof(*levels));
    find_levels(a, m, ratio, levels);
    struct warming *w = &m->warming;
    *w = (struct warming){.first = first, .rest = blocks - first, .times = NAN};
    stats_mann_whitney(levels, first, levels + first, blocks - first, &w->test);
    w->is_there = !isnan(w->test.p);
    if (ratio)
        w->times = analysis_median(levels, first) / analysis_median(levels + first, blocks - first);
}

/* One family for each of the two questions, over all objectives. */
static void correct(struct found *f)
{
    size_t drifts = 0, warmings = 0;
    for (size_t k = 0; k < f->n_metrics; k++) {
        drifts += f->metrics[k].drift.tests;
        warmings += f->metrics[k].warming.is_there;
    }
    for (size_t k = 0; k < f->n_metrics; k++) {
        struct drift *d = &f->metrics[k].drift;
        struct warming *w = &f->metrics[k].warming;
        d->p_corrected = fmin(1, d->test.p * (double)drifts);
        w->p_corrected = fmin(1, w->test.p * (double)warmings);
        d->tests = drifts;
    }
}

void analysis_find_order(const struct analysis *a, struct found *f)
{
    bd_auto_free double *medians = bd_xcalloc(a->n_blocks + 1, sizeof(*medians));
    for (size_t k = 0; k < f->n_metrics; k++) {
        struct metric_found *m = &f->metrics[k];
        if (!m->shown || !analysis_is_compared(m->metric))
            continue;
        bool relative = a->campaign->paired && a->n_cells > 1;
        if (relative)
            find_block_medians(a, m->metric, medians);
        find_drift(a, m, relative ? medians : NULL);
        find_warming(a, m);
    }
    correct(f);
}

json_t *analysis_drift_json(const struct drift *d)
{
    if (!d->is_there)
        return json_null();
    return json_pack("{s:I, s:b, s:o, s:o, s:o, s:I}", "cell", (json_int_t)d->cell,
                     "relativeToBlock", d->relative, "test", test_json(&d->test), "slope",
                     real_or_null(d->slope), "pCorrected", real_or_null(d->p_corrected), "family",
                     (json_int_t)d->tests);
}

json_t *analysis_warming_json(const struct warming *w)
{
    if (!w->is_there)
        return json_null();
    return json_pack("{s:I, s:I, s:o, s:o, s:o}", "first", (json_int_t)w->first, "rest",
                     (json_int_t)w->rest, "times", real_or_null(w->times), "test",
                     test_json(&w->test), "pCorrected", real_or_null(w->p_corrected));
}
