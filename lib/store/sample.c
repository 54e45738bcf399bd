#include "lib/store/sample.h"

#include "lib/store/page.h"

void store_samples_free(struct store_sample *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(blocks[i].metric);
        free(blocks[i].node);
        free(blocks[i].data);
    }
    free(blocks);
}

void store_series_free(struct store_series *series, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(series[i].metric);
        free(series[i].node);
    }
    free(series);
}

static int put_one(struct store_conn *c, const char *run, const struct store_sample *block,
                   struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "INSERT OR REPLACE INTO sample (run, metric, node, from_ns, to_ns, n, data)"
                        "  VALUES (?, ?, ?, ?, ?, ?, ?)",
                        err);
    if (r < 0)
        return r;
    query_text(&q, run);
    query_text(&q, block->metric);
    query_text(&q, block->node);
    query_i64(&q, block->from_ns);
    query_i64(&q, block->to_ns);
    query_i64(&q, block->n);
    query_blob(&q, block->data, block->bytes);
    r = query_run(&q, err);
    if (r >= 0)
        return 0;
    if (sqlite3_extended_errcode(c->db) == SQLITE_CONSTRAINT_FOREIGNKEY)
        return bd_err_set(err, BD_ENOTFOUND, "there is no run with the id '%s'", run);
    bd_err_wrap(err, "%s of '%s' in run %s", block->metric, block->node, run);
    return r;
}

int store_samples_put(struct store_conn *c, const char *run, const struct store_sample *blocks,
                      size_t n, struct bd_err *err)
{
    if (n > STORE_SAMPLES_BATCH)
        return bd_err_set(err, BD_EINVALID, "%zu blocks are more than a batch of %d", n,
                          STORE_SAMPLES_BATCH);
    for (size_t i = 0; i < n; i++) {
        int r = put_one(c, run, &blocks[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* [of one node] */
#define BLOCKS                                                                                     \
    "SELECT metric, node, from_ns, to_ns, n, data FROM sample"                                     \
    "  WHERE run = ?1 AND metric = ?2 AND from_ns < ?4 AND to_ns >= ?3 "
static const char *const list_sql[2] = {
    BLOCKS "ORDER BY node, from_ns",
    BLOCKS "AND node = ?5 ORDER BY from_ns",
};

int store_samples_list(struct store_conn *c, const char *run, const char *metric, const char *node,
                       int64_t from_ns, int64_t to_ns, struct store_sample **ret_blocks,
                       size_t *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows rows = {.bytes = sizeof(struct store_sample)};
    int r = query_begin(&q, c, list_sql[node != NULL], err);
    if (r < 0)
        return r;
    query_text(&q, run);
    query_text(&q, metric);
    query_i64(&q, from_ns);
    query_i64(&q, to_ns);
    if (node)
        query_text(&q, node);
    while ((r = query_step(&q, err)) > 0) {
        struct store_sample *block = page_slot(&rows);
        *block = (struct store_sample){
            .metric = query_col_text(&q, 0),
            .node = query_col_text(&q, 1),
            .from_ns = query_col_i64(&q, 2),
            .to_ns = query_col_i64(&q, 3),
            .n = (uint32_t)query_col_i64(&q, 4),
        };
        block->data = query_col_blob(&q, 5, &block->bytes);
        rows.n++;
    }
    if (r < 0) {
        store_samples_free(rows.items, rows.n);
        return r;
    }
    *ret_blocks = rows.items;
    *ret_n = rows.n;
    return 0;
}

int store_samples_series(struct store_conn *c, const char *run, const char *metric,
                         struct store_series **ret_series, size_t *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows rows = {.bytes = sizeof(struct store_series)};
    int r =
        metric ? query_begin(&q, c,
                             "SELECT metric, node, min(from_ns), max(to_ns), sum(n) FROM sample"
                             "  WHERE run = ?1 AND metric = ?2 GROUP BY metric, node ORDER BY node",
                             err)
               : query_begin(&q, c,
                             "SELECT metric, node, min(from_ns), max(to_ns), sum(n) FROM sample"
                             "  WHERE run = ?1 GROUP BY metric, node ORDER BY metric, node",
                             err);
    if (r < 0)
        return r;
    query_text(&q, run);
    if (metric)
        query_text(&q, metric);
    while ((r = query_step(&q, err)) > 0) {
        struct store_series *one = page_slot(&rows);
        *one = (struct store_series){
            .metric = query_col_text(&q, 0),
            .node = query_col_text(&q, 1),
            .from_ns = query_col_i64(&q, 2),
            .to_ns = query_col_i64(&q, 3),
            .n = (uint64_t)query_col_i64(&q, 4),
        };
        rows.n++;
    }
    if (r < 0) {
        store_series_free(rows.items, rows.n);
        return r;
    }
    *ret_series = rows.items;
    *ret_n = rows.n;
    return 0;
}
