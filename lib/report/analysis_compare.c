/* Cells and levels held against each other: how large a difference is, and whether it is one. */
#include "lib/report/analysis_priv.h"
#include "lib/stats/ranks.h"

#include <string.h>

/* -- one comparison -- */

static bool are_above_0(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] <= 0)
            return false;
    return n > 0;
}

static void take_logs(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = log(values[i]);
}

static void count_sides(const struct sides *s, struct comparison *c)
{
    c->n_of = s->n_of;
    c->n_against = s->n_against;
    c->n = c->paired ? s->n_of : s->n_of && s->n_against ? s->n_of + s->n_against : 0;
    for (size_t i = 0; c->paired && i < s->n_of; i++) {
        c->higher += s->of[i] > s->against[i];
        c->lower += s->of[i] < s->against[i];
        c->equal += s->of[i] == s->against[i];
    }
}

/* A share of the reference's median, which has to be something; of logarithms the share itself. */
static double margin_of(const struct sides *s, const struct comparison *c)
{
    double margin =
        c->by_ratio ? log1p(c->margin) : c->margin * fabs(stats_median(s->against, s->n_against));
    return margin > 0 && isfinite(margin) ? margin : NAN;
}

/* Of values, or of their logarithms. */
static void test_sides(const struct sides *s, struct comparison *c)
{
    double margin = c->margin_tested = margin_of(s, c);
    if (c->paired)
        stats_wilcoxon(s->of, s->against, s->n_of, &c->test);
    else
        stats_mann_whitney(s->of, s->n_of, s->against, s->n_against, &c->test);
    c->margin = isnan(margin) ? NAN : c->margin;
    if (isnan(margin))
        return;
    if (c->paired)
        stats_equivalent_pairs(s->of, s->against, s->n_of, margin, &c->equivalence);
    else
        stats_equivalent_samples(s->of, s->n_of, s->against, s->n_against, margin, &c->equivalence);
}

/* Extremes are of pairs, whose values stand side by side. */
static void measure(const struct sides *s, bool paired, double confidence, struct distance *d)
{
    struct stats_shift shift;
    if (paired)
        stats_shift_pairs(s->of, s->against, s->n_of, confidence, &shift);
    else
        stats_shift_samples(s->of, s->n_of, s->against, s->n_against, confidence, &shift);
    *d = (struct distance){.is_there = !isnan(shift.estimate),
                           .estimate = shift.estimate,
                           .min = NAN,
                           .max = NAN,
                           .interval = shift.interval};
    for (size_t i = 0; paired && i < s->n_of; i++) {
        d->min = fmin(d->min, s->of[i] - s->against[i]);
        d->max = fmax(d->max, s->of[i] - s->against[i]);
    }
}

static void take_exponentials(struct distance *d)
{
    double *const all[] = {&d->estimate, &d->min, &d->max, &d->interval.low, &d->interval.high};
    for (size_t i = 0; i < BD_ARRAY_LEN(all); i++)
        *all[i] = exp(*all[i]);
}

/* The same values are tested, and told: the interval of what is told holds what the test does not
 * reject. */
static void compare_sides(const struct found *f, struct sides *s, struct comparison *c)
{
    c->by_ratio = are_above_0(s->of, s->n_of) && are_above_0(s->against, s->n_against);
    c->delta = stats_cliff_delta(s->of, s->n_of, s->against, s->n_against);
    count_sides(s, c);
    if (c->asked)
        measure(s, c->paired, f->confidence, &c->difference);
    if (c->by_ratio) {
        take_logs(s->of, s->n_of);
        take_logs(s->against, s->n_against);
    }
    test_sides(s, c);
    if (c->asked && c->by_ratio) {
        measure(s, c->paired, f->confidence, &c->ratio);
        take_exponentials(&c->ratio);
    }
}

/* The cells of a pairing that differ in a factor that is not asked for are tested, but not told. */
static bool is_asked(const struct analysis *a, const struct pairing *p)
{
    const char *by = a->campaign->by;
    return !by || (p->factor >= 0 && strcmp(a->factors[p->factor].path, by) == 0);
}

void analysis_compare(const struct analysis *a, const struct found *f, struct metric_found *m)
{
    m->n_comparisons = f->pairings.n;
    m->comparisons = bd_xcalloc(m->n_comparisons + 1, sizeof(*m->comparisons));
    for (size_t i = 0; i < m->n_comparisons; i++) {
        struct comparison *c = &m->comparisons[i];
        sides_auto struct sides s = {0};
        c->pairing = &f->pairings.items[i];
        c->paired = a->campaign->paired;
        c->asked = m->shown && is_asked(a, c->pairing);
        c->margin = m->metric->margin;
        c->equivalence.p = c->equivalence_corrected = NAN;
        sides_of(a, m->metric, c->pairing, &s);
        compare_sides(f, &s, c);
    }
}

/* -- all of them -- */

/* One family of tests: of the objectives, or of the others that are compared. */
static size_t correct_one(struct found *f, bool objectives, double *(*p_of)(struct comparison *c),
                          double *(*corrected_of)(struct comparison *c))
{
    size_t room = f->n_metrics * f->pairings.n, n = 0, family = 0;
    bd_auto_free double *p = bd_xcalloc(room + 1, sizeof(*p));
    bd_auto_free double *corrected = bd_xcalloc(room + 1, sizeof(*corrected));
    for (size_t k = 0; k < f->n_metrics; k++) {
        const struct metric_found *m = &f->metrics[k];
        for (size_t i = 0; i < m->n_comparisons; i++)
            if (m->metric->objective == objectives)
                p[n++] = *p_of(&m->comparisons[i]);
    }
    stats_holm(p, n, corrected);
    for (size_t i = 0; i < n; i++)
        family += isnan(p[i]) ? 0 : 1;
    n = 0;
    for (size_t k = 0; k < f->n_metrics; k++) {
        const struct metric_found *m = &f->metrics[k];
        for (size_t i = 0; i < m->n_comparisons; i++)
            if (m->metric->objective == objectives)
                *corrected_of(&m->comparisons[i]) = corrected[n++];
    }
    return family;
}

static double *test_p(struct comparison *c)
{
    return &c->test.p;
}

static double *test_corrected(struct comparison *c)
{
    return &c->p_corrected;
}

static double *equivalence_p(struct comparison *c)
{
    return &c->equivalence.p;
}

static double *equivalence_corrected(struct comparison *c)
{
    return &c->equivalence_corrected;
}

const struct distance *comparison_told(const struct comparison *c)
{
    return c->by_ratio ? &c->ratio : &c->difference;
}

/* The test of equivalence leaves twice alpha outside of what it shows, and the interval that is
 * told alpha: that has to lie within the margin, too. */
static bool is_within_margin(const struct comparison *c)
{
    const struct stats_interval *told = &comparison_told(c)->interval;
    double low = c->by_ratio ? log(told->low) : told->low;
    double high = c->by_ratio ? log(told->high) : told->high;
    return told->is_there && low > -c->margin_tested && high < c->margin_tested;
}

static enum result result_of(const struct comparison *c, double confidence)
{
    const struct distance *told = comparison_told(c);
    double none = c->by_ratio ? 1 : 0;
    if (stats_rejects(c->equivalence_corrected, confidence) && is_within_margin(c))
        return RESULT_EQUIVALENT;
    if (!stats_rejects(c->p_corrected, confidence) || !told->interval.is_there)
        return RESULT_UNRESOLVED;
    return told->interval.low > none    ? RESULT_HIGHER
           : told->interval.high < none ? RESULT_LOWER
                                        : RESULT_UNRESOLVED;
}

bool comparison_is_context_of(const struct comparison *c, const struct comparison *all)
{
    return c->pairing->within && all->pairing->n > 1 &&
           c->pairing->factor == all->pairing->factor && c->pairing->level == all->pairing->level;
}

/* What contexts contradict each other in is no one result. */
static void find_mixed(struct metric_found *m)
{
    for (size_t i = 0; i < m->n_comparisons; i++) {
        bool higher = false, lower = false;
        for (size_t k = 0; m->comparisons[i].pairing->n > 1 && k < m->n_comparisons; k++) {
            const struct comparison *c = &m->comparisons[k];
            bool of_it = comparison_is_context_of(c, &m->comparisons[i]);
            higher = higher || (of_it && c->result == RESULT_HIGHER);
            lower = lower || (of_it && c->result == RESULT_LOWER);
        }
        if (higher && lower)
            m->comparisons[i].result = RESULT_MIXED;
    }
}

/* Whether any p of a family can be small enough, and with how many blocks it could. */
static void find_resolution(struct found *f, const struct metric_found *m)
{
    struct verdict_resolution *r = &f->resolution;
    for (size_t i = 0; i < m->n_comparisons; i++) {
        const struct comparison *c = &m->comparisons[i];
        size_t most = c->family > r->family ? c->family : r->family;
        if (!c->asked || c->n == 0)
            continue;
        r->family = most;
        double least =
            c->paired ? stats_least_p_pairs(c->n) : stats_least_p_samples(c->n_of, c->n_against);
        if (r->n == 0 || least < r->least_p) {
            r->least_p = least;
            r->n = c->n;
            r->paired = c->paired;
        }
    }
}

void analysis_correct(struct found *f)
{
    size_t families[2];
    for (int objectives = 0; objectives < 2; objectives++) {
        families[objectives] = correct_one(f, objectives, test_p, test_corrected);
        correct_one(f, objectives, equivalence_p, equivalence_corrected);
    }
    for (size_t k = 0; k < f->n_metrics; k++) {
        struct metric_found *m = &f->metrics[k];
        for (size_t i = 0; i < m->n_comparisons; i++) {
            m->comparisons[i].family = families[m->metric->objective];
            m->comparisons[i].result = result_of(&m->comparisons[i], f->confidence);
        }
        find_mixed(m);
        find_resolution(f, m);
    }
}

/* -- in JSON -- */

static json_t *level_json(const struct analysis *a, const struct pairing *p, bool reference)
{
    if (p->factor < 0)
        return json_incref(
            json_array_get(a->campaign->levels, reference ? p->against[0] : p->cells[0]));
    return json_incref(json_array_get(a->factors[p->factor].levels, reference ? 0 : p->level));
}

/* The levels of the other factors that vary; null over all of them. */
static json_t *context_json(const struct analysis *a, const struct pairing *p)
{
    if (p->n > 1 || p->factor < 0)
        return json_null();
    json_t *context = json_object();
    for (size_t i = 0; i < a->n_factors; i++) {
        const struct factor *f = &a->factors[i];
        uint32_t level = a->level_of[p->cells[0] * a->n_factors + i];
        if (i != (size_t)p->factor && json_array_size(f->levels) > 1 && level != NO_LEVEL)
            json_object_set(context, f->path, json_array_get(f->levels, level));
    }
    return context;
}

static json_t *distance_json(const struct distance *d, size_t n)
{
    if (!d->is_there)
        return json_null();
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "n", (json_int_t)n, "estimate",
                     real_or_null(d->estimate), "min", real_or_null(d->min), "max",
                     real_or_null(d->max), "interval", interval_json(&d->interval));
}

static json_t *delta_json(double delta)
{
    return json_pack("{s:o, s:s?}", "value", real_or_null(delta), "magnitude",
                     isnan(delta) ? NULL : stats_delta_magnitude(delta));
}

static json_t *equivalence_json(const struct comparison *c)
{
    if (isnan(c->margin))
        return json_null();
    return json_pack("{s:f, s:o, s:o, s:b}", "margin", c->margin, "test",
                     test_json(&c->equivalence), "pCorrected",
                     real_or_null(c->equivalence_corrected), "equivalent",
                     c->result == RESULT_EQUIVALENT);
}

static const char *result_word(const struct analysed_metric *m, enum result result)
{
    if (result == RESULT_UNRESOLVED)
        return "unresolved";
    if (result == RESULT_EQUIVALENT)
        return "equivalent";
    if (result == RESULT_MIXED)
        return "mixed";
    bool higher = result == RESULT_HIGHER;
    if (m->better == 0)
        return higher ? "higher" : "lower";
    return higher == (m->better > 0) ? "better" : "worse";
}

static void add_blocks(const struct analysed_metric *m, const struct comparison *c, json_t *to)
{
    json_int_t higher = (json_int_t)c->higher, lower = (json_int_t)c->lower;
    bool known = m->better != 0;
    json_object_set_new(to, "higher", json_integer(higher));
    json_object_set_new(to, "lower", json_integer(lower));
    json_object_set_new(to, "equal", json_integer((json_int_t)c->equal));
    json_object_set_new(to, "better",
                        known ? json_integer(m->better > 0 ? higher : lower) : json_null());
    json_object_set_new(to, "worse",
                        known ? json_integer(m->better > 0 ? lower : higher) : json_null());
}

static json_t *comparison_json(const struct analysis *a, const struct metric_found *m,
                               const struct comparison *c)
{
    const struct pairing *p = c->pairing;
    const char *factor = p->factor < 0 ? NULL : a->factors[p->factor].path;
    bool single = p->n == 1;
    bd_auto_free char *sentence = analysis_sentence(a, m, c);
    json_t *json = json_pack("{s:s?, s:o, s:o, s:o, s:o, s:o, s:b, s:I}", "factor", factor, "level",
                             level_json(a, p, false), "reference", level_json(a, p, true), "cell",
                             single ? json_integer(p->cells[0]) : json_null(), "against",
                             single ? json_integer(p->against[0]) : json_null(), "context",
                             context_json(a, p), "paired", c->paired, "n", (json_int_t)c->n);
    json_object_set_new(json, "estimand", json_string(c->by_ratio ? "ratio" : "difference"));
    json_object_set_new(json, "ratio", distance_json(&c->ratio, c->n));
    json_object_set_new(json, "difference", distance_json(&c->difference, c->n));
    json_object_set_new(json, "test", test_json(&c->test));
    json_object_set_new(json, "pCorrected", real_or_null(c->p_corrected));
    json_object_set_new(json, "family", json_integer((json_int_t)c->family));
    json_object_set_new(json, "delta", delta_json(c->delta));
    json_object_set_new(json, "equivalence", equivalence_json(c));
    add_blocks(m->metric, c, json);
    json_object_set_new(json, "result", json_string(result_word(m->metric, c->result)));
    json_object_set_new(json, "sentence", json_string(sentence));
    return json;
}

json_t *analysis_comparisons_json(const struct analysis *a, const struct metric_found *m)
{
    json_t *json = json_array();
    for (size_t i = 0; i < m->n_comparisons; i++)
        if (m->comparisons[i].asked)
            json_array_append_new(json, comparison_json(a, m, &m->comparisons[i]));
    return json;
}
