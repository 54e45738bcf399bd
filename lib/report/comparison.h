/*
 * A campaign's cells compared: figures, words for people, and a verdict, as the contract's
 * Comparison. Whoever has the runs adds them, in any order, or has them read from the store; but
 * for that it is PURE. Threads: one at a time; the connection's for comparison_read().
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

#define COMPARISON_CELLS_MAX 1000
#define COMPARISON_METRICS_MAX                                                                     \
    32 /* those selected, or (where none are) as many as are met first                             \
        */

struct comparison;

/* All is borrowed, and outlives the comparison. */
struct comparison_campaign {
    const char *id;
    const char *state; /* as the contract has it */
    bool at_end;
    const json_t *spec;   /* resolved */
    const json_t *levels; /* [{PATH: level}] of each cell; at most COMPARISON_CELLS_MAX */
    size_t blocks;        /* those of the warm-up counted */
    size_t warmup;
    const struct bd_strv *metrics; /* to look at; none: those of its objectives, or all that every
                                      cell has */
};

/* One that is done; those of the warm-up may be added too, and are left out. Copied. */
struct comparison_run {
    const char *id;
    size_t cell, block;
    enum run_grade grade;
    const json_t *reasons; /* of the grade, [text]; may be NULL */
    bool oversubscribed;
    const json_t *metrics;         /* {NAME: {value, unit, kind, n}} */
    const char *image, *scheduler; /* as its spec names them; NULL: not known */
    const char *digest, *version;  /* what they stood for; NULL: not known */
};

struct comparison *comparison_new(const struct comparison_campaign *campaign);
void comparison_free(struct comparison *c);
BD_DEFINE_CLEANUP(struct comparison, comparison, comparison_free)
void comparison_add(struct comparison *c, const struct comparison_run *run);
/* Adds all that the store has, page by page; blocks. */
int comparison_read(struct comparison *c, struct store_conn *conn, struct bd_err *err);
/* New reference. */
json_t *comparison_json(const struct comparison *c);
