/*
 * A run and a campaign as data: states, moves, grade. PURE: no I/O, no clock, no randomness.
 *
 * A run is one cell in one block, tried once: a run that failed is tried again as another run, with
 * the next attempt's number. Its cluster has its id. Threads: values; no sharing.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"

#include <stdbool.h>
#include <stddef.h>

enum run_state {
    RUN_QUEUED,     /* next in line: waits for room, or for a quiet host */
    RUN_PREPARING,  /* its cluster comes up */
    RUN_MEASURING,  /* hooks, warm-up, workload, collect */
    RUN_CLEARING,   /* measured; its cluster is being removed */
    RUN_FAILING,    /* something went wrong; its cluster is being removed */
    RUN_CANCELLING, /* somebody asked for its end; its cluster is being removed */
    RUN_DONE,
    RUN_FAILED,
    RUN_CANCELLED,
    RUN_STATE_COUNT
};

enum run_event {
    RUN_EV_ADMIT,    /* there is room, and the host is quiet or was waited for long enough */
    RUN_EV_UP,       /* its cluster is ready */
    RUN_EV_MEASURED, /* what it is for is collected */
    RUN_EV_FAIL,     /* a step failed for good, or its time is over */
    RUN_EV_CANCEL,
    RUN_EV_GONE, /* its cluster is removed, and the host was audited */
    RUN_EVENT_COUNT
};

const char *run_state_to_str(enum run_state s);
int run_state_from_str(const char *s, enum run_state *ret_state);
const char *run_event_to_str(enum run_event e);
/* The one table of moves. 0, or BD_ECONFLICT for a pair that is impossible (said in err). A cancel
 * of what is measured already, or failing or cancelling, changes nothing and is no error: what was
 * measured is kept. FAIL while queued goes to failed at once: nothing was made. */
int run_next(enum run_state from, enum run_event event, enum run_state *ret_to, struct bd_err *err);
bool run_state_is_final(enum run_state s);

enum campaign_state {
    CAMPAIGN_QUEUED, /* waits for its turn */
    CAMPAIGN_RUNNING,
    CAMPAIGN_PAUSED,     /* begins no run; those under way end */
    CAMPAIGN_CANCELLING, /* its runs are being ended */
    CAMPAIGN_DONE,       /* went to its end, with at least one run done */
    CAMPAIGN_FAILED,     /* went to its end, and no run was done */
    CAMPAIGN_CANCELLED,
    CAMPAIGN_STATE_COUNT
};

enum campaign_event {
    CAMPAIGN_EV_START, /* its first run begins, or it goes on after a pause */
    CAMPAIGN_EV_PAUSE,
    CAMPAIGN_EV_RESUME, /* back to the queue: START follows with its next run */
    CAMPAIGN_EV_CANCEL,
    CAMPAIGN_EV_END,       /* every run is decided, at least one of them done */
    CAMPAIGN_EV_END_EMPTY, /* every run is decided, none done */
    CAMPAIGN_EVENT_COUNT
};

const char *campaign_state_to_str(enum campaign_state s);
int campaign_state_from_str(const char *s, enum campaign_state *ret_state);
const char *campaign_event_to_str(enum campaign_event e);
/* As run_next(). START while running, PAUSE while paused, RESUME while queued or running, CANCEL
 * while cancelling change nothing. Both ENDs lead from cancelling to cancelled. */
int campaign_next(enum campaign_state from, enum campaign_event event, enum campaign_state *ret_to,
                  struct bd_err *err);
bool campaign_state_is_final(enum campaign_state s);

/* What a run is good for. */
enum run_grade { GRADE_USABLE, GRADE_LIMITED, GRADE_INVALID, GRADE_COUNT };
const char *run_grade_to_str(enum run_grade g);
int run_grade_from_str(const char *s, enum run_grade *ret_grade);

/* What is known of how a run went; texts are borrowed, NULL where there was nothing. */
struct run_conditions {
    bool residue_empty;
    bool audited;             /* false: the host could not be compared */
    bool oversubscribed;      /* more CPU or memory promised than the host has */
    bool shared;              /* other runs were allowed beside it */
    unsigned clusters_beside; /* most interactive clusters that were up at once meanwhile */
    bool quiet;               /* the host was quiet when it began */
    double outside_cpus;      /* CPUs that others used when it began */
    bool warmup;              /* of a warm-up block: not to be counted (a reason, not a grade) */
    const json_t
        *measured; /* members jobs, driver, checks, clock, records, noise, network of the
                      run's conditions, where there are any (docs/measurement.md); NULL: none */
};
/* The worst that applies, and each reason as a sentence appended to ret_reasons (a JSON array). */
enum run_grade run_grade_of(const struct run_conditions *c, json_t *ret_reasons);
