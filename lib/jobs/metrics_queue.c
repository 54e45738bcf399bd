/* Metrics that look at all jobs at once: the queue over time, and what no order of them can beat.
 */
#include "lib/jobs/jobs.h"
#include "lib/jobs/metrics_priv.h"

#include "lib/base/mem.h"

static int three_way(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* ------------------------------------------------------------------------------------ the queue */

static int by_time(const void *a, const void *b)
{
    return three_way(((const struct queue_change *)a)->at, ((const struct queue_change *)b)->at);
}

static void add_change(struct metrics_queue *q, struct queue_change change)
{
    if (q->n == q->cap) {
        q->cap = q->cap ? 2 * q->cap : 1024;
        q->changes = bd_xrealloc(q->changes, q->cap * sizeof(*q->changes));
    }
    q->changes[q->n++] = change;
}

/* What begins at `from` and is over at `to`; nothing where one was not seen, or clocks that differ
 * by more than was measured have them the wrong way round. */
static void add_span(struct metrics_queue *q, int64_t from, int64_t to, struct queue_change what)
{
    if (from == JOB_NEVER || to == JOB_NEVER || from >= to)
        return;
    what.at = from;
    add_change(q, what);
    what.at = to;
    what.sign = (int8_t)-what.sign;
    add_change(q, what);
}

void metrics_queue_add(struct metrics_queue *q, const struct job_seen *job)
{
    add_span(q, job->submit, job->started_first, (struct queue_change){.sign = 1, .waits = true});
    struct queue_change runs = {.sign = 1, .nodes = job->nodes};
    if (job->ask.shares && job->node_list && *job->node_list) {
        runs.shares = true;
        runs.nodes = node_sets_number(&q->shared, job->node_list);
    }
    add_span(q, job->started_first, job->ended_last, runs);
}

void metrics_queue_begin(struct metrics_queue *q)
{
    if (q->n)
        qsort(q->changes, q->n, sizeof(*q->changes), by_time);
    q->next = 0;
    q->now = (struct queue_point){0};
    free(q->jobs_on);
    q->jobs_on = bd_xcalloc(node_sets_nodes(&q->shared) + 1, sizeof(*q->jobs_on));
}

/* By how many more shared nodes are busy: those with a first job less those without their last. */
static uint32_t more_busy(struct metrics_queue *q, const struct queue_change *c)
{
    size_t n;
    const uint32_t *nodes = node_sets_members(&q->shared, c->nodes, &n);
    int32_t more = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t *jobs = &q->jobs_on[nodes[i]], before = *jobs;
        *jobs += c->sign;
        more += (*jobs > 0) - (before > 0);
    }
    return (uint32_t)more;
}

/* Each figure goes up before it goes down, but for within one moment: there it may pass below 0. */
static void apply(struct metrics_queue *q, const struct queue_change *c)
{
    uint32_t one = (uint32_t)(int32_t)c->sign;
    q->now.at = c->at;
    q->now.waiting += c->waits ? one : 0;
    q->now.running += c->waits ? 0 : one;
    q->now.busy_nodes += c->shares ? more_busy(q, c) : one * c->nodes;
}

static bool same(const struct queue_point *a, const struct queue_point *b)
{
    return a->waiting == b->waiting && a->running == b->running && a->busy_nodes == b->busy_nodes;
}

bool metrics_queue_next(struct metrics_queue *q, struct queue_point *ret_point)
{
    struct queue_point before = q->now;
    while (q->next < q->n) {
        apply(q, &q->changes[q->next++]);
        bool whole = q->next == q->n || q->changes[q->next].at != q->now.at;
        if (!whole || same(&q->now, &before))
            continue;
        *ret_point = q->now;
        return true;
    }
    return false;
}

void metrics_queue_done(struct metrics_queue *q)
{
    free(q->changes);
    free(q->jobs_on);
    node_sets_done(&q->shared);
    *q = (struct metrics_queue){0};
}

/* -------------------------------------------------------------------------------- lower bound */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct arrival {
    int64_t at, runtime;
    uint64_t cores;
};

static int by_arrival(const void *a, const void *b)
{
    return three_way(((const struct arrival *)a)->at, ((const struct arrival *)b)->at);
}

/* at + work / cores, rounded up; a stream of centuries is one of INT64_MAX. */
static int64_t end_of(int64_t at, unsigned __int128 work, uint64_t cores)
{
    unsigned __int128 end = (unsigned __int128)at + (work + cores - 1) / cores;
    return end > INT64_MAX ? INT64_MAX : (int64_t)end;
}

/* From the last arrival back to the first: the work behind each only grows, in one pass. */
static int64_t bound_of(const struct arrival *arrivals, size_t n, uint64_t cores)
{
    unsigned __int128 work = 0;
    int64_t bound = 0;
    for (size_t i = n; i-- > 0;) {
        const struct arrival *a = &arrivals[i];
        work += (unsigned __int128)a->cores * (uint64_t)a->runtime;
        int64_t alone = end_of(a->at, (uint64_t)a->runtime, 1);
        int64_t together = end_of(a->at, work, cores);
        bound = later(bound, later(alone, together));
    }
    return bound;
}

int64_t metrics_bound(const struct jobs_seen *seen, unsigned compute, unsigned cores,
                      bool completed_only)
{
    bd_auto_free struct arrival *arrivals = bd_xcalloc(seen->n + 1, sizeof(*arrivals));
    size_t n = 0;
    for (size_t i = 0; i < seen->n; i++) {
        const struct job_seen *job = &seen->items[i];
        if (!completed_only || job->outcome == JOB_COMPLETED)
            arrivals[n++] = (struct arrival){job->planned, job->runtime,
                                             job_cores(job->nodes, &job->ask, cores)};
    }
    qsort(arrivals, n, sizeof(*arrivals), by_arrival);
    return bound_of(arrivals, n, (uint64_t)compute * cores);
}

int64_t metrics_makespan_bound(const struct jobs_seen *seen, unsigned compute, unsigned cores)
{
    return metrics_bound(seen, compute, cores, false);
}
