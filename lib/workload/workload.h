/*
 * Workloads: what is measured in a run. One table, one file a workload. A workload leaves its raw
 * results as files in the run's directory; metrics are made of those alone, so that they can be
 * made again.
 *
 * Threads: workloads are immutable; bodies block and belong on workers.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/channel/channel.h"
#include "lib/jobs/jobs.h"
#include "lib/model/cluster.h"
#include "lib/sched/sched.h"
#include "lib/schema/schema.h"

#include <stdint.h>

/* Tasks of arrays are counted each. */
struct workload_progress {
    unsigned jobs, submitted, ended;
};

struct workload_input {
    const struct channel *channel;
    const struct cluster_plan *plan;
    const struct sched *sched;
    const json_t *spec; /* the resolved `workload:` object */
    uint64_t seed;      /* of the design */
    uint32_t block;
    bool shared_clock;      /* the nodes' clocks are the host's own */
    int dir_fd;             /* the run's directory on the host; results go there, borrowed */
    const char *inputs_dir; /* objects that the spec names by their digest */
    struct bd_cancel *cancel;
    /* How far a stream of jobs has come, at most once a second; may be NULL. From run()'s thread.
     */
    void (*on_progress)(const struct workload_progress *progress, void *arg);
    void *arg;
};

/* So many compute nodes a command of this spec has: of its job, or one where it is not one. PURE.
 */
unsigned workload_nodes(const json_t *spec, const struct cluster_spec *cluster);

/* What came of it; owns what it holds. */
struct workload_result {
    json_t *metrics;    /* {NAME: {value, unit, kind, n}} */
    json_t *conditions; /* members for the run's conditions (docs/measurement.md); NULL: none */
    struct jobs_seen jobs;
};
void workload_result_done(struct workload_result *r);

struct workload {
    const char *name;
    const char *title; /* one line for people */
    /* What the schema can't say: appends faults with pointers from "/workload". PURE. */
    void (*check)(const json_t *spec, const struct cluster_spec *cluster,
                  struct schema_faults *faults);
    /* Members of the spec that name inputs, each a digest or a list of {"digest": ...};
     * NULL-terminated; NULL: there are none. */
    const char *const *inputs;
    /* What neither can say without the inputs, which it reads: appends faults likewise. *ret_found,
     * where it found none: what was found, as the contract's PlannedTrace; new reference. Blocks.
     * NULL: there is none. */
    void (*examine)(const json_t *spec, const struct cluster_spec *cluster, const char *inputs_dir,
                    struct schema_faults *faults, json_t **ret_found);
    /* What the scheduler can tell of its jobs' time limits, before any run: as conditions.limits,
     * of the first block's first jobs, with how many `different` ones are below the grain, and
     * whether they `matter`: the scheduler goes by them to choose what is next. New
     * reference; NULL: nothing. PURE. NULL: there is none, or examine() finds it. */
    json_t *(*limits)(const json_t *spec, const struct cluster_spec *cluster, uint64_t seed);
    /* Before what is measured, and left out of it; NULL: there is none. */
    int (*warm_up)(const struct workload_input *in, struct bd_err *err);
    /* What is measured, once. What it leaves in dir_fd is durable when it returns 0. On failure
     * (BD_EWORKLOAD; BD_ETIMEOUT where its own time was over; what the token says) the error has
     * the last lines of the output, and what there is of results is kept. */
    int (*run)(const struct workload_input *in, struct bd_err *err);
    /* After a run() that failed or was cut off: brings what is left in the nodes of its raw
     * results, as far as they answer. NULL: run() has all. */
    int (*salvage)(const struct workload_input *in, struct bd_err *err);
    /* What follows from the files in dir_fd; may be repeated. */
    int (*results)(const json_t *spec, int dir_fd, struct workload_result *ret_result,
                   struct bd_err *err);
    /* Whether a run of this spec can have a metric of this name. PURE. */
    bool (*has_metric)(const json_t *spec, const char *name);
};

extern const struct workload *const workloads[]; /* NULL-terminated */
const struct workload *workload_find(const char *name);

/*
 * Runs the spec's hooks of one point ("ready", "collected") in their order, each with its output in
 * "hook-POINT-N.log" of dir_fd, with the node's name before each line where it runs on several. A
 * hook: {command, node (default: the first controller; "all", or "compute" for every compute node),
 * timeout, env}. The first that fails ends it: BD_EWORKLOAD with its command, its exit and the last
 * lines of its output; BD_ETIMEOUT where its own time was over.
 */
int hooks_run(const struct channel *channel, const struct cluster_plan *plan, const json_t *hooks,
              const char *point, int dir_fd, struct bd_cancel *cancel, struct bd_err *err);
void hooks_check(const json_t *hooks, const struct cluster_spec *cluster,
                 struct schema_faults *faults);
/* Of the scheduler's record of all jobs that a stream may have. */
#define RECORDS_LOG_BYTES_MAX ((uint64_t)JOBS_MAX * SCHED_RECORD_BYTES_MAX)
/* Copies a file of a node into dir_fd as kept_as, NULL: "NODE-FILE"; what was fetched before stays
 * until there is something better. As channel_get(). */
int logs_fetch(const struct workload_input *in, const struct node_plan *node, const char *path,
               const char *kept_as, uint64_t max_bytes, struct bd_err *err);
/* Copies the scheduler's logs (sched->logs) into dir_fd as "NODE-FILE"; every_node: those of
 * compute nodes too. A file that is not there, or a node that does not answer, is passed over and
 * named in missing. */
int logs_collect(const struct workload_input *in, bool every_node, struct bd_strv *missing,
                 struct bd_err *err);
