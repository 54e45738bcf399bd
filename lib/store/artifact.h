/*
 * Files of runs at their end, and the objects that their contents are kept in. Threads: as the
 * connection. The bytes are lib/artifact's; here is who needs which of them.
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/base/id.h"
#include "lib/base/str.h"
#include "lib/store/store.h"

#include <stddef.h>
#include <stdint.h>

struct store_artifact {
    char *name;
    char digest[BD_DIGEST_BYTES];
    uint64_t bytes;
    uint64_t stored_bytes; /* of its object, which may be others' too; 0: removed */
    int64_t modified_ns;   /* wall */
    int64_t removed_ns;    /* wall; 0: it is there */
};
void store_artifact_done(struct store_artifact *row);
void store_artifacts_free(struct store_artifact *rows, size_t n);

/* Of one run. A name that the run has a row of already is left as it was, so this can be repeated.
 * *ret_added gets the stored bytes of the objects that are new. */
int store_artifacts_insert(struct store_conn *c, const char *run, const struct store_artifact *rows,
                           size_t n, int64_t now_ns, uint64_t *ret_added, struct bd_err *err);
/* By name; none where the run has left nothing, or is not packed yet. */
int store_artifact_list(struct store_conn *c, const char *run, struct store_artifact **ret_rows,
                        size_t *ret_n, struct bd_err *err);
/* BD_ENOTFOUND. */
int store_artifact_get(struct store_conn *c, const char *run, const char *name,
                       struct store_artifact *ret_row, struct bd_err *err);

/* Of all objects; looks at each of them. */
int store_object_bytes(struct store_conn *c, uint64_t *ret_bytes, struct bd_err *err);
/* 1 or 0. */
int store_object_exists(struct store_conn *c, const char *digest, struct bd_err *err);
/* 1: there is a run of this id, and it is at its end; 0: not so. */
int store_artifact_run_ended(struct store_conn *c, const char *run, struct bd_err *err);

/* -- what may be removed -- */

struct store_artifact_run {
    char run[BD_ID_BYTES];
    char campaign[BD_ID_BYTES];
    int64_t ended_ns; /* the campaign's */
    uint64_t bytes;   /* stored, of its objects; others may need them too */
};
/*
 * The first runs whose files may be removed: those of campaigns at their end whose spec does not
 * say artifacts.keep, the oldest end first, within a campaign in the order of its plan. Both hold
 * for ever once they do, so that a reader may ask.
 */
int store_artifact_removable(struct store_conn *c, unsigned limit,
                             struct store_artifact_run **ret_rows, size_t *ret_n,
                             struct bd_err *err);
/* The run's files are removed from now on. Tells the objects that nobody needs any more, whose rows
 * are gone, and how many bytes they have stored. */
int store_artifact_remove(struct store_conn *c, const char *run, int64_t now_ns,
                          uint64_t *ret_freed, struct bd_strv *ret_digests, struct bd_err *err);
