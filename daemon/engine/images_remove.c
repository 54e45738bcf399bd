/* Images that go: asked for, or of no use any more. */
#include "daemon/engine/images.h"

#include "lib/base/log.h"

#include <string.h>

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
        c->done = r->done;
        c->arg = r->arg;
        image_forget(r->i, c);
    }
    free(r->digest);
    free(r);
    engine_flight_end(e);
}

static void removal_begin(struct image_actor *i, engine_done_fn done, void *arg)
{
    struct engine *e = i->e;
    bool shared = !i->row.digest;
    for (const struct image_actor *o = e->images; o; o = o->next)
        shared |= o != i && !o->deleting && bd_str_eq(o->row.digest, i->row.digest);

    struct image_removal *r = bd_new(struct image_removal);
    *r = (struct image_removal){
        .w = {.run = removal_run, .done = removal_done},
        .e = e,
        .i = i,
        .digest = shared ? NULL : bd_xstrdup(i->row.digest),
        .done = done,
        .arg = arg,
    };
    i->deleting = true;
    e->in_flight++;
    workers_submit(e->config.work, &r->w);
}

/* Ids of the clusters that use it, separated by ", "; "" for none. */
static void find_users(const struct image_actor *i, struct bd_str *ret_users)
{
    for (const struct actor *a = i->e->actors; a; a = a->next)
        if (i->row.digest && bd_str_eq(a->row.image_digest, i->row.digest))
            bd_str_addf(ret_users, "%s%s", ret_users->len ? ", " : "", a->row.id);
}

static int check_delete(const struct image_actor *i, const char *id, struct bd_err *err)
{
    if (!i || i->deleting)
        return bd_err_set(err, BD_ENOTFOUND, "no image %s", id);
    bd_auto_str struct bd_str users = {0};
    find_users(i, &users);
    if (users.len)
        return bd_err_set(err, BD_ECONFLICT, "image %s is used by clusters %s: delete them first",
                          i->row.id, bd_str_text(&users));
    return 0;
}

static void drop_turn(struct image_actor *i)
{
    struct bd_err why = BD_ERR_INIT;
    bd_err_set(&why, BD_ECANCELLED, "the image was deleted before its turn came");
    if (i->work)
        image_work_drop(bd_take(i->work), &why);
}

void image_delete_go_on(struct image_actor *i)
{
    drop_turn(i);
    removal_begin(i, bd_take(i->delete_done), i->delete_arg);
}

void engine_image_delete(struct engine *e, const char *id, engine_done_fn done, void *arg)
{
    struct bd_err err = BD_ERR_INIT;
    struct image_actor *i = image_find(e, id);
    if (check_delete(i, id, &err) < 0) {
        engine_answer(e, done, arg, &err, NULL);
        return;
    }
    i->deleting = true;
    i->delete_done = done;
    i->delete_arg = arg;
    if (e->building == i)
        bd_cancel_set(i->work->cancel, BD_ECANCELLED, "the image is being deleted");
    else if (i->durable)
        image_delete_go_on(i);
}

static void on_failed_removed(void *arg BD_UNUSED, int rc, const struct bd_err *err,
                              const void *row BD_UNUSED)
{
    if (rc < 0)
        bd_log(BD_LOG_WARN, "a failed image could not be removed", "error", err->text, NULL);
}

void images_remove_failed(struct engine *e, const char *name)
{
    for (struct image_actor *i = e->images; i; i = i->next) {
        bd_auto_str struct bd_str users = {0};
        find_users(i, &users); /* of one whose directory went from under a cluster */
        if (i->row.state == IMAGE_FAILED && !i->deleting && !users.len &&
            strcmp(i->row.name, name) == 0)
            removal_begin(i, on_failed_removed, NULL);
    }
}
