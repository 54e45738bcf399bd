/*
 * What is read from files named on the command line, where "-" is stdin. One thread.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <stddef.h>

/* A new descriptor of the file, or of stdin. BD_EINVALID where it can't be read: as any other wrong
 * argument, it is told before the daemon is asked. */
int input_open(const char *path, int *ret_fd, struct bd_err *err);
/* Up to `bytes` bytes; 0 at the end; -errno, or BD_ECANCELLED after a signal. */
ssize_t input_some(int fd, void *buffer, size_t bytes, struct bd_err *err);
/* All of it; BD_EINVALID where it can't be read, and above max_bytes. */
int input_read(const char *path, size_t max_bytes, struct bd_str *ret, struct bd_err *err);
