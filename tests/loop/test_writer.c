#include "daemon/loop/writer.h"
#include "lib/base/str.h"
#include "lib/store/event.h"
#include "tests/store/db.h"

#include <pthread.h>
#include <string.h>

struct test {
    struct db db;
    uv_loop_t loop;
    struct writer *writer;
    bool closed;
};

struct op {
    struct write w;
    struct test *t;
    const char *kind; /* of the event that it appends; then it fails if it begins with '!' */
    int rc;           /* 1: not told yet */
    char text[BD_ERR_TEXT_BYTES];
    struct op *then, *also;
    bool closes;
    struct gate *gate;
};

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool open;
};

static int append(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct op *op = (struct op *)w;
    bd_auto_json json_t *data = json_object();
    int64_t seq;
    if (op->gate) {
        pthread_mutex_lock(&op->gate->lock);
        while (!op->gate->open)
            pthread_cond_wait(&op->gate->cond, &op->gate->lock);
        pthread_mutex_unlock(&op->gate->lock);
    }
    int rc = store_event_append(conn, 1, op->kind, "daemon", data, &seq, err);
    if (rc == 0 && *op->kind == '!')
        rc = bd_err_set(err, BD_ECONFLICT, "%s is not wanted", op->kind);
    return rc;
}

static void submit(struct test *t, struct op *op);
static void on_closed(void *arg);

static void done(struct write *w, int rc, const struct bd_err *err)
{
    struct op *op = (struct op *)w;
    ck_assert_int_eq(op->rc, 1);
    op->rc = rc;
    if (rc < 0)
        memcpy(op->text, err->text, sizeof(op->text));
    if (op->closes)
        writer_close(op->t->writer, on_closed, op->t);
    if (op->then)
        submit(op->t, op->then);
    if (op->also)
        submit(op->t, op->also);
}

static void submit(struct test *t, struct op *op)
{
    op->t = t;
    op->w.exec = append;
    op->w.done = done;
    op->rc = 1;
    writer_submit(t->writer, &op->w);
    ck_assert_int_eq(op->rc, 1); /* never from inside */
}

static void begin(struct test *t)
{
    *t = (struct test){.db = db_new()};
    uv_loop_init(&t->loop);
    ck_assert_int_eq(writer_new(&t->loop, t->db.conn, &t->writer), 0);
    t->db.conn = NULL; /* the writer's */
}

static void on_closed(void *arg)
{
    ((struct test *)arg)->closed = true;
}

static void run(struct test *t)
{
    uv_run(&t->loop, UV_RUN_DEFAULT);
    ck_assert(t->closed);
    ck_assert_int_eq(uv_loop_close(&t->loop), 0);
}

static int64_t count(struct test *t, const char *where)
{
    bd_auto_free char *sql = bd_xasprintf("SELECT count(*) FROM event WHERE %s", where);
    return db_number(&t->db, sql);
}

START_TEST(test_close_writes_what_is_queued)
{
    enum { N = 1200 }; /* more than two batches */
    static struct op ops[N];
    struct test t;
    begin(&t);
    for (size_t i = 0; i < N; i++) {
        ops[i].kind = "queued";
        submit(&t, &ops[i]);
    }
    writer_close(t.writer, on_closed, &t);
    ck_assert(!t.closed);
    run(&t);
    for (size_t i = 0; i < N; i++)
        ck_assert_int_eq(ops[i].rc, 0);
    ck_assert_int_eq(count(&t, "kind = 'queued'"), N);
    db_done(&t.db);
}
END_TEST

START_TEST(test_writes_are_committed_together_in_their_order)
{
    enum { N = 600 };
    static struct op ops[N];
    static char kinds[N][8];
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct test t;
    begin(&t);
    for (size_t i = 0; i < N; i++) { /* the first holds the writer up until all are queued */
        snprintf(kinds[i], sizeof(kinds[i]), "k%03zu", i);
        ops[i].kind = kinds[i];
        ops[i].gate = i == 0 ? &gate : NULL;
        submit(&t, &ops[i]);
    }
    struct writer_stats stats;
    writer_stats(t.writer, &stats);
    ck_assert_uint_eq(stats.queued, N - 1);
    ck_assert_uint_eq(stats.commits, 0);
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.cond);
    pthread_mutex_unlock(&gate.lock);
    while (ops[N - 1].rc == 1)
        uv_run(&t.loop, UV_RUN_ONCE);
    writer_stats(t.writer, &stats);
    ck_assert_uint_eq(stats.queued, 0);
    ck_assert_uint_eq(stats.writes, N);
    ck_assert_uint_eq(stats.failures, 0);
    ck_assert_uint_eq(stats.commits, 3); /* 1, 500, 99 */
    ck_assert_int_gt(stats.commit_max_ns, 0);
    writer_stats(t.writer, &stats);
    ck_assert_int_eq(stats.commit_max_ns, 0); /* since the last call */
    writer_close(t.writer, on_closed, &t);
    run(&t);
    ck_assert_int_eq(count(&t, "kind = printf('k%03d', seq - 1)"), N);
    db_done(&t.db);
}
END_TEST

START_TEST(test_a_write_that_fails_undoes_itself_alone)
{
    struct op before = {.kind = "before"}, bad = {.kind = "!bad"}, after = {.kind = "after"};
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct op first = {.kind = "first", .gate = &gate};
    struct test t;
    begin(&t);
    submit(&t, &first);
    submit(&t, &before); /* these three are one batch */
    submit(&t, &bad);
    submit(&t, &after);
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.cond);
    pthread_mutex_unlock(&gate.lock);
    while (after.rc == 1)
        uv_run(&t.loop, UV_RUN_ONCE);
    ck_assert_int_eq(before.rc, 0);
    ck_assert_int_eq(bad.rc, BD_ECONFLICT);
    ck_assert_str_eq(bad.text, "!bad is not wanted");
    ck_assert_int_eq(after.rc, 0);
    struct writer_stats stats;
    writer_stats(t.writer, &stats);
    ck_assert_uint_eq(stats.commits, 2);
    ck_assert_uint_eq(stats.failures, 1);
    ck_assert_int_eq(count(&t, "1"), 3);
    ck_assert_int_eq(count(&t, "kind = '!bad'"), 0);
    writer_close(t.writer, on_closed, &t);
    run(&t);
    db_done(&t.db);
}
END_TEST

/* Ends the transaction behind the writer's back, as a full disk would. */
static int end_transaction(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    int rc = append(w, conn, err);
    store_rollback(conn);
    return rc;
}

START_TEST(test_a_commit_that_fails_fails_all_of_its_batch)
{
    struct op one = {.kind = "one"}, breaks = {.kind = "breaks"}, bad = {.kind = "!bad"},
              later = {.kind = "later"};
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct op first = {.kind = "first", .gate = &gate};
    struct test t;
    begin(&t);
    submit(&t, &first);
    submit(&t, &one);
    submit(&t, &bad);
    submit(&t, &breaks);
    breaks.w.exec = end_transaction;
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.cond);
    pthread_mutex_unlock(&gate.lock);
    while (breaks.rc == 1)
        uv_run(&t.loop, UV_RUN_ONCE);
    ck_assert_int_eq(first.rc, 0);
    ck_assert_int_lt(one.rc, 0);
    ck_assert_str_ne(one.text, "");
    ck_assert_int_eq(bad.rc, BD_ECONFLICT); /* its own reason says more */
    ck_assert_int_lt(breaks.rc, 0);
    ck_assert_int_eq(count(&t, "1"), 1);
    submit(&t, &later); /* and it goes on */
    writer_close(t.writer, on_closed, &t);
    run(&t);
    ck_assert_int_eq(later.rc, 0);
    ck_assert_int_eq(count(&t, "kind = 'later'"), 1);
    db_done(&t.db);
}
END_TEST

START_TEST(test_what_a_done_submits_is_written_before_the_end)
{
    struct op last = {.kind = "last"}, also = {.kind = "also"};
    struct op second = {.kind = "second", .then = &last}, first = {.kind = "first"};
    first.then = &second;
    first.also = &also;
    struct test t;
    begin(&t);
    submit(&t, &first);
    writer_close(t.writer, on_closed, &t);
    run(&t);
    ck_assert_int_eq(last.rc, 0);
    ck_assert_int_eq(count(&t, "1"), 4);
    db_done(&t.db);

    struct op inner = {.kind = "inner"};
    struct op closer = {.kind = "closer", .closes = true, .then = &inner};
    begin(&t);
    submit(&t, &closer);
    run(&t);
    ck_assert_int_eq(inner.rc, 0);
    ck_assert_int_eq(count(&t, "1"), 2);
    db_done(&t.db);
}
END_TEST

START_TEST(test_a_store_that_is_locked_fails_the_batch_in_words)
{
    struct op op = {.kind = "locked"}, next = {.kind = "free again"};
    struct test t;
    sqlite3 *other;
    begin(&t);
    ck_assert_int_eq(sqlite3_open(t.db.path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    submit(&t, &op);
    while (op.rc == 1)
        uv_run(&t.loop, UV_RUN_ONCE);
    ck_assert_int_eq(op.rc, BD_EUNAVAILABLE);
    ck_assert_str_ne(op.text, "");
    sqlite3_close(other);
    submit(&t, &next);
    writer_close(t.writer, on_closed, &t);
    run(&t);
    ck_assert_int_eq(next.rc, 0);
    db_done(&t.db);
}
END_TEST

UNIT_MAIN("loop-writer", test_close_writes_what_is_queued,
          test_writes_are_committed_together_in_their_order,
          test_a_write_that_fails_undoes_itself_alone,
          test_a_commit_that_fails_fails_all_of_its_batch,
          test_what_a_done_submits_is_written_before_the_end,
          test_a_store_that_is_locked_fails_the_batch_in_words)
