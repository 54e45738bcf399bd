/*
 * The analysis of a campaign, or of a table of results: its cells described and compared, what its
 * factors do, which cells no other is better than, a checklist, words for people, and a verdict; as
 * the contract's Analysis. Whoever has the runs adds them, in any order (analysis_read.h does, of a
 * campaign in the store). PURE. Threads: one at a time.
 *
 * Where runs are paired, cells are compared block by block: the runs of a block have the same
 * stream and were made close to each other, so that their ratio says more than the ratio of
 * medians.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/model/figures.h"
#include "lib/model/run.h"
#include "lib/stats/stats.h"
#include "lib/stats/until.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANALYSIS_CELLS_MAX       1000
#define ANALYSIS_METRICS_MAX     32 /* those selected, or as many as are met first */
#define ANALYSIS_FACTORS_MAX     20
#define ANALYSIS_COMPARISONS_MAX 20000 /* beyond that, those within a context are left out */
#define ANALYSIS_EXCLUSIONS_MAX  1000  /* told one by one */

struct analysis;

/* A metric that all runs have, where they carry bare values. */
struct analysis_column {
    const char *name, *unit;
    enum stats_kind kind;
};

/* All is borrowed, and outlives the analysis. */
struct analysis_campaign {
    /* What it is called; NULL: it is a table, of which nothing but values is known. */
    const char *id;
    const char *name, *state; /* as the contract has them; may be NULL */
    bool at_end;              /* nothing more is to come */

    /* The design. */
    const json_t *levels;  /* [{PATH: level}] of each cell; at most ANALYSIS_CELLS_MAX */
    const json_t *factors; /* {PATH: [level]}, as they were ordered; NULL or {}: as they are met */
    size_t blocks; /* at most, those of the warm-up counted; unpaired: of the longest cell */
    size_t warmup;
    size_t warmup_run;      /* blocks of warm-up, where they are not among those; 0: as warmup */
    const char *budget_why; /* how the budget ended it before all was run; NULL: it did not */
    bool paired;            /* a block's runs belong together */
    bool fixed_seed;        /* all blocks have the same stream of jobs, */
    bool trace;             /* and that because it is a trace */
    bool adaptive;          /* cells were added on seeing results */
    bool apart;        /* levels of a factor were measured one after the other: campaigns are */
    bool left_out;     /* combinations of levels were excluded */
    bool plotted;      /* the page and the report that it is for have its plots */
    const char *order; /* "randomised-blocks"; NULL: not known */
    uint64_t seed;     /* all that is drawn here derives from it */
    const char *until_metric; /* of the rule for stopping; NULL: there is none */
    struct stats_until until;
    const json_t *objectives; /* [{metric, direction, margin}]; may be NULL */

    /* Where runs carry bare values. */
    const struct analysis_column *columns;
    size_t n_columns;

    /* What is asked for. */
    const struct bd_strv *metrics; /* these; NULL or none: the objectives; where there are none
                                      either, all that every cell has */
    const char *by;                /* comparisons of this factor only; NULL: of all */
    double confidence;             /* 0: that of the rule for stopping, else STATS_CONFIDENCE */
    double interval_confidence;    /* of medians; 0: as the rule for stopping has it */
};

enum analysis_outcome { ANALYSIS_DONE, ANALYSIS_FAILED, ANALYSIS_CANCELLED };

/* Those of the warm-up may be added too, and are left out. Copied. */
struct analysis_run {
    const char *id; /* NULL: it has none */
    size_t cell, block;
    int64_t order; /* grows with the time at which runs began; only its order counts */
    enum analysis_outcome outcome;
    const char *error; /* why it failed; may be NULL */
    enum run_grade grade;
    const json_t *reasons; /* of the grade, [text]; may be NULL */
    bool oversubscribed;
    const struct run_figures *figures; /* NULL: it has values */
    const double *values;              /* of the campaign's columns; NAN: none */
    const char *image, *scheduler;     /* as its spec names them; NULL: not known */
    const char *digest, *version;      /* what they stood for; NULL: not known */
    const json_t *conditions;          /* as the contract's RunConditions; may be NULL */
};

/* Sets what the resolved spec of a campaign says: design and objectives. The rest stays. */
void analysis_design_of(const json_t *spec, struct analysis_campaign *campaign);

struct analysis *analysis_new(const struct analysis_campaign *campaign);
void analysis_free(struct analysis *a);
BD_DEFINE_CLEANUP(struct analysis, analysis, analysis_free)
/* Is there a factor of that path, with two levels or more? */
bool analysis_has_factor(const struct analysis *a, const char *path);
void analysis_add(struct analysis *a, const struct analysis_run *run);
/* [{what, was}] of what the runs that count were made with: images, versions. New reference. */
json_t *analysis_conditions(const struct analysis *a);
/* [{digest, runs}] of the hosts that these runs name. New reference. */
json_t *analysis_hosts(const struct analysis *a);
/* New reference. */
json_t *analysis_json(const struct analysis *a);
