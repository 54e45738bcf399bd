/* What the files of an analysis share. */
#pragma once

#include "lib/report/analysis.h"
#include "lib/stats/effect.h"
#include "lib/stats/stats.h"
#include "lib/stats/test.h"
#include "lib/stats/verdict.h"

#include <math.h>

#define NO_LEVEL UINT32_MAX
#define NO_CELL  SIZE_MAX

/* -- what was added -- */

struct analysed_metric {
    char *name;
    char *unit; /* NULL until a run had it */
    enum stats_kind kind;
    int better;    /* -1: low values are, 1: high ones, 0: nobody said */
    double margin; /* within which a difference is none, of the reference's median; NAN: not said */
    bool objective; /* of the campaign */
    bool wanted;    /* is to be told, and to be there in every cell */
    char *mixed;    /* another unit or kind that a run had it in; NULL: none */
    double *values; /* [cell][block that counts]; NAN: none */
};

struct factor {
    const char *path;
    json_t *levels; /* those that cells have */
};

struct excluded_run {
    char *run; /* NULL: it has no id */
    size_t cell, block;
    bool failed;
    char *reason;
};

struct analysis {
    const struct analysis_campaign *campaign;
    size_t n_cells, n_blocks;                    /* blocks that count, at most */
    char **names;                                /* of the cells, for people */
    struct factor factors[ANALYSIS_FACTORS_MAX]; /* by path */
    size_t n_factors;
    uint32_t *level_of; /* [cell][factor]: number of its level; NO_LEVEL where the cell says
                           nothing of it */

    struct analysed_metric metrics[ANALYSIS_METRICS_MAX];
    size_t n_metrics;
    bool selected; /* no other metrics than these */

    struct verdict_cell *cells;
    size_t *failed; /* runs of each cell */
    size_t cancelled;
    size_t blocks_seen; /* that count: up to the last that a run was begun in */
    int64_t *order;     /* [cell][block]: of the run that counts */
    struct verdict_condition *conditions;
    size_t n_conditions;
    size_t documented; /* runs of which image and scheduler are known */
    json_t *hosts;     /* {digest: runs on it} */
    json_t *profiles;  /* {"fair (fcfs)": runs with it}, of the scheduler */
    char *limited_why, *left_out_why, *failed_why;
    struct excluded_run *excluded;
    size_t n_excluded, excluded_untold;
    size_t clocked;                            /* runs that know the error of their nodes' clocks */
    double clock_bound, lateness, bound_ratio; /* the worst of all runs, in s; NAN: none known */
};

/* Of one cell; n_blocks values. */
static inline const double *analysis_values(const struct analysis *a,
                                            const struct analysed_metric *m, size_t cell)
{
    return m->values + cell * a->n_blocks;
}
/* NULL: there is none of that name. */
const struct analysed_metric *analysis_metric(const struct analysis *a, const char *name);
size_t analysis_count(const struct analysis *a, const struct analysed_metric *m, size_t cell);
/* Whether there is no value that is not above 0: then ratios make sense. */
bool analysis_above_0(const struct analysis *a, const struct analysed_metric *m);
/* Whether it is described: some run has it, and it was asked for or is there in every cell. */
bool analysis_is_shown(const struct analysis *a, const struct analysed_metric *m);
/* Whether its cells may be held against each other. */
static inline bool analysis_is_compared(const struct analysed_metric *m)
{
    return m->unit && !m->mixed;
}
/* Blocks that were to be run, as far as is known. */
size_t analysis_planned_blocks(const struct analysis *a);
/* What is to be said, and (raised for the looks that there were) what intervals have to cover
 * with. */
double analysis_confidence(const struct analysis *a);
double analysis_interval_confidence(const struct analysis *a);

/* -- analysis_factors.c -- */

void analysis_find_factors(struct analysis *a);
void analysis_factors_done(struct analysis *a);
/* The cell that is like this one but has that level of the factor; NO_CELL: there is none. */
size_t analysis_cell_like(const struct analysis *a, size_t cell, size_t factor, size_t level);

/* One level against the first of its factor, or a cell against the first of all. */
struct pairing {
    int factor;                /* -1: the cells differ in more than one, or in something else */
    size_t level;              /* its number; that of the first is 0 */
    uint32_t *cells, *against; /* these are alike but for the level */
    size_t n;                  /* pairs of cells; more than one: over all other levels */
    bool within;               /* one of those pairs, by itself */
};
struct pairings {
    struct pairing *items;
    size_t n, cap;
    size_t untold; /* those within a context, as there would be too many for so many metrics */
};
void pairings_find(const struct analysis *a, size_t metrics, struct pairings *ret_pairings);
void pairings_done(struct pairings *p);

/* -- what is found -- */

struct cell_figures {
    struct stats_summary summary;
    struct stats_spread spread;
    double mean;
    struct stats_interval mean_interval;
    const char *mean_method; /* of that; static */
    struct stats_test normality, trend, serial;
    double slope, lag1;
};

/* RESULT_MIXED: over all contexts, of which some are resolved as higher and some as lower. */
enum result { RESULT_UNRESOLVED, RESULT_EQUIVALENT, RESULT_HIGHER, RESULT_LOWER, RESULT_MIXED };

/* How far one side is from the other: Hodges and Lehmann's estimate, with the interval that the
 * test of the same values leaves, and the extremes over the blocks (NAN without blocks). */
struct distance {
    bool is_there;
    double estimate, min, max;
    struct stats_interval interval;
};

struct comparison {
    const struct pairing *pairing;
    bool asked; /* for this one; of the others there are only the tests, for the family */
    bool paired;
    size_t n;                    /* blocks, or values of both */
    size_t n_of, n_against;      /* values of each side */
    size_t higher, lower, equal; /* blocks */
    bool by_ratio; /* all values are above 0: the test is of logarithms, and the ratio is told;
                      else it is of the values, and the difference is */
    struct distance ratio, difference;
    struct stats_test test;
    double p_corrected;
    size_t family;
    double delta;
    double margin, margin_tested; /* the latter of logarithms, or in the unit; NAN: none */
    struct stats_test equivalence;
    double equivalence_corrected;
    enum result result;
};

struct drift {
    bool is_there;
    bool can_be_seen; /* one as large as can be would be found */
    size_t cell;      /* NO_CELL: all together, in the levels of the blocks */
    bool relative;    /* to the block's median */
    struct stats_test test;
    double slope, p_corrected;
    size_t tests;
};

struct warming {
    bool is_there;
    bool can_be_seen;
    size_t first, rest; /* blocks */
    double times;       /* as high; NAN: not all values are above 0 */
    struct stats_test test;
    double p_corrected;
};

struct effect_found {
    struct stats_effect share;
    struct stats_test test; /* name NULL: none */
};
struct effects {
    struct effect_found *items;
    size_t n;
    bool balanced;
    double left;
};

struct metric_found {
    const struct analysed_metric *metric;
    bool shown;
    struct cell_figures *cells;     /* NULL: not described */
    struct comparison *comparisons; /* one a pairing of found */
    size_t n_comparisons;           /* 0: not compared */
    struct effects effects;
    struct drift drift;
    struct warming warming;
};

struct pareto_found {
    const struct metric_found *objectives[ANALYSIS_METRICS_MAX];
    size_t n; /* 0: there is no front */
    size_t draws;
    bool *on_front;
    double *probability;
};

struct until_found {
    bool met;
    size_t looks, blocks;
    double interval_confidence;
    size_t widest; /* cell that is furthest from it; NO_CELL: none */
    double half_width;
};

struct found {
    double confidence, interval_confidence;
    struct pairings pairings;
    struct metric_found metrics[ANALYSIS_METRICS_MAX];
    size_t n_metrics;
    struct pareto_found pareto;
    struct until_found until;
    struct verdict_resolution resolution;
};

/* analysis_describe.c */
void analysis_describe(const struct analysis *a, const struct found *f, struct metric_found *m);
void analysis_find_until(const struct analysis *a, struct found *f);
json_t *analysis_cells_json(const struct analysis *a, const struct metric_found *m);

/* analysis_order.c */
/* The values of a cell in the order in which its runs began; then NAN. */
void analysis_in_order(const struct analysis *a, size_t cell, const double *values,
                       double *ret_values);
void analysis_find_order(const struct analysis *a, struct found *f); /* drift and warming up */
json_t *analysis_drift_json(const struct drift *d);
json_t *analysis_warming_json(const struct warming *w);

/* analysis_compare.c */
void analysis_compare(const struct analysis *a, const struct found *f, struct metric_found *m);
void analysis_correct(struct found *f);
/* What it is told by: its ratio, or its difference. */
const struct distance *comparison_told(const struct comparison *c);
/* Whether it is one of the contexts that `all` is over. */
bool comparison_is_context_of(const struct comparison *c, const struct comparison *all);
json_t *analysis_comparisons_json(const struct analysis *a, const struct metric_found *m);

/* analysis_sides.c */
/* The values of one pairing: of the blocks that have both, side by side, or those that there are.
 */
struct sides {
    double *of, *against;
    size_t n_of, n_against;
};
void sides_of(const struct analysis *a, const struct analysed_metric *m, const struct pairing *p,
              struct sides *ret_sides);
void sides_done(struct sides *s);
#define sides_auto __attribute__((cleanup(sides_done)))

/* analysis_effects.c */
void analysis_find_effects(const struct analysis *a, struct metric_found *m);
json_t *analysis_effects_json(const struct analysis *a, const struct effects *e);

/* analysis_pareto.c */
void analysis_find_front(const struct analysis *a, struct found *f);
json_t *analysis_pareto_json(const struct analysis *a, const struct pareto_found *p);

/* analysis_verdict.c */
json_t *analysis_verdict(const struct analysis *a, const struct found *f);

/* analysis_checklist.c */
json_t *analysis_checklist(const struct analysis *a, const struct found *f);

/* analysis_words.c */
/* "sched/builtin", "SchedulerType=sched/builtin, compute=4", "the base". The caller's. */
char *analysis_cell_name(const json_t *levels);
/* "sched/builtin", "compute=4". The caller's. */
char *analysis_level_name(const char *path, const json_t *level);
/* One comparison in a sentence that says no more than the figures do. The caller's. */
char *analysis_sentence(const struct analysis *a, const struct metric_found *m,
                        const struct comparison *c);
/* What matters of all: no comparison that is within another one. */
json_t *analysis_words(const struct analysis *a, const struct found *f);

/* analysis_json.c */
json_t *real_or_null(double value);
json_t *interval_json(const struct stats_interval *i);
json_t *test_json(const struct stats_test *t);
