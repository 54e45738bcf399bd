/*
 * What /proc says of a process. A pid can be another process's the next moment: whoever acts on one
 * opens a pidfd first, looks, and then makes sure that the process still lives. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCFS_COMM_BYTES   16
#define PROCFS_CGROUP_BYTES 512

/* Called for each process there is, in rising order of pid. */
typedef void (*procfs_fn)(pid_t pid, void *arg);
int procfs_each(procfs_fn fn, void *arg); /* -errno */

/* Each: false where the process is gone, or has none. */
bool procfs_comm(pid_t pid, char out[PROCFS_COMM_BYTES]);
/* Path of its cgroup2, from the top of the hierarchy: "/" or "/a/b". */
bool procfs_cgroup(pid_t pid, char out[PROCFS_CGROUP_BYTES]);
/* The first of its cgroups, of whatever hierarchy, in whose path is one of the marks
 * (NULL-terminated). */
bool procfs_cgroup_with(pid_t pid, const char *const *marks, char out[PROCFS_CGROUP_BYTES]);
/* The argument behind this one in its command line. */
bool procfs_argument(pid_t pid, const char *option, char *out, size_t bytes);
/* Its only child that was started by its first thread. */
bool procfs_only_child(pid_t pid, pid_t *ret_child);
/* Process 1 of a PID namespace that is not this one's. */
bool procfs_is_init(pid_t pid);
/* Identity of a namespace ("pid"): equal for two processes in the same one; 0 where unknown. */
ino_t procfs_namespace(pid_t pid, const char *kind);

int procfs_pidfd(pid_t pid);              /* -errno */
bool procfs_lives(int pidfd);             /* not ended; a zombie has */
int procfs_signal(int pidfd, int signal); /* 0 or -errno */
