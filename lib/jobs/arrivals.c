#include "lib/jobs/arrivals.h"

#include "lib/base/mem.h"
#include "lib/jobs/elementary.h"

#include <math.h>

/* A hundred years: no sum of times comes near where it would overflow, whatever is drawn. */
#define LATEST_US INT64_C(3153600000000000)

static int64_t whole_us(double us)
{
    return us < (double)LATEST_US ? llround(us) : LATEST_US;
}

static int64_t later(int64_t at_us, double by_us)
{
    int64_t sum = at_us + whole_us(by_us);
    return sum < LATEST_US ? sum : LATEST_US;
}

/* From the arrival before to this one; both are sessions where there are such. */
static double draw_gap(const struct arrivals *a)
{
    const struct stream_spec *s = a->spec;
    double u = draws_unit(a->draws, DRAW_ARRIVAL);
    const struct variate exponential = {
        .kind = VARIATE_EXPONENTIAL, .centre = s->gap_us, .max = INFINITY};
    switch (s->process) {
    case ARRIVAL_POISSON:
        return variate_at(&exponential, u, 0);
    case ARRIVAL_SESSIONS:
        return variate_at(&exponential, u, 0) * s->session.jobs;
    case ARRIVAL_UNIFORM:
        return 2 * s->gap_us * u;
    case ARRIVAL_BURST:
        return a->n > 0 && a->n % s->burst == 0 ? s->gap_us * s->burst : 0;
    case ARRIVAL_MODEL:
        return lublin_gap(&s->model, u) * (s->gap_us / s->model.gap.mean_s);
    default:
        return 0;
    }
}

static int64_t next_beginning(struct arrivals *a)
{
    a->sum_us = later(a->sum_us, draw_gap(a));
    return whole_us(cycle_real(&a->spec->cycle, (double)a->sum_us));
}

/* ------------------------------------------------------------------------------------- sessions */

static bool is_before(const struct session *a, const struct session *b)
{
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->number < b->number);
}

static void exchange(struct session *a, struct session *b)
{
    struct session kept = *a;
    *a = *b;
    *b = kept;
}

static void add_session(struct arrivals *a, const struct session *s)
{
    if (a->n_heap == a->cap_heap) {
        a->cap_heap = 2 * a->cap_heap + 16;
        a->heap = bd_xrealloc(a->heap, a->cap_heap * sizeof(*a->heap));
    }
    size_t i = a->n_heap++;
    a->heap[i] = *s;
    for (; i > 0 && is_before(&a->heap[i], &a->heap[(i - 1) / 2]); i = (i - 1) / 2)
        exchange(&a->heap[i], &a->heap[(i - 1) / 2]);
}

/* The first of the heap has become later, or is to go. */
static void sink_first(struct arrivals *a)
{
    size_t i = 0, least = 0;
    do {
        i = least;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < a->n_heap; child++)
            if (is_before(&a->heap[child], &a->heap[least]))
                least = child;
        exchange(&a->heap[i], &a->heap[least]);
    } while (least != i);
}

static uint32_t draw_user(const struct arrivals *a)
{
    uint32_t users = a->spec->users;
    return users > 0 ? 1 + (uint32_t)draws_below(a->draws, DRAW_USER, users) : 0;
}

/* Geometric: 1 + floor(ln(1 - u) / ln(1 - 1/mean)), so that each job but the first comes with the
 * same probability. */
static uint32_t draw_session_jobs(const struct arrivals *a)
{
    const struct stream_session *s = &a->spec->session;
    double u = draws_unit(a->draws, DRAW_SESSION);
    if (!s->is_geometric || s->jobs <= 1)
        return (uint32_t)s->jobs;
    return 1 + (uint32_t)floor(elementary_ln(1 - u) / elementary_ln(1 - 1 / s->jobs));
}

static void begin_session(struct arrivals *a)
{
    const struct session s = {.at_us = a->coming_us,
                              .number = a->n_sessions++,
                              .left = draw_session_jobs(a),
                              .user = draw_user(a)};
    add_session(a, &s);
    a->coming_us = next_beginning(a);
}

/* Every job takes numbers for a think time, needed or not. */
static struct arrival next_of_sessions(struct arrivals *a)
{
    while (a->n_heap == 0 || a->coming_us < a->heap[0].at_us)
        begin_session(a);
    struct session *s = &a->heap[0];
    const struct arrival job = {s->at_us, s->user};
    double u = draws_unit(a->draws, DRAW_THINK), branch = draws_unit(a->draws, DRAW_THINK_BRANCH);
    if (--s->left > 0)
        s->at_us =
            later(s->at_us, a->spec->time_scale * variate_at(&a->spec->session.think, u, branch));
    else
        exchange(s, &a->heap[--a->n_heap]);
    sink_first(a);
    return job;
}

/* ---------------------------------------------------------------------------------------- whole */

void arrivals_init(struct arrivals *a, const struct stream_spec *spec, struct draws *d)
{
    *a = (struct arrivals){.spec = spec, .draws = d};
    if (spec->process == ARRIVAL_SESSIONS)
        a->coming_us = next_beginning(a);
}

void arrivals_done(struct arrivals *a)
{
    free(a->heap);
}

struct arrival arrivals_next(struct arrivals *a)
{
    struct arrival next;
    if (a->spec->process == ARRIVAL_SESSIONS)
        next = next_of_sessions(a);
    else
        next = (struct arrival){next_beginning(a), draw_user(a)};
    a->n++;
    return next;
}
