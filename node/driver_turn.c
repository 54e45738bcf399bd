#include "append.h"
#include "bench-driver.h"
#include "driver.h"

static struct job_record record_at(uint32_t kind, int64_t mono_ns)
{
    int64_t ago = clock_ns(CLOCK_MONOTONIC) - mono_ns;

    return (struct job_record){
        .kind = kind, .mono_ns = mono_ns, .wall_ns = clock_ns(CLOCK_REALTIME) - ago};
}

void record(const struct driver *d, uint32_t kind, int32_t job, int32_t code, int64_t mono_ns)
{
    struct job_record r = record_at(kind, mono_ns);

    r.index = (uint32_t)job;
    r.job_id = d->stream.jobs[job].job_id;
    r.code = code;
    append(d->records, r);
}

void record_task(const struct driver *d, uint32_t kind, int32_t job, uint32_t task, int32_t code,
                 int64_t mono_ns)
{
    struct job_record r = record_at(kind, mono_ns);

    r.index = (uint32_t)job;
    r.task = task;
    r.job_id = d->stream.jobs[job].job_id;
    r.code = code;
    append(d->records, r);
}

/* Puts a job at the end of those that may be handed over though their moment is over. */
static void set_free(struct driver *d, int32_t job)
{
    struct driver_job *jobs = d->stream.jobs;

    jobs[job].next = NO_JOB;
    if (d->first_freed == NO_JOB)
        d->first_freed = job;
    else
        jobs[d->last_freed].next = job;
    d->last_freed = job;
}

static void hold(struct driver *d, int32_t job)
{
    struct driver_job *j = &d->stream.jobs[job], *before = &d->stream.jobs[j->after];

    j->state = JOB_HELD;
    j->next = before->first_waiter;
    before->first_waiter = job;
}

static int32_t send(struct driver *d, int32_t job)
{
    d->stream.jobs[job].state = JOB_SENT;
    d->to_hand_over--;
    return job;
}

/* CLOCK_MONOTONIC: when the next job comes by its arrival; those with a think time are passed over.
 */
static int64_t arrival_moment(struct driver *d)
{
    const struct stream *s = &d->stream;

    while (d->turn < s->n && s->jobs[d->turn].think_ns >= 0)
        d->turn++;
    return d->turn < s->n ? d->begin_ns + s->jobs[d->turn].arrival_ns : INT64_MAX;
}

int32_t turn_next(struct driver *d, int64_t now_ns)
{
    struct driver_job *jobs = d->stream.jobs;
    int32_t freed = d->first_freed;

    if (freed != NO_JOB) {
        d->first_freed = jobs[freed].next;
        return send(d, freed);
    }
    while (turn_moment(d) <= now_ns) {
        if (think_moment(d) < arrival_moment(d))
            return send(d, think_take(d));
        int32_t job = (int32_t)d->turn++;
        int32_t after = jobs[job].after;
        if (after == NO_JOB || jobs[after].state == JOB_ACCEPTED)
            return send(d, job);
        if (jobs[after].state == JOB_REFUSED)
            turn_refused(d, job, BENCH_DRIVER_NOT_ASKED, clock_ns(CLOCK_MONOTONIC));
        else
            hold(d, job);
    }
    return NO_JOB;
}

int64_t turn_moment(struct driver *d)
{
    int64_t arrival = arrival_moment(d), think = think_moment(d);

    return think < arrival ? think : arrival;
}

/* A list of those that wait for a job, first_waiter or first_thinker, is by their arrival
 * backwards. */
static int32_t take_list(struct driver *d, int32_t *list)
{
    struct driver_job *jobs = d->stream.jobs;
    int32_t turned = NO_JOB;

    for (int32_t w = *list, next; w != NO_JOB; w = next) {
        next = jobs[w].next;
        jobs[w].next = turned;
        turned = w;
    }
    *list = NO_JOB;
    return turned;
}

void turn_accepted(struct driver *d, int32_t job)
{
    for (int32_t w = take_list(d, &d->stream.jobs[job].first_waiter), next; w != NO_JOB; w = next) {
        next = d->stream.jobs[w].next;
        set_free(d, w);
    }
}

void turn_ended(struct driver *d, int32_t job)
{
    struct driver_job *jobs = d->stream.jobs;

    for (int32_t w = take_list(d, &jobs[job].first_thinker); w != NO_JOB; w = jobs[w].next) {
        jobs[w].due_ns = jobs[job].ended_ns + jobs[w].think_ns;
        think_add(d, w);
    }
}

/* Puts a list behind the job `last`; its own last. */
static int32_t append_list(struct driver_job *jobs, int32_t last, int32_t list)
{
    for (; list != NO_JOB; list = jobs[list].next) {
        jobs[last].next = list;
        last = list;
    }
    return last;
}

void turn_refused(struct driver *d, int32_t job, int32_t code, int64_t mono_ns)
{
    struct driver_job *jobs = d->stream.jobs;
    int32_t last = job;

    jobs[job].next = NO_JOB;
    /* The list grows at its end by those that follow a job of it. */
    for (; job != NO_JOB; job = jobs[job].next) {
        if (jobs[job].state == JOB_PLANNED || jobs[job].state == JOB_HELD)
            d->to_hand_over--;
        if (jobs[job].state != JOB_BEGUN)
            d->submitted_tasks += jobs[job].tasks;
        jobs[job].state = JOB_REFUSED;
        d->ended_tasks += jobs[job].tasks;
        record(d, JOB_RECORD_REFUSED, job, code, mono_ns);
        code = BENCH_DRIVER_NOT_ASKED;
        last = append_list(jobs, last, take_list(d, &jobs[job].first_waiter));
        last = append_list(jobs, last, take_list(d, &jobs[job].first_thinker));
    }
}
