/* workload: what is measured, and meanwhile what nodes and host use. */
#include "daemon/engine/measure.h"

#include "lib/base/clock.h"

#define INTERVAL_NS BD_NS_PER_S

/* NULL: none are wanted, or none can be had; then the run has a warning. */
static struct sampler *begin_sampling(const struct step_host *host, const struct step_input *in,
                                      const struct measure *m, struct step_output *out)
{
    const json_t *spec = json_object_get(in->run.spec, "sampling");
    const char *interval = bd_json_str(spec, "interval", "");
    struct sampler_config config = {
        .plan = &in->plan,
        .cgroup2 = host->cgroup2,
        .interval_ns = INTERVAL_NS,
        .live = in->live,
        .daemons = m->input.sched->daemons,
    };
    struct sampler *sampler = NULL;
    struct bd_err why = BD_ERR_INIT;
    if (!bd_json_bool(spec, "enabled", 1))
        return NULL;
    if (bd_parse_duration_ns(interval, &config.interval_ns) < 0)
        config.interval_ns = INTERVAL_NS;
    if (sampler_start(&config, &sampler, &why) < 0)
        bd_strv_addf(&out->warnings, "there are no samples of nodes and host: %s", why.text);
    return sampler;
}

/* What is not known is left out. */
static void add_span(json_t *to, const char *name, const struct sampler_span *span)
{
    bd_auto_free char *mean = bd_xasprintf("%sMean", name);
    bd_auto_free char *max = bd_xasprintf("%sMax", name);
    if (span->mean < 0)
        return;
    json_object_set_new(to, mean, json_real(span->mean));
    json_object_set_new(to, max, json_real(span->max));
}

static json_t *noise_json(const struct step_host *host, const struct sampler_noise *noise)
{
    json_t *json = json_pack("{s:f}", "limitCpus", host->quiet_cpus * host->cpus);
    add_span(json, "outsideCpus", &noise->outside_cpus);
    add_span(json, "steal", &noise->steal);
    add_span(json, "psiCpu", &noise->psi_cpu);
    add_span(json, "psiMemory", &noise->psi_memory);
    add_span(json, "psiIo", &noise->psi_io);
    if (noise->energy_j >= 0)
        json_object_set_new(json, "energyJ", json_real(noise->energy_j));
    return json;
}

static json_t *daemons_json(const struct sampler_result *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->n_daemons; i++) {
        const struct sample_daemon *d = &r->daemons[i];
        json_t *one = json_pack("{s:s, s:I, s:I}", "unit", d->unit, "peakBytes",
                                (json_int_t)d->peak_bytes, "switches", (json_int_t)d->switches);
        if (d->cpu_ns >= 0)
            json_object_set_new(one, "cpuSeconds",
                                json_real((double)d->cpu_ns / (double)BD_NS_PER_S));
        json_array_append_new(list, one);
    }
    return list;
}

static bool is_among(const char *name, const struct node_plan *nodes, size_t n)
{
    while (n > 0 && !bd_str_eq(nodes[n - 1].name, name))
        n--;
    return n > 0;
}

/* What all that runs on these nodes used: samples are rates, each since the one before. NULL: there
 * are none. */
static json_t *used_json(const struct sampler_result *r, const struct node_plan *nodes, size_t n)
{
    double seconds = 0;
    bool found = false;
    for (size_t i = 0; i < r->n_series; i++) {
        const struct sample_series *s = &r->series[i];
        int64_t before_ns = 0;
        if (s->metric != SAMPLE_CPU || !is_among(s->node, nodes, n))
            continue;
        found = true;
        for (size_t k = 0; k < s->n; before_ns = s->points[k++].at_ns)
            seconds +=
                s->points[k].value * (double)(s->points[k].at_ns - before_ns) / (double)BD_NS_PER_S;
    }
    return found ? json_pack("{s:f}", "cpuSeconds", seconds) : NULL;
}

static json_t *sampler_json(const struct sampler_result *r)
{
    const struct sampler_cost *cost = &r->cost;
    return json_pack("{s:I, s:f, s:i, s:i, s:i, s:i, s:f, s:f}", "beginMonoNs",
                     (json_int_t)r->start_mono_ns, "cpuSeconds",
                     (double)cost->cpu_ns / (double)BD_NS_PER_S, "rounds", (int)cost->rounds,
                     "late", (int)cost->late, "skipped", (int)cost->skipped, "cut", (int)cost->cut,
                     "roundMeanMs", (double)cost->round_mean_ns / (double)BD_NS_PER_MS,
                     "roundMaxMs", (double)cost->round_max_ns / (double)BD_NS_PER_MS);
}

static void end_sampling(const struct step_host *host, const struct step_input *in,
                         struct sampler *sampler, struct step_output *out)
{
    struct sampler_result r = {0};
    struct bd_err why = BD_ERR_INIT;
    if (!sampler)
        return;
    sampler_stop(sampler, &r);
    if (sampler_blocks(&r, &out->samples, &out->n_samples, &why) < 0)
        bd_strv_addf(&out->warnings, "samples of nodes and host could not be kept: %s", why.text);
    const struct cluster_plan *plan = &in->plan;
    size_t controllers = plan->spec.bare ? plan->n_nodes : plan->spec.controllers;
    out->conditions = json_pack(
        "{s:o, s:o, s:o, s:o*, s:o*}", "noise", noise_json(host, &r.noise), "scheduler",
        daemons_json(&r), "sampler", sampler_json(&r), "controller", used_json(&r, plan->nodes, 1),
        "compute", used_json(&r, plan->nodes + controllers, plan->n_nodes - controllers));
    sampler_result_done(&r);
}

int step_workload_exec(const struct step_host *host, const struct step_input *in,
                       struct step_output *out, struct bd_err *err)
{
    bd_auto_measure struct measure m = {.dir_fd = -1};
    int rc = measure_open(host, in, &m, err);
    if (rc < 0)
        return rc;
    struct sampler *sampler = begin_sampling(host, in, &m, out);
    rc = m.workload->run(&m.input, err);
    end_sampling(host, in, sampler, out);
    return rc;
}
