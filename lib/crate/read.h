/*
 * The contents of a crate that may come from anybody, once its structure was found good
 * (lib/crate/zip.h). Threads: one at a time.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/crate/zip.h"

/* A piece of a file; bytes 0: it has ended. A negative answer ends the reading, and is its result.
 */
typedef int (*crate_read_fn)(const struct crate_entry *entry, size_t index, const void *data,
                             size_t bytes, void *arg, struct bd_err *err);

/* Each file in its turn, folders left out; what can't be unpacked is a fault, and gets no end. fd
 * is read from its beginning. */
int crate_read_each(int fd, const struct crate_zip *zip, struct crate_faults *faults,
                    crate_read_fn fn, void *arg, struct bd_err *err);

/*
 * One file of a crate as JSON: "spec.json", "analysis.json", "hosts/DIGEST.json". BD_ENOTFOUND
 * where the crate has no such file, BD_ECORRUPT where it is no crate or no JSON, or larger than
 * such a file is: both the text and what is made of it are bounded (docs/crate.md). It is taken as
 * it is: check.h tells whether it is what was signed.
 */
int crate_read_json(const char *path, const char *name, json_t **ret_json, struct bd_err *err);
/* The same of a file that is open, and stays so: of one that crate_check_fd() found good. */
int crate_read_json_fd(int fd, const char *name, json_t **ret_json, struct bd_err *err);
