/* The workload `swf`: its stream is a trace, a log of a real machine that is an input. */
#include "lib/artifact/artifact.h"
#include "lib/base/clock.h"
#include "lib/workload/command_check.h"
#include "lib/workload/jobstream.h"
#include "lib/workload/trace.h"

#define auto_swf __attribute__((cleanup(swf_done))) struct swf

/* ------------------------------------------------------------------------------------- checking */

static void check_window(const json_t *window, struct schema_faults *faults)
{
    const char *from = bd_json_str(window, "from", NULL), *to = bd_json_str(window, "to", NULL);
    int64_t from_ns = 0, to_ns = INT64_MAX;
    if (from && bd_parse_duration_ns(from, &from_ns) < 0)
        schema_faults_add(faults, "/workload/window/from", from, "a duration, such as 24h");
    if (to && bd_parse_duration_ns(to, &to_ns) < 0)
        schema_faults_add(faults, "/workload/window/to", to, "a duration, such as 48h");
    else if (to_ns <= from_ns)
        schema_faults_add(faults, "/workload/window/to", to, "more than from");
}

static void check_flurries(const json_t *flurries, struct schema_faults *faults)
{
    const char *gap = bd_json_str(flurries, "gap", NULL);
    int64_t ns;
    if (gap && bd_parse_duration_ns(gap, &ns) < 0)
        schema_faults_add(faults, "/workload/flurries/gap", gap, "a duration, such as 60s");
}

static void check(const json_t *spec, const struct cluster_spec *cluster,
                  struct schema_faults *faults)
{
    jobstream_check_scheduler(cluster, faults);
    command_check_timeout(spec, "/workload", faults);
    const struct job_nodes nodes = jobstream_nodes(cluster);
    stream_check_ask(spec, &nodes, faults);
    check_window(json_object_get(spec, "window"), faults);
    check_flurries(json_object_get(spec, "flurries"), faults);
}

/* --------------------------------------------------------------------------------------- making */

static int open_log(const char *inputs_dir, const json_t *spec, struct swf *log, struct bd_err *err)
{
    const char *digest = bd_json_str(spec, "trace", "");
    bd_auto_fd int objects = -1, fd = -1;
    int rc = artifact_dir_open(inputs_dir, &objects, err);
    if (rc == 0)
        rc = artifact_open_up_to(objects, digest, SWF_TEXT_BYTES_MAX, &fd, err);
    if (rc == 0)
        rc = trace_read(fd, log, err);
    return rc < 0 ? bd_err_wrap(err, "the trace %s", digest) : 0;
}

static int make(const struct workload_input *in, struct stream_made *ret_made, struct bd_err *err)
{
    auto_swf log = {0};
    bd_auto_faults struct schema_faults faults = {0};
    struct trace_facts facts;
    int rc = open_log(in->inputs_dir, in->spec, &log, err);
    if (rc < 0)
        return rc;
    const struct job_nodes nodes = jobstream_nodes(&in->plan->spec);
    trace_make(in->spec, &nodes, &log, &ret_made->jobs, &facts, &faults);
    if (faults.n > 0)
        return bd_err_set(err, BD_EINVALID, "%s: needs %s", faults.items[0].pointer,
                          faults.items[0].expected);
    ret_made->users = (unsigned)facts.users.accounts;
    ret_made->trace = trace_about(in->spec, &facts, &ret_made->jobs);
    return 0;
}

static int run(const struct workload_input *in, struct bd_err *err)
{
    return jobstream_run(in, make, err);
}

/* ------------------------------------------------------------------------------------- planning */

static json_t *found_of(const json_t *spec, const struct cluster_spec *cluster,
                        const struct trace_facts *facts, const struct job_stream *stream)
{
    json_t *found = trace_about(spec, facts, stream);
    const struct sched *sched = sched_find(cluster->scheduler);
    int64_t grain_ns = sched ? sched->limit_grain_ns : 0;
    json_object_set_new(found, "nodes", json_integer((json_int_t)cluster->compute));
    json_object_set_new(found, "leastSeconds", json_real(facts->least_s));
    json_object_set_new(found, "limits",
                        jobstream_limits(stream, grain_ns, bd_json_real(spec, "timeScale", 1)));
    return found;
}

static void examine(const json_t *spec, const struct cluster_spec *cluster, const char *inputs_dir,
                    struct schema_faults *faults, json_t **ret_found)
{
    auto_swf log = {0};
    struct bd_err err = BD_ERR_INIT;
    struct job_stream stream = {0};
    struct trace_facts facts;
    size_t before = faults->n;
    int rc = open_log(inputs_dir, spec, &log, &err);
    if (rc < 0) {
        schema_faults_add(faults, "/workload/trace", bd_json_str(spec, "trace", NULL),
                          rc == BD_ENOTFOUND ? "the digest of an input that is here ('benchctl "
                                               "input add' brings one): %s"
                                             : "a log in the Standard Workload Format: %s",
                          err.text);
        return;
    }
    const struct job_nodes nodes = jobstream_nodes(cluster);
    trace_make(spec, &nodes, &log, &stream, &facts, faults);
    if (faults->n == before)
        jobstream_check_users((json_int_t)facts.users.accounts, cluster, faults);
    if (faults->n == before)
        *ret_found = found_of(spec, cluster, &facts, &stream);
    job_stream_done(&stream);
}

static const char *const inputs[] = {"trace", NULL};

const struct workload workload_swf = {
    .name = "swf",
    .title = "A trace of a real machine (Standard Workload Format), replayed",
    .check = check,
    .inputs = inputs,
    .examine = examine,
    .warm_up = jobstream_warm_up,
    .run = run,
    .salvage = jobstream_salvage,
    .results = jobstream_results,
    .has_metric = jobstream_has_metric,
};
