/*
 * The log: one event a line on stderr, logfmt or JSON, level, time, message and fields.
 *
 *     bd_log(BD_LOG_INFO, "cluster ready", "cluster", id, "ms", bd_log_i64(ms), NULL);
 *
 * Fields are pairs of strings, ended by NULL; a NULL value leaves its pair out. Keys are words of
 * ours ([a-z_]) and written as they are. Values are quoted where needed and cut at 4 KiB; control
 * characters and broken UTF-8 in them are escaped, so that what a node says can't forge a line.
 * Threads: any; a line is written by one write(2). errno is kept.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum bd_log_level { BD_LOG_DEBUG, BD_LOG_INFO, BD_LOG_WARN, BD_LOG_ERROR, BD_LOG_LEVEL_COUNT };
enum bd_log_format { BD_LOG_LOGFMT, BD_LOG_JSON, BD_LOG_FORMAT_COUNT };

const char *bd_log_level_to_str(enum bd_log_level level);
int bd_log_level_from_str(const char *s, enum bd_log_level *ret_level);
const char *bd_log_format_to_str(enum bd_log_format format);
int bd_log_format_from_str(const char *s, enum bd_log_format *ret_format);

/* Set at start and on SIGHUP, on the main thread. */
void bd_log_setup(enum bd_log_level level, enum bd_log_format format);
bool bd_log_enabled(enum bd_log_level level);
void bd_log(enum bd_log_level level, const char *message, ...) __attribute__((sentinel));
/* Text of a number, in a buffer of the thread's that the 16th next call uses again. */
const char *bd_log_i64(int64_t value);
