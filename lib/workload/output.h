/*
 * Commands in nodes, for the files of this folder: their output goes into files of the run's
 * directory, its end stays at hand, and what went wrong is told with it.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/channel/channel.h"

#include <stdint.h>

#define OUTPUT_BYTES_MAX (UINT64_C(64) << 20) /* of a file */
#define OUTPUT_END_BYTES 1024                 /* of a stream's end, kept for messages */

/* A file that takes what is written, up to OUTPUT_BYTES_MAX. */
struct output {
    int fd;         /* -1: none */
    uint64_t bytes; /* that came */
    uint64_t kept;  /* that are in the file, before the line that says that it was cut */
    int rc;         /* of the write that failed; 0: none did */
    char end[OUTPUT_END_BYTES];
    size_t n_end;
};
#define OUTPUT_INIT ((struct output){.fd = -1})

/* Makes the file, empty. */
int output_open(struct output *o, int dir_fd, const char *name, struct bd_err *err);
/* -errno where it could not be written. */
int output_add(struct output *o, const char *data, size_t bytes);
/* Keeps the end in mind, and writes nothing. */
void output_note(struct output *o, const char *data, size_t bytes);
/* Says in a last line what was cut off, and syncs the file where it is to be durable. */
int output_finish(struct output *o, bool durable, struct bd_err *err);
void output_done(struct output *o);

/* The last lines of what was written, joined by " | ", short enough for an error's text, which they
 * are for: bytes that are no UTF-8 are left in. "" where it was nothing. Appended. */
void output_last_lines(const struct output *o, struct bd_str *ret_words);
/* The same of bytes; they may begin in the middle of a line. */
void output_lines_of(const char *data, size_t bytes, struct bd_str *ret_words);

/* One command, told of once it has ended. */
struct ending {
    const char *const *argv; /* as the spec has it */
    const struct channel *channel;
    const struct channel_cmd *cmd; /* as it was run */
    int rc;                        /* channel_exec()'s answer */
    const struct bd_proc_result *result;
    int64_t took_ns;
    const struct output *out, *err; /* what it wrote; err may be NULL: all is in out */
    const char *note;               /* what else is known of it, or NULL */
};

/*
 * 0 if it ended by itself with exit code 0. Else BD_EWORKLOAD (its node's end, too), or BD_ETIMEOUT
 * where its time was over, or what the token or the channel said; the text has the command, how it
 * ended, and the last lines of stdout and stderr. Where its output could not be kept, that is the
 * error: it was ended for it. On entry err has channel_exec()'s words where that failed.
 */
int ending_judge(const struct ending *e, struct bd_err *err);

/* The words of an array of strings, borrowed: an argv. The array is the caller's (free()). */
const char **command_argv(const json_t *words);
/* "K=V" of an object of strings. */
void command_env(const json_t *env, struct bd_strv *ret_env);
/* A duration of the spec, ns; the fallback where there is none. */
int64_t command_timeout_ns(const json_t *spec, int64_t fallback_ns);
