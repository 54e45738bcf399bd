#include "lib/report/reproduction.h"

#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/report/analysis_priv.h"
#include "lib/stats/distributions.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const char *const answers[REPRODUCTION_COUNT] = {
    [REPRODUCED] = "reproduced",
    [NOT_REPRODUCED] = "not reproduced",
    [INCONCLUSIVE] = "inconclusive",
};

const char *reproduction_to_str(enum reproduction r)
{
    return answers[r];
}

/* -- finding the same again -- */

static const json_t *metric_of(const json_t *analysis, const char *name)
{
    const json_t *metric;
    size_t i;
    json_array_foreach (json_object_get(analysis, "metrics"), i, metric)
        if (bd_str_eq(bd_json_str(metric, "name", NULL), name))
            return metric;
    return NULL;
}

/* A crate has every digit of a number, the interface 15: that many are compared. */
static char *text_of(const json_t *value)
{
    return json_dumps(value,
                      JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
}

static bool is_alike(const json_t *a, const json_t *b, const char *key)
{
    bd_auto_free char *x = text_of(json_object_get(a, key)), *y = text_of(json_object_get(b, key));
    return bd_str_eq(x, y);
}

static const json_t *comparison_like(const json_t *metric, const json_t *original)
{
    static const char *const keys[] = {"factor", "level", "reference", "context"};
    const json_t *comparison;
    size_t i;
    json_array_foreach (json_object_get(metric, "comparisons"), i, comparison) {
        bool is_it = true;
        for (size_t k = 0; k < BD_ARRAY_LEN(keys); k++)
            is_it = is_it && is_alike(original, comparison, keys[k]);
        if (is_it)
            return comparison;
    }
    return NULL;
}

/* -- one side -- */

enum finding { NOTHING, MIXED, EQUIVALENT, HIGHER, LOWER };

/* What a comparison found, whatever is better. */
static enum finding finding_of(const json_t *comparison, const char *direction)
{
    const char *result = bd_json_str(comparison, "result", "unresolved");
    bool high_is_better = bd_str_eq(direction, "max");
    const struct {
        const char *result;
        enum finding finding;
    } words[] = {
        {"mixed", MIXED},
        {"equivalent", EQUIVALENT},
        {"higher", HIGHER},
        {"lower", LOWER},
        {"better", high_is_better ? HIGHER : LOWER},
        {"worse", high_is_better ? LOWER : HIGHER},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(words); i++)
        if (bd_str_eq(result, words[i].result))
            return words[i].finding;
    return NOTHING;
}

/* Of a ratio the logarithms: then no difference is 0 for both. */
struct side {
    enum finding finding;
    bool ratio, has_interval;
    double estimate, low, high, coverage;
    double margin; /* within which it may be equivalent; NAN: none is said */
};

static const json_t *figures_of(const json_t *comparison)
{
    return json_object_get(comparison, bd_json_str(comparison, "estimand", ""));
}

static struct side side_of(const json_t *comparison, const char *direction)
{
    const json_t *figures = figures_of(comparison);
    const json_t *interval = json_object_get(figures, "interval");
    const json_t *equivalence = json_object_get(comparison, "equivalence");
    struct side s = {
        .finding = finding_of(comparison, direction),
        .ratio = bd_str_eq(bd_json_str(comparison, "estimand", ""), "ratio"),
        .estimate = bd_json_real(figures, "estimate", NAN),
        .low = bd_json_real(interval, "low", NAN),
        .high = bd_json_real(interval, "high", NAN),
        .coverage = bd_json_real(interval, "coverage", NAN),
    };
    s.margin = s.ratio ? log1p(bd_json_real(equivalence, "margin", NAN))
                       : bd_json_real(equivalence, "marginAbsolute", NAN);
    if (s.ratio) {
        s.estimate = log(s.estimate);
        s.low = log(s.low);
        s.high = log(s.high);
    }
    s.has_interval = s.low <= s.estimate && s.estimate <= s.high && isfinite(s.low) &&
                     isfinite(s.high) && s.coverage > 0;
    return s;
}

/* That an equivalence may have too. */
static enum finding direction_of(const struct side *s)
{
    if (s->finding == EQUIVALENT && s->has_interval && s->low > 0)
        return HIGHER;
    if (s->finding == EQUIVALENT && s->has_interval && s->high < 0)
        return LOWER;
    return s->finding == HIGHER || s->finding == LOWER ? s->finding : NOTHING;
}

static bool is_resolved(const struct side *s)
{
    return s->finding == EQUIVALENT || s->finding == HIGHER || s->finding == LOWER;
}

static bool are_comparable(const struct side *a, const struct side *b)
{
    return a->has_interval && b->has_interval && a->ratio == b->ratio;
}

/* -- one comparison -- */

/* How many times as wide the interval is that covers with 1 - error. */
static double widening(const struct side *s, double error)
{
    double missed = fmax(1 - s->coverage, 1e-15);
    return fmax(1, stats_normal_quantile(error / 2) / stats_normal_quantile(missed / 2));
}

/* Does the interval of their difference lie beside 0? */
static bool are_apart(const struct side *a, const struct side *b, double error)
{
    double x = widening(a, error), y = widening(b, error), between = b->estimate - a->estimate;
    double of_a = between > 0 ? a->high - a->estimate : a->estimate - a->low;
    double of_b = between > 0 ? b->estimate - b->low : b->high - b->estimate;
    return fabs(between) > hypot(x * of_a, y * of_b);
}

/* Does the wider interval lie outside the margin? */
static bool is_outside(const struct side *s, double margin, double error)
{
    double wider = widening(s, error);
    return s->estimate - wider * (s->estimate - s->low) > margin ||
           s->estimate + wider * (s->high - s->estimate) < -margin;
}

static enum reproduction judge_equivalence(const struct side *a, const struct side *b, double error,
                                           const char **ret_why)
{
    if (!b->has_interval || a->ratio != b->ratio || !(a->margin > 0)) {
        *ret_why = "the original is equivalent, and there is no interval to hold to its margin";
        return INCONCLUSIVE;
    }
    if (b->low >= -a->margin && b->high <= a->margin) {
        *ret_why = "within the margin again";
        return REPRODUCED;
    }
    if (is_outside(b, a->margin, error)) {
        *ret_why = "it was within the margin, and now it is outside";
        return NOT_REPRODUCED;
    }
    *ret_why = "it was within the margin, and now it may be or not";
    return INCONCLUSIVE;
}

static enum reproduction judge_difference(const struct side *a, const struct side *b, double error,
                                          const char **ret_why)
{
    enum finding again = direction_of(b);
    if (again != NOTHING && again != a->finding) {
        *ret_why = "the difference goes the other way now";
        return NOT_REPRODUCED;
    }
    if (are_comparable(a, b) && are_apart(a, b, error)) {
        *ret_why = "its size is another now";
        return NOT_REPRODUCED;
    }
    if (again != NOTHING) {
        *ret_why = "the same direction again";
        return REPRODUCED;
    }
    *ret_why = b->finding == MIXED        ? "it goes both ways now, in different contexts"
               : b->finding == EQUIVALENT ? "now it is within the margin, and has no direction"
                                          : "the reproduction resolved nothing here";
    return INCONCLUSIVE;
}

static enum reproduction judge(const struct side *a, const struct side *b, double error,
                               const char **ret_why)
{
    if (a->finding == NOTHING || a->finding == MIXED) {
        *ret_why = a->finding == MIXED ? "the original found both ways, in different contexts"
                                       : "the original resolved nothing here";
        return INCONCLUSIVE;
    }
    return a->finding == EQUIVALENT ? judge_equivalence(a, b, error, ret_why)
                                    : judge_difference(a, b, error, ret_why);
}

/* -- all of them -- */

struct pair {
    const json_t *metric, *original, *again; /* again: NULL: it has no such comparison */
    bool is_measured;                        /* the reproduction has the metric */
    struct side a, b;
};
struct judged {
    struct pair *pairs;
    size_t n, resolved, comparable; /* the latter: of those resolved */
    double error;                   /* of each, for all of them together */
};

static void add_pair(struct judged *j, const json_t *metric, const json_t *other,
                     const json_t *comparison)
{
    const char *direction = bd_json_str(metric, "direction", "min");
    struct pair pair = {.metric = metric, .original = comparison, .is_measured = other != NULL};
    pair.again = comparison_like(other, comparison);
    pair.a = side_of(comparison, direction);
    if (pair.again)
        pair.b = side_of(pair.again, direction);
    j->resolved += is_resolved(&pair.a);
    j->comparable += is_resolved(&pair.a) && pair.again && are_comparable(&pair.a, &pair.b);
    j->pairs = bd_xrealloc(j->pairs, (j->n + 1) * sizeof(*j->pairs));
    j->pairs[j->n++] = pair;
}

static void add_pairs(struct judged *j, const json_t *original, const json_t *again)
{
    const json_t *metric, *comparison;
    size_t i, k;
    json_array_foreach (json_object_get(original, "metrics"), i, metric) {
        const json_t *other = metric_of(again, bd_json_str(metric, "name", ""));
        json_array_foreach (json_object_get(metric, "comparisons"), k, comparison)
            add_pair(j, metric, other, comparison);
    }
    double alpha = 1 - bd_json_real(original, "confidence", STATS_CONFIDENCE);
    j->error = alpha / (double)(j->comparable ? j->comparable : 1);
}

static json_t *side_json(const json_t *comparison)
{
    const json_t *interval = json_object_get(figures_of(comparison), "interval");
    return json_pack("{s:s?, s:o, s:o, s:s}", "estimand", bd_json_str(comparison, "estimand", NULL),
                     "estimate",
                     real_or_null(bd_json_real(figures_of(comparison), "estimate", NAN)),
                     "interval", interval ? json_deep_copy(interval) : json_null(), "result",
                     bd_json_str(comparison, "result", "unresolved"));
}

static json_t *pair_json(const struct pair *p, double error, enum reproduction *ret_answer)
{
    static const char *const copied[] = {"factor",  "level", "reference",
                                         "context", "cell",  "against"};
    const char *why = p->is_measured ? "the reproduction has no cells of these levels"
                                     : "the reproduction did not measure this metric";
    *ret_answer = p->again ? judge(&p->a, &p->b, error, &why) : INCONCLUSIVE;
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:o, s:o}", "metric", bd_json_str(p->metric, "name", ""),
                  "answer", answers[*ret_answer], "why", why, "original", side_json(p->original),
                  "reproduction", p->again ? side_json(p->again) : json_null());
    for (size_t i = 0; i < BD_ARRAY_LEN(copied); i++) {
        const json_t *value = json_object_get(p->original, copied[i]);
        json_object_set_new(json, copied[i], value ? json_deep_copy(value) : json_null());
    }
    return json;
}

/* -- cells -- */

static json_t *figures_json(const json_t *cell)
{
    static const char *const copied[] = {"n", "median", "interval"};
    json_t *json = json_object();
    for (size_t i = 0; i < BD_ARRAY_LEN(copied); i++) {
        const json_t *value = json_object_get(cell, copied[i]);
        json_object_set_new(json, copied[i], value ? json_deep_copy(value) : json_null());
    }
    return json;
}

static json_t *cells_json(const json_t *analysis, const json_t *metric, const json_t *again)
{
    json_t *list = json_array();
    const json_t *cell;
    size_t i;
    json_array_foreach (json_object_get(metric, "cells"), i, cell) {
        const json_t *other = json_array_get(json_object_get(again, "cells"), i);
        double before = bd_json_real(cell, "median", NAN),
               after = bd_json_real(other, "median", NAN);
        const json_t *told = json_array_get(json_object_get(analysis, "cells"), i);
        json_array_append_new(
            list,
            json_pack("{s:s, s:I, s:s, s:o, s:o, s:o}", "metric", bd_json_str(metric, "name", ""),
                      "cell", (json_int_t)i, "name", bd_json_str(told, "name", "?"), "original",
                      figures_json(cell), "reproduction", other ? figures_json(other) : json_null(),
                      "ratio", before > 0 ? real_or_null(after / before) : json_null()));
    }
    return list;
}

/* -- the whole -- */

static json_t *campaign_of(const json_t *analysis)
{
    const json_t *id = json_object_get(analysis, "campaign");
    return id ? json_deep_copy(id) : json_null();
}

static json_t *answer_json(const struct judged *j, const size_t counts[REPRODUCTION_COUNT],
                           enum reproduction *ret_answer)
{
    size_t others = j->n - j->resolved, undecided = counts[INCONCLUSIVE] - others;
    enum reproduction answer = counts[NOT_REPRODUCED]                             ? NOT_REPRODUCED
                               : j->resolved && counts[REPRODUCED] == j->resolved ? REPRODUCED
                                                                                  : INCONCLUSIVE;
    bd_auto_free char *why =
        j->resolved == 0
            ? bd_xasprintf("of %zu comparison%s the original resolved none", j->n,
                           j->n == 1 ? "" : "s")
            : bd_xasprintf(
                  "of %zu comparison%s that the original resolved (of %zu) %zu reproduced, "
                  "%zu not, %zu inconclusive",
                  j->resolved, j->resolved == 1 ? "" : "s", j->n, counts[REPRODUCED],
                  counts[NOT_REPRODUCED], undecided);
    *ret_answer = answer;
    return json_pack("{s:s, s:s, s:{s:I, s:I, s:I, s:I}}", "answer", answers[answer], "why", why,
                     "counts", "resolved", (json_int_t)j->resolved, "reproduced",
                     (json_int_t)counts[REPRODUCED], "notReproduced",
                     (json_int_t)counts[NOT_REPRODUCED], "inconclusive",
                     (json_int_t)counts[INCONCLUSIVE]);
}

static json_t *all_cells_json(const json_t *original, const json_t *again)
{
    json_t *cells = json_array();
    const json_t *metric;
    size_t i;
    json_array_foreach (json_object_get(original, "metrics"), i, metric) {
        const json_t *other = metric_of(again, bd_json_str(metric, "name", ""));
        bd_auto_json json_t *of_metric = cells_json(original, metric, other);
        json_array_extend(cells, of_metric);
    }
    return cells;
}

json_t *reproduction_json(const json_t *original, const json_t *again,
                          enum reproduction *ret_answer)
{
    json_t *comparisons = json_array();
    size_t counts[REPRODUCTION_COUNT] = {0};
    struct judged j = {0};
    add_pairs(&j, original, again);
    for (size_t i = 0; i < j.n; i++) {
        enum reproduction answer;
        json_array_append_new(comparisons, pair_json(&j.pairs[i], j.error, &answer));
        counts[answer]++;
    }
    json_t *json = answer_json(&j, counts, ret_answer);
    json_object_set_new(json, "original", campaign_of(original));
    json_object_set_new(json, "reproduction", campaign_of(again));
    json_object_set_new(json, "comparisons", comparisons);
    json_object_set_new(json, "cells", all_cells_json(original, again));
    free(j.pairs);
    return json;
}
