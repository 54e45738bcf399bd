/* Reads the model of a jobstream's spec: what it says of sizes, runtimes and arrivals. */
#include "lib/jobs/stream_priv.h"

#include "lib/base/clock.h"
#include "lib/jobs/gamma.h"

#include <stddef.h>
#include <string.h>

#define HOUR_NS        (3600 * BD_NS_PER_S)
#define LONGEST_MIN_NS (2 * BD_NS_PER_S)
#define LONGEST_MAX_NS (8760 * HOUR_NS)
#define RUNTIME_MAX_S  (24 * 3600.0)
/* The shortest runtime is e^0 s; scaled, it is a whole microsecond. */
#define TIME_SCALE_MIN 1e-6
#define SMALL_CLUSTER  16

#define PARAMETER(name, member, fallback, min, max)                                                \
    {                                                                                              \
        name, offsetof(struct lublin_parameters, member), fallback, min, max                       \
    }

/* The batch jobs' of the authors' program m_lublin99.c, and the contract's bounds. */
static const struct {
    const char *name;
    size_t offset;
    double fallback, min, max;
} parameters[] = {
    PARAMETER("serialProb", serial_prob, 0.2927, 0, 1),
    PARAMETER("pow2Prob", pow2_prob, 0.6686, 0, 1),
    PARAMETER("uProb", u_prob, 0.875, 0, 1),
    PARAMETER("a1", a1, 6.57, GAMMA_SHAPE_MIN, GAMMA_SHAPE_MAX),
    PARAMETER("b1", b1, 0.823, 0.0001, 0.99),
    PARAMETER("a2", a2, 639.1, GAMMA_SHAPE_MIN, GAMMA_SHAPE_MAX),
    PARAMETER("b2", b2, 0.0156, 0.0001, 0.99),
    PARAMETER("pa", pa, -0.003, -1, 1),
    PARAMETER("pb", pb, 0.6986, 0, 2),
    PARAMETER("aarr", aarr, 6.0415, 0.2, 1000),
    PARAMETER("barr", barr, 0.8531, 0.0001, 0.99),
    PARAMETER("arar", arar, 1.0519, 0.5, 2),
    PARAMETER("anum", anum, 6.1271, GAMMA_SHAPE_MIN, 1000),
    PARAMETER("bnum", bnum, 5.2740, 0.01, 100),
};

static double *member_of(struct lublin_parameters *p, size_t offset)
{
    void *member = (char *)p + offset;
    return member;
}

static void model_fault(struct stream_reader *r, const json_t *model, const char *name,
                        const char *expected)
{
    bd_auto_free char *at = bd_xasprintf("/workload/model/%s", name);
    stream_fault(r, at, json_object_get(model, name), expected);
}

static double model_number(struct stream_reader *r, const json_t *model, const char *name,
                           double fallback, double min, double max)
{
    const json_t *value = json_object_get(model, name);
    bd_auto_free char *at = bd_xasprintf("/workload/model/%s", name);
    return value ? stream_number(r, value, at, min, max) : fallback;
}

/* By default what the authors advise: the whole machine, two less, and somewhat less than 2 nodes;
 * of a small one the lower stage keeps a third. */
static void read_sizes(struct stream_reader *r, const json_t *model, struct lublin_parameters *p)
{
    double most = lublin_log2(r->nodes->compute),
           low = r->nodes->compute < SMALL_CLUSTER ? 0.8 : 1.2;
    p->u_hi = model_number(r, model, "uHi", most, 0, most + 1e-9);
    p->u_low = model_number(r, model, "uLow", low < p->u_hi ? low : p->u_hi, 0, p->u_hi);
    double third = p->u_low + (p->u_hi - p->u_low) / 3;
    p->u_med = model_number(r, model, "uMed", p->u_hi - 2 > third ? p->u_hi - 2 : third, p->u_low,
                            p->u_hi);
    if (p->serial_prob + p->pow2_prob > 1)
        model_fault(r, model, "pow2Prob", "with serialProb at most 1");
}

static double read_longest(struct stream_reader *r, const json_t *model, const char *name,
                           double fallback_s)
{
    const json_t *value = json_object_get(model, name);
    bd_auto_free char *at = bd_xasprintf("/workload/model/%s", name);
    return value ? stream_duration(r, value, at, LONGEST_MIN_NS, LONGEST_MAX_NS,
                                   "a duration from 2s to 8760h") /
                       STREAM_US_PER_S
                 : fallback_s;
}

static void check_scale(struct stream_reader *r, const json_t *model,
                        const struct lublin_parameters *p)
{
    double scale = r->out->time_scale;
    if (scale < TIME_SCALE_MIN)
        stream_fault(r, "/workload/timeScale", json_object_get(r->spec, "timeScale"),
                     "at least 0.000001 where there is a model");
    if (!r->out->model_runtimes || p->longest_runtime_s * scale <= RUNTIME_MAX_S)
        return;
    bd_auto_free char *expected =
        bd_xasprintf("at most 24h by timeScale: that of %.0fs is %.0fs with a timeScale of %g; a "
                     "smaller timeScale will do as well",
                     p->longest_runtime_s, p->longest_runtime_s * scale, scale);
    model_fault(r, model, "longestRuntime", expected);
}

static void check_below(struct stream_reader *r, const json_t *model, const char *name,
                        const struct lublin_time *t)
{
    if (t->below < LUBLIN_BELOW_MIN)
        model_fault(
            r, model, name,
            "a distribution of which a hundredth, at least, is not longer than the longest");
}

/* The day of the model, in which its jobs arrive. */
static void read_day(struct stream_reader *r, const json_t *model,
                     const struct lublin_parameters *p)
{
    double weights[LUBLIN_BUCKETS], day_us = 24 * 3600 * STREAM_US_PER_S, start_us = 0;
    const json_t *start = json_object_get(model, "start");
    if (start)
        start_us = stream_duration(r, start, "/workload/model/start", 1, 24 * HOUR_NS - 1,
                                   "a duration of less than 24h");
    if (lublin_weights(p, weights) < LUBLIN_BELOW_MIN)
        model_fault(r, model, "anum", "with bnum, half hours of which some are from 10.5 to 58.5");
    else
        cycle_init(&r->out->cycle, weights, LUBLIN_BUCKETS, day_us * r->out->time_scale,
                   start_us * r->out->time_scale);
}

void stream_model_read(struct stream_reader *r, const json_t *model)
{
    struct lublin_parameters p = {0};
    if (!bd_str_eq(bd_json_str(model, "name", NULL), "lublin"))
        stream_fault(r, "/workload/model/name", json_object_get(model, "name"), "lublin");
    if (r->nodes->compute < 1 || r->nodes->compute > LUBLIN_NODES_MAX) {
        stream_fault(r, "/workload/model", NULL, "a cluster of 1 to 1000 compute nodes");
        return;
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(parameters); i++)
        *member_of(&p, parameters[i].offset) =
            model_number(r, model, parameters[i].name, parameters[i].fallback, parameters[i].min,
                         parameters[i].max);
    read_sizes(r, model, &p);
    p.longest_runtime_s = read_longest(r, model, "longestRuntime", 162755);
    p.longest_gap_s = read_longest(r, model, "longestGap", 442413);
    check_scale(r, model, &p);
    lublin_init(&r->out->model, &p, r->nodes->compute);
    check_below(r, model, "a1", &r->out->model.first);
    check_below(r, model, "a2", &r->out->model.second);
    check_below(r, model, "aarr", &r->out->model.gap);
    if (r->faults->n == 0)
        read_day(r, model, &p);
}
