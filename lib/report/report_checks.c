/* The front of Pareto, and the twelve rules. */
#include "lib/report/report_priv.h"

#include <string.h>

/* -- the front -- */

static const json_t *metric_named(const struct report *r, const char *name)
{
    const json_t *metric;
    size_t i;
    json_array_foreach (json_object_get(r->analysis, "metrics"), i, metric) {
        if (strcmp(bd_json_str(metric, "name", ""), name) == 0)
            return metric;
    }
    return NULL;
}

/* The metric's figures of a cell, which lists in the same order. */
static const json_t *figures_of(const json_t *metric, json_int_t cell)
{
    const json_t *item;
    size_t i;
    json_array_foreach (json_object_get(metric, "cells"), i, item) {
        if (bd_json_int(item, "cell", -1) == cell)
            return item;
    }
    return NULL;
}

static void add_front(const struct report *r, const json_t *pareto)
{
    const json_t *objectives = json_object_get(pareto, "objectives"), *objective, *item;
    size_t i, k;
    doc_table(r->doc, "Cells, and whether they are on the front; medians");
    doc_column(r->doc, DOC_TEXT, "cell");
    json_array_foreach (objectives, k, objective) {
        const char *name = bd_json_str(objective, "metric", "?");
        const char *unit = bd_json_str(metric_named(r, name), "unit", "");
        doc_column(r->doc, DOC_NUMBER, "%s%s%s", name, *unit ? ", " : "", unit);
    }
    doc_column(r->doc, DOC_TEXT, "on the front");
    doc_column(r->doc, DOC_NUMBER | DOC_OPTIONAL, "in resamples");
    json_array_foreach (json_object_get(pareto, "cells"), i, item) {
        json_int_t cell = bd_json_int(item, "cell", -1);
        bool on_front = bd_json_bool(item, "onFront", 0) != 0;
        bd_auto_free char *name = report_cell_name(r, cell);
        doc_cell(r->doc, DOC_PLAIN, name);
        json_array_foreach (objectives, k, objective) {
            const json_t *metric = metric_named(r, bd_json_str(objective, "metric", ""));
            report_cell_real(r, figures_of(metric, cell), "median");
        }
        doc_cell(r->doc, on_front ? DOC_GOOD : DOC_DIM, on_front ? "yes" : "no");
        report_cell_percent(r, item, "probability");
    }
    doc_table_end(r->doc);
}

void report_pareto(const struct report *r)
{
    const json_t *pareto = json_object_get(r->analysis, "pareto");
    if (!json_is_object(pareto))
        return;
    doc_heading(r->doc, 2, "Pareto front");
    doc_paragraph(r->doc,
                  "On it are the cells than which no other is at least as good in all objectives "
                  "and better in one, by their medians. The last column is the share of %lld "
                  "resamples of whole %s (seed %lld) in which the cell is on it.",
                  (long long)bd_json_int(pareto, "draws", 0),
                  bd_json_bool(pareto, "byBlock", 0) ? "blocks" : "runs",
                  (long long)bd_json_int(pareto, "seed", 0));
    add_front(r, pareto);
}

/* -- the rules -- */

static enum doc_mark mark_of(const char *status)
{
    return strcmp(status, "met") == 0       ? DOC_GOOD
           : strcmp(status, "not met") == 0 ? DOC_BAD
                                            : DOC_DIM;
}

void report_checklist(const struct report *r)
{
    const json_t *list = json_object_get(r->analysis, "checklist"), *item;
    size_t i;
    if (json_array_size(list) == 0)
        return;
    doc_heading(r->doc, 2, "Checklist");
    doc_paragraph(r->doc, "The twelve rules of Hoefler and Belli, Scientific Benchmarking of "
                          "Parallel Computing Systems (doi 10.1145/2807591.2807644).");
    doc_table(r->doc, "The twelve rules, and what there is for each");
    doc_column(r->doc, DOC_NUMBER, "rule");
    doc_column(r->doc, DOC_TEXT, "asks");
    doc_column(r->doc, DOC_TEXT, "status");
    doc_column(r->doc, DOC_TEXT, "evidence");
    json_array_foreach (list, i, item) {
        const char *status = bd_json_str(item, "status", "?");
        report_cell_int(r, item, "rule");
        doc_cell(r->doc, DOC_PLAIN, bd_json_str(item, "text", "?"));
        doc_cell(r->doc, mark_of(status), status);
        doc_cell(r->doc, DOC_PLAIN, bd_json_str(item, "evidence", NULL));
    }
    doc_table_end(r->doc);
}
