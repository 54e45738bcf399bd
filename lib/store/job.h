/*
 * What was seen of the jobs of runs, in the store. Threads: as the connection.
 */
#pragma once

#include "lib/jobs/jobs.h"
#include "lib/store/store.h"

#define STORE_JOBS_BATCH 500 /* at most so many in a call: what a transaction should hold */

/* In the caller's transaction. A row of the same run, index and task is replaced. BD_ENOTFOUND:
 * there is no such run. */
int store_jobs_put(struct store_conn *c, const char *run, const struct job_seen *items, size_t n,
                   struct bd_err *err);

struct store_job_filter {
    unsigned outcomes; /* bit (1 << enum job_outcome); 0: all */
    bool after;        /* only those behind this one; else from the first */
    uint32_t after_index, after_task;
    unsigned limit;
};
/* By index and task. BD_ECORRUPT names a row that can't be read. */
int store_jobs_list(struct store_conn *c, const char *run, const struct store_job_filter *filter,
                    struct job_seen **ret_rows, size_t *ret_n, struct bd_err *err);
void store_jobs_free(struct job_seen *rows, size_t n);
/* All jobs of a run, by index and task, a page at a time in memory. What on_job answers ends it: 0
 * goes on, negative is a failure, positive is enough, and then 0 is returned. */
typedef int (*store_job_fn)(const struct job_seen *job, void *arg, struct bd_err *err);
int store_jobs_each(struct store_conn *c, const char *run, store_job_fn on_job, void *arg,
                    struct bd_err *err);

/* How many have one of these outcomes (bits as above). */
int store_jobs_count(struct store_conn *c, const char *run, unsigned outcomes, uint64_t *ret_n,
                     struct bd_err *err);
