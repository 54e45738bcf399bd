#include "daemon/api/needs.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/store/input.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* -- list and show -- */

static int state_from(const char *s, unsigned *ret_bit)
{
    enum image_state state;
    int rc = image_state_from_str(s, &state);
    if (rc == 0)
        *ret_bit = state;
    return rc;
}

static int load_list(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_image_filter filter = {
        .states = q->states,
        .name = *q->name ? q->name : NULL,
        .before_created_ns = q->cursor_ns,
        .before_id = q->cursor_ns ? q->cursor_id : NULL,
        .limit = q->limit,
    };
    struct store_image *rows = NULL;
    size_t n = 0;
    int rc = store_image_list(conn, &filter, NULL, NULL, &rows, &n, err);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, view_image(&rows[i]));
    q->json = page_json(items, q, n ? rows[n - 1].created_ns : 0, n ? rows[n - 1].id : "");
    store_images_free(rows, n);
    return 0;
}

void images_api_list(struct http_request *r, void *app)
{
    struct api_read *q = read_new(app, r, load_list);
    if (read_page(q, state_from))
        read_submit(q);
}

/* Any image by its id, ready ones by name and digest too. */
static int find(struct api_read *q, struct store_conn *conn, struct store_image *ret_row,
                struct bd_err *err)
{
    if (store_image_get(conn, q->id, ret_row, NULL) == 0)
        return 0;
    return store_image_resolve(conn, q->id, ret_row, err);
}

static int load_one(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_image row = {0};
    int rc = find(q, conn, &row, err);
    if (rc < 0)
        return rc;
    q->json = view_image(&row);
    snprintf(q->etag, sizeof(q->etag), "\"%s.%lld\"", row.id, (long long)row.version);
    snprintf(q->subject, sizeof(q->subject), "image/%s", row.id);
    store_image_done(&row);
    return 0;
}

static struct api_read *read_one(struct api *a, struct http_request *r,
                                 int (*load)(struct api_read *, struct store_conn *,
                                             struct bd_err *))
{
    struct api_read *q = read_new(a, r, load);
    snprintf(q->id, sizeof(q->id), "%s", http_request_param(r, "imageId"));
    return q;
}

void images_api_get(struct http_request *r, void *app)
{
    struct api_read *q = read_one(app, r, load_one);
    q->wait_until_ns = wait_deadline(r);
    read_submit(q);
}

static int find_ready(struct api_read *q, struct store_conn *conn, struct store_image *ret_row,
                      struct bd_err *err)
{
    int rc = find(q, conn, ret_row, err);
    if (rc == 0 && ret_row->state != IMAGE_READY) {
        rc = bd_err_set(err, BD_ECONFLICT, "image %s is %s: this can be had once it is ready",
                        ret_row->id, image_state_to_str(ret_row->state));
        store_image_done(ret_row);
    }
    return rc;
}

static int load_manifest(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_image row = {0};
    int rc = find_ready(q, conn, &row, err);
    if (rc < 0)
        return rc;
    rc = image_manifest(q->api->config.places->image_dir, row.digest, &q->json, err);
    store_image_done(&row);
    return rc;
}

void images_api_manifest(struct http_request *r, void *app)
{
    read_submit(read_one(app, r, load_manifest));
}

/* -- build -- */

struct building {
    struct work w;
    struct api *a;
    struct http_request *r;
    struct keep *keep;
    struct image_recipe recipe;
    struct schema_faults faults; /* of what is asked for beside it */
    char *name;
    bool made; /* the image, for this request; known once it is durable */
    int rc;
    struct bd_err err;
};

static int keep_building(struct store_conn *conn, const void *row, void *arg, struct bd_err *err)
{
    struct building *b = arg;
    const struct store_image *image = row;
    b->made = true;
    bd_auto_json json_t *body = view_image(image);
    bd_auto_free char *location = bd_xasprintf("/v1/images/%s", image->id);
    return keep_reply(b->keep, conn, 202, location, body, err);
}

static void building_free(struct building *b)
{
    http_request_unref(b->r);
    keep_free(b->keep);
    schema_faults_done(&b->faults);
    free(b->name);
    free(b);
}

static void on_building(void *arg, int rc, const struct bd_err *err, const void *row)
{
    struct building *b = arg;
    const struct store_image *image = row;
    if (rc < 0) {
        http_problem_err(b->r, err);
    } else if (!b->made) {
        reply_kept(b->a, b->r, bd_take(b->keep), 200, view_image(image));
    } else {
        bd_auto_free char *location = bd_xasprintf("/v1/images/%s", image->id);
        http_header(b->r, "Location", location);
        http_reply_json(b->r, 202, view_image(image));
    }
    building_free(b);
}

/* What layers are made of has to be here. */
static int check_inputs(struct store_conn *conn, const json_t *layers, struct schema_faults *faults,
                        struct bd_err *err)
{
    const json_t *layer;
    size_t i;
    json_array_foreach (layers, i, layer) {
        const char *digest = bd_json_str(layer, "input", "");
        int there = store_input_exists(conn, digest, err);
        if (there < 0)
            return there;
        bd_auto_free char *pointer = bd_xasprintf("/layers/%zu/input", i);
        if (!there)
            schema_faults_add(faults, pointer, digest,
                              "the digest of an input that is here: bring it first (benchctl input "
                              "add)");
    }
    return 0;
}

static void recipe_run(struct work *w, void *context)
{
    struct building *b = (struct building *)w;
    const json_t *request = http_request_json(b->r);
    if (!context) {
        b->rc = bd_err_set(&b->err, BD_EUNAVAILABLE, "the store can't be read just now: try again");
        return;
    }
    b->rc = image_recipe_load(b->a->config.places->recipe_dir, b->name, &b->recipe, &b->err);
    if (b->rc == BD_ENOTFOUND)
        schema_faults_add(&b->faults, "/recipe", b->name, "the name of a recipe");
    if (b->rc == 0)
        b->rc = needs_of_recipe(b->a, context, json_object_get(request, "workloads"), &b->recipe,
                                &b->faults, &b->err);
    if (b->rc == 0)
        b->rc = check_inputs(context, json_object_get(request, "layers"), &b->faults, &b->err);
    if (b->rc == 0 && b->faults.n == 0)
        image_recipe_extend(&b->recipe, request, &b->faults);
    if (b->rc == 0 && b->faults.n > 0)
        b->rc = bd_err_set(&b->err, BD_EINVALID, "no image can be built so of recipe %s", b->name);
}

static void recipe_done(struct work *w)
{
    struct building *b = (struct building *)w;
    if (b->rc < 0 && b->faults.n > 0)
        http_problem_faults(b->r, "validation", b->err.text, &b->faults);
    else if (b->rc < 0)
        http_problem_err(b->r, &b->err);
    if (b->rc < 0 || refused_at_end(b->a, b->r)) {
        image_recipe_done(&b->recipe);
        building_free(b);
        return;
    }
    struct engine_build build = {
        .recipe = b->recipe,
        .rebuild = bd_json_bool(http_request_json(b->r), "rebuild", 0),
        .also = keep_building,
        .done = on_building,
        .arg = b,
    };
    engine_image_build(b->a->engine, &build);
}

static void build(struct api *a, struct http_request *r, struct keep *keep)
{
    struct building *b = bd_new(struct building);
    b->w = (struct work){.run = recipe_run, .done = recipe_done};
    b->a = a;
    b->r = http_request_ref(r);
    b->keep = keep;
    b->name = bd_xstrdup(bd_json_str(http_request_json(r), "recipe", ""));
    workers_submit(a->readers, &b->w);
}

void images_api_build(struct http_request *r, void *app)
{
    idempotent(app, r, build);
}

/* -- import: answered when it is done -- */

struct import {
    struct api *a;
    struct http_request *r;
    char id[BD_ID_BYTES]; /* of the image that it makes, if it is none of before */
};

static int note_import(struct store_conn *conn BD_UNUSED, const void *row, void *arg,
                       struct bd_err *err BD_UNUSED)
{
    struct import *i = arg;
    const struct store_image *image = row;
    memcpy(i->id, image->id, sizeof(i->id));
    return 0;
}

static void refuse_import(struct http_request *r, const struct bd_err *err)
{
    if (err->code == BD_ECORRUPT || err->code == BD_ECHILD)
        http_problem(r, "validation", "%s", err->text);
    else if (err->code == BD_ECANCELLED)
        http_problem(r, "conflict", "%s", err->text);
    else
        http_problem_err(r, err);
}

static void on_imported(void *arg, int rc, const struct bd_err *err, const void *row)
{
    struct import *i = arg;
    if (rc == 0) {
        const struct store_image *image = row;
        bool made = strcmp(image->id, i->id) == 0;
        bd_auto_free char *location = bd_xasprintf("/v1/images/%s", image->id);
        if (made)
            http_header(i->r, "Location", location);
        http_reply_json(i->r, made ? 201 : 200, view_image(image));
    } else if (!refused_at_end(i->a, i->r)) {
        refuse_import(i->r, err);
    }
    http_request_unref(i->r);
    free(i);
}

void images_api_import(struct http_request *r, void *app)
{
    struct api *a = app;
    /* The upload is removed with the request, the import may go on for longer: it takes the file.
     */
    const char *file = http_request_file(r);
    bd_auto_free char *path = bd_xasprintf("%s.import", file ? file : "");
    if (!file || rename(file, path) < 0) {
        http_problem(r, "internal", "the uploaded file can't be kept below %s",
                     a->config.places->transfer_dir);
        return;
    }
    struct import *i = bd_new(struct import);
    i->a = a;
    i->r = http_request_ref(r);
    struct engine_build build = {
        .import_path = bd_take(path),
        .also = note_import,
        .done = on_imported,
        .arg = i,
    };
    engine_image_build(a->engine, &build);
}

/* -- export: packing takes a while, so it is not the readers' work -- */

#define PACKINGS_MAX 2
#define IMAGE_TYPE   "application/vnd.benchd.image"

struct packing {
    struct work w;
    struct packing *next;
    struct api *a;
    struct http_request *r;
    struct bd_cancel *cancel;
    char digest[BD_DIGEST_BYTES];
    char id[BD_ID_BYTES];
    char *path;
    int rc;
    struct bd_err err;
};

static void packing_run(struct work *w, void *context BD_UNUSED)
{
    struct packing *p = (struct packing *)w;
    struct image_job job = {
        .images_dir = p->a->config.places->image_dir, .id = p->id, .cancel = p->cancel};
    p->rc = image_export(&job, p->digest, p->path, &p->err);
}

static void packing_reply(struct packing *p)
{
    bd_auto_fd int fd = open(p->path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    unlink(p->path); /* the descriptor keeps it until it is sent */
    if (fd < 0 || fstat(fd, &st) < 0) {
        http_problem(p->r, "internal", "the packed image can't be opened below %s",
                     p->a->config.places->transfer_dir);
        return;
    }
    bd_auto_free char *etag = bd_xasprintf("\"%s\"", p->digest);
    http_header(p->r, "ETag", etag);
    http_reply_file(p->r, IMAGE_TYPE, bd_take_fd(&fd), (uint64_t)st.st_size);
}

static void packing_done(struct work *w)
{
    struct packing *p = (struct packing *)w;
    struct packing **at = &p->a->packings;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    if (p->rc == 0)
        packing_reply(p);
    else if (!refused_at_end(p->a, p->r))
        http_problem_err(p->r, &p->err);
    http_request_unref(p->r);
    bd_cancel_unref(p->cancel);
    free(p->path);
    free(p);
}

void packings_end(struct api *a)
{
    for (struct packing *p = a->packings; p; p = p->next)
        bd_cancel_set(p->cancel, BD_ECANCELLED, "benchd is ending");
}

static void pack(struct api *a, struct http_request *r, const char *digest)
{
    struct packing *p = bd_new(struct packing);
    p->w = (struct work){.run = packing_run, .done = packing_done};
    p->a = a;
    p->r = http_request_ref(r);
    p->cancel = bd_cancel_new();
    snprintf(p->digest, sizeof(p->digest), "%s", digest);
    bd_id_new(p->id);
    p->path = bd_xasprintf("%s/export-%s", a->config.places->transfer_dir, p->id);
    p->next = a->packings;
    a->packings = p;
    workers_submit(a->config.asks, &p->w);
}

/* The same content has the same digest. */
static int load_digest(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_image row = {0};
    int rc = find_ready(q, conn, &row, err);
    if (rc < 0)
        return rc;
    q->json = json_pack("{s:s}", "digest", row.digest);
    snprintf(q->etag, sizeof(q->etag), "\"%s\"", row.digest);
    store_image_done(&row);
    return 0;
}

static void reply_export(struct api_read *q)
{
    unsigned n = 0;
    for (const struct packing *p = q->api->packings; p; p = p->next)
        n++;
    if (refused_at_end(q->api, q->r))
        return;
    if (etag_matches(q->r, q->etag)) {
        http_header(q->r, "ETag", q->etag);
        http_reply_empty(q->r, 304);
    } else if (http_request_is_head(q->r)) {
        http_header(q->r, "ETag", q->etag);
        http_reply_head(q->r, IMAGE_TYPE);
    } else if (n >= PACKINGS_MAX) {
        http_problem(q->r, "unavailable",
                     "%u images are being packed already: try again when one is done", n);
    } else {
        pack(q->api, q->r, bd_json_str(q->json, "digest", ""));
    }
}

void images_api_export(struct http_request *r, void *app)
{
    struct api_read *q = read_one(app, r, load_digest);
    q->reply = reply_export;
    read_submit(q);
}

/* -- delete -- */

static void on_deleted(void *arg, int rc, const struct bd_err *err, const void *row BD_UNUSED)
{
    struct http_request *r = arg;
    if (rc < 0)
        http_problem_err(r, err);
    else
        http_reply_empty(r, 204);
    http_request_unref(r);
}

static void reply_delete(struct api_read *q)
{
    if (!refused_at_end(q->api, q->r))
        engine_image_delete(q->api->engine, bd_json_str(q->json, "id", ""), on_deleted,
                            http_request_ref(q->r));
}

void images_api_delete(struct http_request *r, void *app)
{
    struct api_read *q = read_one(app, r, load_one);
    q->reply = reply_delete;
    read_submit(q);
}
