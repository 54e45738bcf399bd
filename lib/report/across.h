/*
 * Campaigns against each other, cell by cell: an analysis of all their runs, in which the campaign
 * is one more factor. What else differed between them is told first, since nothing of it was
 * randomised: what is found across campaigns is exploratory at best. PURE. Threads: one at a time.
 *
 * Cells are matched by their levels; one that another campaign lacks is left out, and told. Runs
 * are paired by block where the streams of a block are the same in all campaigns: a workload that
 * draws from (seed, block), the same workload on as many compute nodes but for what the levels of
 * every cell say, the same seed and warm-up.
 *
 * What is true of one campaign's design is told of the comparison: cells that were added on seeing
 * results, a budget that ended it. Where rules have stopped campaigns, intervals of medians cover
 * with the greatest of the confidences that these rules ask for (lib/stats/until.h).
 */
#pragma once

#include "lib/report/analysis.h"

#define ACROSS_CAMPAIGNS_MAX 8
#define ACROSS_FACTOR        "campaign" /* its levels are the campaigns' ids */

/* All is borrowed, and outlives the comparison. */
struct across_campaign {
    const char *id, *name;
    bool at_end;
    const json_t *spec;     /* resolved */
    const json_t *levels;   /* [{PATH: level}] of its cells */
    size_t blocks, warmup;  /* blocks with those of the warm-up; at least as many as have run */
    const char *budget_why; /* how its budget ended it before all was run; NULL: it did not */
};

struct across;

/* The first is the baseline. metrics, confidence: as in struct analysis_campaign. BD_EINVALID where
 * no cell is in all of them, or one is there twice; BD_ECONFLICT for more than ANALYSIS_CELLS_MAX
 * cells in all. */
int across_new(const struct across_campaign *campaigns, size_t n, const struct bd_strv *metrics,
               double confidence, struct across **ret_across, struct bd_err *err);
void across_free(struct across *a);
BD_DEFINE_CLEANUP(struct across, across, across_free)
/* One of the runs of campaigns[campaign], with its own cell and block; as analysis_add()
 * (analysis_read.h adds those in the store). */
void across_add(struct across *a, size_t campaign, const struct analysis_run *run);
/* Who they are, in their order. */
size_t across_campaigns(const struct across *a);
const char *across_id(const struct across *a, size_t campaign);
/* {schema, campaigns: [{id, name}], differences: [{campaign, path, before, after}], unmatched:
 * [{campaign, levels}], notes: [text], paired, gate: Gate, analysis: Analysis}: the contract's
 * Comparison. margin: of the gate (gate.h); NAN: none is asked for. New reference. */
json_t *across_json(struct across *a, double margin);
