/* The figures of each cell. */
#include "lib/report/analysis_priv.h"
#include "lib/stats/bootstrap.h"
#include "lib/stats/normality.h"
#include "lib/stats/series.h"

/* The bootstrap covers about what it says from so many values on. */
#define BOOTSTRAP_MIN 20
/* More values than these are not drawn for all cells and metrics together. */
#define DRAWN_MAX 20000000

static double mean_of(const double *values, size_t n, void *arg BD_UNUSED)
{
    return stats_mean(STATS_COST, values, n);
}

/* A mean's interval is Student's, which rests on the values being normal: where that could not be
 * looked at there is none, and where it was rejected it is the bootstrap's, or in a large campaign
 * what that comes to without drawing. */
static void find_mean_interval(const struct analysis *a, const struct analysed_metric *m,
                               const double *values, double confidence, struct cell_figures *f)
{
    bool skewed = stats_rejects(f->normality.p, STATS_CONFIDENCE);
    size_t n = f->summary.n;
    if (m->kind != STATS_COST || isnan(f->normality.p) || (skewed && n < BOOTSTRAP_MIN))
        return;
    if (skewed && a->n_cells * a->n_blocks * a->n_metrics > DRAWN_MAX / STATS_DRAWS) {
        f->mean_method = "ABC";
        stats_abc_interval(values, a->n_blocks, confidence, &f->mean_interval);
    } else if (skewed) {
        f->mean_method = "BCa bootstrap";
        stats_bootstrap(values, a->n_blocks, mean_of, NULL, confidence, STATS_DRAWS,
                        a->campaign->seed, &f->mean_interval);
    } else {
        f->mean_method = "Student";
        stats_student_interval(values, a->n_blocks, confidence, &f->mean_interval);
    }
}

void analysis_describe(const struct analysis *a, const struct found *found, struct metric_found *m)
{
    m->cells = bd_xcalloc(a->n_cells + 1, sizeof(*m->cells));
    bd_auto_free double *in_order = bd_xcalloc(a->n_blocks + 1, sizeof(*in_order));
    for (size_t i = 0; i < a->n_cells; i++) {
        struct cell_figures *f = &m->cells[i];
        const double *values = analysis_values(a, m->metric, i);
        stats_describe(values, a->n_blocks, found->interval_confidence, &f->summary);
        stats_spread(values, a->n_blocks, &f->spread);
        f->mean = stats_mean(m->metric->kind, values, a->n_blocks);
        stats_shapiro_wilk(values, a->n_blocks, &f->normality);
        find_mean_interval(a, m->metric, values, found->interval_confidence, f);
        analysis_in_order(a, i, values, in_order);
        stats_trend(in_order, a->n_blocks, &f->trend, &f->slope);
        stats_serial(in_order, a->n_blocks, &f->serial, &f->lag1);
    }
}

void analysis_find_until(const struct analysis *a, struct found *f)
{
    const struct analysis_campaign *c = a->campaign;
    struct until_found *u = &f->until;
    *u = (struct until_found){.widest = NO_CELL, .half_width = NAN};
    if (!c->until_metric)
        return;
    u->looks = stats_until_looks(&c->until);
    u->blocks = analysis_planned_blocks(a);
    u->interval_confidence = stats_until_confidence(&c->until, u->blocks);
    const struct analysed_metric *m = analysis_metric(a, c->until_metric);
    u->met = m != NULL;
    for (size_t i = 0; m && i < a->n_cells; i++) {
        double half_width;
        const double *values = analysis_values(a, m, i);
        size_t blocks = u->blocks < a->n_blocks ? u->blocks : a->n_blocks;
        if (stats_until_met(&c->until, values, blocks, &half_width))
            continue;
        u->met = false;
        /* A cell without an interval is further from it than any width is. */
        if (u->widest == NO_CELL || (!isnan(u->half_width) && !(half_width <= u->half_width))) {
            u->widest = i;
            u->half_width = half_width;
        }
    }
}

/* -- in JSON -- */

static json_t *with(json_t *test, const char *name, double value)
{
    return json_is_null(test) ? test
                              : json_pack("{s:o, s:o}", "test", test, name, real_or_null(value));
}

static json_t *summary_json(const struct stats_summary *s)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "n", (json_int_t)s->n,
                     "median", real_or_null(s->median), "min", real_or_null(s->min), "max",
                     real_or_null(s->max), "q1", real_or_null(s->q1), "q3", real_or_null(s->q3),
                     "interval", interval_json(&s->interval), "q1Interval",
                     interval_json(&s->q1_interval), "q3Interval", interval_json(&s->q3_interval));
}

static json_t *cell_json(const struct analysis *a, const struct cell_figures *f, size_t cell)
{
    json_t *json = summary_json(&f->summary);
    json_object_set_new(json, "cell", json_integer((json_int_t)cell));
    json_object_set_new(json, "excluded", json_integer((json_int_t)a->cells[cell].left_out));
    json_object_set_new(json, "mean", real_or_null(f->mean));
    json_object_set_new(json, "meanInterval", interval_json(&f->mean_interval));
    json_object_set_new(json, "meanMethod",
                        f->mean_interval.is_there ? json_string(f->mean_method) : json_null());
    json_object_set_new(json, "deviation", real_or_null(f->spread.deviation));
    json_object_set_new(json, "cv", real_or_null(f->spread.cv));
    json_object_set_new(json, "mad", real_or_null(f->spread.mad));
    json_object_set_new(json, "skew", real_or_null(f->spread.skew));
    json_object_set_new(json, "normality", test_json(&f->normality));
    json_object_set_new(json, "trend", with(test_json(&f->trend), "slope", f->slope));
    json_object_set_new(json, "serial", with(test_json(&f->serial), "lag1", f->lag1));
    return json;
}

json_t *analysis_cells_json(const struct analysis *a, const struct metric_found *m)
{
    json_t *json = json_array();
    for (size_t i = 0; i < a->n_cells; i++)
        json_array_append_new(json, cell_json(a, &m->cells[i], i));
    return json;
}
