/*
 * Images in the store: one row a build or import; several rows may share a digest, and so a
 * directory. Threads: as the connection.
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/base/id.h"
#include "lib/store/cluster.h"
#include "lib/store/store.h"

#include <stdbool.h>
#include <stddef.h>

enum image_state { IMAGE_BUILDING, IMAGE_READY, IMAGE_FAILED, IMAGE_STATE_COUNT };
const char *image_state_to_str(enum image_state s);
int image_state_from_str(const char *s, enum image_state *ret_state);

struct store_image {
    char id[BD_ID_BYTES];
    char *name;
    enum image_state state;
    int64_t version;
    int64_t created_ns, ready_ns; /* wall */
    char *digest;                 /* NULL until ready */
    char *recipe_digest;          /* "" for an import of unknown recipe */
    char *fingerprint;            /* image_fingerprint() when it was committed; NULL until ready */
    int64_t size_bytes, entries, packages; /* 0 until ready */
    char *progress;                        /* last line; NULL */
    char *error;                           /* NULL unless failed */
    char *recipe;                          /* NULL: of the image's own name */
    char *workloads; /* JSON array of names, that it was built for; NULL: none */
};
void store_image_done(struct store_image *row);

int store_image_insert(struct store_conn *c, const struct store_image *row, struct bd_err *err);
/* As store_cluster_update(). */
int store_image_update(struct store_conn *c, const struct store_image *row, struct bd_err *err);
int store_image_delete(struct store_conn *c, const char *id, struct bd_err *err);
int store_image_get(struct store_conn *c, const char *id, struct store_image *ret_row,
                    struct bd_err *err);
/* By id, by name (the newest ready one), or by digest ("sha256:" and at least 8 digits that only
 * one has). BD_ENOTFOUND, BD_ECONFLICT. */
int store_image_resolve(struct store_conn *c, const char *ref, struct store_image *ret_row,
                        struct bd_err *err);

struct store_image_filter {
    unsigned states; /* bits; 0: all */
    const char *name;
    int64_t before_created_ns;
    const char *before_id;
    unsigned limit;
};
/* As store_cluster_list(). */
int store_image_list(struct store_conn *c, const struct store_image_filter *filter,
                     store_bad_row_fn on_bad, void *arg, struct store_image **ret_rows,
                     size_t *ret_n, struct bd_err *err);
void store_images_free(struct store_image *rows, size_t n);
