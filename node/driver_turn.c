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

int32_t turn_next(struct driver *d, int64_t now_ns)
{
    struct driver_job *jobs = d->stream.jobs;
    int32_t freed = d->first_freed;

    if (freed != NO_JOB) {
        d->first_freed = jobs[freed].next;
        return send(d, freed);
    }
    while (turn_moment(d) <= now_ns) {
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

int64_t turn_moment(const struct driver *d)
{
    return d->turn < d->stream.n ? d->begin_ns + d->stream.jobs[d->turn].arrival_ns : INT64_MAX;
}

/* The list of those that wait for a job is by their arrival backwards. */
static int32_t take_waiters(struct driver *d, int32_t job)
{
    struct driver_job *jobs = d->stream.jobs;
    int32_t turned = NO_JOB;

    for (int32_t w = jobs[job].first_waiter, next; w != NO_JOB; w = next) {
        next = jobs[w].next;
        jobs[w].next = turned;
        turned = w;
    }
    jobs[job].first_waiter = NO_JOB;
    return turned;
}

void turn_accepted(struct driver *d, int32_t job)
{
    for (int32_t w = take_waiters(d, job), next; w != NO_JOB; w = next) {
        next = d->stream.jobs[w].next;
        set_free(d, w);
    }
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
        for (int32_t w = take_waiters(d, job); w != NO_JOB; w = jobs[w].next) {
            jobs[last].next = w;
            last = w;
        }
    }
}
