#include "daemon/loop/lag.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <string.h>

#define PERIOD_MS UINT64_C(20)
#define WINDOW    2500

struct lag {
    uv_timer_t timer;
    int64_t due_ns;
    uint64_t n;
    int64_t samples[WINDOW]; /* a ring */
    void (*on_closed)(void *arg);
    void *arg;
};

static void on_timer(uv_timer_t *timer)
{
    struct lag *l = timer->data;
    int64_t late_ns = bd_mono_ns() - l->due_ns;
    /* libuv counts in whole milliseconds: a timer may fire up to one early. */
    l->samples[l->n++ % WINDOW] = late_ns > 0 ? late_ns : 0;
    l->due_ns = bd_mono_ns() + (int64_t)PERIOD_MS * BD_NS_PER_MS;
    uv_update_time(timer->loop);
    uv_timer_start(timer, on_timer, PERIOD_MS, 0);
}

struct lag *lag_new(uv_loop_t *loop)
{
    struct lag *l = bd_new(struct lag);
    uv_timer_init(loop, &l->timer);
    l->timer.data = l;
    l->due_ns = bd_mono_ns() + (int64_t)PERIOD_MS * BD_NS_PER_MS;
    uv_update_time(loop);
    uv_timer_start(&l->timer, on_timer, PERIOD_MS, 0);
    uv_unref((uv_handle_t *)&l->timer);
    return l;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct lag *l = handle->data;
    void (*on_closed)(void *) = l->on_closed;
    void *arg = l->arg;
    free(l);
    if (on_closed)
        on_closed(arg);
}

void lag_close(struct lag *l, void (*on_closed)(void *arg), void *arg)
{
    l->on_closed = on_closed;
    l->arg = arg;
    uv_close((uv_handle_t *)&l->timer, on_handle_closed);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void lag_summary_of(int64_t *samples, size_t n, struct lag_summary *ret_summary)
{
    *ret_summary = (struct lag_summary){.n = n};
    if (n == 0)
        return;
    qsort(samples, n, sizeof(samples[0]), by_value);
    ret_summary->p50_ns = samples[(n + 1) / 2 - 1];
    ret_summary->p99_ns = samples[(n * 99 + 99) / 100 - 1];
    ret_summary->max_ns = samples[n - 1];
}

void lag_summary(const struct lag *l, struct lag_summary *ret_summary)
{
    int64_t copy[WINDOW];
    size_t n = l->n < WINDOW ? (size_t)l->n : WINDOW;
    memcpy(copy, l->samples, n * sizeof(copy[0]));
    lag_summary_of(copy, n, ret_summary);
}
