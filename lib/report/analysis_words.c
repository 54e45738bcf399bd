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

/* Digits of what is told: those of what it stands with, and enough to tell it from none. */
static int digits_of(const struct comparison *c)
{
    const struct distance *d = comparison_told(c);
    double none = c->by_ratio ? 1 : 0;
    int digits = d->interval.is_there ? digits_for(d->interval.low, d->interval.high)
                                      : digits_for(d->min, d->max);
    int from_none = digits_for(fmin(d->estimate, none), fmax(d->estimate, none));
    return digits > from_none ? digits : from_none;
}

/* "lower in 3 of 3": the side on which more blocks are. */
static void add_blocks(struct bd_str *out, const struct comparison *c)
{
    bool higher = c->higher >= c->lower;
    if (c->higher + c->lower == 0)
        bd_str_addf(out, "the same in all %zu", c->n);
    else
        bd_str_addf(out, "%s in %zu of %zu", higher ? "higher" : "lower",
                    higher ? c->higher : c->lower, c->n);
}

/* " (8 blocks, 99.2 % interval 1.1 to 1.4; higher in 8 of 8)", " (12 against 12 values, ...)" */
static void add_basis(struct bd_str *out, const struct comparison *c)
{
    const struct distance *d = comparison_told(c);
    if (c->paired)
        bd_str_addf(out, " (%zu block%s, ", c->n, c->n == 1 ? "" : "s");
    else
        bd_str_addf(out, " (%zu against %zu values, ", c->n_of, c->n_against);
    if (d->interval.is_there)
        add_interval(out, &d->interval);
    else
        bd_str_add(out, "too few for an interval");
    if (c->paired) {
        bd_str_add(out, "; ");
        add_blocks(out, c);
    }
    bd_str_add(out, ")");
}

/* "0.87 times", "+0.5 s" */
static void add_figure(struct bd_str *out, const struct analysed_metric *m,
                       const struct comparison *c)
{
    double by = comparison_told(c)->estimate;
    if (c->by_ratio)
        bd_str_addf(out, "%.*g times", digits_of(c), by);
    else
        bd_str_addf(out, "%+.*g%s%s", digits_of(c), by, *m->unit ? " " : "", m->unit);
}

/* A p that stands near what is asked for has the digits that show on which side. */
static void add_p(struct bd_str *out, double p, double confidence)
{
    double alpha = 1 - confidence;
    if (p < 1e-300)
        bd_str_add(out, "p < 1e-300");
    else
        bd_str_addf(out, "p = %.*g", fabs(p - alpha) < 0.1 * alpha ? 4 : 2, p);
}

static void add_tests(struct bd_str *out, const struct comparison *c, double confidence)
{
    if (c->result == RESULT_EQUIVALENT) {
        bd_str_add(out, "; equivalence: corrected ");
        add_p(out, c->equivalence_corrected, confidence);
        bd_str_add(out, "; difference");
    }
    if (isnan(c->p_corrected)) {
        bd_str_add(out, "; no test");
    } else {
        bd_str_add(out, "; corrected ");
        add_p(out, c->p_corrected, confidence);
        bd_str_addf(out, " (family of %zu)", c->family);
    }
    if (!isnan(c->delta))
        bd_str_addf(out, "; Cliff's delta %.2g, %s", c->delta, stats_delta_magnitude(c->delta));
}

/* "; from 0.6 times where q=X to 1.29 times where q=Y": what the figure over all contexts hides. */
static void add_extremes(struct bd_str *out, const struct analysis *a,
                         const struct metric_found *found, const struct comparison *all)
{
    const struct comparison *ends[2] = {0};
    for (size_t i = 0; i < found->n_comparisons; i++) {
        const struct comparison *c = &found->comparisons[i];
        if (!comparison_is_context_of(c, all) || c->n == 0 || c->by_ratio != all->by_ratio)
            continue;
        double by = comparison_told(c)->estimate;
        if (!ends[0] || by < comparison_told(ends[0])->estimate)
            ends[0] = c;
        if (!ends[1] || by > comparison_told(ends[1])->estimate)
            ends[1] = c;
    }
    if (!ends[0] || ends[0] == ends[1])
        return;
    for (size_t k = 0; k < 2; k++) {
        bd_str_add(out, k ? " to " : "; from ");
        add_figure(out, found->metric, ends[k]);
        add_context(out, a, ends[k]->pairing);
    }
}

/* What was found, with the place that it was found in. */
static void add_finding(struct bd_str *out, const struct analysed_metric *m,
                        const struct comparison *c, const char *side, const char *reference,
                        const char *where)
{
    switch (c->result) {
    case RESULT_UNRESOLVED:
        bd_str_addf(out, "%s: no difference between %s and %s%s is resolved: ", m->name, side,
                    reference, where);
        add_figure(out, m, c);
        break;
    case RESULT_EQUIVALENT:
        bd_str_addf(out, "%s: %s and %s%s are equivalent within %.3g %%: ", m->name, side,
                    reference, where, 100 * c->margin);
        add_figure(out, m, c);
        break;
    case RESULT_MIXED:
        bd_str_addf(out,
                    "%s: how %s compares with %s depends on the other factors, which decide on "
                    "which side it is; the mean of all contexts is ",
                    m->name, side, reference);
        add_figure(out, m, c);
        break;
    case RESULT_HIGHER:
    case RESULT_LOWER:
        bd_str_addf(out, "%s of %s is ", m->name, side);
        add_figure(out, m, c);
        bd_str_addf(out, "%s of %s%s", c->by_ratio ? " that" : " from that", reference, where);
        break;
    }
}

char *analysis_sentence(const struct analysis *a, const struct metric_found *found,
                        const struct comparison *c)
{
    const struct analysed_metric *m = found->metric;
    double confidence = analysis_confidence(a);
    struct bd_str out = {0};
    bd_auto_str struct bd_str context = {0};
    bd_auto_free char *side = side_name(a, c->pairing, false);
    bd_auto_free char *reference = side_name(a, c->pairing, true);
    add_context(&context, a, c->pairing);
    const char *where = bd_str_text(&context);
    if (c->n == 0) {
        bd_str_addf(&out,
                    c->paired ? "%s: no block has both %s and %s%s"
                              : "%s: not both %s and %s%s have values",
                    m->name, side, reference, where);
        return bd_str_take(&out);
    }
    add_finding(&out, m, c, side, reference, where);
    add_basis(&out, c);
    add_extremes(&out, a, found, c);
    add_tests(&out, c, confidence);
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

/* Cells off the front that a few other runs would have put on it. */
static void add_not_ruled_out(struct bd_str *out, const struct analysis *a,
                              const struct pareto_found *p)
{
    const char *before = "; it can't be ruled out of ";
    for (size_t i = 0; i < a->n_cells; i++) {
        if (p->on_front[i] || isnan(p->probability[i]) || p->probability[i] < 0.05)
            continue;
        bd_str_addf(out, "%s%s (%.3g %%)", before, a->names[i], 100 * p->probability[i]);
        before = ", ";
    }
}

static void add_front(json_t *words, const struct analysis *a, const struct pareto_found *p)
{
    size_t n = 0;
    bd_auto_str struct bd_str out = {0};
    bd_str_add(&out, "by the medians of ");
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
        bd_str_addf(&out, "%s%s", n++ ? "; " : "", a->names[i]);
        if (!isnan(p->probability[i]))
            bd_str_addf(&out, " (on the front in %.3g %% of %zu resamples)",
                        100 * p->probability[i], p->draws);
    }
    add_not_ruled_out(&out, a, p);
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
