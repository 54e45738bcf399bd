/*
 * What a job does between its two records. Signals that end a job (SIGTERM, SIGINT) and SIGCHLD are
 * blocked while it does.
 */
#ifndef NODE_JOB_PAYLOAD_H
#define NODE_JOB_PAYLOAD_H

#include <signal.h>
#include <stdint.h>

/* What a payload is told. */
struct payload_order {
    int64_t start_ns;   /* CLOCK_MONOTONIC: the job's first instruction */
    int64_t runtime_ns; /* how long the job is to take from then */
    char **args;        /* its own, ended by NULL */
};

struct payload {
    const char *name;
    const char *args; /* as in the usage line */
    int least, most;  /* of them */
    /* The job's exit code; 128 + the signal that ended it. */
    int (*run)(const struct payload_order *order);
};
extern const struct payload payloads[]; /* ended by a NULL name */

/* The signals that have to be blocked before a payload runs. */
void payload_signals(sigset_t *ret_set);

/* Iterations of the spin loop a second of CPU time: the best of short slices within so long. */
int64_t payload_calibrate(int64_t milliseconds);

#endif
