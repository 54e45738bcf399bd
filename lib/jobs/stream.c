#include "lib/jobs/stream_priv.h"

#include "lib/base/rng.h"

#include <math.h>
#include <string.h>

#define NS_PER_US       1000
#define DEPENDENCY_BACK 8

/* What is drawn, each from a generator of its own. The numbers are for ever: streams of old
 * campaigns are made again from their seeds. */
enum draw {
    DRAW_ARRIVAL = 1,
    DRAW_SIZE,
    DRAW_RUNTIME,
    DRAW_BRANCH,
    DRAW_FACTOR,
    DRAW_USER,
    DRAW_PRIORITY,
    DRAW_ARRAY,
    DRAW_DEPENDENT, /* whether */
    DRAW_AFTER,     /* on whom */
    DRAW_COUNT
};

struct draws {
    struct bd_rng rngs[DRAW_COUNT];
};

/* The order of runs comes from the streams below 2^32 (lib/plan/order.c). */
static void draws_init(struct draws *d, uint64_t seed, uint32_t block)
{
    for (uint64_t i = 1; i < DRAW_COUNT; i++)
        bd_rng_init(&d->rngs[i], seed, i << 32 | block);
}

static double unit(struct draws *d, enum draw what)
{
    return bd_rng_unit(&d->rngs[what]);
}

static size_t below(struct draws *d, enum draw what, size_t n)
{
    return (size_t)bd_rng_below(&d->rngs[what], n);
}

void job_stream_done(struct job_stream *s)
{
    free(s->items);
    *s = (struct job_stream){0};
}

void stream_check(const json_t *spec, unsigned compute, struct schema_faults *faults)
{
    bd_auto_free struct stream_spec *s = bd_new(struct stream_spec);
    stream_spec_read(spec, compute, s, faults);
}

double stream_rate(const json_t *spec, unsigned compute)
{
    bd_auto_free struct stream_spec *s = bd_new(struct stream_spec);
    bd_auto_faults struct schema_faults faults = {0};
    stream_spec_read(spec, compute, s, &faults);
    return faults.n == 0 && s->gap_us > 0 ? 1e6 / s->gap_us : 0;
}

/* From the job before to this one, in us. */
static int64_t draw_gap(const struct stream_spec *s, struct draws *d, uint32_t index)
{
    double u = unit(d, DRAW_ARRIVAL);
    switch (s->process) {
    case ARRIVAL_POISSON:
        return llround(variate_at(
            &(struct variate){.kind = VARIATE_EXPONENTIAL, .centre = s->gap_us, .max = INFINITY}, u,
            0));
    case ARRIVAL_UNIFORM:
        return llround(2 * s->gap_us * u);
    case ARRIVAL_BURST:
        return index > 0 && index % s->burst == 0 ? llround(s->gap_us * s->burst) : 0;
    default:
        return 0;
    }
}

static int64_t draw_runtime_us(const struct stream_spec *s, struct draws *d)
{
    double u = unit(d, DRAW_RUNTIME), branch = unit(d, DRAW_BRANCH);
    int64_t us = llround(variate_at(&s->runtime, u, branch));
    return us > 0 ? us : 1;
}

static int64_t draw_requested_us(const struct stream_spec *s, struct draws *d, int64_t runtime_us)
{
    double factor = s->factor_min + (s->factor_max - s->factor_min) * unit(d, DRAW_FACTOR);
    int64_t us = llround((double)runtime_us * factor);
    return us > runtime_us ? us : runtime_us;
}

/* Both numbers are drawn for each job, so that a share changes none of those that stay. */
static int32_t draw_after(const struct stream_spec *s, struct draws *d, uint32_t index)
{
    uint32_t before = index < DEPENDENCY_BACK ? index : DEPENDENCY_BACK;
    bool depends = unit(d, DRAW_DEPENDENT) < s->dependency_share;
    size_t back = 1 + below(d, DRAW_AFTER, before > 0 ? before : 1);
    return depends && before > 0 ? (int32_t)(index - back) : -1;
}

static struct job draw_job(const struct stream_spec *s, struct draws *d, uint32_t index)
{
    struct job j = {.index = index, .tasks = 1};
    int64_t runtime_us = draw_runtime_us(s, d);
    j.runtime_ns = NS_PER_US * runtime_us;
    j.requested_ns = NS_PER_US * draw_requested_us(s, d, runtime_us);
    j.nodes = s->sizes[below(d, DRAW_SIZE, s->n_sizes)];
    j.user = s->users > 0 ? 1 + (uint32_t)below(d, DRAW_USER, s->users) : 0;
    if (s->n_priorities > 0)
        j.priority = s->priorities[below(d, DRAW_PRIORITY, s->n_priorities)];
    if (unit(d, DRAW_ARRAY) < s->array_share)
        j.tasks = s->array_tasks;
    j.after = draw_after(s, d, index);
    return j;
}

static void draw_all(const struct stream_spec *s, struct draws *d, struct job_stream *ret_stream)
{
    int64_t arrival_us = 0;
    *ret_stream = (struct job_stream){.items = bd_xcalloc(s->jobs, sizeof(struct job))};
    for (uint32_t i = 0; i < s->jobs; i++) {
        arrival_us += draw_gap(s, d, i);
        ret_stream->items[i] = draw_job(s, d, i);
        ret_stream->items[i].arrival_ns = NS_PER_US * arrival_us;
        ret_stream->tasks += ret_stream->items[i].tasks;
    }
    ret_stream->n = s->jobs;
}

int stream_make(const json_t *spec, uint64_t seed, uint32_t block, unsigned compute,
                struct job_stream *ret_stream, struct bd_err *err)
{
    bd_auto_free struct stream_spec *s = bd_new(struct stream_spec);
    bd_auto_faults struct schema_faults faults = {0};
    struct job_stream made;
    struct draws d;
    stream_spec_read(spec, compute, s, &faults);
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
