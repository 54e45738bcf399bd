/*
 * Writes a crate, file by file, each piece by piece: what is in memory is the names and digests of
 * what was written. The same files, in the same order and of the same time, are the same bytes.
 * Threads: one at a time; blocks on the disk.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/str.h"
#include "lib/crate/crate.h"
#include "lib/crate/key.h"
#include "lib/crate/metadata.h"

struct crate_pack;

/* Into fd, which stays the caller's, from where it stands. Files have the time time_s (since 1970).
 * cancel may be NULL. */
int crate_pack_new(int fd, int64_t time_s, struct bd_cancel *cancel, struct crate_pack **ret_pack,
                   struct bd_err *err);
void crate_pack_free(struct crate_pack *p); /* what was not sealed is no crate */
BD_DEFINE_CLEANUP(struct crate_pack, crate_pack, crate_pack_free)

/* A file begins; the one before it has ended. BD_EINVALID for a name that is none, or does not
 * follow on the last one, BD_ENOCAPACITY at the bounds of crate.h. */
int crate_pack_begin(struct crate_pack *p, const char *name, struct bd_err *err);
/* Bytes of the file that has begun. -ENOSPC and the like, BD_ENOCAPACITY, BD_ECANCELLED. */
int crate_pack_add(struct crate_pack *p, const void *data, size_t bytes, struct bd_err *err);
/* Adds a text, and empties it. */
int crate_pack_flush(struct crate_pack *p, struct bd_str *text, struct bd_err *err);
/* Both in one. */
int crate_pack_file(struct crate_pack *p, const char *name, const void *data, size_t bytes,
                    struct bd_err *err);
/* A descriptor, to its end. */
int crate_pack_fd(struct crate_pack *p, const char *name, int fd, struct bd_err *err);

/* Adds the metadata, the list of digests and its signature, and ends the file: p is only to be
 * freed. Tells the digest of the list, which stands for all that is in the crate. */
int crate_pack_seal(struct crate_pack *p, const struct crate_about *about,
                    const struct crate_key *key, char ret_digest[BD_DIGEST_BYTES],
                    struct bd_err *err);
