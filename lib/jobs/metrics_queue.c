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

struct change {
    int64_t at;
    int64_t waiting, running, busy_nodes; /* by how much */
};

static int by_time(const void *a, const void *b)
{
    return three_way(((const struct change *)a)->at, ((const struct change *)b)->at);
}

/* What begins at `from` and is over at `to`; nothing where one was not seen, or clocks that differ
 * by more than was measured have them the wrong way round. */
static void add_span(struct change *changes, size_t *n, int64_t from, int64_t to,
                     struct change what)
{
    if (from == JOB_NEVER || to == JOB_NEVER || from >= to)
        return;
    what.at = from;
    changes[(*n)++] = what;
    changes[(*n)++] = (struct change){to, -what.waiting, -what.running, -what.busy_nodes};
}

static bool same(const struct queue_point *a, const struct queue_point *b)
{
    return a->waiting == b->waiting && a->running == b->running && a->busy_nodes == b->busy_nodes;
}

void metrics_queue(const struct jobs_seen *seen, struct queue_point **ret_points, size_t *ret_n)
{
    bd_auto_free struct change *changes = bd_xcalloc(4 * seen->n + 1, sizeof(*changes));
    size_t n_changes = 0, n = 0;
    for (size_t i = 0; i < seen->n; i++) {
        const struct job_seen *job = &seen->items[i];
        add_span(changes, &n_changes, job->submit, job->started_first,
                 (struct change){.waiting = 1});
        add_span(changes, &n_changes, job->started_first, job->ended_last,
                 (struct change){.running = 1, .busy_nodes = job->nodes});
    }
    qsort(changes, n_changes, sizeof(*changes), by_time);
    struct queue_point *points = bd_xcalloc(n_changes + 1, sizeof(*points));
    struct queue_point before = {0};
    struct change now = {0};
    for (size_t i = 0; i < n_changes; i++) {
        now.waiting += changes[i].waiting;
        now.running += changes[i].running;
        now.busy_nodes += changes[i].busy_nodes;
        if (i + 1 < n_changes && changes[i + 1].at == changes[i].at)
            continue;
        struct queue_point point = {changes[i].at, (uint32_t)now.waiting, (uint32_t)now.running,
                                    (uint32_t)now.busy_nodes};
        if (!same(&point, &before))
            points[n++] = before = point;
    }
    *ret_points = points;
    *ret_n = n;
}

/* -------------------------------------------------------------------------------- lower bound */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct arrival {
    int64_t at, runtime;
    uint32_t nodes;
};

static int by_arrival(const void *a, const void *b)
{
    return three_way(((const struct arrival *)a)->at, ((const struct arrival *)b)->at);
}

/* at + work / nodes, rounded up; a stream of centuries is one of INT64_MAX. */
static int64_t end_of(int64_t at, unsigned __int128 work, unsigned nodes)
{
    unsigned __int128 end = (unsigned __int128)at + (work + nodes - 1) / nodes;
    return end > INT64_MAX ? INT64_MAX : (int64_t)end;
}

/* From the last arrival back to the first: the work behind each only grows, in one pass. */
static int64_t bound_of(const struct arrival *arrivals, size_t n, unsigned compute)
{
    unsigned __int128 work = 0;
    int64_t bound = 0;
    for (size_t i = n; i-- > 0;) {
        const struct arrival *a = &arrivals[i];
        work += (unsigned __int128)a->nodes * (uint64_t)a->runtime;
        int64_t alone = end_of(a->at, (uint64_t)a->runtime, 1);
        int64_t together = end_of(a->at, work, compute);
        bound = later(bound, later(alone, together));
    }
    return bound;
}

int64_t metrics_bound(const struct jobs_seen *seen, unsigned compute, bool completed_only)
{
    bd_auto_free struct arrival *arrivals = bd_xcalloc(seen->n + 1, sizeof(*arrivals));
    size_t n = 0;
    for (size_t i = 0; i < seen->n; i++) {
        const struct job_seen *job = &seen->items[i];
        if (!completed_only || job->outcome == JOB_COMPLETED)
            arrivals[n++] = (struct arrival){job->planned, job->runtime, job->nodes};
    }
    qsort(arrivals, n, sizeof(*arrivals), by_arrival);
    return bound_of(arrivals, n, compute);
}

int64_t metrics_makespan_bound(const struct jobs_seen *seen, unsigned compute)
{
    return metrics_bound(seen, compute, false);
}
