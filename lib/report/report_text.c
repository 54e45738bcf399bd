/* Figures and names of a report, as people read them. */
#include "lib/report/report_priv.h"

#include <stdio.h>
#include <string.h>

/* -- figures -- */

void report_cell_real(const struct report *r, const json_t *object, const char *key)
{
    char text[BD_NUMBER_BYTES];
    const json_t *value = json_object_get(object, key);
    doc_cell(r->doc, DOC_PLAIN,
             json_is_number(value) ? bd_text_real(json_number_value(value), REPORT_DIGITS, text)
                                   : NULL);
}

void report_cell_int(const struct report *r, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        doc_cellf(r->doc, DOC_PLAIN, "%lld", (long long)json_integer_value(value));
    else
        doc_cell(r->doc, DOC_PLAIN, NULL);
}

void report_percent(double share, struct bd_str *out)
{
    /* 0.9999 would be shown as 100. */
    bool nearly = share < 1 && share >= 0.9995;
    bd_str_addf(out, nearly ? "> 99.9 %%" : "%.3g %%", 100 * share);
}

void report_cell_percent(const struct report *r, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    bd_auto_str struct bd_str text = {0};
    if (json_is_number(value))
        report_percent(json_number_value(value), &text);
    doc_cell(r->doc, DOC_PLAIN, text.len ? bd_str_text(&text) : NULL);
}

/* One that goes on for ever has no end there. */
static void add_end(const json_t *interval, const char *key, struct bd_str *out)
{
    char text[BD_NUMBER_BYTES];
    const json_t *end = json_object_get(interval, key);
    bd_str_add(out, json_is_number(end) ? bd_text_real(json_number_value(end), REPORT_DIGITS, text)
                                        : "any");
}

static bool interval_text(const json_t *interval, struct bd_str *out)
{
    if (!json_is_object(interval))
        return false;
    add_end(interval, "low", out);
    bd_str_add(out, " to ");
    add_end(interval, "high", out);
    bd_str_add(out, " (");
    report_percent(bd_json_real(interval, "coverage", 0), out);
    bd_str_add(out, ")");
    return true;
}

void report_cell_interval(const struct report *r, const json_t *interval)
{
    bd_auto_str struct bd_str text = {0};
    doc_cell(r->doc, DOC_PLAIN, interval_text(interval, &text) ? bd_str_text(&text) : NULL);
}

bool report_p(const json_t *p, char out[BD_NUMBER_BYTES])
{
    double value = json_number_value(p);
    if (json_is_number(p))
        snprintf(out, BD_NUMBER_BYTES, value < 0.0001 ? "< 0.0001" : "%.2g", value);
    return json_is_number(p);
}

void report_cell_p(const struct report *r, const json_t *p, double alpha)
{
    char text[BD_NUMBER_BYTES];
    doc_cell(r->doc, json_number_value(p) < alpha ? DOC_WARN : DOC_PLAIN,
             report_p(p, text) ? text : NULL);
}

void report_count(json_int_t n, const char *noun, struct bd_str *out)
{
    bd_str_addf(out, "%lld %s%s", (long long)n, noun, n == 1 ? "" : "s");
}

/* -- names -- */

void report_level(const json_t *level, struct bd_str *out)
{
    bd_auto_free char *text = NULL;
    if (json_is_string(level)) {
        bd_str_add(out, json_string_value(level));
        return;
    }
    text = json_dumps(level,
                      JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(10));
    bd_str_add(out, text ? text : "?");
}

void report_levels(const json_t *levels, struct bd_str *out)
{
    bd_auto_strv struct bd_strv paths = {0};
    const char *path;
    json_t *level;
    json_object_foreach ((json_t *)levels, path, level)
        bd_strv_add(&paths, path);
    bd_strv_sort(&paths);
    for (size_t i = 0; i < paths.n; i++) {
        const char *dot = strrchr(paths.items[i], '.');
        bd_str_addf(out, "%s%s=", i ? ", " : "", dot ? dot + 1 : paths.items[i]);
        report_level(json_object_get(levels, paths.items[i]), out);
    }
}

static void add_cell_name(const json_t *analysis, json_int_t cell, struct bd_str *out)
{
    const json_t *cells = json_object_get(analysis, "cells");
    const json_t *item = cell < 0 ? NULL : json_array_get(cells, (size_t)cell);
    const char *name = bd_json_str(item, "name", NULL);
    if (name)
        bd_str_add(out, name);
    else
        bd_str_addf(out, "cell %lld", (long long)cell);
}

char *report_cell_name(const struct report *r, json_int_t cell)
{
    struct bd_str out = {0};
    add_cell_name(r->analysis, cell, &out);
    return bd_str_take(&out);
}

/* "sched/builtin", "compute=4": a number by itself would not be understood. */
static void add_level(const char *factor, const json_t *level, struct bd_str *out)
{
    const char *dot = strrchr(factor, '.');
    if (!json_is_string(level))
        bd_str_addf(out, "%s=", dot ? dot + 1 : factor);
    report_level(level, out);
}

void report_compared(const json_t *analysis, const json_t *comparison, struct bd_str *out)
{
    const char *factor = bd_json_str(comparison, "factor", NULL);
    const json_t *context = json_object_get(comparison, "context");
    bool over_all = json_is_null(json_object_get(comparison, "against"));
    if (factor) {
        add_level(factor, json_object_get(comparison, "level"), out);
        bd_str_add(out, " against ");
        add_level(factor, json_object_get(comparison, "reference"), out);
    } else {
        add_cell_name(analysis, bd_json_int(comparison, "cell", -1), out);
        bd_str_add(out, " against ");
        add_cell_name(analysis, bd_json_int(comparison, "against", -1), out);
    }
    if (json_object_size(context)) {
        bd_str_add(out, ", where ");
        report_levels(context, out);
    } else if (over_all) {
        bd_str_add(out, ", over all cells");
    }
}

void report_shell_word(const char *word, struct bd_str *out)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "%+,-./:=@_";
    if (*word && word[strspn(word, safe)] == '\0') {
        bd_str_add(out, word);
        return;
    }
    bd_str_add(out, "'");
    for (const char *p = word; *p; p++) {
        if (*p == '\'')
            bd_str_add(out, "'\\''");
        else
            bd_str_addn(out, p, 1);
    }
    bd_str_add(out, "'");
}
