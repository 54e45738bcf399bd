/*
 * Control groups as the kernel tells of them in /proc: where each hierarchy is mounted, in which
 * group a process is, and joining one. Version 1 hierarchies and cgroup2 alike.
 *
 * For programs with one thread that become another program or end soon: nothing is freed.
 */
#ifndef NODE_CGROUP_H
#define NODE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/* A mounted hierarchy, as seen from the caller's mount and cgroup namespaces. */
struct cgroup_mount {
    char *point;   /* the directory where it is mounted */
    char *root;    /* the group that this directory shows, "/" for the whole hierarchy */
    char *options; /* of the file system: for version 1 its controllers are among them */
    bool unified;  /* cgroup2 */
};

struct cgroup_mounts {
    struct cgroup_mount *items;
    size_t n;
};

/* A line of /proc/PID/cgroup: a hierarchy and the process's group in it. */
struct cgroup_entry {
    char *controllers; /* separated by commas; empty for cgroup2 */
    char *path;
};

/* Reads a whole file below /proc. NULL and errno on failure. */
char *cgroup_read_proc(const char *file);

/* All cgroup mounts in /proc/self/mountinfo. Returns 0, or -1 and errno. */
int cgroup_mounts_read(struct cgroup_mounts *ret_mounts);

/* Cuts the next entry from the text of a /proc/PID/cgroup, which it changes. False at the end. */
bool cgroup_next(char **text, struct cgroup_entry *ret_entry);

/* The directory of the entry's group; NULL where no mount shows it. */
char *cgroup_directory(const struct cgroup_mounts *mounts, const struct cgroup_entry *entry);

/* Moves the calling process into the group of a directory. Returns 0, or -1 and errno. */
int cgroup_join(const char *directory);

#endif
