/*
 * What adapters share while a cluster comes up: questions to its nodes until the answer is right,
 * whether a node has given one of its daemons up, and what that said last. Threads: as sched.h.
 */
#pragma once

#include "lib/sched/sched.h"

/* A daemon: its unit, the name that it writes to the journal under, its log (NULL: the journal
 * alone), and what to do when it does not come up. */
struct sched_daemon {
    const char *unit, *name, *log, *advice;
};

#define SCHED_OPTIONS_ADVICE "hold the scheduler's options against what it says"

/* The cluster that is waited for. */
struct sched_nodes {
    const struct channel *channel;
    const struct cluster_plan *plan;
    struct bd_cancel *cancel;
    const char *title; /* of the scheduler, in messages */
};

/* Runs a command in a node, for some seconds at most. */
int sched_ask(const struct sched_nodes *n, const struct node_plan *node, const char *const *argv,
              struct bd_proc_result *ret, struct bd_err *err);

/* The first line that this command writes on the controller, asked by whoever wants a reason; NULL
 * where it fails, says nothing, or takes more than seconds. The caller's. */
char *sched_said(const struct channel *channel, const struct cluster_plan *plan,
                 const char *const *argv);

/* Appends what the daemon on this node said last: at most so many bytes, on one line. */
void sched_daemon_words(const struct sched_nodes *n, const struct node_plan *node,
                        const struct sched_daemon *daemon, size_t max, struct bd_str *out);

/*
 * Whether a node's systemd has given one of the daemons (NULL-terminated) up: BD_ECHILD then, with
 * its last words; one that will be started again is "activating". A question without an answer says
 * nothing, as of a node that is not that far.
 */
int sched_daemons_check(const struct sched_nodes *n, const struct node_plan *node,
                        const struct sched_daemon *const *daemons, struct bd_err *err);

typedef int (*sched_wait_fn)(void *arg, bool *ret_yes, struct bd_err *err);
typedef int (*sched_check_fn)(void *arg, struct bd_err *err);

/* Asks again and again, at growing intervals: each question takes CPU from the nodes that boot.
 * After each that was in vain `between` is called; what it says below 0 ends the wait. */
int sched_wait_until(const struct sched_nodes *n, sched_wait_fn question, sched_check_fn between,
                     void *arg, struct bd_err *err);
