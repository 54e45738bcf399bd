/*
 * The only way in which the programs of this folder fail: one line on stderr, then exit.
 *
 * They are started one at a time by other programs, have one thread, and either become another
 * program or end soon: so no error is handed up to a caller who could go on without what failed,
 * and what they allocate is never freed.
 */
#ifndef NODE_FATAL_H
#define NODE_FATAL_H

#include <errno.h>

/* Writes "PROGRAM: TEXT" and exits with the status; fatal_errno adds what errno means. */
#define fatal(status, ...)       fatal_line(status, 0, __VA_ARGS__)
#define fatal_errno(status, ...) fatal_line(status, errno, __VA_ARGS__)

/* When set: a file that gets the line too, for a program whose stderr nobody may be reading. */
extern const char *fatal_copy;

_Noreturn void fatal_line(int status, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Formats into new memory. Aborts when there is none. */
char *text_new(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
