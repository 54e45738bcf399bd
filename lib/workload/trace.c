#include "lib/workload/trace.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES     65536
#define FLURRY_GAP_NS   (60 * BD_NS_PER_S)
#define TIMEOUT_NS      (3600 * BD_NS_PER_S)
#define LIMIT_MAX_S     (365 * 86400.0)
#define ACCOUNTS_SHARED (USERS_MAX - TRACE_ALONE_MAX)

int trace_read(int fd, struct swf *log, struct bd_err *err)
{
    bd_auto(swf_reader) struct swf_reader *reader = swf_reader_new(log);
    bd_auto_free char *piece = bd_xmalloc(PIECE_BYTES);
    for (;;) {
        ssize_t n = read(fd, piece, PIECE_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bd_err_errno(err, errno, "read the trace");
        if (n == 0)
            return swf_reader_end(reader, err);
        int rc = swf_reader_feed(reader, piece, (size_t)n, err);
        if (rc < 0)
            return rc;
    }
}

/* --------------------------------------------------------------------------------------- times */

static int64_t to_ns(double s)
{
    return llround(s * (double)BD_NS_PER_S);
}

/* Far from where sums of times overflow, whatever a log says. */
static double bounded(double s)
{
    return fmin(s, LIMIT_MAX_S);
}

/* ------------------------------------------------------------------------------------ the spec */

/* A duration of the spec in seconds, as the schema found it. */
static double seconds(const json_t *holder, const char *key, double fallback)
{
    const char *text = bd_json_str(holder, key, NULL);
    int64_t ns = 0;
    return text && bd_parse_duration_ns(text, &ns) == 0 ? (double)ns / BD_NS_PER_S : fallback;
}

static struct swf_flurries flurries_of(const json_t *spec)
{
    const json_t *flurries = json_object_get(spec, "flurries");
    return (struct swf_flurries){
        .jobs = (size_t)bd_json_int(flurries, "jobs", 0),
        .gap_s = seconds(flurries, "gap", (double)FLURRY_GAP_NS / BD_NS_PER_S),
    };
}

static struct swf_shape shape_of(const json_t *spec, unsigned compute)
{
    const json_t *window = json_object_get(spec, "window");
    return (struct swf_shape){
        .from_s = seconds(window, "from", 0),
        .to_s = seconds(window, "to", INFINITY),
        .jobs = (size_t)bd_json_int(window, "jobs", 0),
        .time = 1 / bd_json_real(spec, "timeScale", 1),
        .load = 1,
        .nodes = compute,
    };
}

/* --------------------------------------------------------------------------------------- faults */

static void fault_log(const json_t *spec, const struct swf *log, struct schema_faults *faults)
{
    const struct swf_fault *f = &log->faults[0];
    bd_auto_str struct bd_str where = {0}, more = {0};
    if (f->line)
        bd_str_addf(&where, "line %zu: ", f->line);
    if (f->field >= 0)
        bd_str_addf(&where, "field %d (%s): ", f->field + 1,
                    swf_field_name((enum swf_field)f->field));
    if (log->n_faults > 1)
        bd_str_addf(&more, ", and %zu faults more", log->n_faults - 1);
    schema_faults_add(faults, "/workload/trace", bd_json_str(spec, "trace", NULL),
                      "a log without faults, but it has: %s%s%s ('benchctl swf check' lists them, "
                      "'benchctl swf clean' writes what is left without them)",
                      bd_str_text(&where), f->text, bd_str_text(&more));
}

static void fault_window(const json_t *spec, double first_s, double last_s,
                         struct schema_faults *faults)
{
    bool has_window = json_object_get(spec, "window") != NULL;
    schema_faults_add(faults, has_window ? "/workload/window" : "/workload/trace", NULL,
                      "a window with jobs: those of the trace are submitted from %.0fs to %.0fs",
                      first_s, last_s);
}

/* When a job can begin at the earliest, by the ends of those before it. */
static double earliest_ns(const struct job *job, const double *ends)
{
    double ended = job->after >= 0 ? ends[job->after] : 0;
    return job->think_ns >= 0 ? ended + (double)job->think_ns
                              : fmax(ended, (double)job->arrival_ns);
}

/* Until the last job has run, and as long as the cores need for all of the work. */
static double least_s(const struct job_stream *s, const struct job_nodes *nodes)
{
    bd_auto_free double *ends = bd_xcalloc(s->n + 1, sizeof(*ends));
    double last = 0, work = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct job *job = &s->items[i];
        ends[i] = earliest_ns(job, ends) + (double)job->runtime_ns;
        last = fmax(last, ends[i]);
        work += (double)job_cores(job->nodes, &job->ask, nodes->cores) * (double)job->runtime_ns;
    }
    return fmax(last, work / ((double)nodes->compute * nodes->cores)) / (double)BD_NS_PER_S;
}

static void check_length(const json_t *spec, double least, struct schema_faults *faults)
{
    if (least > seconds(spec, "timeout", (double)TIMEOUT_NS / BD_NS_PER_S))
        schema_faults_add(faults, "/workload/timeout", bd_json_str(spec, "timeout", NULL),
                          "more than %.0fs: in less the stream can't end (a shorter window, or a "
                          "smaller timeScale, makes it less)",
                          ceil(least));
}

/* ---------------------------------------------------------------------------------------- users */

struct user {
    double number; /* of the trace; -1: missing */
    size_t jobs;
    uint32_t account;
};

static int by_number(const void *a, const void *b)
{
    double x = ((const struct user *)a)->number, y = ((const struct user *)b)->number;
    return (x > y) - (x < y);
}

static int by_jobs(const void *a, const void *b)
{
    const struct user *x = a, *y = b;
    if (x->jobs != y->jobs)
        return x->jobs > y->jobs ? -1 : 1;
    return by_number(a, b);
}

/* Those of the log by one of its fields, by their number; the caller's. */
static struct user *users_of(const struct swf *log, enum swf_field field, size_t *ret_n)
{
    struct user *users = bd_xcalloc(log->n + 1, sizeof(*users));
    size_t n = 0;
    for (size_t i = 0; i < log->n; i++)
        users[i] = (struct user){.number = log->jobs[i].fields[field], .jobs = 1};
    qsort(users, log->n, sizeof(*users), by_number);
    for (size_t i = 0; i < log->n; i++) {
        if (n > 0 && users[n - 1].number == users[i].number)
            users[n - 1].jobs++;
        else
            users[n++] = users[i];
    }
    *ret_n = n;
    return users;
}

/* Account 1 is that of the user with the most jobs; users that have to share one are dealt out. */
static uint32_t account_of(size_t rank, size_t n)
{
    if (n <= USERS_MAX || rank < TRACE_ALONE_MAX)
        return (uint32_t)rank + 1;
    return (uint32_t)(TRACE_ALONE_MAX + (rank - TRACE_ALONE_MAX) % ACCOUNTS_SHARED) + 1;
}

static void set_users(const struct swf *log, struct job_stream *stream, struct trace_users *ret)
{
    size_t n = 0;
    bd_auto_free struct user *users = users_of(log, SWF_USER, &n);
    qsort(users, n, sizeof(*users), by_jobs);
    for (size_t i = 0; i < n; i++)
        users[i].account = account_of(i, n);
    qsort(users, n, sizeof(*users), by_number);
    for (size_t i = 0; i < log->n; i++) {
        const struct user key = {.number = log->jobs[i].fields[SWF_USER]};
        const struct user *user = bsearch(&key, users, n, sizeof(*users), by_number);
        stream->items[i].user = user->account;
    }
    size_t groups = 0;
    free(users_of(log, SWF_GROUP, &groups));
    *ret = (struct trace_users){
        .n = n,
        .groups = groups,
        .accounts = n < USERS_MAX ? n : USERS_MAX,
        .sharing = n > USERS_MAX ? n - TRACE_ALONE_MAX : 0,
    };
}

/* --------------------------------------------------------------------------------- dependencies */

struct numbered {
    double number;
    int32_t index;
};

static int by_job_number(const void *a, const void *b)
{
    double x = ((const struct numbered *)a)->number, y = ((const struct numbered *)b)->number;
    return (x > y) - (x < y);
}

/* Cleaned and cut, a log names jobs before the one that follows them, and no others. */
static void set_dependencies(const struct swf *log, struct job_stream *stream,
                             struct trace_facts *facts)
{
    bd_auto_free struct numbered *jobs = bd_xcalloc(log->n + 1, sizeof(*jobs));
    for (size_t i = 0; i < log->n; i++)
        jobs[i] = (struct numbered){log->jobs[i].fields[SWF_JOB], (int32_t)i};
    qsort(jobs, log->n, sizeof(*jobs), by_job_number);
    for (size_t i = 0; i < log->n; i++) {
        const struct numbered key = {.number = log->jobs[i].fields[SWF_AFTER]};
        const struct numbered *before =
            key.number < 0 ? NULL : bsearch(&key, jobs, log->n, sizeof(*jobs), by_job_number);
        if (!before || before->index >= (int32_t)i)
            continue;
        double think_s = log->jobs[i].fields[SWF_THINK];
        stream->items[i].after = before->index;
        facts->dependencies++;
        if (think_s < 0)
            continue;
        stream->items[i].think_ns = to_ns(bounded(think_s));
        facts->think_times++;
    }
}

/* --------------------------------------------------------------------------------------- stream */

static struct job job_of(const struct swf_job *from, uint32_t index, struct job_ask ask)
{
    const double *f = from->fields;
    int64_t runtime_ns = to_ns(bounded(f[SWF_RUNTIME]));
    int64_t requested_ns = to_ns(bounded(f[SWF_ASKED_TIME]));
    runtime_ns = runtime_ns > 0 ? runtime_ns : 1;
    return (struct job){
        .index = index,
        .nodes = (uint32_t)f[SWF_PROCS],
        .ask = ask,
        .tasks = 1,
        .after = -1,
        .think_ns = -1,
        .group = (int64_t)f[SWF_GROUP],
        .arrival_ns = to_ns(bounded(f[SWF_SUBMIT])),
        .runtime_ns = runtime_ns,
        .requested_ns = requested_ns > runtime_ns ? requested_ns : runtime_ns,
    };
}

/* What the log offers, each of whose jobs has so much of a node's cores. */
static double load_of(const json_t *spec, const struct job_nodes *nodes, const struct swf *log)
{
    struct job_ask ask = stream_ask(spec);
    double load = swf_load(log);
    return ask.shares ? load * (double)job_cores(1, &ask, nodes->cores) / nodes->cores : load;
}

static void fill(const json_t *spec, const struct job_nodes *nodes, const struct swf *log,
                 struct job_stream *stream, struct trace_facts *facts)
{
    struct job_ask ask = stream_ask(spec);
    *stream = (struct job_stream){.items = bd_xcalloc(log->n, sizeof(struct job))};
    for (size_t i = 0; i < log->n; i++)
        stream->items[i] = job_of(&log->jobs[i], (uint32_t)i, ask);
    stream->n = stream->tasks = log->n;
    set_users(log, stream, &facts->users);
    if (bd_json_bool(spec, "dependencies", 1))
        set_dependencies(log, stream, facts);
    facts->span_s = log->jobs[log->n - 1].fields[SWF_SUBMIT];
    facts->load = load_of(spec, nodes, log);
}

/* Gaps alone are stretched: what the log offers, cut and with its new sizes, is known only then. */
static bool set_load(const json_t *spec, const struct job_nodes *nodes, struct swf *log,
                     struct schema_faults *faults)
{
    const json_t *load = json_object_get(spec, "load");
    double now = load_of(spec, nodes, log);
    if (!load)
        return true;
    if (!(now > 0)) {
        schema_faults_add(faults, "/workload/load", NULL,
                          "none: the jobs of the window all come at once");
        return false;
    }
    const struct swf_shape shape = {
        .to_s = INFINITY, .time = 1, .load = json_number_value(load) / now};
    return swf_shape(log, &shape, NULL) == 0;
}

static bool shape(const json_t *spec, const struct job_nodes *nodes, struct swf *log,
                  struct schema_faults *faults)
{
    struct swf_shape how = shape_of(spec, nodes->compute);
    double first_s = log->jobs[0].fields[SWF_SUBMIT],
           last_s = log->jobs[log->n - 1].fields[SWF_SUBMIT];
    if (swf_shape(log, &how, NULL) < 0) {
        fault_window(spec, first_s, last_s, faults);
        return false;
    }
    return set_load(spec, nodes, log, faults);
}

void trace_make(const json_t *spec, const struct job_nodes *nodes, struct swf *log,
                struct job_stream *ret_stream, struct trace_facts *ret_facts,
                struct schema_faults *faults)
{
    const struct swf_flurries flurries = flurries_of(spec);
    struct trace_facts facts = {.lines = log->lines, .machine = swf_machine_size(log)};
    if (log->n_faults) {
        fault_log(spec, log, faults);
        return;
    }
    swf_clean(log, &flurries, &facts.cleaning);
    if (log->n == 0) {
        schema_faults_add(faults, "/workload/trace", bd_json_str(spec, "trace", NULL),
                          "a log with jobs that can be replayed: of %zu there is none ('benchctl "
                          "swf clean' tells why)",
                          facts.cleaning.before);
        return;
    }
    if (!shape(spec, nodes, log, faults))
        return;
    size_t before = faults->n;
    struct job_stream stream;
    fill(spec, nodes, log, &stream, &facts);
    facts.least_s = least_s(&stream, nodes);
    check_length(spec, facts.least_s, faults);
    if (faults->n > before) {
        job_stream_done(&stream);
        return;
    }
    *ret_stream = stream;
    *ret_facts = facts;
}
