/*
 * ro-crate-metadata.json: what a crate has, for machines (RO-Crate 1.1 with the profiles Process
 * Run and Workflow Run Crate 0.5). The spec is the workflow; the campaign and each of its runs are
 * actions, with what they went by and what came of them. PURE: the same input gives the same text.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/crate/crate.h"
#include "lib/crate/faults.h"

struct crate_action {
    const char *id;               /* of the run; its files are below "runs/ID/" */
    const char *what;             /* of which cell and block: "sched/backfill, block 2" */
    const char *host;             /* file that describes the host; NULL: none */
    const char *error;            /* why it failed; NULL: it did not */
    int64_t started_ns, ended_ns; /* wall; 0: it had not begun */
};

struct crate_about {
    const char *id, *name, *version; /* of the campaign; of benchd */
    const char *digest;              /* of its spec */
    const char *license;             /* as its spec's label says; NULL: it does not */
    const char *fingerprint;         /* of the key that signs */
    const char *error;               /* why it came to nothing; NULL: it did not */
    int64_t started_ns, ended_ns;    /* wall */
    const struct crate_action *runs; /* by id */
    size_t n_runs;
};

typedef int (*crate_metadata_put_fn)(void *arg, const char *text, size_t bytes, struct bd_err *err);
/* files: all that the crate has so far, by name. The text comes in pieces; the answer is that of
 * the first piece which could not be taken, or 0. */
int crate_metadata_write(const struct crate_about *about, const struct crate_file *files, size_t n,
                         crate_metadata_put_fn put, void *arg, struct bd_err *err);

/* Holds the text against the files of the list: each is described, and nothing else is. Nothing is
 * made of the text: it takes a byte a file. */
void crate_metadata_check(const char *text, size_t bytes, const struct crate_file *files, size_t n,
                          struct crate_faults *faults);
