#include "lib/jobs/lublin.h"

#include "lib/jobs/elementary.h"
#include "lib/jobs/gamma.h"

#include <stdbool.h>

#define LN2       0x1.62e42fefa39efp-1
#define DAY_BEGIN 11 /* bucket, counted from 1 */

double lublin_log2(double x)
{
    return elementary_ln(x) / LN2;
}

/* ---------------------------------------------------------------------------------------- times */

/* With G of the distribution, E[e^G; G <= c] is (1 - scale)^-shape P(shape, c (1 - scale)/scale):
 * e^x times the density is again a gamma's, but for a factor. */
static struct lublin_time time_of(double shape, double scale, double longest_s)
{
    double longest = elementary_ln(longest_s);
    double below = gamma_below(shape, longest / scale);
    double partial = gamma_below(shape, longest * (1 - scale) / scale);
    double whole = elementary_exp(-shape * elementary_ln(1 - scale));
    double mean_s = below > 0 ? whole * partial / below : 0;
    return (struct lublin_time){shape, scale, below, mean_s};
}

static double time_at(const struct lublin_time *t, double u)
{
    return elementary_exp(t->scale * gamma_quantile(t->shape, u * t->below));
}

/* ---------------------------------------------------------------------------------------- sizes */

static double rise(double y, double from, double to)
{
    if (y <= from)
        return 0;
    return y < to ? (y - from) / (to - from) : 1;
}

/* P(Y <= y) of the two-stage uniform distribution of the logarithm of a size. */
static double two_stage(const struct lublin_parameters *p, double y)
{
    return p->u_prob * rise(y, p->u_low, p->u_med) + (1 - p->u_prob) * rise(y, p->u_med, p->u_hi);
}

/* round(Y) = i. The largest power of two takes those above it that the cluster has no room for. */
static double of_power(const struct lublin_parameters *p, int i, bool is_last)
{
    return (is_last ? 1 : two_stage(p, i + 0.5)) - (i > 0 ? two_stage(p, i - 0.5) : 0);
}

/* round(2^Y) = nodes */
static double of_number(const struct lublin_parameters *p, unsigned nodes, bool is_last)
{
    return (is_last ? 1 : two_stage(p, lublin_log2(nodes + 0.5))) -
           (nodes > 1 ? two_stage(p, lublin_log2(nodes - 0.5)) : 0);
}

static void init_sizes(struct lublin *m, const struct lublin_parameters *p, unsigned compute)
{
    double other = 1 - p->serial_prob - p->pow2_prob, upto = 0;
    int power = 0;
    for (unsigned nodes = 1; nodes <= compute; nodes++) {
        double probability = nodes == 1 ? p->serial_prob : 0;
        if (other > 0)
            probability += other * of_number(p, nodes, nodes == compute);
        if ((nodes & (nodes - 1)) == 0)
            probability += p->pow2_prob * of_power(p, power++, 2 * nodes > compute);
        upto += probability;
        m->size_upto[nodes] = upto;
        if (probability > 0)
            m->largest = nodes;
    }
}

/* ---------------------------------------------------------------------------------------- whole */

void lublin_init(struct lublin *m, const struct lublin_parameters *p, unsigned compute)
{
    *m = (struct lublin){.pa = p->pa, .pb = p->pb};
    m->first = time_of(p->a1, p->b1, p->longest_runtime_s);
    m->second = time_of(p->a2, p->b2, p->longest_runtime_s);
    m->gap = time_of(p->aarr * p->arar, p->barr, p->longest_gap_s);
    init_sizes(m, p, compute);
}

uint32_t lublin_size(const struct lublin *m, double u)
{
    uint32_t nodes = 1;
    while (nodes < m->largest && u >= m->size_upto[nodes])
        nodes++;
    return nodes;
}

double lublin_size_probability(const struct lublin *m, unsigned nodes)
{
    return nodes <= m->largest ? m->size_upto[nodes] - m->size_upto[nodes - 1] : 0;
}

/* Of the first distribution, given that what is too long is drawn again, choice and all. */
static double first_probability(const struct lublin *m, uint32_t nodes)
{
    double p = m->pa * nodes + m->pb;
    p = p < 0 ? 0 : p > 1 ? 1 : p;
    return p * m->first.below / (p * m->first.below + (1 - p) * m->second.below);
}

double lublin_runtime(const struct lublin *m, uint32_t nodes, double u, double branch)
{
    return time_at(branch < first_probability(m, nodes) ? &m->first : &m->second, u);
}

double lublin_runtime_mean(const struct lublin *m, uint32_t nodes)
{
    double p = first_probability(m, nodes);
    return p * m->first.mean_s + (1 - p) * m->second.mean_s;
}

double lublin_gap(const struct lublin *m, double u)
{
    return time_at(&m->gap, u);
}

double lublin_weights(const struct lublin_parameters *p, double ret_weights[LUBLIN_BUCKETS])
{
    double sum = 0;
    for (int i = DAY_BEGIN; i < DAY_BEGIN + LUBLIN_BUCKETS; i++) {
        double weight =
            gamma_below(p->anum, (i + 0.5) / p->bnum) - gamma_below(p->anum, (i - 0.5) / p->bnum);
        weight = weight > 0 ? weight : 0;
        ret_weights[(i - 1) % LUBLIN_BUCKETS] = weight;
        sum += weight;
    }
    return sum;
}
