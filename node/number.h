/*
 * Numbers in arguments, variables of the environment and lines: decimal, whole, nothing around
 * them.
 */
#ifndef NODE_NUMBER_H
#define NODE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Exit code of the measuring programs for arguments that make no sense. */
#define EXIT_USAGE 2

/* False, and nothing written, where the text is no number from least to most. */
bool number_read(const char *text, int64_t least, int64_t most, int64_t *ret_number);

/* As above, for a program that can't go on without it: names it and exits with EXIT_USAGE. */
int64_t number(const char *name, const char *text, int64_t least, int64_t most);

#endif
