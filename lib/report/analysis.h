/*
 * A campaign's cells compared: figures, words for people, and a verdict, as the contract's
 * Analysis. Whoever has the runs adds them, in any order, or has them read from the store; but
 * for that it is PURE. Threads: one at a time; the connection's for analysis_read().
 *
 * Cells are compared with the first of them, the reference, block by block: the runs of a block
 * have the same stream and were made close to each other, so that their ratio says more than the
 * ratio of medians.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/model/run.h"
#include "lib/store/store.h"

#include <stdbool.h>
#include <stddef.h>

#define ANALYSIS_CELLS_MAX 1000
#define ANALYSIS_METRICS_MAX                                                                     \
    32 /* those selected, or (where none are) as many as are met first                             \
        */

struct analysis;

/* All is borrowed, and outlives the analysis. */
struct analysis_campaign {
    const char *id;
    const char *state; /* as the contract has it */
    bool at_end;
    const json_t *spec;   /* resolved */
    const json_t *levels; /* [{PATH: level}] of each cell; at most ANALYSIS_CELLS_MAX */
    size_t blocks;        /* those of the warm-up counted */
    size_t warmup;
    const struct bd_strv *metrics; /* to look at; none: those of its objectives, or all that every
                                      cell has */
};

/* One that is done; those of the warm-up may be added too, and are left out. Copied. */
struct analysis_run {
    const char *id;
    size_t cell, block;
    enum run_grade grade;
    const json_t *reasons; /* of the grade, [text]; may be NULL */
    bool oversubscribed;
    const json_t *metrics;         /* {NAME: {value, unit, kind, n}} */
    const char *image, *scheduler; /* as its spec names them; NULL: not known */
    const char *digest, *version;  /* what they stood for; NULL: not known */
};

struct analysis *analysis_new(const struct analysis_campaign *campaign);
void analysis_free(struct analysis *c);
BD_DEFINE_CLEANUP(struct analysis, analysis, analysis_free)
void analysis_add(struct analysis *c, const struct analysis_run *run);
/* Adds all that the store has, page by page; blocks. */
int analysis_read(struct analysis *c, struct store_conn *conn, struct bd_err *err);
/* New reference. */
json_t *analysis_json(const struct analysis *c);
