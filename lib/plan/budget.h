/*
 * What a campaign may cost, what it will probably cost, and how much of it fits. PURE. Threads:
 * values; an object belongs to one thread at a time.
 */
#pragma once

#include "lib/base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan;

struct plan_cost {
    int64_t wall_ns;   /* from beginning to end of each run, one after the other */
    double node_hours; /* compute nodes x the time that their run takes */
    uint64_t runs;
};

/* node_ns: compute nodes x the time of each, in ns. */
struct plan_cost plan_cost_of(uint64_t runs, int64_t wall_ns, int64_t node_ns);

/* `budget` of a resolved spec: what all runs together may cost, those of the warm-up and failed
 * ones counted. */
struct plan_budget {
    bool has_wall, has_node_hours, has_runs;
    struct plan_cost most;
};
void budget_read(const json_t *spec, struct plan_budget *ret_budget);
bool budget_is_set(const struct plan_budget *b);
/* Is there room for so much more after what was spent? *ret_what (may be NULL): the member of the
 * budget that has none, else NULL. */
bool budget_has_room(const struct plan_budget *b, const struct plan_cost *spent,
                     const struct plan_cost *more, const char **ret_what);
/* Why there is none for one more of these ("block"), in words: "budget.runs has no room for another
 * block: 6 of 8 are used, and it takes 3". what: as budget_has_room() says. The caller's. */
char *budget_why(const struct plan_budget *b, const char *what, const struct plan_cost *spent,
                 const struct plan_cost *more, const char *of);
/* How a budget stands: {spent: {wallTimeSeconds, nodeHours, runs}, exhausted, why}; why: NULL where
 * it is not used up. New reference. */
json_t *budget_spent_json(const struct plan_cost *spent, const char *why);
/* How many blocks of this cost fit, at most `most`. */
size_t budget_blocks(const struct plan_budget *b, const struct plan_cost *block, size_t most);

/* -- how long a run takes -- */

enum estimate_basis {
    ESTIMATE_SAME,  /* runs of the same cluster and workload */
    ESTIMATE_LIKE,  /* of the same backend, scheduler, number of compute nodes and kind of workload
                     */
    ESTIMATE_GUESS, /* from the spec alone */
    ESTIMATE_NONE,  /* nothing is known */
    ESTIMATE_BASIS_COUNT
};
const char *estimate_basis_to_str(enum estimate_basis b);

struct estimate {
    enum estimate_basis basis;
    size_t n; /* runs that it is the mean of */
    int64_t wall_ns;
};

/* What past runs took; begins as zeros. */
struct past_runs {
    json_t *same, *like; /* {key: [n, sum of seconds]} */
};
void past_runs_done(struct past_runs *p);
/* n runs of this resolved cluster and workload took so long on average. */
void past_runs_add(struct past_runs *p, const json_t *cluster, const json_t *workload, size_t n,
                   double mean_seconds);
/* guess_ns: what the spec says about it; 0: nothing. */
void past_runs_estimate(const struct past_runs *p, const json_t *cluster, const json_t *workload,
                        int64_t guess_ns, struct estimate *ret_estimate);
/* Adds a run of that cluster. */
void plan_cost_add(struct plan_cost *c, const json_t *cluster, int64_t wall_ns);

/* -- in words -- */

/* block: what one costs, NULL where a run's time is not known. {wallTime, nodeHours, runs (what is
 * set, else null), blocks (that fit, else null), wanted, enough (else null), why}; null where the
 * spec has no budget. New reference. */
json_t *budget_json(const struct plan *p, const struct plan_cost *block);
