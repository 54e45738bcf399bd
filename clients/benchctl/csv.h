/*
 * Comma-separated values on stdout (RFC 4180, lines end with a new line alone), for other programs:
 * nothing is cut or aligned. One thread.
 */
#pragma once

#include "lib/base/json.h"

#include <stdbool.h>
#include <stddef.h>

/* The next value of a line: text in quotes where it must be; null and objects are empty, arrays
 * their texts with spaces. */
void csv_value(const json_t *value, bool first);
/* A line of so many members of an object. */
void csv_members(const json_t *object, const char *const *members, size_t n);
/* A line of names. */
void csv_names(const char *const *names, size_t n);
