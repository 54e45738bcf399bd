/*
 * Campaigns and runs as files (lib/report/export.h). A file may be large, so it is written where
 * nobody sees it, by a worker that may take its time, and sent from there once it is whole: what
 * goes wrong on the way is a problem, and never half a file. A few are written at once; others
 * wait.
 */
#include "daemon/api/private.h"

#include "lib/base/cancel.h"
#include "lib/base/digest.h"
#include "lib/base/fs.h"
#include "lib/report/export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AT_ONCE_MAX 2 /* half of the workers that they are given to */

struct export
{
    struct work w;
    struct export *next; /* the api's list: the oldest first */
    struct api *api;
    struct http_request *r;
    struct bd_cancel *cancel;
    const char *kind; /* "campaign" or "run" */
    char id[96];
    char state[32];
    const struct export_format *format;
    bool begun;
    struct bd_digest *digest;
    int fd;
    uint64_t bytes;
    int rc;
    struct bd_err err;
};

/* -- on a worker -- */

static int put(void *arg, const char *bytes, size_t n)
{
    struct export *e = arg;
    int rc = bd_cancel_check(e->cancel, NULL);
    if (rc == 0)
        rc = bd_write_all(e->fd, bytes, n);
    if (rc < 0)
        return rc;
    bd_digest_add(e->digest, bytes, n);
    e->bytes += n;
    return 0;
}

/* A file without a name. */
static int open_file(struct export *e, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/export.XXXXXX", e->api->config.places->transfer_dir);
    e->fd = mkostemp(path, O_CLOEXEC);
    if (e->fd < 0)
        return bd_err_errno(err, errno, "make a file in %s", e->api->config.places->transfer_dir);
    unlink(path);
    return 0;
}

static int read_state(struct export *e, struct store_conn *conn, struct bd_err *err)
{
    struct store_campaign campaign = {0};
    struct store_run run = {0};
    bool is_run = strcmp(e->kind, "run") == 0;
    int rc = is_run ? store_run_get(conn, e->id, &run, err)
                    : store_campaign_get(conn, e->id, &campaign, err);
    if (rc == 0)
        snprintf(e->state, sizeof(e->state), "%s",
                 is_run ? run_state_to_str(run.state) : campaign_state_to_str(campaign.state));
    store_run_done(&run);
    store_campaign_done(&campaign);
    return rc;
}

static int write_file(struct export *e, struct bd_err *err)
{
    const struct export_sink sink = {put, e};
    bd_auto(store_conn) struct store_conn *conn = NULL;
    int rc = store_open_reader(e->api->config.places->db_path, &conn, err);
    if (rc == 0)
        rc = read_state(e, conn, err);
    if (rc == 0)
        rc = open_file(e, err);
    return rc < 0 ? rc : export_write(e->format, conn, e->id, &sink, err);
}

static void export_run(struct work *w, void *context BD_UNUSED)
{
    struct export *e = (struct export *)w;
    e->rc = write_file(e, &e->err);
}

/* -- on the loop -- */

static void begin_some(struct api *a)
{
    unsigned n = 0;
    for (const struct export *e = a->exports; e; e = e->next)
        n += e->begun;
    for (struct export *e = a->exports; e && n < AT_ONCE_MAX; e = e->next) {
        if (e->begun)
            continue;
        e->begun = true;
        n++;
        workers_submit(a->config.asks, &e->w);
    }
}

static void export_free(struct export *e)
{
    struct export **at = &e->api->exports;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    http_request_unref(e->r);
    bd_cancel_unref(e->cancel);
    bd_digest_free(e->digest);
    bd_cleanup_fd(&e->fd);
    free(e);
}

static void reply_file(struct export *e)
{
    char digest[BD_DIGEST_BYTES], etag[BD_DIGEST_BYTES + 4];
    bd_auto_free char *name =
        bd_xasprintf("attachment; filename=\"%s-%s.export-%s.%s\"", e->kind, e->id,
                     strchr(EXPORT_SCHEMA, '/') + 1, e->format->extension);
    bd_digest_end(e->digest, digest);
    snprintf(etag, sizeof(etag), "\"%s\"", digest);
    http_header(e->r, "ETag", etag);
    http_header(e->r, "Cache-Control", "no-cache");
    if (etag_matches(e->r, etag)) {
        http_reply_empty(e->r, 304);
        return;
    }
    http_header(e->r, "Content-Disposition", name);
    http_header(e->r, "X-Benchd-Schema", EXPORT_SCHEMA);
    http_header(e->r, "X-Benchd-State", e->state);
    http_reply_file(e->r, e->format->media_type, bd_take_fd(&e->fd), e->bytes);
}

static void export_done(struct work *w)
{
    struct export *e = (struct export *)w;
    struct api *a = e->api;
    bool gone = http_request_gone(e->r);
    if (!gone && e->rc == 0)
        reply_file(e);
    else if (!gone && !refused_at_end(a, e->r))
        http_problem_err(e->r, &e->err);
    export_free(e);
    if (!a->closing)
        begin_some(a);
}

void exports_end(struct api *a)
{
    for (struct export *e = a->exports, *next; e; e = next) {
        next = e->next;
        bd_cancel_set(e->cancel, BD_ECANCELLED, "benchd is ending");
        if (e->begun)
            continue;
        refused_at_end(a, e->r);
        export_free(e);
    }
}

static void start(struct api *a, struct http_request *r, const char *kind,
                  const struct export_format *formats)
{
    const char *format = http_request_query(r, "format");
    struct export *e = bd_new(struct export);
    struct export **at = &a->exports;
    e->w = (struct work){.run = export_run, .done = export_done};
    e->api = a;
    e->r = http_request_ref(r);
    e->cancel = bd_cancel_new();
    e->digest = bd_digest_new();
    e->fd = -1;
    e->kind = kind;
    e->format = export_format_find(formats, format ? format : "json"); /* as the contract has it */
    bd_auto_free char *param = bd_xasprintf("%sId", kind);
    snprintf(e->id, sizeof(e->id), "%s", http_request_param(r, param));
    while (*at)
        at = &(*at)->next;
    *at = e;
    begin_some(a);
}

void exports_campaign(struct http_request *r, void *app)
{
    start(app, r, "campaign", export_of_campaign);
}

void exports_run(struct http_request *r, void *app)
{
    start(app, r, "run", export_of_run);
}
