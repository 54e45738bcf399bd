/*
 * The quota of objects. Runs go in rounds: what a round removes was named in an event before. A
 * campaign that is not at its end, or asked for it (artifacts.keep), loses nothing.
 */
#include "daemon/engine/artifacts.h"

#include "daemon/engine/fault.h"
#include "lib/artifact/artifact.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/artifact.h"

#include <string.h>

#define ROUND_RUNS 20 /* named in one event, and removed after it */
#define HOST       "local"

struct round {
    struct work w;
    struct write write;
    struct artifacts *a;
    struct store_artifact_run *runs; /* the next to go */
    size_t n, at;
    uint64_t freed;
    struct bd_strv digests; /* of objects that are nobody's any more */
    int rc;
    struct bd_err err;
};

static bool is_over(const struct artifacts *a)
{
    uint64_t quota = a->e->config.artifacts_quota;
    return quota && a->stored_bytes > quota;
}

static bool is_near(const struct artifacts *a)
{
    uint64_t quota = a->e->config.artifacts_quota;
    return quota && a->stored_bytes > quota - quota / 10;
}

static struct round *round_of(struct write *w)
{
    return (struct round *)((char *)w - offsetof(struct round, write));
}

static void round_end(struct round *r)
{
    struct artifacts *a = r->a;
    free(r->runs);
    bd_strv_done(&r->digests);
    free(r);
    artifacts_end(a);
}

/* -- telling -- */

static void tell(const struct round *r)
{
    const struct artifacts *a = r->a;
    json_t *next = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(next, json_pack("{s:s, s:s, s:I}", "run", r->runs[i].run, "campaign",
                                              r->runs[i].campaign, "bytes",
                                              (json_int_t)r->runs[i].bytes));
    engine_event(a->e, "host.artifacts", HOST,
                 json_pack("{s:I, s:I, s:o}", "bytes", (json_int_t)a->stored_bytes, "quotaBytes",
                           (json_int_t)a->e->config.artifacts_quota, "next", next));
    bd_log(BD_LOG_INFO, "files of runs come up to their quota", "bytes",
           bd_log_i64((int64_t)a->stored_bytes), "quota",
           bd_log_i64((int64_t)a->e->config.artifacts_quota), "next", r->n ? r->runs[0].run : NULL,
           NULL);
}

static void warn_full(const struct artifacts *a)
{
    bd_log(BD_LOG_WARN,
           "files of runs have passed their quota, and none may be removed: their campaigns have "
           "not ended or keep them; raise artifacts_quota",
           "bytes", bd_log_i64((int64_t)a->stored_bytes), "quota",
           bd_log_i64((int64_t)a->e->config.artifacts_quota), NULL);
}

/* -- removing -- */

static void remove_next(struct round *r);

static void drop_run(struct work *work, void *context BD_UNUSED)
{
    struct round *r = (struct round *)work;
    bd_auto_fd int objects = -1;
    r->rc = artifact_dir_open(r->a->e->config.artifacts_dir, &objects, &r->err);
    for (size_t i = 0; r->rc == 0 && i < r->digests.n; i++)
        r->rc = artifact_remove(objects, r->digests.items[i], &r->err);
}

static void drop_done(struct work *work)
{
    struct round *r = (struct round *)work;
    if (r->rc < 0)
        bd_log(BD_LOG_ERROR,
               "objects of a run could not be removed; benchd tries again within an hour", "run",
               r->runs[r->at].run, "error", r->err.text, NULL);
    r->a->left_undone |= r->rc < 0;
    bd_strv_done(&r->digests);
    r->at++;
    remove_next(r);
}

static int remove_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct round *r = round_of(w);
    const struct store_artifact_run *run = &r->runs[r->at];
    bd_strv_done(&r->digests); /* of a try before */
    int rc = store_artifact_remove(conn, run->run, bd_wall_ns(), &r->freed, &r->digests, err);
    if (rc < 0)
        return rc;
    bd_auto_json json_t *data =
        json_pack("{s:s, s:I}", "campaign", run->campaign, "freedBytes", (json_int_t)r->freed);
    return event_append(conn, "run.artifacts-removed", run->run, data, err);
}

static void remove_written(struct write *w, int rc, const struct bd_err *err)
{
    struct round *r = round_of(w);
    struct artifacts *a = r->a;
    struct engine *e = a->e;
    const char *run = r->runs[r->at].run;
    engine_store_result(e, rc, err);
    if (rc < 0 && !e->closing && !engine_write_is_refused(rc)) {
        engine_write_later(e, w);
        return;
    }
    if (rc < 0) {
        if (!e->closing)
            bd_log(BD_LOG_ERROR, "the files of a run can't be removed", "run", run, "error",
                   err->text, NULL);
        round_end(r);
        return;
    }
    a->stored_bytes -= r->freed;
    engine_changed(e, "run", run);
    e->config.on_events(e->config.arg);
    bd_log(BD_LOG_INFO, "removed the files of a run, to keep to artifacts_quota", "run", run,
           "campaign", r->runs[r->at].campaign, "freed", bd_log_i64((int64_t)r->freed), NULL);
    fault_point("artifacts", "removed");
    r->w = (struct work){.run = drop_run, .done = drop_done};
    workers_submit(e->config.pack, &r->w);
}

static void remove_next(struct round *r)
{
    struct artifacts *a = r->a;
    if (a->e->closing || r->at == r->n || !is_over(a)) {
        a->told = false; /* others are the next now */
        a->check_wanted = true;
        artifacts_again(a);
        round_end(r);
        return;
    }
    r->write = (struct write){.exec = remove_exec, .done = remove_written};
    writer_submit(a->e->config.writer, &r->write);
}

/* -- looking -- */

static void look_run(struct work *work, void *context BD_UNUSED)
{
    struct round *r = (struct round *)work;
    bd_auto(store_conn) struct store_conn *conn = NULL;
    r->rc = store_open_reader(r->a->e->config.db_path, &conn, &r->err);
    if (r->rc == 0)
        r->rc = store_artifact_removable(conn, ROUND_RUNS, &r->runs, &r->n, &r->err);
}

static void look_done(struct work *work)
{
    struct round *r = (struct round *)work;
    struct artifacts *a = r->a;
    if (r->rc < 0) {
        bd_log(BD_LOG_ERROR, "can't find out whose files may be removed", "error", r->err.text,
               NULL);
        round_end(r);
        return;
    }
    bool over = is_over(a), full = over && r->n == 0;
    if (!a->e->closing) {
        if (full ? !a->told_full : over || !a->told)
            tell(r);
        if (full && !a->told_full)
            warn_full(a);
        a->told = true;
        a->told_full = full;
    }
    if (over && r->n)
        remove_next(r);
    else
        round_end(r);
}

void artifacts_check(struct artifacts *a)
{
    a->check_wanted = false;
    if (!is_near(a)) {
        a->told = a->told_full = false;
        artifacts_move(a);
        return;
    }
    if (a->told && !is_over(a)) {
        artifacts_move(a);
        return;
    }
    struct round *r = bd_new(struct round);
    r->w = (struct work){.run = look_run, .done = look_done};
    r->a = a;
    artifacts_begin(a);
    workers_submit(a->e->config.pack, &r->w);
}
