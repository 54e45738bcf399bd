#include "daemon/loop/virtevents.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stdbool.h>

/* A handle or a timeout of libvirt's. Made and queued on any thread, else touched on the loop only.
 */
struct source {
    int id;
    bool is_handle;
    union {
        uv_poll_t poll;
        uv_timer_t timer;
        uv_handle_t any;
    } uv;
    int fd;
    virEventHandleCallback on_event;
    virEventTimeoutCallback on_timeout;
    void *opaque;
    virFreeCallback free_opaque;
    struct source *next; /* in the list of all */
};

enum what { REQUEST_ADD, REQUEST_UPDATE, REQUEST_REMOVE };

struct request {
    enum what what;
    struct source *source; /* of REQUEST_ADD */
    bool is_handle;
    int id;
    int value; /* events or frequency */
    struct request *next;
};

/* One registration a process: libvirt's callbacks carry no argument of ours. */
static struct {
    uv_loop_t *loop;
    uv_async_t wake;
    pthread_mutex_t lock; /* guards queue, next_id and closed */
    struct request *head, **tail;
    int next_id;
    bool closed;
    struct source *sources; /* the loop's */
    unsigned handles;       /* not closed yet: the sources' and wake */
    void (*on_closed)(void *arg);
    void *arg;
} ev = {.lock = PTHREAD_MUTEX_INITIALIZER, .next_id = 1};

static int uv_events(int events)
{
    int uv = 0;
    if (events & VIR_EVENT_HANDLE_READABLE)
        uv |= UV_READABLE;
    if (events & VIR_EVENT_HANDLE_WRITABLE)
        uv |= UV_WRITABLE;
    return uv;
}

static void on_wake(uv_async_t *wake);

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct source *s = poll->data;
    int vir = status < 0 ? VIR_EVENT_HANDLE_ERROR : 0; /* libuv has stopped it then */
    if (events & UV_READABLE)
        vir |= VIR_EVENT_HANDLE_READABLE;
    if (events & UV_WRITABLE)
        vir |= VIR_EVENT_HANDLE_WRITABLE;
    on_wake(&ev.wake); /* what was taken back, on whatever thread, is not told any more */
    if (status < 0 ? !uv_is_closing(&s->uv.any) : uv_is_active(&s->uv.any))
        s->on_event(s->id, s->fd, vir, s->opaque);
}

static void on_timer(uv_timer_t *timer)
{
    struct source *s = timer->data;
    on_wake(&ev.wake);
    if (uv_is_active(&s->uv.any))
        s->on_timeout(s->id, s->opaque);
}

static void source_free(struct source *s)
{
    if (s->free_opaque)
        s->free_opaque(s->opaque);
    free(s);
}

static void handle_closed(void)
{
    if (--ev.handles == 0)
        ev.on_closed(ev.arg);
}

static void on_source_closed(uv_handle_t *handle)
{
    source_free(handle->data);
    handle_closed();
}

static struct source **find(bool is_handle, int id)
{
    struct source **at = &ev.sources;
    while (*at && ((*at)->id != id || (*at)->is_handle != is_handle))
        at = &(*at)->next;
    return at;
}

static void apply(struct source *s, int value)
{
    if (s->is_handle) {
        int events = uv_events(value);
        if (events)
            uv_poll_start(&s->uv.poll, events, on_poll);
        else
            uv_poll_stop(&s->uv.poll);
    } else if (value < 0) {
        uv_timer_stop(&s->uv.timer);
    } else {
        /* 0 means: again in each turn; libuv's repeat of 0 would mean once */
        uint64_t every = value > 0 ? (uint64_t)value : 1;
        uv_update_time(ev.loop);
        uv_timer_start(&s->uv.timer, on_timer, (uint64_t)value, every);
    }
}

static void carry_out(struct request *r)
{
    if (r->what == REQUEST_ADD) {
        struct source *s = r->source;
        int rc = s->is_handle ? uv_poll_init(ev.loop, &s->uv.poll, s->fd)
                              : uv_timer_init(ev.loop, &s->uv.timer);
        s->uv.any.data = s;
        if (rc < 0) { /* the descriptor was closed before its turn came */
            source_free(s);
            return;
        }
        ev.handles++;
        uv_unref(&s->uv.any);
        s->next = ev.sources;
        ev.sources = s;
        apply(s, r->value);
        return;
    }
    struct source **at = find(r->is_handle, r->id);
    struct source *s = *at;
    if (!s)
        return;
    if (r->what == REQUEST_UPDATE) {
        apply(s, r->value);
        return;
    }
    *at = s->next;
    uv_close(&s->uv.any, on_source_closed);
}

static void on_wake(uv_async_t *wake BD_UNUSED)
{
    pthread_mutex_lock(&ev.lock);
    struct request *r = ev.head;
    ev.head = NULL;
    ev.tail = &ev.head;
    pthread_mutex_unlock(&ev.lock);
    while (r) {
        struct request *next = r->next;
        carry_out(r);
        free(r);
        r = next;
    }
}

/* Queues the request; answers the source's id, or -1 once the loop is gone. */
static int ask(struct request *r)
{
    pthread_mutex_lock(&ev.lock);
    if (ev.closed) {
        pthread_mutex_unlock(&ev.lock);
        free(r->source);
        free(r);
        return -1;
    }
    int id = r->id;
    if (r->what == REQUEST_ADD)
        id = r->source->id = ev.next_id++;
    *ev.tail = r;
    ev.tail = &r->next;
    uv_async_send(&ev.wake);
    pthread_mutex_unlock(&ev.lock);
    return id;
}

static int add(struct source *s, int value)
{
    struct request *r = bd_new(struct request);
    *r = (struct request){.what = REQUEST_ADD, .source = s, .value = value};
    return ask(r);
}

static int change(bool is_handle, enum what what, int id, int value)
{
    struct request *r = bd_new(struct request);
    *r = (struct request){.what = what, .is_handle = is_handle, .id = id, .value = value};
    return ask(r) < 0 ? -1 : 0;
}

static int add_handle(int fd, int events, virEventHandleCallback cb, void *opaque,
                      virFreeCallback ff)
{
    struct source *s = bd_new(struct source);
    *s = (struct source){
        .is_handle = true, .fd = fd, .on_event = cb, .opaque = opaque, .free_opaque = ff};
    return add(s, events);
}

static void update_handle(int watch, int events)
{
    change(true, REQUEST_UPDATE, watch, events);
}

static int remove_handle(int watch)
{
    return change(true, REQUEST_REMOVE, watch, 0);
}

static int add_timeout(int frequency, virEventTimeoutCallback cb, void *opaque, virFreeCallback ff)
{
    struct source *s = bd_new(struct source);
    *s = (struct source){.on_timeout = cb, .opaque = opaque, .free_opaque = ff};
    return add(s, frequency);
}

static void update_timeout(int timer, int frequency)
{
    change(false, REQUEST_UPDATE, timer, frequency);
}

static int remove_timeout(int timer)
{
    return change(false, REQUEST_REMOVE, timer, 0);
}

int virtevents_register(uv_loop_t *loop)
{
    ev.loop = loop;
    ev.tail = &ev.head;
    int rc = uv_async_init(loop, &ev.wake, on_wake);
    if (rc < 0)
        return rc;
    ev.handles = 1;
    uv_unref((uv_handle_t *)&ev.wake);
    virEventRegisterImpl(add_handle, update_handle, remove_handle, add_timeout, update_timeout,
                         remove_timeout);
    return 0;
}

static void on_wake_closed(uv_handle_t *handle BD_UNUSED)
{
    handle_closed();
}

void virtevents_close(void (*on_closed)(void *arg), void *arg)
{
    pthread_mutex_lock(&ev.lock);
    ev.closed = true;
    pthread_mutex_unlock(&ev.lock);
    on_wake(&ev.wake); /* what the last connections' ends have asked for */
    while (ev.sources) {
        struct source *s = ev.sources;
        ev.sources = s->next;
        uv_close(&s->uv.any, on_source_closed);
    }
    ev.on_closed = on_closed;
    ev.arg = arg;
    uv_close((uv_handle_t *)&ev.wake, on_wake_closed);
}
