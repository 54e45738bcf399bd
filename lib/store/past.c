/* What past runs took. */
#include "lib/store/page.h"
#include "lib/store/query.h"
#include "lib/store/run.h"

void store_past_free(struct store_past *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_decref(rows[i].cluster);
        json_decref(rows[i].workload);
    }
    free(rows);
}

/* Specs are stored in canonical form: what is equal has the same text. */
static const char past_sql[] =
    "SELECT json_extract(spec, '$.cluster') AS cluster, json_extract(spec, '$.workload') AS load,"
    "  count(*), CAST(avg(ended_ns - started_ns) AS INTEGER) "
    "FROM (SELECT spec, started_ns, ended_ns FROM run WHERE state = 'done'"
    "  ORDER BY created_ns DESC LIMIT ?) "
    "WHERE json_valid(spec) AND ended_ns > started_ns AND cluster NOT NULL AND load NOT NULL "
    "GROUP BY cluster, load";

int store_run_past(struct store_conn *c, unsigned most, struct store_past **ret_rows, size_t *ret_n,
                   struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows rows = {.bytes = sizeof(struct store_past)};
    int r = query_begin(&q, c, past_sql, err);
    if (r < 0)
        return r;
    query_i64(&q, most);
    while ((r = query_step(&q, err)) > 0) {
        struct store_past *row = page_slot(&rows);
        *row = (struct store_past){
            .n = (size_t)query_col_i64(&q, 2),
            .mean_seconds = (double)query_col_i64(&q, 3) / 1e9,
        };
        rows.n++;
        r = query_col_json(&q, 0, &row->cluster, err);
        if (r == 0)
            r = query_col_json(&q, 1, &row->workload, err);
        if (r < 0)
            break;
    }
    if (r < 0) {
        store_past_free(rows.items, rows.n);
        return bd_err_wrap(err, "what past runs took");
    }
    *ret_rows = rows.items;
    *ret_n = rows.n;
    return 0;
}
