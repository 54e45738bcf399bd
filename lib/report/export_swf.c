/*
 * The Standard Workload Format (lib/swf/swf.h): what a run's scheduler did with its stream. Times
 * are whole seconds, as the format has them, each rounded by itself.
 */
#include "lib/report/export_priv.h"

#include "lib/base/clock.h"
#include "lib/store/job.h"
#include "lib/swf/swf.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum swf_status { SWF_UNKNOWN = -1, SWF_FAILED = 0, SWF_COMPLETED = 1, SWF_CANCELLED = 5 };

static enum swf_status status_of(const struct job_seen *job)
{
    static const enum swf_status by_outcome[JOB_OUTCOME_COUNT] = {
        [JOB_COMPLETED] = SWF_COMPLETED, [JOB_FAILED] = SWF_FAILED,
        [JOB_KILLED] = SWF_FAILED,       [JOB_REFUSED] = SWF_CANCELLED,
        [JOB_LOST] = SWF_UNKNOWN,        [JOB_NOT_SUBMITTED] = SWF_CANCELLED,
    };
    return job->end == JOB_END_CANCELLED ? SWF_CANCELLED : by_outcome[job->outcome];
}

/* To the nearest second; -1 where one of them was not seen. What clocks of two nodes make negative
 * is none. */
static int64_t seconds(int64_t from, int64_t to)
{
    if (from == JOB_NEVER || to == JOB_NEVER)
        return -1;
    return to < from ? 0 : (to - from + BD_NS_PER_S / 2) / BD_NS_PER_S;
}

/* -- jobs -- */

/* The format has them by their submission, the store by their place in the stream: a job that is
 * held back for another one's number is submitted later than those behind it. So many are looked at
 * together; one that is further out of its place stays there. */
#define WINDOW ((size_t)2048)

struct row {
    int64_t submit; /* ns: the field has lost the order within a second */
    uint32_t index, follows;
    struct swf_job job;
};

struct log {
    struct export_out *out;
    struct row window[WINDOW];
    size_t n;            /* in the window */
    uint64_t number;     /* of the job before */
    double *numbers;     /* by index of the stream; of an array its last task's; 0: none */
    size_t cap;          /* of these */
    uint64_t left_out;   /* never submitted */
    uint64_t sub_second; /* whose runtime is less than a second */
    int64_t runtime_max, last_end; /* ns; JOB_NEVER: none */
    bool shares;                   /* jobs share nodes: a processor is a core */
    unsigned cores;                /* processors of a node */
};

static int count_job(const struct job_seen *job, void *arg, struct bd_err *err BD_UNUSED)
{
    struct log *log = arg;
    int64_t begin = job->started_first, end = job->ended_last;
    if (job->submit == JOB_NEVER) {
        log->left_out++;
        return 0;
    }
    log->number++;
    log->shares = log->shares || job->ask.shares;
    if (begin == JOB_NEVER || end == JOB_NEVER)
        return 0;
    log->sub_second += end - begin < BD_NS_PER_S;
    log->runtime_max = end - begin > log->runtime_max ? end - begin : log->runtime_max;
    log->last_end = end > log->last_end ? end : log->last_end;
    return 0;
}

/* A job is submitted once the one that it follows has a number: that one has its line already. */
static void number(struct log *log, struct row *row)
{
    double *f = row->job.fields;
    if (row->index >= log->cap) {
        size_t cap = 2 * (size_t)row->index + 1024;
        log->numbers = bd_xrealloc(log->numbers, cap * sizeof(*log->numbers));
        memset(log->numbers + log->cap, 0, (cap - log->cap) * sizeof(*log->numbers));
        log->cap = cap;
    }
    f[SWF_JOB] = log->numbers[row->index] = (double)++log->number;
    if (row->follows > 0 && row->follows <= log->cap && log->numbers[row->follows - 1] > 0)
        f[SWF_AFTER] = log->numbers[row->follows - 1];
    else
        f[SWF_THINK] = -1;
}

static int write_first(struct log *log, size_t n, struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        number(log, &log->window[i]);
        swf_write_job(&log->window[i].job, &log->out->text);
        rc = export_spill(log->out, err);
    }
    log->n -= n;
    memmove(log->window, log->window + n, log->n * sizeof(*log->window));
    return rc;
}

static void fill(struct row *row, const struct job_seen *job, unsigned cores)
{
    double processors = (double)job_cores(job->nodes, &job->ask, cores);
    double *fields = row->job.fields;
    int64_t limit = (job->requested + BD_NS_PER_S - 1) / BD_NS_PER_S;
    row->submit = job->submit;
    row->index = job->index;
    row->follows = job->follows;
    for (int f = 0; f < SWF_FIELD_COUNT; f++)
        fields[f] = -1;
    fields[SWF_SUBMIT] = (double)seconds(0, job->submit);
    fields[SWF_WAIT] = (double)seconds(job->submit, job->started_first);
    fields[SWF_RUNTIME] = (double)seconds(job->started_first, job->ended_last);
    if (job->started_first != JOB_NEVER)
        fields[SWF_PROCS] = processors;
    fields[SWF_ASKED_PROCS] = processors;
    fields[SWF_ASKED_TIME] = (double)limit;
    fields[SWF_STATUS] = status_of(job);
    fields[SWF_USER] = job->user ? job->user : 1;
    fields[SWF_GROUP] = (double)job->group;
    if (job->think >= 0)
        fields[SWF_THINK] = (double)seconds(0, job->think);
}

static int add_job(const struct job_seen *job, void *arg, struct bd_err *err)
{
    struct log *log = arg;
    if (job->submit == JOB_NEVER)
        return 0;
    size_t at = log->n++;
    for (; at > 0 && log->window[at - 1].submit > job->submit; at--)
        log->window[at] = log->window[at - 1];
    fill(&log->window[at], job, log->cores);
    return log->n < WINDOW ? 0 : write_first(log, WINDOW / 2, err);
}

/* -- header -- */

static void add_text(struct bd_strv *header, const char *label, const char *text)
{
    char *line = bd_xasprintf("%s: %s", label, text);
    for (char *c = line; *c; c++) /* a comment ends with its line */
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
    bd_strv_take(header, line);
}

static void add_count(struct bd_strv *header, const char *label, int64_t n)
{
    bd_strv_addf(header, "%s: %" PRId64, label, n);
}

static void add_date(struct bd_strv *header, const char *label, int64_t wall_ns)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t at = (time_t)(wall_ns / BD_NS_PER_S);
    struct tm tm;
    gmtime_r(&at, &tm);
    bd_strv_addf(header, "%s: %s %s %02d %02d:%02d:%02d UTC %d", label, days[tm.tm_wday],
                 months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                 tm.tm_year + 1900);
}

/* When the stream began, and when its last job ended; nothing where that is not known. */
static void add_times(struct bd_strv *header, const struct store_run *run, const struct log *log)
{
    const json_t *jobs = json_object_get(run->conditions, "jobs");
    int64_t begin = (int64_t)bd_json_int(jobs, "beginWallNs", 0);
    if (begin <= 0)
        return;
    add_count(header, "UnixStartTime", begin / BD_NS_PER_S);
    add_count(header, "TimeZone", 0);
    add_text(header, "TimeZoneString", "UTC");
    add_date(header, "StartTime", begin);
    if (log->last_end != JOB_NEVER)
        add_date(header, "EndTime", begin + log->last_end);
}

static void add_notes(struct bd_strv *header, const struct log *log)
{
    add_text(header, "Note",
             log->shares
                 ? "a processor is a core: jobs share nodes, and one alone on a node has all"
                 : "a processor is a whole node: jobs get whole nodes alone");
    add_text(header, "Note",
             "times are rounded to the nearest second, requested times up; the CSV of the same "
             "run has nanoseconds");
    if (log->sub_second)
        bd_strv_addf(header, "Note: %" PRIu64 " jobs ran for less than a second", log->sub_second);
    if (log->left_out)
        bd_strv_addf(header,
                     "Note: %" PRIu64 " jobs of the stream were never submitted and are left out",
                     log->left_out);
    add_text(header, "Note",
             "status 0: failed or killed, 5: refused or cancelled, -1: never seen to begin");
}

static void add_header(struct bd_str *out, const struct store_run *run, const struct log *log)
{
    bd_auto_strv struct bd_strv header = {0};
    const json_t *cluster = json_object_get(run->spec, "cluster");
    const char *scheduler = bd_json_str(json_object_get(cluster, "scheduler"), "name", "unknown");
    int64_t nodes = (int64_t)bd_json_int(cluster, "compute", 0);
    bd_auto_free char *computer =
        bd_xasprintf("virtual cluster (%s) with image %s, scheduled by %s",
                     bd_json_str(cluster, "backend", "unknown"),
                     bd_json_str(cluster, "image", "unknown"), scheduler);
    bd_auto_free char *installation =
        bd_xasprintf("benchd, run %s of campaign %s", run->id, run->campaign);
    add_text(&header, "Version", "2.2");
    add_text(&header, "Computer", computer);
    add_text(&header, "Installation", installation);
    add_text(&header, "Conversion", EXPORT_SCHEMA);
    add_count(&header, "MaxJobs", (int64_t)log->number);
    add_count(&header, "MaxRecords", (int64_t)log->number);
    add_text(&header, "Preemption", "No");
    add_times(&header, run, log);
    add_count(&header, "MaxNodes", nodes);
    add_count(&header, "MaxProcs", nodes * log->cores);
    add_count(&header, "MaxRuntime", seconds(0, log->runtime_max));
    add_notes(&header, log);
    swf_write_header(&header, out);
}

static int write_run(struct log *log, struct store_conn *conn, const struct store_run *run,
                     struct bd_err *err)
{
    int rc = store_jobs_each(conn, run->id, count_job, log, err);
    if (rc < 0)
        return rc;
    if (log->number == 0)
        return bd_err_set(err, BD_ECONFLICT,
                          "run %s has no job that was submitted, and swf has nothing but jobs",
                          run->id);
    const json_t *node = json_object_get(json_object_get(run->spec, "cluster"), "node");
    log->cores = log->shares ? (unsigned)bd_json_int(node, "schedulerCpus", 1) : 1;
    add_header(&log->out->text, run, log);
    log->number = 0;
    rc = store_jobs_each(conn, run->id, add_job, log, err);
    return rc < 0 ? rc : write_first(log, log->n, err);
}

int export_run_swf(struct store_conn *conn, const char *id, struct export_out *out,
                   struct bd_err *err)
{
    struct store_run run = {0};
    bd_auto_free struct log *log = bd_new(struct log);
    log->out = out;
    log->last_end = JOB_NEVER;
    int rc = store_run_get(conn, id, &run, err);
    if (rc == 0)
        rc = write_run(log, conn, &run, err);
    free(log->numbers);
    store_run_done(&run);
    return rc;
}
