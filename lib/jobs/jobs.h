/*
 * Jobs as data: what a stream of them asks for, what was seen of each, and what follows as metrics.
 * PURE: no I/O, no clock; the same spec, seed and block give the same stream on every platform.
 *
 *     stream.c     a `jobstream` spec -> jobs (docs/streams.md); the spec is read by stream_spec.c,
 *                  stream_model.c and stream_arrival.c
 *     draws.c      the generators, one for each thing that is drawn
 *     arrivals.c   when jobs arrive, in sessions of users too; cycles: cycle.c
 *     lublin.c     Lublin and Feitelson's model; other distributions: variates.c, gamma.c;
 *                  elementary functions: elementary.c
 *     limits.c     time limits against a scheduler's grain
 *     text.c       jobs <-> the file that bench-driver reads
 *     seen.c       records of driver and nodes -> what was seen of each job (as JSON: seen_json.c)
 *     metrics.c    that -> the metrics of the run (docs/metrics.md)
 *     metrics_queue.c  the queue and what is busy over time; what no order of the jobs can beat
 *     node_sets.c  the nodes of jobs, each set of them once
 *     catalogue.c  the table of all metrics: name, unit, kind, definition, source
 *
 * All times are nanoseconds. Threads: values; one thread at a time.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/jobs/node_sets.h"
#include "lib/jobs/record.h"
#include "lib/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOBS_MAX  1000000 /* of a stream, tasks of arrays counted each */
#define TASKS_MAX 1000    /* of an array */
#define USERS_MAX 64

/* -------------------------------------------------------------------------------- what is asked */

/* What a job asks for on each of its nodes. From {0}: one task, on nodes of its own. */
struct job_ask {
    uint32_t tasks;          /* processes of it there; 0: one */
    uint32_t cores_per_task; /* 0: nothing is said of them */
    uint64_t memory_bytes;   /* 0: nothing is said of it */
    bool shares;             /* others may be there, too */
};

/* One submission. */
struct job {
    uint32_t index;       /* from 0, in the order of arrival */
    uint32_t nodes;       /* at least 1 */
    uint32_t tasks;       /* jobs of an array, each of so many nodes; 1: no array */
    uint32_t user;        /* 0: root; from 1: "bench1", ... */
    int32_t priority;     /* higher goes first; 0: as any */
    int32_t after;        /* index of an earlier job that has to end first, well or not; -1: none */
    int64_t think_ns;     /* from the end of `after`, by the scheduler's word, to its submission,
                             whenever that is; -1: it is submitted when it arrives */
    int64_t group;        /* of the trace that it is from; -1: none */
    int64_t arrival_ns;   /* from the stream's beginning; with think_ns: as it was logged */
    int64_t runtime_ns;   /* that the payload is asked to take */
    int64_t requested_ns; /* its time limit, before the scheduler's grain; >= runtime_ns */
    struct job_ask ask;   /* of each of its nodes */
};

struct job_stream {
    struct job *items;
    size_t n;
    size_t tasks; /* of all jobs */
};
void job_stream_done(struct job_stream *s);

/* Compute nodes, each with so much by the word of the scheduler. */
struct job_nodes {
    unsigned compute, cores;
    uint64_t memory_bytes;
};
/* Processes that it is in all. */
static inline uint64_t job_processes(uint32_t nodes, const struct job_ask *ask)
{
    return (uint64_t)nodes * (ask->tasks > 0 ? ask->tasks : 1);
}
/* Cores that it keeps from others, on nodes of so many each. */
static inline uint64_t job_cores(uint32_t nodes, const struct job_ask *ask, unsigned cores)
{
    uint32_t per_task = ask->cores_per_task > 0 ? ask->cores_per_task : 1;
    return ask->shares ? job_processes(nodes, ask) * per_task : (uint64_t)nodes * cores;
}

/*
 * Appends a fault, with a pointer below "/workload", for what the schema can't say of a jobstream
 * on a cluster of such nodes: sizes above it, bounds that contradict each other, more than JOBS_MAX
 * tasks, runtimes that nothing is said of, ...
 */
void stream_check(const json_t *spec, const struct job_nodes *nodes, struct schema_faults *faults);
/* Of that, what jobs ask for on each node (tasksPerNode, coresPerTask, memory, exclusive), which
 * traces have too, with one value for all. */
void stream_check_ask(const json_t *spec, const struct job_nodes *nodes,
                      struct schema_faults *faults);
struct job_ask stream_ask(const json_t *spec);
/* The stream of a spec that was found right. What is drawn for one attribute (arrival, size, ...)
 * comes from a generator of its own, so that changing one leaves the others as they are; all derive
 * from (seed, block), or from seed alone where the spec says `seed: fixed`. BD_EINVALID where the
 * spec makes no sense after all (a stored one that was damaged). */
int stream_make(const json_t *spec, uint64_t seed, uint32_t block, const struct job_nodes *nodes,
                struct job_stream *ret_stream, struct bd_err *err);
/* The arrivals' mean rate in jobs a second that the spec asks for, by rate or by offered load
 * (load x compute / E[nodes x tasks x runtime]), or as its model has it; 0 where all arrive at
 * once. */
double stream_rate(const json_t *spec, const struct job_nodes *nodes);

/* Of the jobs' time limits, how many lie below the scheduler's grain, so that it can't tell them
 * apart; and how many of these only because the stream is shorter than what it stands for: by its
 * time scale they would ask for the grain or more. */
struct stream_limits {
    size_t jobs, below, by_scale;
};
struct stream_limits stream_limits_of(const struct job_stream *s, int64_t grain_ns,
                                      double time_scale);
/* How many different limits are among those below the grain. */
size_t stream_limits_below(const struct job_stream *s, int64_t grain_ns);

/* The file for bench-driver: a line "benchd-jobs 1 N", then one a job: index, arrival_ns, nodes,
 * tasks, runtime_ns, requested_ns, user, priority, after; behind these think_ns, group (each -1:
 * none), tasks a node, cores a task, memory_bytes, shares (0, 1), as far as one of them says
 * something. Appended to ret_text. */
void jobs_to_text(const struct job_stream *s, struct bd_str *ret_text);
/* Reads it; BD_ECORRUPT with the line. */
int jobs_from_text(const char *text, size_t bytes, struct job_stream *ret_stream,
                   struct bd_err *err);

/* -------------------------------------------------------------------------------- what was seen */

#define JOB_NEVER INT64_MIN

/* How far a job came, by what was seen. */
enum job_outcome {
    JOB_COMPLETED,     /* began and ended on all of its nodes, with exit code 0 everywhere */
    JOB_FAILED,        /* ended on all of its nodes, on one with another exit code */
    JOB_KILLED,        /* began, and was not seen to end everywhere: cut off, or gone with a node */
    JOB_REFUSED,       /* the scheduler did not take it */
    JOB_LOST,          /* handed to the scheduler and not refused, and never seen to begin */
    JOB_NOT_SUBMITTED, /* its turn never came */
    JOB_OUTCOME_COUNT
};
const char *job_outcome_to_str(enum job_outcome o);
int job_outcome_from_str(const char *s, enum job_outcome *ret_outcome);
const char *job_end_to_str(enum job_end e); /* "completed", "node-fail", ... */
int job_end_from_str(const char *s, enum job_end *ret_end);

/* One task of one job. Times are from the stream's beginning, on the controller's clock (each
 * node's offset is taken off); JOB_NEVER: not seen. */
struct job_seen {
    uint32_t index, task;
    uint32_t nodes, user;
    struct job_ask ask;
    uint32_t follows;     /* index + 1 of the job that has to end before it; 0: none */
    int64_t think, group; /* as struct job has them */
    /* planned: of one with a think time, that long after the end of the job that it follows; as it
     * was logged where that end was not seen. */
    int64_t planned, submit, accepted;
    int64_t started_first, started_all; /* first and last of its processes to begin */
    int64_t ended_last;                 /* last of its processes to end */
    /* By the scheduler's word, where it tells: nothing but nodes was wanting, it had them, and
     * others could have them again. */
    int64_t eligible, allocated, freed;
    int64_t runtime, requested; /* as asked for */
    uint64_t job_id;
    int32_t exit_code; /* the first that is not 0, by rank; 0: none; -1: no end was seen */
    uint32_t starts;   /* records of a beginning; more than processes: it ran twice (doubled) */
    uint32_t ends;
    bool doubled; /* began more than once on one of its ranks */
    enum job_outcome outcome;
    enum job_end end; /* the scheduler's word */
    /* Names of the nodes it ran on, sorted, with commas; "": none. The names' of jobs_seen, or by
     * itself where a row was read back (lib/store/job.h). */
    char *node_list;
};

/* What was written on one node. */
struct job_records {
    const char *node;
    const struct job_record *items;
    size_t n;
    int64_t offset_ns; /* of its clock against the controller's: theirs minus the controller's */
};

struct jobs_seen {
    struct job_seen *items; /* by index and task: every one of the stream, seen or not */
    char *names;            /* that all their node_lists lie in: a million are freed at once */
    size_t n;
    int64_t begin_mono_ns, begin_wall_ns; /* the stream's beginning on the controller's clocks */
    int64_t finish;        /* from then; JOB_NEVER: the driver did not come to its end */
    int64_t driver_cpu_ns; /* with that of its submitter and the scheduler's clients: */
    int64_t clients_cpu_ns;
    int64_t job_cpu_ns;    /* of all bench-job, payloads left out */
    size_t job_ends;       /* that this is the sum of */
    size_t strangers;      /* records of jobs that the stream does not have, or of a wrong kind */
    int64_t clock_jump_ns; /* by how much any wall clock was set meanwhile against the monotonic
                              one: the largest difference, with its sign */
};
void jobs_seen_done(struct jobs_seen *s);
/* Appends it as the contract's Job, on one line. */
void job_seen_json(const struct job_seen *job, struct bd_str *out);
/* Puts together what the stream asked for and what driver (records[0], of the controller) and nodes
 * (the others) wrote down. Records may come in any order, and any may be missing. */
void jobs_seen_make(const struct job_stream *stream, const struct job_records *records,
                    size_t n_records, struct jobs_seen *ret_seen);

/* ------------------------------------------------------------------------------------- metrics */

enum metric_scope { METRIC_OF_JOB, METRIC_OF_RUN, METRIC_SCOPE_COUNT };
enum metric_direction { METRIC_MIN, METRIC_MAX, METRIC_NEITHER };

struct metric {
    const char *name; /* "wait_p95" */
    const char *unit; /* "s", "1/s", "1" */
    const char *kind; /* "cost", "rate", "ratio" */
    enum metric_scope scope;
    enum metric_direction better;
    const char *definition; /* one or two sentences, with the formula */
    const char *source;     /* where it comes from: a paper, or "benchd" */
};
extern const struct metric metrics_catalogue[]; /* ended by a NULL name */
const struct metric *metric_find(const char *name);
/* As the contract's MetricsCatalogue items; new reference. */
json_t *metrics_catalogue_json(void);

/* A metric of scope job for one of them, in its unit; false where a point that it needs was not
 * seen, or there is no such metric. */
bool metrics_of_job(const struct job_seen *job, const char *name, double time_scale,
                    double *ret_value);
/* What the formulas need beside the jobs. */
struct metrics_input {
    const struct jobs_seen *seen;
    unsigned compute;  /* nodes */
    unsigned cores;    /* of each, as the scheduler knows it */
    double time_scale; /* 1: real time; tau of the bounded slowdown is 10 s x this */
};
/* {NAME: {value, unit, kind, n}} by the catalogue's definitions; a metric with no value to be made
 * of is left out. New reference. */
json_t *metrics_of_jobs(const struct metrics_input *in);
/* The nearest rank: of n > 0 values by size the one at place ceil(n percent / 100), from 1. */
double metrics_percentile(const double *sorted, size_t n, unsigned percent);
/* Bounded slowdown of one job (Feitelson 2001): max(1, (w + r) / max(r, tau)); all ns, tau > 0. */
double metrics_bounded_slowdown(int64_t wait, int64_t runtime, int64_t tau);
/* The least time in which so many nodes of so many cores can do these jobs, whatever the order: the
 * greatest of arrival + runtime of any job, and for each arrival t, t + (work that arrives at or
 * after t, in cores x time) / cores. ns from the stream's beginning. */
int64_t metrics_makespan_bound(const struct jobs_seen *seen, unsigned compute, unsigned cores);
/*
 * The queue's length and what is busy, over time: a point for each change, by time. A job waits
 * from submit to started_first, and runs and holds its nodes from there to ended_last; either
 * counts where both of its points were seen, and a task of an array as a job. A node that jobs
 * share is busy once for all of them. Jobs are added in any order, then one walks along the points:
 * 64 bytes a job, and what its nodes are called once for all jobs of the same ones, so that a
 * million need not be in memory at once.
 */
struct queue_point {
    int64_t at;
    uint32_t waiting, running; /* jobs */
    uint32_t busy_nodes;
};
struct queue_change { /* one job begins (1) or ceases (-1) to wait, or else to run on its nodes */
    int64_t at;
    uint32_t nodes; /* how many, of one that has them to itself; else the number of their set */
    int8_t sign;
    bool waits, shares;
};
struct metrics_queue { /* from {0} */
    struct queue_change *changes;
    size_t n, cap, next;
    struct queue_point now;
    struct node_sets shared;
    int32_t *jobs_on; /* each of their nodes, now */
};
void metrics_queue_done(struct metrics_queue *q);
void metrics_queue_add(struct metrics_queue *q, const struct job_seen *job);
/* To the first point; after the last job, and as often as one likes. */
void metrics_queue_begin(struct metrics_queue *q);
/* The next point; false: there is none. At the last one all is 0 again. */
bool metrics_queue_next(struct metrics_queue *q, struct queue_point *ret_point);
