/* Reads a jobstream's spec. It may come from a store that was damaged: nothing is taken for
 * granted that the contract's schema says. */
#include "lib/jobs/stream_priv.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define NS_PER_US      1000
#define RUNTIME_MAX_NS (24 * 3600 * BD_NS_PER_S)
#define FACTOR_MAX     10000
#define PRIORITY_MAX   1000
#define TIME_SCALE_MAX 1000
#define PAYLOAD_MIN    4096
#define PAYLOAD_MAX    ((uint64_t)1 << 40)

/* ----------------------------------------------------------------------------------- one member */

void stream_fault(struct stream_reader *r, const char *at, const json_t *got, const char *expected)
{
    bd_auto_free char *text = got && !json_is_string(got) ? bd_json_text(got) : NULL;
    schema_faults_add(r->faults, at, json_is_string(got) ? json_string_value(got) : text, "%s",
                      expected);
}

double stream_number(struct stream_reader *r, const json_t *value, const char *at, double min,
                     double max)
{
    double v = json_number_value(value);
    if (json_is_number(value) && v >= min && v <= max)
        return v;
    bd_auto_free char *expected = bd_xasprintf("a number from %g to %g", min, max);
    stream_fault(r, at, value, expected);
    return min;
}

json_int_t stream_whole(struct stream_reader *r, const json_t *value, const char *at,
                        json_int_t min, json_int_t max)
{
    double v = json_number_value(value);
    if (json_is_number(value) && v >= (double)min && v <= (double)max && floor(v) == v)
        return (json_int_t)v;
    bd_auto_free char *expected =
        bd_xasprintf("a whole number from %lld to %lld", (long long)min, (long long)max);
    stream_fault(r, at, value, expected);
    return min;
}

static uint32_t nodes(struct stream_reader *r, const json_t *value, const char *at)
{
    double v = json_number_value(value);
    if (json_is_number(value) && v >= 1 && v <= r->nodes->compute && floor(v) == v)
        return (uint32_t)v;
    bd_auto_free char *expected = bd_xasprintf(
        "from 1 to %u nodes: so many compute nodes has the cluster", r->nodes->compute);
    stream_fault(r, at, value, expected);
    return 1;
}

double stream_duration(struct stream_reader *r, const json_t *value, const char *at, int64_t min_ns,
                       int64_t max_ns, const char *expected)
{
    int64_t ns = 0;
    if (json_is_string(value) && bd_parse_duration_ns(json_string_value(value), &ns) == 0 &&
        ns >= min_ns && ns <= max_ns)
        return (double)ns / NS_PER_US;
    stream_fault(r, at, value, expected);
    return 1;
}

static double share(struct stream_reader *r, const json_t *holder, const char *at)
{
    return stream_number(r, json_object_get(holder, "share"), at, 0, 1);
}

/* ----------------------------------------------------------------------------------------- size */

static void add_size(struct stream_reader *r, uint32_t size)
{
    r->out->sizes[r->out->n_sizes++] = size;
}

static void size_constant(struct stream_reader *r, const json_t *value)
{
    add_size(r, nodes(r, value, "/workload/size/constant"));
}

static void size_choice(struct stream_reader *r, const json_t *list)
{
    if (json_array_size(list) < 1 || json_array_size(list) > STREAM_CHOICES_MAX) {
        stream_fault(r, "/workload/size/choice", NULL, "from 1 to 1000 numbers of nodes");
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        bd_auto_free char *at = bd_xasprintf("/workload/size/choice/%zu", i);
        add_size(r, nodes(r, json_array_get(list, i), at));
    }
}

static uint32_t power_of_two(struct stream_reader *r, const json_t *value, const char *at)
{
    uint32_t n = nodes(r, value, at);
    if ((n & (n - 1)) != 0)
        stream_fault(r, at, value, "a power of two");
    return n;
}

static void size_power_of_two(struct stream_reader *r, const json_t *bounds)
{
    const json_t *most = json_object_get(bounds, "max");
    uint32_t min = power_of_two(r, json_object_get(bounds, "min"), "/workload/size/powerOfTwo/min");
    uint32_t max = power_of_two(r, most, "/workload/size/powerOfTwo/max");
    if (min > max)
        stream_fault(r, "/workload/size/powerOfTwo/max", most, "no less than min");
    for (uint32_t size = min; size <= max; size *= 2)
        add_size(r, size);
}

/* Rounded up; what is above a whole number by no more than the error of 0.07 x 100 counts as it. */
static void add_fraction(struct stream_reader *r, const json_t *value, const char *at)
{
    double fraction = stream_number(r, value, at, 0, 1);
    if (fraction <= 0)
        stream_fault(r, at, value, "more than 0 of the nodes");
    double size = ceil(fraction * r->nodes->compute - 1e-9);
    add_size(r, size < 1 ? 1 : (uint32_t)size);
}

static void size_fraction(struct stream_reader *r, const json_t *value)
{
    if (!json_is_array(value)) {
        add_fraction(r, value, "/workload/size/fraction");
        return;
    }
    if (json_array_size(value) < 1 || json_array_size(value) > STREAM_CHOICES_MAX) {
        stream_fault(r, "/workload/size/fraction", NULL, "from 1 to 1000 fractions");
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        bd_auto_free char *at = bd_xasprintf("/workload/size/fraction/%zu", i);
        add_fraction(r, json_array_get(value, i), at);
    }
}

static const struct {
    const char *name;
    void (*read)(struct stream_reader *r, const json_t *value);
} sizes[] = {
    {"constant", size_constant},
    {"choice", size_choice},
    {"powerOfTwo", size_power_of_two},
    {"fraction", size_fraction},
};

static void read_size(struct stream_reader *r)
{
    const json_t *size = json_object_get(r->spec, "size");
    if (!size) {
        r->out->model_sizes = json_object_get(r->spec, "model") != NULL;
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
    stream_fault(r, "/workload/size", size, "one of constant, choice, powerOfTwo and fraction");
}

/* -------------------------------------------------------------------------------------- runtime */

/* A distribution that is being read, and where it stands. */
struct distribution {
    struct stream_reader *r;
    const json_t *spec;
    const char *at;
    struct variate *v;
};

static double duration(const struct distribution *d, const json_t *value, const char *below)
{
    bd_auto_free char *at = bd_xasprintf("%s/%s", d->at, below);
    return stream_duration(d->r, value, at, NS_PER_US, RUNTIME_MAX_NS,
                           "a duration from 1us to 24h");
}

static double member(const struct distribution *d, const char *name)
{
    return duration(d, json_object_get(d->spec, name), name);
}

static void fault_in(const struct distribution *d, const char *below, const char *expected)
{
    bd_auto_free char *at = bd_xasprintf("%s/%s", d->at, below);
    stream_fault(d->r, at, json_object_get(d->spec, below), expected);
}

static void read_bounds(const struct distribution *d)
{
    struct variate *v = d->v;
    bool must_be_there = v->kind == VARIATE_UNIFORM;
    v->min = 1;
    v->max = (double)RUNTIME_MAX_NS / NS_PER_US;
    if (must_be_there || json_object_get(d->spec, "min"))
        v->min = member(d, "min");
    if (must_be_there || json_object_get(d->spec, "max"))
        v->max = member(d, "max");
    if (v->min > v->max)
        fault_in(d, "max", "no less than min");
}

static double read_branch(const struct distribution *d, const json_t *branch, size_t i)
{
    bd_auto_free char *at = bd_xasprintf("%s/branches/%zu/probability", d->at, i);
    bd_auto_free char *mean = bd_xasprintf("branches/%zu/mean", i);
    double p = stream_number(d->r, json_object_get(branch, "probability"), at, 0, 1);
    d->v->branches[d->v->n_branches++] =
        (struct variate_branch){p, duration(d, json_object_get(branch, "mean"), mean)};
    return p;
}

static void read_branches(const struct distribution *d)
{
    const json_t *list = json_object_get(d->spec, "branches");
    bd_auto_free char *at = bd_xasprintf("%s/branches", d->at);
    double sum = 0;
    size_t n = json_array_size(list);
    if (n < 1 || n > VARIATE_BRANCHES_MAX) {
        stream_fault(d->r, at, NULL, "from 1 to 16 branches");
        return;
    }
    for (size_t i = 0; i < n; i++)
        sum += read_branch(d, json_array_get(list, i), i);
    if (fabs(sum - 1) > 1e-9) {
        bd_auto_free char *expected = bd_xasprintf("probabilities that sum to 1, not %.9g", sum);
        stream_fault(d->r, at, NULL, expected);
    }
}

static void read_sigma(const struct distribution *d)
{
    bd_auto_free char *at = bd_xasprintf("%s/sigma", d->at);
    d->v->sigma = stream_number(d->r, json_object_get(d->spec, "sigma"), at, 0, VARIATE_SIGMA_MAX);
    if (d->v->sigma <= 0)
        fault_in(d, "sigma", "more than 0");
}

void stream_variate(struct stream_reader *r, const json_t *value, const char *at,
                    struct variate *ret_variate)
{
    static const char *const centres[VARIATE_KIND_COUNT] = {
        [VARIATE_CONSTANT] = "value",
        [VARIATE_EXPONENTIAL] = "mean",
        [VARIATE_LOGNORMAL] = "median",
    };
    const struct distribution d = {r, value, at, ret_variate};
    if (variate_kind_from_str(bd_json_str(value, "distribution", NULL), &ret_variate->kind) < 0) {
        fault_in(&d, "distribution",
                 "one of constant, uniform, exponential, hyperexponential and lognormal");
        return;
    }
    read_bounds(&d);
    if (centres[ret_variate->kind])
        ret_variate->centre = member(&d, centres[ret_variate->kind]);
    if (ret_variate->kind == VARIATE_LOGNORMAL)
        read_sigma(&d);
    if (ret_variate->kind == VARIATE_HYPEREXPONENTIAL)
        read_branches(&d);
}

/* What the spec does not say, its model does. */
static void read_runtime(struct stream_reader *r)
{
    const json_t *runtime = json_object_get(r->spec, "runtime");
    if (runtime)
        stream_variate(r, runtime, "/workload/runtime", &r->out->runtime);
    else if (!json_object_get(r->spec, "model"))
        stream_fault(r, "/workload/runtime", NULL, "a distribution of runtimes, where no model is");
    r->out->model_runtimes = !runtime;
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

static void read_factor(struct stream_reader *r)
{
    const char *at = "/workload/requested/factor";
    const json_t *factor = json_object_get(json_object_get(r->spec, "requested"), "factor");
    struct stream_spec *out = r->out;
    out->factor_min = out->factor_max = 2;
    if (!factor)
        return;
    if (!json_is_string(factor)) {
        out->factor_min = out->factor_max = stream_number(r, factor, at, 1, FACTOR_MAX);
        return;
    }
    bd_auto_json json_t *range = factor_range(json_string_value(factor));
    const json_t *low = json_array_get(range, 0), *high = json_array_get(range, 1);
    out->factor_min = json_number_value(low);
    out->factor_max = json_number_value(high);
    if (json_array_size(range) != 2 || out->factor_min < 1 || out->factor_max < out->factor_min ||
        out->factor_max > FACTOR_MAX)
        stream_fault(r, at, factor, "a number or uniform(a, b), with 1 <= a <= b <= 10000");
}

static void read_priorities(struct stream_reader *r)
{
    const json_t *list = json_object_get(r->spec, "priorities");
    if (list && (!json_is_array(list) || json_array_size(list) > STREAM_CHOICES_MAX)) {
        stream_fault(r, "/workload/priorities", NULL, "a list of at most 1000 priorities");
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        bd_auto_free char *at = bd_xasprintf("/workload/priorities/%zu", i);
        r->out->priorities[r->out->n_priorities++] =
            (int32_t)stream_whole(r, json_array_get(list, i), at, -PRIORITY_MAX, PRIORITY_MAX);
    }
}

static void read_arrays(struct stream_reader *r)
{
    const json_t *arrays = json_object_get(r->spec, "arrays");
    struct stream_spec *out = r->out;
    out->array_tasks = 1;
    if (!arrays)
        return;
    out->array_share = share(r, arrays, "/workload/arrays/share");
    out->array_tasks = (uint32_t)stream_whole(r, json_object_get(arrays, "tasks"),
                                              "/workload/arrays/tasks", 2, TASKS_MAX);
    /* How many jobs are arrays is left to chance: six standard deviations of it must fit. */
    double more = out->array_tasks - 1, tasks = out->jobs * (1 + more * out->array_share);
    double spread = more * sqrt(out->jobs * out->array_share * (1 - out->array_share));
    if (tasks + 6 * spread <= JOBS_MAX)
        return;
    bd_auto_free char *expected =
        bd_xasprintf("at most %d jobs, tasks of arrays counted each: about %.0f are to be expected",
                     JOBS_MAX, tasks);
    stream_fault(r, "/workload/arrays", NULL, expected);
}

static void read_rest(struct stream_reader *r)
{
    const json_t *users = json_object_get(r->spec, "users"),
                 *seed = json_object_get(r->spec, "seed"),
                 *dependencies = json_object_get(r->spec, "dependencies");
    if (users)
        r->out->users = (uint32_t)stream_whole(r, users, "/workload/users", 0, USERS_MAX);
    if (dependencies)
        r->out->dependency_share = share(r, dependencies, "/workload/dependencies/share");
    r->out->is_fixed = bd_str_eq(bd_json_str(r->spec, "seed", NULL), "fixed");
    if (seed && !r->out->is_fixed && !bd_str_eq(json_string_value(seed), "per-block"))
        stream_fault(r, "/workload/seed", seed, "per-block or fixed");
}

/* ---------------------------------------------------------------------------------------- whole */

/* Without a model and people's times it says nothing of the stream itself. */
static void read_time_scale(struct stream_reader *r)
{
    const char *at = "/workload/timeScale";
    const json_t *scale = json_object_get(r->spec, "timeScale");
    r->out->time_scale = scale ? stream_number(r, scale, at, 0, TIME_SCALE_MAX) : 1;
    if (r->out->time_scale <= 0)
        stream_fault(r, at, scale, "more than 0");
}

/* Not drawn: the payload's memory. Whether the node has so much is for others to say. */
static void check_payload(struct stream_reader *r)
{
    uint64_t bytes = 0;
    const json_t *memory = json_object_get(r->spec, "payloadMemory");
    if (memory &&
        (!json_is_string(memory) || bd_parse_bytes(json_string_value(memory), &bytes) < 0 ||
         bytes < PAYLOAD_MIN || bytes > PAYLOAD_MAX))
        stream_fault(r, "/workload/payloadMemory", memory, "from 4KiB to 1TiB");
}

void stream_spec_read(const json_t *spec, const struct job_nodes *nodes,
                      struct stream_spec *ret_spec, struct schema_faults *faults)
{
    bd_auto_faults struct schema_faults found = {0};
    const json_t *model = json_object_get(spec, "model");
    *ret_spec = (struct stream_spec){0};
    struct stream_reader r = {.spec = spec, .nodes = nodes, .out = ret_spec, .faults = &found};
    ret_spec->jobs =
        (uint32_t)stream_whole(&r, json_object_get(spec, "jobs"), "/workload/jobs", 1, JOBS_MAX);
    read_time_scale(&r);
    read_size(&r);
    read_runtime(&r);
    if (model)
        stream_model_read(&r, model);
    read_factor(&r);
    read_priorities(&r);
    read_arrays(&r);
    read_rest(&r);
    stream_ask_read(&r);
    check_payload(&r);
    stream_arrival_read(&r);
    for (size_t i = 0; i < found.n; i++)
        schema_faults_add(faults, found.items[i].pointer, found.items[i].got, "%s",
                          found.items[i].expected);
}
