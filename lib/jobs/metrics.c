/*
 * What was seen of jobs -> the metrics of the run. What each of them means is in catalogue.c; the
 * catalogue also decides which of a series' figures are made at all.
 *
 * Differences are taken of whole nanoseconds, and turned into seconds last: one rounding each.
 */
#include "lib/jobs/jobs.h"
#include "lib/jobs/metrics_priv.h"

#include "lib/base/mem.h"

#include <stdio.h>

#define TAU_NS 1e10 /* of the bounded slowdown, in real time */

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

/* A sum of n, in seconds each. */
static double mean_seconds(__int128 sum_ns, size_t n)
{
    return (double)sum_ns / ((double)n * 1e9);
}

static void put(json_t *all, const char *name, double value, size_t n)
{
    const struct metric *m = metric_find(name);
    if (!m || n == 0)
        return;
    json_object_set_new(all, name,
                        json_pack("{s:f s:s s:s s:I}", "value", value, "unit", m->unit, "kind",
                                  m->kind, "n", (json_int_t)n));
}

/* --------------------------------------------------------------------------------- of one job */

/* Times from one point to another. */
struct span {
    const char *name;
    size_t from, to;     /* offsets of points in struct job_seen */
    bool of_submissions; /* the tasks of an array have one between them */
    bool beyond_asked;   /* by how much longer than the runtime that was asked for */
};
#define POINT(member) offsetof(struct job_seen, member)

static const struct span spans[] = {
    {"wait", POINT(submit), POINT(started_first)},
    {"accept_latency", POINT(submit), POINT(accepted), .of_submissions = true},
    {"eligible_latency", POINT(submit), POINT(eligible)},
    {"allocation_latency", POINT(eligible), POINT(allocated)},
    {"launch_latency", POINT(allocated), POINT(started_first)},
    {"dispatch_latency", POINT(submit), POINT(started_all)},
    {"spread", POINT(started_first), POINT(started_all)},
    {"runtime", POINT(started_first), POINT(ended_last)},
    {"overrun", POINT(started_first), POINT(ended_last), .beyond_asked = true},
    {"release_latency", POINT(ended_last), POINT(freed)},
    {"turnaround", POINT(submit), POINT(ended_last)},
    {"lateness", POINT(planned), POINT(submit), .of_submissions = true},
};

static int64_t point_of(const struct job_seen *job, size_t point)
{
    return *(const int64_t *)(const void *)((const char *)job + point);
}

static bool span_of(const struct job_seen *job, const struct span *span, int64_t *ret_ns)
{
    int64_t from = point_of(job, span->from), to = point_of(job, span->to);
    if (from == JOB_NEVER || to == JOB_NEVER)
        return false;
    *ret_ns = to - from - (span->beyond_asked ? job->runtime : 0);
    return true;
}

double metrics_bounded_slowdown(int64_t wait, int64_t runtime, int64_t tau)
{
    double slowdown = (double)(wait + runtime) / (double)(runtime > tau ? runtime : tau);
    return slowdown > 1 ? slowdown : 1;
}

static int64_t tau_of(double time_scale)
{
    double ns = TAU_NS * time_scale;
    return ns < 1 ? 1 : (int64_t)(ns + 0.5);
}

static bool slowdown_of(const struct job_seen *job, int64_t tau, double *ret_slowdown)
{
    if (job->submit == JOB_NEVER || job->started_first == JOB_NEVER || job->ended_last == JOB_NEVER)
        return false;
    *ret_slowdown = metrics_bounded_slowdown(job->started_first - job->submit,
                                             job->ended_last - job->started_first, tau);
    return true;
}

bool metrics_of_job(const struct job_seen *job, const char *name, double time_scale,
                    double *ret_value)
{
    if (bd_str_eq(name, "bounded_slowdown"))
        return slowdown_of(job, tau_of(time_scale), ret_value);
    for (size_t i = 0; i < BD_ARRAY_LEN(spans); i++) {
        int64_t ns;
        if (!bd_str_eq(name, spans[i].name) || !span_of(job, &spans[i], &ns))
            continue;
        *ret_value = seconds(ns);
        return true;
    }
    return false;
}

/* ---------------------------------------------------------------------------------- of a series */

static const struct {
    const char *suffix;
    unsigned percent;
    size_t least; /* values: with fewer, it would be the maximum by another name */
} ranks[] = {{"p50", 50, 1}, {"p95", 95, 20}, {"p99", 99, 100}, {"max", 100, 1}};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double metrics_percentile(const double *sorted, size_t n, unsigned percent)
{
    return sorted[(n * percent + 99) / 100 - 1];
}

static void put_ranks(json_t *all, const char *series, double *values, size_t n)
{
    if (n == 0)
        return;
    qsort(values, n, sizeof(*values), by_value);
    for (size_t i = 0; i < BD_ARRAY_LEN(ranks); i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s_%s", series, ranks[i].suffix);
        if (n >= ranks[i].least)
            put(all, name, metrics_percentile(values, n, ranks[i].percent), n);
    }
}

static void put_span(json_t *all, const struct jobs_seen *seen, const struct span *span)
{
    bd_auto_free double *values = bd_xcalloc(seen->n + 1, sizeof(*values));
    size_t n = 0;
    __int128 sum = 0;
    for (size_t i = 0; i < seen->n; i++) {
        int64_t ns;
        if ((span->of_submissions && seen->items[i].task > 0) ||
            !span_of(&seen->items[i], span, &ns))
            continue;
        values[n++] = seconds(ns);
        sum += ns;
    }
    char name[64];
    snprintf(name, sizeof(name), "%s_mean", span->name);
    if (n > 0)
        put(all, name, mean_seconds(sum, n), n);
    put_ranks(all, span->name, values, n);
}

/* Jain's index of the users' means. A user with jobs and no value is one that fared worst of all,
 * and can't be put in figures: then there is none. */
static void put_fairness(json_t *all, const struct jobs_seen *seen, int64_t tau)
{
    struct {
        size_t jobs, n;
        double sum;
    } users[USERS_MAX + 1] = {0};
    size_t n = 0;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < seen->n; i++) {
        uint32_t user = seen->items[i].user;
        double slowdown;
        if (user > USERS_MAX)
            return;
        users[user].jobs++;
        if (!slowdown_of(&seen->items[i], tau, &slowdown))
            continue;
        users[user].n++;
        users[user].sum += slowdown;
    }
    for (size_t i = 0; i <= USERS_MAX; i++) {
        if (users[i].jobs == 0)
            continue;
        if (users[i].n == 0)
            return;
        double mean = users[i].sum / (double)users[i].n;
        sum += mean;
        squares += mean * mean;
        n++;
    }
    if (n > 1)
        put(all, "fairness", sum * sum / ((double)n * squares), n);
}

static void put_slowdown(json_t *all, const struct metrics_input *in)
{
    const struct jobs_seen *seen = in->seen;
    int64_t tau = tau_of(in->time_scale);
    bd_auto_free double *values = bd_xcalloc(seen->n + 1, sizeof(*values));
    size_t n = 0;
    for (size_t i = 0; i < seen->n; i++)
        n += slowdown_of(&seen->items[i], tau, &values[n]);
    put(all, "bounded_slowdown_tau", seconds(tau), n);
    put_ranks(all, "bounded_slowdown", values, n);
    put_fairness(all, seen, tau);
}

/* --------------------------------------------------------------------------------- of the whole */

/* The first and the last of one point, and of how many. */
struct extent {
    int64_t first, last;
    size_t n;
};

static struct extent extent_of(const struct jobs_seen *seen, size_t point, bool of_submissions)
{
    struct extent e = {INT64_MAX, JOB_NEVER, 0};
    for (size_t i = 0; i < seen->n; i++) {
        int64_t at = point_of(&seen->items[i], point);
        if (at == JOB_NEVER || (of_submissions && seen->items[i].task > 0))
            continue;
        e.first = at < e.first ? at : e.first;
        e.last = at > e.last ? at : e.last;
        e.n++;
    }
    return e;
}

/* The cores of a node that figures are told in: whole nodes, where all jobs have nodes of their
 * own.
 */
static unsigned told_cores(const struct metrics_input *in)
{
    for (size_t i = 0; i < in->seen->n; i++)
        if (in->seen->items[i].ask.shares)
            return in->cores > 0 ? in->cores : 1;
    return 1;
}

static uint64_t cores_of(const struct job_seen *job, unsigned cores)
{
    return job_cores(job->nodes, &job->ask, cores);
}

static void put_makespan(json_t *all, const struct metrics_input *in)
{
    struct extent planned = extent_of(in->seen, POINT(planned), false);
    struct extent ended = extent_of(in->seen, POINT(ended_last), false);
    size_t completed = 0;
    for (size_t i = 0; i < in->seen->n; i++)
        completed += in->seen->items[i].outcome == JOB_COMPLETED;
    if (ended.n == 0)
        return;
    put(all, "makespan", seconds(ended.last - planned.first), ended.n);
    int64_t bound = metrics_bound(in->seen, in->compute, told_cores(in), true) - planned.first;
    if (completed == 0 || bound <= 0)
        return;
    put(all, "makespan_bound", seconds(bound), completed);
    put(all, "makespan_ratio", (double)(ended.last - planned.first) / (double)bound, completed);
}

/* Core time in use between two moments, of what there was. */
static void put_utilisation(json_t *all, const char *name, const struct metrics_input *in,
                            int64_t from, int64_t to)
{
    unsigned cores = told_cores(in);
    __int128 busy = 0;
    size_t n = 0;
    for (size_t i = 0; i < in->seen->n; i++) {
        const struct job_seen *job = &in->seen->items[i];
        if (job->started_first == JOB_NEVER || job->ended_last == JOB_NEVER)
            continue;
        int64_t begin = job->started_first > from ? job->started_first : from;
        int64_t end = job->ended_last < to ? job->ended_last : to;
        if (end > begin)
            busy += (__int128)(end - begin) * cores_of(job, cores);
        n++;
    }
    if (to > from)
        put(all, name, (double)busy / ((double)(to - from) * in->compute * cores), n);
}

static void put_utilisations(json_t *all, const struct metrics_input *in)
{
    struct extent submits = extent_of(in->seen, POINT(submit), true);
    struct extent planned = extent_of(in->seen, POINT(planned), false);
    struct extent ended = extent_of(in->seen, POINT(ended_last), false);
    if (submits.n > 1)
        put_utilisation(all, "utilisation", in, submits.first, submits.last);
    if (ended.n > 0)
        put_utilisation(all, "utilisation_makespan", in, planned.first, ended.last);
}

/* n events have n - 1 intervals between them. */
static void put_rate(json_t *all, const char *name, struct extent e)
{
    if (e.n > 1 && e.last > e.first)
        put(all, name, (double)(e.n - 1) * 1e9 / (double)(e.last - e.first), e.n);
}

static void put_rates(json_t *all, const struct jobs_seen *seen)
{
    put_rate(all, "throughput_submission", extent_of(seen, POINT(submit), true));
    put_rate(all, "throughput_start", extent_of(seen, POINT(started_all), false));
    put_rate(all, "throughput_completion", extent_of(seen, POINT(ended_last), false));
}

/* What comes with the last arrival comes when the window is over. */
static void put_offered_load(json_t *all, const struct metrics_input *in)
{
    struct extent planned = extent_of(in->seen, POINT(planned), false);
    unsigned cores = told_cores(in);
    __int128 work = 0;
    size_t n = 0;
    for (size_t i = 0; i < in->seen->n; i++) {
        const struct job_seen *job = &in->seen->items[i];
        if (job->planned == planned.last)
            continue;
        work += (__int128)job->runtime * cores_of(job, cores);
        n++;
    }
    if (n > 0)
        put(all, "offered_load_realised",
            (double)work / ((double)(planned.last - planned.first) * in->compute * cores), n);
}

static uint32_t longest_queue(const struct jobs_seen *seen)
{
    struct metrics_queue queue = {0};
    struct queue_point point;
    uint32_t longest = 0;
    for (size_t i = 0; i < seen->n; i++)
        metrics_queue_add(&queue, &seen->items[i]);
    metrics_queue_begin(&queue);
    while (metrics_queue_next(&queue, &point))
        longest = point.waiting > longest ? point.waiting : longest;
    metrics_queue_done(&queue);
    return longest;
}

static void put_queue(json_t *all, const struct jobs_seen *seen)
{
    size_t n = 0;
    uint32_t longest = longest_queue(seen);
    int64_t first = INT64_MAX, last = JOB_NEVER;
    __int128 waited = 0;
    for (size_t i = 0; i < seen->n; i++) {
        const struct job_seen *job = &seen->items[i];
        if (job->submit == JOB_NEVER || job->started_first == JOB_NEVER)
            continue;
        n++;
        first = job->submit < first ? job->submit : first;
        last = job->started_first > last ? job->started_first : last;
        if (job->started_first > job->submit)
            waited += job->started_first - job->submit;
    }
    put(all, "queue_length_max", longest, n);
    if (n > 0 && last > first)
        put(all, "queue_length_mean", (double)waited / (double)(last - first), n);
}

static void put_counts(json_t *all, const struct jobs_seen *seen)
{
    static const char *const names[JOB_OUTCOME_COUNT] = {
        [JOB_COMPLETED] = "jobs_completed", [JOB_FAILED] = "jobs_failed",
        [JOB_KILLED] = "jobs_killed",       [JOB_REFUSED] = "jobs_refused",
        [JOB_LOST] = "jobs_lost",           [JOB_NOT_SUBMITTED] = "jobs_not_submitted",
    };
    size_t counts[JOB_OUTCOME_COUNT] = {0}, doubled = 0;
    for (size_t i = 0; i < seen->n; i++) {
        counts[seen->items[i].outcome]++;
        doubled += seen->items[i].doubled;
    }
    for (int i = 0; i < JOB_OUTCOME_COUNT; i++)
        put(all, names[i], (double)counts[i], seen->n);
    put(all, "jobs_doubled", (double)doubled, seen->n);
}

/* What measuring cost. */
static void put_costs(json_t *all, const struct jobs_seen *seen)
{
    size_t submitted = 0, ended = 0;
    for (size_t i = 0; i < seen->n; i++) {
        submitted += seen->items[i].submit != JOB_NEVER;
        ended += seen->items[i].ends > 0;
    }
    if (seen->finish != JOB_NEVER && submitted > 0) {
        put(all, "driver_cpu_per_job", mean_seconds(seen->driver_cpu_ns, submitted), submitted);
        put(all, "clients_cpu_per_job", mean_seconds(seen->clients_cpu_ns, submitted), submitted);
    }
    if (ended > 0)
        put(all, "job_cpu_per_job", mean_seconds(seen->job_cpu_ns, ended), ended);
}

json_t *metrics_of_jobs(const struct metrics_input *in)
{
    json_t *all = json_object();
    for (size_t i = 0; i < BD_ARRAY_LEN(spans); i++)
        put_span(all, in->seen, &spans[i]);
    put_slowdown(all, in);
    put_makespan(all, in);
    put_utilisations(all, in);
    put_rates(all, in->seen);
    put_offered_load(all, in);
    put_queue(all, in->seen);
    put_counts(all, in->seen);
    put_costs(all, in->seen);
    return all;
}
