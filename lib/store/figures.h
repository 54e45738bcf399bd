/*
 * What was found of each run of a campaign, with what its nodes were made of: all that an analysis
 * needs, and no more. Threads: as the connection.
 */
#pragma once

#include "lib/base/id.h"
#include "lib/base/json.h"
#include "lib/model/figures.h"
#include "lib/model/run.h"
#include "lib/store/store.h"

/* One that is at its end, and of no warm-up block. All is borrowed, until the next. */
struct store_figures {
    char id[BD_ID_BYTES];
    unsigned cell, block;
    enum run_state state;
    int64_t started_ns; /* wall; 0: never admitted */
    bool graded;
    enum run_grade grade;
    json_t *reasons; /* [text] or NULL */
    const struct run_figures *figures;
    json_t *conditions;           /* or NULL */
    char *error;                  /* why it failed, for people; or NULL */
    char *image, *scheduler;      /* as its spec names them; or NULL */
    char *image_digest, *version; /* what they stood for; or NULL */
};

typedef void (*store_figures_fn)(const struct store_figures *run, void *arg);

/* Calls on_run for each, in the order of the plan. Rows that can't be read are passed over. */
int store_run_figures(struct store_conn *c, const char *campaign, store_figures_fn on_run,
                      void *arg, struct bd_err *err);
