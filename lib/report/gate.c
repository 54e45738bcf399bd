#include "lib/report/gate.h"

#include "lib/base/json.h"
#include "lib/base/str.h"

#include <math.h>
#include <stdbool.h>

static const char *const answers[GATE_COUNT] = {
    [GATE_FINE] = "fine", [GATE_WORSE] = "worse", [GATE_UNDECIDED] = "undecided"};

const char *gate_to_str(enum gate g)
{
    return answers[g];
}

/* How many times as bad; NAN: not known. */
struct times {
    double estimate, low, high;
};

static struct times times_of(const json_t *comparison, bool high_is_better)
{
    const json_t *ratio = json_object_get(comparison, "ratio");
    const json_t *interval = json_object_get(ratio, "interval");
    struct times t = {bd_json_real(ratio, "median", NAN), bd_json_real(interval, "low", NAN),
                      bd_json_real(interval, "high", NAN)};
    return high_is_better ? (struct times){1 / t.estimate, 1 / t.high, 1 / t.low} : t;
}

static enum gate judge(const struct times *t, double margin, double p, double alpha)
{
    if (t->high < 1 + margin)
        return GATE_FINE;
    return t->low > 1 + margin && p <= alpha ? GATE_WORSE : GATE_UNDECIDED;
}

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static const char *cell_name(const json_t *analysis, json_int_t cell)
{
    const json_t *told = json_array_get(json_object_get(analysis, "cells"), (size_t)cell);
    return cell < 0 ? "over all cells" : bd_json_str(told, "name", "?");
}

static json_t *judge_one(const json_t *analysis, const json_t *metric, const json_t *comparison,
                         double margin, enum gate *ret_answer)
{
    double alpha = 1 - bd_json_real(analysis, "confidence", 0.95);
    double p = bd_json_real(comparison, "pCorrected", NAN);
    struct times t = times_of(comparison, bd_str_eq(bd_json_str(metric, "direction", ""), "max"));
    json_int_t cell = bd_json_int(comparison, "cell", -1);
    *ret_answer = judge(&t, margin, p, alpha);
    return json_pack(
        "{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:s}", "metric", bd_json_str(metric, "name", "?"),
        "cell", cell < 0 ? json_null() : json_integer(cell), "name", cell_name(analysis, cell),
        "answer", answers[*ret_answer], "times", real_or_null(t.estimate), "interval",
        isfinite(t.low) && isfinite(t.high) ? json_pack("{s:f, s:f}", "low", t.low, "high", t.high)
                                            : json_null(),
        "pCorrected", real_or_null(p), "sentence", bd_json_str(comparison, "sentence", ""));
}

json_t *gate_json(const json_t *comparison, double margin, enum gate *ret_answer)
{
    const json_t *analysis = json_object_get(comparison, "analysis"), *metric, *one;
    json_t *items = json_array();
    size_t counts[GATE_COUNT] = {0}, i, k;
    json_array_foreach (json_object_get(analysis, "metrics"), i, metric) {
        if (!bd_json_str(metric, "direction", NULL))
            continue;
        json_array_foreach (json_object_get(metric, "comparisons"), k, one) {
            enum gate answer;
            json_array_append_new(items, judge_one(analysis, metric, one, margin, &answer));
            counts[answer]++;
        }
    }
    size_t all = counts[GATE_FINE] + counts[GATE_WORSE] + counts[GATE_UNDECIDED];
    *ret_answer = counts[GATE_WORSE]                   ? GATE_WORSE
                  : counts[GATE_UNDECIDED] || all == 0 ? GATE_UNDECIDED
                                                       : GATE_FINE;
    bd_auto_free char *why =
        all ? bd_xasprintf(
                  "of %zu comparisons %zu worse by more than %g %%, %zu not, %zu undecided", all,
                  counts[GATE_WORSE], 100 * margin, counts[GATE_FINE], counts[GATE_UNDECIDED])
            : bd_xstrdup(
                  "nothing was compared: no metric has a direction, give the campaign objectives");
    return json_pack("{s:s, s:s, s:f, s:{s:I, s:I, s:I}, s:o}", "answer", answers[*ret_answer],
                     "why", why, "margin", margin, "counts", "fine", (json_int_t)counts[GATE_FINE],
                     "worse", (json_int_t)counts[GATE_WORSE], "undecided",
                     (json_int_t)counts[GATE_UNDECIDED], "items", items);
}
