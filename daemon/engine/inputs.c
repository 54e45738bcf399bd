#include "daemon/engine/inputs.h"

#include "daemon/engine/fault.h"
#include "lib/artifact/artifact.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum input_task_kind { INPUT_ADD, INPUT_REMOVE, INPUT_SWEEP };

struct input_task {
    struct work w;
    struct write write;
    struct inputs *in;
    struct input_task *next;
    enum input_task_kind kind;
    char *path;             /* of what is added */
    char *ref;              /* to what is removed */
    struct store_input row; /* as it is durable, or was */
    engine_also_fn also;
    engine_done_fn done;
    void *arg;
    int rc;
    struct bd_err err;
};

struct inputs {
    struct engine *e;
    struct bd_cancel *cancel;
    struct input_task *waiting, **waiting_tail;
    bool busy; /* one task is under way */
};

/* -- one task after the other -- */

static void begin(struct input_task *t);

static void move(struct inputs *in)
{
    struct input_task *t = in->waiting;
    if (in->busy || !t)
        return;
    in->waiting = t->next;
    if (!in->waiting)
        in->waiting_tail = &in->waiting;
    in->busy = true;
    begin(t);
}

static void end(struct input_task *t)
{
    struct inputs *in = t->in;
    struct engine *e = in->e;
    if (t->done)
        t->done(t->arg, t->rc, &t->err, t->rc < 0 ? NULL : &t->row);
    store_input_done(&t->row);
    free(t->path);
    free(t->ref);
    free(t);
    in->busy = false;
    move(in);
    engine_flight_end(e);
}

static struct input_task *task_new(struct inputs *in, enum input_task_kind kind)
{
    struct input_task *t = bd_new(struct input_task);
    t->in = in;
    t->kind = kind;
    return t;
}

static void submit(struct input_task *t)
{
    struct inputs *in = t->in;
    in->e->in_flight++;
    *in->waiting_tail = t;
    in->waiting_tail = &t->next;
    move(in);
}

/* -- adding -- */

static int pack(struct input_task *t, struct bd_err *err)
{
    struct artifact_packed packed = {0};
    bd_auto_fd int objects = -1, fd = open(t->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open the upload %s", t->path);
    int rc = artifact_dir_open(t->in->e->config.host.inputs_dir, &objects, err);
    if (rc == 0)
        rc = artifact_pack(objects, fd, t->in->cancel, &packed, err);
    if (rc < 0)
        return bd_err_wrap(err, "keep the input");
    memcpy(t->row.digest, packed.digest, sizeof(t->row.digest));
    t->row.bytes = packed.bytes;
    t->row.stored_bytes = packed.stored_bytes;
    return 0;
}

/* The same content may be there: then that one is the answer. */
static int insert(struct input_task *t, struct store_conn *conn, struct bd_err *err)
{
    struct store_input before = {0};
    int rc = store_input_get(conn, t->row.digest, &before, NULL);
    if (rc == 0) {
        store_input_done(&t->row);
        t->row = before;
        return 0;
    }
    bd_id_new(t->row.id);
    t->row.created_ns = bd_wall_ns();
    rc = store_input_insert(conn, &t->row, err);
    if (rc == 0) {
        bd_auto_json json_t *data =
            json_pack("{s:s, s:s*}", "digest", t->row.digest, "name", t->row.name);
        rc = event_append(conn, "input.added", t->row.id, data, err);
    }
    return rc == 0 && t->also ? t->also(conn, &t->row, t->arg, err) : rc;
}

/* -- removing -- */

static int check_free(struct store_conn *conn, const struct store_input *row, struct bd_err *err)
{
    bd_auto_strv struct bd_strv users = {0};
    bd_auto_str struct bd_str names = {0};
    int rc = store_input_users(conn, row->digest, &users, err);
    if (rc < 0 || users.n == 0)
        return rc;
    for (size_t i = 0; i < users.n; i++)
        bd_str_addf(&names, "%s%s", i ? ", " : "", users.items[i]);
    return bd_err_set(err, BD_ECONFLICT,
                      "input %s is needed by campaigns that are not at their end: %s", row->digest,
                      bd_str_text(&names));
}

static int erase(struct input_task *t, struct store_conn *conn, struct bd_err *err)
{
    int rc = store_input_get(conn, t->ref, &t->row, err);
    if (rc == 0)
        rc = check_free(conn, &t->row, err);
    if (rc == 0)
        rc = store_input_delete(conn, t->row.digest, err);
    if (rc < 0)
        return rc;
    bd_auto_json json_t *data =
        json_pack("{s:s, s:s*}", "digest", t->row.digest, "name", t->row.name);
    return event_append(conn, "input.removed", t->row.id, data, err);
}

static void drop(const struct input_task *t)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_fd int objects = -1;
    int rc = artifact_dir_open(t->in->e->config.host.inputs_dir, &objects, &err);
    if (rc == 0)
        rc = artifact_remove(objects, t->row.digest, &err);
    if (rc < 0)
        bd_log(BD_LOG_WARN,
               "the content of an input that was removed is still there; benchd tries again when "
               "it starts",
               "digest", t->row.digest, "error", err.text, NULL);
}

/* -- what an earlier daemon left behind -- */

static int keep(const char *digest, void *arg, struct bd_err *err)
{
    return store_input_exists(arg, digest, err);
}

static void sweep(const struct engine *e)
{
    struct bd_err err = BD_ERR_INIT;
    unsigned removed = 0;
    bd_auto_fd int objects = -1;
    bd_auto(store_conn) struct store_conn *conn = NULL;
    int rc = store_open_reader(e->config.db_path, &conn, &err);
    if (rc == 0)
        rc = artifact_dir_open(e->config.host.inputs_dir, &objects, &err);
    if (rc == 0)
        rc = artifact_sweep(objects, keep, conn, &removed, &err);
    if (rc < 0)
        bd_log(BD_LOG_WARN, "could not look for inputs that were left behind", "error", err.text,
               NULL);
    if (removed)
        bd_log(BD_LOG_INFO, "removed inputs that were not kept", "objects", bd_log_i64(removed),
               NULL);
}

/* -- the way of a task: what is added is packed, then written; what goes is written, then dropped
 * --
 */

static void body_run(struct work *w, void *context BD_UNUSED)
{
    struct input_task *t = (struct input_task *)w;
    if (t->kind == INPUT_ADD)
        t->rc = pack(t, &t->err);
    else if (t->kind == INPUT_REMOVE)
        drop(t);
    else
        sweep(t->in->e);
}

static struct input_task *task_of(struct write *w)
{
    return (struct input_task *)((char *)w - offsetof(struct input_task, write));
}

static int write_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct input_task *t = task_of(w);
    return t->kind == INPUT_ADD ? insert(t, conn, err) : erase(t, conn, err);
}

static void body_begin(struct input_task *t);

static void write_done(struct write *w, int rc, const struct bd_err *err)
{
    struct input_task *t = task_of(w);
    struct engine *e = t->in->e;
    if (rc != BD_ENOTFOUND && rc != BD_ECONFLICT)
        engine_store_result(e, rc, err);
    t->rc = rc;
    if (rc < 0) {
        bd_err_copy(&t->err, err);
    } else {
        e->config.on_events(e->config.arg);
        fault_point("inputs", "stored");
    }
    if (rc == 0 && t->kind == INPUT_REMOVE)
        body_begin(t);
    else
        end(t);
}

static void write_begin(struct input_task *t)
{
    t->write = (struct write){.exec = write_exec, .done = write_done};
    writer_submit(t->in->e->config.writer, &t->write);
}

static void body_done(struct work *w)
{
    struct input_task *t = (struct input_task *)w;
    if (t->kind == INPUT_ADD && t->rc == 0) {
        fault_point("inputs", "packed");
        write_begin(t);
    } else {
        end(t);
    }
}

static void body_begin(struct input_task *t)
{
    t->w = (struct work){.run = body_run, .done = body_done};
    workers_submit(t->in->e->config.work, &t->w);
}

static void begin(struct input_task *t)
{
    if (t->kind == INPUT_REMOVE)
        write_begin(t);
    else
        body_begin(t);
}

/* -- what is asked -- */

static bool refused(struct engine *e, engine_done_fn done, void *arg)
{
    struct bd_err err = BD_ERR_INIT;
    if (!e->closing)
        return false;
    bd_err_set(&err, BD_EUNAVAILABLE, "benchd is ending: try again when it is back");
    engine_answer(e, done, arg, &err, NULL);
    return true;
}

void engine_input_add(struct engine *e, const struct engine_input *add)
{
    if (refused(e, add->done, add->arg))
        return;
    struct input_task *t = task_new(e->inputs, INPUT_ADD);
    t->path = bd_xstrdup(add->path);
    t->row.name = dup_or_null(add->name);
    t->also = add->also;
    t->done = add->done;
    t->arg = add->arg;
    submit(t);
}

void engine_input_delete(struct engine *e, const char *ref, engine_done_fn done, void *arg)
{
    if (refused(e, done, arg))
        return;
    struct input_task *t = task_new(e->inputs, INPUT_REMOVE);
    t->ref = bd_xstrdup(ref);
    t->done = done;
    t->arg = arg;
    submit(t);
}

/* -- life -- */

struct inputs *inputs_new(struct engine *e)
{
    struct inputs *in = bd_new(struct inputs);
    in->e = e;
    in->waiting_tail = &in->waiting;
    in->cancel = bd_cancel_new();
    return in;
}

void inputs_start(struct inputs *in)
{
    submit(task_new(in, INPUT_SWEEP));
}

/* What waits is begun, and ends at once: packing looks at the token first. */
void inputs_cancel(struct inputs *in)
{
    bd_cancel_set(in->cancel, BD_ECANCELLED, "benchd is ending");
}

void inputs_free(struct inputs *in)
{
    bd_cancel_unref(in->cancel);
    free(in);
}
