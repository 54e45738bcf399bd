/*
 * Tables as JSON by columns, {"NAME": [...], ...}: small, and quick to read, of 100,000 rows too.
 * PURE. Threads: values; one thread at a time.
 */
#pragma once

#include "lib/base/str.h"

#include <stdint.h>

/* One column, as it grows; begins as zeros. */
struct column {
    struct bd_str text;
};

void column_int(struct column *c, int64_t value);
void column_real(struct column *c, double value); /* null where it is no finite number */
void column_text(struct column *c, const char *text);
void column_null(struct column *c);
/* Appends `"name":[...]`, with a comma before it where out is not at the beginning of an object;
 * empties c. */
void column_end(struct column *c, const char *name, struct bd_str *out);

/* Appends a text as JSON. */
void text_json(const char *text, struct bd_str *out);
