/*
 * Enums as words, for the files of this folder: each has one table of its names, in its order.
 * Threads: any.
 */
#pragma once

#include "lib/base/str.h"

#include <errno.h>

/* The place of s among the n names, or -EINVAL. */
static inline int name_index(const char *const *names, int n, const char *s)
{
    for (int i = 0; i < n; i++)
        if (bd_str_eq(names[i], s))
            return i;
    return -EINVAL;
}
