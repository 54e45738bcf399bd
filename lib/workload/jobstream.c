/* The workload `jobstream`: its stream is drawn from distributions (lib/jobs/stream.c). */
#include "lib/workload/jobstream.h"

#include "lib/workload/command_check.h"

static void check_priorities(const json_t *spec, const struct cluster_spec *cluster,
                             struct schema_faults *faults)
{
    const struct sched *sched = sched_find(cluster->scheduler);
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
    command_check_timeout(spec, "/workload", faults);
    stream_check(spec, cluster->compute, faults);
    check_priorities(spec, cluster, faults);
    jobstream_check_users(bd_json_int(spec, "users", 0), cluster, faults);
}

static int make(const struct workload_input *in, struct stream_made *ret_made, struct bd_err *err)
{
    unsigned compute = in->plan->spec.compute;
    ret_made->users = (unsigned)bd_json_int(in->spec, "users", 0);
    ret_made->rate = stream_rate(in->spec, compute);
    return stream_make(in->spec, in->seed, in->block, compute, &ret_made->jobs, err);
}

static int run(const struct workload_input *in, struct bd_err *err)
{
    return jobstream_run(in, make, err);
}

const struct workload workload_jobstream = {
    .name = "jobstream",
    .title = "A stream of jobs, drawn from distributions and submitted at planned moments",
    .check = check,
    .warm_up = jobstream_warm_up,
    .run = run,
    .salvage = jobstream_salvage,
    .results = jobstream_results,
    .has_metric = jobstream_has_metric,
};
