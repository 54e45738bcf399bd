/* Builds and imports, one after the other. */
#include "daemon/engine/images.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <string.h>

#define PROGRESS_EVERY_NS BD_NS_PER_S

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

void image_work_drop(struct image_work *w, const struct bd_err *why)
{
    if (w->imported)
        w->imported(w->arg, why->code, why, NULL);
    image_work_free(w);
}

/* -- on a worker -- */

static void on_progress(const char *line, void *arg)
{
    struct image_work *w = arg;
    struct note note = {.kind = NOTE_IMAGE};
    snprintf(note.id, sizeof(note.id), "%s", w->i->row.id);
    snprintf(note.text, sizeof(note.text), "%s", line);
    engine_note(w->e, &note);
}

void image_cgroup_end(struct hostops *ops, const char *cgroup)
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
        .inputs_dir = host->inputs_dir,
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
        image_cgroup_end(ops, w->cgroup);
    if (w->import_path)
        unlink(w->import_path);
    return rc;
}

static void image_work_run(struct work *work, void *context BD_UNUSED)
{
    struct image_work *w = (struct image_work *)work;
    w->rc = image_work_body(w);
}

/* -- how it ended -- */

/* The image that an import turned out to be a copy of; NULL: none. */
static const struct store_image *same_image(const struct engine *e, const char *digest)
{
    for (const struct image_actor *i = e->images; i; i = i->next)
        if (i->row.state == IMAGE_READY && !i->deleting && bd_str_eq(i->row.digest, digest))
            return &i->row;
    return NULL;
}

/* Those that a manifest or a recipe names, as text; NULL: none. */
static char *workloads_text(const json_t *of)
{
    const json_t *names = json_object_get(of, "workloads");
    return json_array_size(names) > 0 ? bd_json_text(names) : NULL;
}

static void fill_row(struct store_image *row, const struct image_work *w)
{
    const json_t *manifest = w->result.manifest;
    row->state = IMAGE_READY;
    row->ready_ns = bd_wall_ns();
    if (w->import_path) {
        const json_t *recipe = json_object_get(manifest, "recipe");
        image_set_text(&row->name, bd_json_str(manifest, "name", row->name));
        image_set_text(&row->recipe, bd_json_str(recipe, "name", NULL));
        image_set_text(&row->recipe_digest, bd_json_str(recipe, "digest", ""));
        row->workloads = workloads_text(manifest);
    }
    image_set_text(&row->digest, w->result.digest);
    image_set_text(&row->fingerprint, w->fingerprint);
    row->size_bytes = (int64_t)w->result.size_bytes;
    row->entries = (int64_t)w->result.entries;
    row->packages = (int64_t)json_array_size(json_object_get(manifest, "packages"));
}

static void work_succeeded(struct image_actor *i, struct image_work *w)
{
    const struct store_image *same =
        w->imported && !i->deleting ? same_image(i->e, w->result.digest) : NULL;
    struct image_change *c = image_change_new(i, same ? "image.deleted" : "image.ready");
    c->done = w->imported;
    c->arg = w->arg;
    if (same) {
        bd_log(BD_LOG_INFO, "an import is there already", "image", same->id, "name", same->name,
               "digest", same->digest, NULL);
        image_row_copy(same, &c->answer);
        image_forget(i, c);
        return;
    }
    fill_row(&i->row, w);
    bd_log(BD_LOG_INFO, "image is ready", "image", i->row.id, "name", i->row.name, "digest",
           i->row.digest, NULL);
    image_change_submit(i, c);
    images_remove_failed(i->e, i->row.name);
}

static void log_failure(const struct image_actor *i, const struct image_work *w)
{
    if (bd_cancel_check(w->cancel, NULL) == 0)
        bd_log(BD_LOG_ERROR, "image failed", "image", i->row.id, "name", i->row.name, "error",
               w->err.text, NULL);
    else if (i->deleting)
        bd_log(BD_LOG_INFO, "image is stopped: it is being deleted", "image", i->row.id, "name",
               i->row.name, NULL);
    else
        bd_log(BD_LOG_WARN, "image is cut off by the end of benchd", "image", i->row.id, "name",
               i->row.name, NULL);
}

/* The row of a build says why, for as long as it is kept; of an import the one who asked is told.
 */
static void work_failed(struct image_actor *i, struct image_work *w)
{
    bool cut_off = bd_cancel_check(w->cancel, NULL) < 0 && !i->deleting;
    log_failure(i, w);
    i->row.state = IMAGE_FAILED;
    image_set_text(&i->row.error, cut_off && !w->imported ? IMAGE_CUT_OFF : w->err.text);
    struct image_change *c = image_change_new(i, "image.failed");
    if (w->imported)
        bd_err_copy(&c->outcome, &w->err);
    c->done = w->imported;
    c->arg = w->arg;
    if (w->imported && !i->deleting)
        image_forget(i, c);
    else
        image_change_submit(i, c);
}

static void image_work_done(struct work *work)
{
    struct image_work *w = (struct image_work *)work;
    struct image_actor *i = w->i;
    struct engine *e = w->e;
    bool deleting = i->deleting;
    i->work = NULL;
    e->building = NULL;
    image_set_text(&i->row.progress, NULL);
    if (w->rc == 0)
        work_succeeded(i, w);
    else
        work_failed(i, w);
    if (deleting)
        image_delete_go_on(i);
    image_work_free(w);
    engine_flight_end(e);
}

/* -- turns -- */

/* One at a time: two builds would only take each other's disk and network. */
void build_next(struct engine *e)
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
    image_set_text(&i->row.progress, line);
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

static struct image_work *work_new(struct image_actor *i, struct engine_build *build)
{
    struct engine *e = i->e;
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
    if (build->import_path) {
        w->imported = build->done;
        w->arg = build->arg;
    }
    return w;
}

static struct image_actor *image_new(struct engine *e, struct engine_build *build)
{
    bool import = build->import_path != NULL;
    struct image_actor *i = bd_new(struct image_actor);
    i->e = e;
    do
        bd_id_new(i->row.id);
    while (image_find(e, i->row.id));
    i->row.name = bd_xstrdup(import ? "import" : build->recipe.name);
    i->row.state = IMAGE_BUILDING;
    i->row.version = 1;
    i->row.created_ns = bd_wall_ns();
    i->row.recipe_digest = bd_xstrdup(import ? "" : build->recipe.digest);
    i->row.recipe = import ? NULL : bd_xstrdup(build->recipe.file);
    i->row.workloads = import ? NULL : workloads_text(build->recipe.json);
    i->row.progress = bd_xstrdup(e->building ? "waiting for another image" : "beginning");
    i->work = work_new(i, build);
    i->next = e->images;
    e->images = i;
    return i;
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
    struct image_actor *i = image_new(e, build);
    struct image_change *c = image_change_new(i, "image.building");
    c->what = IMAGE_INSERT;
    c->also = build->also;
    c->done = import ? NULL : build->done;
    c->arg = build->arg;
    image_change_submit(i, c);
}
