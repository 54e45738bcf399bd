/*
 * All runs of a campaign at once, as little of each as a picture of them needs. Threads: as the
 * connection. What a callback gets is borrowed, until it returns.
 */
#pragma once

#include "lib/base/id.h"
#include "lib/model/figures.h"
#include "lib/model/run.h"
#include "lib/store/store.h"

struct store_grid_run {
    char id[BD_ID_BYTES];
    unsigned cell, block, attempt;
    enum run_state state; /* RUN_FAILED where it can't be read */
    bool graded;
    enum run_grade grade;
};
typedef void (*store_grid_fn)(const struct store_grid_run *run, void *arg);
/* By cell, block and attempt. An index answers it. */
int store_run_grid(struct store_conn *c, const char *campaign, store_grid_fn on_run, void *arg,
                   struct bd_err *err);

struct store_measured_run {
    char id[BD_ID_BYTES];
    unsigned cell, block;
    int64_t started_ns; /* wall */
    bool counts;        /* usable or limited, and of no warm-up block */
    const struct run_figures *figures;
};
typedef void (*store_measured_fn)(const struct store_measured_run *run, void *arg);
/* Those that are done, by cell and block. Rows that can't be read are passed over. */
int store_run_measured(struct store_conn *c, const char *campaign, store_measured_fn on_run,
                       void *arg, struct bd_err *err);
