/*
 * Workloads that are a stream of jobs, submitted at planned moments by bench-driver on the
 * controller, each of which writes down when it begins and ends on its nodes.
 *
 *     jobstream.c         `jobstream`: a stream that is drawn
 *     swf.c               `swf`: one that was logged on a real machine (trace.h)
 *     jobstream_run.c     warm-up, run: what happens in the nodes
 *     jobstream_result.c  results: from the files of the run to what was seen, metrics, conditions
 *     clock.c             the nodes' clocks against the controller's
 *     users.c             accounts for the stream's users
 *
 * Threads: as workload.h.
 */
#pragma once

#include "lib/workload/workload.h"

extern const struct workload workload_jobstream;
extern const struct workload workload_swf;

/* Files of a run's directory. */
#define JOBSTREAM_JOBS    "jobs.txt"    /* the stream, as bench-driver reads it */
#define JOBSTREAM_RECORD  "stream.json" /* what else results() has to know */
#define JOBSTREAM_CLOCK   "clock.json"  /* [{node, before{offsetNs, boundNs}, after{...}}] */
#define JOBSTREAM_DRIVER  "driver.rec"  /* behind the controller's name */
#define JOBSTREAM_RECORDS "jobs.rec"    /* behind a node's name */

/* Owns what it holds; from {0}. */
struct stream_made {
    struct job_stream jobs;
    unsigned users; /* accounts that nodes need */
    double rate;    /* of arrivals that was asked for, jobs a second; 0: none was */
    json_t *trace; /* what the stream was made from, for the run's conditions; NULL: it was drawn */
};
void stream_made_done(struct stream_made *made);
/* All that differs between these workloads. */
typedef int (*jobstream_make_fn)(const struct workload_input *in, struct stream_made *ret_made,
                                 struct bd_err *err);

/* For struct workload: */
int jobstream_warm_up(const struct workload_input *in, struct bd_err *err);
int jobstream_run(const struct workload_input *in, jobstream_make_fn make, struct bd_err *err);
int jobstream_salvage(const struct workload_input *in, struct bd_err *err);
int jobstream_results(const json_t *spec, int dir_fd, struct workload_result *ret_result,
                      struct bd_err *err);
bool jobstream_has_metric(const json_t *spec, const char *name);

/* Whether the jobs' limits are those of longer ones, shortened by the time scale: a runtime that a
 * spec gives is as it will be run, and the limits that follow from it are, too. */
bool jobstream_is_scaled(const json_t *spec);
/* The nodes that a cluster has for jobs. PURE. */
struct job_nodes jobstream_nodes(const struct cluster_spec *cluster);
/* Refuses a cluster whose scheduler takes no streams. PURE. */
void jobstream_check_scheduler(const struct cluster_spec *cluster, struct schema_faults *faults);

/* A fault where jobs are to be those of users, and the scheduler can't run them so: of a trace,
 * whose users are known once it is read. */
void jobstream_check_users(json_int_t users, const struct cluster_spec *cluster,
                           struct schema_faults *faults);
/* What the scheduler can't tell from its grain, as conditions.limits; new reference. */
json_t *jobstream_limits(const struct job_stream *stream, int64_t grain_ns, double time_scale);

/* The measuring programs in a node. */
#define NODE_BENCH_JOB    "/usr/libexec/benchd/bench-job"
#define NODE_BENCH_DRIVER "/usr/libexec/benchd/bench-driver"
#define NODE_BENCH_CLOCK  "/usr/libexec/benchd/bench-clock"

/*
 * Measures every compute node's clock against the first controller's, over the network, by
 * bench-clock: {NODE: {offsetNs, boundNs}}, new reference. A node that does not answer is named in
 * the error (BD_EWORKLOAD).
 */
int clock_measure(const struct workload_input *in, json_t **ret_clocks, struct bd_err *err);

/* Gives every node accounts "bench1" ... of the stream's users, in its passwd. Safe to repeat. */
int users_make(const struct workload_input *in, unsigned users, struct bd_err *err);
