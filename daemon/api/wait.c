/* Long polls: a read that found nothing new waits for its subject to change, or for its time to be
 * over. */
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"

struct wait {
    struct wait *next;
    struct api *api;
    struct api_read *q;
    uv_timer_t timer;
};

static void on_wait_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void wait_end(struct wait *w)
{
    for (struct wait **at = &w->api->waits; *at; at = &(*at)->next) {
        if (*at == w) {
            *at = w->next;
            break;
        }
    }
    read_submit(w->q);
    uv_close((uv_handle_t *)&w->timer, on_wait_closed);
}

static void on_timer(uv_timer_t *timer)
{
    wait_end(timer->data);
}

bool wait_for(struct api_read *q)
{
    struct api *a = q->api;
    if (a->closing || q->wait_until_ns <= bd_mono_ns())
        return false;
    q->waits = true;
    json_decref(bd_take(q->json));
    made_done(&q->made);
    *q->etag = '\0';
    if (q->changes != a->changes) { /* after it was read, perhaps: nobody will tell of that again */
        read_submit(q);
        return true;
    }
    struct wait *w = bd_new(struct wait);
    w->api = a;
    w->q = q;
    w->next = a->waits;
    a->waits = w;
    uv_timer_init(a->config.loop, &w->timer);
    w->timer.data = w;
    int64_t left_ms = (q->wait_until_ns - bd_mono_ns()) / BD_NS_PER_MS + 1;
    uv_update_time(a->config.loop);
    uv_timer_start(&w->timer, on_timer, left_ms > 0 ? (uint64_t)left_ms : 0, 0);
    return true;
}

void waits_wake(struct api *a, const char *subject)
{
    struct wait *next;
    a->changes++;
    shared_wake(a, subject);
    for (struct wait *w = a->waits; w; w = next) {
        next = w->next;
        /* a list or the event log waits for anything ("") */
        if (*w->q->subject == '\0' || bd_str_eq(w->q->subject, subject))
            wait_end(w);
    }
}

void waits_end(struct api *a)
{
    while (a->waits)
        wait_end(a->waits);
}
