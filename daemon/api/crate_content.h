/* What goes into a crate. Threads: a worker's; the parts belong to whoever made it. */
#pragma once

#include "daemon/api/private.h"
#include "lib/crate/pack.h"
#include "lib/plan/plan.h"

struct crate_content_run {
    char id[BD_ID_BYTES];
    unsigned position, attempt;
    char *what;  /* "cell 0, block 1" */
    char *host;  /* file that describes its host; NULL: none */
    char *error; /* NULL: it did not fail */
    int64_t started_ns, ended_ns;
};

struct crate_content {
    const struct api *a;
    struct store_conn *conn;
    const struct crate_key *key;
    struct crate_pack *pack;
    struct store_campaign row;
    struct crate_content_run *runs; /* by id */
    size_t n_runs;
    struct bd_strv hosts; /* digests that they name, without "sha256:", sorted */
    uint64_t bytes;       /* of files of runs */
    uint64_t stored_bytes, largest_bytes;
};

/* Adds all but metadata, list and signature. */
int crate_content_write(struct crate_content *c, struct bd_err *err);
