/*
 * A table of results from anywhere, and the design that says what its columns are, on their way to
 * an analysis (docs/table.md). Pure.
 */
#pragma once

#include "csvread.h"

#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/schema/schema.h"

/* The design, as its YAML has it: checks its form and puts defaults in. False with every fault. */
bool results_design(json_t *design, struct schema_faults *faults);

struct results {
    const struct csv_table *table;
    const char *name; /* of the table, in messages */
    const json_t *design;
    struct schema_faults *faults; /* of the design: columns that the table does not have, ... */
    struct bd_strv *lines;        /* "results.csv:7: ...": what is wrong in the table, at most
                                     RESULTS_LINES_MAX of them */
    size_t *more;                 /* how many there are beyond */
};
#define RESULTS_LINES_MAX 20

/* The analysis, a new reference; NULL where there are faults or lines. */
json_t *results_analyse(const struct results *r);
