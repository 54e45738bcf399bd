/*
 * Python's regular expressions as POSIX extended ones, as far as there is one that finds the same
 * in a line (lib/workload/pattern.h). PURE. Threads: any.
 *
 * Of two ways to match, Python takes the alternative that stands first, and POSIX the longest one:
 * where alternatives begin alike, what is found may differ.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

/* What is to be found by it. */
struct regex_wanted {
    const char *name; /* the group of this name; NULL: */
    unsigned group;   /* that of this number; 0: whatever the whole of it matches */
    bool at_begin;    /* of a line only, as re.match() */
};

/* Appends the expression, whose first group, or which as a whole where it has none, is what is
 * wanted. BD_EINVALID where there is none, saying what it is that POSIX ERE does not know. */
int regex_of_python(const char *pattern, const struct regex_wanted *wanted, struct bd_str *ret,
                    struct bd_err *err);
