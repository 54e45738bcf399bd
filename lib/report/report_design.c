/* What was asked, and what was run. */
#include "lib/report/report_priv.h"

#include <string.h>

enum { LEVELS_MAX = 50, CELLS_MAX = 1000 };

/* -- asked -- */

static void add_factors(const struct report *r)
{
    const json_t *factors = json_object_get(r->analysis, "factors"), *factor, *level;
    size_t i, k;
    doc_table(r->doc, "Factors, and their levels");
    doc_column(r->doc, DOC_TEXT, "factor");
    doc_column(r->doc, DOC_TEXT, "levels");
    doc_column(r->doc, DOC_TEXT | DOC_OPTIONAL, "reference");
    json_array_foreach (factors, i, factor) {
        const char *path = bd_json_str(factor, "path", "?");
        const json_t *levels = json_object_get(factor, "levels");
        const json_t *reference = json_object_get(json_object_get(r->analysis, "reference"), path);
        bd_auto_str struct bd_str text = {0}, base = {0};
        json_array_foreach (levels, k, level) {
            if (k == LEVELS_MAX)
                break;
            bd_str_add(&text, k ? ", " : "");
            report_level(level, &text);
        }
        if (json_array_size(levels) > LEVELS_MAX)
            bd_str_addf(&text, " and %zu more", json_array_size(levels) - LEVELS_MAX);
        if (reference)
            report_level(reference, &base);
        doc_cell(r->doc, DOC_PLAIN, path);
        doc_cell(r->doc, DOC_PLAIN, bd_str_text(&text));
        doc_cell(r->doc, DOC_PLAIN, reference ? bd_str_text(&base) : NULL);
    }
    doc_table_end(r->doc);
}

static void add_metrics(const struct report *r)
{
    const json_t *metric;
    size_t i;
    doc_table(r->doc, "Metrics");
    doc_column(r->doc, DOC_TEXT, "metric");
    doc_column(r->doc, DOC_TEXT | DOC_OPTIONAL, "unit");
    doc_column(r->doc, DOC_TEXT, "kind");
    doc_column(r->doc, DOC_TEXT | DOC_OPTIONAL, "better");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "margin of equivalence");
    json_array_foreach (json_object_get(r->analysis, "metrics"), i, metric) {
        const char *unit = bd_json_str(metric, "unit", "");
        const char *direction = bd_json_str(metric, "direction", "");
        const char *better = strcmp(direction, "min") == 0   ? "lower"
                             : strcmp(direction, "max") == 0 ? "higher"
                                                             : NULL;
        doc_cell(r->doc, DOC_PLAIN, bd_json_str(metric, "name", "?"));
        doc_cell(r->doc, DOC_PLAIN, *unit ? unit : NULL);
        doc_cell(r->doc, DOC_PLAIN, bd_json_str(metric, "kind", "?"));
        doc_cell(r->doc, DOC_PLAIN, better);
        report_cell_percent(r, metric, "margin");
    }
    doc_table_end(r->doc);
}

static void add_until(const struct report *r, const json_t *until)
{
    bd_auto_str struct bd_str width = {0}, confidence = {0}, blocks = {0};
    report_percent(bd_json_real(until, "relativeHalfWidth", 0), &width);
    report_percent(bd_json_real(until, "confidence", 0), &confidence);
    report_count(bd_json_int(until, "blocks", 0), "block", &blocks);
    doc_item(r->doc,
             "Stopping: when each cell's interval of %s (%s) reaches no further than %s from its "
             "median; between %lld and %lld blocks, looked at every %lld. %s after %s.",
             bd_json_str(until, "metric", "?"), bd_str_text(&confidence), bd_str_text(&width),
             (long long)bd_json_int(until, "min", 0), (long long)bd_json_int(until, "max", 0),
             (long long)bd_json_int(until, "every", 1),
             bd_json_bool(until, "met", 0) ? "Met" : "Not met", bd_str_text(&blocks));
}

static void add_design(const struct report *r)
{
    const json_t *design = json_object_get(r->analysis, "design");
    const json_t *until = json_object_get(design, "until");
    const char *order = bd_json_str(design, "order", NULL);
    bd_auto_str struct bd_str blocks = {0}, confidence = {0};
    report_count(bd_json_int(design, "blocks", 0), "block", &blocks);
    report_percent(bd_json_real(r->analysis, "confidence", 0), &confidence);
    doc_item(r->doc, "%s that count, and %lld to warm up, which are run and left out.",
             bd_str_text(&blocks), (long long)bd_json_int(design, "warmup", 0));
    if (order && json_is_integer(json_object_get(design, "seed")))
        doc_item(r->doc, "Order: %s, from the seed %lld.", order,
                 (long long)bd_json_int(design, "seed", 0));
    else if (order)
        doc_item(r->doc, "Order: %s.", order);
    doc_item(r->doc, bd_json_bool(design, "paired", 0)
                         ? "Cells are compared block by block (paired)."
                         : "Cells are compared as independent samples (not paired).");
    if (bd_json_bool(design, "fixedSeed", 0))
        doc_item(r->doc, "All blocks have the same stream of jobs.");
    if (bd_json_bool(design, "adaptive", 0))
        doc_item(r->doc, "Cells were added while it ran.");
    if (json_is_object(until))
        add_until(r, until);
    doc_item(r->doc, "Intervals cover with at least %s, as far as there are values enough.",
             bd_str_text(&confidence));
}

void report_asked(const struct report *r)
{
    doc_heading(r->doc, 2, "What was asked");
    add_factors(r);
    add_metrics(r);
    add_design(r);
}

/* -- run -- */

/* Members of `runs` and of each cell. */
static const struct {
    const char *key, *title;
} counts[] = {
    {"planned", "planned"}, {"counted", "counted"},     {"excluded", "excluded"},
    {"failed", "failed"},   {"cancelled", "cancelled"}, {"limited", "of those counted, limited"},
};

static void add_counts(const struct report *r)
{
    const json_t *cell, *runs = json_object_get(r->analysis, "runs");
    size_t i, k;
    doc_table(r->doc, "Runs, by cell");
    doc_column(r->doc, DOC_TEXT, "cell");
    for (k = 0; k < BD_ARRAY_LEN(counts); k++)
        doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "%s", counts[k].title);
    json_array_foreach (json_object_get(r->analysis, "cells"), i, cell) {
        if (i == CELLS_MAX)
            break;
        doc_cell(r->doc, DOC_PLAIN, bd_json_str(cell, "name", "?"));
        for (k = 0; k < BD_ARRAY_LEN(counts); k++)
            report_cell_int(r, cell, counts[k].key);
    }
    doc_cell(r->doc, DOC_PLAIN, "all");
    for (k = 0; k < BD_ARRAY_LEN(counts); k++)
        report_cell_int(r, runs, counts[k].key);
    doc_table_end(r->doc);
}

static void add_exclusions(const struct report *r, const json_t *runs)
{
    const json_t *list = json_object_get(runs, "exclusions"), *item;
    json_int_t left_out = bd_json_int(runs, "exclusionsLeftOut", 0);
    size_t i;
    doc_table(r->doc, "Runs that do not count, and why");
    doc_column(r->doc, DOC_TEXT | DOC_OPTIONAL, "run");
    doc_column(r->doc, DOC_TEXT, "cell");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "block");
    doc_column(r->doc, DOC_TEXT, "is");
    doc_column(r->doc, DOC_TEXT, "reason");
    json_array_foreach (list, i, item) {
        bd_auto_free char *cell = report_cell_name(r, bd_json_int(item, "cell", -1));
        const char *run = bd_json_str(item, "run", NULL);
        const char *reason = bd_json_str(item, "reason", NULL);
        doc_cell(r->doc, DOC_PLAIN, run);
        doc_cell(r->doc, DOC_PLAIN, cell);
        report_cell_int(r, item, "block");
        doc_cell(r->doc, DOC_PLAIN, bd_json_str(item, "kind", "?"));
        doc_cell(r->doc, DOC_PLAIN, reason ? reason : "not told");
    }
    doc_table_end(r->doc);
    if (left_out > 0)
        doc_paragraph(r->doc, "And %lld more that are not listed.", (long long)left_out);
}

void report_run(const struct report *r)
{
    const json_t *runs = json_object_get(r->analysis, "runs");
    json_int_t excluded = bd_json_int(runs, "excluded", 0), failed = bd_json_int(runs, "failed", 0);
    bd_auto_str struct bd_str planned = {0};
    report_count(bd_json_int(runs, "planned", 0), "run", &planned);
    doc_heading(r->doc, 2, "What was run");
    doc_paragraph(r->doc,
                  "Of %s that were planned %lld count. Excluded, as graded invalid: %lld; failed: "
                  "%lld. Outliers stay.",
                  bd_str_text(&planned), (long long)bd_json_int(runs, "counted", 0),
                  (long long)excluded, (long long)failed);
    add_counts(r);
    add_exclusions(r, runs);
}
