#include "lib/report/reproduction.h"

#include "lib/base/json.h"
#include "lib/base/str.h"

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

/* -- one comparison -- */

enum finding { NOTHING, EQUIVALENT, HIGHER, LOWER };

/* What a comparison found, whatever is better. */
static enum finding finding_of(const json_t *comparison, const char *direction)
{
    const char *result = bd_json_str(comparison, "result", "unresolved");
    bool high_is_better = bd_str_eq(direction, "max");
    if (bd_str_eq(result, "equivalent"))
        return EQUIVALENT;
    if (bd_str_eq(result, "higher"))
        return HIGHER;
    if (bd_str_eq(result, "lower"))
        return LOWER;
    if (bd_str_eq(result, "better"))
        return high_is_better ? HIGHER : LOWER;
    if (bd_str_eq(result, "worse"))
        return high_is_better ? LOWER : HIGHER;
    return NOTHING;
}

struct side {
    double ratio, low, high; /* NAN: not there */
    enum finding finding;
};

static struct side side_of(const json_t *comparison, const char *direction)
{
    const json_t *ratio = json_object_get(comparison, "ratio");
    const json_t *interval = json_object_get(ratio, "interval");
    return (struct side){
        .ratio = bd_json_real(ratio, "median", NAN),
        .low = bd_json_real(interval, "low", NAN),
        .high = bd_json_real(interval, "high", NAN),
        .finding = finding_of(comparison, direction),
    };
}

static bool are_apart(const struct side *a, const struct side *b)
{
    return a->low > b->high || b->low > a->high; /* false where one is not there */
}

static enum reproduction judge(const struct side *a, const struct side *b, const char **ret_why)
{
    if (a->finding == NOTHING) {
        *ret_why = "the original resolved nothing here";
        return INCONCLUSIVE;
    }
    if (b->finding != NOTHING && a->finding != b->finding) {
        *ret_why = a->finding == EQUIVALENT   ? "there was no difference, and now there is one"
                   : b->finding == EQUIVALENT ? "there was a difference, and now there is none"
                                              : "the difference goes the other way now";
        return NOT_REPRODUCED;
    }
    if (are_apart(a, b)) {
        *ret_why = "the intervals of the ratio do not meet";
        return NOT_REPRODUCED;
    }
    if (b->finding == NOTHING) {
        *ret_why = "the reproduction resolved nothing here";
        return INCONCLUSIVE;
    }
    *ret_why = a->finding == EQUIVALENT ? "equivalent again" : "the same direction again";
    return REPRODUCED;
}

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *side_json(const json_t *comparison)
{
    const json_t *ratio = json_object_get(comparison, "ratio");
    const json_t *interval = json_object_get(ratio, "interval");
    return json_pack("{s:o, s:o, s:s}", "ratio", real_or_null(bd_json_real(ratio, "median", NAN)),
                     "interval", interval ? json_deep_copy(interval) : json_null(), "result",
                     bd_json_str(comparison, "result", "unresolved"));
}

static json_t *judge_one(const json_t *metric, const json_t *original, const json_t *again,
                         enum reproduction *ret_answer)
{
    static const char *const copied[] = {"factor",  "level", "reference",
                                         "context", "cell",  "against"};
    const char *direction = bd_json_str(metric, "direction", "min");
    const char *why = "the reproduction has no such comparison";
    enum reproduction answer = INCONCLUSIVE;
    if (again) {
        struct side a = side_of(original, direction), b = side_of(again, direction);
        answer = judge(&a, &b, &why);
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:o, s:o}", "metric", bd_json_str(metric, "name", ""),
                             "answer", answers[answer], "why", why, "original", side_json(original),
                             "reproduction", again ? side_json(again) : json_null());
    for (size_t i = 0; i < BD_ARRAY_LEN(copied); i++) {
        const json_t *value = json_object_get(original, copied[i]);
        json_object_set_new(json, copied[i], value ? json_deep_copy(value) : json_null());
    }
    *ret_answer = answer;
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

static json_t *answer_json(const size_t counts[REPRODUCTION_COUNT], enum reproduction *ret_answer)
{
    size_t all = counts[REPRODUCED] + counts[NOT_REPRODUCED] + counts[INCONCLUSIVE];
    enum reproduction answer = counts[NOT_REPRODUCED] ? NOT_REPRODUCED
                               : counts[REPRODUCED]   ? REPRODUCED
                                                      : INCONCLUSIVE;
    bd_auto_free char *why =
        bd_xasprintf("of %zu comparisons %zu reproduced, %zu not, %zu inconclusive", all,
                     counts[REPRODUCED], counts[NOT_REPRODUCED], counts[INCONCLUSIVE]);
    *ret_answer = answer;
    return json_pack("{s:s, s:s, s:{s:I, s:I, s:I}}", "answer", answers[answer], "why", why,
                     "counts", "reproduced", (json_int_t)counts[REPRODUCED], "notReproduced",
                     (json_int_t)counts[NOT_REPRODUCED], "inconclusive",
                     (json_int_t)counts[INCONCLUSIVE]);
}

json_t *reproduction_json(const json_t *original, const json_t *again,
                          enum reproduction *ret_answer)
{
    json_t *comparisons = json_array(), *cells = json_array();
    size_t counts[REPRODUCTION_COUNT] = {0}, i, k;
    const json_t *metric, *comparison;
    json_array_foreach (json_object_get(original, "metrics"), i, metric) {
        const json_t *other = metric_of(again, bd_json_str(metric, "name", ""));
        json_array_foreach (json_object_get(metric, "comparisons"), k, comparison) {
            enum reproduction answer;
            json_array_append_new(
                comparisons,
                judge_one(metric, comparison, comparison_like(other, comparison), &answer));
            counts[answer]++;
        }
        bd_auto_json json_t *of_metric = cells_json(original, metric, other);
        json_array_extend(cells, of_metric);
    }
    json_t *json = answer_json(counts, ret_answer);
    json_object_set_new(json, "original", campaign_of(original));
    json_object_set_new(json, "reproduction", campaign_of(again));
    json_object_set_new(json, "comparisons", comparisons);
    json_object_set_new(json, "cells", cells);
    return json;
}
