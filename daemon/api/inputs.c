/* Inputs: files that specs name by their digest. */
#include "daemon/api/private.h"

#include "lib/artifact/artifact.h"
#include "lib/store/input.h"

#include <stdio.h>
#include <string.h>

static json_t *view_input(const struct store_input *row)
{
    return json_pack("{s:s, s:s, s:s?, s:I, s:I, s:o}", "id", row->id, "digest", row->digest,
                     "name", row->name, "bytes", (json_int_t)row->bytes, "storedBytes",
                     (json_int_t)row->stored_bytes, "createdAt", view_time(row->created_ns));
}

/* -- list and show -- */

static int load_list(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_input *rows = NULL;
    size_t n = 0;
    int rc = store_input_list(conn, q->cursor_ns, q->cursor_ns ? q->cursor_id : NULL, q->limit,
                              &rows, &n, err);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, view_input(&rows[i]));
    q->json = page_json(items, q, n ? rows[n - 1].created_ns : 0, n ? rows[n - 1].id : "");
    store_inputs_free(rows, n);
    return 0;
}

void inputs_list(struct http_request *r, void *app)
{
    struct api_read *q = read_new(app, r, load_list);
    if (read_page(q, NULL))
        read_submit(q);
}

/* The same content has the same digest: it never changes. */
static int load_one(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_input row = {0};
    int rc = store_input_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    q->json = view_input(&row);
    q->fd_bytes = row.bytes;
    snprintf(q->name, sizeof(q->name), "%s", row.digest);
    snprintf(q->etag, sizeof(q->etag), "\"%s\"", row.digest);
    store_input_done(&row);
    return 0;
}

static struct api_read *read_one(struct api *a, struct http_request *r)
{
    struct api_read *q = read_new(a, r, load_one);
    snprintf(q->id, sizeof(q->id), "%s", http_request_param(r, "inputId"));
    return q;
}

void inputs_get(struct http_request *r, void *app)
{
    read_submit(read_one(app, r));
}

/* -- content -- */

static int load_content(struct api_read *q, struct store_conn *conn BD_UNUSED, struct bd_err *err)
{
    bd_auto_fd int objects = -1;
    int rc = artifact_dir_open(engine_host(q->api->engine)->inputs_dir, &objects, err);
    return rc < 0 ? rc : artifact_open(objects, q->name, q->fd_bytes, &q->fd, err);
}

static void reply_row(struct api_read *q)
{
    if (etag_matches(q->r, q->etag)) {
        read_reply_file(q);
        return;
    }
    if (!expanded_take(q))
        return;
    q->load = load_content;
    q->reply = read_reply_file;
    q->waits = true; /* it goes on */
    read_submit(q);
}

void inputs_content(struct http_request *r, void *app)
{
    struct api_read *q = read_one(app, r);
    q->reply = reply_row;
    read_submit(q);
}

/* -- add: answered when it is durable -- */

struct adding {
    struct api *a;
    struct http_request *r; /* with it goes its file */
    bool made;              /* for this request; known once it is durable */
};

static int note_made(struct store_conn *conn BD_UNUSED, const void *row BD_UNUSED, void *arg,
                     struct bd_err *err BD_UNUSED)
{
    struct adding *add = arg;
    add->made = true;
    return 0;
}

static void on_added(void *arg, int rc, const struct bd_err *err, const void *row)
{
    struct adding *add = arg;
    const struct store_input *input = row;
    if (rc == 0) {
        bd_auto_free char *location = bd_xasprintf("/v1/inputs/%s", input->digest);
        if (add->made)
            http_header(add->r, "Location", location);
        http_reply_json(add->r, add->made ? 201 : 200, view_input(input));
    } else if (!refused_at_end(add->a, add->r)) {
        http_problem_err(add->r, err);
    }
    http_request_unref(add->r);
    free(add);
}

void inputs_add(struct http_request *r, void *app)
{
    struct adding *add = bd_new(struct adding);
    add->a = app;
    add->r = http_request_ref(r);
    engine_input_add(add->a->engine, &(struct engine_input){
                                         .path = http_request_file(r),
                                         .name = http_request_query(r, "name"),
                                         .also = note_made,
                                         .done = on_added,
                                         .arg = add,
                                     });
}

/* -- what campaigns need -- */

int inputs_still_there(struct store_conn *conn, const json_t *inputs, struct bd_err *err)
{
    const char *digest;
    json_t *value;
    json_object_foreach ((json_t *)inputs, digest, value) {
        int there = store_input_exists(conn, digest, err);
        if (there < 0)
            return there;
        if (!there)
            return bd_err_set(err, BD_ECONFLICT,
                              "the input %s was removed just now: bring it again, and try again",
                              digest);
    }
    return 0;
}

/* -- remove -- */

static void on_removed(void *arg, int rc, const struct bd_err *err, const void *row BD_UNUSED)
{
    struct http_request *r = arg;
    if (rc < 0)
        http_problem_err(r, err);
    else
        http_reply_empty(r, 204);
    http_request_unref(r);
}

void inputs_remove(struct http_request *r, void *app)
{
    struct api *a = app;
    if (!refused_at_end(a, r))
        engine_input_delete(a->engine, http_request_param(r, "inputId"), on_removed,
                            http_request_ref(r));
}
