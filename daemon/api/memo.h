/*
 * What was worked out of objects that don't change any more: small JSON values by a key, kept for
 * as long as there is room. Threads: any.
 */
#pragma once

#include "lib/base/json.h"

struct memo;
struct memo *memo_new(void);
void memo_free(struct memo *m);
/* A copy, new reference; NULL: it is not known. */
json_t *memo_get(struct memo *m, const char *key);
void memo_put(struct memo *m, const char *key, const json_t *value);
