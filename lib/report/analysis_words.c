/* An analysis in sentences. */
#include "lib/report/analysis_priv.h"

#include <stdio.h>
#include <string.h>

/* -- cells and levels -- */

static void add_level(struct bd_str *out, const json_t *level)
{
    if (json_is_string(level)) {
        bd_str_add(out, json_string_value(level));
        return;
    }
    bd_auto_free char *text = json_dumps(level, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS |
                                                    JSON_REAL_PRECISION(10));
    bd_str_add(out, text);
}

static void add_setting(struct bd_str *out, const char *path, const json_t *level)
{
    const char *dot = strrchr(path, '.');
    bd_str_addf(out, "%s=", dot ? dot + 1 : path);
    add_level(out, level);
}

char *analysis_level_name(const char *path, const json_t *level)
{
    struct bd_str out = {0};
    if (json_is_string(level))
        add_level(&out, level);
    else
        add_setting(&out, path, level);
    return bd_str_take(&out);
}

char *analysis_cell_name(const json_t *levels)
{
    struct bd_str out = {0};
    bd_auto_strv struct bd_strv paths = {0};
    const char *path;
    json_t *level;
    json_object_foreach ((json_t *)levels, path, level)
        bd_strv_add(&paths, path);
    bd_strv_sort(&paths);
    if (paths.n == 1)
        return analysis_level_name(paths.items[0], json_object_get(levels, paths.items[0]));
    for (size_t i = 0; i < paths.n; i++) {
        bd_str_add(&out, i ? ", " : "");
        add_setting(&out, paths.items[i], json_object_get(levels, paths.items[i]));
    }
    if (paths.n == 0)
        bd_str_add(&out, "the base");
    return bd_str_take(&out);
}

static char *side_name(const struct analysis *a, const struct pairing *p, bool reference)
{
    if (p->factor < 0)
        return bd_xstrdup(a->names[reference ? p->against[0] : p->cells[0]]);
    const struct factor *f = &a->factors[p->factor];
    return analysis_level_name(f->path, json_array_get(f->levels, reference ? 0 : p->level));
}

/* " where compute=4", " over 3 pairs of cells", or nothing where there is no other factor. */
static void add_context(struct bd_str *out, const struct analysis *a, const struct pairing *p)
{
    const char *before = " where ";
    if (p->n > 1)
        bd_str_addf(out, " over %zu pairs of cells", p->n);
    for (size_t f = 0; f < a->n_factors && p->n == 1 && p->factor >= 0; f++) {
        uint32_t level = a->level_of[p->cells[0] * a->n_factors + f];
        if (f == (size_t)p->factor || json_array_size(a->factors[f].levels) < 2 ||
            level == NO_LEVEL)
            continue;
        bd_str_add(out, before);
        add_setting(out, a->factors[f].path, json_array_get(a->factors[f].levels, level));
        before = ", ";
    }
}

/* -- figures -- */

static bool is_time(const struct analysed_metric *m)
{
    return m->kind == STATS_COST && strcmp(m->unit, "s") == 0;
}

/* Digits that tell two figures from each other, from 3 to 6. */
static int digits_for(double low, double high)
{
    char a[32], b[32];
    int digits = 2;
    do {
        digits++;
        snprintf(a, sizeof(a), "%.*g", digits, low);
        snprintf(b, sizeof(b), "%.*g", digits, high);
    } while (digits < 6 && low < high && strcmp(a, b) == 0);
    return digits;
}

/* "99.2 % interval 1.21 to 1.4"; what covers with nearly all is not said to cover with all. */
static void add_interval(struct bd_str *out, const struct stats_interval *i)
{
    int digits = digits_for(i->low, i->high);
    bd_str_addf(out, "%.*g %% interval %.*g to %.*g", i->coverage < 0.9995 ? 3 : 6,
                100 * i->coverage, digits, i->low, digits, i->high);
}

/* "1.21 to 1.4", or with the interval where there is one. */
static void add_range(struct bd_str *out, const struct stats_summary *s)
{
    int digits = digits_for(s->min, s->max);
    if (s->interval.is_there)
        add_interval(out, &s->interval);
    else
        bd_str_addf(out, "%.*g to %.*g", digits, s->min, digits, s->max);
}

/* Digits of a ratio: those of what it stands with, and enough to tell it from 1. */
static int ratio_digits(const struct stats_summary *s)
{
    const struct stats_interval *i = &s->interval;
    int digits = i->is_there ? digits_for(i->low, i->high) : digits_for(s->min, s->max);
    int from_1 = s->median < 1 ? digits_for(s->median, 1) : digits_for(1, s->median);
    return digits > from_1 ? digits : from_1;
}

/* "longer in 3 of 3": the side on which more blocks are. */
static void add_blocks(struct bd_str *out, const struct analysed_metric *m,
                       const struct stats_pairs *p)
{
    static const char *const words[2][2] = {{"lower", "higher"}, {"shorter", "longer"}};
    bool higher = p->higher >= p->lower;
    if (p->higher + p->lower == 0)
        bd_str_addf(out, "the same in all %zu", p->n);
    else
        bd_str_addf(out, "%s in %zu of %zu", words[is_time(m)][higher],
                    higher ? p->higher : p->lower, p->n);
}

/* " (median of 8 blocks, 99.2 % interval 1.1 to 1.4; longer in 8 of 8)" */
static void add_basis(struct bd_str *out, const struct analysed_metric *m,
                      const struct comparison *c)
{
    const struct stats_interval *interval = c->ratio.n ? &c->ratio.interval : &c->shift.interval;
    if (!c->paired) {
        bd_str_addf(out, " (of %zu values", c->n);
        if (interval->is_there) {
            bd_str_add(out, ", ");
            add_interval(out, interval);
        }
    } else {
        if (c->n > 1) {
            bd_str_addf(out, " (median of %zu blocks, ", c->n);
            add_range(out, c->ratio.n ? &c->ratio : &c->pairs.difference);
        } else {
            bd_str_add(out, " (one block");
        }
        bd_str_add(out, "; ");
        add_blocks(out, m, &c->pairs);
    }
    bd_str_add(out, ")");
}

static void add_effect(struct bd_str *out, const struct analysed_metric *m,
                       const struct comparison *c)
{
    double by = c->paired ? c->pairs.difference.median : c->shift.estimate;
    if (c->ratio.n)
        bd_str_addf(out, "ratio %.*g", ratio_digits(&c->ratio), c->ratio.median);
    else
        bd_str_addf(out, "difference %+.3g%s%s", by, *m->unit ? " " : "", m->unit);
}

static void add_resolved(struct bd_str *out, const struct analysed_metric *m,
                         const struct comparison *c, const char *side, const char *reference)
{
    double by = c->paired ? c->pairs.difference.median : c->shift.estimate;
    if (c->ratio.n)
        bd_str_addf(out, "%s %s %.*g times as %s as %s", side, is_time(m) ? "takes" : "is",
                    ratio_digits(&c->ratio), c->ratio.median, is_time(m) ? "long" : "high",
                    reference);
    else
        bd_str_addf(out, "%s differs from %s by %+.3g%s%s", side, reference, by,
                    *m->unit ? " " : "", m->unit);
}

static void add_tests(struct bd_str *out, const struct comparison *c)
{
    if (c->result == RESULT_EQUIVALENT)
        bd_str_addf(out, "; equivalence: corrected p = %.2g; difference", c->equivalence_corrected);
    if (isnan(c->p_corrected))
        bd_str_add(out, "; no test");
    else
        bd_str_addf(out, "; corrected p = %.2g (family of %zu)", c->p_corrected, c->family);
    if (!isnan(c->delta))
        bd_str_addf(out, "; Cliff's delta %.2g, %s", c->delta, stats_delta_magnitude(c->delta));
}

char *analysis_sentence(const struct analysis *a, const struct metric_found *found,
                        const struct comparison *c)
{
    const struct analysed_metric *m = found->metric;
    struct bd_str out = {0};
    bd_auto_str struct bd_str context = {0};
    bd_auto_free char *side = side_name(a, c->pairing, false);
    bd_auto_free char *reference = side_name(a, c->pairing, true);
    add_context(&context, a, c->pairing);
    const char *where = bd_str_text(&context);
    bd_str_addf(&out, "%s: ", m->name);
    if (c->n == 0) {
        bd_str_addf(
            &out, c->paired ? "no block has both %s and %s%s" : "not both %s and %s%s have values",
            side, reference, where);
        return bd_str_take(&out);
    }
    if (c->result == RESULT_UNRESOLVED)
        bd_str_addf(&out, "no difference between %s and %s%s is resolved: ", side, reference,
                    where);
    else if (c->result == RESULT_EQUIVALENT)
        bd_str_addf(&out, "%s and %s%s are equivalent within %.3g %%: ", side, reference, where,
                    100 * c->margin);
    else
        add_resolved(&out, m, c, side, reference);
    bool resolved = c->result == RESULT_HIGHER || c->result == RESULT_LOWER;
    if (resolved)
        bd_str_add(&out, where);
    else
        add_effect(&out, m, c);
    add_basis(&out, m, c);
    add_tests(&out, c);
    return bd_str_take(&out);
}

/* -- all of it -- */

static void add_alone(json_t *words, const struct metric_found *m)
{
    const struct stats_summary *s = &m->cells[0].summary;
    const char *unit = m->metric->unit;
    bd_auto_str struct bd_str out = {0};
    if (s->n == 0)
        return;
    bd_str_addf(&out, "%s: %.4g%s%s (median of %zu run%s, ", m->metric->name, s->median,
                *unit ? " " : "", unit, s->n, s->n == 1 ? "" : "s");
    add_range(&out, s);
    bd_str_add(&out, ")");
    json_array_append_new(words, json_string(bd_str_text(&out)));
}

static void add_front(json_t *words, const struct analysis *a, const struct pareto_found *p)
{
    size_t n = 0;
    bd_auto_str struct bd_str out = {0};
    bd_str_add(&out, "by ");
    for (size_t k = 0; k < p->n; k++)
        bd_str_addf(&out, "%s%s",
                    k == 0         ? ""
                    : k + 1 < p->n ? ", "
                                   : " and ",
                    p->objectives[k]->metric->name);
    bd_str_add(&out, " together no cell is better than ");
    for (size_t i = 0; i < a->n_cells; i++) {
        if (!p->on_front[i])
            continue;
        bd_str_addf(&out, "%s%s (on the front in %.3g %% of %zu resamples)", n++ ? "; " : "",
                    a->names[i], 100 * p->probability[i], p->draws);
    }
    if (n > 0)
        json_array_append_new(words, json_string(bd_str_text(&out)));
}

json_t *analysis_words(const struct analysis *a, const struct found *f)
{
    json_t *words = json_array();
    for (size_t k = 0; k < f->n_metrics; k++) {
        const struct metric_found *m = &f->metrics[k];
        if (!m->shown || !analysis_is_compared(m->metric))
            continue;
        if (a->n_cells == 1)
            add_alone(words, m);
        for (size_t i = 0; i < m->n_comparisons; i++) {
            const struct comparison *c = &m->comparisons[i];
            if (!c->asked || c->pairing->within)
                continue;
            bd_auto_free char *sentence = analysis_sentence(a, m, c);
            json_array_append_new(words, json_string(sentence));
        }
    }
    if (f->pareto.on_front)
        add_front(words, a, &f->pareto);
    return words;
}
