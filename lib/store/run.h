/*
 * Campaigns and their runs in the store. Threads: as the connection. Rows own their strings and
 * JSON; *_done() frees what is in them.
 *
 * A run has the id of its cluster, whose row has timings, steps and residue. A run that never had a
 * cluster (it failed or was cancelled while queued) has no such row.
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/base/id.h"
#include "lib/base/json.h"
#include "lib/model/run.h"
#include "lib/store/cluster.h"
#include "lib/store/store.h"

/* What runs have taken. */
struct store_spent {
    unsigned runs;   /* that have begun, each attempt of each */
    int64_t wall_ns; /* of those at their end, from admission to the end */
    int64_t node_ns; /* the same, times the compute nodes of each */
};

struct store_campaign {
    char id[BD_ID_BYTES];
    char *name;
    enum campaign_state state;
    int priority;                             /* higher goes first */
    int64_t version;                          /* grows with every change of it or its progress */
    int64_t created_ns, started_ns, ended_ns; /* wall; 0: not yet */
    json_t *spec;                             /* resolved */
    char *digest;                             /* of spec */
    unsigned cells, blocks, runs;             /* the plan's numbers */
    unsigned done, failed, excluded;          /* of runs: done counts those excluded too */
    int64_t busy_ns;                          /* wall time of all runs done, for the estimate */
    char *error;                              /* why it can't go on; NULL: it can */
    json_t *stopping; /* how its rule for stopping stands; NULL: it has none */
    bool has_budget;
    struct store_spent spent; /* of a campaign that has one */
    char *exhausted;          /* why its budget ended it; NULL: it did not */
};
void store_campaign_done(struct store_campaign *row);

int store_campaign_insert(struct store_conn *c, const struct store_campaign *row,
                          struct bd_err *err);
int store_campaign_get(struct store_conn *c, const char *id, struct store_campaign *ret_row,
                       struct bd_err *err);

/* Both count the version up by one, and touch nothing else: they may come in any order. */
/* started_ns, ended_ns: 0 leaves what is stored; started_ns is set once. error: NULL clears it. */
int store_campaign_set_state(struct store_conn *c, const char *id, enum campaign_state state,
                             int64_t started_ns, int64_t ended_ns, const char *error,
                             struct bd_err *err);
/* Adds to the counters. */
int store_campaign_count(struct store_conn *c, const char *id, unsigned done, unsigned failed,
                         unsigned excluded, int64_t busy_ns, struct bd_err *err);

/* Its blocks and runs are these from now on; 0: as before. */
int store_campaign_shorten(struct store_conn *c, const char *id, unsigned blocks, unsigned runs,
                           struct bd_err *err);
/* stopping.c: after a look. Its blocks and runs are these from now on; 0: as before. */
int store_campaign_look(struct store_conn *c, const char *id, const json_t *stopping,
                        unsigned blocks, unsigned runs, struct bd_err *err);
/* Of a campaign that has a rule; within what inserts it, or by store_campaign_look(). */
int store_stopping_put(struct store_conn *c, const char *campaign, const json_t *stopping,
                       struct bd_err *err);

/* budget.c. Of a campaign that has a budget; within what inserts it. */
int store_budget_put(struct store_conn *c, const char *campaign, struct bd_err *err);
/* Adds to what is spent; nothing where the campaign has no budget. */
int store_campaign_spend(struct store_conn *c, const char *id, const struct store_spent *more,
                         struct bd_err *err);
/* There is no room for more: why in words, and as store_campaign_shorten(). */
int store_campaign_exhaust(struct store_conn *c, const char *id, const char *why, unsigned blocks,
                           unsigned runs, struct bd_err *err);

/* A spec with more cells in place of the one of digest `was`, with what follows from it.
 * BD_ECONFLICT where that is not the campaign's any more, it takes no more runs, or its budget has
 * ended it. */
int store_campaign_add_cells(struct store_conn *c, const struct store_campaign *row,
                             const char *was, struct bd_err *err);

struct store_campaign_filter {
    unsigned states; /* bit (1 << enum campaign_state); 0: all */
    const char *name;
    int64_t before_created_ns; /* newest first, as store_cluster_filter */
    const char *before_id;
    unsigned limit;
};
/* As store_cluster_list(). The list leaves `spec` out (NULL) where without_spec. */
int store_campaign_list(struct store_conn *c, const struct store_campaign_filter *filter,
                        bool without_spec, store_bad_row_fn on_bad, void *arg,
                        struct store_campaign **ret_rows, size_t *ret_n, struct bd_err *err);
void store_campaigns_free(struct store_campaign *rows, size_t n);

/* What the engine has to know of each campaign that is not at its end; cheap for 10,000 of them. */
struct store_campaign_head {
    char id[BD_ID_BYTES];
    enum campaign_state state;
    int priority;
    int64_t created_ns;
    unsigned done, failed;
};
/* Oldest first. */
int store_campaign_heads(struct store_conn *c, store_bad_row_fn on_bad, void *arg,
                         struct store_campaign_head **ret_heads, size_t *ret_n, struct bd_err *err);

struct store_run {
    char id[BD_ID_BYTES];
    char campaign[BD_ID_BYTES];
    unsigned position; /* in the plan's order, from 0 */
    unsigned cell, block;
    unsigned attempt; /* 1, 2, ...; (campaign, position, attempt) is unique */
    bool warmup;
    enum run_state state;
    int64_t version;
    int64_t created_ns, started_ns, ended_ns; /* wall: row made, admitted, at its end; 0: not yet */
    int64_t deadline_ns;                      /* wall, absolute; 0: not admitted yet */
    json_t *levels;                           /* {PATH: level} */
    json_t *spec;                             /* resolved spec of the cell */
    char *waiting;                            /* what it waits for while queued; NULL: nothing */
    json_t *conditions;                       /* {quiet, outsideCpus, waitedMs, ...} or NULL */
    json_t *metrics;                          /* {NAME: {value, unit, kind, n}}; {} at first */
    json_t *warnings;                         /* [text] */
    json_t *error;                            /* {type, step, detail} or NULL */
    bool graded;
    enum run_grade grade;
    json_t *reasons; /* [text] or NULL */
};
void store_run_done(struct store_run *row);

/* BD_ECONFLICT if (campaign, position, attempt) is there already. */
int store_run_insert(struct store_conn *c, const struct store_run *row, struct bd_err *err);
/* Writes what changes in a run's life: state, version, times, waiting, conditions, metrics,
 * warnings, error, grade. Versions as store_cluster_update(). */
int store_run_update(struct store_conn *c, const struct store_run *row, struct bd_err *err);
int store_run_get(struct store_conn *c, const char *id, struct store_run *ret_row,
                  struct bd_err *err);

struct store_run_filter {
    const char *campaign;      /* NULL: any */
    unsigned states;           /* bit (1 << enum run_state); 0: all */
    int64_t before_created_ns; /* newest first, as store_cluster_filter */
    const char *before_id;
    unsigned limit;
};
/* As store_cluster_list(). */
int store_run_list(struct store_conn *c, const struct store_run_filter *filter,
                   store_bad_row_fn on_bad, void *arg, struct store_run **ret_rows, size_t *ret_n,
                   struct bd_err *err);
void store_runs_free(struct store_run *rows, size_t n);

/* Of every run of a campaign, by position and attempt: what its queue needs. */
struct store_run_head {
    char id[BD_ID_BYTES];
    unsigned position, attempt;
    enum run_state state; /* RUN_FAILED where the state can't be read */
    bool interrupted;     /* it failed since benchd ended in the middle of it */
    bool unsupported;     /* it failed for what its image or this host can't do */
};
int store_run_heads(struct store_conn *c, const char *campaign, struct store_run_head **ret_heads,
                    size_t *ret_n, struct bd_err *err);

/* A metric of the runs that count: done, no warm-up, usable or limited. stopping.c. */
struct store_run_value {
    unsigned cell, block;
    double value;
};
/* In no order; runs without the metric are left out. */
int store_run_values(struct store_conn *c, const char *campaign, const char *metric,
                     struct store_run_value **ret_values, size_t *ret_n, struct bd_err *err);

/* How long runs took that are done and have the same cluster and workload. */
struct store_past {
    json_t *cluster, *workload; /* as resolved */
    size_t n;
    double mean_seconds; /* from admission to the end */
};
void store_past_free(struct store_past *rows, size_t n);
/* Of the newest runs, at most `most` of them. */
int store_run_past(struct store_conn *c, unsigned most, struct store_past **ret_rows, size_t *ret_n,
                   struct bd_err *err);
