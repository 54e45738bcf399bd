#include "lib/jobs/arrivals.h"

#include <math.h>
#include <string.h>

#define NS_PER_US       1000
#define DEPENDENCY_BACK 8

void job_stream_done(struct job_stream *s)
{
    free(s->items);
    *s = (struct job_stream){0};
}

void stream_check(const json_t *spec, const struct job_nodes *nodes, struct schema_faults *faults)
{
    bd_auto_free struct stream_spec *s = bd_new(struct stream_spec);
    stream_spec_read(spec, nodes, s, faults);
}

double stream_rate(const json_t *spec, const struct job_nodes *nodes)
{
    bd_auto_free struct stream_spec *s = bd_new(struct stream_spec);
    bd_auto_faults struct schema_faults faults = {0};
    stream_spec_read(spec, nodes, s, &faults);
    return faults.n == 0 && s->gap_us > 0 ? STREAM_US_PER_S / s->gap_us : 0;
}

static uint32_t draw_nodes(const struct stream_spec *s, struct draws *d)
{
    if (s->model_sizes)
        return lublin_size(&s->model, draws_unit(d, DRAW_SIZE));
    return s->sizes[draws_below(d, DRAW_SIZE, s->n_sizes)];
}

static int64_t draw_runtime_us(const struct stream_spec *s, struct draws *d, uint32_t nodes)
{
    double u = draws_unit(d, DRAW_RUNTIME), branch = draws_unit(d, DRAW_BRANCH);
    int64_t us = s->model_runtimes ? llround(lublin_runtime(&s->model, nodes, u, branch) *
                                             (STREAM_US_PER_S * s->time_scale))
                                   : llround(variate_at(&s->runtime, u, branch));
    return us > 0 ? us : 1;
}

static int64_t draw_requested_us(const struct stream_spec *s, struct draws *d, int64_t runtime_us)
{
    double factor = s->factor_min + (s->factor_max - s->factor_min) * draws_unit(d, DRAW_FACTOR);
    int64_t us = llround((double)runtime_us * factor);
    return us > runtime_us ? us : runtime_us;
}

/* Both numbers are drawn for each job, so that a share changes none of those that stay. */
static int32_t draw_after(const struct stream_spec *s, struct draws *d, uint32_t index)
{
    uint32_t before = index < DEPENDENCY_BACK ? index : DEPENDENCY_BACK;
    bool depends = draws_unit(d, DRAW_DEPENDENT) < s->dependency_share;
    size_t back = 1 + draws_below(d, DRAW_AFTER, before > 0 ? before : 1);
    return depends && before > 0 ? (int32_t)(index - back) : -1;
}

static struct job draw_job(const struct stream_spec *s, struct draws *d, uint32_t index)
{
    struct job j = {.index = index,
                    .tasks = 1,
                    .nodes = draw_nodes(s, d),
                    .ask = s->ask,
                    .think_ns = -1,
                    .group = -1};
    if (s->n_cores > 0)
        j.ask.cores_per_task = s->cores[draws_below(d, DRAW_CORES, s->n_cores)];
    int64_t runtime_us = draw_runtime_us(s, d, j.nodes);
    j.runtime_ns = NS_PER_US * runtime_us;
    j.requested_ns = NS_PER_US * draw_requested_us(s, d, runtime_us);
    if (s->n_priorities > 0)
        j.priority = s->priorities[draws_below(d, DRAW_PRIORITY, s->n_priorities)];
    if (draws_unit(d, DRAW_ARRAY) < s->array_share)
        j.tasks = s->array_tasks;
    j.after = draw_after(s, d, index);
    return j;
}

static void draw_all(const struct stream_spec *s, struct draws *d, struct job_stream *ret_stream)
{
    struct arrivals arrivals;
    arrivals_init(&arrivals, s, d);
    *ret_stream = (struct job_stream){.items = bd_xcalloc(s->jobs, sizeof(struct job))};
    for (uint32_t i = 0; i < s->jobs; i++) {
        const struct arrival arrival = arrivals_next(&arrivals);
        struct job *job = &ret_stream->items[i];
        *job = draw_job(s, d, i);
        job->arrival_ns = NS_PER_US * arrival.at_us;
        job->user = arrival.user;
        ret_stream->tasks += job->tasks;
    }
    ret_stream->n = s->jobs;
    arrivals_done(&arrivals);
}

int stream_make(const json_t *spec, uint64_t seed, uint32_t block, const struct job_nodes *nodes,
                struct job_stream *ret_stream, struct bd_err *err)
{
    bd_auto_free struct stream_spec *s = bd_new(struct stream_spec);
    bd_auto_faults struct schema_faults faults = {0};
    struct job_stream made;
    struct draws d;
    stream_spec_read(spec, nodes, s, &faults);
    if (faults.n > 0)
        return bd_err_set(err, BD_EINVALID, "the job stream at %s: needs %s",
                          faults.items[0].pointer, faults.items[0].expected);
    draws_init(&d, seed, s->is_fixed ? 0 : block);
    draw_all(s, &d, &made);
    if (made.tasks > JOBS_MAX) {
        size_t tasks = made.tasks;
        job_stream_done(&made);
        return bd_err_set(err, BD_EINVALID,
                          "the job stream has %zu jobs, tasks of arrays counted each; at most %d "
                          "are possible",
                          tasks, JOBS_MAX);
    }
    *ret_stream = made;
    return 0;
}
