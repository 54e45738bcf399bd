/*
 * What the commands of campaigns and runs ask of their JSON, and the table of runs. Pure but for
 * printing. One thread.
 */
#pragma once

#include "table.h"

#include "lib/base/json.h"

/*
 * The columns that cells take in a table: one for each path that any of them has a level of, titled
 * by the shortest end of the path that no other one has.
 */
struct levels {
    struct bd_strv paths, titles;
    bool *numbers; /* of each: all its levels are numbers */
};

/* Of the member of all items, which are objects. */
void levels_collect(struct levels *l, const json_t *items, const char *member);
void levels_done(struct levels *l);
#define levels_auto __attribute__((cleanup(levels_done)))
void levels_add_columns(const struct levels *l, struct table_column *columns);
/* The cells of one row. */
void levels_add(const struct levels *l, struct table *t, const json_t *cell);
/* "SchedulerType=sched/backfill, compute=4"; "the base" where it has no level. */
void levels_text(const json_t *cell, struct bd_str *out);

/* "7 of 22 done, 1 failed, 1 under way", and how long it will take yet; without those under way
 * where they are told otherwise. */
void campaign_progress(const json_t *campaign, bool running, struct bd_str *out);
bool campaign_is_at_end(const json_t *campaign);
/* How its rule for stopping stands: "makespan to within 5 %: 4.8 % after block 13 (look 8), met".
 * False: it has none. */
bool campaign_stopping(const json_t *campaign, struct bd_str *out);

/* What is spent of its budget: "6 runs, 12.3 s, 0.00342 node-hours", and why it ended for it.
 * False: it has none. */
bool campaign_budget(const json_t *campaign, struct bd_str *out);

bool run_is_at_end(const json_t *run);
/* The step that is under way, else its state. */
const char *run_now(const json_t *run);
/* The block, as "3", or "w0" for one of the warm-up. */
void run_block(const json_t *run, struct bd_str *out);
/* "0.204 s", with the count of values where there were several. */
void run_metric(const json_t *metric, struct bd_str *out);
/* The objectives of a campaign's spec; NULL where they are not known. */
const json_t *campaign_objectives(const json_t *campaign);
/* How a run came out, in a line: why it failed, what was measured (objectives, which may be NULL,
 * before the rest), or what it does now. */
void run_result(const json_t *run, const json_t *objectives, struct bd_str *out);
/* A row for each run. */
void runs_print(const struct term *term, const json_t *items, const json_t *objectives);
