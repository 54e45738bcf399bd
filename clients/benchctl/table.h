/*
 * Tables for people: columns aligned by what they hold. Text of cells is escaped (text.h). One
 * thread.
 */
#pragma once

#include "lib/base/str.h"
#include "term.h"

#include <stddef.h>

struct table_column {
    const char *title; /* where the first column's is NULL, there is no line of titles */
    bool right;        /* numbers */
};

struct table_cell {
    char *text;
    enum term_style style;
};

struct table {
    const struct table_column *columns;
    size_t width; /* columns in a row */
    struct table_cell *cells;
    size_t n, cap;
};

/* The columns are borrowed and outlive the table. */
void table_init(struct table *t, const struct table_column *columns, size_t width);
void table_done(struct table *t);
#define table_auto __attribute__((cleanup(table_done)))

/* The next cell, row by row; NULL is shown as "-". */
void table_add(struct table *t, enum term_style style, const char *text);
void table_addf(struct table *t, enum term_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * Lines with a new line each, indented by so many columns; nothing trails them. Where they would
 * take more columns than there is room for (SIZE_MAX: for any), a list (with titles) keeps a line a
 * row: its columns are cut, the last one first, but never the first one and never numbers. Without
 * titles nothing is cut: the last column goes on below itself, broken between words.
 */
void table_render(const struct table *t, const struct term *term, size_t indent, size_t room,
                  struct bd_str *out);
/* The room is that of the terminal, if it is one. */
void table_print(const struct table *t, const struct term *term, size_t indent);
