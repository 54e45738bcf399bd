#include "daemon/loop/workers.h"
#include "lib/base/clock.h"
#include "tests/base/unit.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>

struct test {
    uv_loop_t loop;
    struct workers *pool;
    pthread_t loop_thread;
    pthread_mutex_t lock; /* guards ran, order */
    unsigned ran, order[256];
    unsigned done, inits, dones;
    bool closed;
};

struct job {
    struct work w;
    struct test *t;
    unsigned number;
    bool submitted; /* workers_submit() has returned */
    struct job *then;
};

static void run(struct work *w, void *context)
{
    struct job *j = (struct job *)w;
    ck_assert_ptr_eq(context, j->t);
    ck_assert(!pthread_equal(pthread_self(), j->t->loop_thread));
    pthread_mutex_lock(&j->t->lock);
    j->t->order[j->t->ran++] = j->number;
    pthread_mutex_unlock(&j->t->lock);
}

static void submit(struct test *t, struct job *j)
{
    j->w.run = run;
    j->t = t;
    workers_submit(t->pool, &j->w);
    j->submitted = true;
}

/* On the loop, after workers_submit() has returned; the job may be freed here. */
static void done(struct work *w)
{
    struct job *j = (struct job *)w;
    ck_assert(pthread_equal(pthread_self(), j->t->loop_thread));
    ck_assert(j->submitted);
    j->t->done++;
    if (j->then)
        submit(j->t, j->then);
    free(j);
}

static struct job *job_new(unsigned number)
{
    struct job *j = bd_new(struct job);
    j->w.done = done;
    j->number = number;
    return j;
}

static void *thread_init(void *arg)
{
    struct test *t = arg;
    pthread_mutex_lock(&t->lock);
    t->inits++;
    pthread_mutex_unlock(&t->lock);
    return t;
}

static void thread_done(void *context)
{
    struct test *t = context;
    pthread_mutex_lock(&t->lock);
    t->dones++;
    pthread_mutex_unlock(&t->lock);
}

static void begin(struct test *t, unsigned threads, int nice)
{
    *t = (struct test){.loop_thread = pthread_self()};
    pthread_mutex_init(&t->lock, NULL);
    uv_loop_init(&t->loop);
    struct workers_config config = {.name = "test",
                                    .threads = threads,
                                    .nice = nice,
                                    .thread_init = thread_init,
                                    .thread_done = thread_done,
                                    .arg = t};
    ck_assert_int_eq(workers_new(&t->loop, &config, &t->pool), 0);
}

static void on_closed(void *arg)
{
    ((struct test *)arg)->closed = true;
}

static void end(struct test *t)
{
    workers_close(t->pool, on_closed, t);
    ck_assert(!t->closed);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    ck_assert(t->closed);
    ck_assert_int_eq(uv_loop_close(&t->loop), 0);
    ck_assert_uint_eq(t->inits, t->dones);
    pthread_mutex_destroy(&t->lock);
}

START_TEST(test_work_is_run_in_order_and_done_on_the_loop)
{
    enum { N = 200 };
    struct test t;
    begin(&t, 1, 0);
    for (unsigned i = 0; i < N; i++)
        submit(&t, job_new(i));
    while (t.done < N)
        uv_run(&t.loop, UV_RUN_ONCE);
    for (unsigned i = 0; i < N; i++)
        ck_assert_uint_eq(t.order[i], i);
    struct workers_stats stats;
    workers_stats(t.pool, &stats);
    ck_assert_uint_eq(stats.threads, 1);
    ck_assert_uint_eq(stats.busy + stats.queued, 0);
    end(&t);
}
END_TEST

START_TEST(test_done_may_submit_more)
{
    struct test t;
    begin(&t, 4, 0);
    struct job *first = job_new(0), *second = job_new(1);
    first->then = second;
    second->then = job_new(2);
    submit(&t, first);
    while (t.done < 3)
        uv_run(&t.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(t.order[2], 2);
    end(&t);
    ck_assert_uint_eq(t.inits, 4);
}
END_TEST

START_TEST(test_close_runs_what_is_queued_and_joins)
{
    struct test t;
    begin(&t, 3, 0);
    for (unsigned i = 0; i < 250; i++)
        submit(&t, job_new(i));
    end(&t);
    ck_assert_uint_eq(t.ran, 250);
    ck_assert_uint_eq(t.done, 250);
    ck_assert_uint_eq(t.dones, 3);
}
END_TEST

START_TEST(test_a_pool_without_threads_closes)
{
    struct test t;
    begin(&t, 0, 0);
    end(&t);
}
END_TEST

struct gate {
    struct work w;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    unsigned inside;
    bool open;
    int nice;
};

static void wait_at(struct work *w, void *context BD_UNUSED)
{
    struct gate *g = (struct gate *)w;
    pthread_mutex_lock(&g->lock);
    g->inside = 1;
    g->nice = getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid));
    pthread_cond_broadcast(&g->cond);
    while (!g->open)
        pthread_cond_wait(&g->cond, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

static void passed(struct work *w)
{
    ((struct gate *)w)->inside = 2;
}

START_TEST(test_what_is_busy_and_queued_is_told)
{
    struct gate g = {.w = {.run = wait_at, .done = passed},
                     .lock = PTHREAD_MUTEX_INITIALIZER,
                     .cond = PTHREAD_COND_INITIALIZER};
    struct test t;
    begin(&t, 1, 3);
    int before = getpriority(PRIO_PROCESS, 0);
    workers_submit(t.pool, &g.w);
    pthread_mutex_lock(&g.lock);
    while (!g.inside)
        pthread_cond_wait(&g.cond, &g.lock);
    pthread_mutex_unlock(&g.lock);
    submit(&t, job_new(1));
    submit(&t, job_new(2));
    struct workers_stats stats;
    workers_stats(t.pool, &stats);
    ck_assert_uint_eq(stats.busy, 1);
    ck_assert_uint_eq(stats.queued, 2);
    pthread_mutex_lock(&g.lock);
    g.open = true;
    pthread_cond_broadcast(&g.cond);
    pthread_mutex_unlock(&g.lock);
    end(&t);
    ck_assert_uint_eq(g.inside, 2);
    ck_assert_int_eq(g.nice, 3);
    ck_assert_int_eq(getpriority(PRIO_PROCESS, 0), before); /* the worker's alone */
    ck_assert_uint_eq(t.done, 2);
}
END_TEST

UNIT_MAIN("loop-workers", test_work_is_run_in_order_and_done_on_the_loop, test_done_may_submit_more,
          test_close_runs_what_is_queued_and_joins, test_a_pool_without_threads_closes,
          test_what_is_busy_and_queued_is_told)
