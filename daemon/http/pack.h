/* Texts packed for a reply (gzip). Threads: any; takes a few ms for a MiB. */
#pragma once

#include <stddef.h>

#define HTTP_PACK_MIN_BYTES ((size_t)(16 * 1024)) /* of a text that is worth it */

/* NULL: it is not worth it. The caller's. */
char *http_pack(const char *text, size_t bytes, size_t *ret_bytes);
