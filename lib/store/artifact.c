#include "lib/store/artifact.h"

#include "lib/store/page.h"

#include <string.h>

#define COLUMNS                                                                                    \
    "name, artifact.digest, bytes, ifnull(stored_bytes, 0), modified_ns, ifnull(removed_ns, 0)"
/* An object that a file had, and others still have, is the file's no more. */
#define TABLES "artifact LEFT JOIN object ON object.digest = artifact.digest AND removed_ns IS NULL"

enum column { COL_NAME, COL_DIGEST, COL_BYTES, COL_STORED, COL_MODIFIED, COL_REMOVED };

void store_artifact_done(struct store_artifact *row)
{
    free(row->name);
    *row = (struct store_artifact){0};
}

void store_artifacts_free(struct store_artifact *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_artifact_done(&rows[i]);
    free(rows);
}

static int read_digest(const struct query *q, int col, char ret_digest[BD_DIGEST_BYTES],
                       struct bd_err *err)
{
    bd_auto_free char *digest = query_col_text(q, col);
    if (!digest || strlen(digest) != BD_DIGEST_BYTES - 1)
        return bd_err_set(err, BD_ECORRUPT, "'%.80s' is no digest", digest ? digest : "");
    memcpy(ret_digest, digest, BD_DIGEST_BYTES);
    return 0;
}

static int row_read(const struct query *q, struct store_artifact *ret_row, struct bd_err *err)
{
    struct store_artifact row = {
        .bytes = (uint64_t)query_col_i64(q, COL_BYTES),
        .stored_bytes = (uint64_t)query_col_i64(q, COL_STORED),
        .modified_ns = query_col_i64(q, COL_MODIFIED),
        .removed_ns = query_col_i64(q, COL_REMOVED),
    };
    int r = read_digest(q, COL_DIGEST, row.digest, err);
    if (r < 0)
        return r;
    row.name = query_col_text(q, COL_NAME);
    *ret_row = row;
    return 0;
}

/* 1: it is new. */
static int insert_row(struct store_conn *c, const char *run, const struct store_artifact *row,
                      struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "INSERT INTO artifact (run, name, digest, bytes, modified_ns) "
                        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (run, name) DO NOTHING",
                        err);
    if (r < 0)
        return r;
    query_text(&q, run);
    query_text(&q, row->name);
    query_text(&q, row->digest);
    query_i64(&q, (int64_t)row->bytes);
    query_i64(&q, row->modified_ns);
    return query_run(&q, err);
}

/* The same. */
static int insert_object(struct store_conn *c, const struct store_artifact *row, int64_t now_ns,
                         struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "INSERT INTO object (digest, stored_bytes, created_ns) VALUES (?, ?, ?) "
                        "ON CONFLICT (digest) DO NOTHING",
                        err);
    if (r < 0)
        return r;
    query_text(&q, row->digest);
    query_i64(&q, (int64_t)row->stored_bytes);
    query_i64(&q, now_ns);
    return query_run(&q, err);
}

int store_artifacts_insert(struct store_conn *c, const char *run, const struct store_artifact *rows,
                           size_t n, int64_t now_ns, uint64_t *ret_added, struct bd_err *err)
{
    uint64_t added = 0;
    for (size_t i = 0; i < n; i++) {
        int r = insert_row(c, run, &rows[i], err);
        if (r > 0) /* else it has its object, or had it and it was removed */
            r = insert_object(c, &rows[i], now_ns, err);
        if (r < 0)
            return r;
        added += r > 0 ? rows[i].stored_bytes : 0;
    }
    *ret_added = added;
    return 0;
}

int store_artifact_list(struct store_conn *c, const char *run, struct store_artifact **ret_rows,
                        size_t *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows rows = {.bytes = sizeof(struct store_artifact)};
    int r =
        query_begin(&q, c, "SELECT " COLUMNS " FROM " TABLES "  WHERE run = ? ORDER BY name", err);
    if (r < 0)
        return r;
    query_text(&q, run);
    while ((r = query_step(&q, err)) > 0) {
        r = row_read(&q, page_slot(&rows), err);
        if (r < 0)
            break;
        rows.n++;
    }
    if (r < 0) {
        bd_err_wrap(err, "files of run %s", run);
        store_artifacts_free(rows.items, rows.n);
        return r;
    }
    *ret_rows = rows.items;
    *ret_n = rows.n;
    return 0;
}

int store_artifact_get(struct store_conn *c, const char *run, const char *name,
                       struct store_artifact *ret_row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r =
        query_begin(&q, c, "SELECT " COLUMNS " FROM " TABLES "  WHERE run = ? AND name = ?", err);
    if (r < 0)
        return r;
    query_text(&q, run);
    query_text(&q, name);
    r = query_step(&q, err);
    if (r == 0)
        return bd_err_set(err, BD_ENOTFOUND, "run %s has no file %s", run, name);
    return r < 0 ? r : row_read(&q, ret_row, err);
}

/* -- objects -- */

/* A number, 0 where there is no row. sql is a literal, text may be NULL: it has no parameter. */
static int ask(struct store_conn *c, const char *sql, const char *text, int64_t *ret_value,
               struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, sql, err);
    if (r < 0)
        return r;
    if (text)
        query_text(&q, text);
    r = query_step(&q, err);
    if (r < 0)
        return r;
    *ret_value = r > 0 ? query_col_i64(&q, 0) : 0;
    return 0;
}

int store_object_bytes(struct store_conn *c, uint64_t *ret_bytes, struct bd_err *err)
{
    int64_t bytes;
    int r = ask(c, "SELECT ifnull(sum(stored_bytes), 0) FROM object", NULL, &bytes, err);
    if (r == 0)
        *ret_bytes = (uint64_t)bytes;
    return r;
}

int store_object_exists(struct store_conn *c, const char *digest, struct bd_err *err)
{
    int64_t found;
    int r = ask(c, "SELECT 1 FROM object WHERE digest = ?", digest, &found, err);
    return r < 0 ? r : (int)found;
}

int store_artifact_run_ended(struct store_conn *c, const char *run, struct bd_err *err)
{
    int64_t ended;
    int r = ask(c, "SELECT state IN ('done', 'failed', 'cancelled') FROM run WHERE id = ?", run,
                &ended, err);
    return r < 0 ? r : (int)ended;
}

/* -- what may be removed -- */

/* A spec that is no JSON any more keeps its files. */
static const char removable_sql[] =
    "WITH kept AS (SELECT run, sum(stored_bytes) AS bytes FROM ("
    "    SELECT DISTINCT run, digest FROM artifact WHERE removed_ns IS NULL)"
    "  JOIN object USING (digest) GROUP BY run) "
    "SELECT run.id, campaign.id, campaign.ended_ns, kept.bytes FROM kept"
    "  JOIN run ON run.id = kept.run JOIN campaign ON campaign.id = run.campaign"
    "  WHERE campaign.state IN ('done', 'failed', 'cancelled')"
    "    AND CASE WHEN json_valid(campaign.spec)"
    "          THEN ifnull(json_extract(campaign.spec, '$.artifacts.keep'), 0) = 0 ELSE 0 END "
    "ORDER BY campaign.ended_ns, campaign.id, run.position, run.attempt LIMIT ?";

int store_artifact_removable(struct store_conn *c, unsigned limit,
                             struct store_artifact_run **ret_rows, size_t *ret_n,
                             struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows rows = {.bytes = sizeof(struct store_artifact_run)};
    int r = query_begin(&q, c, removable_sql, err);
    if (r < 0)
        return r;
    query_i64(&q, limit);
    while ((r = query_step(&q, err)) > 0) {
        struct store_artifact_run *row = page_slot(&rows);
        *row = (struct store_artifact_run){
            .ended_ns = query_col_i64(&q, 2),
            .bytes = (uint64_t)query_col_i64(&q, 3),
        };
        r = query_col_id(&q, 0, row->run, err);
        if (r == 0)
            r = query_col_id(&q, 1, row->campaign, err);
        if (r < 0)
            break;
        rows.n++;
    }
    if (r < 0) {
        bd_err_wrap(err, "runs whose files may be removed");
        free(rows.items);
        return r;
    }
    *ret_rows = rows.items;
    *ret_n = rows.n;
    return 0;
}

static int mark_removed(struct store_conn *c, const char *run, int64_t now_ns, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(
        &q, c, "UPDATE artifact SET removed_ns = ?2 WHERE run = ?1 AND removed_ns IS NULL", err);
    if (r < 0)
        return r;
    query_text(&q, run);
    query_i64(&q, now_ns);
    return query_run(&q, err);
}

int store_artifact_remove(struct store_conn *c, const char *run, int64_t now_ns,
                          uint64_t *ret_freed, struct bd_strv *ret_digests, struct bd_err *err)
{
    auto_query struct query q = {0};
    uint64_t freed = 0;
    int r = mark_removed(c, run, now_ns, err);
    if (r >= 0)
        r = query_begin(&q, c,
                        "DELETE FROM object WHERE digest IN ("
                        "    SELECT digest FROM artifact WHERE run = ?)"
                        "  AND NOT EXISTS (SELECT 1 FROM artifact AS user"
                        "    WHERE user.digest = object.digest AND user.removed_ns IS NULL) "
                        "RETURNING digest, stored_bytes",
                        err);
    if (r < 0)
        return r;
    bd_auto_strv struct bd_strv digests = {0};
    query_text(&q, run);
    while ((r = query_step(&q, err)) > 0) {
        bd_strv_take(&digests, query_col_text(&q, 0));
        freed += (uint64_t)query_col_i64(&q, 1);
    }
    if (r < 0)
        return r;
    for (size_t i = 0; i < digests.n; i++)
        bd_strv_add(ret_digests, digests.items[i]);
    *ret_freed = freed;
    return 0;
}
