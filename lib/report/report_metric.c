/* What is known of one metric. */
#include "lib/report/report_priv.h"

#include <string.h>

/* "makespan (s, lower is better)" */
static void add_title(const struct report *r, const json_t *metric)
{
    const char *direction = bd_json_str(metric, "direction", "");
    const char *unit = bd_json_str(metric, "unit", "");
    const char *better = strcmp(direction, "min") == 0   ? "lower is better"
                         : strcmp(direction, "max") == 0 ? "higher is better"
                                                         : "";
    bd_auto_str struct bd_str notes = {0};
    bd_str_addf(&notes, "%s%s%s", unit, *unit && *better ? ", " : "", better);
    doc_heading(r->doc, 2, notes.len ? "%s (%s)" : "%s%s", bd_json_str(metric, "name", "?"),
                bd_str_text(&notes));
}

static void add_sentences(const struct report *r, const json_t *metric)
{
    const json_t *comparison;
    size_t i;
    json_array_foreach (json_object_get(metric, "comparisons"), i, comparison) {
        const char *sentence = bd_json_str(comparison, "sentence", NULL);
        if (sentence)
            doc_item(r->doc, "%s", sentence);
    }
}

/* -- cells -- */

static void begin_by_cell(const struct report *r, const json_t *metric, const char *what)
{
    const char *unit = bd_json_str(metric, "unit", "");
    doc_table(r->doc, "%s by cell: %s%s%s", bd_json_str(metric, "name", "?"), what,
              *unit ? ", in " : "", unit);
    doc_column(r->doc, DOC_TEXT, "cell");
    doc_column(r->doc, DOC_NUMBER, "n");
}

static void add_name_and_n(const struct report *r, const json_t *cell)
{
    bd_auto_free char *name = report_cell_name(r, bd_json_int(cell, "cell", -1));
    doc_cell(r->doc, DOC_PLAIN, name);
    report_cell_int(r, cell, "n");
}

static void add_cells(const struct report *r, const json_t *metric)
{
    const json_t *cell;
    size_t i;
    begin_by_cell(r, metric, "median, mean and range");
    doc_column(r->doc, DOC_NUMBER, "median");
    doc_column(r->doc, DOC_NUMBER, "interval of the median (coverage)");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "mean");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "interval of the mean (coverage)");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "CV");
    doc_column(r->doc, DOC_NUMBER, "min");
    doc_column(r->doc, DOC_NUMBER, "max");
    json_array_foreach (json_object_get(metric, "cells"), i, cell) {
        add_name_and_n(r, cell);
        report_cell_real(r, cell, "median");
        report_cell_interval(r, json_object_get(cell, "interval"));
        report_cell_real(r, cell, "mean");
        report_cell_interval(r, json_object_get(cell, "meanInterval"));
        report_cell_percent(r, cell, "cv");
        report_cell_real(r, cell, "min");
        report_cell_real(r, cell, "max");
    }
    doc_table_end(r->doc);
}

/* -- comparisons -- */

static const struct {
    const char *result;
    enum doc_mark mark;
} results[] = {
    {"better", DOC_GOOD},      {"worse", DOC_BAD}, {"higher", DOC_PLAIN},   {"lower", DOC_PLAIN},
    {"equivalent", DOC_PLAIN}, {"mixed", DOC_BAD}, {"unresolved", DOC_DIM},
};

static void add_result(const struct report *r, const json_t *comparison)
{
    const char *result = bd_json_str(comparison, "result", "unresolved");
    size_t i = 0;
    while (i + 1 < BD_ARRAY_LEN(results) && strcmp(results[i].result, result) != 0)
        i++;
    doc_cell(r->doc, results[i].mark, result);
}

/* Figures of an effect: its estimate, and its interval. */
static void add_effect(const struct report *r, const json_t *effect)
{
    report_cell_real(r, effect, "estimate");
    report_cell_interval(r, json_object_get(effect, "interval"));
}

static void add_comparison(const struct report *r, const json_t *comparison)
{
    const json_t *delta = json_object_get(comparison, "delta");
    const json_t *equivalence = json_object_get(comparison, "equivalence");
    bd_auto_str struct bd_str compared = {0};
    report_compared(r->analysis, comparison, &compared);
    doc_cell(r->doc, DOC_PLAIN, bd_str_text(&compared));
    add_result(r, comparison);
    report_cell_int(r, comparison, "n");
    add_effect(r, json_object_get(comparison, "ratio"));
    add_effect(r, json_object_get(comparison, "difference"));
    report_cell_p(r, json_object_get(json_object_get(comparison, "test"), "p"), 0);
    report_cell_p(r, json_object_get(comparison, "pCorrected"), 0);
    report_cell_real(r, delta, "value");
    doc_cell(r->doc, DOC_PLAIN, bd_json_str(delta, "magnitude", NULL));
    report_cell_p(r, json_object_get(json_object_get(equivalence, "test"), "p"), 0);
}

/* What is the same of all comparisons of a metric, or of most: said once, below the table. */
static void add_methods(const struct report *r, const json_t *first)
{
    const json_t *test = json_object_get(first, "test");
    bool ratio = bd_str_eq(bd_json_str(first, "estimand", ""), "ratio");
    doc_item(r->doc,
             "Ratio and difference: Hodges and Lehmann's estimates (the ratio's of logarithms), "
             "with the intervals that the test leaves.");
    doc_item(r->doc, "p: of %s, %s; corrected by Holm for %lld tests.",
             ratio ? "logarithms" : "values", bd_json_str(test, "method", "?"),
             (long long)bd_json_int(first, "family", 1));
}

static void add_comparisons(const struct report *r, const json_t *metric)
{
    const json_t *list = json_object_get(metric, "comparisons"), *comparison;
    const char *unit = bd_json_str(metric, "unit", "");
    size_t i;
    if (json_array_size(list) == 0)
        return;
    doc_heading(r->doc, 3, "Comparisons");
    add_sentences(r, metric);
    doc_table(r->doc, "%s: comparisons", bd_json_str(metric, "name", "?"));
    doc_column(r->doc, DOC_TEXT, "compared");
    doc_column(r->doc, DOC_TEXT, "result");
    doc_column(r->doc, DOC_NUMBER, "n");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "ratio");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "its interval (coverage)");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, *unit ? "difference, in %s" : "difference%s",
               unit);
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "its interval (coverage)");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "p");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "p, corrected");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "Cliff's delta");
    doc_column(r->doc, DOC_TEXT | DOC_OPTIONAL, "magnitude");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "p of equivalence");
    json_array_foreach (list, i, comparison)
        add_comparison(r, comparison);
    doc_table_end(r->doc);
    add_methods(r, json_array_get(list, 0));
}

/* -- effects -- */

static void add_effects(const struct report *r, const json_t *metric)
{
    const json_t *effects = json_object_get(metric, "effects"), *item, *path;
    size_t i, k;
    if (!json_is_object(effects))
        return;
    doc_heading(r->doc, 3, "Effects");
    doc_table(r->doc, "%s: share of the variance of ranks, by effect",
              bd_json_str(metric, "name", "?"));
    doc_column(r->doc, DOC_TEXT, "effect");
    doc_column(r->doc, DOC_NUMBER, "share");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "degrees of freedom");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "p");
    json_array_foreach (json_object_get(effects, "items"), i, item) {
        bd_auto_str struct bd_str name = {0};
        json_array_foreach (json_object_get(item, "factors"), k, path)
            bd_str_addf(&name, "%s%s", k ? " with " : "", json_string_value(path));
        doc_cell(r->doc, DOC_PLAIN, bd_str_text(&name));
        report_cell_percent(r, item, "share");
        report_cell_int(r, item, "df");
        report_cell_p(r, json_object_get(json_object_get(item, "test"), "p"), 0);
    }
    doc_cell(r->doc, DOC_PLAIN, "none of these");
    report_cell_percent(r, effects, "left");
    doc_cell(r->doc, DOC_PLAIN, NULL);
    doc_cell(r->doc, DOC_PLAIN, NULL);
    doc_table_end(r->doc);
    if (bd_json_bool(effects, "withinBlocks", 0))
        doc_paragraph(r->doc, "Of the values relative to the mean of their block.");
    if (!bd_json_bool(effects, "balanced", 1))
        doc_paragraph(r->doc, "The design is not balanced: shares depend on the order of effects.");
}

/* -- form and order of values -- */

/* How many cells have a p below alpha for a test, and of how many it is known. */
static void count_below(const json_t *metric, const char *outer, const char *inner, double alpha,
                        size_t *ret_below, size_t *ret_known)
{
    const json_t *cell;
    size_t i;
    *ret_below = *ret_known = 0;
    json_array_foreach (json_object_get(metric, "cells"), i, cell) {
        const json_t *test = json_object_get(cell, outer);
        const json_t *p = json_object_get(inner ? json_object_get(test, inner) : test, "p");
        *ret_known += json_is_number(p);
        *ret_below += json_is_number(p) && json_number_value(p) < alpha;
    }
}

static void add_form_findings(const struct report *r, const json_t *metric, double alpha)
{
    static const struct {
        const char *outer, *inner, *what;
    } tests[] = {
        {"normality", NULL, "depart from a normal distribution (Shapiro and Wilk)"},
        {"trend", "test", "drift over the order of their runs (Mann and Kendall)"},
        {"serial", "test", "have values that depend on the one before (Bartels)"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(tests); i++) {
        size_t below, known;
        count_below(metric, tests[i].outer, tests[i].inner, alpha, &below, &known);
        if (known)
            doc_item(r->doc, "%zu of %zu cells %s, at p < %.2g.", below, known, tests[i].what,
                     alpha);
    }
}

/* The strongest trend of all, as it is corrected for them. */
static void add_drift(const struct report *r, const json_t *metric, double alpha)
{
    const json_t *drift = json_object_get(metric, "drift");
    const json_t *p = json_object_get(drift, "pCorrected");
    const char *unit = bd_json_str(metric, "unit", "");
    char slope[BD_NUMBER_BYTES], text[BD_NUMBER_BYTES];
    if (!report_p(p, text))
        return;
    json_int_t cell = bd_json_int(drift, "cell", -1);
    bd_auto_free char *name =
        cell < 0 ? bd_xstrdup("all cells together, block by block") : report_cell_name(r, cell);
    bool relative = bd_json_bool(drift, "relativeToBlock", 0) != 0;
    bd_text_real(bd_json_real(drift, "slope", 0), REPORT_DIGITS, slope);
    doc_item(
        r->doc,
        "The strongest trend is that of %s%s: %s%s%s a run, p %s as corrected for %lld tests. %s",
        name, relative ? ", relative to its blocks" : "", slope, *unit && !relative ? " " : "",
        relative ? "" : unit, text, (long long)bd_json_int(drift, "family", 1),
        json_number_value(p) <= alpha           ? "It drifts."
        : bd_json_bool(drift, "canSee", 1) != 0 ? "That is no drift that can be told."
                                                : "With so few blocks none could have been found.");
}

static void add_warming(const struct report *r, const json_t *metric, double alpha)
{
    const json_t *warming = json_object_get(metric, "warming");
    const json_t *p = json_object_get(warming, "pCorrected");
    char times[BD_NUMBER_BYTES], text[BD_NUMBER_BYTES];
    if (!report_p(p, text))
        return;
    bd_text_real(bd_json_real(warming, "times", 1), REPORT_DIGITS, times);
    doc_item(
        r->doc,
        "The first %lld of the blocks that count are at %s times the level of the others, p %s "
        "as corrected. %s",
        (long long)bd_json_int(warming, "first", 0), times, text,
        json_number_value(p) <= alpha ? "It was still warming up."
        : bd_json_bool(warming, "canSee", 1) != 0
            ? "That is no warming up that can be told."
            : "With so few blocks none could have been found.");
}

static void add_form(const struct report *r, const json_t *metric)
{
    double alpha = 1 - bd_json_real(r->analysis, "confidence", 0.95);
    const json_t *cell;
    size_t i;
    doc_heading(r->doc, 3, "Form and order of the values");
    add_form_findings(r, metric, alpha);
    add_drift(r, metric, alpha);
    add_warming(r, metric, alpha);
    begin_by_cell(r, metric, "spread, form and order");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "deviation");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "MAD");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "skew");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "p of normality");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "slope a run");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "p of no trend");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "autocorrelation (lag 1)");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "p of independence");
    json_array_foreach (json_object_get(metric, "cells"), i, cell) {
        const json_t *trend = json_object_get(cell, "trend");
        const json_t *serial = json_object_get(cell, "serial");
        add_name_and_n(r, cell);
        report_cell_real(r, cell, "deviation");
        report_cell_real(r, cell, "mad");
        report_cell_real(r, cell, "skew");
        report_cell_p(r, json_object_get(json_object_get(cell, "normality"), "p"), alpha);
        report_cell_real(r, trend, "slope");
        report_cell_p(r, json_object_get(json_object_get(trend, "test"), "p"), alpha);
        report_cell_real(r, serial, "lag1");
        report_cell_p(r, json_object_get(json_object_get(serial, "test"), "p"), alpha);
    }
    doc_table_end(r->doc);
}

void report_metric(const struct report *r, const json_t *metric)
{
    add_title(r, metric);
    add_cells(r, metric);
    add_comparisons(r, metric);
    add_effects(r, metric);
    add_form(r, metric);
}
