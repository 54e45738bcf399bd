/*
 * The Standard Workload Format, version 2.2 (Feitelson, www.cs.huji.ac.il/labs/parallel/workload):
 * what a run's scheduler did with its stream. 18 whole numbers a job, -1 for what is not known;
 * times are whole seconds, as the format has them, each rounded by itself.
 */
#include "lib/report/export_priv.h"

#include "lib/base/clock.h"
#include "lib/store/job.h"

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
    int64_t submit;
    int64_t wait, runtime, limit; /* s */
    uint32_t nodes, user;
    enum swf_status status;
    bool began;
};

struct swf {
    struct export_out *out;
    struct row window[WINDOW];
    size_t n;                      /* in the window */
    uint64_t number;               /* of the job before */
    uint64_t left_out;             /* never submitted */
    uint64_t sub_second;           /* whose runtime is less than a second */
    int64_t runtime_max, last_end; /* ns; JOB_NEVER: none */
};

static int count_job(const struct job_seen *job, void *arg, struct bd_err *err BD_UNUSED)
{
    struct swf *swf = arg;
    int64_t begin = job->started_first, end = job->ended_last;
    if (job->submit == JOB_NEVER) {
        swf->left_out++;
        return 0;
    }
    swf->number++;
    if (begin == JOB_NEVER || end == JOB_NEVER)
        return 0;
    swf->sub_second += end - begin < BD_NS_PER_S;
    swf->runtime_max = end - begin > swf->runtime_max ? end - begin : swf->runtime_max;
    swf->last_end = end > swf->last_end ? end : swf->last_end;
    return 0;
}

static int write_first(struct swf *swf, size_t n, struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const struct row *r = &swf->window[i];
        bd_str_addf(&swf->out->text,
                    "%" PRIu64 " %" PRId64 " %" PRId64 " %" PRId64 " %lld -1 -1 %u %" PRId64
                    " -1 %d %u -1 -1 -1 -1 -1 -1\n",
                    ++swf->number, seconds(0, r->submit), r->wait, r->runtime,
                    r->began ? (long long)r->nodes : -1, r->nodes, r->limit, (int)r->status,
                    r->user);
        rc = export_spill(swf->out, err);
    }
    swf->n -= n;
    memmove(swf->window, swf->window + n, swf->n * sizeof(*swf->window));
    return rc;
}

static int add_job(const struct job_seen *job, void *arg, struct bd_err *err)
{
    struct swf *swf = arg;
    if (job->submit == JOB_NEVER)
        return 0;
    size_t at = swf->n++;
    for (; at > 0 && swf->window[at - 1].submit > job->submit; at--)
        swf->window[at] = swf->window[at - 1];
    swf->window[at] = (struct row){
        .submit = job->submit,
        .wait = seconds(job->submit, job->started_first),
        .runtime = seconds(job->started_first, job->ended_last),
        .limit = (job->requested + BD_NS_PER_S - 1) / BD_NS_PER_S,
        .nodes = job->nodes,
        .user = job->user ? job->user : 1,
        .status = status_of(job),
        .began = job->started_first != JOB_NEVER,
    };
    return swf->n < WINDOW ? 0 : write_first(swf, WINDOW / 2, err);
}

/* -- header -- */

static void add_head(struct bd_str *out, const char *label, const char *text)
{
    bd_str_addf(out, "; %s: ", label);
    for (; *text; text++) /* a comment ends with its line */
        bd_str_addn(out, (unsigned char)*text < ' ' ? " " : text, 1);
    bd_str_add(out, "\n");
}

static void add_count(struct bd_str *out, const char *label, int64_t n)
{
    bd_str_addf(out, "; %s: %" PRId64 "\n", label, n);
}

static void add_date(struct bd_str *out, const char *label, int64_t wall_ns)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t at = (time_t)(wall_ns / BD_NS_PER_S);
    struct tm tm;
    gmtime_r(&at, &tm);
    bd_str_addf(out, "; %s: %s %s %02d %02d:%02d:%02d UTC %d\n", label, days[tm.tm_wday],
                months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
}

/* When the stream began, and when its last job ended; nothing where that is not known. */
static void add_times(struct bd_str *out, const struct store_run *run, const struct swf *swf)
{
    const json_t *jobs = json_object_get(run->conditions, "jobs");
    int64_t begin = (int64_t)bd_json_int(jobs, "beginWallNs", 0);
    if (begin <= 0)
        return;
    add_count(out, "UnixStartTime", begin / BD_NS_PER_S);
    add_count(out, "TimeZone", 0);
    add_head(out, "TimeZoneString", "UTC");
    add_date(out, "StartTime", begin);
    if (swf->last_end != JOB_NEVER)
        add_date(out, "EndTime", begin + swf->last_end);
}

static void add_notes(struct bd_str *out, const struct swf *swf)
{
    add_head(out, "Note", "a processor is a whole node: jobs get whole nodes alone");
    add_head(out, "Note",
             "times are rounded to the nearest second, requested times up; the CSV of the same "
             "run has nanoseconds");
    if (swf->sub_second)
        bd_str_addf(out, "; Note: %" PRIu64 " jobs ran for less than a second\n", swf->sub_second);
    if (swf->left_out)
        bd_str_addf(out,
                    "; Note: %" PRIu64 " jobs of the stream were never submitted and are left "
                    "out\n",
                    swf->left_out);
    add_head(out, "Note",
             "status 0: failed or killed, 5: refused or cancelled, -1: never seen to begin");
}

static void add_header(struct bd_str *out, const struct store_run *run, const struct swf *swf)
{
    const json_t *cluster = json_object_get(run->spec, "cluster");
    const char *scheduler = bd_json_str(json_object_get(cluster, "scheduler"), "name", "unknown");
    int64_t nodes = (int64_t)bd_json_int(cluster, "compute", 0);
    bd_auto_free char *computer =
        bd_xasprintf("virtual cluster (%s) with image %s, scheduled by %s",
                     bd_json_str(cluster, "backend", "unknown"),
                     bd_json_str(cluster, "image", "unknown"), scheduler);
    bd_auto_free char *installation =
        bd_xasprintf("benchd, run %s of campaign %s", run->id, run->campaign);
    add_head(out, "Version", "2.2");
    add_head(out, "Computer", computer);
    add_head(out, "Installation", installation);
    add_head(out, "Conversion", EXPORT_SCHEMA);
    add_count(out, "MaxJobs", (int64_t)swf->number);
    add_count(out, "MaxRecords", (int64_t)swf->number);
    add_head(out, "Preemption", "No");
    add_times(out, run, swf);
    add_count(out, "MaxNodes", nodes);
    add_count(out, "MaxProcs", nodes);
    add_count(out, "MaxRuntime", seconds(0, swf->runtime_max));
    add_notes(out, swf);
}

static int write_run(struct swf *swf, struct store_conn *conn, const struct store_run *run,
                     struct bd_err *err)
{
    int rc = export_each_job(conn, run->id, count_job, swf, err);
    if (rc < 0)
        return rc;
    if (swf->number == 0)
        return bd_err_set(err, BD_ECONFLICT,
                          "run %s has no job that was submitted, and swf has nothing but jobs",
                          run->id);
    add_header(&swf->out->text, run, swf);
    swf->number = 0;
    rc = export_each_job(conn, run->id, add_job, swf, err);
    return rc < 0 ? rc : write_first(swf, swf->n, err);
}

int export_run_swf(struct store_conn *conn, const char *id, struct export_out *out,
                   struct bd_err *err)
{
    struct store_run run = {0};
    bd_auto_free struct swf *swf = bd_new(struct swf);
    swf->out = out;
    swf->last_end = JOB_NEVER;
    int rc = store_run_get(conn, id, &run, err);
    if (rc == 0)
        rc = write_run(swf, conn, &run, err);
    store_run_done(&run);
    return rc;
}
