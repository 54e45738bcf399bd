#include "daemon/api/points.h"

#include <math.h>

static void put(struct points *p, int64_t at_ns, double value, size_t n)
{
    bd_str_addf(p->out, "%s[%lld,%.15g", p->goes_on ? "," : "", (long long)at_ns, value);
    if (p->step_ns)
        bd_str_addf(p->out, ",%zu", n);
    bd_str_add(p->out, "]");
    p->goes_on = true;
    p->n++;
}

static void end_bucket(struct points *p)
{
    if (p->n_sum)
        put(p, p->bucket * p->step_ns, p->sum / (double)p->n_sum, p->n_sum);
    p->sum = 0;
    p->n_sum = 0;
}

static void add_to_bucket(struct points *p, const struct sample_point *v)
{
    int64_t bucket = v->at_ns / p->step_ns;
    if (bucket != p->bucket)
        end_bucket(p);
    p->bucket = bucket;
    p->sum += v->value;
    p->n_sum++;
}

void points_begin(struct points *p)
{
    p->goes_on = false;
    bd_str_add(p->out, "[");
}

void points_add(struct points *p, const struct sample_point *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct sample_point *v = &values[i];
        if (v->at_ns < p->from_ns || v->at_ns >= p->to_ns || !isfinite(v->value))
            continue;
        if (p->step_ns)
            add_to_bucket(p, v);
        else
            put(p, v->at_ns, v->value, 1);
    }
}

void points_end(struct points *p)
{
    end_bucket(p);
    bd_str_add(p->out, "]");
}
