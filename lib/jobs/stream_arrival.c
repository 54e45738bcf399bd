/* Reads when a jobstream's jobs arrive: the process, its rate, a cycle, sessions of users. */
#include "lib/jobs/stream_priv.h"

#include "lib/base/clock.h"

#include <math.h>

#define HOUR_NS          (3600 * BD_NS_PER_S)
#define PERIOD_MAX_NS    (8760 * HOUR_NS)
#define EXPECTED_MAX_S   (365 * 86400.0) /* far from where sums of times overflow */
#define LOAD_MAX         100
#define SESSION_JOBS_MAX 1000

static const char *const processes[ARRIVAL_PROCESS_COUNT] = {
    [ARRIVAL_POISSON] = "poisson",   [ARRIVAL_UNIFORM] = "uniform", [ARRIVAL_BURST] = "burst",
    [ARRIVAL_SESSIONS] = "sessions", [ARRIVAL_ALL] = "all",
};

static enum arrival_process read_process(struct stream_reader *r, const json_t *arrival)
{
    const char *name = bd_json_str(arrival, "process", processes[ARRIVAL_POISSON]);
    for (int i = 0; i < ARRIVAL_PROCESS_COUNT; i++)
        if (bd_str_eq(name, processes[i]))
            return (enum arrival_process)i;
    stream_fault(r, "/workload/arrival/process", json_object_get(arrival, "process"),
                 "one of poisson, uniform, burst, sessions and all");
    return ARRIVAL_ALL;
}

/* -------------------------------------------------------------------------------- load and rate */

static double mean_size(const struct stream_spec *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_sizes; i++)
        sum += s->sizes[i];
    return sum / (double)s->n_sizes;
}

static double runtime_mean_us(const struct stream_spec *s, uint32_t nodes)
{
    return s->model_runtimes
               ? lublin_runtime_mean(&s->model, nodes) * STREAM_US_PER_S * s->time_scale
               : variate_mean(&s->runtime);
}

/* E[nodes x runtime]; a runtime of the model depends on the size. */
static double mean_work(const struct stream_spec *s)
{
    double sum = 0;
    if (!s->model_sizes && !s->model_runtimes)
        return mean_size(s) * variate_mean(&s->runtime);
    if (!s->model_sizes) {
        for (size_t i = 0; i < s->n_sizes; i++)
            sum += s->sizes[i] * runtime_mean_us(s, s->sizes[i]) / (double)s->n_sizes;
        return sum;
    }
    for (uint32_t nodes = 1; nodes <= s->model.largest; nodes++)
        sum += lublin_size_probability(&s->model, nodes) * nodes * runtime_mean_us(s, nodes);
    return sum;
}

/* Of the cores of a node that it is on, those that a job keeps from others, on average. */
static double mean_share(const struct stream_spec *s, unsigned cores_of_node)
{
    struct job_ask ask = s->ask;
    double sum = 0;
    if (!ask.shares)
        return 1;
    for (size_t i = 0; i < s->n_cores; i++) {
        ask.cores_per_task = s->cores[i];
        sum += (double)job_cores(1, &ask, cores_of_node);
    }
    double cores =
        s->n_cores > 0 ? sum / (double)s->n_cores : (double)job_cores(1, &ask, cores_of_node);
    return cores / cores_of_node;
}

/* load = E[nodes x share x tasks x runtime] / (gap x compute); tasks and share are drawn
 * independently. */
static double gap_of_load(struct stream_reader *r, double load)
{
    const struct stream_spec *s = r->out;
    double tasks = 1 + (s->array_tasks - 1) * s->array_share;
    double work = mean_work(s) * mean_share(s, r->nodes->cores);
    return work * tasks / (load * r->nodes->compute);
}

static double read_load(struct stream_reader *r, const json_t *value, const char *at)
{
    double load = stream_number(r, value, at, 0, LOAD_MAX);
    if (load <= 0)
        stream_fault(r, at, value, "more than 0");
    return load > 0 && r->faults->n == 0 ? gap_of_load(r, load) : 0;
}

static double read_rate(struct stream_reader *r, const json_t *value)
{
    double rate = 0;
    if (bd_parse_rate(json_is_string(value) ? json_string_value(value) : "", &rate) == 0)
        return STREAM_US_PER_S / rate;
    stream_fault(r, "/workload/arrival/rate", value, "jobs in a time: 20/s, 0.5/s, 30/min, 10/h");
    return 0;
}

/* Exactly one of load and rate, and none where there is no use for it. */
static double read_gap(struct stream_reader *r, const json_t *arrival)
{
    const json_t *load = json_object_get(arrival, "load"), *rate = json_object_get(arrival, "rate");
    if (r->out->process == ARRIVAL_ALL) {
        if (load || rate)
            stream_fault(r, load ? "/workload/arrival/load" : "/workload/arrival/rate",
                         load ? load : rate, "neither load nor rate: all jobs arrive at once");
        return 0;
    }
    if (!load == !rate) {
        stream_fault(r, "/workload/arrival", NULL, "either load or rate");
        return 0;
    }
    return load ? read_load(r, load, "/workload/arrival/load") : read_rate(r, rate);
}

/* -------------------------------------------------------------------------- cycles and sessions */

static double *read_weights(struct stream_reader *r, const json_t *list, size_t *ret_n)
{
    size_t n = json_array_size(list);
    double sum = 0;
    if (n < 1 || n > CYCLE_WEIGHTS_MAX) {
        stream_fault(r, "/workload/arrival/cycle/weights", NULL, "from 1 to 1000 weights");
        return NULL;
    }
    bd_auto_free double *weights = bd_xcalloc(n, sizeof(*weights));
    for (size_t i = 0; i < n; i++) {
        bd_auto_free char *at = bd_xasprintf("/workload/arrival/cycle/weights/%zu", i);
        weights[i] = stream_number(r, json_array_get(list, i), at, 0, 1e6);
        sum += weights[i];
    }
    if (sum < 1e-6) {
        stream_fault(r, "/workload/arrival/cycle/weights", NULL,
                     "weights that sum to 1e-6 or more");
        return NULL;
    }
    *ret_n = n;
    return bd_take(weights);
}

static void read_cycle(struct stream_reader *r, const json_t *cycle)
{
    const char *at = "/workload/arrival/cycle/period";
    const json_t *period = json_object_get(cycle, "period"),
                 *start = json_object_get(cycle, "start");
    double period_us = 24 * 3600 * STREAM_US_PER_S, start_us = 0, scale = r->out->time_scale;
    size_t n = 0;
    if (r->out->process == ARRIVAL_ALL)
        stream_fault(r, "/workload/arrival/cycle", NULL, "none: all jobs arrive at once");
    if (period)
        period_us = stream_duration(r, period, at, BD_NS_PER_MS, PERIOD_MAX_NS,
                                    "a duration from 1ms to 8760h");
    if (period_us * scale < CYCLE_PERIOD_MIN_US)
        stream_fault(r, at, period, "1ms or more, by timeScale");
    if (start)
        start_us = stream_duration(r, start, "/workload/arrival/cycle/start", 1, PERIOD_MAX_NS,
                                   "a duration of less than the period");
    if (start_us >= period_us)
        stream_fault(r, "/workload/arrival/cycle/start", start, "less than the period");
    bd_auto_free double *weights = read_weights(r, json_object_get(cycle, "weights"), &n);
    if (weights && r->faults->n == 0)
        cycle_init(&r->out->cycle, weights, n, period_us * scale, start_us * scale);
}

static void read_session(struct stream_reader *r, const json_t *session)
{
    const char *at = "/workload/arrival/session/jobs";
    const json_t *jobs = json_object_get(session, "jobs");
    const char *distribution = bd_json_str(session, "distribution", "geometric");
    struct stream_session *out = &r->out->session;
    out->is_geometric = bd_str_eq(distribution, "geometric");
    if (!out->is_geometric && !bd_str_eq(distribution, "constant"))
        stream_fault(r, "/workload/arrival/session/distribution",
                     json_object_get(session, "distribution"), "geometric or constant");
    out->jobs = stream_number(r, jobs, at, 1, SESSION_JOBS_MAX);
    if (!out->is_geometric && floor(out->jobs) != out->jobs)
        stream_fault(r, at, jobs, "a whole number, where distribution is constant");
    stream_variate(r, json_object_get(session, "think"), "/workload/arrival/session/think",
                   &out->think);
}

/* From a session's beginning to one of its jobs, on average: at most so late is a whole stream. */
static double mean_offset_us(const struct stream_spec *s)
{
    double gaps = s->session.is_geometric ? s->session.jobs - 1 : (s->session.jobs - 1) / 2;
    return s->process == ARRIVAL_SESSIONS ? gaps * variate_mean(&s->session.think) * s->time_scale
                                          : 0;
}

/* ---------------------------------------------------------------------------------------- whole */

/* A member that one process has and the others have not. */
static bool has_own(struct stream_reader *r, const json_t *arrival, const char *name,
                    enum arrival_process process)
{
    const json_t *value = json_object_get(arrival, name);
    bool is_its = r->out->process == process;
    bd_auto_free char *at = bd_xasprintf("/workload/arrival/%s", name);
    bd_auto_free char *expected = bd_xasprintf("none, but where process is %s", processes[process]);
    if (value && !is_its)
        stream_fault(r, at, value, expected);
    return is_its;
}

/* The last job has to come while the stream may still take. */
static void check_length(struct stream_reader *r)
{
    const struct stream_spec *s = r->out;
    const json_t *timeout = json_object_get(r->spec, "timeout");
    int64_t ns = HOUR_NS;
    if (timeout && (!json_is_string(timeout) ||
                    bd_parse_duration_ns(json_string_value(timeout), &ns) < 0 || ns <= 0)) {
        stream_fault(r, "/workload/timeout", timeout, "a duration, such as 30min");
        return;
    }
    double gaps_us = s->jobs * s->gap_us;
    double last_s = (cycle_real(&s->cycle, gaps_us) + mean_offset_us(s)) / STREAM_US_PER_S;
    if (last_s <= (double)ns / BD_NS_PER_S && last_s <= EXPECTED_MAX_S)
        return;
    bd_auto_free char *expected = bd_xasprintf(
        "more than %.0fs: about then the last job arrives (a year at most)", ceil(last_s));
    stream_fault(r, "/workload/timeout", timeout, expected);
}

static void read_explicit(struct stream_reader *r, const json_t *arrival)
{
    struct stream_spec *out = r->out;
    const json_t *cycle = json_object_get(arrival, "cycle");
    out->process = read_process(r, arrival);
    out->burst = 1;
    if (has_own(r, arrival, "burst", ARRIVAL_BURST))
        out->burst = (uint32_t)stream_whole(r, json_object_get(arrival, "burst"),
                                            "/workload/arrival/burst", 1, JOBS_MAX);
    if (has_own(r, arrival, "session", ARRIVAL_SESSIONS))
        read_session(r, json_object_get(arrival, "session"));
    out->cycle.n = 0; /* not the model's */
    if (cycle)
        read_cycle(r, cycle);
    out->gap_us = read_gap(r, arrival);
}

/* As often as the model has it, or by a load. */
static void read_of_model(struct stream_reader *r, const json_t *model)
{
    const json_t *load = json_object_get(model, "load");
    struct stream_spec *out = r->out;
    out->process = ARRIVAL_MODEL;
    if (load)
        out->gap_us = read_load(r, load, "/workload/model/load");
    else if (r->faults->n == 0)
        out->gap_us = out->model.gap.mean_s * STREAM_US_PER_S * out->time_scale;
}

void stream_arrival_read(struct stream_reader *r)
{
    const json_t *model = json_object_get(r->spec, "model");
    bd_auto_json json_t *arrival = json_incref(json_object_get(r->spec, "arrival"));
    if (arrival && json_object_get(model, "load"))
        stream_fault(r, "/workload/model/load", json_object_get(model, "load"),
                     "none: arrival says when jobs come");
    if (!arrival && !model)
        arrival = json_pack("{s:s, s:f}", "process", processes[ARRIVAL_POISSON], "load", 0.8);
    if (arrival)
        read_explicit(r, arrival);
    else
        read_of_model(r, model);
    check_length(r);
}
