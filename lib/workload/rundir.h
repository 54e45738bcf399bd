/*
 * Small files in a run's directory on the host, for the files of this folder: written whole and
 * durably, read whole. Threads: any.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/str.h"

#include <stddef.h>
#include <stdint.h>

#define RUNDIR_JSON_BYTES ((size_t)4 << 20) /* of a record that was written here */

/* The file has the old content or the new one, never a part. -errno. */
int rundir_write(int dir_fd, const char *name, const void *data, size_t bytes, struct bd_err *err);
int rundir_write_json(int dir_fd, const char *name, const json_t *json, struct bd_err *err);
/* -ENOENT where there is none, BD_ECORRUPT where it is larger than max_bytes. Appended. */
int rundir_read(int dir_fd, const char *name, size_t max_bytes, struct bd_str *ret_text,
                struct bd_err *err);
/* What one does with whole lines of a file, some at once; the last one may have no end. */
typedef int (*rundir_lines_fn)(const char *text, size_t bytes, void *arg, struct bd_err *err);
/* As rundir_read(), for what is too large to be in memory at once. Ends with fn's first failure. */
int rundir_read_lines(int dir_fd, const char *name, uint64_t max_bytes, rundir_lines_fn fn,
                      void *arg, struct bd_err *err);
/* The first `bytes` of it; BD_ECORRUPT where it has fewer. Appended. */
int rundir_read_head(int dir_fd, const char *name, size_t bytes, struct bd_str *ret_text,
                     struct bd_err *err);
/* BD_ECORRUPT where it is no JSON, or larger than RUNDIR_JSON_BYTES. New reference. */
int rundir_read_json(int dir_fd, const char *name, json_t **ret_json, struct bd_err *err);
