#include "daemon/engine/images.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"

#include <string.h>

void image_row_copy(const struct store_image *from, struct store_image *ret_to)
{
    *ret_to = *from;
    ret_to->name = dup_or_null(from->name);
    ret_to->digest = dup_or_null(from->digest);
    ret_to->recipe_digest = dup_or_null(from->recipe_digest);
    ret_to->fingerprint = dup_or_null(from->fingerprint);
    ret_to->progress = dup_or_null(from->progress);
    ret_to->error = dup_or_null(from->error);
    ret_to->recipe = dup_or_null(from->recipe);
    ret_to->workloads = dup_or_null(from->workloads);
}

void image_set_text(char **at, const char *text)
{
    free(*at);
    *at = dup_or_null(text);
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

struct image_actor *image_find(struct engine *e, const char *id)
{
    struct image_actor *i = e->images;
    while (i && strcmp(i->row.id, id) != 0)
        i = i->next;
    return i;
}

const struct store_image *images_row(struct engine *e, const char *id)
{
    const struct image_actor *i = image_find(e, id);
    return i ? &i->row : NULL;
}

/* -- writes -- */

static int image_change_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct image_change *c = (struct image_change *)w;
    int rc = c->what == IMAGE_INSERT   ? store_image_insert(conn, &c->row, err)
             : c->what == IMAGE_UPDATE ? store_image_update(conn, &c->row, err)
                                       : store_image_delete(conn, c->row.id, err);
    if (rc == 0 && c->event) {
        bd_auto_json json_t *data = json_pack("{s:s, s:s*, s:s*}", "name", c->row.name, "digest",
                                              c->row.digest, "error", c->row.error);
        rc = event_append(conn, c->event, c->row.id, data, err);
    }
    if (rc == 0 && c->also)
        rc = c->also(conn, &c->row, c->arg, err);
    return rc;
}

static void insert_done(struct image_actor *i, int rc, const struct bd_err *err)
{
    i->durable = rc == 0;
    if (!i->durable) {
        image_unlist(i);
        image_work_drop(i->work, err);
        image_free(i);
    } else if (i->deleting) {
        image_delete_go_on(i);
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

static void tell_done(struct image_change *c, int rc, const struct bd_err *err)
{
    engine_done_fn done = bd_take(c->done);
    if (!done)
        return;
    if (c->outcome.code < 0)
        done(c->arg, c->outcome.code, &c->outcome, NULL);
    else
        done(c->arg, rc, err, rc < 0 ? NULL : c->answer.name ? &c->answer : &c->row);
}

static void tell_changed(const struct image_change *c)
{
    engine_changed(c->e, "image", c->row.id);
    if (c->event)
        c->e->config.on_events(c->e->config.arg);
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
        if (c->outcome.code < 0) /* a full disk may be both the cause, and there for long */
            tell_done(c, rc, err);
        c->retried = true;
        engine_write_later(e, w);
        return;
    }
    if (rc == 0)
        tell_changed(c);
    if (c->what == IMAGE_INSERT)
        insert_done(image_find(e, c->row.id), rc, err);
    tell_done(c, rc, err);
    store_image_done(&c->row);
    store_image_done(&c->answer);
    free(c);
    build_next(e);
    engine_flight_end(e);
}

struct image_change *image_change_new(struct image_actor *i, const char *event)
{
    struct image_change *c = bd_new(struct image_change);
    c->w = (struct write){.exec = image_change_exec, .done = image_change_done};
    c->e = i->e;
    c->what = IMAGE_UPDATE;
    c->event = event;
    return c;
}

void image_change_submit(struct image_actor *i, struct image_change *c)
{
    if (c->what != IMAGE_INSERT)
        i->row.version++;
    image_row_copy(&i->row, &c->row);
    i->e->in_flight++;
    writer_submit(i->e->config.writer, &c->w);
}

void image_forget(struct image_actor *i, struct image_change *c)
{
    c->what = IMAGE_DELETE;
    image_change_submit(i, c);
    image_unlist(i);
    image_free(i);
}

/* -- what is asked -- */

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

static void on_bad_image(const char *id, const struct bd_err *why, void *arg BD_UNUSED)
{
    bd_log(BD_LOG_ERROR, "an image's row can't be read and is set aside", "image", id, "error",
           why->text, NULL);
}

int images_load(struct engine *e, struct store_conn *conn, struct bd_err *err)
{
    struct store_image *rows = NULL;
    size_t n = 0;
    int rc = store_image_list(conn, &(struct store_image_filter){.limit = 10000}, on_bad_image,
                              NULL, &rows, &n, err);
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

/* A build that the end of an earlier daemon cut off, or an image that nobody could use. */
static void set_aside(struct image_actor *i, const char *why)
{
    i->row.state = IMAGE_FAILED;
    image_set_text(&i->row.error, why);
    image_set_text(&i->row.progress, NULL);
    bd_log(BD_LOG_WARN, "an image is set aside", "image", i->row.id, "name", i->row.name, "reason",
           why, NULL);
    image_change_submit(i, image_change_new(i, "image.failed"));
}

static void cut_off(struct image_actor *i)
{
    const struct step_host *host = &i->e->config.host;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *cgroup = bd_xasprintf("benchd/image-%s", i->row.id);
    image_cgroup_end(virt_ops(host->virt), cgroup);
    if (image_clean_work(host->images_dir, i->row.id, &err) < 0)
        bd_log(BD_LOG_ERROR, "what a cut-off build left can't be removed", "image", i->row.id,
               "error", err.text, NULL);
    if (*i->row.recipe_digest) {
        set_aside(i, IMAGE_CUT_OFF);
    } else { /* who sent it has seen the connection end, and what was sent is gone */
        bd_log(BD_LOG_WARN, "an import was cut off by the end of benchd", "image", i->row.id, NULL);
        image_forget(i, image_change_new(i, "image.failed"));
    }
}

/* Why an image that is said to be ready can't be had; NULL: it can. */
static const char *unusable(const struct image_actor *i)
{
    if (!i->row.digest || !i->row.fingerprint)
        return "its row in the database has no digest or no fingerprint, so that nothing shows "
               "that its files are those that were built: delete it, and build or import it again";
    bd_auto_free char *dir = image_dir(i->e->config.host.images_dir, i->row.digest);
    return bd_exists(dir) ? NULL : "its directory is gone: build or import it again";
}

void images_start(struct engine *e)
{
    struct image_actor *next;
    for (struct image_actor *i = e->images; i; i = next) {
        next = i->next;
        if (i->row.state == IMAGE_BUILDING && !i->work) {
            cut_off(i);
        } else if (i->row.state == IMAGE_READY) {
            const char *why = unusable(i);
            if (why)
                set_aside(i, why);
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
            image_work_drop(i->work, &end);
        if (i->delete_done)
            i->delete_done(i->delete_arg, end.code, &end, NULL);
        image_free(i);
    }
}
