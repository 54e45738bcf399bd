/* Files of runs at their end become objects. */
#include "daemon/engine/artifacts.h"

#include "daemon/engine/fault.h"
#include "lib/artifact/artifact.h"
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/store/artifact.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* -- one thing after the other -- */

void artifacts_begin(struct artifacts *a)
{
    a->busy = true;
    a->e->in_flight++;
}

void artifacts_end(struct artifacts *a)
{
    struct engine *e = a->e;
    a->busy = false;
    artifacts_move(a);
    engine_flight_end(e);
}

static void enqueue(struct artifacts *a, const char *run)
{
    struct artifacts_run *r = bd_new(struct artifacts_run);
    memcpy(r->id, run, BD_ID_BYTES);
    *a->waiting_tail = r;
    a->waiting_tail = &r->next;
}

/* -- packing -- */

struct pack {
    struct work w;
    struct write write;
    struct artifacts *a;
    char run[BD_ID_BYTES];
    char *dir;
    bool there; /* the directory */
    struct store_artifact *rows;
    size_t n, cap;
    uint64_t added;
    int rc;
    struct bd_err err;
};

/* What has another name or is no plain file was never served. */
static int pack_file(struct pack *p, int objects, int dir_fd, const char *name, struct bd_err *err)
{
    struct stat st;
    struct artifact_packed packed;
    bd_auto_fd int fd = -1;
    int rc = artifact_file_open(dir_fd, name, &fd, &st, err);
    if (rc == BD_ENOTFOUND)
        return 0;
    if (rc == 0)
        rc = artifact_pack(objects, fd, p->a->cancel, &packed, err);
    if (rc < 0) {
        bd_err_wrap(err, "pack %s/%s", p->dir, name);
        return rc;
    }
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 16;
        p->rows = bd_xrealloc(p->rows, p->cap * sizeof(*p->rows));
    }
    struct store_artifact *row = &p->rows[p->n++];
    *row = (struct store_artifact){
        .name = bd_xstrdup(name),
        .bytes = packed.bytes,
        .stored_bytes = packed.stored_bytes,
        .modified_ns = (int64_t)st.st_mtim.tv_sec * BD_NS_PER_S + st.st_mtim.tv_nsec,
    };
    if (row->modified_ns <= 0) /* a clock that was never set */
        row->modified_ns = 1;
    memcpy(row->digest, packed.digest, sizeof(row->digest));
    return 0;
}

static int pack_all(struct pack *p, struct bd_err *err)
{
    bd_auto(dir) DIR *dir = NULL;
    bd_auto_fd int objects = -1;
    int rc = bd_dir_open(AT_FDCWD, p->dir, &dir, err);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc; /* it has left nothing */
    p->there = true;
    rc = artifact_dir_open(p->a->e->config.artifacts_dir, &objects, err);
    const struct dirent *entry;
    while (rc == 0 && (entry = readdir(dir)))
        rc = pack_file(p, objects, dirfd(dir), entry->d_name, err);
    return rc;
}

static void pack_run(struct work *work, void *context BD_UNUSED)
{
    struct pack *p = (struct pack *)work;
    p->rc = pack_all(p, &p->err);
}

static void pack_end(struct pack *p)
{
    struct artifacts *a = p->a;
    store_artifacts_free(p->rows, p->n);
    free(p->dir);
    free(p);
    artifacts_end(a);
}

static void clear_run(struct work *work, void *context BD_UNUSED)
{
    struct pack *p = (struct pack *)work;
    p->rc = bd_rm_rf(p->dir, &p->err);
}

static void clear_done(struct work *work)
{
    struct pack *p = (struct pack *)work;
    if (p->rc < 0)
        bd_log(BD_LOG_WARN,
               "the directory of a run whose files are packed could not be removed; benchd tries "
               "again within an hour",
               "run", p->run, "error", p->err.text, NULL);
    p->a->left_undone |= p->rc < 0;
    p->a->check_wanted = true;
    pack_end(p);
}

static struct pack *pack_of(struct write *w)
{
    return (struct pack *)((char *)w - offsetof(struct pack, write));
}

static int pack_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct pack *p = pack_of(w);
    return store_artifacts_insert(conn, p->run, p->rows, p->n, bd_wall_ns(), &p->added, err);
}

static void pack_written(struct write *w, int rc, const struct bd_err *err)
{
    struct pack *p = pack_of(w);
    struct engine *e = p->a->e;
    engine_store_result(e, rc, err);
    if (rc < 0 && !e->closing && !engine_write_is_refused(rc)) {
        engine_write_later(e, w);
        return;
    }
    if (rc < 0) {
        if (!e->closing)
            bd_log(BD_LOG_ERROR,
                   "the store refuses the files of a run; they stay in its directory, and benchd "
                   "tries again within an hour",
                   "run", p->run, "error", err->text, NULL);
        p->a->left_undone = true;
        pack_end(p);
        return;
    }
    p->a->stored_bytes += p->added;
    engine_changed(e, "run", p->run);
    fault_point("artifacts", "packed");
    p->w = (struct work){.run = clear_run, .done = clear_done};
    workers_submit(e->config.pack, &p->w);
}

static void pack_done(struct work *work)
{
    struct pack *p = (struct pack *)work;
    struct engine *e = p->a->e;
    if (p->rc < 0 && p->rc != BD_ECANCELLED)
        bd_log(BD_LOG_ERROR,
               "the files of a run can't be packed; they stay in its directory, and benchd tries "
               "again within an hour, and when it has removed others",
               "run", p->run, "error", p->err.text, NULL);
    p->a->left_undone |= p->rc < 0;
    if (p->rc < 0 || !p->there) {
        pack_end(p);
        return;
    }
    fault_point("artifacts", "stored");
    p->write = (struct write){.exec = pack_exec, .done = pack_written};
    writer_submit(e->config.writer, &p->write);
}

static void pack_begin(struct artifacts *a)
{
    struct artifacts_run *r = a->waiting;
    a->waiting = r->next;
    if (!a->waiting)
        a->waiting_tail = &a->waiting;
    struct pack *p = bd_new(struct pack);
    p->w = (struct work){.run = pack_run, .done = pack_done};
    p->a = a;
    p->dir = bd_xasprintf("%s/%s", a->e->config.host.runs_dir, r->id);
    memcpy(p->run, r->id, BD_ID_BYTES);
    free(r);
    artifacts_begin(a);
    workers_submit(a->e->config.pack, &p->w);
}

/* -- what was left undone, by an earlier daemon too -- */

struct sweep {
    struct work w;
    struct artifacts *a;
    struct bd_strv runs; /* at their end, with a directory */
    int rc;
};

static int keep(const char *digest, void *arg, struct bd_err *err)
{
    return store_object_exists(arg, digest, err);
}

static int sweep_objects(const struct engine *e, struct store_conn *conn, struct bd_err *err)
{
    unsigned removed = 0;
    bd_auto_fd int objects = -1;
    int rc = artifact_dir_open(e->config.artifacts_dir, &objects, err);
    if (rc == 0)
        rc = artifact_sweep(objects, keep, conn, &removed, err);
    if (removed)
        bd_log(BD_LOG_INFO, "removed objects that no run has", "objects", bd_log_i64(removed),
               NULL);
    return rc;
}

static int find_runs(struct sweep *s, struct store_conn *conn, struct bd_err *err)
{
    bd_auto(dir) DIR *dir = NULL;
    int rc = bd_dir_open(AT_FDCWD, s->a->e->config.host.runs_dir, &dir, err);
    const struct dirent *entry;
    while (rc >= 0 && (entry = readdir(dir))) {
        if (strlen(entry->d_name) != BD_ID_CHARS)
            continue;
        rc = store_artifact_run_ended(conn, entry->d_name, err);
        if (rc > 0)
            bd_strv_add(&s->runs, entry->d_name);
    }
    return rc < 0 ? rc : 0;
}

static void sweep_run(struct work *work, void *context BD_UNUSED)
{
    struct sweep *s = (struct sweep *)work;
    const struct engine *e = s->a->e;
    struct bd_err err = BD_ERR_INIT;
    bd_auto(store_conn) struct store_conn *conn = NULL;
    s->rc = store_open_reader(e->config.db_path, &conn, &err);
    if (s->rc == 0)
        s->rc = sweep_objects(e, conn, &err);
    if (s->rc == 0)
        s->rc = find_runs(s, conn, &err);
    if (s->rc < 0)
        bd_log(BD_LOG_WARN, "could not look for files of runs that were left behind", "error",
               err.text, NULL);
}

static void sweep_done(struct work *work)
{
    struct sweep *s = (struct sweep *)work;
    struct artifacts *a = s->a;
    for (size_t i = 0; i < s->runs.n; i++)
        enqueue(a, s->runs.items[i]);
    bd_strv_done(&s->runs);
    a->left_undone |= s->rc < 0;
    free(s);
    a->check_wanted = true;
    artifacts_end(a);
}

static void sweep_begin(struct artifacts *a)
{
    a->sweep_wanted = false;
    struct sweep *s = bd_new(struct sweep);
    s->w = (struct work){.run = sweep_run, .done = sweep_done};
    s->a = a;
    artifacts_begin(a);
    workers_submit(a->e->config.pack, &s->w);
}

/* -- life -- */

/* The quota before the next run: what is told of is not to grow stale. */
void artifacts_move(struct artifacts *a)
{
    if (a->busy || a->e->closing || !a->e->started)
        return;
    if (a->sweep_wanted)
        sweep_begin(a);
    else if (a->check_wanted)
        artifacts_check(a);
    else if (a->waiting)
        pack_begin(a);
}

void artifacts_run_ended(struct artifacts *a, const char *run)
{
    enqueue(a, run);
    artifacts_move(a);
}

void artifacts_campaign_ended(struct artifacts *a)
{
    a->check_wanted = true;
    artifacts_move(a);
}

void artifacts_again(struct artifacts *a)
{
    a->sweep_wanted |= a->left_undone;
    a->left_undone = false;
    artifacts_move(a);
}

uint64_t artifacts_bytes(const struct artifacts *a)
{
    return a->stored_bytes;
}

struct artifacts *artifacts_new(struct engine *e)
{
    struct artifacts *a = bd_new(struct artifacts);
    a->e = e;
    a->waiting_tail = &a->waiting;
    a->cancel = bd_cancel_new();
    return a;
}

int artifacts_load(struct artifacts *a, struct store_conn *conn, struct bd_err *err)
{
    return store_object_bytes(conn, &a->stored_bytes, err);
}

void artifacts_start(struct artifacts *a)
{
    a->sweep_wanted = true;
    artifacts_move(a);
}

void artifacts_cancel(struct artifacts *a)
{
    bd_cancel_set(a->cancel, BD_ECANCELLED, "benchd is ending");
}

void artifacts_free(struct artifacts *a)
{
    for (struct artifacts_run *r = a->waiting, *next; r; r = next) {
        next = r->next;
        free(r);
    }
    bd_cancel_unref(a->cancel);
    free(a);
}
