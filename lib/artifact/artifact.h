/*
 * The object store: the contents of files, each kept once, under the digest of what is in it,
 * compressed (zstd). An object comes to be whole, by a rename, and never changes:
 *
 *     DIR/ab/ab3f...9c.zst     what has the digest sha256:ab3f...9c
 *     DIR/.part-1f2e3d4c       what was cut off, or is being written; nobody's at start
 *
 * Threads: any, but an object must not be packed and removed at once; who calls sees to that.
 * Bodies block; all descriptors are O_CLOEXEC. DIR is the caller's descriptor of it.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define ARTIFACT_NAME_MAX 128

/* A plain file name as the contract has it (ArtifactName): what else a run leaves is not served. */
bool artifact_is_name(const char *name);

/*
 * Opens such a file of a run's directory to read. BD_ENOTFOUND where it is no plain file, has
 * another name, or is not there: symlinks are not followed, and nobody is waited for who writes to
 * a FIFO.
 */
int artifact_file_open(int dir_fd, const char *name, int *ret_fd, struct stat *ret_st,
                       struct bd_err *err);

/* Opens the directory of objects, and makes it where there is none. */
int artifact_dir_open(const char *path, int *ret_dir_fd, struct bd_err *err);

struct artifact_packed {
    char digest[BD_DIGEST_BYTES]; /* of the content as it was read */
    uint64_t bytes;               /* of it */
    uint64_t stored_bytes;        /* of its object */
};
/*
 * Reads fd from where it stands to its end, and keeps that as an object; one that is there already
 * stays as it is. Durable once it returns 0. BD_ECANCELLED; -ENOSPC and the like leave nothing.
 */
int artifact_pack(int dir_fd, int fd, struct bd_cancel *cancel, struct artifact_packed *ret_packed,
                  struct bd_err *err);
/*
 * A descriptor that reads the content, from its beginning; the file behind it has no name and goes
 * with it. BD_ENOTFOUND where there is no such object, BD_ECORRUPT where it does not hold `bytes`
 * bytes of this digest: all of it is looked at before any of it is given out.
 */
int artifact_open(int dir_fd, const char *digest, uint64_t bytes, int *ret_fd, struct bd_err *err);
/* The same where its size is not known: BD_ECORRUPT above max_bytes. */
int artifact_open_up_to(int dir_fd, const char *digest, uint64_t max_bytes, int *ret_fd,
                        struct bd_err *err);
/* BD_ENOTFOUND where there is no such object; whether it is whole is not looked at. */
int artifact_has(int dir_fd, const char *digest, struct bd_err *err);
/* One that is not there is fine. */
int artifact_remove(int dir_fd, const char *digest, struct bd_err *err);

/* 1: the object is somebody's; 0: it is not; negative: not known, which ends the sweep. */
typedef int (*artifact_keep_fn)(const char *digest, void *arg, struct bd_err *err);
/* Removes what was cut off, and objects that nobody owns. What has none of our names stays. */
int artifact_sweep(int dir_fd, artifact_keep_fn keep, void *arg, unsigned *ret_removed,
                   struct bd_err *err);
