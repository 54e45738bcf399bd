#include "lib/plan/resolution.h"

#include "lib/base/mem.h"
#include "lib/plan/plan_priv.h"
#include "lib/stats/ranks.h"
#include "lib/stats/stats.h"

#include <math.h>
#include <string.h>

/* -- how much is compared, as lib/report does it -- */

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The place of the cell that is alike but has the first level of that factor; n_products: none. */
static size_t partner_of(const struct plan *p, size_t cell, size_t factor)
{
    const struct factor *f = &p->factors[factor];
    uint32_t number = p->products[cell];
    uint32_t other = number - (uint32_t)(factor_level(f, number) * f->stride);
    const uint32_t *found =
        bsearch(&other, p->products, p->n_products, sizeof(other), compare_numbers);
    return found ? (size_t)(found - p->products) : p->n_products;
}

/* A cell that has a level of each factor, and no other. */
static bool is_regular(const struct plan *p, uint32_t number)
{
    uint32_t all = (UINT32_C(1) << p->n_factors) - 1;
    return p->n_sampled == 0 && (factors_active(p, number) & all) == all;
}

/* Of one factor: each level against the first, in each context and over all of them. Marks the
 * cells that have a partner. */
static size_t count_of_factor(const struct plan *p, size_t factor, bool *paired)
{
    const struct factor *f = &p->factors[factor];
    size_t levels = json_array_size(f->levels), n = 0;
    bd_auto_free size_t *contexts = bd_xcalloc(levels + 1, sizeof(*contexts));
    for (size_t i = 0; i < p->n_products; i++) {
        size_t level = factor_level(f, p->products[i]);
        if (level == 0 || !is_regular(p, p->products[i]) ||
            partner_of(p, i, factor) == p->n_products)
            continue;
        paired[i] = true;
        contexts[level]++;
    }
    for (size_t level = 0; level < levels; level++)
        n += contexts[level] < 2 ? contexts[level] : contexts[level] + 1;
    return n;
}

static size_t count_comparisons(const struct plan *p)
{
    size_t cells = plan_cells(p), n = 0;
    bd_auto_free bool *paired = bd_xcalloc(cells + 1, sizeof(*paired));
    for (size_t f = 0; f < p->n_factors && p->n_sampled == 0; f++)
        n += count_of_factor(p, f, paired);
    for (size_t i = 1; i < cells; i++)
        n += !paired[i];
    return n;
}

/* -- what can be resolved -- */

struct asked {
    double confidence;
    const struct plan_until *until; /* NULL: there is no rule for stopping */
    bool paired;
    size_t comparisons; /* over all objectives */
};

static double least_p(const struct asked *a, size_t n)
{
    return a->paired ? stats_least_p_pairs(n) : stats_least_p_samples(n, n);
}

static double least_corrected(const struct asked *a, size_t n)
{
    return fmin(1, least_p(a, n) * (double)a->comparisons);
}

/* Where a campaign may be stopped, intervals are wider. */
static double confidence_at(const struct asked *a, size_t n)
{
    bool may_stop = a->until && n < a->until->rule.max;
    return may_stop ? stats_until_confidence(&a->until->rule, n) : a->confidence;
}

static bool has_interval(const struct asked *a, size_t n)
{
    double coverage;
    return stats_median_rank(n, confidence_at(a, n), &coverage) > 0;
}

static bool can_tell(const struct asked *a, size_t n)
{
    return a->comparisons == 0 || least_corrected(a, n) <= 1 - a->confidence + 1e-12;
}

static json_t *at_n(const struct asked *a, size_t n)
{
    double coverage = 0;
    stats_median_rank(n, confidence_at(a, n), &coverage);
    return json_pack("{s:I, s:f, s:o, s:o}", "n", (json_int_t)n, "intervalLevel", coverage,
                     "leastP", a->comparisons ? json_real(least_p(a, n)) : json_null(),
                     "leastCorrectedP",
                     a->comparisons ? json_real(least_corrected(a, n)) : json_null());
}

/* The fewest repetitions with which both are so; 0: not with any that a design may have. */
static size_t least_n(const struct asked *a)
{
    for (size_t n = 1; n <= 10000; n++)
        if (has_interval(a, n) && can_tell(a, n))
            return n;
    return 0;
}

static json_t *why(const struct asked *a, size_t n)
{
    const char *of = a->paired ? "blocks" : "repetitions";
    size_t enough = least_n(a);
    if (!has_interval(a, n))
        return json_sprintf("no interval of a median has a confidence of %g with %zu %s: %zu can",
                            a->confidence, n, of, enough);
    if (!can_tell(a, n))
        return json_sprintf("with %zu %s the smallest p, corrected for %zu comparisons, is %.2g, "
                            "above %g: no difference can be told from chance; %zu can",
                            n, of, a->comparisons, least_corrected(a, n), 1 - a->confidence,
                            enough);
    if (a->comparisons == 0)
        return json_sprintf("with %zu %s there are intervals of a confidence of %g; there is one "
                            "cell, so that nothing is compared",
                            n, of, a->confidence);
    return json_sprintf("with %zu %s there are intervals of a confidence of %g, and the smallest "
                        "p, corrected for %zu comparison%s, is %.2g",
                        n, of, a->confidence, a->comparisons, a->comparisons == 1 ? "" : "s",
                        least_corrected(a, n));
}

static bool is_paired(const json_t *spec)
{
    const json_t *workload = json_object_get(spec, "workload");
    bool streams = bd_str_eq(bd_json_str(workload, "name", ""), "jobstream") &&
                   !bd_str_eq(bd_json_str(workload, "seed", ""), "fixed");
    const char *order = bd_json_str(json_object_get(spec, "design"), "order", "");
    return !bd_str_eq(order, "randomised") || streams;
}

json_t *plan_resolution(const struct plan *p)
{
    const struct plan_until *until = plan_until(p);
    size_t objectives = json_array_size(json_object_get(p->spec, "objectives"));
    size_t min = plan_blocks_min(p) - p->warmup, max = p->blocks - p->warmup;
    const struct asked a = {
        .confidence = until ? until->rule.confidence : STATS_CONFIDENCE,
        .until = until,
        .paired = is_paired(p->spec),
        .comparisons = count_comparisons(p) * (objectives ? objectives : 1),
    };
    bool resolves = has_interval(&a, max) && can_tell(&a, max);
    return json_pack("{s:f, s:b, s:I, s:o, s:o, s:b, s:o}", "confidence", a.confidence, "paired",
                     a.paired, "comparisons", (json_int_t)a.comparisons, "min", at_n(&a, min),
                     "max", at_n(&a, max), "resolves", resolves, "why", why(&a, max));
}
