/*
 * What every command works with: its arguments, the way to the daemon, and where to write. One
 * thread.
 */
#pragma once

#include "args.h"
#include "exits.h"
#include "http.h"
#include "term.h"

struct document;

struct cli {
    struct args args;
    struct http *http;
    bool json;                   /* print the API's JSON as it is */
    struct term out, err;        /* stdout, for results; stderr, for all else */
    struct bd_str faults;        /* lines that go below the error's own: what exactly was refused */
    const struct document *sent; /* what is being asked was read from it; NULL: from none */
};

/* Runs one command line to its exit code; what went wrong is on stderr. */
int cli_main(int argc, char *const *argv);
/* Prints "benchctl: COMMAND: text" and the faults; answers the exit code. */
int cli_report(struct cli *cli, const struct bd_err *error);
/* The same with a text and a code of its own, for an end that is no error of a request. */
int cli_fail(struct cli *cli, enum cli_exit code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A line on stderr, marked and escaped: for what is worth saying and is neither result nor error.
 */
void cli_note(const struct cli *cli, enum term_mark mark, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Prints the text of the API on stdout, with a new line at its end. */
void cli_print_json(const char *text);
