/* What the files of an export share. */
#pragma once

#include "lib/base/str.h"
#include "lib/jobs/jobs.h"
#include "lib/plan/plan.h"
#include "lib/report/export.h"
#include "lib/store/run.h"

struct export_out {
    const struct export_sink *sink;
    struct bd_str text; /* formats add to it, and spill it when something is whole */
};

/* -- export.c -- */

/* Hands the text on where it has grown; between any two a format adds no more than a row. */
int export_spill(struct export_out *out, struct bd_err *err);
/* The fewest digits that are read back as the value; nothing of one that is not finite. */
void export_add_real(struct bd_str *out, double value);
/* JSON, with reals of 17 digits. */
void export_add_json(struct bd_str *out, const json_t *json);
/* A level, or another value of a spec, as one word: a string as it is, anything else as JSON with
 * sorted members. The caller's. */
char *export_word(const json_t *value);
/* "2026-01-31T12:00:00.123Z"; nothing for 0. */
void export_add_time(struct bd_str *out, int64_t wall_ns);
/* RFC 3339, or null. New reference. */
json_t *export_time(int64_t wall_ns);

/* -- export_runs.c -- */

/* A campaign with its runs in the order of its plan, each try of each. */
struct export_campaign {
    struct store_conn *conn;
    struct store_campaign row;
    struct plan *plan;
    struct store_run_head *heads;
    size_t n;             /* runs that there are so far */
    struct bd_strv paths; /* that vary, sorted */
};
int export_campaign_read(struct store_conn *conn, const char *id, struct export_campaign *ret_c,
                         struct bd_err *err);
void export_campaign_done(struct export_campaign *c);
#define export_auto_campaign __attribute__((cleanup(export_campaign_done)))

/* Calls fn for each run that there was when the campaign was read. */
typedef int (*export_run_fn)(const struct store_run *run, size_t index, void *arg,
                             struct bd_err *err);
int export_each_run(const struct export_campaign *c, export_run_fn fn, void *arg,
                    struct bd_err *err);
/* Is it counted: done, of no warm-up, and not invalid? */
bool export_is_counted(const struct store_run *run);
/* Done, and not counted. */
bool export_is_excluded(const struct store_run *run);
/* Why it failed, or else the first reason of its grade; NULL: there is none. */
const char *export_reason(const struct store_run *run);
/* What it has at a path that varies. Borrowed; NULL: nothing. */
const json_t *export_level(const struct store_run *run, const char *path);

/* A metric as some run has it; of one that was measured in two units there are two. */
struct export_metric {
    char *name, *unit;
    bool several; /* some value of it is made of more or less than one */
};
struct export_metrics { /* by name and unit */
    struct export_metric *items;
    size_t n, cap;
};
int export_metrics_read(const struct export_campaign *c, struct export_metrics *ret_metrics,
                        struct bd_err *err);
void export_metrics_done(struct export_metrics *m);
#define export_auto_metrics __attribute__((cleanup(export_metrics_done)))
/* {value, unit, kind, n} of it in a run; NULL: it has none in this unit. */
const json_t *export_metric_of(const struct store_run *run, const struct export_metric *metric);

/* -- export_csv.c -- */

/* A field: in quotes where it must be, and no formula. */
void export_csv_text(struct bd_str *out, const char *text);
/* Exactly: "2.050000000". */
void export_csv_seconds(struct bd_str *out, int64_t ns);

/* -- export_NAME.c: struct export_format.write -- */

int export_campaign_csv(struct store_conn *conn, const char *id, struct export_out *out,
                        struct bd_err *err);
int export_campaign_json(struct store_conn *conn, const char *id, struct export_out *out,
                         struct bd_err *err);
int export_campaign_junit(struct store_conn *conn, const char *id, struct export_out *out,
                          struct bd_err *err);
int export_campaign_openmetrics(struct store_conn *conn, const char *id, struct export_out *out,
                                struct bd_err *err);
int export_run_swf(struct store_conn *conn, const char *id, struct export_out *out,
                   struct bd_err *err);
int export_run_csv(struct store_conn *conn, const char *id, struct export_out *out,
                   struct bd_err *err);
int export_run_json(struct store_conn *conn, const char *id, struct export_out *out,
                    struct bd_err *err);
