/*
 * Completion scripts for shells, from the table of commands. Pure.
 */
#pragma once

#include "lib/base/str.h"

/* The names of shells that there is a script for, ended by NULL. */
extern const char *const complete_shells[];
/* Adds the script; -EINVAL for another shell. */
int complete_script(const char *shell, struct bd_str *out);
