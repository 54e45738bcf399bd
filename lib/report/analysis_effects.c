/*
 * What factors do, over the cells that the factors make: the share of the variance of ranks that
 * goes with each of them and with each two together, and a test of each by itself.
 *
 * Where runs are paired, values are taken relative to their block's mean first: the shares are of
 * what differs within blocks.
 */
#include "lib/report/analysis_priv.h"
#include "lib/stats/ranks.h"

static bool varies(const struct analysis *a, size_t factor)
{
    return json_array_size(a->factors[factor].levels) > 1;
}

/* A cell of the factors' says something of all that the first one does; of a factor that varies
 * under a condition it may not. */
static bool is_regular(const struct analysis *a, size_t cell)
{
    for (size_t f = 0; f < a->n_factors; f++)
        if (a->level_of[f] != NO_LEVEL && a->level_of[cell * a->n_factors + f] == NO_LEVEL)
            return false;
    return true;
}

/* -- shares -- */

/* Of each block over the factors' cells, of logarithms where all values are above 0: they then
 * stand for a geometric mean. A block that lacks a cell has none: its mean would be of others. */
static void find_block_means(const struct analysis *a, const struct analysed_metric *m, bool logs,
                             double *ret_means)
{
    for (size_t b = 0; b < a->n_blocks; b++) {
        double sum = 0;
        size_t n = 0;
        for (size_t i = 0; i < a->n_cells; i++) {
            double value = analysis_values(a, m, i)[b];
            if (!is_regular(a, i))
                continue;
            sum += logs ? log(value) : value; /* NAN, where it is not there */
            n++;
        }
        ret_means[b] = a->campaign->paired && n > 0 ? sum / (double)n : 0;
    }
}

/* Where a factor does not vary, that is one level more of it. */
static void copy_levels(const struct analysis *a, size_t cell, uint32_t *ret_levels)
{
    for (size_t f = 0; f < a->n_factors; f++) {
        uint32_t level = a->level_of[cell * a->n_factors + f];
        ret_levels[f] = level == NO_LEVEL ? (uint32_t)json_array_size(a->factors[f].levels) : level;
    }
}

static size_t collect(const struct analysis *a, const struct analysed_metric *m, double *values,
                      uint32_t *levels)
{
    bool logs = analysis_above_0(a, m);
    size_t n = 0;
    bd_auto_free double *means = bd_xcalloc(a->n_blocks + 1, sizeof(*means));
    find_block_means(a, m, logs, means);
    for (size_t i = 0; i < a->n_cells; i++) {
        for (size_t b = 0; is_regular(a, i) && b < a->n_blocks; b++) {
            double value = analysis_values(a, m, i)[b];
            if (isnan(value) || isnan(means[b]))
                continue;
            copy_levels(a, i, levels + n * a->n_factors);
            values[n++] = (logs ? log(value) : value) - means[b];
        }
    }
    return n;
}

static void list_effects(const struct analysis *a, struct effects *e)
{
    size_t room = a->n_factors * (a->n_factors + 1) / 2;
    e->items = bd_xcalloc(room + 1, sizeof(*e->items));
    for (size_t f = 0; f < a->n_factors; f++)
        if (varies(a, f))
            e->items[e->n++].share.mask = 1U << f;
    for (size_t f = 0; f < a->n_factors; f++)
        for (size_t g = f + 1; g < a->n_factors; g++)
            if (varies(a, f) && varies(a, g))
                e->items[e->n++].share.mask = 1U << f | 1U << g;
}

static void find_shares(const struct analysis *a, const struct analysed_metric *m,
                        struct effects *e)
{
    size_t room = a->n_cells * a->n_blocks + 1;
    bd_auto_free double *values = bd_xcalloc(room, sizeof(*values));
    bd_auto_free uint32_t *levels = bd_xcalloc(room * a->n_factors, sizeof(*levels));
    bd_auto_free struct stats_effect *shares = bd_xcalloc(e->n + 1, sizeof(*shares));
    size_t n = collect(a, m, values, levels);
    for (size_t i = 0; i < e->n; i++)
        shares[i].mask = e->items[i].share.mask;
    stats_variance_shares(values, levels, n, a->n_factors, shares, e->n, &e->left, &e->balanced);
    for (size_t i = 0; i < e->n; i++)
        e->items[i].share = shares[i];
}

/* -- a factor by itself -- */

/* Cells that are alike but for the factor, all its levels of each: [context][level]. */
struct contexts {
    size_t *cells;
    size_t n, levels;
};

static void find_contexts(const struct analysis *a, size_t factor, struct contexts *c)
{
    c->levels = json_array_size(a->factors[factor].levels);
    c->cells = bd_xcalloc(a->n_cells * c->levels + 1, sizeof(*c->cells));
    for (size_t i = 0; i < a->n_cells; i++) {
        if (a->level_of[i * a->n_factors + factor] != 0)
            continue;
        bool whole = true;
        for (size_t level = 0; level < c->levels; level++) {
            size_t like = analysis_cell_like(a, i, factor, level);
            c->cells[c->n * c->levels + level] = like;
            whole = whole && like != NO_CELL;
        }
        c->n += whole;
    }
}

/* One figure a level and block: the mean over all contexts. */
static void test_by_block(const struct analysis *a, const struct analysed_metric *m,
                          const struct contexts *c, struct stats_test *ret_test)
{
    bool logs = analysis_above_0(a, m);
    bd_auto_free double *means = bd_xcalloc(c->levels * a->n_blocks + 1, sizeof(*means));
    for (size_t level = 0; level < c->levels; level++) {
        for (size_t b = 0; b < a->n_blocks; b++) {
            double sum = 0;
            for (size_t k = 0; k < c->n; k++) {
                double value = analysis_values(a, m, c->cells[k * c->levels + level])[b];
                sum += logs ? log(value) : value;
            }
            means[level * a->n_blocks + b] = sum / (double)c->n;
        }
    }
    stats_friedman(means, c->levels, a->n_blocks, false, ret_test);
}

/* All values of a level, relative to the mean of all values of their context. */
static void test_samples(const struct analysis *a, const struct analysed_metric *m,
                         const struct contexts *c, struct stats_test *ret_test)
{
    bool logs = analysis_above_0(a, m);
    size_t room = c->n * a->n_blocks;
    bd_auto_free double *values = bd_xcalloc(c->levels * room + 1, sizeof(*values));
    bd_auto_free const double **samples = bd_xcalloc(c->levels, sizeof(*samples));
    bd_auto_free size_t *sizes = bd_xcalloc(c->levels, sizeof(*sizes));
    for (size_t k = 0; k < c->n; k++) {
        double sum = 0;
        size_t n = 0;
        for (int pass = 0; pass < 2; pass++) {
            for (size_t i = 0; i < c->levels * a->n_blocks; i++) {
                size_t level = i / a->n_blocks;
                double value =
                    analysis_values(a, m, c->cells[k * c->levels + level])[i % a->n_blocks];
                value = logs ? log(value) : value;
                if (isnan(value))
                    continue;
                if (pass == 0) {
                    sum += value;
                    n++;
                } else {
                    values[level * room + sizes[level]++] = value - sum / (double)n;
                }
            }
        }
    }
    for (size_t level = 0; level < c->levels; level++)
        samples[level] = values + level * room;
    stats_kruskal_wallis(samples, sizes, c->levels, ret_test);
}

void analysis_find_effects(const struct analysis *a, struct metric_found *m)
{
    struct effects *e = &m->effects;
    list_effects(a, e);
    if (e->n == 0)
        return;
    find_shares(a, m->metric, e);
    for (size_t i = 0, f = 0; f < a->n_factors; f++) {
        if (!varies(a, f))
            continue;
        struct contexts c = {0};
        find_contexts(a, f, &c);
        if (c.n > 0)
            (a->campaign->paired ? test_by_block : test_samples)(a, m->metric, &c,
                                                                 &e->items[i].test);
        free(c.cells);
        i++;
    }
}

json_t *analysis_effects_json(const struct analysis *a, const struct effects *e)
{
    json_t *items = json_array();
    if (e->n == 0) {
        json_decref(items);
        return json_null();
    }
    for (size_t i = 0; i < e->n; i++) {
        const struct effect_found *found = &e->items[i];
        json_t *factors = json_array();
        for (size_t f = 0; f < a->n_factors; f++)
            if (found->share.mask & 1U << f)
                json_array_append_new(factors, json_string(a->factors[f].path));
        json_array_append_new(items, json_pack("{s:o, s:o, s:I, s:o}", "factors", factors, "share",
                                               real_or_null(found->share.share), "df",
                                               (json_int_t)found->share.df, "test",
                                               test_json(&found->test)));
    }
    return json_pack("{s:b, s:b, s:o, s:o}", "withinBlocks", a->campaign->paired, "balanced",
                     e->balanced, "left", real_or_null(e->left), "items", items);
}
