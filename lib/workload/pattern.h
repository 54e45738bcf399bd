/*
 * Patterns: how a number is found in what a command wrote. PURE: no I/O, no clock. Threads: any.
 *
 * A regex is a POSIX ERE, looked for in each line (up to its 64 KiB-th byte) as often as it is in
 * it; the first group, or without one the whole match, is the number. Bytes are compared, whatever
 * the text's encoding.
 *
 * A path leads into a JSON value: "$", then ".name", "['name']" (with \' and \\ in it), "[3]" and
 * "[*]" (every element or member), as RFC 9535 reads them. The value is the whole text or, where
 * that is no JSON, its last line that is.
 */
#pragma once

#include "lib/base/err.h"

#include <stddef.h>

#define PATTERN_BYTES_MAX  1000
#define PATTERN_VALUES_MAX 1000000 /* numbers that one pattern may find */

struct pattern_found {
    double value; /* the median; of an even number of values, the mean of the two in the middle */
    size_t n;     /* how many */
};

/* BD_EINVALID, saying what is wrong with it: not an ERE, a thing that other dialects know (\d, (?:,
 * .*?), a reference back, too many repetitions. */
int pattern_check_regex(const char *regex, struct bd_err *err);
/* BD_EINVALID, saying what is wrong with it. */
int pattern_check_path(const char *path, struct bd_err *err);

/* Of patterns that were found right. BD_ENOTFOUND where there is nothing of it in the text,
 * BD_EINVALID where what is found is no number, or too much is found. */
int pattern_find_regex(const char *regex, const char *text, size_t bytes,
                       struct pattern_found *ret_found, struct bd_err *err);
int pattern_find_path(const char *path, const char *text, size_t bytes,
                      struct pattern_found *ret_found, struct bd_err *err);
