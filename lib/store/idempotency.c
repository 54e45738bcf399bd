#include "lib/store/idempotency.h"

#include "lib/base/mem.h"
#include "lib/store/query.h"

#include <string.h>

void store_reply_done(struct store_reply *r)
{
    free(r->key);
    free(r->location);
    free(r->body);
    *r = (struct store_reply){0};
}

int store_reply_put(struct store_conn *c, const struct store_reply *r, struct bd_err *err)
{
    auto_query struct query q = {0};
    int rc = query_begin(&q, c,
                         "INSERT INTO reply (key, request_digest, status, location, body,"
                         "  created_ns) VALUES (?, ?, ?, ?, ?, ?)",
                         err);
    if (rc < 0)
        return rc;
    query_text(&q, r->key);
    query_text(&q, r->request_digest);
    query_i64(&q, r->status);
    query_text(&q, r->location);
    query_text(&q, r->body);
    query_time(&q, r->created_ns);
    rc = query_run(&q, err);
    if (rc < 0 && sqlite3_extended_errcode(c->db) == SQLITE_CONSTRAINT_PRIMARYKEY)
        return bd_err_set(err, BD_ECONFLICT, "the idempotency key of '%s' was used already",
                          r->key);
    return rc < 0 ? rc : 0;
}

int store_reply_get(struct store_conn *c, const char *key, struct store_reply *ret_reply,
                    struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "SELECT key, request_digest, status, location, body, created_ns"
                        "  FROM reply WHERE key = ?",
                        err);
    if (r < 0)
        return r;
    query_text(&q, key);
    r = query_step(&q, err);
    if (r < 0)
        return r;
    if (r == 0)
        return bd_err_set(err, BD_ENOTFOUND, "no reply is kept for '%s'", key);
    bd_auto_free char *digest = query_col_text(&q, 1);
    if (strlen(digest) >= BD_DIGEST_BYTES)
        return bd_err_set(err, BD_ECORRUPT, "reply to '%s': '%.80s' is no digest", key, digest);
    *ret_reply = (struct store_reply){
        .key = query_col_text(&q, 0),
        .status = (int)query_col_i64(&q, 2),
        .location = query_col_text(&q, 3),
        .body = query_col_text(&q, 4),
        .created_ns = query_col_i64(&q, 5),
    };
    memcpy(ret_reply->request_digest, digest, strlen(digest) + 1);
    return 0;
}

int store_reply_expire(struct store_conn *c, int64_t before_ns, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "DELETE FROM reply WHERE created_ns < ?", err);
    if (r < 0)
        return r;
    query_i64(&q, before_ns);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}
