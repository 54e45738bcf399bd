/*
 * What a body brought in rows, many of them: they are written in batches before its result is, so
 * that no transaction holds up the others. Cut off in between, the body is done again and replaces
 * them.
 */
#include "daemon/engine/private.h"

#include "lib/base/log.h"
#include "lib/store/job.h"

#define BATCH 500

struct ingest {
    struct write w;
    struct engine *e;
    struct actor *a;
    struct step_work *work;
    size_t jobs; /* that are written */
    size_t n;    /* of the batch that is with the writer */
    bool told;
};

static int ingest_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    const struct ingest *g = (struct ingest *)w;
    const struct jobs_seen *jobs = &g->work->out.jobs;
    return store_jobs_put(conn, g->work->in.plan.id, &jobs->items[g->jobs], g->n, err);
}

static void ingest_next(struct ingest *g)
{
    size_t left = g->work->out.jobs.n - g->jobs;
    g->n = left < BATCH ? left : BATCH;
    if (g->n > 0) {
        g->e->in_flight++;
        writer_submit(g->e->config.writer, &g->w);
        return;
    }
    struct actor *a = g->a;
    struct step_work *work = g->work;
    free(g);
    actor_on_stored(a, work);
}

static void give_up(struct ingest *g, int rc, const struct bd_err *err)
{
    g->work->rc = rc;
    bd_err_copy(&g->work->err, err);
    bd_err_wrap(&g->work->err, "store the records of its jobs");
    g->jobs = g->work->out.jobs.n;
}

static void ingest_done(struct write *w, int rc, const struct bd_err *err)
{
    struct ingest *g = (struct ingest *)w;
    struct engine *e = g->e;
    engine_store_result(e, rc, err);
    if (rc < 0 && !e->closing && !engine_write_is_refused(rc)) {
        if (!g->told)
            bd_log(BD_LOG_ERROR, "records of jobs can't be stored; trying again every second",
                   "run", g->work->in.plan.id, "error", err->text, NULL);
        g->told = true;
        engine_write_later(e, &g->w); /* it stays in flight */
        return;
    }
    if (rc < 0)
        give_up(g, rc, err);
    else
        g->jobs += g->n;
    ingest_next(g);
    engine_flight_end(e);
}

bool ingest_begin(struct actor *a, struct step_work *w)
{
    if (w->out.jobs.n == 0)
        return false;
    struct ingest *g = bd_new(struct ingest);
    g->w = (struct write){.exec = ingest_exec, .done = ingest_done};
    g->e = a->e;
    g->a = a;
    g->work = w;
    a->storing = w;
    ingest_next(g);
    return true;
}
