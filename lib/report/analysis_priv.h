/* What the files of an analysis share. */
#pragma once

#include "lib/report/analysis.h"
#include "lib/stats/stats.h"
#include "lib/stats/verdict.h"

struct compared_metric {
    char *name;
    char *unit; /* NULL until a run had it */
    enum stats_kind kind;
    int better;     /* -1: low values are, 1: high ones, 0: nobody said */
    bool objective; /* or asked for by name: to be there in every cell */
    char *mixed;    /* another unit or kind that a run had it in; NULL: none */
    double *values; /* [cell][block that counts]; NAN: none */
};

struct analysis {
    const struct analysis_campaign *campaign;
    size_t n_cells, n_blocks; /* blocks that count */
    struct verdict_cell *cells;
    char **names; /* of the cells, for people */
    struct compared_metric metrics[ANALYSIS_METRICS_MAX];
    size_t n_metrics;
    bool selected; /* no other metrics than these */
    struct verdict_condition *conditions;
    size_t n_conditions;
    char *limited_why;
};

/* Of one cell; n_blocks values. */
static inline const double *analysis_values(const struct analysis *c,
                                              const struct compared_metric *m, size_t cell)
{
    return m->values + cell * c->n_blocks;
}
/* Whether each cell has a value of it. */
bool analysis_has_all(const struct analysis *c, const struct compared_metric *m);

/* analysis_words.c */
/* "sched/builtin", "SchedulerType=sched/builtin, compute=4", "the base". The caller's. */
char *analysis_cell_name(const json_t *levels);
/* What the figures of a metric say, a sentence for each cell but the reference, or for the only
 * one. */
void analysis_words(const struct analysis *c, const struct compared_metric *m,
                      json_t *ret_words);
