#include "table.h"

#include "text.h"

#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CUT_LEAST  6  /* columns that are left of what is cut: a beginning that tells something */
#define TEXT_LEAST 20 /* below it text is left to the terminal */

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

/* Takes what is too much from the columns that may be cut. */
static void fit_list(const struct table *t, size_t excess, size_t *widths)
{
    for (size_t c = t->width; excess && c-- > 1;) {
        if (t->columns[c].right || widths[c] <= CUT_LEAST)
            continue;
        size_t cut = widths[c] - CUT_LEAST < excess ? widths[c] - CUT_LEAST : excess;
        widths[c] -= cut;
        excess -= cut;
    }
}

static void fit(const struct table *t, size_t indent, size_t room, size_t *widths)
{
    size_t last = t->width - 1, all = indent + 2 * last;
    for (size_t c = 0; c < t->width; c++)
        all += widths[c];
    if (all <= room)
        return;
    if (t->columns[0].title)
        fit_list(t, all - room, widths);
    else if (all - widths[last] + TEXT_LEAST <= room)
        widths[last] -= all - room;
}

static void render_cell(const struct table *t, const struct term *term, size_t column, size_t width,
                        const char *text, enum term_style style, struct bd_str *out)
{
    bd_auto_str struct bd_str shown = {0};
    bd_str_add(&shown, text);
    if (t->columns[0].title && text_width(text) > width) {
        text_cut(&shown, width - 1);
        bd_str_add(&shown, term->utf8 ? "…" : "~");
    }
    size_t used = text_width(bd_str_text(&shown)), gap = used < width ? width - used : 0;
    if (t->columns[column].right)
        pad(out, gap);
    const char *on = term_on(term, style);
    bd_str_addf(out, "%s%s%s", on, bd_str_text(&shown), on[0] ? term_off(term) : "");
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

/* The bytes of the text's beginning that fit, up to a blank. A word that is too long stays whole:
 * it is a path or a digest, for copying. */
static size_t fitting_words(const char *text, size_t columns)
{
    size_t fits = strcspn(text, " ");
    for (size_t end = fits; text[end];) {
        end += 1 + strcspn(text + end + 1, " ");
        bd_auto_free char *beginning = bd_xstrndup(text, end);
        if (text_width(beginning) > columns)
            break;
        fits = end;
    }
    return fits;
}

static void render_row(const struct table *t, const struct term *term, size_t indent,
                       const size_t *widths, const struct table_cell *cells, struct bd_str *out)
{
    size_t last = t->width - 1, before = indent;
    pad(out, indent);
    for (size_t c = 0; c < last; c++) {
        render_cell(t, term, c, widths[c], cells[c].text, cells[c].style, out);
        before += widths[c] + 2;
    }
    const char *text = cells[last].text;
    for (;;) {
        bool list = t->columns[0].title != NULL;
        size_t bytes = list ? strlen(text) : fitting_words(text, widths[last]);
        bd_auto_free char *line = bd_xstrndup(text, bytes);
        render_cell(t, term, last, widths[last], line, cells[last].style, out);
        end_line(out);
        text += bytes;
        text += strspn(text, " ");
        if (!*text)
            return;
        pad(out, before);
    }
}

void table_render(const struct table *t, const struct term *term, size_t indent, size_t room,
                  struct bd_str *out)
{
    bd_auto_free size_t *widths = bd_xcalloc(t->width, sizeof(size_t));
    for (size_t c = 0; c < t->width; c++)
        widths[c] = column_width(t, c);
    fit(t, indent, room, widths);
    if (t->columns[0].title) {
        pad(out, indent);
        for (size_t c = 0; c < t->width; c++)
            render_cell(t, term, c, widths[c], t->columns[c].title, STYLE_BOLD, out);
        end_line(out);
    }
    for (size_t i = 0; i + t->width <= t->n; i += t->width)
        render_row(t, term, indent, widths, &t->cells[i], out);
}

void table_print(const struct table *t, const struct term *term, size_t indent)
{
    bd_auto_str struct bd_str out = {0};
    table_render(t, term, indent, term->live ? term_columns(term) : SIZE_MAX, &out);
    fputs(bd_str_text(&out), term->file);
}
