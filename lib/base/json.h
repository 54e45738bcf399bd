/*
 * jansson with our conventions: cleanup, capped parsing, canonical text, typed getters for JSON
 * that this program itself wrote. Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <jansson.h>
#include <stdbool.h>

BD_DEFINE_CLEANUP(json_t, json, json_decref)
#define bd_auto_json bd_auto(json)

/* Parses exactly one value; rejects duplicates, invalid UTF-8, NUL in strings, and nesting deeper
 * than 64. BD_EINVALID with line and column. New reference. */
int bd_json_parse(const char *text, size_t bytes, json_t **ret_json, struct bd_err *err);
/* The same of a text from anybody, of which no more than so many bytes of memory are made, the text
 * itself left out: a value of three bytes takes up to a hundred times as much. BD_ENOCAPACITY
 * before anything is made of it. */
int bd_json_parse_max(const char *text, size_t bytes, size_t memory_max, json_t **ret_json,
                      struct bd_err *err);
/* Compact, keys sorted, any type: equal values have equal text (a real has 17 digits, so that none
 * is lost: 0.1 is written 0.10000000000000001). Owned by the caller (free()). */
char *bd_json_text(const json_t *json);

/* Members of an object; the fallback where missing or of another type. Strings are borrowed. */
const char *bd_json_str(const json_t *obj, const char *key, const char *fallback);
json_int_t bd_json_int(const json_t *obj, const char *key, json_int_t fallback);
double bd_json_real(const json_t *obj, const char *key, double fallback); /* integers too */
int bd_json_bool(const json_t *obj, const char *key, int fallback);
/* Whether one of the array's strings is this. */
bool bd_json_has_text(const json_t *list, const char *text);
