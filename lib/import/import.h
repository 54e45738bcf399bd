/*
 * Definitions of workloads (lib/workload/definition.h) made of what others have: a test of ReFrame,
 * or an application of Ramble. Their files are Python, and are read as data (python.h): nothing is
 * run. What can't be taken over for certain is left out and told, or all of it is refused. PURE.
 *
 *     reframe.c          what a test measures: checks and metrics
 *     reframe_class.c    what is known of a test before it runs
 *     reframe_command.c  what it runs
 *     ramble.c           a workload of an application
 *     build.c            the definition that is made
 *     words.c            a line of a shell as words
 *     python_regex.c     Python's regular expressions as POSIX ones
 *
 * Threads: any; what is made belongs to one at a time.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"

struct import_options {
    const char *file;     /* its name, for people */
    const char *from;     /* "reframe" or "ramble"; NULL: the file tells */
    const char *class;    /* the test's class; NULL: the only one */
    const char *workload; /* of an application; NULL: the only one */
    const json_t *kinds;  /* {METRIC: "cost", "rate", "ratio" or "none"}, whatever its unit says;
                             none: it is left out */
    const json_t *values; /* {NAME: text}: of a test's members, of an application's variables */
};

struct imported {
    json_t *definition;
    json_t *notes; /* [{line, text}]: what was left out, and what to look at; line 0: of none */
};

/* BD_EINVALID where there is nothing that can be made of it, with the line. */
int import_python(const char *text, size_t bytes, const struct import_options *options,
                  struct imported *ret, struct bd_err *err);
void imported_done(struct imported *i);
#define imported_auto __attribute__((cleanup(imported_done))) struct imported
