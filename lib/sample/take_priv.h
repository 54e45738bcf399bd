/* What the files of take_*.c share: reading the kernel's files, and finding a node's cgroups. */
#pragma once

#include "lib/base/str.h"
#include "lib/sample/take.h"

/* A file that is read again and again; -1: it is not there. */
int take_open(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* All of it from the beginning, into a buffer that is emptied first. False where it can't be read,
 * as when what it is about is gone. */
bool take_text(int fd, struct bd_str *buffer);

/* The number behind the word where text begins with it: ("usage_usec 17", "usage_usec ") */
bool take_number(const char *text, const char *word, uint64_t *ret_n);
/* The same in the first line that begins with it. */
bool take_line_number(const char *text, const char *word, uint64_t *ret_n);

/* The cgroup that libvirt made for a node in a hierarchy: the caller's; NULL: there is none. */
char *take_machine_find(const char *hierarchy, const struct node_plan *node);
/* The same for all nodes of a plan, reading each directory once. */
void take_machines_find(const char *hierarchy, const struct node_plan *nodes, size_t n,
                        char **ret_paths);
/* The one that counts all of the node's CPU time in cgroup2: its own, or libvirt's, machine, where
 * its own lies in that (cgroup2 alone). The caller's; NULL: there is none. */
char *take_group2(const char *cgroup2, const struct node_plan *node, const char *machine);

struct host_files; /* of take_host.c */
struct host_files *host_files_new(const struct take_places *places);
void host_files_free(struct host_files *f);
int host_files_look(struct host_files *f, struct take_host *ret_host, struct bd_err *err);
