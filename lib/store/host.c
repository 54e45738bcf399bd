#include "lib/store/host.h"

#include "lib/store/query.h"

int store_host_put(struct store_conn *c, const char *digest, const json_t *description,
                   int64_t now_ns, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "INSERT INTO host (digest, first_ns, description) VALUES (?, ?, ?)"
                        "  ON CONFLICT DO NOTHING",
                        err);
    if (r < 0)
        return r;
    query_text(&q, digest);
    query_i64(&q, now_ns);
    query_json(&q, description);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}

int store_host_get(struct store_conn *c, const char *digest, json_t **ret_description,
                   struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT description FROM host WHERE digest = ?", err);
    if (r < 0)
        return r;
    query_text(&q, digest);
    r = query_step(&q, err);
    if (r < 0)
        return r;
    if (r == 0)
        return bd_err_set(err, BD_ENOTFOUND, "there is no description of a host with the digest %s",
                          digest);
    return query_col_json(&q, 0, ret_description, err);
}
