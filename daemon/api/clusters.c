#include "daemon/api/private.h"

#include "lib/sched/sched.h"

#include <stdio.h>
#include <string.h>

/* -- create -- */

struct creation {
    struct http_request *r;
    struct keep *keep;
};

static int keep_cluster(struct store_conn *conn, const void *row, void *arg, struct bd_err *err)
{
    struct creation *c = arg;
    return keep_created(c->keep, conn, "/v1/clusters", view_cluster(row), err);
}

static void on_created(void *arg, int rc, const struct bd_err *err, const void *row)
{
    struct creation *c = arg;
    if (rc == BD_ENOTFOUND) { /* all else that it names was checked before */
        bd_auto_faults struct schema_faults faults = {0};
        schema_faults_add(&faults, "/image", bd_json_str(http_request_json(c->r), "image", NULL),
                          "the name, id or digest of an image that is ready");
        http_problem_faults(c->r, "validation", err->text, &faults);
    } else if (rc < 0) {
        http_problem_err(c->r, err);
    } else {
        reply_created(c->r, "/v1/clusters", view_cluster(row));
    }
    http_request_unref(c->r);
    keep_free(c->keep);
    free(c);
}

/* What the contract's schema can't say. */
static bool check_spec(const struct api *a, struct http_request *r, json_t *spec)
{
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec read;
    if (cluster_spec_read(spec, &read, &faults) == 0) {
        virt_shape_check(a->config.virt, &read, &faults);
        cluster_spec_done(&read);
    }
    const json_t *scheduler = json_object_get(spec, "scheduler"); /* by now it has a name */
    sched_check(sched_find(bd_json_str(scheduler, "name", "")), scheduler, &faults);
    if (faults.n == 0)
        return true;
    reply_faults(r, "cluster", &faults);
    return false;
}

static void create(struct api *a, struct http_request *r, struct keep *keep)
{
    bd_auto_json json_t *spec = json_deep_copy(http_request_json(r));
    bd_auto_free char *name = NULL;
    if (bd_json_str(spec, "name", NULL))
        name = bd_xstrdup(bd_json_str(spec, "name", NULL));
    json_object_del(spec, "name");
    if (!check_spec(a, r, spec)) {
        keep_free(keep);
        return;
    }
    struct creation *c = bd_new(struct creation);
    c->r = http_request_ref(r);
    c->keep = keep;
    engine_cluster_create(a->engine, &(struct engine_create){
                                         .spec = bd_take(spec),
                                         .name = name,
                                         .also = keep_cluster,
                                         .done = on_created,
                                         .arg = c,
                                     });
}

void clusters_create(struct http_request *r, void *app)
{
    idempotent(app, r, create);
}

/* -- list and show -- */

static int state_from(const char *s, unsigned *ret_bit)
{
    enum cluster_state state;
    int rc = cluster_state_from_str(s, &state);
    if (rc == 0)
        *ret_bit = state;
    return rc;
}

static int load_list(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_cluster_filter filter = {
        .states =
            q->states ? q->states : ((1U << CLUSTER_STATE_COUNT) - 1) & ~(1U << CLUSTER_DELETED),
        .name = *q->name ? q->name : NULL,
        .before_created_ns = q->cursor_ns,
        .before_id = q->cursor_ns ? q->cursor_id : NULL,
        .limit = q->limit,
    };
    struct store_cluster *rows = NULL;
    size_t n = 0;
    int rc = store_cluster_list(conn, &filter, NULL, NULL, &rows, &n, err);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, view_cluster(&rows[i]));
    q->json = page_json(items, q, n ? rows[n - 1].created_ns : 0, n ? rows[n - 1].id : "");
    store_clusters_free(rows, n);
    return 0;
}

void clusters_list(struct http_request *r, void *app)
{
    struct api_read *q = read_new(app, r, load_list);
    if (read_page(q, state_from))
        read_submit(q);
}

static int load_one(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_cluster row = {0};
    int rc = store_cluster_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    q->json = view_cluster(&row);
    snprintf(q->etag, sizeof(q->etag), "\"%s.%lld\"", row.id, (long long)row.version);
    store_cluster_done(&row);
    return 0;
}

static struct api_read *read_one(struct api *a, struct http_request *r)
{
    return read_object(a, r, "cluster", load_one);
}

void clusters_get(struct http_request *r, void *app)
{
    struct api_read *q = read_one(app, r);
    q->wait_until_ns = wait_deadline(r);
    read_submit(q);
}

/* -- delete -- */

void clusters_delete(struct http_request *r, void *app)
{
    struct api *a = app;
    engine_cluster_delete(a->engine, http_request_param(r, "clusterId"), order_done,
                          order_new(a, r, read_one));
}
