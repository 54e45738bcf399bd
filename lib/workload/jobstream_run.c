/* What happens in the nodes of a workload that is a stream of jobs, wherever the jobs come from. */
#include "lib/workload/jobstream.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/workload/output.h"
#include "lib/workload/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_NS        (3600 * BD_NS_PER_S)
#define WARMUP_TIMEOUT_NS (120 * BD_NS_PER_S)
#define QUESTION_NS       (30 * BD_NS_PER_S)
#define CALIBRATE_MS      "200"
#define CALIBRATE_NS      (20 * BD_NS_PER_S)
#define RECORDS_BYTES_MAX (UINT64_C(256) << 20)
#define IN_NODE(name)     SCHED_RECORDS_DIR "/" name
#define CALIBRATION       "spin.json"
#define LINE_BYTES        128

static bool spins(const json_t *spec)
{
    return bd_str_eq(bd_json_str(spec, "payload", "sleep"), "spin");
}

/* -------------------------------------------------------------------------------------- warm-up */

/* Runs a program on a node and wants its stdout. */
static int ask_node(const struct workload_input *in, const struct node_plan *node,
                    const char *const *argv, int64_t timeout_ns, struct bd_proc_result *ret,
                    struct bd_err *err)
{
    const struct channel_cmd cmd = {
        .node = node, .argv = argv, .timeout_ns = timeout_ns, .cancel = in->cancel, .unit = true};
    int rc = channel_exec(in->channel, &cmd, ret, err);
    if (rc < 0)
        return bd_err_wrap(err, "%s on node %s", argv[0], node->name);
    if (ret->exit_code == 0)
        return 0;
    bd_auto_str struct bd_str words = {0};
    const struct bd_str *said = ret->err.len ? &ret->err : &ret->out;
    output_lines_of(bd_str_text(said), said->len, &words);
    return bd_err_set(err, BD_EWORKLOAD, "%s on node %s ended with exit code %d: %s", argv[0],
                      node->name, ret->exit_code, bd_str_text(&words));
}

/* One job over all nodes: what the scheduler does at its first job only is done then. */
static int run_first_job(const struct workload_input *in, struct bd_err *err)
{
    static const char *const true_argv[] = {"true", NULL};
    bd_auto_strv struct bd_strv argv = {0};
    bd_auto_proc_result struct bd_proc_result out = {0};
    in->sched->launch(
        &(struct sched_job){
            .name = "benchd",
            .nodes = in->plan->spec.compute,
            .tasks = in->plan->spec.compute,
            .limit_ns = WARMUP_TIMEOUT_NS,
            .argv = true_argv,
        },
        &argv);
    return ask_node(in, cluster_plan_node(in->plan, NULL), (const char *const *)argv.items,
                    WARMUP_TIMEOUT_NS, &out, err);
}

/* How often a second of CPU time goes through the loop of the payload `spin`, on a compute node. */
static int calibrate(const struct workload_input *in, struct bd_err *err)
{
    static const char *const argv[] = {NODE_BENCH_JOB, "calibrate", CALIBRATE_MS, NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int64_t per_second;
    int rc = ask_node(in, cluster_plan_node(in->plan, "n1"), argv, CALIBRATE_NS, &out, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *text = bd_xstrdup(bd_str_text(&out.out));
    text[strcspn(text, "\n")] = '\0';
    if (bd_parse_i64(text, 1, INT64_MAX, &per_second) < 0)
        return bd_err_set(err, BD_EWORKLOAD, "bench-job calibrate says '%.80s', which is no number",
                          text);
    bd_auto_json json_t *json = json_pack("{s:I}", "perSecond", (json_int_t)per_second);
    return rundir_write_json(in->dir_fd, CALIBRATION, json, err);
}

int jobstream_warm_up(const struct workload_input *in, struct bd_err *err)
{
    json_int_t n = bd_json_int(in->spec, "warmup", 1);
    for (json_int_t i = 0; i < n; i++) {
        int rc = run_first_job(in, err);
        if (rc < 0)
            return bd_err_wrap(err, "warm-up %lld of %lld", (long long)i + 1, (long long)n);
    }
    return spins(in->spec) ? calibrate(in, err) : 0;
}

/* ------------------------------------------------------------------------------------ preparing */

static int put_stream(const struct workload_input *in, struct bd_err *err)
{
    char digest[BD_DIGEST_BYTES];
    bd_auto_fd int fd = openat(in->dir_fd, JOBSTREAM_JOBS, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open " JOBSTREAM_JOBS " in the run's directory");
    int rc = channel_put(in->channel, cluster_plan_node(in->plan, NULL), fd,
                         IN_NODE(JOBSTREAM_JOBS), 0644, digest, err);
    return rc < 0 ? bd_err_wrap(err, "hand the stream of jobs to the controller") : 0;
}

static json_t *node_names(const struct cluster_plan *plan)
{
    json_t *names = json_array();
    for (size_t i = 0; i < plan->n_nodes; i++)
        json_array_append_new(names, json_string(plan->nodes[i].name));
    return names;
}

static int write_stream(const struct workload_input *in, const struct stream_made *made,
                        struct bd_err *err)
{
    const struct cluster_plan *plan = in->plan;
    bd_auto_str struct bd_str text = {0};
    bd_auto_json json_t *record = json_pack(
        "{s:s, s:i, s:i, s:i, s:o, s:b, s:I, s:I, s:I, s:f, s:f, s:O*}", "scheduler",
        in->sched->name, "controllers", (int)plan->spec.controllers, "compute",
        (int)plan->spec.compute, "cores", (int)plan->spec.scheduler_cpus, "nodes", node_names(plan),
        "sharedClock", in->shared_clock, "seed", (json_int_t)in->seed, "block",
        (json_int_t)in->block, "grainNs", (json_int_t)in->sched->limit_grain_ns, "rate", made->rate,
        "timeScale", bd_json_real(in->spec, "timeScale", 1), "trace", made->trace);
    jobs_to_text(&made->jobs, &text);
    int rc = rundir_write(in->dir_fd, JOBSTREAM_JOBS, bd_str_text(&text), text.len, err);
    return rc < 0 ? rc : rundir_write_json(in->dir_fd, JOBSTREAM_RECORD, record, err);
}

void stream_made_done(struct stream_made *made)
{
    job_stream_done(&made->jobs);
    json_decref(made->trace);
    *made = (struct stream_made){0};
}

static int prepare(const struct workload_input *in, jobstream_make_fn make, struct bd_err *err)
{
    struct stream_made made = {0};
    int rc = make(in, &made, err);
    unsigned users = made.users;
    if (rc == 0)
        rc = write_stream(in, &made, err);
    stream_made_done(&made);
    if (rc == 0)
        rc = put_stream(in, err);
    return rc < 0 ? rc : users_make(in, users, err);
}

/* -------------------------------------------------------------------------------------- driving */

struct drive {
    const struct workload_input *in;
    struct output log; /* what it and its submitter say on stderr */
    char line[LINE_BYTES];
    size_t n_line;
};

/* "progress SUBMITTED ENDED JOBS" */
static void tell_progress(struct drive *d)
{
    int64_t numbers[3];
    size_t n = 0;
    d->line[d->n_line] = '\0';
    d->n_line = 0;
    char *rest = d->line;
    if (!d->in->on_progress || !bd_str_eq(strsep(&rest, " "), "progress"))
        return;
    for (char *word; n < BD_ARRAY_LEN(numbers) && (word = strsep(&rest, " "));)
        if (bd_parse_i64(word, 0, UINT32_MAX, &numbers[n++]) < 0)
            return;
    const struct workload_progress p = {
        .submitted = (unsigned)numbers[0],
        .ended = (unsigned)numbers[1],
        .jobs = (unsigned)numbers[2],
    };
    if (n == BD_ARRAY_LEN(numbers))
        d->in->on_progress(&p, d->in->arg);
}

static int on_output(enum bd_stream stream, const char *data, size_t bytes, void *arg)
{
    struct drive *d = arg;
    if (stream == BD_STDERR)
        return output_add(&d->log, data, bytes);
    for (size_t i = 0; i < bytes; i++)
        if (data[i] == '\n')
            tell_progress(d);
        else if (d->n_line < LINE_BYTES - 1)
            d->line[d->n_line++] = data[i];
    return 0;
}

static int payload_words(const struct workload_input *in, struct bd_str *ret, struct bd_err *err)
{
    const char *payload = bd_json_str(in->spec, "payload", "sleep");
    bd_auto_json json_t *calibration = NULL;
    uint64_t bytes = 0;
    bd_str_add(ret, payload);
    if (spins(in->spec)) {
        int rc = rundir_read_json(in->dir_fd, CALIBRATION, &calibration, err);
        if (rc < 0)
            return rc;
        bd_str_addf(ret, ":%lld", (long long)bd_json_int(calibration, "perSecond", 0));
    } else if (bd_str_eq(payload, "touch") &&
               bd_parse_bytes(bd_json_str(in->spec, "payloadMemory", "16MiB"), &bytes) == 0) {
        bd_str_addf(ret, ":%llu", (unsigned long long)bytes);
    }
    return 0;
}

static int drive(struct drive *d, struct bd_err *err)
{
    const struct workload_input *in = d->in;
    unsigned clients = (unsigned)bd_json_int(in->spec, "clients", 4);
    bd_auto_strv struct bd_strv argv = {0};
    bd_auto_str struct bd_str payload = {0};
    bd_auto_proc_result struct bd_proc_result result = {0};
    int rc = payload_words(in, &payload, err);
    if (rc < 0)
        return rc;
    const char *const words[] = {
        NODE_BENCH_DRIVER,         "--jobs",    IN_NODE(JOBSTREAM_JOBS), "--records",
        IN_NODE(JOBSTREAM_DRIVER), "--payload", bd_str_text(&payload),   "--clients"};
    for (size_t i = 0; i < BD_ARRAY_LEN(words); i++)
        bd_strv_add(&argv, words[i]);
    bd_strv_addf(&argv, "%u", clients);
    bd_strv_add(&argv, "--");
    in->sched->submitter(clients, &argv);
    const struct channel_cmd cmd = {
        .node = cluster_plan_node(in->plan, NULL),
        .argv = (const char *const *)argv.items,
        .timeout_ns = command_timeout_ns(in->spec, TIMEOUT_NS),
        .cancel = in->cancel,
        .unit = true,
        .on_output = on_output,
        .arg = d,
    };
    int64_t began_ns = bd_mono_ns();
    static const char *const told[] = {"the stream's driver (bench-driver)", NULL};
    struct ending ending = {
        .argv = told,
        .channel = in->channel,
        .cmd = &cmd,
        .rc = channel_exec(in->channel, &cmd, &result, err),
        .result = &result,
        .out = &d->log,
    };
    ending.took_ns = bd_mono_ns() - began_ns;
    struct bd_err unkept = BD_ERR_INIT;
    int kept = output_finish(&d->log, true, &unkept);
    rc = ending_judge(&ending, err);
    if (rc == 0 && kept < 0)
        bd_err_copy(err, &unkept);
    return rc < 0 ? rc : kept;
}

/* ----------------------------------------------------------------------------------- collecting */

/* A node that runs and has no records has lost them: that makes the run invalid
 * (jobstream_result.c), and is no failure. */
static int fetch_node(const struct workload_input *in, const struct node_plan *node,
                      struct bd_err *err)
{
    const char *path =
        node->role == NODE_CONTROLLER ? IN_NODE(JOBSTREAM_DRIVER) : SCHED_JOB_RECORDS;
    int rc = logs_fetch(in, node, path, NULL, RECORDS_BYTES_MAX, err);
    return rc < 0 && rc != -ENOENT ? bd_err_wrap(err, "fetch the records of node %s", node->name)
                                   : 0;
}

/* Of nodes that don't answer there is nothing; the others' is kept all the same. */
static int fetch_records(const struct workload_input *in, struct bd_err *err)
{
    int first = 0;
    for (size_t i = 0; i < in->plan->n_nodes; i++) {
        struct bd_err why = BD_ERR_INIT;
        int rc = fetch_node(in, &in->plan->nodes[i], &why);
        if (rc < 0 && first == 0) {
            first = rc;
            bd_err_copy(err, &why);
        }
    }
    return first;
}

/* What run() fetched is what was seen of the stream; it may not have come to that. */
int jobstream_salvage(const struct workload_input *in, struct bd_err *err)
{
    bd_auto_free char *driver =
        bd_xasprintf("%s-%s", cluster_plan_node(in->plan, NULL)->name, JOBSTREAM_DRIVER);
    bool has_begun = faccessat(in->dir_fd, JOBSTREAM_RECORD, F_OK, 0) == 0;
    bool has_records = faccessat(in->dir_fd, driver, F_OK, 0) == 0;
    return has_begun && !has_records ? fetch_records(in, err) : 0;
}

static int keep_answers(const struct workload_input *in, struct bd_err *err)
{
    for (const struct sched_question *q = in->sched->questions; q && q->file; q++) {
        if (q->accounting && !in->plan->spec.accounting)
            continue;
        bd_auto_proc_result struct bd_proc_result out = {0};
        struct bd_err why = BD_ERR_INIT;
        int rc = ask_node(in, cluster_plan_node(in->plan, NULL), q->argv, QUESTION_NS, &out, &why);
        const struct bd_str *said = rc < 0 ? NULL : &out.out;
        rc = rundir_write(in->dir_fd, q->file, said ? bd_str_text(said) : why.text,
                          said ? said->len : strlen(why.text), err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* A stream that was measured stays so without it; it only limits the run. */
static int measure_clocks_again(const struct workload_input *in, json_t **ret_clocks,
                                struct bd_err *err)
{
    struct bd_err why = BD_ERR_INIT;
    return clock_measure(in, ret_clocks, &why) < 0 ? bd_cancel_check(in->cancel, err) : 0;
}

static int write_clocks(const struct workload_input *in, json_t *before, json_t *after,
                        struct bd_err *err)
{
    bd_auto_json json_t *list = json_array();
    const char *name;
    json_t *clock;
    json_object_foreach (before, name, clock)
        json_array_append_new(list, json_pack("{s:s, s:O, s:O?}", "node", name, "before", clock,
                                              "after", json_object_get(after, name)));
    return rundir_write_json(in->dir_fd, JOBSTREAM_CLOCK, list, err);
}

int jobstream_run(const struct workload_input *in, jobstream_make_fn make, struct bd_err *err)
{
    struct drive d = {.in = in, .log = OUTPUT_INIT};
    bd_auto_json json_t *before = NULL, *after = NULL;
    int rc = prepare(in, make, err);
    if (rc == 0)
        rc = clock_measure(in, &before, err);
    if (rc == 0)
        rc = output_open(&d.log, in->dir_fd, "driver.log", err);
    if (rc < 0)
        return rc;
    rc = drive(&d, err);
    output_done(&d.log);

    /* What was seen until then is kept of a stream that failed, too. */
    struct bd_err unkept = BD_ERR_INIT;
    int kept = fetch_records(in, &unkept);
    if (kept == 0 && rc == 0)
        kept = measure_clocks_again(in, &after, &unkept);
    int noted = write_clocks(in, before, after, kept == 0 ? &unkept : NULL);
    if (kept == 0)
        kept = noted;
    if (kept == 0 && rc == 0)
        kept = keep_answers(in, &unkept);
    if (rc == 0 && kept < 0)
        bd_err_copy(err, &unkept);
    return rc < 0 ? rc : kept;
}
