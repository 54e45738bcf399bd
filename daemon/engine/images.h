/*
 * What the files of the engine's images share. Threads: the loop's, but for what says otherwise.
 */
#pragma once

#include "daemon/engine/private.h"

/* A build or an import, until it has ended. */
struct image_work {
    struct work w;
    struct engine *e;
    struct image_actor *i;
    struct image_recipe recipe;
    char *import_path; /* NULL: a build */
    char *cgroup, *cgroup_dir;
    struct bd_cancel *cancel;
    struct image_result result;
    char fingerprint[BD_DIGEST_BYTES];
    int rc;
    struct bd_err err;
    engine_done_fn imported; /* of an import: told how it ended */
    void *arg;
};

/* An image: at rest, waiting for its turn to be built, or being built. */
struct image_actor {
    struct image_actor *next;
    struct engine *e;
    struct store_image row;
    struct image_work *work; /* not begun or running; NULL at rest */
    bool durable;            /* its row is in the store */
    bool deleting;
    engine_done_fn delete_done; /* asked for before it could begin: it does when that is over */
    void *delete_arg;
    int64_t progress_ns; /* monotonic: when progress was last written */
};

/* One transaction: the row of an image with its event. Freed when it is durable. */
struct image_change {
    struct write w;
    struct engine *e;
    struct store_image row; /* copy, for the writer's thread */
    enum { IMAGE_INSERT, IMAGE_UPDATE, IMAGE_DELETE } what;
    const char *event; /* a literal; NULL: none */
    engine_also_fn also;
    engine_done_fn done;
    void *arg;
    struct bd_err outcome;     /* what done is told, however the write goes; code 0: nothing */
    struct store_image answer; /* the row that done is told instead; no name: its own */
    bool retried;
};

/* images.c */
struct image_actor *image_find(struct engine *e, const char *id);
void image_row_copy(const struct store_image *from, struct store_image *ret_to);
void image_set_text(char **at, const char *text);
/* An update with this event; change what differs before it is submitted. */
struct image_change *image_change_new(struct image_actor *i, const char *event);
/* Copies the row as it is now, with its next version, and hands all to the writer. */
void image_change_submit(struct image_actor *i, struct image_change *c);
/* The same for a row that goes: i is gone after it. */
void image_forget(struct image_actor *i, struct image_change *c);

/* images_build.c */
#define IMAGE_CUT_OFF "its build was cut off by the end of benchd: build it again"
void build_next(struct engine *e);
/* One that has not begun, and will not: an import is told why. */
void image_work_drop(struct image_work *w, const struct bd_err *why);
/* All that a build starts lives in one cgroup, so that nothing of it outlives it. Any thread. */
void image_cgroup_end(struct hostops *ops, const char *cgroup);

/* images_remove.c */
/* What was asked for before the image could be removed. */
void image_delete_go_on(struct image_actor *i);
/* Once there is a good image of this name: those that failed are of no use any more. */
void images_remove_failed(struct engine *e, const char *name);
