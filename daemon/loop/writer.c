#include "daemon/loop/writer.h"

#include "daemon/loop/workers.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <pthread.h>

/* Writes committed together: enough to share a disk's flush, few enough to keep an answer waiting
 * for no more than a few milliseconds. */
#define BATCH_MAX 500

struct writer {
    struct store_conn *conn;
    struct workers *thread; /* a pool of one */
    struct work turn;       /* takes what is queued; at most one in flight */
    bool turning;
    bool telling; /* a batch's `done` are being called: they may submit */

    struct write *todo, **todo_tail; /* the loop's */
    struct write *batch;             /* the turn's, while it runs */

    pthread_mutex_t lock; /* guards stats */
    struct writer_stats stats;

    bool closing;
    void (*on_closed)(void *arg);
    void *arg;
};

static int run_one(struct writer *w, struct write *op)
{
    int rc = store_savepoint(w->conn, &op->err);
    if (rc < 0)
        return rc;
    rc = op->exec(op, w->conn, &op->err);
    if (rc >= 0)
        rc = store_savepoint_keep(w->conn, &op->err);
    if (rc < 0)
        store_savepoint_undo(w->conn);
    return rc;
}

static void fail_all(struct write *batch, int rc, const struct bd_err *err)
{
    for (struct write *op = batch; op; op = op->next) {
        if (op->rc >= 0) { /* its own failure says more */
            op->rc = rc;
            op->err = *err;
        }
    }
}

static void turn_run(struct work *turn, void *context BD_UNUSED)
{
    struct writer *w = (struct writer *)((char *)turn - offsetof(struct writer, turn));
    struct bd_err err = BD_ERR_INIT;
    uint64_t writes = 0, failures = 0;

    int rc = store_begin(w->conn, &err);
    if (rc == 0) {
        for (struct write *op = w->batch; op; op = op->next) {
            op->rc = run_one(w, op);
            writes++;
        }
        int64_t began_ns = bd_mono_ns();
        rc = store_commit(w->conn, &err);
        int64_t took_ns = bd_mono_ns() - began_ns;
        if (rc < 0)
            store_rollback(w->conn);
        pthread_mutex_lock(&w->lock);
        w->stats.commits++;
        if (took_ns > w->stats.commit_max_ns)
            w->stats.commit_max_ns = took_ns;
        pthread_mutex_unlock(&w->lock);
    }
    if (rc < 0)
        fail_all(w->batch, rc, &err);
    for (struct write *op = w->batch; op; op = op->next)
        failures += op->rc < 0;

    pthread_mutex_lock(&w->lock);
    w->stats.writes += writes;
    w->stats.failures += failures;
    pthread_mutex_unlock(&w->lock);
}

static void on_thread_closed(void *arg)
{
    struct writer *w = arg;
    void (*on_closed)(void *) = w->on_closed;
    void *closed_arg = w->arg;
    store_close(w->conn);
    pthread_mutex_destroy(&w->lock);
    free(w);
    if (on_closed)
        on_closed(closed_arg);
}

static void turn_next(struct writer *w)
{
    if (w->turning)
        return;
    if (!w->todo) {
        if (w->closing && !w->telling)
            workers_close(w->thread, on_thread_closed, w);
        return;
    }
    struct write *last = w->todo;
    for (unsigned n = 1; n < BATCH_MAX && last->next; n++)
        last = last->next;
    w->batch = w->todo;
    w->todo = last->next;
    if (!w->todo)
        w->todo_tail = &w->todo;
    last->next = NULL;
    w->turning = true;
    workers_submit(w->thread, &w->turn);
}

static void turn_done(struct work *turn)
{
    struct writer *w = (struct writer *)((char *)turn - offsetof(struct writer, turn));
    struct write *op = w->batch;
    w->batch = NULL;
    w->turning = false;
    w->telling = true;
    turn_next(w); /* the next batch goes to disk while this one is told */
    while (op) {
        struct write *next = op->next;
        op->done(op, op->rc, &op->err);
        op = next;
    }
    w->telling = false;
    turn_next(w);
}

int writer_new(uv_loop_t *loop, struct store_conn *conn, struct writer **ret_writer)
{
    struct writer *w = bd_new(struct writer);
    w->conn = conn;
    w->todo_tail = &w->todo;
    w->turn = (struct work){.run = turn_run, .done = turn_done};
    pthread_mutex_init(&w->lock, NULL);
    int rc = workers_new(
        loop, &(struct workers_config){.name = "writer", .threads = 1, .nice = -10}, &w->thread);
    if (rc < 0) {
        pthread_mutex_destroy(&w->lock);
        free(w);
        return rc;
    }
    *ret_writer = w;
    return 0;
}

void writer_submit(struct writer *w, struct write *op)
{
    op->next = NULL;
    op->rc = 0;
    bd_err_clear(&op->err);
    *w->todo_tail = op;
    w->todo_tail = &op->next;
    turn_next(w);
}

void writer_stats(struct writer *w, struct writer_stats *ret_stats)
{
    pthread_mutex_lock(&w->lock);
    *ret_stats = w->stats;
    w->stats.commit_max_ns = 0;
    pthread_mutex_unlock(&w->lock);
    ret_stats->queued = 0;
    for (const struct write *op = w->todo; op; op = op->next)
        ret_stats->queued++;
}

void writer_close(struct writer *w, void (*on_closed)(void *arg), void *arg)
{
    w->closing = true;
    w->on_closed = on_closed;
    w->arg = arg;
    turn_next(w);
}
