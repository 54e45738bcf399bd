/*
 * What leaves the daemon as a file: a campaign or a run of the store, in one of the formats of two
 * tables. docs/export.md tells what is in each; a new format is a row and a file export_NAME.c.
 *
 * Rows are read one by one and written on at once: what is held is a line for each run (40 bytes),
 * and what a format's file says of itself, however many runs or jobs there are. What is written
 * depends on nothing but the rows: the same rows give the same bytes. Blocks; for workers.
 * Threads: the connection's.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/store/store.h"

#include <stddef.h>

#define EXPORT_SCHEMA "benchd.export/1"
#define EXPORT_OPENMETRICS_RUNS_MAX                                                                \
    10000 /* whose values have to be together by metric; more are refused */

/* Where the bytes go, in pieces of about 64 KiB. A negative answer (-errno, or one of enum bd_code)
 * ends the export, and is its result. */
struct export_sink {
    int (*put)(void *arg, const char *bytes, size_t n);
    void *arg;
};

struct export_out; /* a sink with a buffer */

struct export_format {
    const char *name;       /* "csv" */
    const char *media_type; /* with its parameters */
    const char *extension;  /* of a file, without the dot */
    int (*write)(struct store_conn *conn, const char *id, struct export_out *out,
                 struct bd_err *err);
};

/* Each ended by one without a name. */
extern const struct export_format export_of_campaign[];
extern const struct export_format export_of_run[];
/* NULL: there is none of this name. */
const struct export_format *export_format_find(const struct export_format *formats,
                                               const char *name);

/*
 * Writes the campaign or run of this id. BD_ENOTFOUND; BD_ECONFLICT where it is too large for the
 * format, or has nothing that the format could hold; BD_ECORRUPT where a row can't be read: nothing
 * is left out silently. After a failure the sink may have got some of it.
 */
int export_write(const struct export_format *format, struct store_conn *conn, const char *id,
                 const struct export_sink *sink, struct bd_err *err);
