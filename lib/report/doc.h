/*
 * A document for people as a sequence of blocks, written once and rendered as Markdown or HTML.
 * Text is plain: a renderer escapes all of it, whoever it came from. PURE. Threads: an object
 * belongs to one thread at a time.
 */
#pragma once

#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* How something is to be taken; never told by colour alone. */
enum doc_mark { DOC_PLAIN, DOC_GOOD, DOC_WARN, DOC_BAD, DOC_DIM, DOC_MARK_COUNT };

enum doc_kind {
    DOC_HEADING,
    DOC_PARAGRAPH,
    DOC_VERDICT, /* a paragraph that nobody overlooks */
    DOC_LIST,
    DOC_TABLE,
    DOC_CODE,
};

struct doc_column {
    char *title;
    bool number;   /* to the right */
    bool optional; /* left out where it is empty */
};

struct doc_cell {
    char *text; /* NULL: there is nothing */
    enum doc_mark mark;
};

struct doc_block {
    enum doc_kind kind;
    unsigned level; /* of a heading, from 1 */
    enum doc_mark mark;
    char *text; /* a table's caption */
    struct bd_strv items;
    struct doc_column *columns; /* the first one names its row */
    size_t n_columns;
    struct doc_cell *cells; /* row by row */
    size_t n_cells, cap_cells;
};

struct doc {
    struct doc_block *blocks;
    size_t n;
};

void doc_done(struct doc *d);
#define doc_auto __attribute__((cleanup(doc_done)))

/* Each begins a block. */
void doc_heading(struct doc *d, unsigned level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void doc_paragraph(struct doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void doc_verdict(struct doc *d, enum doc_mark mark, const char *text);
void doc_code(struct doc *d, const char *text); /* lines */
void doc_table(struct doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line of a list, which begins where the last block is none. */
void doc_item(struct doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Of the table that was begun last: its columns, then its cells row by row. */
enum { DOC_TEXT = 0, DOC_NUMBER = 1, DOC_OPTIONAL = 2 };
void doc_column(struct doc *d, unsigned flags, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void doc_cell(struct doc *d, enum doc_mark mark, const char *text);
void doc_cellf(struct doc *d, enum doc_mark mark, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The table is whole: leaves out what is optional and empty. A table without rows is removed. */
void doc_table_end(struct doc *d);
static inline size_t doc_rows(const struct doc_block *b)
{
    return b->n_columns ? b->n_cells / b->n_columns : 0;
}

/* The text, the caller's. */
char *report_markdown(const struct doc *d);
char *report_html(const struct doc *d);
/* What is between its <main> and </main>. */
char *report_html_body(const struct doc *d);
/* Its style: report.css, as style.py writes it. */
extern const char report_style[];
