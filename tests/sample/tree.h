/* A host and a cluster on it, made of files in a directory. */
#pragma once

#include "lib/sample/take.h"

#include <stdbool.h>

#define TREE_ID "1f2e3d4c"

enum tree_layout {
    TREE_HYBRID,  /* nodes in benchd/ID/NODE of cgroup2, the rest in version 1 by libvirt */
    TREE_UNIFIED, /* nodes in machine.slice of cgroup2, by systemd */
};

struct tree {
    char *dir;
    enum tree_layout layout;
    struct cluster_plan plan;
    char *proc, *sys, *run, *cgroup2, *memory, *blkio;
    struct take_places places;
};

/* One controller and so many compute nodes, each with files of its own; below parent, or where
 * tests have their files. */
void tree_make(struct tree *ret_tree, enum tree_layout layout, unsigned compute,
               const char *parent);
void tree_done(struct tree *t);

/* Writes a file below a directory in place: whoever has it open sees the new text. */
void tree_put(const char *top, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void tree_remove(const char *top, const char *name);

/* What a node's files say. */
struct tree_node {
    uint64_t cpu_us, memory, tasks, rx, tx, read, written; /* rx, tx: of the host's end */
};
void tree_put_node(const struct tree *t, size_t i, const struct tree_node *node);
/* Of all nodes at once, as they are in one file. */
void tree_put_links(const struct tree *t, const struct tree_node *nodes);
/* The cgroup2 directory of a node, below the mount. */
char *tree_group2(const struct tree *t, size_t i);
