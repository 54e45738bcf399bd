/*
 * Replies to requests that carried an Idempotency-Key, kept so that a repeated request gets the
 * same answer and makes nothing twice. Threads: as the connection.
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/store/store.h"

#include <stdint.h>

struct store_reply {
    char *key;                            /* METHOD PATH KEY */
    char request_digest[BD_DIGEST_BYTES]; /* of the body */
    int status;
    char *location; /* NULL: none */
    char *body;     /* JSON text */
    int64_t created_ns;
};
void store_reply_done(struct store_reply *r);

/* BD_ECONFLICT if the key is there. */
int store_reply_put(struct store_conn *c, const struct store_reply *r, struct bd_err *err);
int store_reply_get(struct store_conn *c, const char *key, struct store_reply *ret_reply,
                    struct bd_err *err); /* BD_ENOTFOUND */
int store_reply_expire(struct store_conn *c, int64_t before_ns, struct bd_err *err);
