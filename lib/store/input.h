/*
 * Inputs in the store: files that specs name by their digest, such as traces. Threads: as the
 * connection. The bytes are lib/artifact's, in a directory of their own; here is what they are.
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/base/id.h"
#include "lib/base/str.h"
#include "lib/store/store.h"

#include <stddef.h>
#include <stdint.h>

struct store_input {
    char id[BD_ID_BYTES];
    char digest[BD_DIGEST_BYTES];
    char *name; /* that it was brought with; NULL: none */
    uint64_t bytes;
    uint64_t stored_bytes; /* of its object */
    int64_t created_ns;    /* wall */
};
void store_input_done(struct store_input *row);
void store_inputs_free(struct store_input *rows, size_t n);

/* BD_ECONFLICT where there is one of this digest. */
int store_input_insert(struct store_conn *c, const struct store_input *row, struct bd_err *err);
/* By its id or its digest. BD_ENOTFOUND. */
int store_input_get(struct store_conn *c, const char *ref, struct store_input *ret_row,
                    struct bd_err *err);
/* 1 or 0. */
int store_input_exists(struct store_conn *c, const char *digest, struct bd_err *err);
/* BD_ENOTFOUND. */
int store_input_delete(struct store_conn *c, const char *digest, struct bd_err *err);
/* Newest first, from behind that place on (0: from the newest). */
int store_input_list(struct store_conn *c, int64_t before_created_ns, const char *before_id,
                     unsigned limit, struct store_input **ret_rows, size_t *ret_n,
                     struct bd_err *err);
/* Ids of the campaigns not at their end whose spec names this digest, the oldest first. */
int store_input_users(struct store_conn *c, const char *digest, struct bd_strv *ret_campaigns,
                      struct bd_err *err);
