#include "lib/stats/until.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <math.h>

/*
 * With t the median that is looked for, and S the number of n values below it, the interval from
 * the k-th value to the k-th from above misses t where S < k or S > n - k. As n grows S is a walk:
 * each step adds 0 or 1, with equal chances for every continuous distribution. So the chance that
 * an interval misses at any of the looks, hence at the one at which it is stopped, whichever that
 * is, is the chance that this walk ever leaves its band: a sum without any assumption.
 *
 * The band is that of one confidence for all n from min on, whether there is a look or not: values
 * that are missing then change nothing.
 */

/* Of what may be missed, the part that ends by the rule may use up. */
#define RULE_PART 0.01
/* Halvings of the interval in which the confidence is looked for. */
#define HALVINGS 24

/* The greatest k with P(Bin(n, 1/2) < k) <= tail, n growing by one at a time. */
struct edge {
    size_t n, k;
    double below; /* P(Bin(n, 1/2) < k) */
    double at;    /* P(Bin(n, 1/2) = k) */
};

static void edge_step(struct edge *e, double tail)
{
    /* P(Bin(n, 1/2) = k - 1), then all for n + 1 by Pascal's rule. */
    double before = e->at * (double)e->k / (double)(e->n - e->k + 1);
    e->below -= before / 2;
    e->at = (e->at + before) / 2;
    e->n++;
    if (e->below + e->at <= tail) {
        e->below += e->at;
        e->at *= (double)(e->n - e->k) / (double)(e->k + 1);
        e->k++;
    }
}

/* Of a walk of n steps that nothing was taken out of yet. */
static void binomial(double *walk, size_t n)
{
    double log_term = -(double)n * M_LN2;
    for (size_t i = 0; i <= n; i++) {
        walk[i] = exp(log_term);
        log_term += log((double)(n - i)) - log((double)(i + 1));
    }
}

/* Takes what is outside of the band out of the walk, and answers how much that was. */
static double leave(double *walk, size_t *from, size_t *to, const struct edge *e)
{
    double out = 0;
    for (; *from < e->k; ++*from)
        out += walk[*from];
    for (; *to > e->n - e->k; --*to)
        out += walk[*to];
    return out;
}

/* The chance that an interval of this confidence misses after any of min, ..., max - 1 values. */
static double misses(const struct stats_until *u, double confidence)
{
    double tail = (1 - confidence) / 2, out = 0;
    bd_auto_free double *walk = bd_xcalloc(u->max + 1, sizeof(*walk));
    struct edge e = {.at = 1};
    size_t from = 0, to = 0; /* walk[from..to]: the chance to be there, and inside until now */
    while (e.n < u->min)
        edge_step(&e, tail);
    binomial(walk, to = e.n);
    for (; e.n < u->max; edge_step(&e, tail)) {
        out += leave(walk, &from, &to, &e);
        if (from > to)
            break;
        walk[++to] = 0;
        for (size_t i = to; i > from; i--)
            walk[i] = (walk[i] + walk[i - 1]) / 2;
        walk[from] /= 2;
    }
    return out;
}

void stats_until_init(struct stats_until *u)
{
    double allowed = RULE_PART * (1 - u->confidence);
    /* Of the chances to miss at one look: the least is what each of so many may have by their sum.
     */
    double low = log(allowed / (double)u->max), high = log(allowed);
    if (misses(u, 1 - allowed) <= allowed)
        low = high;
    for (int i = 0; i < HALVINGS && low < high; i++) {
        double middle = (low + high) / 2;
        if (misses(u, 1 - exp(middle)) <= allowed)
            low = middle;
        else
            high = middle;
    }
    u->at_looks = 1 - exp(low);
}

size_t stats_until_looks(const struct stats_until *u)
{
    return u->min < u->max ? (u->max - 1 - u->min) / u->every + 2 : 1;
}

bool stats_until_is_look(const struct stats_until *u, size_t blocks)
{
    return blocks == u->max ||
           (blocks >= u->min && blocks < u->max && (blocks - u->min) % u->every == 0);
}

double stats_until_confidence(const struct stats_until *u, size_t blocks)
{
    return blocks < u->max ? u->at_looks : 1 - (1 - RULE_PART) * (1 - u->confidence);
}

bool stats_until_met(const struct stats_until *u, const double *values, size_t blocks,
                     double *ret_half_width)
{
    struct stats_summary s;
    stats_describe(values, blocks, stats_until_confidence(u, blocks), &s);
    bool is_there = s.n > 0 && s.interval.is_there && (s.n >= u->min || blocks >= u->max);
    double half_width =
        is_there ? (s.interval.high - s.interval.low) / 2 / fabs(s.median) : (double)NAN;
    *ret_half_width = isfinite(half_width) ? half_width : (double)NAN;
    return *ret_half_width <= u->relative_half_width;
}

size_t stats_until_least_n(double confidence)
{
    return stats_least_n(1 - RULE_PART * (1 - confidence));
}

size_t stats_until_least(const struct stats_until *u)
{
    double coverage;
    for (size_t blocks = u->min; blocks < u->max; blocks += u->every)
        if (stats_median_rank(blocks, u->at_looks, &coverage) > 0)
            return blocks;
    return u->max + 1;
}
