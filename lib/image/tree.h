/*
 * A walk over a tree of files: every entry once, the root first, a directory before what is in it,
 * names of a directory sorted by bytes. Links are never followed, nothing but directories is
 * opened. Threads: any, as long as nobody changes the tree.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/err.h"

#include <sys/stat.h>

struct tree_entry {
    const char *path; /* below the root, without a slash before it; "" is the root itself */
    int dir_fd;       /* where name is: valid during the call */
    const char *name;
    const struct stat *st;
};

/* A negative answer ends the walk and is its result. */
typedef int (*tree_fn)(const struct tree_entry *entry, void *arg, struct bd_err *err);

/* BD_ECORRUPT where something is mounted in the tree, or its directories are nested deeper than any
 * system's. */
int tree_walk(const char *root, struct bd_cancel *cancel, tree_fn fn, void *arg,
              struct bd_err *err);
