/*
 * Patterns: how a value is found in what a command wrote. PURE: no I/O, no clock. Threads: any.
 *
 * A regex is a POSIX ERE, looked for in each line (up to its 64 KiB-th byte) as often as it is in
 * it; the first group, or without one the whole match, is the value. Bytes are compared, whatever
 * the text's encoding.
 *
 * A path leads into a JSON value: "$", then ".name", "['name']" (with \' and \\ in it), "[3]" and
 * "[*]" (every element or member), as RFC 9535 reads them. The value is the whole text or, where
 * that is no JSON, its last line that is.
 */
#pragma once

#include "lib/base/err.h"

#include <stddef.h>

#define PATTERN_BYTES_MAX 1000

/* BD_EINVALID, saying what is wrong with it: not an ERE, a thing that other dialects know (\d, (?:,
 * .*?), a reference back, too many repetitions. */
int pattern_check_regex(const char *regex, struct bd_err *err);
/* BD_EINVALID, saying what is wrong with it. */
int pattern_check_path(const char *path, struct bd_err *err);

/* Takes a value that was found: text, of what is none in JSON as JSON writes it. A negative answer
 * ends the search and is its result. */
typedef int (*pattern_found_fn)(const char *text, size_t bytes, void *arg, struct bd_err *err);
/* All that a pattern, which was found right, finds in a text, in its order; that may be nothing.
 * BD_ENOTFOUND where a path is given and the text has no JSON. */
int pattern_each_regex(const char *regex, const char *text, size_t bytes, pattern_found_fn fn,
                       void *arg, struct bd_err *err);
int pattern_each_path(const char *path, const char *text, size_t bytes, pattern_found_fn fn,
                      void *arg, struct bd_err *err);
