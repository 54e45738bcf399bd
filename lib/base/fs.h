/*
 * Files: the small things that the C library leaves to everyone. Threads: any. All descriptors are
 * O_CLOEXEC. Errors: -errno with the path in the text.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Whole file into a new NUL-terminated buffer; -EFBIG above max_bytes. ret_len may be NULL. */
int bd_read_file(const char *path, size_t max_bytes, char **ret_data, size_t *ret_len,
                 struct bd_err *err);
/* Writes beside the file, syncs, renames: the file has the old or the new content, never a part,
 * and once it returns 0 the new one, even after a power cut. `mode` holds whatever the umask; a
 * symlink at path is replaced, not followed. */
int bd_write_file(const char *path, const void *data, size_t bytes, mode_t mode,
                  struct bd_err *err);
/* What is before the last slash: "." without one, "/" for "/x". Owned by the caller. */
char *bd_path_dir(const char *path);
/* What is after the last slash; within path. */
const char *bd_path_name(const char *path);
/* Makes the directory and those above it that are missing; one that is there is left as it is. */
int bd_mkdir_p(const char *path, mode_t mode, struct bd_err *err);
/* Opens a directory to read its names, below dir_fd (or AT_FDCWD); -ELOOP or -ENOTDIR where a
 * symlink or something else is there. */
int bd_dir_open(int dir_fd, const char *path, DIR **ret_dir, struct bd_err *err);
void bd_dir_close(DIR *dir);
BD_DEFINE_CLEANUP(DIR, dir, bd_dir_close)
/* Removes the tree below and with path, however deep; a path that is not there is fine. A symlink
 * is removed, never followed. A mount point on the way (path itself too) ends it with BD_ECONFLICT
 * and is named; nothing behind it was touched. It stops at the first failure. */
int bd_rm_rf(const char *path, struct bd_err *err);
bool bd_exists(const char *path); /* of any type; a dangling link too */
/* Free bytes on the file system of path, without what it reserves for root. */
int bd_free_bytes(const char *path, uint64_t *ret_bytes, struct bd_err *err);
/* Writes all; -errno. */
int bd_write_all(int fd, const void *data, size_t bytes);
