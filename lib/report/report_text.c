/* Figures and names of a report, as people read them. */
#include "lib/report/report_priv.h"

#include <math.h>
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

void report_cell_interval(const struct report *r, const json_t *interval)
{
    char low[BD_NUMBER_BYTES], high[BD_NUMBER_BYTES];
    bd_auto_str struct bd_str text = {0};
    if (!json_is_object(interval)) {
        doc_cell(r->doc, DOC_PLAIN, NULL);
        return;
    }
    bd_str_addf(&text, "%s to %s (",
                bd_text_real(bd_json_real(interval, "low", NAN), REPORT_DIGITS, low),
                bd_text_real(bd_json_real(interval, "high", NAN), REPORT_DIGITS, high));
    report_percent(bd_json_real(interval, "coverage", 0), &text);
    bd_str_add(&text, ")");
    doc_cell(r->doc, DOC_PLAIN, bd_str_text(&text));
}

void report_cell_p(const struct report *r, const json_t *p, double alpha)
{
    double value = json_number_value(p);
    enum doc_mark mark = value < alpha ? DOC_WARN : DOC_PLAIN;
    if (!json_is_number(p))
        doc_cell(r->doc, DOC_PLAIN, NULL);
    else if (value < 0.0001)
        doc_cell(r->doc, mark, "< 0.0001");
    else
        doc_cellf(r->doc, mark, "%.2g", value);
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

char *report_cell_name(const struct report *r, json_int_t cell)
{
    const json_t *cells = json_object_get(r->analysis, "cells");
    const json_t *item = cell < 0 ? NULL : json_array_get(cells, (size_t)cell);
    const char *name = bd_json_str(item, "name", NULL);
    return name ? bd_xstrdup(name) : bd_xasprintf("cell %lld", (long long)cell);
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
