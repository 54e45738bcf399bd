/*
 * Strings: a growing buffer, a list of strings, and the few questions asked of text everywhere.
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "lib/base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Always NUL-terminated once something was added; `data` is NULL while empty and never touched. */
struct bd_str {
    char *data;
    size_t len, cap;
};

void bd_str_done(struct bd_str *s);
void bd_str_add(struct bd_str *s, const char *text);
void bd_str_addn(struct bd_str *s, const void *data, size_t bytes);
void bd_str_addf(struct bd_str *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
void bd_str_clear(struct bd_str *s);
/* The text, "" where nothing was added; owned by s. */
const char *bd_str_text(const struct bd_str *s);
/* The text, owned by the caller (free()); s is empty afterwards. */
char *bd_str_take(struct bd_str *s);
#define bd_auto_str __attribute__((cleanup(bd_str_done)))

/* A list of owned strings; `items` is NULL-terminated, so that it serves as argv. */
struct bd_strv {
    char **items;
    size_t n, cap;
};

void bd_strv_done(struct bd_strv *v);
void bd_strv_add(struct bd_strv *v, const char *text);
void bd_strv_addf(struct bd_strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void bd_strv_add_all(struct bd_strv *v, const char *const *texts); /* NULL-terminated */
void bd_strv_take(struct bd_strv *v, char *text);                  /* becomes the list's */
void bd_strv_sort(struct bd_strv *v);                              /* by bytes, as strcmp() */
bool bd_strv_has(const struct bd_strv *v, const char *text);
#define bd_auto_strv __attribute__((cleanup(bd_strv_done)))

bool bd_str_eq(const char *a, const char *b); /* NULL equals NULL only */
bool bd_starts_with(const char *s, const char *prefix);
bool bd_ends_with(const char *s, const char *suffix);
/* True if the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool bd_is_utf8(const void *data, size_t bytes);
/* Length (1-4) of the well-formed UTF-8 character that the data begin with; 0 where they don't. */
size_t bd_utf8_char(const void *data, size_t bytes);
/* Whole decimal number within [min, max], nothing around it. 0 or -EINVAL / -ERANGE. */
int bd_parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret_value);
/*
 * Quantities are digits, perhaps a point and digits, and a unit, with nothing between or around:
 * no sign, no exponent. What is written is what is meant: a fraction is fine where the result is
 * whole ("1.5GiB", "0.25s"), and -EINVAL where it would have to be rounded ("0.3B", "0.1MiB").
 */
/* "512MiB", "4GiB", "1048576": bytes (binary units B, KiB, MiB, GiB, TiB; none: B). 0 or
 * -EINVAL / -ERANGE. */
int bd_parse_bytes(const char *s, uint64_t *ret_bytes);
/* "200ms", "30s", "5min", "2h", "1us", "10ns": nanoseconds; the unit must be there. 0 or -EINVAL /
 * -ERANGE. */
int bd_parse_duration_ns(const char *s, int64_t *ret_ns);
/* "20/s", "0.5/s", "30/min", "4/h": how often, in times a second; the nearest double. Of at most 15
 * digits, and more than 0. 0 or -EINVAL / -ERANGE. */
int bd_parse_rate(const char *s, double *ret_per_second);
/* The fewest significant digits, from 15 on, with which "%.*g" is read back as the same value. */
int bd_real_digits(double value);
/* Standard base64 (RFC 4648 section 4), owned by the caller. */
char *bd_base64(const void *data, size_t bytes);
/* Decodes strictly into a new buffer; -EINVAL on anything else. */
int bd_base64_decode(const char *text, uint8_t **ret_data, size_t *ret_bytes);
void bd_hex(const uint8_t *data, size_t bytes, char *out); /* out holds 2 * bytes + 1 */
