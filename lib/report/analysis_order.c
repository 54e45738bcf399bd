/*
 * What the order of runs did to the values: did cells drift, did the first blocks still warm up?
 *
 * With a new stream in each block the blocks' luck hides a drift of a cell, so that values are
 * looked at twice: as they are, and relative to their block's level, from which that luck is gone
 * (and with it what all cells of a block have in common). What they have in common is looked at by
 * itself: the levels of the blocks, in their order.
 *
 * A block's level is the median over its cells of their values to their own medians, so that a cell
 * that lacks a block does not move it.
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

static void find_levels(const struct analysis *a, const struct metric_found *m, double *ret_levels)
{
    bool ratio = analysis_above_0(a, m->metric);
    bd_auto_free double *column = bd_xcalloc(a->n_cells + 1, sizeof(*column));
    for (size_t b = 0; b < a->n_blocks; b++) {
        for (size_t i = 0; i < a->n_cells; i++) {
            double value = analysis_values(a, m->metric, i)[b];
            double median = m->cells[i].summary.median;
            column[i] = ratio ? value / median : value - median;
        }
        ret_levels[b] = stats_median(column, a->n_cells);
    }
}

/* -- drift -- */

/* A cell's values relative to the levels of their blocks, in the order of its runs. */
static void find_relative(const struct analysis *a, const struct analysed_metric *m, size_t cell,
                          bool ratio, const double *levels, double *ret_values)
{
    const double *values = analysis_values(a, m, cell);
    bd_auto_free double *relative = bd_xcalloc(a->n_blocks + 1, sizeof(*relative));
    for (size_t b = 0; b < a->n_blocks; b++)
        relative[b] = ratio ? values[b] / levels[b] : values[b] - levels[b];
    analysis_in_order(a, cell, relative, ret_values);
}

/* What may be found: one trend in the levels of the blocks, and those of the cells. */
struct looked {
    struct stats_test least;
    size_t cell, tests;
    bool relative;
};

/* Keeps the least p of all. */
static void look_at(struct looked *l, size_t cell, bool relative, const struct stats_test *test)
{
    if (isnan(test->p) || (l->tests++ > 0 && l->least.p <= test->p))
        return;
    l->least = *test;
    l->cell = cell;
    l->relative = relative;
}

/* levels: of the blocks; NULL: values are not taken relative to them. */
static void look_at_cells(const struct analysis *a, const struct metric_found *m,
                          const double *levels, struct looked *l)
{
    struct stats_test test;
    bool ratio = analysis_above_0(a, m->metric);
    bd_auto_free double *relative = bd_xcalloc(a->n_blocks + 1, sizeof(*relative));
    for (size_t i = 0; i < a->n_cells; i++) {
        look_at(l, i, false, &m->cells[i].trend);
        if (!levels)
            continue;
        find_relative(a, m->metric, i, ratio, levels, relative);
        stats_trend(relative, a->n_blocks, &test, NULL);
        look_at(l, i, true, &test);
    }
}

/* In what is told the slope is of the same values as the test. */
static double slope_of(const struct analysis *a, const struct metric_found *m, const double *levels,
                       const struct looked *l)
{
    struct stats_test test;
    double slope = NAN;
    if (l->cell == NO_CELL)
        stats_trend(levels, a->n_blocks, &test, &slope);
    if (l->cell == NO_CELL || !l->relative)
        return l->cell == NO_CELL ? slope : m->cells[l->cell].slope;
    bd_auto_free double *relative = bd_xcalloc(a->n_blocks + 1, sizeof(*relative));
    find_relative(a, m->metric, l->cell, analysis_above_0(a, m->metric), levels, relative);
    stats_trend(relative, a->n_blocks, &test, &slope);
    return slope;
}

/* One family of the blocks' levels, and one of the cells; either may take half of what may be
 * wrong. */
static void take_drift(const struct analysis *a, struct metric_found *m, const double *levels,
                       const struct looked *blocks, const struct looked *cells, size_t metrics)
{
    double by_blocks = blocks->tests ? 2 * blocks->least.p * (double)metrics : INFINITY;
    double by_cells =
        cells->tests ? (levels ? 2 : 1) * cells->least.p * (double)cells->tests * (double)metrics
                     : INFINITY;
    const struct looked *l = by_blocks < by_cells ? blocks : cells;
    if (l->tests == 0)
        return;
    m->drift = (struct drift){.is_there = true,
                              .cell = l->cell,
                              .relative = l->relative,
                              .test = l->least,
                              .slope = slope_of(a, m, levels, l),
                              .p_corrected = fmin(1, fmin(by_blocks, by_cells)),
                              .tests = (blocks->tests + cells->tests) * metrics};
    /* Kendall's test of n values has no p below 2 / n!. */
    double least = 2 / tgamma((double)a->blocks_seen + 1);
    m->drift.can_be_seen = stats_rejects(
        least * (double)metrics * (levels ? 2 : (double)cells->tests), analysis_confidence(a));
}

static void find_drift(const struct analysis *a, struct metric_found *m, const double *levels,
                       size_t metrics)
{
    struct looked blocks = {0}, cells = {0};
    struct stats_test test;
    if (levels) {
        stats_trend(levels, a->n_blocks, &test, NULL);
        look_at(&blocks, NO_CELL, false, &test);
    }
    look_at_cells(a, m, levels, &cells);
    take_drift(a, m, levels, &blocks, &cells, metrics);
}

/* -- warming up -- */

/* Are the blocks of the first quarter unlike the others? */
static void find_warming(const struct analysis *a, struct metric_found *m, const double *levels,
                         size_t metrics)
{
    size_t blocks = a->blocks_seen, first = (blocks + 3) / 4;
    if (first < 2)
        return;
    struct warming *w = &m->warming;
    *w = (struct warming){.first = first, .rest = blocks - first, .times = NAN};
    stats_mann_whitney(levels, first, levels + first, blocks - first, &w->test);
    w->is_there = !isnan(w->test.p);
    w->p_corrected = fmin(1, w->test.p * (double)metrics);
    w->can_be_seen = stats_rejects(stats_least_p_samples(first, blocks - first) * (double)metrics,
                                   analysis_confidence(a));
    if (analysis_above_0(a, m->metric))
        w->times = stats_median(levels, first) / stats_median(levels + first, blocks - first);
}

static bool is_looked_at(const struct metric_found *m)
{
    return m->shown && analysis_is_compared(m->metric);
}

void analysis_find_order(const struct analysis *a, struct found *f)
{
    bd_auto_free double *levels = bd_xcalloc(a->n_blocks + 1, sizeof(*levels));
    size_t metrics = 0;
    for (size_t k = 0; k < f->n_metrics; k++)
        metrics += is_looked_at(&f->metrics[k]);
    for (size_t k = 0; k < f->n_metrics; k++) {
        struct metric_found *m = &f->metrics[k];
        if (!is_looked_at(m))
            continue;
        bool by_blocks = a->campaign->paired;
        if (by_blocks)
            find_levels(a, m, levels);
        find_drift(a, m, by_blocks && a->n_cells > 1 ? levels : NULL, metrics);
        if (by_blocks)
            find_warming(a, m, levels, metrics);
    }
}

json_t *analysis_drift_json(const struct drift *d)
{
    if (!d->is_there)
        return json_null();
    return json_pack("{s:o, s:b, s:b, s:o, s:o, s:o, s:I}", "cell",
                     d->cell == NO_CELL ? json_null() : json_integer((json_int_t)d->cell), "canSee",
                     d->can_be_seen, "relativeToBlock", d->relative, "test", test_json(&d->test),
                     "slope", real_or_null(d->slope), "pCorrected", real_or_null(d->p_corrected),
                     "family", (json_int_t)d->tests);
}

json_t *analysis_warming_json(const struct warming *w)
{
    if (!w->is_there)
        return json_null();
    return json_pack("{s:b, s:I, s:I, s:o, s:o, s:o}", "canSee", w->can_be_seen, "first",
                     (json_int_t)w->first, "rest", (json_int_t)w->rest, "times",
                     real_or_null(w->times), "test", test_json(&w->test), "pCorrected",
                     real_or_null(w->p_corrected));
}
