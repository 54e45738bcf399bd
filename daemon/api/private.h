/*
 * What the files of the interface share. Threads: the loop's, but for the load functions of reads.
 */
#pragma once

#include "daemon/api/api.h"
#include "lib/base/str.h"
#include "lib/plan/budget.h"
#include "lib/plan/compose.h"
#include "lib/plan/plan.h"
#include "lib/store/artifact.h"
#include "lib/store/cluster.h"
#include "lib/store/event.h"
#include "lib/store/idempotency.h"
#include "lib/store/image.h"
#include "lib/store/run.h"

#include <sys/stat.h>

struct http_file;
struct op; /* an operation of the contract, compiled */

#define LIBVIRT_MUTE                                                                               \
    "libvirtd takes calls but does not answer: restart it; 'benchctl doctor' tells more"

/* question.c */
struct question {
    struct work w;
    struct api *api;
    void (*ask)(struct question *q); /* on a worker; what it finds stays in what q is part of */
    void (*answer)(struct question *q, struct http_request *r, bool in_time);
    bool under_way;
    struct asker *askers;
};
void question_ask(struct question *q, struct http_request *r);
/* Whoever still waits is told that benchd is ending. */
void question_end(struct question *q);

struct api {
    struct api_config config;
    struct engine *engine;
    struct http_server *http;
    struct workers *readers;
    struct op *ops;
    size_t n_ops;
    struct schema *spec_schema;       /* of a whole campaign spec, as it is once it is composed */
    struct schema *definition_schema; /* of a workload's definition */
    char *builtin_schemas; /* JSON {NAME: schema} of the workloads that benchd knows by itself */
    struct wait *waits;
    struct memo *memo;
    struct shared *shared;
    struct keep *keeps; /* requests with an Idempotency-Key that are being carried out */
    struct event_stream *event_streams;
    struct exec *execs;
    struct packing *packings; /* exports of images */
    struct export *exports;   /* of campaigns and runs */
    struct crate_making *crates;
    uint64_t changes;  /* how often waits_wake() was called */
    uint64_t expanded; /* bytes of packed artifacts that are being read just now */
    struct {
        struct question q;
        int rc;
        struct bd_err err;
    } ready;
    struct {
        struct question q;
        json_t *json;     /* NULL: not known */
        int64_t asked_ns; /* monotonic */
    } host;
    struct http_files *ui;               /* NULL: there is no dashboard; */
    struct bd_err ui_err;                /* why */
    const struct http_file *report_page; /* of it; NULL: reports have no charts */
    uint64_t replies[6];                 /* by hundreds of the status */
    int64_t started_ns;                  /* wall */
    bool closing;
};

/* api.c */
/* At the end of the daemon nobody asks the engine any more: true if it answered so. */
bool refused_at_end(struct api *a, struct http_request *r);

/* contract.c */
int contract_load(struct api *a, struct bd_err *err);
void contract_free(struct api *a);
/* Body and query against the operation's schemas; false if it answered with the faults. */
bool contract_check(struct api *a, struct http_request *r);
/* 422: "the WHAT has 2 faults". */
void reply_faults(struct http_request *r, const char *what, const struct schema_faults *faults);

/* read.c */
#define READ_LIMIT_DEFAULT 100
#define READ_LIMIT_MAX     500

/* A reply's text, made on a reader. */
struct made {
    char *text; /* NULL: none */
    size_t bytes;
    char *packed; /* NULL: it is not worth it */
    size_t packed_bytes;
    char etag[BD_DIGEST_BYTES + 4];
};
void made_done(struct made *m);
/* Answers it, packed where the client takes that, or 304. */
void made_reply(struct http_request *r, const struct made *m, const char *content_type);

/* How long a reply is shared (shared.c). */
struct shared_rule {
    int64_t keep_ns;  /* so long whatever changes, */
    int64_t times;    /* and so many times as long as it took to make */
    int64_t lasts_ns; /* so long where nothing changes; 0: for ever */
};

/* A question to the store: what is asked, then what came back. */
struct api_read {
    struct work w;
    struct api *api;
    struct http_request *r;
    /* On a reader thread: sets json and, where it knows a cheaper one than the body's digest, etag.
     */
    int (*load)(struct api_read *q, struct store_conn *conn, struct bd_err *err);
    /* NULL: 200 with the JSON, or 304. Else it answers; q is freed after it, unless it waits. */
    void (*reply)(struct api_read *q);
    /* Instead, whatever came of it, and whether who asked is gone or not. */
    void (*done)(struct api_read *q);

    char id[96];    /* of the object, or what names it */
    char name[132]; /* of a file of a run, too */
    unsigned states;
    int64_t cursor_ns;
    char cursor_id[BD_ID_BYTES];
    unsigned limit;
    int64_t since;
    struct sample_live *live; /* of a run that is being measured; NULL: it is not */
    void *ask;                /* what else there is to know; free()d with it */
    int64_t wait_until_ns;    /* monotonic; 0: don't wait */
    char subject[96];         /* what it waits for; "": anything */
    uint64_t changes;         /* the api's when it was submitted */
    bool waits;               /* wait_for() has it: it lives on */

    char *known; /* its If-None-Match; NULL: none */
    bool packs;  /* a long text is to be packed */
    struct shared *shared;
    const struct shared_rule *rule;
    int64_t began_ns; /* monotonic: when a reader took it up */

    json_t *json;
    struct made made; /* by read_made() */
    char etag[BD_DIGEST_BYTES + 4];
    int fd; /* of a file to answer with; -1: none */
    uint64_t fd_bytes;
    int64_t removed_ns; /* wall: what it was about is gone since; 0: it is not */
    int rc;
    struct bd_err err;
};
/* Takes a reference of r. */
struct api_read *read_new(struct api *a, struct http_request *r,
                          int (*load)(struct api_read *, struct store_conn *, struct bd_err *));
/* Likewise, of the object that the path names: "run" of {runId}, whose subject is "run/ID". */
struct api_read *read_object(struct api *a, struct http_request *r, const char *kind,
                             int (*load)(struct api_read *, struct store_conn *, struct bd_err *));
void read_submit(struct api_read *q);
void read_free(struct api_read *q);
/* Answers with the content of q's fd, or that who asks has it already. */
void read_reply_file(struct api_read *q);
/* limit, cursor, name and states (by state_from) of a list; false if it answered with a fault. */
bool read_page(struct api_read *q, int (*state_from)(const char *s, unsigned *ret_bit));
/* The bits of a list of words that a query parameter is; 0 where it is not given. */
unsigned read_words(const struct http_request *r, const char *param,
                    int (*bit_from)(const char *s, unsigned *ret_bit));
/* A query parameter that the contract has found to be a duration, in ns; what is too long for the
 * clock is as long as that goes. */
int64_t read_duration(const struct http_request *r, const char *param, int64_t fallback);
/* Answers that the cursor is of no use, and frees q. */
void read_bad_cursor(struct api_read *q);
/* A load that sees whether there is the run q->id, and no more. */
int load_run_exists(struct api_read *q, struct store_conn *conn, struct bd_err *err);
/* Where a reply may be long, its text is made on the reader. Taken over. */
void read_made(struct api_read *q, struct bd_str *text);
/* For q->reply: answers such a text, or 304. */
void reply_made(struct api_read *q, const char *content_type);
void reply_made_json(struct api_read *q);
/* The cursor of the page behind one of n items, from the last of them; NULL: it is short, so the
 * last one. The caller's. */
char *page_next(const struct api_read *q, size_t n, int64_t last_ns, const char *last_id);
/* {items, next}: next from the last of a full page. items is stolen. */
json_t *page_json(json_t *items, const struct api_read *q, int64_t last_ns, const char *last_id);
/* Whether an If-None-Match (NULL: none) has it, in either of its forms. */
bool etag_is_known(const char *have, const char *etag);
/* True if the request's If-None-Match has it. */
bool etag_matches(const struct http_request *r, const char *etag);
/* Answers JSON with its ETag, or 304. json is stolen. */
void reply_cacheable(struct http_request *r, json_t *json);
/* arg of order_done(), which takes it over. Takes a reference of r. */
struct order *order_new(struct api *a, struct http_request *r,
                        struct api_read *(*read_one)(struct api *, struct http_request *));
/* An engine_done_fn, for objects that were asked to end: answers what the store has of it then, 200
 * where it is at its end and 202 where it is on its way. */
void order_done(void *arg, int rc, const struct bd_err *err, const void *row);
/* Seconds of ?wait= as a monotonic deadline; 0 if not given. */
int64_t wait_deadline(const struct http_request *r);

/* shared.c: answers with what was made for others, or reads q and keeps what it makes by
 * read_made(). What changes with q->subject ("": with anything) is made anew. q is taken over. */
void shared_read(struct api_read *q, const struct shared_rule *rule);
void shared_wake(struct api *a, const char *subject);
void shared_end(struct api *a); /* after the last read */

/* wait.c: long polls. Reads q again once its subject changes, or its time is over; false if that is
 * over already: then it is answered as it is. */
bool wait_for(struct api_read *q);
void waits_wake(struct api *a, const char *subject);
void waits_end(struct api *a);

/* idempotency.c */
struct keep; /* what is needed to keep a reply */
/* Looks for the request's Idempotency-Key: calls go(keep, r) if it is new (keep NULL: none was
 * given), answers the stored reply otherwise. */
void idempotent(struct api *a, struct http_request *r,
                void (*go)(struct api *a, struct http_request *r, struct keep *keep));
/* Stores the reply to be; on the writer's thread, in the transaction that makes the object. keep
 * may be NULL. */
int keep_reply(struct keep *keep, struct store_conn *conn, int status, const char *location,
               const json_t *body, struct bd_err *err);
/* Likewise for an object that was accepted: 202, at collection/ID. body is stolen. */
int keep_created(struct keep *keep, struct store_conn *conn, const char *collection, json_t *body,
                 struct bd_err *err);
/* That reply. body is stolen. */
void reply_created(struct http_request *r, const char *collection, json_t *body);
/* Answers what was found and not made, once that reply is stored. keep and body are taken over. */
void reply_kept(struct api *a, struct http_request *r, struct keep *keep, int status, json_t *body);
void keep_free(struct keep *keep);

/* fragments.c; on reader threads. */
/* {NAME: {source, spec, digest}} of all that there are, or {source, error}; new reference. */
json_t *fragments_read(const char *dirs);

/* estimate.c: what a plan will probably cost, by what the store knows. */
struct plan_estimate {
    struct estimate *cells; /* of the first ones */
    size_t n_cells;
    size_t of_basis[ESTIMATE_BASIS_COUNT];
    struct plan_cost block; /* of one; nothing where is_known is false */
    bool is_known;
};
/* examined: as the planning's. */
int plan_estimate_make(const struct plan *plan, const json_t *spec, const json_t *examined,
                       struct store_conn *conn, struct plan_estimate *ret_estimate,
                       struct bd_err *err);
void plan_estimate_done(struct plan_estimate *e);

/* plans.c: a campaign's spec on its way to a plan. */
struct planning {
    struct work w;
    struct api *api;
    struct http_request *r;
    struct keep *keep;
    /* On a reader: makes json; NULL: nothing. */
    int (*view)(struct planning *p, struct store_conn *conn, struct bd_err *err);
    void (*go)(
        struct planning *p); /* on the loop, where the spec is right; may take what it needs */
    json_t *body;            /* as it was submitted */
    bool adds;               /* the last batch of its `added` is what was submitted */
    struct composition composition;
    json_t *spec;          /* composed, then resolved */
    json_t *definitions;   /* {NAME: definition} of workloads that it names; NULL: none */
    struct schema *schema; /* of a spec with these; NULL: the api's */
    struct plan *plan;
    json_t *json;
    json_t *images;          /* {IMAGE: pointer to where the spec names it} */
    json_t *needed;          /* {"IMAGE WORKLOAD": true} that were looked at */
    json_t *inputs;          /* {DIGEST: true} that it names; NULL: none */
    json_t *examined;        /* what is in them (cell_check.h); NULL: nothing was examined */
    struct bd_strv warnings; /* what the host has no room for */
    struct bd_strv lacking;  /* what images lack of what workloads need */
    char *no_room;           /* the first of these that nothing waives, or NULL */
    struct schema_faults faults;
    int rc; /* of view */
    struct bd_err err;
};
/* Answers with the faults, or calls go. keep (NULL: none) is taken over. */
void planning_start(struct api *a, struct http_request *r, struct keep *keep,
                    int (*view)(struct planning *p, struct store_conn *conn, struct bd_err *err),
                    void (*go)(struct planning *p));

/* Likewise of a campaign's spec (stolen) to whose `added` the request's cells were appended. */
void planning_start_of(struct api *a, struct http_request *r, json_t *spec, struct keep *keep,
                       void (*go)(struct planning *p));

/* inputs.c; on the writer's thread. BD_ECONFLICT where one of {DIGEST: true} is not there, as it
 * was removed since the plan was made. */
int inputs_still_there(struct store_conn *conn, const json_t *inputs, struct bd_err *err);

/* plan_view.c: the contract's Plan, for `view`. */
int view_plan(struct planning *p, struct store_conn *conn, struct bd_err *err);

/* artifacts.c; on reader threads. A file that is not packed yet has no digest (""). */
/* By name; none where the run has left nothing. */
int run_files_list(const struct api *a, struct store_conn *conn, const char *run,
                   struct store_artifact **ret_files, size_t *ret_n, struct bd_err *err);
/* BD_ENOTFOUND; *ret_fd is -1 where the file is removed. */
int run_file_open(const struct api *a, struct store_conn *conn, const char *run, const char *name,
                  struct store_artifact *ret_file, int *ret_fd, struct bd_err *err);

/* The request's part of what may be expanded at once, as large as q->fd_bytes; a file that is
 * larger by itself is read alone. False: it is answered. On the loop. */
bool expanded_take(const struct api_read *q);

/* grid.c; on reader threads. Appends the contract's CampaignValues, of these metrics with commas
 * between (""; the objectives). What is in out is of no use where it fails; nor below. */
int campaign_values(struct store_conn *conn, const char *id, const char *metrics,
                    struct bd_str *out, struct bd_err *err);
/* gantt.c; on reader threads. Appends the contract's RunGantt, of so many jobs at most. */
int run_gantt(struct store_conn *conn, const char *run, size_t most, struct bd_str *out,
              struct bd_err *err);

/* runs.c; on reader threads. A run with its cluster and steps; new reference. */
int run_json(struct store_conn *conn, const struct store_run *row, json_t **ret_json,
             int64_t *ret_cluster_version, struct bd_err *err);

/* analysis.c; on reader threads. Of the objectives; new reference. */
int campaign_analysis(struct store_conn *conn, const struct store_campaign *row, json_t **ret_json,
                      struct bd_err *err);

/* view.c, view_run.c: rows as the contract's JSON; new references. PURE. */
json_t *view_time(int64_t wall_ns); /* null for 0 */
json_t *view_or_null(json_t *json); /* null for NULL */
json_t *view_object(json_t *json);  /* {} for NULL, as columns may be that say nothing yet */
json_t *view_list(json_t *json);    /* [] for NULL */
json_t *view_cluster(const struct store_cluster *row);
json_t *view_image(const struct store_image *row);
json_t *view_noise(const struct engine_load *load);
json_t *view_event(const struct store_event *row);
json_t *view_campaign(const struct store_campaign *row, unsigned running);
json_t *view_steps(const struct store_step *rows, size_t n);
/* cluster may be NULL: it has none. */
json_t *view_run(const struct store_run *row, const struct store_cluster *cluster,
                 const struct store_step *tried, size_t n);

/* ui.c */
void ui_load(struct api *a); /* blocks */
void ui_free(struct api *a);
/* The page of a report, with its data (JSON) and its text (HTML) in it. The caller's. */
char *ui_report(const struct http_file *page, const char *data, const char *document);

/* report_data.c; on reader threads. Appends {schema, analysis, values, jobs}: what a report's
 * charts are drawn of; jobs of one run a cell. */
int report_data(struct store_conn *conn, const struct store_campaign *row, const json_t *analysis,
                struct bd_str *out, struct bd_err *err);

/* handlers, by file */
void clusters_create(struct http_request *r, void *app);
void clusters_list(struct http_request *r, void *app);
void clusters_get(struct http_request *r, void *app);
void clusters_delete(struct http_request *r, void *app);
void exec_in_cluster(struct http_request *r, void *app);
void plans_create(struct http_request *r, void *app);
void fragments_list(struct http_request *r, void *app);
void fragments_get(struct http_request *r, void *app);
void campaigns_create(struct http_request *r, void *app);
void campaigns_list(struct http_request *r, void *app);
void campaigns_get(struct http_request *r, void *app);
void campaigns_add_cells(struct http_request *r, void *app);
void campaigns_cancel(struct http_request *r, void *app);
void campaigns_pause(struct http_request *r, void *app);
void campaigns_resume(struct http_request *r, void *app);
void campaigns_analyse(struct http_request *r, void *app);
void campaigns_grid(struct http_request *r, void *app);
void campaigns_values(struct http_request *r, void *app);
void runs_gantt(struct http_request *r, void *app);
void overview_get(struct http_request *r, void *app);
void campaigns_report(struct http_request *r, void *app);
void comparisons_create(struct http_request *r, void *app);
void campaigns_crate(struct http_request *r, void *app);
void crates_end(struct api *a);
void signing_key_get(struct http_request *r, void *app);
void runs_list(struct http_request *r, void *app);
void runs_list_of_campaign(struct http_request *r, void *app);
void runs_get(struct http_request *r, void *app);
void runs_cancel(struct http_request *r, void *app);
void runs_steps(struct http_request *r, void *app);
void runs_logs(struct http_request *r, void *app);
void queue_get(struct http_request *r, void *app);
void jobs_list(struct http_request *r, void *app);
void samples_get(struct http_request *r, void *app);
void metrics_catalogue_list(struct http_request *r, void *app);
void artifacts_list(struct http_request *r, void *app);
void exports_campaign(struct http_request *r, void *app);
void exports_run(struct http_request *r, void *app);
void exports_end(struct api *a);
void artifacts_get(struct http_request *r, void *app);
void execs_end(struct api *a);
void images_api_build(struct http_request *r, void *app);
void images_api_import(struct http_request *r, void *app);
void images_api_list(struct http_request *r, void *app);
void images_api_get(struct http_request *r, void *app);
void images_api_manifest(struct http_request *r, void *app);
void images_api_export(struct http_request *r, void *app);
void images_api_delete(struct http_request *r, void *app);
void packings_end(struct api *a);
void inputs_add(struct http_request *r, void *app);
void inputs_list(struct http_request *r, void *app);
void inputs_get(struct http_request *r, void *app);
void inputs_content(struct http_request *r, void *app);
void inputs_remove(struct http_request *r, void *app);
void hosts_list(struct http_request *r, void *app);
void hosts_get(struct http_request *r, void *app);
void hosts_description(struct http_request *r, void *app);
void schedulers_list(struct http_request *r, void *app);
void schedulers_get(struct http_request *r, void *app);
void workloads_list(struct http_request *r, void *app);
void workloads_get(struct http_request *r, void *app);
void workloads_create(struct http_request *r, void *app);
void workloads_delete(struct http_request *r, void *app);
void events_list(struct http_request *r, void *app);
void events_wake(struct api *a);
void events_end(struct api *a);
void system_health(struct http_request *r, void *app);
void system_init(struct api *a);
void hosts_init(struct api *a);
void system_ready(struct http_request *r, void *app);
void system_metrics(struct http_request *r, void *app);
void system_contract(struct http_request *r, void *app);
