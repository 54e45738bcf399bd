/* Cells that no other is better than in every objective. */
#include "lib/report/analysis_priv.h"
#include "lib/stats/bootstrap.h"
#include "lib/stats/pareto.h"

#include <string.h>

/* Values that are drawn in all: with more of them there are fewer resamples, and that is told. */
#define DRAWN_MAX (size_t)20000000
#define DRAWS_MIN (size_t)100
/* Resamples of fewer runs say next to nothing. */
#define RUNS_MIN 5

static void select_objectives(const struct found *f, struct pareto_found *p)
{
    for (size_t k = 0; k < f->n_metrics; k++) {
        const struct metric_found *m = &f->metrics[k];
        if (m->shown && m->metric->better && analysis_is_compared(m->metric))
            p->objectives[p->n++] = m;
    }
    if (p->n < 2)
        p->n = 0;
}

static size_t draws_for(size_t values)
{
    size_t draws = DRAWN_MAX / (values + 1);
    return draws > STATS_DRAWS ? STATS_DRAWS : draws < DRAWS_MIN ? DRAWS_MIN : draws;
}

/* With the objective that the fewest have. */
static size_t runs_of(const struct analysis *a, const struct pareto_found *p, size_t cell)
{
    size_t fewest = SIZE_MAX;
    for (size_t k = 0; k < p->n; k++) {
        size_t n = analysis_count(a, p->objectives[k]->metric, cell);
        fewest = n < fewest ? n : fewest;
    }
    return fewest;
}

void analysis_find_front(const struct analysis *a, struct found *f)
{
    struct pareto_found *p = &f->pareto;
    int better[ANALYSIS_METRICS_MAX];
    select_objectives(f, p);
    if (p->n == 0 || a->n_cells < 2 || a->blocks_seen == 0)
        return;
    size_t blocks = a->blocks_seen, n = a->n_cells * p->n * blocks;
    bd_auto_free double *values = bd_xcalloc(n + 1, sizeof(*values));
    for (size_t k = 0; k < p->n; k++) {
        const struct analysed_metric *m = p->objectives[k]->metric;
        better[k] = m->better;
        for (size_t i = 0; i < a->n_cells; i++)
            memcpy(values + (i * p->n + k) * blocks, analysis_values(a, m, i),
                   blocks * sizeof(*values));
    }
    p->draws = draws_for(n);
    p->on_front = bd_xcalloc(a->n_cells, sizeof(*p->on_front));
    p->probability = bd_xcalloc(a->n_cells, sizeof(*p->probability));
    const struct stats_pareto ask = {
        .cells = a->n_cells,
        .objectives = p->n,
        .blocks = blocks,
        .values = values,
        .better = better,
        .by_block = a->campaign->paired,
        .draws = p->draws,
        .seed = a->campaign->seed,
    };
    stats_pareto(&ask, p->on_front, p->probability);
    for (size_t i = 0; i < a->n_cells; i++)
        if (runs_of(a, p, i) < RUNS_MIN)
            p->probability[i] = NAN;
}

json_t *analysis_pareto_json(const struct analysis *a, const struct pareto_found *p)
{
    if (!p->on_front)
        return json_null();
    json_t *objectives = json_array(), *cells = json_array();
    for (size_t k = 0; k < p->n; k++) {
        const struct analysed_metric *m = p->objectives[k]->metric;
        json_array_append_new(objectives, json_pack("{s:s, s:s}", "metric", m->name, "direction",
                                                    m->better > 0 ? "max" : "min"));
    }
    for (size_t i = 0; i < a->n_cells; i++)
        json_array_append_new(cells, json_pack("{s:I, s:b, s:o}", "cell", (json_int_t)i, "onFront",
                                               p->on_front[i], "probability",
                                               real_or_null(p->probability[i])));
    return json_pack("{s:o, s:b, s:I, s:I, s:o}", "objectives", objectives, "byBlock",
                     a->campaign->paired, "draws", (json_int_t)p->draws, "seed",
                     (json_int_t)a->campaign->seed, "cells", cells);
}
