#include "lib/store/input.h"

#include "lib/store/page.h"

#include <string.h>

#define COLUMNS "id, created_ns, digest, name, bytes, stored_bytes"

enum column { COL_ID, COL_CREATED, COL_DIGEST, COL_NAME, COL_BYTES, COL_STORED };

void store_input_done(struct store_input *row)
{
    free(row->name);
    *row = (struct store_input){0};
}

void store_inputs_free(struct store_input *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_input_done(&rows[i]);
    free(rows);
}

static int row_read(const struct query *q, struct store_input *ret_row, struct bd_err *err)
{
    struct store_input row = {
        .created_ns = query_col_i64(q, COL_CREATED),
        .bytes = (uint64_t)query_col_i64(q, COL_BYTES),
        .stored_bytes = (uint64_t)query_col_i64(q, COL_STORED),
    };
    bd_auto_free char *digest = query_col_text(q, COL_DIGEST);
    int r = query_col_id(q, COL_ID, row.id, err);
    if (r < 0)
        return r;
    if (!digest || strlen(digest) >= sizeof(row.digest))
        return bd_err_set(err, BD_ECORRUPT, "input %s has no digest", row.id);
    memcpy(row.digest, digest, strlen(digest) + 1);
    row.name = query_col_text(q, COL_NAME);
    *ret_row = row;
    return 0;
}

int store_input_insert(struct store_conn *c, const struct store_input *row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "INSERT INTO input (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)"
                        "  ON CONFLICT (digest) DO NOTHING",
                        err);
    if (r < 0)
        return r;
    query_text(&q, row->id);
    query_i64(&q, row->created_ns);
    query_text(&q, row->digest);
    query_text(&q, row->name);
    query_i64(&q, (int64_t)row->bytes);
    query_i64(&q, (int64_t)row->stored_bytes);
    r = query_run(&q, err);
    if (r == 0)
        return bd_err_set(err, BD_ECONFLICT, "there is an input with the digest %s already",
                          row->digest);
    return r < 0 ? r : 0;
}

static int not_found(const char *ref, struct bd_err *err)
{
    return bd_err_set(err, BD_ENOTFOUND, "there is no input '%s'", ref);
}

int store_input_get(struct store_conn *c, const char *ref, struct store_input *ret_row,
                    struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT " COLUMNS " FROM input WHERE id = ?1 OR digest = ?1", err);
    if (r < 0)
        return r;
    query_text(&q, ref);
    r = query_step(&q, err);
    if (r == 0)
        return not_found(ref, err);
    return r < 0 ? r : row_read(&q, ret_row, err);
}

int store_input_exists(struct store_conn *c, const char *digest, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT 1 FROM input WHERE digest = ?", err);
    if (r < 0)
        return r;
    query_text(&q, digest);
    return query_step(&q, err);
}

int store_input_delete(struct store_conn *c, const char *digest, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "DELETE FROM input WHERE digest = ?", err);
    if (r < 0)
        return r;
    query_text(&q, digest);
    r = query_run(&q, err);
    if (r < 0)
        return r;
    return r > 0 ? 0 : not_found(digest, err);
}

int store_input_list(struct store_conn *c, int64_t before_created_ns, const char *before_id,
                     unsigned limit, struct store_input **ret_rows, size_t *ret_n,
                     struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows rows = {.bytes = sizeof(struct store_input)};
    int r = query_begin(&q, c,
                        "SELECT " COLUMNS " FROM input WHERE (created_ns, id) < (?1, ?2) "
                        "ORDER BY created_ns DESC, id DESC LIMIT ?3",
                        err);
    if (r < 0)
        return r;
    query_i64(&q, before_created_ns ? before_created_ns : INT64_MAX);
    query_text(&q, before_id ? before_id : "");
    query_i64(&q, limit);
    while ((r = query_step(&q, err)) > 0) {
        r = row_read(&q, page_slot(&rows), err);
        if (r < 0)
            break;
        rows.n++;
    }
    if (r < 0) {
        store_inputs_free(rows.items, rows.n);
        return r;
    }
    *ret_rows = rows.items;
    *ret_n = rows.n;
    return 0;
}

int store_input_users(struct store_conn *c, const char *digest, struct bd_strv *ret_campaigns,
                      struct bd_err *err)
{
    auto_query struct query q = {0};
    /* Wherever in a spec it stands: in the workload, at a level, in a cell that was added; or in a
     * definition that the spec is pinned to. */
    int r =
        query_begin(&q, c,
                    "SELECT id FROM campaign WHERE state NOT IN ('done', 'failed', 'cancelled')"
                    "  AND (instr(spec, ?1) > 0"
                    "    OR EXISTS (SELECT 1 FROM definition_use u JOIN definition d"
                    "               ON d.digest = u.digest"
                    "               WHERE u.campaign = campaign.id AND instr(d.content, ?1) > 0))"
                    "  ORDER BY created_ns, id",
                    err);
    if (r < 0)
        return r;
    query_text(&q, digest);
    while ((r = query_step(&q, err)) > 0)
        bd_strv_take(ret_campaigns, query_col_text(&q, 0));
    return r;
}
