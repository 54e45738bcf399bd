#include "daemon/api/private.h"

#include <stdio.h>

/* -- list and show -- */

static int state_from(const char *s, unsigned *ret_bit)
{
    enum run_state state;
    int rc = run_state_from_str(s, &state);
    if (rc == 0)
        *ret_bit = state;
    return rc;
}

/* With its cluster, which it has not got where it ended before its turn, and its steps. */
int run_json(struct store_conn *conn, const struct store_run *row, json_t **ret_json,
             int64_t *ret_cluster_version, struct bd_err *err)
{
    struct store_cluster cluster = {0};
    struct store_step *tried = NULL;
    size_t n = 0;
    int rc = store_cluster_get(conn, row->id, &cluster, err);
    bool has_cluster = rc == 0;
    if (rc < 0 && rc != BD_ENOTFOUND)
        return rc;
    rc = store_step_list(conn, row->id, &tried, &n, err);
    if (rc == 0) {
        *ret_json = view_run(row, has_cluster ? &cluster : NULL, tried, n);
        *ret_cluster_version = cluster.version;
        store_steps_free(tried, n);
    }
    store_cluster_done(&cluster);
    return rc;
}

static int load_list(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_run_filter filter = {
        .campaign = *q->id ? q->id : NULL,
        .states = q->states,
        .before_created_ns = q->cursor_ns,
        .before_id = q->cursor_ns ? q->cursor_id : NULL,
        .limit = q->limit,
    };
    struct store_run *rows = NULL;
    size_t n = 0;
    int rc = store_run_list(conn, &filter, NULL, NULL, &rows, &n, err);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n && rc == 0; i++) {
        json_t *item = NULL;
        int64_t version;
        rc = run_json(conn, &rows[i], &item, &version, err);
        if (rc < 0)
            break;
        json_object_set_new(item, "spec", json_null());
        json_array_append_new(items, item);
    }
    if (rc == 0)
        q->json = page_json(items, q, n ? rows[n - 1].created_ns : 0, n ? rows[n - 1].id : "");
    else
        json_decref(items);
    store_runs_free(rows, n);
    return rc;
}

void runs_list(struct http_request *r, void *app)
{
    struct api_read *q = read_new(app, r, load_list);
    const char *campaign = http_request_query(r, "campaign");
    snprintf(q->id, sizeof(q->id), "%s", campaign ? campaign : "");
    if (read_page(q, state_from))
        read_submit(q);
}

static int load_of_campaign(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_campaign campaign = {0};
    int rc = store_campaign_get(conn, q->id, &campaign, err);
    if (rc < 0)
        return rc;
    store_campaign_done(&campaign);
    return load_list(q, conn, err);
}

void runs_list_of_campaign(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "campaign", load_of_campaign);
    if (read_page(q, state_from))
        read_submit(q);
}

static int load_one(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_run row = {0};
    int64_t cluster_version = 0;
    int rc = store_run_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    rc = run_json(conn, &row, &q->json, &cluster_version, err);
    snprintf(q->etag, sizeof(q->etag), "\"%s.%lld.%lld\"", row.id, (long long)row.version,
             (long long)cluster_version);
    store_run_done(&row);
    return rc;
}

int load_run_exists(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_run row = {0};
    int rc = store_run_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    store_run_done(&row);
    return 0;
}

void runs_get(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "run", load_one);
    q->wait_until_ns = wait_deadline(r);
    read_submit(q);
}

static int load_steps(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    int rc = load_one(q, conn, err);
    if (rc < 0)
        return rc;
    json_t *list = json_pack("{s:O}", "items", json_object_get(q->json, "steps"));
    json_decref(q->json);
    q->json = list;
    return 0;
}

void runs_steps(struct http_request *r, void *app)
{
    read_submit(read_object(app, r, "run", load_steps));
}

/* -- cancel -- */

static struct api_read *read_one(struct api *a, struct http_request *r)
{
    return read_object(a, r, "run", load_one);
}

void runs_cancel(struct http_request *r, void *app)
{
    struct api *a = app;
    engine_run_cancel(a->engine, http_request_param(r, "runId"), order_done,
                      order_new(a, r, read_one));
}
