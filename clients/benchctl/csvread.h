/*
 * Comma-separated values as RFC 4180 has them, from anyone: quotes, new lines within them, CRLF or
 * LF, a byte order mark. What is ambiguous is refused with its line, and nothing is guessed. Pure.
 */
#pragma once

#include "lib/base/err.h"

#include <stddef.h>

#define CSV_BYTES_MAX   ((size_t)256 << 20)
#define CSV_ROWS_MAX    ((size_t)1000000) /* that of the names counted */
#define CSV_COLUMNS_MAX ((size_t)1000)

struct csv_table {
    char *text;              /* of all fields, each ended by NUL */
    size_t *fields;          /* where in it, row by row */
    unsigned *lines;         /* on which a row begins, from 1 */
    size_t width, rows, cap; /* row 0 has the names */
};

/* name: of the file, in messages. BD_EINVALID where it is no such table, has no line of names, or a
 * name twice. text must be UTF-8. ret is to be done in every case. */
int csv_read(const char *text, size_t bytes, const char *name, struct csv_table *ret,
             struct bd_err *err);
void csv_table_done(struct csv_table *t);
#define csv_auto_table __attribute__((cleanup(csv_table_done)))

static inline const char *csv_field(const struct csv_table *t, size_t row, size_t column)
{
    return t->text + t->fields[row * t->width + column];
}
/* The column of that name; SIZE_MAX: there is none. */
size_t csv_column(const struct csv_table *t, const char *name);
