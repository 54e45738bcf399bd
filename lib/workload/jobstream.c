/* The workload `jobstream`: its stream is drawn from distributions (lib/jobs/stream.c). */
#include "lib/workload/jobstream.h"

#include "lib/workload/command_check.h"

#define LOOKED_AT 1000 /* jobs, before any run */

void jobstream_check_scheduler(const struct cluster_spec *cluster, struct schema_faults *faults)
{
    const struct sched *sched = cluster->scheduler ? sched_find(cluster->scheduler) : NULL;
    if (sched && !sched->submitter)
        schema_faults_add(faults, "/workload/name", NULL,
                          "a command, or a workload that is defined as one: the backend %s has no "
                          "scheduler that could be given a stream of jobs",
                          cluster->backend);
}

struct job_nodes jobstream_nodes(const struct cluster_spec *cluster)
{
    return (struct job_nodes){cluster->compute, cluster->scheduler_cpus, cluster->memory_bytes};
}

static void check_priorities(const json_t *spec, const struct cluster_spec *cluster,
                             struct schema_faults *faults)
{
    const struct sched *sched = cluster->scheduler ? sched_find(cluster->scheduler) : NULL;
    int most = sched ? sched->priority_most : 0;
    json_t *priority;
    size_t i;
    json_array_foreach (json_object_get(spec, "priorities"), i, priority) {
        json_int_t value = json_integer_value(priority);
        bd_auto_free char *at = bd_xasprintf("/workload/priorities/%zu", i);
        bd_auto_free char *got = bd_xasprintf("%lld", (long long)value);
        if (most && (value < -most || value > most))
            schema_faults_add(faults, at, got, "from %d to %d: more priorities %s does not have",
                              -most, most, sched->name);
    }
}

static void check(const json_t *spec, const struct cluster_spec *cluster,
                  struct schema_faults *faults)
{
    const struct job_nodes nodes = jobstream_nodes(cluster);
    jobstream_check_scheduler(cluster, faults);
    command_check_timeout(spec, "/workload", faults);
    stream_check(spec, &nodes, faults);
    check_priorities(spec, cluster, faults);
}

static int make(const struct workload_input *in, struct stream_made *ret_made, struct bd_err *err)
{
    const struct job_nodes nodes = jobstream_nodes(&in->plan->spec);
    ret_made->users = (unsigned)bd_json_int(in->spec, "users", 0);
    ret_made->rate = stream_rate(in->spec, &nodes);
    return stream_make(in->spec, in->seed, in->block, &nodes, &ret_made->jobs, err);
}

bool jobstream_is_scaled(const json_t *spec)
{
    return !json_object_get(spec, "runtime");
}

/* More jobs are the same jobs and some more (docs/streams.md): the first ones stand for all. */
static json_t *limits(const json_t *spec, const struct cluster_spec *cluster, uint64_t seed)
{
    const struct sched *sched = sched_find(cluster->scheduler);
    const struct job_nodes nodes = jobstream_nodes(cluster);
    int64_t grain_ns = sched ? sched->limit_grain_ns : 0;
    double scale = jobstream_is_scaled(spec) ? bd_json_real(spec, "timeScale", 1) : 1;
    bd_auto_json json_t *first = json_copy((json_t *)spec);
    struct job_stream stream;
    if (bd_json_int(spec, "jobs", 0) > LOOKED_AT)
        json_object_set_new(first, "jobs", json_integer(LOOKED_AT));
    if (stream_make(first, seed, 0, &nodes, &stream, NULL) < 0)
        return NULL;
    json_t *found = jobstream_limits(&stream, grain_ns, scale);
    json_object_set_new(found, "different",
                        json_integer((json_int_t)stream_limits_below(&stream, grain_ns)));
    json_object_set_new(found, "matter", json_boolean(sched_plans_with_limits(cluster)));
    job_stream_done(&stream);
    return found;
}

static int run(const struct workload_input *in, struct bd_err *err)
{
    return jobstream_run(in, make, err);
}

const struct workload workload_jobstream = {
    .name = "jobstream",
    .title = "A stream of jobs, drawn from distributions and submitted at planned moments",
    .check = check,
    .limits = limits,
    .warm_up = jobstream_warm_up,
    .run = run,
    .salvage = jobstream_salvage,
    .results = jobstream_results,
    .has_metric = jobstream_has_metric,
};
