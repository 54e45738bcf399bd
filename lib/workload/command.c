#include "lib/workload/command.h"

#include "lib/artifact/artifact.h"
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/workload/command_check.h"
#include "lib/workload/output.h"
#include "lib/workload/rundir.h"

#define TIMEOUT_NS (600 * BD_NS_PER_S)
#define JOB_NAME   "benchd"

/* ------------------------------------------------------------------------------------- checking */

bool command_is_on_controller(const json_t *spec)
{
    return bd_str_eq(bd_json_str(spec, "on", "job"), "controller");
}

unsigned workload_nodes(const json_t *spec, const struct cluster_spec *cluster)
{
    json_int_t nodes = bd_json_int(spec, "nodes", cluster->compute);
    if (command_is_on_controller(spec))
        return 1;
    return nodes >= 1 && nodes <= cluster->compute ? (unsigned)nodes : cluster->compute;
}

static uint64_t memory_of(const json_t *spec)
{
    uint64_t bytes;
    const char *text = bd_json_str(spec, "memory", NULL);
    return text && bd_parse_bytes(text, &bytes) == 0 ? bytes : 0;
}

/* What a node has of cores and memory, tasks and all. */
static void check_resources(const json_t *spec, const struct cluster_spec *cluster,
                            struct schema_faults *faults)
{
    json_int_t nodes = bd_json_int(spec, "nodes", cluster->compute);
    json_int_t tasks = bd_json_int(spec, "tasks", nodes), on_a_node = (tasks + nodes - 1) / nodes;
    json_int_t cores = bd_json_int(spec, "coresPerTask", 1);
    bd_auto_free char *cores_text = bd_xasprintf("%lld", (long long)cores);
    if (on_a_node * cores > (json_int_t)cluster->scheduler_cpus)
        schema_faults_add(faults, "/workload/coresPerTask", cores_text,
                          "at most %lld for each of %lld tasks on a node: it has %u CPUs for the "
                          "scheduler (cluster.node.schedulerCpus)",
                          (long long)cluster->scheduler_cpus / on_a_node, (long long)on_a_node,
                          cluster->scheduler_cpus);
    if (memory_of(spec) > cluster->memory_bytes)
        schema_faults_add(faults, "/workload/memory", bd_json_str(spec, "memory", NULL),
                          "at most what a node has (cluster.node.memory: %llu MiB)",
                          (unsigned long long)(cluster->memory_bytes >> 20));
}

static void check_size(const json_t *spec, const struct cluster_spec *cluster,
                       struct schema_faults *faults)
{
    json_int_t nodes = bd_json_int(spec, "nodes", cluster->compute);
    json_int_t tasks = bd_json_int(spec, "tasks", nodes);
    if (command_is_on_controller(spec))
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
    else
        check_resources(spec, cluster, faults);
}

/* mpirun, which starts them there, takes the word as its own wherever it stands. */
static void check_words(const json_t *spec, const struct cluster_spec *cluster,
                        struct schema_faults *faults)
{
    const json_t *command = json_object_get(spec, "command");
    json_int_t nodes = bd_json_int(spec, "nodes", cluster->compute);
    if (!cluster->bare || command_is_on_controller(spec) || bd_json_int(spec, "tasks", nodes) < 2)
        return;
    for (size_t i = 0; i < json_array_size(command); i++) {
        bd_auto_free char *at = bd_xasprintf("/workload/command/%zu", i);
        if (bd_str_eq(json_string_value(json_array_get(command, i)), ":"))
            schema_faults_add(faults, at, ":",
                              "another word: several tasks are started by mpirun on the bare host, "
                              "for which it ends a command");
    }
}

static bool is_log(const char *const *paths, const char *name)
{
    for (; paths && *paths; paths++)
        if (bd_str_eq(bd_path_name(*paths), name))
            return true;
    return false;
}

/* Both are kept as artifacts behind their node's name. */
static void check_outputs(const json_t *outputs, const struct sched *sched,
                          struct schema_faults *faults)
{
    const json_t *output;
    size_t i;
    json_array_foreach (outputs, i, output) {
        const char *name = json_string_value(output);
        if (!is_log(sched->controller_logs, name) && !is_log(sched->compute_logs, name) &&
            !is_log(sched->accounting_logs, name))
            continue;
        bd_auto_free char *at = bd_xasprintf("/workload/outputs/%zu", i);
        schema_faults_add(faults, at, name, "another name: this one is that of a log of %s",
                          sched->name);
    }
}

static void check(const json_t *spec, const struct cluster_spec *cluster,
                  struct schema_faults *faults)
{
    const struct sched *sched = sched_of(cluster);
    command_check(spec, "/workload", faults);
    check_size(spec, cluster, faults);
    check_words(spec, cluster, faults);
    command_check_parts(spec, "/workload", faults);
    if (sched)
        check_outputs(json_object_get(spec, "outputs"), sched, faults);
}

static void examine(const json_t *spec, const struct cluster_spec *cluster BD_UNUSED,
                    const char *inputs_dir, struct schema_faults *faults,
                    json_t **ret_found BD_UNUSED)
{
    const json_t *input;
    size_t i;
    bd_auto_fd int objects = -1;
    struct bd_err err = BD_ERR_INIT;
    int rc = artifact_dir_open(inputs_dir, &objects, &err);
    json_array_foreach (json_object_get(spec, "inputs"), i, input) {
        const char *digest = bd_json_str(input, "digest", "");
        bd_auto_free char *at = bd_xasprintf("/workload/inputs/%zu/digest", i);
        if (rc < 0 || artifact_has(objects, digest, &err) < 0)
            schema_faults_add(
                faults, at, digest,
                "the digest of an input that is here, for its file %s ('benchctl input add' "
                "brings one): %s",
                bd_json_str(input, "name", ""), err.text);
    }
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
    if (command_is_on_controller(spec)) {
        bd_strv_add_all(ret_argv, words);
        return;
    }
    json_int_t nodes = bd_json_int(spec, "nodes", in->plan->spec.compute);
    in->sched->launch(
        &(struct sched_job){
            .name = JOB_NAME,
            .nodes = (unsigned)nodes,
            .tasks = (unsigned)bd_json_int(spec, "tasks", nodes),
            .cores_per_task = (unsigned)bd_json_int(spec, "coresPerTask", 0),
            .memory_bytes = memory_of(spec),
            .exclusive = bd_json_bool(spec, "exclusive", 0) != 0,
            .limit_ns = command_timeout_ns(spec, TIMEOUT_NS),
            .dir = workdir_is_wanted(spec) ? WORKDIR : NULL,
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
    bd_auto_free char *name = bd_xasprintf("%s" COMMAND_RECORD, g->prefix);
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
        .cwd = workdir_is_wanted(in->spec) && command_is_on_controller(in->spec) ? WORKDIR : NULL,
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
    if (ending.rc == BD_ETIMEOUT && !command_is_on_controller(in->spec))
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
    int rc = workdir_is_wanted(in->spec) ? workdir_make(in, err) : 0;
    if (rc == 0)
        rc = output_open(&g.out, in->dir_fd, out, err);
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
    int rc = programs_check(in, err);
    for (json_int_t i = 1; rc == 0 && i <= n; i++) {
        bd_auto_free char *prefix = bd_xasprintf("warmup-%lld.", (long long)i);
        rc = run_once(in, prefix, err);
        if (rc < 0)
            bd_err_wrap(err, "warm-up %lld of %lld", (long long)i, (long long)n);
    }
    return rc;
}

static int run(const struct workload_input *in, struct bd_err *err)
{
    int rc = run_once(in, "", err);
    return rc < 0 ? rc : workdir_fetch(in, err);
}

/* `elapsed` is measured of every command, and of every run what the scheduler costs. */
static bool has_metric(const json_t *spec, const char *name)
{
    return bd_str_eq(name, "elapsed") || json_object_get(json_object_get(spec, "metrics"), name) ||
           (bd_starts_with(name, "scheduler_") && metric_find(name));
}

static const char *const inputs[] = {"inputs", NULL};

const struct workload workload_command = {
    .name = "command",
    .title = "A command, as a job of the scheduler or on the controller",
    .check = check,
    .inputs = inputs,
    .examine = examine,
    .warm_up = warm_up,
    .run = run,
    .salvage = workdir_fetch,
    .results = command_results,
    .has_metric = has_metric,
};
