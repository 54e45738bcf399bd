/* What a campaign's rule for stopping looks at, and how it stands. */
#include "lib/store/page.h"
#include "lib/store/run.h"

int store_stopping_put(struct store_conn *c, const char *campaign, const json_t *stopping,
                       struct bd_err *err)
{
    auto_query struct query q = {0};
    int r =
        query_begin(&q, c, "INSERT OR REPLACE INTO stopping (campaign, state) VALUES (?, ?)", err);
    if (r < 0)
        return r;
    query_text(&q, campaign);
    query_json(&q, stopping);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}

int store_campaign_shorten(struct store_conn *c, const char *id, unsigned blocks, unsigned runs,
                           struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "UPDATE campaign SET version = version + 1,"
                        "  blocks = ifnull(nullif(?2, 0), blocks),"
                        "  runs = ifnull(nullif(?3, 0), runs) WHERE id = ?1",
                        err);
    if (r < 0)
        return r;
    query_text(&q, id);
    query_i64(&q, blocks);
    query_i64(&q, runs);
    r = query_run(&q, err);
    if (r == 0)
        return bd_err_set(err, BD_ENOTFOUND, "there is no campaign with the id '%s'", id);
    return r < 0 ? r : 0;
}

int store_campaign_look(struct store_conn *c, const char *id, const json_t *stopping,
                        unsigned blocks, unsigned runs, struct bd_err *err)
{
    int r = store_campaign_shorten(c, id, blocks, runs, err);
    return r < 0 ? r : store_stopping_put(c, id, stopping, err);
}

int store_run_values(struct store_conn *c, const char *campaign, const char *metric,
                     struct store_run_value **ret_values, size_t *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows rows = {.bytes = sizeof(struct store_run_value)};
    int r = query_begin(&q, c,
                        "SELECT cell, block, value FROM ("
                        "  SELECT cell, block, json_extract(metrics, '$.\"' || ?2 || '\".value')"
                        "    AS value FROM run WHERE campaign = ?1 AND state = 'done'"
                        "    AND warmup = 0 AND grade IN ('usable', 'limited')) "
                        "WHERE typeof(value) IN ('integer', 'real')",
                        err);
    if (r < 0)
        return r;
    query_text(&q, campaign);
    query_text(&q, metric);
    while ((r = query_step(&q, err)) > 0) {
        struct store_run_value *value = page_slot(&rows);
        *value = (struct store_run_value){
            .cell = (unsigned)query_col_i64(&q, 0),
            .block = (unsigned)query_col_i64(&q, 1),
            .value = query_col_real(&q, 2),
        };
        rows.n++;
    }
    if (r < 0) {
        free(rows.items);
        return r;
    }
    *ret_values = rows.items;
    *ret_n = rows.n;
    return 0;
}
