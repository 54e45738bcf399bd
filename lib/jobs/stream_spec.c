/* Reads a jobstream's spec. It may come from a store that was damaged: nothing is taken for
 * granted that the contract's schema says. */
#include "lib/jobs/stream_priv.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define US_PER_S       1e6
#define NS_PER_US      1000
#define RUNTIME_MAX_NS (24 * 3600 * BD_NS_PER_S)
#define EXPECTED_MAX_S (365 * 86400.0) /* far from where sums of times overflow */
#define LOAD_MAX       100
#define FACTOR_MAX     10000
#define PRIORITY_MAX   1000
#define PAYLOAD_MIN    4096
#define PAYLOAD_MAX    ((uint64_t)1 << 40)

struct reader {
    const json_t *spec;
    unsigned compute;
    struct stream_spec *out;
    struct schema_faults *faults;
};

/* ----------------------------------------------------------------------------------- one member */

static void fault(struct reader *r, const char *at, const json_t *got, const char *expected)
{
    bd_auto_free char *text = got && !json_is_string(got) ? bd_json_text(got) : NULL;
    schema_faults_add(r->faults, at, json_is_string(got) ? json_string_value(got) : text, "%s",
                      expected);
}

static double number(struct reader *r, const json_t *value, const char *at, double min, double max)
{
    double v = json_number_value(value);
    if (json_is_number(value) && v >= min && v <= max)
        return v;
    bd_auto_free char *expected = bd_xasprintf("a number from %g to %g", min, max);
    fault(r, at, value, expected);
    return min;
}

static json_int_t whole(struct reader *r, const json_t *value, const char *at, json_int_t min,
                        json_int_t max)
{
    double v = json_number_value(value);
    if (json_is_number(value) && v >= (double)min && v <= (double)max && floor(v) == v)
        return (json_int_t)v;
    bd_auto_free char *expected =
        bd_xasprintf("a whole number from %lld to %lld", (long long)min, (long long)max);
    fault(r, at, value, expected);
    return min;
}

static uint32_t nodes(struct reader *r, const json_t *value, const char *at)
{
    double v = json_number_value(value);
    if (json_is_number(value) && v >= 1 && v <= r->compute && floor(v) == v)
        return (uint32_t)v;
    bd_auto_free char *expected =
        bd_xasprintf("from 1 to %u nodes: so many compute nodes has the cluster", r->compute);
    fault(r, at, value, expected);
    return 1;
}

/* A duration of a runtime, in us. */
static double duration(struct reader *r, const json_t *value, const char *at)
{
    int64_t ns = 0;
    if (json_is_string(value) && bd_parse_duration_ns(json_string_value(value), &ns) == 0 &&
        ns >= NS_PER_US && ns <= RUNTIME_MAX_NS)
        return (double)ns / NS_PER_US;
    fault(r, at, value, "a duration from 1us to 24h");
    return 1;
}

static double share(struct reader *r, const json_t *holder, const char *at)
{
    return number(r, json_object_get(holder, "share"), at, 0, 1);
}

/* ----------------------------------------------------------------------------------------- size */

static void add_size(struct reader *r, uint32_t size)
{
    r->out->sizes[r->out->n_sizes++] = size;
}

static void size_constant(struct reader *r, const json_t *value)
{
    add_size(r, nodes(r, value, "/workload/size/constant"));
}

static void size_choice(struct reader *r, const json_t *list)
{
    if (json_array_size(list) < 1 || json_array_size(list) > STREAM_CHOICES_MAX) {
        fault(r, "/workload/size/choice", NULL, "from 1 to 1000 numbers of nodes");
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        bd_auto_free char *at = bd_xasprintf("/workload/size/choice/%zu", i);
        add_size(r, nodes(r, json_array_get(list, i), at));
    }
}

static uint32_t power_of_two(struct reader *r, const json_t *value, const char *at)
{
    uint32_t n = nodes(r, value, at);
    if ((n & (n - 1)) != 0)
        fault(r, at, value, "a power of two");
    return n;
}

static void size_power_of_two(struct reader *r, const json_t *bounds)
{
    const json_t *most = json_object_get(bounds, "max");
    uint32_t min = power_of_two(r, json_object_get(bounds, "min"), "/workload/size/powerOfTwo/min");
    uint32_t max = power_of_two(r, most, "/workload/size/powerOfTwo/max");
    if (min > max)
        fault(r, "/workload/size/powerOfTwo/max", most, "no less than min");
    for (uint32_t size = min; size <= max; size *= 2)
        add_size(r, size);
}

/* Rounded up; what is above a whole number by no more than the error of 0.07 x 100 counts as it. */
static void add_fraction(struct reader *r, const json_t *value, const char *at)
{
    double fraction = number(r, value, at, 0, 1);
    if (fraction <= 0)
        fault(r, at, value, "more than 0 of the nodes");
    double size = ceil(fraction * r->compute - 1e-9);
    add_size(r, size < 1 ? 1 : (uint32_t)size);
}

static void size_fraction(struct reader *r, const json_t *value)
{
    if (!json_is_array(value)) {
        add_fraction(r, value, "/workload/size/fraction");
        return;
    }
    if (json_array_size(value) < 1 || json_array_size(value) > STREAM_CHOICES_MAX) {
        fault(r, "/workload/size/fraction", NULL, "from 1 to 1000 fractions");
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        bd_auto_free char *at = bd_xasprintf("/workload/size/fraction/%zu", i);
        add_fraction(r, json_array_get(value, i), at);
    }
}

static const struct {
    const char *name;
    void (*read)(struct reader *r, const json_t *value);
} sizes[] = {
    {"constant", size_constant},
    {"choice", size_choice},
    {"powerOfTwo", size_power_of_two},
    {"fraction", size_fraction},
};

static void read_size(struct reader *r)
{
    const json_t *size = json_object_get(r->spec, "size");
    if (!size) {
        add_size(r, 1);
        return;
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(sizes); i++) {
        const json_t *value = json_object_get(size, sizes[i].name);
        if (value && json_object_size(size) == 1) {
            sizes[i].read(r, value);
            return;
        }
    }
    fault(r, "/workload/size", size, "one of constant, choice, powerOfTwo and fraction");
}

/* -------------------------------------------------------------------------------------- runtime */

static double runtime_member(struct reader *r, const char *name)
{
    bd_auto_free char *at = bd_xasprintf("/workload/runtime/%s", name);
    return duration(r, json_object_get(json_object_get(r->spec, "runtime"), name), at);
}

static void read_bounds(struct reader *r, const json_t *runtime)
{
    struct variate *v = &r->out->runtime;
    bool must_be_there = v->kind == VARIATE_UNIFORM;
    v->min = 1;
    v->max = (double)RUNTIME_MAX_NS / NS_PER_US;
    if (must_be_there || json_object_get(runtime, "min"))
        v->min = runtime_member(r, "min");
    if (must_be_there || json_object_get(runtime, "max"))
        v->max = runtime_member(r, "max");
    if (v->min > v->max)
        fault(r, "/workload/runtime/max", json_object_get(runtime, "max"), "no less than min");
}

static void read_branches(struct reader *r, const json_t *list)
{
    struct variate *v = &r->out->runtime;
    double sum = 0;
    size_t n = json_array_size(list);
    if (n < 1 || n > VARIATE_BRANCHES_MAX) {
        fault(r, "/workload/runtime/branches", NULL, "from 1 to 16 branches");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *branch = json_array_get(list, i);
        bd_auto_free char *at = bd_xasprintf("/workload/runtime/branches/%zu/probability", i);
        bd_auto_free char *at_mean = bd_xasprintf("/workload/runtime/branches/%zu/mean", i);
        double p = number(r, json_object_get(branch, "probability"), at, 0, 1);
        double mean = duration(r, json_object_get(branch, "mean"), at_mean);
        v->branches[v->n_branches++] = (struct variate_branch){p, mean};
        sum += p;
    }
    if (fabs(sum - 1) > 1e-9) {
        bd_auto_free char *expected = bd_xasprintf("probabilities that sum to 1, not %.9g", sum);
        fault(r, "/workload/runtime/branches", NULL, expected);
    }
}

static void read_sigma(struct reader *r, const json_t *runtime)
{
    const char *at = "/workload/runtime/sigma";
    const json_t *sigma = json_object_get(runtime, "sigma");
    r->out->runtime.sigma = number(r, sigma, at, 0, VARIATE_SIGMA_MAX);
    if (r->out->runtime.sigma <= 0)
        fault(r, at, sigma, "more than 0");
}

static void read_runtime(struct reader *r)
{
    static const char *const centres[VARIATE_KIND_COUNT] = {
        [VARIATE_CONSTANT] = "value",
        [VARIATE_EXPONENTIAL] = "mean",
        [VARIATE_LOGNORMAL] = "median",
    };
    const json_t *runtime = json_object_get(r->spec, "runtime");
    struct variate *v = &r->out->runtime;
    if (variate_kind_from_str(bd_json_str(runtime, "distribution", NULL), &v->kind) < 0) {
        fault(r, "/workload/runtime/distribution", json_object_get(runtime, "distribution"),
              "one of constant, uniform, exponential, hyperexponential and lognormal");
        return;
    }
    read_bounds(r, runtime);
    if (centres[v->kind])
        v->centre = runtime_member(r, centres[v->kind]);
    if (v->kind == VARIATE_LOGNORMAL)
        read_sigma(r, runtime);
    if (v->kind == VARIATE_HYPEREXPONENTIAL)
        read_branches(r, json_object_get(runtime, "branches"));
}

/* ---------------------------------------------------------------------------------- other draws */

/* "uniform(1, 5)": what is between the parentheses are two JSON numbers. */
static json_t *factor_range(const char *text)
{
    static const char before[] = "uniform(";
    json_t *range = NULL;
    size_t n = strlen(text);
    if (!bd_starts_with(text, before) || !bd_ends_with(text, ")"))
        return NULL;
    bd_auto_free char *list =
        bd_xasprintf("[%.*s]", (int)(n - strlen(before) - 1), text + strlen(before));
    bd_json_parse(list, strlen(list), &range, NULL);
    return range;
}

static void read_factor(struct reader *r)
{
    const char *at = "/workload/requested/factor";
    const json_t *factor = json_object_get(json_object_get(r->spec, "requested"), "factor");
    struct stream_spec *out = r->out;
    out->factor_min = out->factor_max = 2;
    if (!factor)
        return;
    if (!json_is_string(factor)) {
        out->factor_min = out->factor_max = number(r, factor, at, 1, FACTOR_MAX);
        return;
    }
    bd_auto_json json_t *range = factor_range(json_string_value(factor));
    const json_t *low = json_array_get(range, 0), *high = json_array_get(range, 1);
    out->factor_min = json_number_value(low);
    out->factor_max = json_number_value(high);
    if (json_array_size(range) != 2 || out->factor_min < 1 || out->factor_max < out->factor_min ||
        out->factor_max > FACTOR_MAX)
        fault(r, at, factor, "a number or uniform(a, b), with 1 <= a <= b <= 10000");
}

static void read_priorities(struct reader *r)
{
    const json_t *list = json_object_get(r->spec, "priorities");
    if (list && (!json_is_array(list) || json_array_size(list) > STREAM_CHOICES_MAX)) {
        fault(r, "/workload/priorities", NULL, "a list of at most 1000 priorities");
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        bd_auto_free char *at = bd_xasprintf("/workload/priorities/%zu", i);
        r->out->priorities[r->out->n_priorities++] =
            (int32_t)whole(r, json_array_get(list, i), at, -PRIORITY_MAX, PRIORITY_MAX);
    }
}

static void read_arrays(struct reader *r)
{
    const json_t *arrays = json_object_get(r->spec, "arrays");
    struct stream_spec *out = r->out;
    out->array_tasks = 1;
    if (!arrays)
        return;
    out->array_share = share(r, arrays, "/workload/arrays/share");
    out->array_tasks = (uint32_t)whole(r, json_object_get(arrays, "tasks"),
                                       "/workload/arrays/tasks", 2, TASKS_MAX);
    /* How many jobs are arrays is left to chance: six standard deviations of it must fit. */
    double more = out->array_tasks - 1, tasks = out->jobs * (1 + more * out->array_share);
    double spread = more * sqrt(out->jobs * out->array_share * (1 - out->array_share));
    if (tasks + 6 * spread <= JOBS_MAX)
        return;
    bd_auto_free char *expected =
        bd_xasprintf("at most %d jobs, tasks of arrays counted each: about %.0f are to be expected",
                     JOBS_MAX, tasks);
    fault(r, "/workload/arrays", NULL, expected);
}

static void read_rest(struct reader *r)
{
    const json_t *users = json_object_get(r->spec, "users"),
                 *seed = json_object_get(r->spec, "seed"),
                 *dependencies = json_object_get(r->spec, "dependencies");
    if (users)
        r->out->users = (uint32_t)whole(r, users, "/workload/users", 0, USERS_MAX);
    if (dependencies)
        r->out->dependency_share = share(r, dependencies, "/workload/dependencies/share");
    r->out->is_fixed = bd_str_eq(bd_json_str(r->spec, "seed", NULL), "fixed");
    if (seed && !r->out->is_fixed && !bd_str_eq(json_string_value(seed), "per-block"))
        fault(r, "/workload/seed", seed, "per-block or fixed");
}

/* ------------------------------------------------------------------------------------- arrivals */

static const char *const processes[ARRIVAL_PROCESS_COUNT] = {
    [ARRIVAL_POISSON] = "poisson",
    [ARRIVAL_UNIFORM] = "uniform",
    [ARRIVAL_BURST] = "burst",
    [ARRIVAL_ALL] = "all",
};

static enum arrival_process read_process(struct reader *r, const json_t *arrival)
{
    const char *name = bd_json_str(arrival, "process", processes[ARRIVAL_POISSON]);
    for (int i = 0; i < ARRIVAL_PROCESS_COUNT; i++)
        if (bd_str_eq(name, processes[i]))
            return (enum arrival_process)i;
    fault(r, "/workload/arrival/process", json_object_get(arrival, "process"),
          "one of poisson, uniform, burst and all");
    return ARRIVAL_ALL;
}

static double mean_size(const struct stream_spec *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_sizes; i++)
        sum += s->sizes[i];
    return sum / (double)s->n_sizes;
}

/* load = E[nodes x tasks x runtime] / (gap x compute), all three drawn independently. */
static double gap_of_load(struct reader *r, double load)
{
    const struct stream_spec *s = r->out;
    double tasks = 1 + (s->array_tasks - 1) * s->array_share;
    return mean_size(s) * tasks * variate_mean(&s->runtime) / (load * r->compute);
}

static double read_load(struct reader *r, const json_t *value)
{
    double load = number(r, value, "/workload/arrival/load", 0, LOAD_MAX);
    if (load <= 0)
        fault(r, "/workload/arrival/load", value, "more than 0");
    return load > 0 && r->faults->n == 0 ? gap_of_load(r, load) : 0;
}

static double read_rate(struct reader *r, const json_t *value)
{
    double rate = 0;
    if (bd_parse_rate(json_is_string(value) ? json_string_value(value) : "", &rate) == 0)
        return US_PER_S / rate;
    fault(r, "/workload/arrival/rate", value, "jobs in a time: 20/s, 0.5/s, 30/min, 10/h");
    return 0;
}

/* The last job has to come while the stream may still take. */
static void check_length(struct reader *r, double gap_us)
{
    const json_t *timeout = json_object_get(r->spec, "timeout");
    int64_t ns = 3600 * BD_NS_PER_S;
    if (timeout && (!json_is_string(timeout) ||
                    bd_parse_duration_ns(json_string_value(timeout), &ns) < 0 || ns <= 0)) {
        fault(r, "/workload/timeout", timeout, "a duration, such as 30min");
        return;
    }
    double last_s = r->out->jobs * gap_us / US_PER_S;
    if (last_s <= (double)ns / BD_NS_PER_S && last_s <= EXPECTED_MAX_S)
        return;
    bd_auto_free char *expected = bd_xasprintf(
        "more than %.0fs: about then the last job arrives (a year at most)", ceil(last_s));
    fault(r, "/workload/timeout", timeout, expected);
}

/* Exactly one of load and rate, and none where there is no use for it. */
static double read_gap(struct reader *r, const json_t *arrival)
{
    const json_t *load = json_object_get(arrival, "load"), *rate = json_object_get(arrival, "rate");
    if (r->out->process == ARRIVAL_ALL) {
        if (load || rate)
            fault(r, load ? "/workload/arrival/load" : "/workload/arrival/rate", load ? load : rate,
                  "neither load nor rate: all jobs arrive at once");
        return 0;
    }
    if (!load == !rate) {
        fault(r, "/workload/arrival", NULL, "either load or rate");
        return 0;
    }
    return load ? read_load(r, load) : read_rate(r, rate);
}

static void read_arrival(struct reader *r)
{
    struct stream_spec *out = r->out;
    bd_auto_json json_t *arrival = json_incref(json_object_get(r->spec, "arrival"));
    if (!arrival)
        arrival = json_pack("{s:s, s:f}", "process", processes[ARRIVAL_POISSON], "load", 0.8);
    const json_t *burst = json_object_get(arrival, "burst");
    out->process = read_process(r, arrival);
    out->burst = 1;
    if (out->process == ARRIVAL_BURST)
        out->burst = (uint32_t)whole(r, burst, "/workload/arrival/burst", 1, JOBS_MAX);
    else if (burst)
        fault(r, "/workload/arrival/burst", burst, "none, but where process is burst");
    out->gap_us = read_gap(r, arrival);
    check_length(r, out->gap_us);
}

/* ---------------------------------------------------------------------------------------- whole */

/* Not drawn: the payload's memory. Whether the node has so much is for others to say. */
static void check_payload(struct reader *r)
{
    uint64_t bytes = 0;
    const json_t *memory = json_object_get(r->spec, "payloadMemory");
    if (memory &&
        (!json_is_string(memory) || bd_parse_bytes(json_string_value(memory), &bytes) < 0 ||
         bytes < PAYLOAD_MIN || bytes > PAYLOAD_MAX))
        fault(r, "/workload/payloadMemory", memory, "from 4KiB to 1TiB");
}

void stream_spec_read(const json_t *spec, unsigned compute, struct stream_spec *ret_spec,
                      struct schema_faults *faults)
{
    bd_auto_faults struct schema_faults found = {0};
    *ret_spec = (struct stream_spec){0};
    struct reader r = {.spec = spec, .compute = compute, .out = ret_spec, .faults = &found};
    ret_spec->jobs =
        (uint32_t)whole(&r, json_object_get(spec, "jobs"), "/workload/jobs", 1, JOBS_MAX);
    read_size(&r);
    read_runtime(&r);
    read_factor(&r);
    read_priorities(&r);
    read_arrays(&r);
    read_rest(&r);
    check_payload(&r);
    read_arrival(&r); /* the last: the gap of a load follows from all that is above */
    for (size_t i = 0; i < found.n; i++)
        schema_faults_add(faults, found.items[i].pointer, found.items[i].got, "%s",
                          found.items[i].expected);
}
