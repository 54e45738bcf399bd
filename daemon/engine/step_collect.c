/* collect: logs come out of the nodes, and metrics of what was left in the run's directory. */
#include "daemon/engine/measure.h"

static void warn_of_missing(const struct bd_strv *missing, struct step_output *out)
{
    for (size_t i = 0; i < missing->n; i++)
        bd_strv_add(&out->warnings, missing->items[i]);
}

static int take_results(const struct measure *m, struct step_output *out, struct bd_err *err)
{
    struct workload_result result = {0};
    int rc = m->workload->results(m->input.spec, m->dir_fd, &result, err);
    if (rc < 0)
        return rc;
    out->metrics = bd_take(result.metrics);
    out->conditions = bd_take(result.conditions);
    out->jobs = result.jobs;
    return 0;
}

/* What was seen of jobs is kept, and how far it goes; a run that failed has no metrics. */
static void salvage_jobs(const struct measure *m, struct step_output *out)
{
    struct bd_err why = BD_ERR_INIT;
    if (m->workload->salvage && m->workload->salvage(&m->input, &why) < 0)
        bd_strv_addf(&out->warnings, "not all that was seen was fetched: %s", why.text);
    if (take_results(m, out, NULL) == 0)
        json_decref(bd_take(out->metrics));
}

/* Of a run that failed: whatever can be had, from every node; why it failed is known already. */
static int salvage(const struct step_host *host, const struct step_input *in,
                   struct step_output *out)
{
    bd_auto_measure struct measure m = {.dir_fd = -1};
    bd_auto_strv struct bd_strv missing = {0};
    struct bd_err why = BD_ERR_INIT;
    int rc = measure_open(host, in, &m, &why);
    if (rc == 0)
        rc = logs_collect(&m.input, true, &missing, &why);
    if (rc < 0)
        bd_strv_addf(&out->warnings, "logs were not fetched: %s", why.text);
    else
        salvage_jobs(&m, out);
    warn_of_missing(&missing, out);
    return 0;
}

int step_collect_exec(const struct step_host *host, const struct step_input *in,
                      struct step_output *out, struct bd_err *err)
{
    if (in->run.salvage)
        return salvage(host, in, out);
    bd_auto_measure struct measure m = {.dir_fd = -1};
    bd_auto_strv struct bd_strv missing = {0};
    int rc = measure_open(host, in, &m, err);
    if (rc == 0)
        rc = logs_collect(&m.input, false, &missing, err);
    if (rc == 0)
        rc = hooks_run(&m.channel, &in->plan, json_object_get(in->run.spec, "hooks"), "collected",
                       m.dir_fd, in->cancel, err);
    if (rc == 0)
        rc = take_results(&m, out, err);
    warn_of_missing(&missing, out);
    return rc;
}
