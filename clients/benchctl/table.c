#include "table.h"

#include "text.h"

#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>

void table_init(struct table *t, const struct table_column *columns, size_t width)
{
    *t = (struct table){.columns = columns, .width = width};
}

void table_done(struct table *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->cells[i].text);
    free(t->cells);
    t->cells = NULL;
    t->n = t->cap = 0;
}

void table_add(struct table *t, enum term_style style, const char *text)
{
    struct bd_str escaped = {0};
    text_escape(&escaped, text ? text : "-");
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 64;
        t->cells = bd_xrealloc(t->cells, t->cap * sizeof(t->cells[0]));
    }
    t->cells[t->n++] = (struct table_cell){bd_str_take(&escaped), style};
}

void table_addf(struct table *t, enum term_style style, const char *fmt, ...)
{
    bd_auto_free char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        bd_die("benchctl: out of memory");
    va_end(ap);
    table_add(t, style, text);
}

static void pad(struct bd_str *out, size_t columns)
{
    bd_str_addf(out, "%*s", (int)columns, "");
}

static size_t column_width(const struct table *t, size_t column)
{
    const char *title = t->columns[column].title;
    size_t widest = title ? text_width(title) : 0;
    for (size_t i = column; i < t->n; i += t->width) {
        size_t width = text_width(t->cells[i].text);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void render_cell(const struct table *t, const struct term *term, size_t column, size_t width,
                        const char *text, enum term_style style, struct bd_str *out)
{
    size_t gap = width - text_width(text);
    if (t->columns[column].right)
        pad(out, gap);
    const char *on = term_on(term, style);
    bd_str_addf(out, "%s%s%s", on, text, on[0] ? term_off(term) : "");
    if (column + 1 == t->width)
        return;
    pad(out, 2 + (t->columns[column].right ? 0 : gap));
}

/* Spaces at the end, after a last cell that is empty, are no use to anybody. */
static void end_line(struct bd_str *out)
{
    while (out->len && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
    bd_str_add(out, "\n");
}

void table_render(const struct table *t, const struct term *term, size_t indent, struct bd_str *out)
{
    bd_auto_free size_t *widths = bd_xcalloc(t->width, sizeof(size_t));
    for (size_t c = 0; c < t->width; c++)
        widths[c] = column_width(t, c);
    if (t->columns[0].title) {
        pad(out, indent);
        for (size_t c = 0; c < t->width; c++)
            render_cell(t, term, c, widths[c], t->columns[c].title, STYLE_BOLD, out);
        end_line(out);
    }
    for (size_t i = 0; i + t->width <= t->n; i += t->width) {
        pad(out, indent);
        for (size_t c = 0; c < t->width; c++)
            render_cell(t, term, c, widths[c], t->cells[i + c].text, t->cells[i + c].style, out);
        end_line(out);
    }
}

void table_print(const struct table *t, const struct term *term, size_t indent)
{
    bd_auto_str struct bd_str out = {0};
    table_render(t, term, indent, &out);
    fputs(bd_str_text(&out), term->file);
}
