/*
 * Is a crate what was signed? Needs nothing but the file. Threads: any.
 *
 * In this order: the structure of the zip file and its bounds; the list's signature; each file's
 * digest against the list; the metadata against the list, where they are what was signed. What is
 * wrong with the structure ends it, and nothing is unpacked; of all else every fault is told. What
 * it takes of memory is bounded, whatever the file is: the files that are held (crate.h), and
 * names.
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/crate/faults.h"
#include "lib/crate/key.h"

#include <stdint.h>

struct crate_verdict {
    size_t files;                      /* that it has, the list and its signature left out */
    uint64_t bytes;                    /* of all contents */
    char signed_by[BD_DIGEST_BYTES];   /* fingerprint of the key in it; "": there is none */
    char list_digest[BD_DIGEST_BYTES]; /* which stands for all of it; "": there is none */
    struct crate_faults faults;        /* none: it is what was signed */
};
void crate_verdict_done(struct crate_verdict *v);

/* key: that it has to be signed with; NULL: with the one that is in it, whosever that is. 0 with a
 * verdict, or -errno where the file can't be read. */
int crate_check(const char *path, const struct crate_key *key, struct crate_verdict *ret_verdict,
                struct bd_err *err);
/* The same of a file that is open, and stays so: whoever reads on from it (read.h) reads what was
 * checked, whatever the path leads to by then. */
int crate_check_fd(int fd, const struct crate_key *key, struct crate_verdict *ret_verdict,
                   struct bd_err *err);
