#include "lib/report/doc.h"

#include "lib/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char *format(const char *fmt, va_list ap)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    return text;
}

/* fmt as in the function that it stands in. */
#define FORMATTED(text, fmt)                                                                       \
    do {                                                                                           \
        va_list ap_;                                                                               \
        va_start(ap_, fmt);                                                                        \
        (text) = format(fmt, ap_);                                                                 \
        va_end(ap_);                                                                               \
    } while (0)

/* -- blocks -- */

static void block_done(struct doc_block *b)
{
    for (size_t i = 0; i < b->n_columns; i++)
        free(b->columns[i].title);
    for (size_t i = 0; i < b->n_cells; i++)
        free(b->cells[i].text);
    free(b->columns);
    free(b->cells);
    free(b->text);
    bd_strv_done(&b->items);
}

void doc_done(struct doc *d)
{
    for (size_t i = 0; i < d->n; i++)
        block_done(&d->blocks[i]);
    free(d->blocks);
    *d = (struct doc){0};
}

/* text is taken over. */
static struct doc_block *add_block(struct doc *d, enum doc_kind kind, char *text)
{
    d->blocks = bd_xrealloc(d->blocks, (d->n + 1) * sizeof(*d->blocks));
    struct doc_block *b = &d->blocks[d->n++];
    *b = (struct doc_block){.kind = kind, .text = text};
    return b;
}

void doc_heading(struct doc *d, unsigned level, const char *fmt, ...)
{
    char *text;
    FORMATTED(text, fmt);
    add_block(d, DOC_HEADING, text)->level = level;
}

void doc_paragraph(struct doc *d, const char *fmt, ...)
{
    char *text;
    FORMATTED(text, fmt);
    add_block(d, DOC_PARAGRAPH, text);
}

void doc_verdict(struct doc *d, enum doc_mark mark, const char *text)
{
    add_block(d, DOC_VERDICT, bd_xstrdup(text))->mark = mark;
}

void doc_code(struct doc *d, const char *text)
{
    struct bd_str visible = {0};
    bd_auto_free char *copy = bd_xstrdup(text);
    char *rest = copy, *line;
    while ((line = strsep(&rest, "\n"))) {
        bd_text_visible(&visible, line);
        bd_str_add(&visible, rest && *rest ? "\n" : "");
        if (rest && !*rest)
            break;
    }
    add_block(d, DOC_CODE, bd_str_take(&visible));
}

void doc_table(struct doc *d, const char *fmt, ...)
{
    char *text;
    FORMATTED(text, fmt);
    add_block(d, DOC_TABLE, text);
}

void doc_item(struct doc *d, const char *fmt, ...)
{
    char *text;
    FORMATTED(text, fmt);
    if (d->n == 0 || d->blocks[d->n - 1].kind != DOC_LIST)
        add_block(d, DOC_LIST, NULL);
    bd_strv_take(&d->blocks[d->n - 1].items, text);
}

/* -- tables -- */

void doc_column(struct doc *d, unsigned flags, const char *fmt, ...)
{
    char *text;
    struct doc_block *b = &d->blocks[d->n - 1];
    FORMATTED(text, fmt);
    b->columns = bd_xrealloc(b->columns, (b->n_columns + 1) * sizeof(*b->columns));
    b->columns[b->n_columns++] = (struct doc_column){
        .title = text, .number = flags & DOC_NUMBER, .optional = flags & DOC_OPTIONAL};
}

static void add_cell(struct doc *d, enum doc_mark mark, char *text)
{
    struct doc_block *b = &d->blocks[d->n - 1];
    if (b->n_cells == b->cap_cells) {
        b->cap_cells = b->cap_cells ? 2 * b->cap_cells : 32;
        b->cells = bd_xrealloc(b->cells, b->cap_cells * sizeof(*b->cells));
    }
    b->cells[b->n_cells++] = (struct doc_cell){.text = text, .mark = mark};
}

void doc_cell(struct doc *d, enum doc_mark mark, const char *text)
{
    add_cell(d, mark, text ? bd_xstrdup(text) : NULL);
}

void doc_cellf(struct doc *d, enum doc_mark mark, const char *fmt, ...)
{
    char *text;
    FORMATTED(text, fmt);
    add_cell(d, mark, text);
}

static bool column_is_empty(const struct doc_block *b, size_t column)
{
    for (size_t i = column; i < b->n_cells; i += b->n_columns)
        if (b->cells[i].text)
            return false;
    return true;
}

static void remove_column(struct doc_block *b, size_t column)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n_cells; i++)
        if (i % b->n_columns != column)
            b->cells[n++] = b->cells[i];
    b->n_cells = n;
    free(b->columns[column].title);
    memmove(b->columns + column, b->columns + column + 1,
            (b->n_columns - column - 1) * sizeof(*b->columns));
    b->n_columns--;
}

void doc_table_end(struct doc *d)
{
    struct doc_block *b = &d->blocks[d->n - 1];
    if (b->n_cells == 0) {
        block_done(b);
        d->n--;
        return;
    }
    for (size_t i = b->n_columns; i-- > 0;)
        if (b->columns[i].optional && column_is_empty(b, i))
            remove_column(b, i);
}
