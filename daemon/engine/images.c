#include "daemon/engine/private.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"

#include <string.h>

#define PROGRESS_EVERY_NS BD_NS_PER_S

struct image_work {
    struct work w;
    struct engine *e;
    struct image_actor *i;
    struct image_recipe recipe;
    char *import_path;
    char *cgroup, *cgroup_dir;
    struct bd_cancel *cancel;
    struct image_result result;
    char fingerprint[BD_DIGEST_BYTES];
    int rc;
    struct bd_err err;
};

/* An image: at rest, waiting for its turn to be built, or being built. */
struct image_actor {
    struct image_actor *next;
    struct engine *e;
    struct store_image row;
    struct image_work *work; /* not begun or running; NULL at rest */
    bool durable;            /* its row is in the store */
    bool deleting;
    engine_done_fn
        delete_done; /* asked for while it was being built: goes on when that has ended */
    void *delete_arg;
    int64_t progress_ns; /* monotonic: when progress was last written */
};

static char *dup_or_null(const char *s)
{
    return s ? bd_xstrdup(s) : NULL;
}

static void image_row_copy(const struct store_image *from, struct store_image *ret_to)
{
    *ret_to = *from;
    ret_to->name = dup_or_null(from->name);
    ret_to->digest = dup_or_null(from->digest);
    ret_to->recipe_digest = dup_or_null(from->recipe_digest);
    ret_to->fingerprint = dup_or_null(from->fingerprint);
    ret_to->progress = dup_or_null(from->progress);
    ret_to->error = dup_or_null(from->error);
}

static void image_free(struct image_actor *i)
{
    store_image_done(&i->row);
    free(i);
}

static void image_unlist(struct image_actor *i)
{
    for (struct image_actor **at = &i->e->images; *at; at = &(*at)->next) {
        if (*at == i) {
            *at = i->next;
            return;
        }
    }
}

const struct store_image *images_row(struct engine *e, const char *id)
{
    for (const struct image_actor *i = e->images; i; i = i->next)
        if (strcmp(i->row.id, id) == 0)
            return &i->row;
    return NULL;
}

static struct image_actor *image_find(struct engine *e, const char *id)
{
    struct image_actor *i = e->images;
    while (i && strcmp(i->row.id, id) != 0)
        i = i->next;
    return i;
}

/* -- writes -- */

struct image_change {
    struct write w;
    struct engine *e;
    struct store_image row;
    enum { IMAGE_INSERT, IMAGE_UPDATE, IMAGE_DELETE } what;
    const char *event; /* a literal; NULL: none */
    engine_also_fn also;
    engine_done_fn done;
    void *arg;
    bool retried;
};

static int image_change_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct image_change *c = (struct image_change *)w;
    int rc = c->what == IMAGE_INSERT   ? store_image_insert(conn, &c->row, err)
             : c->what == IMAGE_UPDATE ? store_image_update(conn, &c->row, err)
                                       : store_image_delete(conn, c->row.id, err);
    if (rc == 0 && c->event) {
        char subject[16 + BD_ID_BYTES];
        snprintf(subject, sizeof(subject), "image/%s", c->row.id);
        bd_auto_json json_t *data = json_pack("{s:s, s:s*, s:s*}", "name", c->row.name, "digest",
                                              c->row.digest, "error", c->row.error);
        int64_t seq;
        rc = store_event_append(conn, bd_wall_ns(), c->event, subject, data, &seq, err);
    }
    if (rc == 0 && c->also)
        rc = c->also(conn, &c->row, c->arg, err);
    return rc;
}

static void build_next(struct engine *e);
static void removal_begin(struct image_actor *i, engine_done_fn done, void *arg);
static void image_work_free(struct image_work *w);

static void insert_done(struct image_actor *i, int rc)
{
    i->durable = rc == 0;
    if (!i->durable) {
        image_unlist(i);
        image_work_free(i->work);
        image_free(i);
    }
}

/* A new image is refused where it can't be noted down, and a line of progress may be lost; what has
 * happened on disk is tried until it goes through, unless a newer version or its end came before.
 */
static bool worth_retrying(const struct image_change *c, int rc)
{
    return rc < 0 && rc != BD_ECONFLICT && rc != BD_ENOTFOUND && c->event &&
           c->what != IMAGE_INSERT && !c->e->closing;
}

static void image_change_done(struct write *w, int rc, const struct bd_err *err)
{
    struct image_change *c = (struct image_change *)w;
    struct engine *e = c->e;
    engine_store_result(e, rc, err);
    bool retry = worth_retrying(c, rc);
    if (rc < 0 && !c->retried)
        bd_log(BD_LOG_ERROR,
               retry ? "an image's state can't be written; trying again every second"
                     : "an image's state could not be written",
               "image", c->row.id, "error", err->text, NULL);
    if (retry) {
        c->retried = true;
        engine_write_later(e, w);
        return;
    }
    if (rc == 0) {
        char subject[16 + BD_ID_BYTES];
        snprintf(subject, sizeof(subject), "image/%s", c->row.id);
        e->config.on_change(subject, e->config.arg);
        if (c->event)
            e->config.on_events(e->config.arg);
    }
    if (c->what == IMAGE_INSERT)
        insert_done(image_find(e, c->row.id), rc);
    if (c->done)
        c->done(c->arg, rc, err, rc == 0 ? &c->row : NULL);
    store_image_done(&c->row);
    free(c);
    build_next(e);
    engine_flight_end(e);
}

static struct image_change *image_change_new(struct image_actor *i, const char *event)
{
    struct image_change *c = bd_new(struct image_change);
    c->w = (struct write){.exec = image_change_exec, .done = image_change_done};
    c->e = i->e;
    c->what = IMAGE_UPDATE;
    c->event = event;
    return c;
}

static void image_change_submit(struct image_actor *i, struct image_change *c)
{
    if (c->what != IMAGE_INSERT)
        i->row.version++;
    image_row_copy(&i->row, &c->row);
    i->e->in_flight++;
    writer_submit(i->e->config.writer, &c->w);
}

/* -- building -- */

static void image_work_free(struct image_work *w)
{
    image_recipe_done(&w->recipe);
    if (w->import_path) /* of one that never began; else it has gone already */
        unlink(w->import_path);
    free(w->import_path);
    free(w->cgroup);
    free(w->cgroup_dir);
    bd_cancel_unref(w->cancel);
    image_result_done(&w->result);
    free(w);
}

static void on_progress(const char *line, void *arg)
{
    struct image_work *w = arg;
    engine_note(w->e, true, w->i->row.id, line);
}

/* All that a build starts lives in one cgroup, so that nothing of it outlives it. */
static void end_cgroup(struct hostops *ops, const char *cgroup)
{
    struct bd_err err = BD_ERR_INIT;
    hostops_cgroup_kill(ops, cgroup, NULL);
    int rc = -1;
    for (int tries = 0; rc < 0 && tries < 100; tries++) {
        rc = hostops_cgroup_remove(ops, cgroup, &err);
        if (rc < 0)
            bd_sleep_ns(20 * BD_NS_PER_MS);
    }
    if (rc < 0)
        bd_log(BD_LOG_WARN, "a build's cgroup could not be removed", "cgroup", cgroup, "error",
               err.text, NULL);
}

static int image_work_body(struct image_work *w)
{
    const struct step_host *host = &w->e->config.host;
    struct hostops *ops = virt_ops(host->virt);
    struct image_job job = {
        .images_dir = host->images_dir,
        .id = w->i->row.id,
        .bench_enter = w->cgroup_dir ? host->bench_enter : NULL,
        .cgroup_dir = w->cgroup_dir,
        .cancel = w->cancel,
        .on_progress = on_progress,
        .arg = w,
    };
    int rc = w->cgroup_dir ? hostops_cgroup_make(ops, w->cgroup, &w->err) : 0;
    if (rc == 0)
        rc = w->import_path ? image_import(&job, w->import_path, &w->result, &w->err)
                            : image_build(&job, &w->recipe, &w->result, &w->err);
    if (rc == 0) {
        bd_auto_free char *rootfs = image_rootfs(host->images_dir, w->result.digest);
        rc = image_fingerprint(rootfs, w->fingerprint, &w->err);
    }
    if (w->cgroup_dir)
        end_cgroup(ops, w->cgroup);
    if (w->import_path)
        unlink(w->import_path);
    return rc;
}

static void image_work_run(struct work *work, void *context BD_UNUSED)
{
    struct image_work *w = (struct image_work *)work;
    w->rc = image_work_body(w);
}

static void set_text(char **at, const char *text)
{
    free(*at);
    *at = text ? bd_xstrdup(text) : NULL;
}

static void image_work_done(struct work *work)
{
    struct image_work *w = (struct image_work *)work;
    struct image_actor *i = w->i;
    struct engine *e = w->e;
    i->work = NULL;
    e->building = NULL;

    if (w->rc == 0) {
        const json_t *manifest = w->result.manifest;
        i->row.state = IMAGE_READY;
        i->row.ready_ns = bd_wall_ns();
        if (w->import_path) {
            set_text(&i->row.name, bd_json_str(manifest, "name", i->row.name));
            set_text(&i->row.recipe_digest,
                     bd_json_str(json_object_get(manifest, "recipe"), "digest", ""));
        }
        set_text(&i->row.digest, w->result.digest);
        set_text(&i->row.fingerprint, w->fingerprint);
        i->row.size_bytes = (int64_t)w->result.size_bytes;
        i->row.entries = (int64_t)w->result.entries;
        i->row.packages = (int64_t)json_array_size(json_object_get(manifest, "packages"));
        bd_log(BD_LOG_INFO, "image is ready", "image", i->row.id, "name", i->row.name, "digest",
               i->row.digest, NULL);
    } else {
        i->row.state = IMAGE_FAILED;
        set_text(&i->row.error, w->err.text);
        bd_log(BD_LOG_ERROR, "image failed", "image", i->row.id, "name", i->row.name, "error",
               w->err.text, NULL);
    }
    set_text(&i->row.progress, NULL);
    image_change_submit(i, image_change_new(i, w->rc == 0 ? "image.ready" : "image.failed"));
    if (i->delete_done)
        removal_begin(i, bd_take(i->delete_done), i->delete_arg);
    image_work_free(w);
    engine_flight_end(e);
}

/* One at a time: two builds would only take each other's disk and network. */
static void build_next(struct engine *e)
{
    if (e->building || e->closing || !e->started)
        return;
    struct image_actor *first = NULL; /* the list has the newest first */
    for (struct image_actor *i = e->images; i; i = i->next)
        if (i->work && i->durable)
            first = i;
    if (!first)
        return;
    e->building = first;
    e->in_flight++;
    workers_submit(e->config.work, &first->work->w);
}

void images_progress(struct engine *e, const char *id, const char *line)
{
    struct image_actor *i = image_find(e, id);
    if (!i || !i->work)
        return;
    set_text(&i->row.progress, line);
    if (bd_mono_ns() - i->progress_ns < PROGRESS_EVERY_NS)
        return;
    i->progress_ns = bd_mono_ns();
    image_change_submit(i, image_change_new(i, NULL));
}

/* -- what is asked -- */

static const struct store_image *same_recipe(const struct engine *e, const char *recipe_digest)
{
    for (const struct image_actor *i = e->images; i; i = i->next)
        if (i->row.state != IMAGE_FAILED && !i->deleting &&
            bd_str_eq(i->row.recipe_digest, recipe_digest))
            return &i->row;
    return NULL;
}

static int check_build(const struct engine *e, struct bd_err *err)
{
    unsigned n = 0;
    for (const struct image_actor *i = e->images; i; i = i->next)
        n++;
    if (e->closing)
        return bd_err_set(err, BD_EUNAVAILABLE, "benchd is ending: try again when it is back");
    if (n >= IMAGES_MAX)
        return bd_err_set(err, BD_ENOCAPACITY,
                          "there are %u images already, failed ones counted: delete some first", n);
    return 0;
}

void engine_image_build(struct engine *e, struct engine_build *build)
{
    bool import = build->import_path != NULL;
    struct bd_err err = BD_ERR_INIT;
    const struct store_image *have =
        import || build->rebuild ? NULL : same_recipe(e, build->recipe.digest);
    if (have || check_build(e, &err) < 0) {
        image_recipe_done(&build->recipe);
        if (import)
            unlink(build->import_path);
        free(build->import_path);
        engine_answer(e, build->done, build->arg, &err, have ? have->id : NULL);
        return;
    }

    struct image_actor *i = bd_new(struct image_actor);
    i->e = e;
    do
        bd_id_new(i->row.id);
    while (e->images && image_find(e, i->row.id));
    i->row.name = bd_xstrdup(import ? "import" : build->recipe.name);
    i->row.state = IMAGE_BUILDING;
    i->row.version = 1;
    i->row.created_ns = bd_wall_ns();
    i->row.recipe_digest = bd_xstrdup(import ? "" : build->recipe.digest);
    i->row.progress = bd_xstrdup(e->building ? "waiting for another image" : "beginning");

    struct image_work *w = bd_new(struct image_work);
    w->w = (struct work){.run = image_work_run, .done = image_work_done};
    w->e = e;
    w->i = i;
    w->recipe = build->recipe;
    w->import_path = build->import_path;
    w->cancel = bd_cancel_new();
    w->cgroup = bd_xasprintf("benchd/image-%s", i->row.id);
    if (*e->config.cgroup2)
        w->cgroup_dir = bd_xasprintf("%s/%s", e->config.cgroup2, w->cgroup);
    i->work = w;
    i->next = e->images;
    e->images = i;

    struct image_change *c = image_change_new(i, "image.building");
    c->what = IMAGE_INSERT;
    c->also = build->also;
    c->done = build->done;
    c->arg = build->arg;
    image_change_submit(i, c);
}

struct image_removal {
    struct work w;
    struct engine *e;
    struct image_actor *i;
    char *digest; /* NULL: other rows have it, or it never came to be */
    engine_done_fn done;
    void *arg;
    int rc;
    struct bd_err err;
};

static void removal_run(struct work *work, void *context BD_UNUSED)
{
    struct image_removal *r = (struct image_removal *)work;
    if (r->digest)
        r->rc = image_remove(r->e->config.host.images_dir, r->digest, &r->err);
}

static void removal_done(struct work *work)
{
    struct image_removal *r = (struct image_removal *)work;
    struct engine *e = r->e;
    if (r->rc < 0) {
        r->i->deleting = false;
        r->done(r->arg, r->rc, &r->err, NULL);
    } else {
        struct image_change *c = image_change_new(r->i, "image.deleted");
        c->what = IMAGE_DELETE;
        c->done = r->done;
        c->arg = r->arg;
        image_change_submit(r->i, c);
        image_unlist(r->i);
        image_free(r->i);
    }
    free(r->digest);
    free(r);
    engine_flight_end(e);
}

static void removal_begin(struct image_actor *i, engine_done_fn done, void *arg)
{
    struct engine *e = i->e;
    bool shared = false;
    for (const struct image_actor *o = e->images; o; o = o->next)
        shared |= o != i && !o->deleting && bd_str_eq(o->row.digest, i->row.digest);

    struct image_removal *r = bd_new(struct image_removal);
    *r = (struct image_removal){
        .w = {.run = removal_run, .done = removal_done},
        .e = e,
        .i = i,
        .digest = shared ? NULL : dup_or_null(i->row.digest),
        .done = done,
        .arg = arg,
    };
    e->in_flight++;
    workers_submit(e->config.work, &r->w);
}

static void check_unused(struct engine *e, const struct image_actor *i, struct bd_err *err)
{
    bd_auto_str struct bd_str users = {0};
    for (const struct actor *a = e->actors; a; a = a->next)
        if (i->row.digest && bd_str_eq(a->row.image_digest, i->row.digest))
            bd_str_addf(&users, "%s%s", users.len ? ", " : "", a->row.id);
    if (users.len)
        bd_err_set(err, BD_ECONFLICT, "image %s is used by clusters %s: delete them first",
                   i->row.id, bd_str_text(&users));
}

void engine_image_delete(struct engine *e, const char *id, engine_done_fn done, void *arg)
{
    struct bd_err err = BD_ERR_INIT;
    struct image_actor *i = image_find(e, id);
    if (!i || i->deleting)
        bd_err_set(&err, BD_ENOTFOUND, "no image %s", id);
    else
        check_unused(e, i, &err);
    if (!i || err.code < 0) {
        engine_answer(e, done, arg, &err, NULL);
        return;
    }
    i->deleting = true;
    if (i->work) {
        i->delete_done = done;
        i->delete_arg = arg;
        bd_cancel_set(i->work->cancel, BD_ECANCELLED, "the image is being deleted");
        return; /* its turn, if it has not come, will only find that */
    }
    removal_begin(i, done, arg);
}

const struct store_image *images_resolve(struct engine *e, const char *ref, struct bd_err *err)
{
    const struct store_image *by_digest = NULL;
    bool is_digest = bd_starts_with(ref, "sha256:") && strlen(ref) >= strlen("sha256:") + 8;
    for (const struct image_actor *i = e->images; i; i = i->next) { /* newest first */
        const struct store_image *row = &i->row;
        if (row->state != IMAGE_READY || i->deleting)
            continue;
        if (strcmp(row->id, ref) == 0 || strcmp(row->name, ref) == 0)
            return row;
        if (!is_digest || !bd_starts_with(row->digest, ref))
            continue;
        if (by_digest && strcmp(by_digest->digest, row->digest) != 0) {
            bd_err_set(err, BD_ECONFLICT,
                       "more than one image has a digest that begins with %s: "
                       "give more of it",
                       ref);
            return NULL;
        }
        by_digest = row;
    }
    if (!by_digest)
        bd_err_set(
            err, BD_ENOTFOUND,
            "no image that is ready is called %s: 'benchctl image ls' tells which there are, "
            "'benchctl image build %s' builds it from its recipe",
            ref, ref);
    return by_digest;
}

/* -- start and end -- */

int images_load(struct engine *e, struct store_conn *conn, struct bd_err *err)
{
    struct store_image *rows = NULL;
    size_t n = 0;
    int rc = store_image_list(conn, &(struct store_image_filter){.limit = 10000}, &rows, &n, err);
    if (rc < 0)
        return rc;
    for (size_t k = n; k-- > 0;) { /* so that the newest ends up first */
        struct image_actor *i = bd_new(struct image_actor);
        i->e = e;
        i->durable = true;
        i->row = rows[k];
        i->next = e->images;
        e->images = i;
    }
    free(rows);
    return 0;
}

/* A build that the end of an earlier daemon cut off, or an image whose directory has gone. */
static void set_aside(struct image_actor *i, const char *why)
{
    i->row.state = IMAGE_FAILED;
    set_text(&i->row.error, why);
    set_text(&i->row.progress, NULL);
    bd_log(BD_LOG_WARN, "an image is set aside", "image", i->row.id, "name", i->row.name, "reason",
           why, NULL);
    image_change_submit(i, image_change_new(i, "image.failed"));
}

void images_start(struct engine *e)
{
    const struct step_host *host = &e->config.host;
    for (struct image_actor *i = e->images; i; i = i->next) {
        struct bd_err err = BD_ERR_INIT;
        if (i->row.state == IMAGE_BUILDING && !i->work) {
            bd_auto_free char *cgroup = bd_xasprintf("benchd/image-%s", i->row.id);
            end_cgroup(virt_ops(host->virt), cgroup);
            if (image_clean_work(host->images_dir, i->row.id, &err) < 0)
                bd_log(BD_LOG_ERROR, "what a cut-off build left can't be removed", "image",
                       i->row.id, "error", err.text, NULL);
            set_aside(i, "its build was cut off by the end of benchd: build it again");
        } else if (i->row.state == IMAGE_READY) {
            bd_auto_free char *dir = image_dir(host->images_dir, i->row.digest);
            if (!bd_exists(dir))
                set_aside(i, "its directory is gone: build or import it again");
        }
    }
    build_next(e);
}

void images_cancel(struct engine *e)
{
    for (struct image_actor *i = e->images; i; i = i->next)
        if (i->work)
            bd_cancel_set(i->work->cancel, BD_ECANCELLED, "benchd is ending");
}

void images_free(struct engine *e)
{
    struct bd_err end = BD_ERR_INIT;
    bd_err_set(&end, BD_EUNAVAILABLE, "benchd is ending: try again when it is back");
    while (e->images) {
        struct image_actor *i = e->images;
        e->images = i->next;
        if (i->work)
            image_work_free(i->work);
        if (i->delete_done)
            i->delete_done(i->delete_arg, end.code, &end, NULL);
        image_free(i);
    }
}
