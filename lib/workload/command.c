#include "lib/workload/command.h"

#include "lib/base/clock.h"
#include "lib/workload/output.h"
#include "lib/workload/pattern.h"
#include "lib/workload/rundir.h"

#define TIMEOUT_NS (600 * BD_NS_PER_S)
#define JOB_NAME   "benchd"
#define RECORD     "command.json"

/* ------------------------------------------------------------------------------------- checking */

static bool on_controller(const json_t *spec)
{
    return bd_str_eq(bd_json_str(spec, "on", "job"), "controller");
}

static void check_size(const json_t *spec, const struct cluster_spec *cluster,
                       struct schema_faults *faults)
{
    json_int_t nodes = bd_json_int(spec, "nodes", cluster->compute);
    json_int_t tasks = bd_json_int(spec, "tasks", nodes);
    if (on_controller(spec))
        return;
    bd_auto_free char *nodes_text = bd_xasprintf("%lld", (long long)nodes);
    bd_auto_free char *tasks_text = bd_xasprintf("%lld", (long long)tasks);
    if (nodes < 1 || nodes > cluster->compute)
        schema_faults_add(faults, "/workload/nodes", nodes_text,
                          "from 1 to %u nodes: so many compute nodes has the cluster",
                          cluster->compute);
    else if (tasks < nodes || tasks > nodes * (json_int_t)cluster->scheduler_cpus)
        schema_faults_add(faults, "/workload/tasks", tasks_text,
                          "from %lld to %lld tasks: one on each of %lld nodes, and no more on any "
                          "than it has CPUs for the scheduler (cluster.node.schedulerCpus: %u)",
                          (long long)nodes, (long long)nodes * cluster->scheduler_cpus,
                          (long long)nodes, cluster->scheduler_cpus);
}

static void check_metric(const char *name, const json_t *metric, struct schema_faults *faults)
{
    struct bd_err err = BD_ERR_INIT;
    const char *regex = bd_json_str(metric, "regex", NULL);
    const char *path = bd_json_str(metric, "jsonPath", NULL);
    bd_auto_free char *at = bd_xasprintf("/workload/metrics/%s", name);
    bd_auto_free char *at_regex = bd_xasprintf("%s/regex", at);
    bd_auto_free char *at_path = bd_xasprintf("%s/jsonPath", at);
    if (bd_str_eq(name, "elapsed"))
        schema_faults_add(faults, at, NULL,
                          "another name: elapsed is measured for every command, without a pattern");
    if (!regex == !path)
        schema_faults_add(faults, at, NULL, "either regex or jsonPath");
    if (regex && pattern_check_regex(regex, &err) < 0)
        schema_faults_add(faults, at_regex, regex, "a POSIX extended regular expression: %s",
                          err.text);
    if (path && pattern_check_path(path, &err) < 0)
        schema_faults_add(faults, at_path, path, "a path such as $.results[0].mean: %s", err.text);
}

static void check(const json_t *spec, const struct cluster_spec *cluster,
                  struct schema_faults *faults)
{
    const char *name;
    json_t *metric;
    command_check(spec, "/workload", faults);
    check_size(spec, cluster, faults);
    json_object_foreach (json_object_get(spec, "metrics"), name, metric)
        check_metric(name, metric, faults);
}

/* -------------------------------------------------------------------------------------- running */

/* One time that the command is run. */
struct go {
    const struct workload_input *in;
    const char *prefix; /* of its files: "", "warmup-1." */
    struct output out, err;
};

static int on_output(enum bd_stream stream, const char *data, size_t bytes, void *arg)
{
    struct go *g = arg;
    return output_add(stream == BD_STDOUT ? &g->out : &g->err, data, bytes);
}

static void make_argv(const struct workload_input *in, struct bd_strv *ret_argv)
{
    const json_t *spec = in->spec;
    bd_auto_free const char **words = command_argv(json_object_get(spec, "command"));
    if (on_controller(spec)) {
        for (const char **word = words; *word; word++)
            bd_strv_add(ret_argv, *word);
        return;
    }
    json_int_t nodes = bd_json_int(spec, "nodes", in->plan->spec.compute);
    in->sched->launch(
        &(struct sched_job){
            .name = JOB_NAME,
            .nodes = (unsigned)nodes,
            .tasks = (unsigned)bd_json_int(spec, "tasks", nodes),
            .limit_ns = command_timeout_ns(spec, TIMEOUT_NS),
            .argv = words,
        },
        ret_argv);
}

static json_t *stream_record(const struct output *o)
{
    return json_pack("{s:I, s:I}", "bytes", (json_int_t)o->bytes, "kept", (json_int_t)o->kept);
}

static int record(const struct go *g, const struct bd_strv *argv, int64_t started_wall_ns,
                  const struct ending *e, struct bd_err *err)
{
    char started[BD_RFC3339_BYTES];
    bd_auto_free char *name = bd_xasprintf("%s" RECORD, g->prefix);
    bd_auto_json json_t *words = json_array();
    for (size_t i = 0; i < argv->n; i++)
        json_array_append_new(words, json_string(argv->items[i]));
    bd_auto_json json_t *json =
        json_pack("{s:O, s:s, s:I, s:i, s:i, s:b, s:o, s:o}", "argv", words, "startedAt",
                  bd_rfc3339(started_wall_ns, started), "elapsedNs", (json_int_t)e->took_ns,
                  "exitCode", e->result->exit_code, "signal", e->result->signal, "cutOff",
                  e->rc < 0, "stdout", stream_record(&g->out), "stderr", stream_record(&g->err));
    return rundir_write_json(g->in->dir_fd, name, json, err);
}

/*
 * After a timeout or a cancel the channel has ended the launcher, which takes its job back on its
 * way out. What of the job may live on in compute nodes goes with the cluster, which is removed
 * after a failed run: there is nothing else to look for here.
 */
static int exec_and_record(struct go *g, struct bd_err *err)
{
    const struct workload_input *in = g->in;
    bd_auto_strv struct bd_strv argv = {0}, env = {0};
    bd_auto_proc_result struct bd_proc_result result = {0};
    bd_auto_free const char **words = command_argv(json_object_get(in->spec, "command"));
    make_argv(in, &argv);
    command_env(json_object_get(in->spec, "env"), &env);
    const struct channel_cmd cmd = {
        .node = cluster_plan_node(in->plan, NULL),
        .argv = (const char *const *)argv.items,
        .env = (const char *const *)env.items,
        .timeout_ns = command_timeout_ns(in->spec, TIMEOUT_NS),
        .cancel = in->cancel,
        .unit = true,
        .on_output = on_output,
        .arg = g,
    };
    int64_t started_wall_ns = bd_wall_ns(), began_ns = bd_mono_ns();
    struct ending ending = {
        .argv = words,
        .channel = in->channel,
        .cmd = &cmd,
        .rc = channel_exec(in->channel, &cmd, &result, err),
        .result = &result,
        .out = &g->out,
        .err = &g->err,
    };
    ending.took_ns = bd_mono_ns() - began_ns;
    bd_auto_free char *waited = NULL;
    if (ending.rc == BD_ETIMEOUT && !on_controller(in->spec))
        waited = in->sched->why_waiting(in->channel, in->plan, JOB_NAME);
    bd_auto_free char *note = waited ? bd_xasprintf("its job never began; %s", waited) : NULL;
    ending.note = note;

    /* The record is kept of a failure too; that is then what is told. */
    struct bd_err unkept = BD_ERR_INIT;
    int kept = output_finish(&g->out, true, &unkept);
    if (kept == 0)
        kept = output_finish(&g->err, true, &unkept);
    if (kept == 0)
        kept = record(g, &argv, started_wall_ns, &ending, &unkept);
    int rc = ending_judge(&ending, err);
    if (rc == 0 && kept < 0)
        bd_err_copy(err, &unkept);
    return rc < 0 ? rc : kept;
}

static int run_once(const struct workload_input *in, const char *prefix, struct bd_err *err)
{
    struct go g = {.in = in, .prefix = prefix, .out = OUTPUT_INIT, .err = OUTPUT_INIT};
    bd_auto_free char *out = bd_xasprintf("%sstdout", prefix);
    bd_auto_free char *errors = bd_xasprintf("%sstderr", prefix);
    int rc = output_open(&g.out, in->dir_fd, out, err);
    if (rc == 0)
        rc = output_open(&g.err, in->dir_fd, errors, err);
    if (rc == 0)
        rc = exec_and_record(&g, err);
    output_done(&g.out);
    output_done(&g.err);
    return rc;
}

static int warm_up(const struct workload_input *in, struct bd_err *err)
{
    json_int_t n = bd_json_int(in->spec, "warmup", 0);
    for (json_int_t i = 1; i <= n; i++) {
        bd_auto_free char *prefix = bd_xasprintf("warmup-%lld.", (long long)i);
        int rc = run_once(in, prefix, err);
        if (rc < 0) {
            bd_err_wrap(err, "warm-up %lld of %lld", (long long)i, (long long)n);
            return rc;
        }
    }
    return 0;
}

static int run(const struct workload_input *in, struct bd_err *err)
{
    return run_once(in, "", err);
}

/* -------------------------------------------------------------------------------------- metrics */

struct texts {
    int dir_fd;
    const json_t *record;
    struct bd_str out, err; /* read when first asked for */
};

static struct bd_str *stream_of(struct texts *t, const char *name)
{
    return bd_str_eq(name, "stderr") ? &t->err : &t->out;
}

static int read_stream(struct texts *t, const char *name, struct bd_err *err)
{
    struct bd_str *text = stream_of(t, name);
    json_int_t kept = bd_json_int(json_object_get(t->record, name), "kept", -1);
    if (kept < 0 || (uint64_t)kept > OUTPUT_BYTES_MAX)
        return bd_err_set(err, BD_ECORRUPT,
                          RECORD " in the run's directory is not what was written");
    return text->data ? 0 : rundir_read_head(t->dir_fd, name, (size_t)kept, text, err);
}

static int find(const json_t *metric, const struct bd_str *text, struct pattern_found *ret_found,
                struct bd_err *err)
{
    const char *regex = bd_json_str(metric, "regex", NULL);
    return regex ? pattern_find_regex(regex, bd_str_text(text), text->len, ret_found, err)
                 : pattern_find_path(bd_json_str(metric, "jsonPath", "$"), bd_str_text(text),
                                     text->len, ret_found, err);
}

static json_t *metric_value(double value, const char *unit, const char *kind, size_t n)
{
    return json_pack("{s:f, s:s, s:s, s:I}", "value", value, "unit", unit, "kind", kind, "n",
                     (json_int_t)n);
}

static int add_metric(struct texts *t, const char *name, const json_t *metric, json_t *metrics,
                      struct bd_err *err)
{
    struct pattern_found found;
    struct bd_err why = BD_ERR_INIT;
    const char *from = bd_json_str(metric, "from", "stdout");
    const struct bd_str *text = stream_of(t, from);
    int rc = read_stream(t, from, err);
    if (rc < 0)
        return rc;
    if (find(metric, text, &found, &why) < 0) {
        bd_auto_str struct bd_str words = {0};
        output_lines_of(bd_str_text(text), text->len, &words);
        return bd_err_set(err, BD_EWORKLOAD, "metric %s: %s '%.200s' %s in %s; %s%s", name,
                          json_object_get(metric, "regex") ? "regex" : "jsonPath",
                          bd_json_str(metric, "regex", bd_json_str(metric, "jsonPath", "$")),
                          why.text, from, words.len ? "its last lines: " : "it is empty",
                          bd_str_text(&words));
    }
    json_object_set_new(metrics, name,
                        metric_value(found.value, bd_json_str(metric, "unit", ""),
                                     bd_json_str(metric, "kind", ""), found.n));
    return 0;
}

static int results(const json_t *spec, int dir_fd, struct workload_result *ret_result,
                   struct bd_err *err)
{
    bd_auto_json json_t *record_read = NULL;
    int rc = rundir_read_json(dir_fd, RECORD, &record_read, err);
    if (rc < 0)
        return rc;
    json_int_t elapsed_ns = bd_json_int(record_read, "elapsedNs", -1);
    if (elapsed_ns < 0)
        return bd_err_set(err, BD_ECORRUPT,
                          RECORD " in the run's directory is not what was written");

    struct texts texts = {.dir_fd = dir_fd, .record = record_read};
    bd_auto_json json_t *found = json_object();
    const char *name;
    json_t *metric;
    json_object_set_new(found, "elapsed",
                        metric_value((double)elapsed_ns / (double)BD_NS_PER_S, "s", "cost", 1));
    json_object_foreach (json_object_get(spec, "metrics"), name, metric)
        if ((rc = add_metric(&texts, name, metric, found, err)) < 0)
            break;
    bd_str_done(&texts.out);
    bd_str_done(&texts.err);
    if (rc == 0)
        *ret_result = (struct workload_result){.metrics = bd_take(found)};
    return rc;
}

/* `elapsed` is measured of every command, and of every run what the scheduler costs. */
static bool has_metric(const json_t *spec, const char *name)
{
    return bd_str_eq(name, "elapsed") || json_object_get(json_object_get(spec, "metrics"), name) ||
           (bd_starts_with(name, "scheduler_") && metric_find(name));
}

const struct workload workload_command = {
    .name = "command",
    .title = "A command, as a job of the scheduler or on the controller",
    .check = check,
    .warm_up = warm_up,
    .run = run,
    .results = results,
    .has_metric = has_metric,
};
