/*
 * The values of a comparison, side by side.
 *
 * Over several pairs of cells there is one figure a block for each side: the geometric mean of its
 * cells, so that their ratio is the geometric mean of the pairs' ratios; where a value is not above
 * 0 the arithmetic one, so that their difference is the mean of the pairs' differences. A block
 * that lacks a value has no figure: it would be of other cells than the rest.
 *
 * Without blocks, values of several pairs are aligned first (Hodges and Lehmann 1962): each is
 * taken relative to the median of all values of its pair, and given back the median of all.
 */
#include "lib/report/analysis_priv.h"

static bool all_above_0(const struct analysis *a, const struct analysed_metric *m,
                        const struct pairing *p)
{
    for (size_t k = 0; k < p->n; k++)
        for (size_t b = 0; b < a->n_blocks; b++)
            if (analysis_values(a, m, p->cells[k])[b] <= 0 ||
                analysis_values(a, m, p->against[k])[b] <= 0)
                return false;
    return true;
}

/* -- by block -- */

static double mean_of_block(const struct analysis *a, const struct analysed_metric *m,
                            const uint32_t *cells, size_t n, size_t block, bool geometric)
{
    double sum = 0;
    if (n == 1)
        return analysis_values(a, m, cells[0])[block];
    for (size_t k = 0; k < n; k++) {
        double value = analysis_values(a, m, cells[k])[block];
        sum += geometric ? log(value) : value;
    }
    return geometric ? exp(sum / (double)n) : sum / (double)n;
}

static void add_blocks(const struct analysis *a, const struct analysed_metric *m,
                       const struct pairing *p, struct sides *s)
{
    bool geometric = p->n > 1 && all_above_0(a, m, p);
    for (size_t b = 0; b < a->n_blocks; b++) {
        double of = mean_of_block(a, m, p->cells, p->n, b, geometric);
        double against = mean_of_block(a, m, p->against, p->n, b, geometric);
        if (isnan(of) || isnan(against))
            continue;
        s->of[s->n_of++] = of;
        s->against[s->n_against++] = against;
    }
}

/* -- without blocks -- */

static size_t add_there(const double *values, size_t n, double *ret_values)
{
    size_t there = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            ret_values[there++] = values[i];
    return there;
}

/* The median of the values of both cells of a pair; NAN unless both have some. */
static double median_of_pair(const struct analysis *a, const struct analysed_metric *m,
                             const struct pairing *p, size_t pair)
{
    bd_auto_free double *both = bd_xcalloc(2 * a->n_blocks + 1, sizeof(*both));
    size_t of = add_there(analysis_values(a, m, p->cells[pair]), a->n_blocks, both);
    size_t against = add_there(analysis_values(a, m, p->against[pair]), a->n_blocks, both + of);
    return of && against ? stats_median(both, of + against) : NAN;
}

static size_t add_aligned(const double *values, size_t n, double median, bool ratio, double *to)
{
    size_t there = add_there(values, n, to);
    for (size_t i = 0; i < there; i++)
        to[i] = ratio ? to[i] / median : to[i] - median;
    return there;
}

static void add_pairs(const struct analysis *a, const struct analysed_metric *m,
                      const struct pairing *p, struct sides *s)
{
    bool ratio = all_above_0(a, m, p);
    bd_auto_free double *medians = bd_xcalloc(p->n, sizeof(*medians));
    for (size_t k = 0; k < p->n; k++) {
        double median = medians[k] = median_of_pair(a, m, p, k);
        if (isnan(median))
            continue;
        s->n_of += add_aligned(analysis_values(a, m, p->cells[k]), a->n_blocks, median, ratio,
                               s->of + s->n_of);
        s->n_against += add_aligned(analysis_values(a, m, p->against[k]), a->n_blocks, median,
                                    ratio, s->against + s->n_against);
    }
    double level = stats_median(medians, p->n);
    for (size_t i = 0; i < s->n_of; i++)
        s->of[i] = ratio ? s->of[i] * level : s->of[i] + level;
    for (size_t i = 0; i < s->n_against; i++)
        s->against[i] = ratio ? s->against[i] * level : s->against[i] + level;
}

void sides_of(const struct analysis *a, const struct analysed_metric *m, const struct pairing *p,
              struct sides *ret_sides)
{
    struct sides s = {0};
    size_t room = a->n_blocks * p->n + 1;
    s.of = bd_xcalloc(room, sizeof(*s.of));
    s.against = bd_xcalloc(room, sizeof(*s.against));
    if (a->campaign->paired) {
        add_blocks(a, m, p, &s);
    } else if (p->n > 1) {
        add_pairs(a, m, p, &s);
    } else {
        s.n_of = add_there(analysis_values(a, m, p->cells[0]), a->n_blocks, s.of);
        s.n_against = add_there(analysis_values(a, m, p->against[0]), a->n_blocks, s.against);
    }
    *ret_sides = s;
}

void sides_done(struct sides *s)
{
    free(s->of);
    free(s->against);
}
