#include "lib/report/gate.h"

#include "lib/report/analysis_priv.h"
#include "lib/stats/ranks.h"

#include <string.h>

#define RUNS_MAX 10000 /* of a cell */

static const char *const answers[GATE_COUNT] = {
    [GATE_FINE] = "fine", [GATE_WORSE] = "worse", [GATE_UNDECIDED] = "undecided"};

const char *gate_to_str(enum gate g)
{
    return answers[g];
}

int gate_from_str(const char *s, enum gate *ret_gate)
{
    for (int i = 0; i < GATE_COUNT; i++) {
        if (strcmp(s, answers[i]) == 0) {
            *ret_gate = (enum gate)i;
            return 0;
        }
    }
    return BD_EINVALID;
}

struct item {
    const struct analysed_metric *metric;
    const struct pairing *pairing; /* NULL: of this metric there is nothing to compare */
    bool paired, ratio;
    size_t n_of, n_against; /* values; where it is paired, the same blocks */
    double bound;           /* of w: what is above it is worse. Ratios: its logarithm */
    struct stats_shift w;   /* likewise */
    struct stats_beyond beyond;
    double corrected; /* p of being worse */
    double least;     /* that so many values can have */
    enum gate answer;
};

struct gate_found {
    double margin, confidence;
    struct item *items;
    size_t n, family; /* of those that were tested */
};

/* -- one comparison -- */

static bool are_above_0(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] <= 0)
            return false;
    return true;
}

static void take_logs(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = log(values[i]);
}

static size_t count_there(const double *values, size_t n)
{
    size_t there = 0;
    for (size_t i = 0; i < n; i++)
        there += isnan(values[i]) ? 0 : 1;
    return there;
}

static size_t count_pairs(const struct sides *s)
{
    size_t pairs = 0;
    for (size_t i = 0; i < s->n_of; i++)
        pairs += !isnan(s->of[i]) && !isnan(s->against[i]);
    return pairs;
}

static void count_values(const struct sides *s, struct item *item)
{
    size_t pairs = item->paired ? count_pairs(s) : 0;
    item->n_of = item->paired ? pairs : count_there(s->of, s->n_of);
    item->n_against = item->paired ? pairs : count_there(s->against, s->n_against);
    double least = item->paired ? stats_least_p_pairs(pairs)
                                : stats_least_p_samples(item->n_of, item->n_against);
    item->least = least / 2; /* it has one side */
}

/* Each end of the interval is missed with alpha, as a one-sided test has it. */
static void test(const struct sides *s, double confidence, struct item *item)
{
    bool turned = item->metric->better > 0;
    const double *of = turned ? s->against : s->of, *against = turned ? s->of : s->against;
    size_t n_of = turned ? s->n_against : s->n_of, n_against = turned ? s->n_of : s->n_against;
    double both_ends = 2 * confidence - 1;
    if (item->paired) {
        stats_shift_pairs(of, against, n_of, both_ends, &item->w);
        stats_beyond_pairs(of, against, n_of, item->bound, &item->beyond);
    } else {
        stats_shift_samples(of, n_of, against, n_against, both_ends, &item->w);
        stats_beyond_samples(of, n_of, against, n_against, item->bound, &item->beyond);
    }
}

static void find_item(const struct analysis *a, const struct gate_found *g, struct item *item)
{
    sides_auto struct sides s = {0};
    sides_of(a, item->metric, item->pairing, &s);
    item->paired = a->campaign->paired;
    item->ratio = are_above_0(s.of, s.n_of) && are_above_0(s.against, s.n_against);
    count_values(&s, item);
    item->bound =
        item->ratio ? log1p(g->margin) : g->margin * fabs(stats_median(s.against, s.n_against));
    if (item->ratio) {
        take_logs(s.of, s.n_of);
        take_logs(s.against, s.n_against);
    }
    if (item->n_of > 0 && item->n_against > 0 && isfinite(item->bound))
        test(&s, g->confidence, item);
}

/* -- all of them -- */

static struct item *add_item(struct gate_found *g, const struct analysed_metric *m)
{
    g->items = bd_xrealloc(g->items, (g->n + 1) * sizeof(*g->items));
    g->items[g->n] = (struct item){.metric = m,
                                   .w = {.estimate = NAN},
                                   .beyond = {.above = NAN, .at_most = NAN},
                                   .corrected = NAN,
                                   .answer = GATE_UNDECIDED};
    return &g->items[g->n++];
}

static void find_items(const struct analysis *a, const char *factor,
                       const struct pairings *pairings, struct gate_found *g)
{
    for (size_t k = 0; k < a->n_metrics; k++) {
        const struct analysed_metric *m = &a->metrics[k];
        if (!m->wanted || m->better == 0)
            continue;
        if (!analysis_is_compared(m))
            add_item(g, m);
        for (size_t i = 0; analysis_is_compared(m) && i < pairings->n; i++) {
            const struct pairing *p = &pairings->items[i];
            if (p->factor < 0 || strcmp(a->factors[p->factor].path, factor) != 0)
                continue;
            struct item *item = add_item(g, m);
            item->pairing = p;
            find_item(a, g, item);
        }
    }
}

/* That p is small enough and that w's interval tells the same are one, but for ties. */
static enum gate judge(const struct gate_found *g, const struct item *item)
{
    const struct stats_interval *w = &item->w.interval;
    if (!w->is_there)
        return GATE_UNDECIDED;
    if (stats_rejects(item->corrected, g->confidence) && w->low >= item->bound)
        return GATE_WORSE;
    bool fine = stats_rejects(item->beyond.at_most, g->confidence) && w->high <= item->bound;
    return fine ? GATE_FINE : GATE_UNDECIDED;
}

static void correct(struct gate_found *g)
{
    bd_auto_free double *p = bd_xcalloc(2 * g->n + 1, sizeof(*p));
    double *corrected = p + g->n;
    for (size_t i = 0; i < g->n; i++) {
        p[i] = g->items[i].beyond.above;
        g->family += isnan(p[i]) ? 0 : 1;
    }
    stats_holm(p, g->n, corrected);
    for (size_t i = 0; i < g->n; i++) {
        g->items[i].corrected = corrected[i];
        g->items[i].answer = judge(g, &g->items[i]);
    }
}

/* -- in words -- */

/* The fewest blocks, or values of each side, of which one of so many tests can be small enough; 0:
 * none are. */
static size_t enough(const struct gate_found *g, bool paired, size_t tests)
{
    for (size_t n = 1; n <= RUNS_MAX; n++) {
        double least = paired ? stats_least_p_pairs(n) : stats_least_p_samples(n, n);
        if (stats_rejects(least / 2 * (double)tests, g->confidence))
            return n;
    }
    return 0;
}

static void add_values(struct bd_str *out, const struct item *item)
{
    if (item->paired)
        bd_str_addf(out, "%zu block%s", item->n_of, item->n_of == 1 ? "" : "s");
    else
        bd_str_addf(out, "%zu value%s against %zu", item->n_of, item->n_of == 1 ? "" : "s",
                    item->n_against);
}

static void add_undecided(struct bd_str *out, const struct gate_found *g, const struct item *item)
{
    const char *of = item->paired ? "blocks" : "values of each";
    if (isnan(item->beyond.above)) {
        bd_str_add(out, "values are infinite");
        return;
    }
    bool can_be_fine = stats_rejects(item->least, g->confidence);
    if (can_be_fine)
        bd_str_addf(out,
                    "neither that it is worse by more than %g %% is shown (corrected p = %.3g) "
                    "nor that it is not (p = %.3g)",
                    100 * g->margin, item->corrected, item->beyond.at_most);
    if (stats_rejects(item->least * (double)g->family, g->confidence))
        return;
    bd_str_add(out, can_be_fine ? "; " : "");
    add_values(out, item);
    bd_str_add(out, " are too few: it takes ");
    if (!can_be_fine)
        bd_str_addf(out, "%zu %s to find it fine, ", enough(g, item->paired, 1), of);
    bd_str_addf(out, "%zu %s to find it worse, as one of %zu comparisons",
                enough(g, item->paired, g->family), of, g->family);
}

static char *why_of(const struct gate_found *g, const struct item *item)
{
    const struct analysed_metric *m = item->metric;
    struct bd_str out = {0};
    if (!item->pairing && !m->unit)
        bd_str_add(&out, "it was measured in no run");
    else if (!item->pairing)
        bd_str_addf(&out, "it is not the same everywhere: %s (%s) here, %s there", m->unit,
                    stats_kind_to_str(m->kind), m->mixed);
    else if (item->n_of == 0 || item->n_against == 0)
        bd_str_add(&out, item->paired ? "no block has a value of both" : "not both have values");
    else if (item->answer == GATE_WORSE)
        bd_str_addf(&out, "worse by more than %g %%: corrected p = %.3g", 100 * g->margin,
                    item->corrected);
    else if (item->answer == GATE_FINE)
        bd_str_addf(&out, "not worse by more than %g %%: p = %.3g", 100 * g->margin,
                    item->beyond.at_most);
    else
        add_undecided(&out, g, item);
    if (item->pairing && item->n_of > 0 && item->n_against > 0 && !item->ratio)
        bd_str_addf(&out,
                    "; values of 0 or below have no ratio: the difference is held against %g %% of "
                    "the baseline's median, %.4g%s%s",
                    100 * g->margin, item->bound, *m->unit ? " " : "", m->unit);
    return bd_str_take(&out);
}

static char *name_of(const struct analysis *a, const struct pairing *p)
{
    if (p->n > 1)
        return bd_xstrdup("over all cells");
    bd_auto_json json_t *levels =
        json_copy(json_array_get(a->campaign->levels, p->cells[0])); /* not what they hold */
    json_object_del(levels, a->factors[p->factor].path);
    return analysis_cell_name(levels);
}

/* -- in JSON -- */

static double told(const struct item *item, double w)
{
    return item->ratio ? exp(w) : w;
}

static json_t *w_json(const struct item *item)
{
    struct stats_interval interval = item->w.interval;
    interval.low = told(item, interval.low);
    interval.high = told(item, interval.high);
    return json_pack("{s:o, s:o, s:o}", "estimate", real_or_null(told(item, item->w.estimate)),
                     "interval", interval_json(&interval), "bound",
                     real_or_null(told(item, item->bound)));
}

static json_t *item_json(const struct analysis *a, const struct gate_found *g,
                         const struct item *item)
{
    const struct pairing *p = item->pairing;
    bd_auto_free char *why = why_of(g, item), *name = p ? name_of(a, p) : bd_xstrdup("every cell");
    bool tested = p && item->n_of > 0 && item->n_against > 0;
    json_t *json = json_pack(
        "{s:s, s:s?, s:o, s:s, s:s, s:s, s:b, s:I, s:I, s:s?}", "metric", item->metric->name,
        "unit", item->metric->unit, "level",
        p ? json_incref(json_array_get(a->factors[p->factor].levels, p->level)) : json_null(),
        "name", name, "answer", answers[item->answer], "why", why, "paired", item->paired, "n",
        (json_int_t)item->n_of, "nAgainst", (json_int_t)item->n_against, "estimand",
        tested ? item->ratio ? "ratio" : "difference" : NULL);
    json_object_set_new(json, "cell", p && p->n == 1 ? json_integer(p->cells[0]) : json_null());
    json_object_set_new(json, "worse", tested ? w_json(item) : json_null());
    json_object_set_new(json, "pWorse", real_or_null(item->beyond.above));
    json_object_set_new(json, "pWorseCorrected", real_or_null(item->corrected));
    json_object_set_new(json, "pFine", real_or_null(item->beyond.at_most));
    json_object_set_new(json, "method",
                        tested && item->beyond.method ? json_string(item->beyond.method)
                                                      : json_null());
    return json;
}

static char *why_of_all(const struct analysis *a, const struct gate_found *g,
                        const size_t counts[GATE_COUNT])
{
    struct bd_str out = {0};
    size_t failed = 0;
    for (size_t i = 0; i < a->n_cells; i++)
        failed += a->failed[i];
    if (g->n == 0)
        bd_str_add(&out,
                   "nothing was compared: no metric has a direction, give the campaign objectives");
    else
        bd_str_addf(&out,
                    "of %zu comparison%s %zu worse by more than %g %%, %zu not, %zu undecided",
                    g->n, g->n == 1 ? "" : "s", counts[GATE_WORSE], 100 * g->margin,
                    counts[GATE_FINE], counts[GATE_UNDECIDED]);
    if (failed > 0)
        bd_str_addf(&out, "; %zu run%s of the campaigns failed, and %s no part in it", failed,
                    failed == 1 ? "" : "s", failed == 1 ? "has" : "have");
    return bd_str_take(&out);
}

json_t *gate_json(const struct analysis *a, const char *factor, double margin)
{
    struct gate_found g = {.margin = margin, .confidence = analysis_confidence(a)};
    struct pairings pairings = {0};
    size_t counts[GATE_COUNT] = {0};
    json_t *items = json_array();
    pairings_find(a, 1, &pairings);
    find_items(a, factor, &pairings, &g);
    correct(&g);
    for (size_t i = 0; i < g.n; i++) {
        counts[g.items[i].answer]++;
        json_array_append_new(items, item_json(a, &g, &g.items[i]));
    }
    enum gate answer = counts[GATE_WORSE]                       ? GATE_WORSE
                       : counts[GATE_UNDECIDED] > 0 || g.n == 0 ? GATE_UNDECIDED
                                                                : GATE_FINE;
    bd_auto_free char *why = why_of_all(a, &g, counts);
    json_t *json = json_pack("{s:s, s:s, s:f, s:f, s:I, s:{s:I, s:I, s:I}, s:o}", "answer",
                             answers[answer], "why", why, "margin", margin, "confidence",
                             g.confidence, "family", (json_int_t)g.family, "counts", "fine",
                             (json_int_t)counts[GATE_FINE], "worse", (json_int_t)counts[GATE_WORSE],
                             "undecided", (json_int_t)counts[GATE_UNDECIDED], "items", items);
    pairings_done(&pairings);
    free(g.items);
    return json;
}
