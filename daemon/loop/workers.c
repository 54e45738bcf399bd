#include "daemon/loop/workers.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>

struct queue {
    struct work *head, **tail;
};

struct workers {
    struct workers_config config;
    pthread_t *threads;
    unsigned started;
    uv_async_t wake;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t more;
    struct queue todo, finished;
    unsigned queued, busy, ended;
    bool closing;

    /* the loop thread's alone */
    void (*on_closed)(void *arg);
    void *arg;
};

static void queue_init(struct queue *q)
{
    q->head = NULL;
    q->tail = &q->head;
}

static void queue_push(struct queue *q, struct work *w)
{
    w->next = NULL;
    *q->tail = w;
    q->tail = &w->next;
}

static struct work *queue_pop(struct queue *q)
{
    struct work *w = q->head;
    if (w && !(q->head = w->next))
        q->tail = &q->head;
    return w;
}

static void *worker_main(void *arg)
{
    struct workers *p = arg;
    if (p->config.nice)
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), p->config.nice);
    void *context = p->config.thread_init ? p->config.thread_init(p->config.arg) : NULL;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        struct work *w = queue_pop(&p->todo);
        if (w) {
            p->queued--;
            p->busy++;
            pthread_mutex_unlock(&p->lock);
            w->run(w, context);
            pthread_mutex_lock(&p->lock);
            p->busy--;
            queue_push(&p->finished, w);
            uv_async_send(&p->wake);
        } else if (p->closing) {
            break;
        } else {
            pthread_cond_wait(&p->more, &p->lock);
        }
    }
    pthread_mutex_unlock(&p->lock);

    if (context && p->config.thread_done)
        p->config.thread_done(context);
    pthread_mutex_lock(&p->lock);
    p->ended++;
    uv_async_send(&p->wake);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct workers *p = handle->data;
    void (*on_closed)(void *) = p->on_closed;
    void *arg = p->arg;
    pthread_cond_destroy(&p->more);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p);
    if (on_closed)
        on_closed(arg);
}

static void on_wake(uv_async_t *wake)
{
    struct workers *p = wake->data;
    pthread_mutex_lock(&p->lock);
    struct queue finished = p->finished;
    queue_init(&p->finished);
    bool all_ended = p->ended == p->started;
    pthread_mutex_unlock(&p->lock);

    while (finished.head) {
        struct work *w = finished.head;
        finished.head = w->next; /* before done: it may free w */
        w->done(w);
    }
    if (all_ended && !uv_is_closing((uv_handle_t *)wake)) {
        for (unsigned i = 0; i < p->started; i++)
            pthread_join(p->threads[i], NULL);
        uv_close((uv_handle_t *)wake, on_handle_closed);
    }
}

int workers_new(uv_loop_t *loop, const struct workers_config *config, struct workers **ret_workers)
{
    struct workers *p = bd_new(struct workers);
    p->config = *config;
    p->threads = bd_xcalloc(config->threads, sizeof(*p->threads));
    queue_init(&p->todo);
    queue_init(&p->finished);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->more, NULL);
    uv_async_init(loop, &p->wake, on_wake);
    p->wake.data = p;

    for (; p->started < config->threads; p->started++) {
        int rc = pthread_create(&p->threads[p->started], NULL, worker_main, p);
        if (rc != 0) {
            workers_close(p, NULL, NULL);
            return -rc;
        }
        char name[16];
        snprintf(name, sizeof(name), "%s/%u", config->name, p->started);
        pthread_setname_np(p->threads[p->started], name);
    }
    *ret_workers = p;
    return 0;
}

void workers_submit(struct workers *p, struct work *w)
{
    pthread_mutex_lock(&p->lock);
    queue_push(&p->todo, w);
    p->queued++;
    pthread_cond_signal(&p->more);
    pthread_mutex_unlock(&p->lock);
}

void workers_stats(const struct workers *p, struct workers_stats *ret_stats)
{
    struct workers *unlocked = (struct workers *)p;
    pthread_mutex_lock(&unlocked->lock);
    *ret_stats =
        (struct workers_stats){.threads = p->started, .busy = p->busy, .queued = p->queued};
    pthread_mutex_unlock(&unlocked->lock);
}

void workers_close(struct workers *p, void (*on_closed)(void *arg), void *arg)
{
    p->on_closed = on_closed;
    p->arg = arg;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->more);
    pthread_mutex_unlock(&p->lock);
    uv_async_send(&p->wake); /* for a pool that has no thread */
}
