/*
 * SHA-256 of bytes and files; content addresses are "sha256:" and 64 hex digits.
 * Threads: any; an object belongs to one thread.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/err.h"

#include <stddef.h>

#define BD_DIGEST_BYTES 72 /* "sha256:" + 64 hex + NUL */

struct bd_digest; /* a running digest */

struct bd_digest *bd_digest_new(void);
void bd_digest_free(struct bd_digest *d);
void bd_digest_add(struct bd_digest *d, const void *data, size_t bytes);
void bd_digest_end(struct bd_digest *d, char out[BD_DIGEST_BYTES]); /* once; then only free */

void bd_digest_of(const void *data, size_t bytes, char out[BD_DIGEST_BYTES]);
int bd_digest_file(const char *path, char out[BD_DIGEST_BYTES], struct bd_err *err);
