/*
 * What it does to the daemon's loop that rows of jobs come in: its writer gets 2,000 a second, in
 * batches of 500 as a run's are, while its lag is looked at. bench-ingest [SECONDS]: {"rows":,
 * "rowsPerSecond":, "lagP50Ms":, "lagP99Ms":, "lagMaxMs":, "commitMaxMs":}.
 */
#include "daemon/loop/lag.h"
#include "daemon/loop/writer.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "tests/bench/rows.h"

#include <stdio.h>

#define PERIOD_MS   UINT64_C(250)
#define PER_SECOND  (1000 / PERIOD_MS)
#define SECONDS     10
#define SECONDS_MAX 50 /* what the lag is told of */

struct ingest {
    uv_loop_t loop;
    uv_timer_t timer;
    struct lag *lag;
    struct writer *writer;
    uint32_t batches, submitted, done;
    int64_t begin_ns, end_ns;
    struct lag_summary seen;
    struct writer_stats stats;
    int rc; /* of the first batch that failed */
    struct bd_err err;
};

struct batch {
    struct write w;
    struct ingest *ingest;
    uint32_t first;
};

static int batch_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    const struct batch *b = (struct batch *)w;
    struct job_seen rows[STORE_JOBS_BATCH];
    for (uint32_t i = 0; i < STORE_JOBS_BATCH; i++)
        rows[i] = rows_job(b->first + i);
    return store_jobs_put(conn, ROWS_RUN, rows, STORE_JOBS_BATCH, err);
}

static void end(struct ingest *in)
{
    in->end_ns = bd_mono_ns();
    lag_summary(in->lag, &in->seen);
    writer_stats(in->writer, &in->stats);
    writer_close(in->writer, NULL, NULL);
    lag_close(in->lag, NULL, NULL);
}

static void batch_done(struct write *w, int rc, const struct bd_err *err)
{
    struct batch *b = (struct batch *)w;
    struct ingest *in = b->ingest;
    if (rc < 0 && in->rc == 0) {
        in->rc = rc;
        bd_err_copy(&in->err, err);
    }
    free(b);
    if (++in->done == in->batches)
        end(in);
}

static void on_timer(uv_timer_t *timer)
{
    struct ingest *in = timer->data;
    struct batch *b = bd_new(struct batch);
    b->w = (struct write){.exec = batch_exec, .done = batch_done};
    b->ingest = in;
    b->first = in->submitted++ * STORE_JOBS_BATCH;
    writer_submit(in->writer, &b->w);
    if (in->submitted == in->batches)
        uv_close((uv_handle_t *)timer, NULL);
}

static int ingest_begin(struct ingest *in, const char *path, struct bd_err *err)
{
    bd_auto(store_conn) struct store_conn *conn = NULL;
    int rc = store_open(path, &conn, err);
    if (rc == 0)
        rc = rows_insert_run(conn, err);
    if (rc == 0)
        rc = writer_new(&in->loop, conn, &in->writer);
    if (rc < 0)
        return rc;
    (void)bd_take(conn);
    in->lag = lag_new(&in->loop);
    in->timer.data = in;
    uv_timer_init(&in->loop, &in->timer);
    uv_timer_start(&in->timer, on_timer, PERIOD_MS, PERIOD_MS);
    in->begin_ns = bd_mono_ns();
    return 0;
}

static void print(const struct ingest *in)
{
    uint32_t rows = in->batches * STORE_JOBS_BATCH;
    double seconds = (double)(in->end_ns - in->begin_ns) / BD_NS_PER_S;
    printf("{\"rows\": %u, \"rowsPerSecond\": %.0f, \"lagP50Ms\": %.3f, \"lagP99Ms\": %.3f, "
           "\"lagMaxMs\": %.3f, \"commitMaxMs\": %.3f}\n",
           rows, rows / seconds, (double)in->seen.p50_ns / BD_NS_PER_MS,
           (double)in->seen.p99_ns / BD_NS_PER_MS, (double)in->seen.max_ns / BD_NS_PER_MS,
           (double)in->stats.commit_max_ns / BD_NS_PER_MS);
}

static int measure(const char *path, uint32_t seconds, struct bd_err *err)
{
    struct ingest in = {.batches = seconds * PER_SECOND, .err = BD_ERR_INIT};
    uv_loop_init(&in.loop);
    int rc = ingest_begin(&in, path, err);
    if (rc == 0) {
        uv_run(&in.loop, UV_RUN_DEFAULT);
        rc = in.rc;
        bd_err_copy(err, &in.err);
    }
    uv_loop_close(&in.loop);
    if (rc == 0)
        print(&in);
    return rc;
}

int main(int argc, char **argv)
{
    struct bd_err err = BD_ERR_INIT;
    int64_t seconds = SECONDS;
    if (argc > 1 && bd_parse_i64(argv[1], 1, SECONDS_MAX, &seconds) < 0) {
        fprintf(stderr, "bench-ingest: '%s' is no number of seconds, 1 to %d\n", argv[1],
                SECONDS_MAX);
        return 2;
    }
    int rc = rows_in_own(measure, (uint32_t)seconds, &err);
    if (rc < 0)
        fprintf(stderr, "bench-ingest: %s\n", err.text);
    return rc < 0;
}
