/*
 * What a stream of jobs gave, from the files of its run alone: what was seen of each job, the
 * metrics of all, and what tells how far they can be trusted, as members of the run's conditions
 * (docs/measurement.md): jobs, driver, clock, records, limits.
 */
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/sched/sched.h"
#include "lib/workload/jobstream.h"
#include "lib/workload/rundir.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_BYTES_MAX  ((size_t)256 << 20)
#define RECORDS_BYTES_MAX ((size_t)256 << 20)

/* All that is read. */
struct reading {
    json_t *stream; /* stream.json */
    json_t *clocks; /* clock.json; NULL: none */
    struct job_stream jobs;
    struct job_records *records; /* the controller's first */
    struct bd_str *files;        /* that they lie in */
    size_t n;
    struct bd_strv missing; /* nodes whose records are not there */
};

static void reading_done(struct reading *r)
{
    json_decref(r->stream);
    json_decref(r->clocks);
    job_stream_done(&r->jobs);
    for (size_t i = 0; i < r->n; i++)
        bd_str_done(&r->files[i]);
    free(r->files);
    free(r->records);
    bd_strv_done(&r->missing);
}

/* -------------------------------------------------------------------------------------- reading */

static const json_t *clock_of(const struct reading *r, const char *node)
{
    size_t i;
    json_t *clock;
    json_array_foreach (r->clocks, i, clock)
        if (bd_str_eq(bd_json_str(clock, "node", ""), node))
            return clock;
    return NULL;
}

static bool has_both(const json_t *clock)
{
    return json_is_object(json_object_get(clock, "before")) &&
           json_is_object(json_object_get(clock, "after"));
}

static int64_t clock_figure(const json_t *clock, const char *when, const char *key)
{
    return bd_json_int(json_object_get(clock, when), key, 0);
}

/* Nodes that share the host's clock have no offset; what was measured of them is a check. */
static int64_t offset_of(const struct reading *r, const char *node)
{
    const json_t *clock = clock_of(r, node);
    if (bd_json_bool(r->stream, "sharedClock", 0) || !clock)
        return 0;
    int64_t before = clock_figure(clock, "before", "offsetNs");
    return has_both(clock) ? before + (clock_figure(clock, "after", "offsetNs") - before) / 2
                           : before;
}

/* A record that was cut off at the end of the file, as its disk was full, is none. */
static int read_records(struct reading *r, size_t i, const char *node, int dir_fd,
                        struct bd_err *err)
{
    bool is_controller = i == 0;
    bd_auto_free char *name =
        bd_xasprintf("%s-%s", node, is_controller ? JOBSTREAM_DRIVER : JOBSTREAM_RECORDS);
    int rc = rundir_read(dir_fd, name, RECORDS_BYTES_MAX, &r->files[i], err);
    if (rc == -ENOENT)
        bd_strv_add(&r->missing, node);
    else if (rc < 0)
        return rc;
    r->records[i] = (struct job_records){
        .node = node,
        .items = (const struct job_record *)(const void *)r->files[i].data,
        .n = r->files[i].len / sizeof(struct job_record),
        .offset_ns = is_controller ? 0 : offset_of(r, node),
    };
    return 0;
}

static int read_stream(struct reading *r, int dir_fd, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    int rc = rundir_read(dir_fd, JOBSTREAM_JOBS, STREAM_BYTES_MAX, &text, err);
    return rc < 0 ? rc : jobs_from_text(bd_str_text(&text), text.len, &r->jobs, err);
}

static int read_all(struct reading *r, int dir_fd, struct bd_err *err)
{
    int rc = rundir_read_json(dir_fd, JOBSTREAM_RECORD, &r->stream, err);
    if (rc == 0)
        rc = read_stream(r, dir_fd, err);
    if (rc < 0)
        return rc;
    struct bd_err none = BD_ERR_INIT;
    rc = rundir_read_json(dir_fd, JOBSTREAM_CLOCK, &r->clocks, &none);
    if (rc < 0 && rc != -ENOENT) {
        bd_err_copy(err, &none);
        return rc;
    }
    const json_t *names = json_object_get(r->stream, "nodes");
    size_t all = json_array_size(names), controllers = 0;
    r->records = bd_xcalloc(all ? all : 1, sizeof(*r->records));
    r->files = bd_xcalloc(all ? all : 1, sizeof(*r->files));
    controllers = (size_t)bd_json_int(r->stream, "controllers", 1);
    for (size_t at = 0; at < all; at++) {
        if (at > 0 && at < controllers)
            continue; /* a spare one: nothing is written there */
        const char *node = json_string_value(json_array_get(names, at));
        rc = read_records(r, r->n++, node ? node : "", dir_fd, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ----------------------------------------------------------------------------------- conditions */

static void count(json_t *counts, const char *name)
{
    json_object_set_new(counts, name, json_integer(bd_json_int(counts, name, 0) + 1));
}

static json_t *jobs_condition(const struct reading *r, const struct jobs_seen *seen)
{
    static const char *const names[JOB_OUTCOME_COUNT] = {
        [JOB_COMPLETED] = "completed", [JOB_FAILED] = "failed",
        [JOB_KILLED] = "killed",       [JOB_REFUSED] = "refused",
        [JOB_LOST] = "lost",           [JOB_NOT_SUBMITTED] = "notSubmitted",
    };
    json_t *counts = json_pack("{s:I, s:I, s:b}", "asked", (json_int_t)seen->n, "strangers",
                               (json_int_t)seen->strangers, "finished", seen->finish != JOB_NEVER);
    if (seen->begin_mono_ns != JOB_NEVER)
        json_object_set_new(counts, "beginMonoNs", json_integer((json_int_t)seen->begin_mono_ns));
    if (seen->begin_wall_ns != JOB_NEVER)
        json_object_set_new(counts, "beginWallNs", json_integer((json_int_t)seen->begin_wall_ns));
    for (size_t i = 0; i < JOB_OUTCOME_COUNT; i++)
        json_object_set_new(counts, names[i], json_integer(0));
    json_object_set_new(counts, "doubled", json_integer(0));
    for (size_t i = 0; i < seen->n; i++) {
        count(counts, names[seen->items[i].outcome]);
        if (seen->items[i].doubled)
            count(counts, "doubled");
    }
    json_t *missing = json_array();
    for (size_t i = 0; i < r->missing.n; i++)
        json_array_append_new(missing, json_string(r->missing.items[i]));
    json_object_set_new(counts, "nodesWithoutRecords", missing);
    return counts;
}

/* Where each job's tasks begin among what was seen; the caller's. */
static size_t *first_tasks(const struct job_stream *jobs)
{
    size_t *first = bd_xcalloc(jobs->n + 1, sizeof(*first));
    for (size_t i = 0; i < jobs->n; i++)
        first[i + 1] = first[i] + jobs->items[i].tasks;
    return first;
}

/* It waits for a job that had no number yet at its moment. */
static bool was_held(const struct reading *r, const struct jobs_seen *seen, const size_t *first,
                     size_t job)
{
    const struct job *asked = &r->jobs.items[job];
    if (asked->after < 0 || asked->think_ns >= 0)
        return false;
    int64_t accepted = seen->items[first[asked->after]].accepted;
    return accepted == JOB_NEVER || accepted > asked->arrival_ns;
}

/* A job's planned moment, and when it was submitted. */
struct turn {
    int64_t planned, submit;
};

static int three_way(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_turn(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;
    return x->planned != y->planned ? three_way(x->planned, y->planned)
                                    : three_way(x->submit, y->submit);
}

/*
 * How late the driver was at each planned moment, in seconds. Of jobs that are planned for the same
 * one only the first to be submitted tells that: the others wait for a client to be free, as many
 * as workload.clients says. Nor do those that had to wait for the number of another.
 */
static size_t latenesses(const struct reading *r, const struct jobs_seen *seen, double *ret_values)
{
    bd_auto_free size_t *first = first_tasks(&r->jobs);
    bd_auto_free struct turn *turns = bd_xcalloc(r->jobs.n + 1, sizeof(*turns));
    size_t n_turns = 0, n = 0;
    for (size_t i = 0; i < r->jobs.n; i++) {
        const struct job_seen *job = &seen->items[first[i]];
        if (job->submit != JOB_NEVER && !was_held(r, seen, first, i))
            turns[n_turns++] = (struct turn){job->planned, job->submit};
    }
    qsort(turns, n_turns, sizeof(*turns), by_turn);
    for (size_t i = 0; i < n_turns; i++)
        if (i == 0 || turns[i].planned != turns[i - 1].planned)
            ret_values[n++] = (double)(turns[i].submit - turns[i].planned) / (double)BD_NS_PER_S;
    return n;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* By the highest percentile that so many values allow. */
static json_t *driver_condition(const struct reading *r, const struct jobs_seen *seen)
{
    bd_auto_free double *late = bd_xcalloc(r->jobs.n + 1, sizeof(*late));
    size_t n = latenesses(r, seen, late);
    unsigned percent = n >= 100 ? 99 : n >= 20 ? 95 : 100;
    if (n == 0)
        return NULL;
    qsort(late, n, sizeof(*late), by_size);
    return json_pack(
        "{s:f, s:s, s:I, s:f, s:f}", "lateness", metrics_percentile(late, n, percent), "by",
        percent == 99   ? "p99"
        : percent == 95 ? "p95"
                        : "maximum",
        "n", (json_int_t)n, "median", metrics_percentile(late, n, 50), "maximum", late[n - 1]);
}

/* What a time between two nodes may be wrong by: the widest bound, and how far an offset moved
 * meanwhile; of nodes that share a clock, as far as their offset contradicts it. */
static json_t *clock_condition(const struct reading *r, const struct jobs_seen *seen,
                               const json_t *metrics)
{
    bool shared = bd_json_bool(r->stream, "sharedClock", 0) != 0;
    int64_t bound = 0, offset = 0;
    bool known = json_array_size(r->clocks) > 0;
    size_t i;
    json_t *clock;
    json_array_foreach (r->clocks, i, clock) {
        int64_t before = clock_figure(clock, "before", "offsetNs"),
                after = clock_figure(clock, "after", "offsetNs"),
                b = clock_figure(clock, "before", "boundNs"),
                a = clock_figure(clock, "after", "boundNs"), widest = a > b ? a : b;
        known = known && has_both(clock);
        widest += shared ? 0 : llabs(after - before);
        bound = widest > bound ? widest : bound;
        offset = llabs(before) > offset ? llabs(before) : offset;
        offset = llabs(after) > offset ? llabs(after) : offset;
    }
    return json_pack("{s:b, s:b, s:I, s:I, s:I, s:f}", "known", known, "shared", shared, "boundNs",
                     (json_int_t)bound, "offsetNs", (json_int_t)offset, "wallJumpNs",
                     (json_int_t)seen->clock_jump_ns, "latencyMedian",
                     bd_json_real(json_object_get(metrics, "dispatch_latency_p50"), "value", 0));
}

/* --------------------------------------------------------------------- the scheduler's own word */

/* For each job of the stream, how many of its tasks the scheduler has a record of, and when by
 * that the last of them ended. */
struct theirs {
    uint32_t *tasks;
    size_t strangers; /* records of no job of the stream */
    size_t disagree;  /* jobs whose times contradict ours beyond the whole second that it has */
    double worst_s;
};

/* Ours, in seconds since 1970; the scheduler cuts off the fraction. */
static double wall_s(const struct jobs_seen *seen, int64_t at)
{
    return (double)(seen->begin_wall_ns + at) / (double)BD_NS_PER_S;
}

/* What it ends before its time is over for it before it is over. */
static bool ended_by_itself(const struct sched_record *r)
{
    return r->end == JOB_END_COMPLETED || r->end == JOB_END_FAILED;
}

/* Its clock, time(2), is that of the kernel's last tick: at the end of a second it is still in the
 * one before. */
#define TICK_S 0.010

/* It must not begin a job after its first instruction, nor end it before its last. */
static void compare_times(struct theirs *t, const struct jobs_seen *seen,
                          const struct job_seen *job, const struct sched_record *r)
{
    double late = 0;
    if (job->started_first != JOB_NEVER && r->start_s)
        late = fmax(late, (double)r->start_s - wall_s(seen, job->started_first));
    if (job->ended_last != JOB_NEVER && r->end_s && ended_by_itself(r))
        late = fmax(late, wall_s(seen, job->ended_last) - (double)(r->end_s + 1) - TICK_S);
    if (late > 0)
        t->disagree++;
    t->worst_s = fmax(t->worst_s, late);
}

static bool is_of_task(const struct sched_record *record, const struct job_seen *job)
{
    return record->task_no ? record->task_no == job->task + 1 : record->job_id == job->job_id;
}

static void take_theirs(struct theirs *t, const struct reading *r, const struct jobs_seen *seen,
                        const struct sched_records *records)
{
    bd_auto_free size_t *first = first_tasks(&r->jobs);
    for (size_t i = 0; i < records->n; i++) {
        const struct sched_record *record = &records->items[i];
        if (record->index < 0 || (uint64_t)record->index >= r->jobs.n) {
            t->strangers++;
            continue;
        }
        size_t index = (size_t)record->index;
        t->tasks[index]++;
        for (size_t at = first[index]; at < first[index + 1] && at < seen->n; at++)
            if (r->jobs.items[index].tasks == 1 || is_of_task(record, &seen->items[at]))
                compare_times(t, seen, &seen->items[at], record);
    }
}

/* A job that one has and the other has not. What was asked before the stream (warm-up) has no
 * number of it, so strangers are told and are no contradiction. */
static json_t *contradictions(const struct theirs *t, const struct reading *r,
                              const struct jobs_seen *seen, size_t n)
{
    size_t only_ours = 0, only_theirs = 0, at = 0, ours = 0;
    for (size_t i = 0; i < r->jobs.n; i++) {
        size_t began = 0;
        for (size_t k = 0; k < r->jobs.items[i].tasks && at < seen->n; k++, at++)
            began += seen->items[at].starts > 0;
        size_t accepted =
            at > 0 && seen->items[at - 1].accepted != JOB_NEVER ? r->jobs.items[i].tasks : began;
        ours += accepted;
        only_ours += accepted > t->tasks[i] ? accepted - t->tasks[i] : 0;
        only_theirs += t->tasks[i] > accepted ? t->tasks[i] - accepted : 0;
    }
    return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "read", 1, "scheduler",
                     (json_int_t)n, "ours", (json_int_t)ours, "onlyOurs", (json_int_t)only_ours,
                     "onlyScheduler", (json_int_t)only_theirs, "strangers",
                     (json_int_t)t->strangers, "disagree", (json_int_t)t->disagree, "worstSeconds",
                     t->worst_s);
}

/* Where the scheduler's records come from, and go. */
struct theirs_read {
    const struct sched *sched;
    struct sched_records records;
};

static int read_theirs(const char *text, size_t bytes, void *arg, struct bd_err *err)
{
    struct theirs_read *t = arg;
    return t->sched->read_records(text, bytes, &t->records, err);
}

static json_t *records_condition(const struct reading *r, const struct jobs_seen *seen, int dir_fd)
{
    struct theirs_read read = {.sched = sched_find(bd_json_str(r->stream, "scheduler", ""))};
    struct bd_err err = BD_ERR_INIT;
    json_t *json;
    if (!read.sched || !read.sched->records_log)
        return NULL;
    bd_auto_free char *name = bd_xasprintf("%s-%s", r->n ? r->records[0].node : "",
                                           bd_path_name(read.sched->records_log));
    if (rundir_read_lines(dir_fd, name, RECORDS_LOG_BYTES_MAX, read_theirs, &read, &err) < 0) {
        json = json_pack("{s:b, s:s}", "read", 0, "error", err.text);
    } else {
        struct theirs t = {.tasks = bd_xcalloc(r->jobs.n + 1, sizeof(*t.tasks))};
        take_theirs(&t, r, seen, &read.records);
        json = contradictions(&t, r, seen, read.records.n);
        free(t.tasks);
    }
    sched_records_done(&read.records);
    return json;
}

/* -------------------------------------------------------------------------------------- results */

json_t *jobstream_limits(const struct job_stream *stream, int64_t grain_ns, double time_scale)
{
    struct stream_limits l = stream_limits_of(stream, grain_ns, time_scale);
    return json_pack("{s:I, s:I, s:I, s:I}", "jobs", (json_int_t)l.jobs, "belowGrain",
                     (json_int_t)l.below, "byTimeScale", (json_int_t)l.by_scale, "grainNs",
                     (json_int_t)grain_ns);
}

static json_t *limits_condition(const struct reading *r, const json_t *spec)
{
    return jobstream_limits(&r->jobs, (int64_t)bd_json_int(r->stream, "grainNs", 0),
                            jobstream_is_scaled(spec) ? bd_json_real(r->stream, "timeScale", 1)
                                                      : 1);
}

static json_t *conditions_of(const struct reading *r, const json_t *spec,
                             const struct jobs_seen *seen, const json_t *metrics, int dir_fd)
{
    return json_pack("{s:o, s:o*, s:o, s:o*, s:o, s:O*}", "jobs", jobs_condition(r, seen), "driver",
                     driver_condition(r, seen), "clock", clock_condition(r, seen, metrics),
                     "records", records_condition(r, seen, dir_fd), "limits",
                     limits_condition(r, spec), "trace", json_object_get(r->stream, "trace"));
}

bool jobstream_has_metric(const json_t *spec BD_UNUSED, const char *name)
{
    const struct metric *metric = metric_find(name);
    return metric && metric->scope == METRIC_OF_RUN;
}

int jobstream_results(const json_t *spec, int dir_fd, struct workload_result *ret_result,
                      struct bd_err *err)
{
    struct reading r = {0};
    struct workload_result result = {0};
    int rc = read_all(&r, dir_fd, err);
    if (rc == 0) {
        jobs_seen_make(&r.jobs, r.records, r.n, &result.jobs);
        result.metrics = metrics_of_jobs(&(struct metrics_input){
            .seen = &result.jobs,
            .compute = (unsigned)bd_json_int(r.stream, "compute", 1),
            .cores = (unsigned)bd_json_int(r.stream, "cores", 1),
            .time_scale = bd_json_real(r.stream, "timeScale", 1),
        });
        result.conditions = conditions_of(&r, spec, &result.jobs, result.metrics, dir_fd);
        *ret_result = result;
    }
    reading_done(&r);
    return rc;
}
