/* A jobstream's spec as numbers, and how it is read; private to stream*.c and arrivals.c. */
#pragma once

#include "lib/jobs/cycle.h"
#include "lib/jobs/jobs.h"
#include "lib/jobs/lublin.h"
#include "lib/jobs/variates.h"

#define STREAM_CHOICES_MAX 1000
#define STREAM_US_PER_S    1e6

enum arrival_process {
    ARRIVAL_POISSON,
    ARRIVAL_UNIFORM,
    ARRIVAL_BURST,
    ARRIVAL_SESSIONS,
    ARRIVAL_ALL,
    ARRIVAL_MODEL, /* has no name in `arrival`: what the model says where there is none */
    ARRIVAL_PROCESS_COUNT
};

struct stream_session {
    double jobs; /* mean */
    bool is_geometric;
    struct variate think; /* in us, before the time scale */
};

struct stream_spec {
    uint32_t jobs;
    double time_scale;
    enum arrival_process process;
    uint32_t burst; /* jobs that arrive together */
    double gap_us;  /* mean between two jobs; 0: all arrive at once */
    struct cycle cycle;
    struct stream_session session;
    bool model_sizes, model_runtimes; /* they are the model's */
    struct lublin model;
    uint32_t
        sizes[STREAM_CHOICES_MAX]; /* else equally likely, in whatever form the spec has them */
    size_t n_sizes;
    struct variate runtime; /* in us */
    double factor_min, factor_max;
    uint32_t users;
    int32_t priorities[STREAM_CHOICES_MAX];
    size_t n_priorities;
    double array_share, dependency_share;
    struct job_ask ask; /* but for the cores, which are drawn: */
    uint32_t
        cores[STREAM_CHOICES_MAX]; /* a task's, equally likely; none: nothing is said of them */
    size_t n_cores;
    uint32_t array_tasks;
    bool is_fixed;
};

/* Reads the spec, with the contract's defaults for what it leaves out. Every fault is appended;
 * *ret_spec makes sense if there was none. */
void stream_spec_read(const json_t *spec, const struct job_nodes *nodes,
                      struct stream_spec *ret_spec, struct schema_faults *faults);

/* -- the parts that are read elsewhere -- */

struct stream_reader {
    const json_t *spec;
    const struct job_nodes *nodes;
    struct stream_spec *out;
    struct schema_faults *faults;
};

void stream_fault(struct stream_reader *r, const char *at, const json_t *got, const char *expected);
double stream_number(struct stream_reader *r, const json_t *value, const char *at, double min,
                     double max);
json_int_t stream_whole(struct stream_reader *r, const json_t *value, const char *at,
                        json_int_t min, json_int_t max);
/* A duration within bounds that `expected` names, in us. */
double stream_duration(struct stream_reader *r, const json_t *value, const char *at, int64_t min_ns,
                       int64_t max_ns, const char *expected);
/* A distribution of durations that stands at `at`. */
void stream_variate(struct stream_reader *r, const json_t *value, const char *at,
                    struct variate *ret_variate);

/* stream_ask.c: what jobs ask for on each of their nodes. */
void stream_ask_read(struct stream_reader *r);
/* stream_model.c: what the model says of sizes and runtimes; the spec has one. */
void stream_model_read(struct stream_reader *r, const json_t *model);
/* The last: the gap of a load follows from all that was read before. */
void stream_arrival_read(struct stream_reader *r);
