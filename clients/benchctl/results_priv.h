/* What the files of results share. */
#pragma once

#include "results.h"

#include "lib/report/analysis.h"

#include <stdint.h>

/* A factor: its column, and the levels that occur. */
struct results_factor {
    const char *column;
    size_t index;
    json_t *levels;   /* [level], in their order */
    uint32_t *of_row; /* each row's, from row 1 */
};

struct results_rows {
    struct results_factor factors[ANALYSIS_FACTORS_MAX];
    size_t n_factors;
    json_t *levels; /* [{COLUMN: level}] of each cell that occurs, the last factor the fastest */
    json_t *orders; /* {COLUMN: [level]} */
    size_t *cells;  /* of each row */
    size_t *blocks; /* the same */
    size_t n_blocks;
};

/* A line on the table: "results.csv:7: " and the text. */
void results_wrong(const struct results *r, size_t row, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A finite decimal number, and nothing around it. */
bool results_number(const char *text, double *ret_value);
/* Of a column that the design names; SIZE_MAX, and a fault at pointer, where there is none. */
size_t results_column(const struct results *r, const char *name, const char *pointer);

/* results_rows.c: which cell and block each row is of. False with faults or lines. */
bool results_rows(const struct results *r, struct results_rows *ret);
void results_rows_done(struct results_rows *rows);
