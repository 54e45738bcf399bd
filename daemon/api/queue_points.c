#include "daemon/api/queue_points.h"

/* No figure is other than 0 before the first change and from the last one on, so that a bucket
 * which is there in part only has its mean all the same. */
enum { WAITING, RUNNING, BUSY, FIGURE_COUNT };

struct writer {
    const struct queue_window *window;
    struct bd_str *out;
    size_t n, most; /* points */
    /* the bucket that is being filled */
    bool filled;
    __int128 begin;
    unsigned __int128 area[FIGURE_COUNT]; /* below the curve: figure x ns */
    uint32_t max[FIGURE_COUNT];
};

static int too_many(const struct writer *w, struct bd_err *err)
{
    return bd_err_set(
        err, BD_EINVALID,
        w->window->step_ns
            ? "these are more than %zu buckets: give a longer step, or a shorter time "
              "by from and to"
            : "the queue changes more than %zu times: give a step, or a shorter time "
              "by from and to",
        w->most);
}

/* ----------------------------------------------------------------------------- change by change */

static int put_change(struct writer *w, int64_t at, const struct queue_point *p, struct bd_err *err)
{
    if (w->n == w->most)
        return too_many(w, err);
    bd_str_addf(w->out, "%s[%lld,%u,%u,%u]", w->n ? "," : "", (long long)at, p->waiting, p->running,
                p->busy_nodes);
    w->n++;
    return 0;
}

/* What held at `from` comes first, where something had changed before it. */
static int put_changes(struct writer *w, struct metrics_queue *q, struct bd_err *err)
{
    struct queue_point point, held;
    bool holds = false;
    int rc = 0;
    while (rc == 0 && metrics_queue_next(q, &point) && point.at < w->window->to_ns) {
        if (point.at < w->window->from_ns) {
            held = point;
            holds = true;
            continue;
        }
        if (holds && point.at > w->window->from_ns)
            rc = put_change(w, w->window->from_ns, &held, err);
        holds = false;
        if (rc == 0)
            rc = put_change(w, point.at, &point, err);
    }
    if (rc == 0 && holds && w->window->from_ns < w->window->to_ns)
        rc = put_change(w, w->window->from_ns, &held, err);
    return rc;
}

/* ----------------------------------------------------------------------------- bucket by bucket */

static __int128 bucket_of(const struct writer *w, int64_t at)
{
    int64_t step = w->window->step_ns, number = at / step;
    return (__int128)(number - (at % step < 0)) * step; /* where it begins */
}

/* Its mean is over what of it is in the window. */
static void put_bucket(struct writer *w)
{
    if (!w->filled)
        return;
    __int128 from = w->begin, to = w->begin + w->window->step_ns;
    from = from < w->window->from_ns ? w->window->from_ns : from;
    to = to > w->window->to_ns ? w->window->to_ns : to;
    bd_str_addf(w->out, "%s[%lld", w->n++ ? "," : "", (long long)w->begin);
    for (int i = 0; i < FIGURE_COUNT; i++)
        bd_str_addf(w->out, ",%.15g,%u", (double)w->area[i] / (double)(to - from), w->max[i]);
    bd_str_add(w->out, "]");
}

static void begin_bucket(struct writer *w, __int128 begin)
{
    put_bucket(w);
    w->filled = true;
    w->begin = begin;
    for (int i = 0; i < FIGURE_COUNT; i++)
        w->area[i] = w->max[i] = 0;
}

/* What holds in [from, to), into as many buckets as that takes. */
static void add_span(struct writer *w, const struct queue_point *p, int64_t from, int64_t to)
{
    const uint32_t figures[] = {
        [WAITING] = p->waiting, [RUNNING] = p->running, [BUSY] = p->busy_nodes};
    while (from < to) {
        __int128 begin = bucket_of(w, from), end = begin + w->window->step_ns;
        if (!w->filled || begin != w->begin)
            begin_bucket(w, begin);
        int64_t until = end < to ? (int64_t)end : to;
        for (int i = 0; i < FIGURE_COUNT; i++) {
            w->area[i] += (unsigned __int128)(until - (__int128)from) * figures[i];
            w->max[i] = figures[i] > w->max[i] ? figures[i] : w->max[i];
        }
        from = until;
    }
}

static int64_t within(const struct writer *w, int64_t at)
{
    at = at < w->window->from_ns ? w->window->from_ns : at;
    return at > w->window->to_ns ? w->window->to_ns : at;
}

/* They are counted before one is made: a step may be short and a run long. */
static int put_buckets(struct writer *w, struct metrics_queue *q, struct bd_err *err)
{
    if (q->n == 0)
        return 0;
    struct queue_point held = {0}, point;
    int64_t from = within(w, q->changes[0].at), to = within(w, q->changes[q->n - 1].at);
    if (from < to &&
        (bucket_of(w, to - 1) - bucket_of(w, from)) / w->window->step_ns >= (__int128)w->most)
        return too_many(w, err);
    while (metrics_queue_next(q, &point)) {
        to = within(w, point.at);
        add_span(w, &held, from, to);
        from = to;
        held = point;
    }
    put_bucket(w);
    return 0;
}

int queue_points(struct metrics_queue *q, const struct queue_window *window, size_t most,
                 struct bd_str *out, struct bd_err *err)
{
    struct writer w = {.window = window, .out = out, .most = most};
    metrics_queue_begin(q);
    bd_str_add(out, "[");
    int rc = window->step_ns ? put_buckets(&w, q, err) : put_changes(&w, q, err);
    bd_str_add(out, "]");
    return rc;
}
