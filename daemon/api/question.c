/* Questions that libvirtd has to answer, and may not: one of a kind is under way at a time, whoever
 * asks meanwhile gets its answer, and nobody waits for longer than a few seconds. */
#include "daemon/api/private.h"

#include "lib/base/mem.h"

#define PATIENCE_MS 5000

struct asker {
    struct asker *next;
    struct question *q;
    struct http_request *r;
    uv_timer_t timer;
};

static void on_asker_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void answer(struct asker *s, bool in_time)
{
    for (struct asker **at = &s->q->askers; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    if (!refused_at_end(s->q->api, s->r))
        s->q->answer(s->q, s->r, in_time);
    http_request_unref(s->r);
    uv_close((uv_handle_t *)&s->timer, on_asker_closed);
}

static void on_overdue(uv_timer_t *timer)
{
    answer(timer->data, false);
}

static void question_run(struct work *w, void *context BD_UNUSED)
{
    struct question *q = (struct question *)w;
    q->ask(q);
}

static void question_done(struct work *w)
{
    struct question *q = (struct question *)w;
    q->under_way = false;
    while (q->askers)
        answer(q->askers, true);
}

void question_ask(struct question *q, struct http_request *r)
{
    struct asker *s = bd_new(struct asker);
    s->q = q;
    s->r = http_request_ref(r);
    s->next = q->askers;
    q->askers = s;
    uv_timer_init(q->api->config.loop, &s->timer);
    s->timer.data = s;
    uv_timer_start(&s->timer, on_overdue, PATIENCE_MS, 0);
    if (q->under_way)
        return;
    q->under_way = true;
    q->w = (struct work){.run = question_run, .done = question_done};
    workers_submit(q->api->config.asks, &q->w);
}

void question_end(struct question *q)
{
    while (q->askers)
        answer(q->askers, false);
}
