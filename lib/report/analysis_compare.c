/* Cells and levels held against each other: how large a difference is, and whether it is one. */
#include "lib/report/analysis_priv.h"
#include "lib/stats/bootstrap.h"
#include "lib/stats/ranks.h"

#include <string.h>

/* Values that are drawn in all where ratios are resampled, and the fewest resamples of one. */
#define DRAWN_MAX (size_t)200000000
#define DRAWS_MIN (size_t)200

/* -- one comparison -- */

static void test_sides(const struct sides *s, struct comparison *c)
{
    if (c->paired)
        stats_wilcoxon(s->of, s->against, s->n_of, &c->test);
    else
        stats_mann_whitney(s->of, s->n_of, s->against, s->n_against, &c->test);
    if (isnan(c->margin_absolute))
        return;
    if (c->paired)
        stats_equivalent_pairs(s->of, s->against, s->n_of, c->margin_absolute, &c->equivalence);
    else
        stats_equivalent_samples(s->of, s->n_of, s->against, s->n_against, c->margin_absolute,
                                 &c->equivalence);
}

/* Of the reference's median, which has to be something to be a share of. */
static void find_margin(const struct analysed_metric *m, const struct sides *s,
                        struct comparison *c)
{
    struct stats_summary reference;
    stats_describe(s->against, s->n_against, STATS_CONFIDENCE, &reference);
    double margin = m->margin * fabs(reference.median);
    c->margin = m->margin;
    c->margin_absolute = margin > 0 && isfinite(margin) ? margin : NAN;
}

/* Resamples come sorted. */
static double ratio_of_medians(const double *a, size_t n_a, const double *b, size_t n_b,
                               void *arg BD_UNUSED)
{
    return stats_quantile(a, n_a, 0.5) / stats_quantile(b, n_b, 0.5);
}

static bool are_above_0(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] <= 0)
            return false;
    return n > 0;
}

/* So many that all comparisons together take no longer than a second or so. */
static size_t draws_for(const struct analysis *a, const struct found *f)
{
    size_t values = 1;
    for (size_t i = 0; i < f->pairings.n; i++)
        values += 2 * f->pairings.items[i].n * a->blocks_seen;
    size_t draws = DRAWN_MAX / values / (f->n_metrics + 1);
    return draws > STATS_DRAWS ? STATS_DRAWS : draws < DRAWS_MIN ? DRAWS_MIN : draws;
}

static void find_ratio(const struct analysis *a, const struct found *f, const struct sides *s,
                       struct comparison *c)
{
    struct stats_summary *r = &c->ratio;
    *r = (struct stats_summary){.min = NAN, .q1 = NAN, .median = NAN, .q3 = NAN, .max = NAN};
    if (!are_above_0(s->of, s->n_of) || !are_above_0(s->against, s->n_against))
        return;
    r->n = c->n;
    c->draws = draws_for(a, f);
    r->median = analysis_median(s->of, s->n_of) / analysis_median(s->against, s->n_against);
    stats_bootstrap_samples(s->of, s->n_of, s->against, s->n_against, ratio_of_medians, NULL,
                            f->confidence, c->draws, a->campaign->seed, &r->interval);
}

static void describe_sides(const struct analysis *a, const struct found *f, const struct sides *s,
                           struct comparison *c)
{
    c->delta = stats_cliff_delta(s->of, s->n_of, s->against, s->n_against);
    if (c->paired) {
        stats_pair(s->of, s->against, s->n_of, f->confidence, &c->pairs);
        stats_shift_pairs(s->of, s->against, s->n_of, f->confidence, &c->shift);
        c->n = c->pairs.n;
        c->ratio = c->pairs.ratio;
    } else {
        stats_shift_samples(s->of, s->n_of, s->against, s->n_against, f->confidence, &c->shift);
        c->n = s->n_of && s->n_against ? s->n_of + s->n_against : 0;
        find_ratio(a, f, s, c);
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
        c->equivalence.p = c->equivalence_corrected = NAN;
        sides_of(a, m->metric, c->pairing, &s);
        find_margin(m->metric, &s, c);
        test_sides(&s, c);
        if (c->asked)
            describe_sides(a, f, &s, c);
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

static enum result result_of(const struct comparison *c, double confidence)
{
    double alpha = 1 - confidence;
    const struct stats_interval *shift = &c->shift.interval;
    if (c->equivalence_corrected <= alpha)
        return RESULT_EQUIVALENT;
    bool resolved =
        c->p_corrected <= alpha && shift->is_there && (shift->low > 0 || shift->high < 0);
    if (!resolved)
        return RESULT_UNRESOLVED;
    return c->shift.estimate > 0 ? RESULT_HIGHER : RESULT_LOWER;
}

/* Whether any p of a family can be small enough, and with how many blocks it could. */
static void find_resolution(const struct analysis *a, struct found *f, const struct metric_found *m)
{
    struct verdict_resolution *r = &f->resolution;
    for (size_t i = 0; i < m->n_comparisons; i++) {
        const struct comparison *c = &m->comparisons[i];
        size_t most = c->family > r->family ? c->family : r->family;
        if (!c->asked || c->n == 0)
            continue;
        r->family = most;
        double least = stats_least_p_pairs(c->n);
        if (!c->paired) {
            sides_auto struct sides s = {0};
            sides_of(a, m->metric, c->pairing, &s);
            least = stats_least_p_samples(s.n_of, s.n_against);
        }
        if (r->n == 0 || least < r->least_p) {
            r->least_p = least;
            r->n = c->n;
            r->paired = c->paired;
        }
    }
}

void analysis_correct(const struct analysis *a, struct found *f)
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
        find_resolution(a, f, m);
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

static json_t *ratio_json(const struct analysis *a, const struct comparison *c, json_t *to)
{
    bool there = c->ratio.n > 0;
    json_object_set_new(to, "ratio", there ? summary_json(&c->ratio) : json_null());
    json_t *method = json_null();
    if (there && c->paired)
        method = json_string("median of the ratios by block, exact rank interval");
    else if (there)
        method = json_sprintf("ratio of medians, BCa bootstrap (%zu draws, seed %llu)", c->draws,
                              (unsigned long long)a->campaign->seed);
    json_object_set_new(to, "ratioMethod", method);
    return to;
}

static json_t *shift_json(const struct stats_shift *s)
{
    return json_pack("{s:o, s:o, s:b}", "estimate", real_or_null(s->estimate), "interval",
                     interval_json(&s->interval), "exact", s->exact);
}

static json_t *delta_json(double delta)
{
    return json_pack("{s:o, s:s?}", "value", real_or_null(delta), "magnitude",
                     isnan(delta) ? NULL : stats_delta_magnitude(delta));
}

static json_t *equivalence_json(const struct comparison *c)
{
    if (isnan(c->margin_absolute))
        return json_null();
    return json_pack("{s:f, s:f, s:o, s:o, s:b}", "margin", c->margin, "marginAbsolute",
                     c->margin_absolute, "test", test_json(&c->equivalence), "pCorrected",
                     real_or_null(c->equivalence_corrected), "equivalent",
                     c->result == RESULT_EQUIVALENT);
}

static const char *result_word(const struct analysed_metric *m, enum result result)
{
    if (result == RESULT_UNRESOLVED)
        return "unresolved";
    if (result == RESULT_EQUIVALENT)
        return "equivalent";
    bool higher = result == RESULT_HIGHER;
    if (m->better == 0)
        return higher ? "higher" : "lower";
    return higher == (m->better > 0) ? "better" : "worse";
}

static void add_blocks(const struct analysed_metric *m, const struct comparison *c, json_t *to)
{
    json_int_t higher = (json_int_t)c->pairs.higher, lower = (json_int_t)c->pairs.lower;
    bool known = m->better != 0;
    json_object_set_new(to, "higher", json_integer(higher));
    json_object_set_new(to, "lower", json_integer(lower));
    json_object_set_new(to, "equal", json_integer((json_int_t)c->pairs.equal));
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
    ratio_json(a, c, json);
    json_object_set_new(json, "difference",
                        c->pairs.difference.n ? summary_json(&c->pairs.difference) : json_null());
    json_object_set_new(json, "shift", shift_json(&c->shift));
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
