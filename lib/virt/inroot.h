/*
 * Paths within a node's root: resolved as the node would, so that neither ".." nor a link, whoever
 * made it, leads out of it (openat2(2) with RESOLVE_IN_ROOT). Threads: any. Results: a descriptor
 * or 0, else -errno.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Opens a path below the root; flags as for open(2), O_CLOEXEC is added. */
int inroot_open(int root_fd, const char *path, int flags, mode_t mode);
/* Opens the directory that the last component of path is in (O_PATH). make: directories that are
 * missing are made, 0755. ret_name: the last component, within path; -EINVAL where that names no
 * file. */
int inroot_open_parent(int root_fd, const char *path, bool make, const char **ret_name);
