#include "append.h"
#include "bench-driver.h"
#include "driver.h"
#include "fatal.h"
#include "number.h"

#include <stdio.h>
#include <string.h>

/* Ends of jobs that nobody knows are kept until their number is accepted; not without bound. */
#define EARLY_MOST(tasks) (2 * (size_t)(tasks) + 100000)

#define REASONS_MOST 10

static const char *const end_words[JOB_END_COUNT] = {
    [JOB_END_UNKNOWN] = "unknown",     [JOB_END_COMPLETED] = "completed",
    [JOB_END_FAILED] = "failed",       [JOB_END_TIMEOUT] = "timeout",
    [JOB_END_CANCELLED] = "cancelled", [JOB_END_NODE_FAIL] = "node-fail",
};

static bool read_job(const struct driver *d, char **rest, int32_t *ret_job)
{
    const char *word = strsep(rest, " ");
    int64_t index;

    if (!word || !number_read(word, 0, (int64_t)d->stream.n - 1, &index))
        return false;
    *ret_job = (int32_t)index;
    return true;
}

/* A moment of CLOCK_MONOTONIC, which can't be ahead. */
static bool read_moment(char **rest, int64_t *ret_ns)
{
    const char *word = strsep(rest, " ");

    return word && number_read(word, 0, clock_ns(CLOCK_MONOTONIC), ret_ns);
}

static bool read_number(char **rest, int64_t least, int64_t most, int64_t *ret_number)
{
    const char *word = strsep(rest, " ");

    return word && number_read(word, least, most, ret_number);
}

/* ------------------------------------------------------------------ what it may say: false: no
 * sense
 */

static bool on_ready(struct driver *d, char *rest)
{
    if (d->ready)
        return false;
    d->form = rest ? form_find(rest) : NULL;
    d->ready = !rest || d->form;
    return d->ready;
}

static bool on_begun(struct driver *d, char *rest)
{
    int64_t mono_ns;
    int32_t job;

    if (!read_job(d, &rest, &job) || !read_moment(&rest, &mono_ns) || rest ||
        d->stream.jobs[job].state != JOB_SENT)
        return false;
    d->stream.jobs[job].state = JOB_BEGUN;
    d->submitted_tasks += d->stream.jobs[job].tasks;
    record(d, JOB_RECORD_SUBMIT, job, 0, mono_ns);
    return true;
}

/* One task; a second word on it says nothing new. */
static void end_task(struct driver *d, int32_t job, uint32_t task, int32_t end, int64_t mono_ns)
{
    struct driver_job *j = &d->stream.jobs[job];
    uint8_t *ended = &d->stream.ended[j->first_task + task];

    if (*ended)
        return;
    *ended = true;
    d->ended_tasks++;
    record_task(d, JOB_RECORD_ENDED, job, task, end, mono_ns);
    j->ended_ns = mono_ns > j->ended_ns ? mono_ns : j->ended_ns;
    if (++j->ended_tasks == j->tasks)
        turn_ended(d, job);
}

static bool end_tasks(struct driver *d, int32_t job, const struct early_end *end)
{
    uint32_t tasks = d->stream.jobs[job].tasks;

    if (end->task >= tasks)
        return false;
    if (end->task != ALL_TASKS) {
        end_task(d, job, (uint32_t)end->task, end->end, end->mono_ns);
        return true;
    }
    for (uint32_t task = 0; task < tasks; task++)
        end_task(d, job, task, end->end, end->mono_ns);
    return true;
}

static bool on_accepted(struct driver *d, char *rest)
{
    int64_t mono_ns, job_id;
    int32_t job;

    if (!read_job(d, &rest, &job) || !read_moment(&rest, &mono_ns) ||
        !read_number(&rest, 1, INT64_MAX, &job_id) || rest ||
        d->stream.jobs[job].state != JOB_BEGUN)
        return false;
    struct id_slot *slot = ids_slot(&d->ids, (uint64_t)job_id);
    if (slot->job != NO_JOB)
        return false;
    slot->job = job;
    d->stream.jobs[job].job_id = (uint64_t)job_id;
    d->stream.jobs[job].state = JOB_ACCEPTED;
    record(d, JOB_RECORD_ACCEPTED, job, 0, mono_ns);
    turn_accepted(d, job);
    for (uint32_t at = slot->first_early; at; at = d->ids.early[at - 1].next)
        if (!end_tasks(d, job, &d->ids.early[at - 1]))
            return false;
    slot->first_early = 0;
    return true;
}

/* Why is for people; of the first ones, lest it fill the log. */
static void tell_reason(int32_t job, const char *words)
{
    static int told;

    if (told++ < REASONS_MOST)
        fprintf(stderr, "%s: job %d was refused: %s\n", program_invocation_short_name, job, words);
}

static bool on_refused(struct driver *d, char *rest)
{
    int64_t mono_ns, code;
    int32_t job;

    if (!read_job(d, &rest, &job) || !read_moment(&rest, &mono_ns) ||
        !read_number(&rest, INT32_MIN, INT32_MAX, &code) || d->stream.jobs[job].state != JOB_BEGUN)
        return false;
    tell_reason(job, rest ? rest : "");
    turn_refused(d, job, (int32_t)code, mono_ns);
    return true;
}

static bool read_end(const char *word, int32_t *ret_end)
{
    for (int32_t end = 0; word && end < JOB_END_COUNT; end++)
        if (strcmp(end_words[end], word) == 0) {
            *ret_end = end;
            return true;
        }
    return false;
}

static bool on_ended(struct driver *d, char *rest)
{
    struct early_end end;
    int64_t job_id, code;

    if (!read_number(&rest, 1, INT64_MAX, &job_id) || !rest)
        return false;
    end.job_id = (uint64_t)job_id;
    const char *task = strsep(&rest, " ");
    if (strcmp(task, "*") == 0)
        end.task = ALL_TASKS;
    else if (!number_read(task, 0, UINT32_MAX, &end.task))
        return false;
    if (!read_end(strsep(&rest, " "), &end.end) ||
        !read_number(&rest, INT32_MIN, INT32_MAX, &code) || !read_moment(&rest, &end.mono_ns) ||
        rest)
        return false;
    int32_t job = ids_slot(&d->ids, end.job_id)->job;
    if (job != NO_JOB)
        return end_tasks(d, job, &end);
    if (d->ids.n_early >= EARLY_MOST(d->stream.tasks))
        return false;
    ids_keep_early(&d->ids, end);
    return true;
}

/* What the scheduler can't tell of is "-". */
static bool on_points(struct driver *d, char *rest)
{
    static const uint32_t kinds[] = {JOB_RECORD_ELIGIBLE, JOB_RECORD_ALLOCATED, JOB_RECORD_FREED};
    int64_t job_id, task, moment_ns;

    if (!read_number(&rest, 1, INT64_MAX, &job_id) || !read_number(&rest, 0, UINT32_MAX, &task))
        return false;
    int32_t job = ids_slot(&d->ids, (uint64_t)job_id)->job;
    if (job == NO_JOB || task >= d->stream.jobs[job].tasks)
        return false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (rest && strncmp(rest, "-", 1) == 0) {
            if (strcmp(strsep(&rest, " "), "-") != 0)
                return false;
            continue;
        }
        if (!read_moment(&rest, &moment_ns))
            return false;
        record_task(d, kinds[i], job, (uint32_t)task, 0, moment_ns);
    }
    return !rest;
}

static bool on_error(struct driver *d, char *rest)
{
    (void)d;
    fatal(BENCH_DRIVER_EXIT_ERROR, "the submitter can't go on: %s",
          rest ? rest : "it says no more");
}

static const struct {
    const char *word;
    bool (*take)(struct driver *d, char *rest);
    bool early; /* may come before `ready` */
} sayings[] = {
    {"ready", on_ready, true},      {"begun", on_begun, false}, {"accepted", on_accepted, false},
    {"refused", on_refused, false}, {"ended", on_ended, false}, {"points", on_points, false},
    {"error", on_error, true},
};

void talk_line(struct driver *d, char *line)
{
    const char *said = strndupa(line, 200);
    char *rest = line;
    const char *word = strsep(&rest, " ");

    for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
        if (strcmp(sayings[i].word, word) == 0 && (d->ready || sayings[i].early) &&
            sayings[i].take(d, rest))
            return;
    fatal(BENCH_DRIVER_EXIT_NONSENSE, "the submitter said what makes no sense here: %s", said);
}
