/*
 * The command line: read by the table of commands (commands.h), which the help text and the
 * completion scripts are made from too. One thread; an object owns copies of all it holds.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an option takes; a value that does not read as its kind is refused before anything is done.
 */
enum arg_kind {
    ARG_FLAG,     /* nothing */
    ARG_TEXT,     /* any text */
    ARG_COUNT,    /* a whole number from 1 */
    ARG_SEQUENCE, /* a whole number from 0 */
    ARG_NUMBER,   /* a decimal number above 0 */
    ARG_BYTES,    /* 512MiB */
    ARG_DURATION, /* 200ms; seconds where the unit is left out */
    ARG_PAIR,     /* KEY=VALUE */
    ARG_KIND_COUNT
};

/* What the shell offers to complete a word with. */
enum arg_words {
    WORDS_NONE,
    WORDS_FILE,
    WORDS_CLUSTER,
    WORDS_IMAGE,
    WORDS_INPUT,
    WORDS_RECIPE,
    WORDS_CAMPAIGN,
    WORDS_RUN,
    WORDS_WORKLOAD,
    WORDS_SHELL,
    WORDS_REPORT, /* its formats */
    WORDS_CAMPAIGN_FORMAT,
    WORDS_RUN_FORMAT,
    WORDS_COMMAND,
    WORDS_COUNT
};

struct arg_option {
    const char *name;
    enum arg_kind kind;
    bool many;           /* may be given again, and adds up; else the last one counts */
    const char *metavar; /* NULL for a flag */
    enum arg_words words;
    char letter; /* short for it: -o; 0: none is */
    const char *help;
};

struct command;

struct args_value {
    const struct arg_option *option;
    char *text; /* NULL for a flag */
};

struct args {
    const struct command *command; /* NULL only where `help` or `version` is set */
    bool help, version;
    struct args_value *values;
    size_t n, cap;
    struct bd_strv operands;
};

/*
 * Reads a whole command line. BD_EINVALID with what is wrong; ret->command then is the command it
 * was wrong for, where that could be told. ret is to be done in every case.
 */
int args_parse(int argc, char *const *argv, struct args *ret, struct bd_err *err);
void args_done(struct args *a);
#define args_auto __attribute__((cleanup(args_done)))

/* The last value of an option of the command, or NULL where it was not given; a flag's is "". The
 * name must be in the command's table. */
const char *args_get(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);
/* The same of the options that every command takes. */
const char *args_global(const struct args *a, const char *name);
/* The value of ARG_DURATION; 0 where text is NULL. The text was checked by args_parse(). */
int64_t args_duration_ns(const char *text);
/* The value of ARG_SEQUENCE or ARG_COUNT, or the fallback where text is NULL. */
int64_t args_i64(const char *text, int64_t fallback);
