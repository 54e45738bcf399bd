/*
 * Text for people: what came from nodes and servers made harmless, and numbers as people write
 * them. Threads: any, but text_setup() first.
 */
#pragma once

#include "lib/base/text.h"

#include <stddef.h>
#include <stdint.h>

/* Once, at start: takes the locale's character set, so that widths are known. True if it is UTF-8.
 */
bool text_setup(void);

/* As bd_text_visible(): what would act on a terminal instead of being shown. */
static inline void text_escape(struct bd_str *out, const char *text)
{
    bd_text_visible(out, text);
}
/* Columns that escaped text takes. */
size_t text_width(const char *text);
/* Cuts the text so that it takes no more than so many columns. */
void text_cut(struct bd_str *text, size_t columns);

#define TEXT_NUMBER_BYTES BD_NUMBER_BYTES
/* "812 B", "1.5 GiB" into out; answers out. */
const char *text_bytes(uint64_t bytes, char out[TEXT_NUMBER_BYTES]);
/* "3 ms", "2.1 s", "4 min 10 s" into out; answers out. */
const char *text_ms(int64_t ms, char out[TEXT_NUMBER_BYTES]);
/* Whole seconds, "12 s", "4 min 10 s", "3 h 12 min", into out; answers out. */
const char *text_seconds(int64_t seconds, char out[TEXT_NUMBER_BYTES]);
/* A measured value as people read it, "0.204", "1048576", "3.1e-07", into out; answers out. */
static inline const char *text_real(double value, char out[TEXT_NUMBER_BYTES])
{
    return bd_text_real(value, 6, out);
}
/* How long ago a time of the API is, "12s", "5min", "3h", "4d", into out; "-" where text is NULL or
 * no time. Answers out. */
const char *text_age(const char *rfc3339, int64_t now_wall_ns, char out[TEXT_NUMBER_BYTES]);
/* Nanoseconds since 1970 of an RFC 3339 time in UTC; 0 or -EINVAL. */
int text_parse_time(const char *rfc3339, int64_t *ret_wall_ns);
