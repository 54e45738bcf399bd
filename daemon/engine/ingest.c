/*
 * What a body brought in rows, many of them: they are written in batches before its result is, so
 * that no transaction holds up the others. Cut off in between, the body is done again and replaces
 * them, or its run has failed.
 *
 * A store that can't write is waited for, but not for ever: the cluster goes on taking room on what
 * may be the same disk, and no removal waits for that.
 */
#include "daemon/engine/fault.h"
#include "daemon/engine/private.h"

#include "lib/base/log.h"
#include "lib/store/job.h"
#include "lib/store/sample.h"

#include <string.h>

#define SAMPLES_BATCH 100 /* blocks, of some KiB each */
#define TRIES_MAX     30  /* of a batch, once a second */

struct ingest {
    struct write w;
    struct engine *e;
    struct actor *a;
    struct step_work *work;
    size_t jobs, samples; /* that are written */
    size_t n;             /* of the batch that is with the writer: jobs, and then samples */
    unsigned tries;       /* of it, in vain */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool at_jobs(const struct ingest *g)
{
    return g->jobs < g->work->out.jobs.n;
}

static int put_samples(const struct ingest *g, struct store_conn *conn, struct bd_err *err)
{
    struct store_sample rows[SAMPLES_BATCH];
    for (size_t i = 0; i < g->n; i++) {
        struct sample_block *b = &g->work->out.samples[g->samples + i];
        rows[i] = (struct store_sample){
            .metric = b->metric,
            .node = b->node,
            .from_ns = b->from_ns,
            .to_ns = b->to_ns,
            .n = b->n,
            .data = b->data,
            .bytes = b->bytes,
        };
    }
    return store_samples_put(conn, g->work->in.plan.id, rows, g->n, err);
}

static int ingest_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    const struct ingest *g = (struct ingest *)w;
    return at_jobs(g) ? store_jobs_put(conn, g->work->in.plan.id, &g->work->out.jobs.items[g->jobs],
                                       g->n, err)
                      : put_samples(g, conn, err);
}

static void ingest_next(struct ingest *g)
{
    const struct step_output *out = &g->work->out;
    g->n = at_jobs(g) ? smaller(out->jobs.n - g->jobs, STORE_JOBS_BATCH)
                      : smaller(out->n_samples - g->samples, SAMPLES_BATCH);
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

static void batch_is_written(struct ingest *g)
{
    if (at_jobs(g))
        g->jobs += g->n;
    else
        g->samples += g->n;
    g->tries = 0;
    fault_point("ingest", "stored");
}

/* The body is not done again either: the same disk would be asked for the same. */

static void give_up(struct ingest *g, int rc, const struct bd_err *err)
{
    g->work->rc = rc;
    bd_err_copy(&g->work->err, err);
    bd_err_wrap(&g->work->err, "store the records of its jobs and samples");
    g->jobs = g->work->out.jobs.n;
    g->samples = g->work->out.n_samples;
    g->a->attempt = steps[g->work->step].attempts;
}

/* What is on its way down has no time for it. */
static bool worth_another_try(const struct ingest *g, int rc)
{
    return !g->e->closing && !engine_write_is_refused(rc) && g->a->row.state == CLUSTER_READY &&
           g->tries < TRIES_MAX;
}

static void ingest_done(struct write *w, int rc, const struct bd_err *err)
{
    struct ingest *g = (struct ingest *)w;
    struct engine *e = g->e;
    engine_store_result(e, rc, err);
    g->tries += rc < 0;
    if (rc < 0 && worth_another_try(g, rc)) {
        if (g->tries == 1)
            bd_log(BD_LOG_ERROR,
                   "records of jobs or samples can't be stored; trying again every second", "run",
                   g->work->in.plan.id, "error", err->text, NULL);
        engine_write_later(e, &g->w); /* it stays in flight */
        return;
    }
    if (rc < 0)
        give_up(g, rc, err);
    else
        batch_is_written(g);
    ingest_next(g);
    engine_flight_end(e);
}

bool ingest_begin(struct actor *a, struct step_work *w)
{
    if (w->out.jobs.n == 0 && w->out.n_samples == 0)
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
