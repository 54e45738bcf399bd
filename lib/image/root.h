/*
 * Files in the root of an image that is being made, by their paths as seen in it: an absolute link
 * on the way leads to where it would lead in the image, and never out of the root. Threads: any;
 * nobody else may change the root meanwhile.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A descriptor of the root directory, for the functions below; or -errno. */
int root_open(const char *root, struct bd_err *err);
/* Goes from the root straight to one place: no "." or ".." or empty name in it. */
bool root_path_is_plain(const char *path);
bool root_has(int root_fd, const char *path);
/* What the path leads to, links followed, opened to read; or -errno. Never waits for a FIFO. */
int root_file(int root_fd, const char *path);
/* The directory that the path is in, made with its parents (mode 0755) where missing; or -errno. */
int root_parent(int root_fd, const char *path, struct bd_err *err);
/* The whole file, NUL-terminated; -EFBIG above max_bytes. */
int root_read(int root_fd, const char *path, size_t max_bytes, char **ret_text, struct bd_err *err);
/* A file or link instead of whatever file was there; directories on the way are made (mode 0755).
 */
int root_write(int root_fd, const char *path, const char *content, mode_t mode, struct bd_err *err);
int root_link(int root_fd, const char *path, const char *target, struct bd_err *err);
/* Removes what matches one of the patterns (absolute; `*` and `?` stop at slashes), with all below.
 */
int root_remove(const char *root, const struct bd_strv *patterns, struct bd_err *err);
