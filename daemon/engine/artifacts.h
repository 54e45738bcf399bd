/*
 * What becomes of the files of runs. Once a run is durably at its end its directory is packed into
 * objects (lib/artifact), its rows are written, and the directory is removed. When the objects
 * outgrow their quota, the files of the oldest campaigns that have ended go, told beforehand.
 *
 * One thing after the other: nothing is packed while an object is removed. Threads: the loop's;
 * bodies run on the pool `pack`.
 */
#pragma once

#include "daemon/engine/private.h"

struct artifacts;

struct artifacts *artifacts_new(struct engine *e);
int artifacts_load(struct artifacts *a, struct store_conn *conn, struct bd_err *err);
/* Looks for what an earlier daemon did not finish. */
void artifacts_start(struct artifacts *a);
/* Stops what is under way; it is taken up again at the next start. */
void artifacts_cancel(struct artifacts *a);
void artifacts_free(struct artifacts *a);

/* This run is durably at its end. */
void artifacts_run_ended(struct artifacts *a, const char *run);
/* A campaign is: its files may be what can be removed. */
void artifacts_campaign_ended(struct artifacts *a);

/* Tries again what was left undone, as on a full disk: an hour has passed, or there may be room. */
void artifacts_again(struct artifacts *a);

uint64_t artifacts_bytes(const struct artifacts *a);

/* For artifacts.c and artifacts_quota.c: */

/* A run whose directory is to be packed. */
struct artifacts_run {
    struct artifacts_run *next;
    char id[BD_ID_BYTES];
};

struct artifacts {
    struct engine *e;
    struct bd_cancel *cancel;
    struct artifacts_run *waiting, **waiting_tail;
    uint64_t stored_bytes; /* of all objects, as it is durable */
    bool busy;             /* one thing is under way */
    bool sweep_wanted;     /* what was left undone is to be looked for */
    bool left_undone;      /* something was, since it was last looked for */
    bool check_wanted;     /* the quota may be passed */
    bool told;             /* that it is nearly used up, and what goes next */
    bool told_full;        /* that it is used up by what is pinned */
};

/* Begins the next thing, if there is one and none is under way. */
void artifacts_move(struct artifacts *a);
/* A thing begins: the engine does not end before its end. */
void artifacts_begin(struct artifacts *a);
void artifacts_end(struct artifacts *a);
/* Looks whether the quota is passed, and does about it what there is to do. */
void artifacts_check(struct artifacts *a);
