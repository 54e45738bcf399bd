/* What the runs of a campaign with a budget have taken, and what follows from it. */
#include "lib/store/query.h"
#include "lib/store/run.h"

int store_budget_put(struct store_conn *c, const char *campaign, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "INSERT INTO budget (campaign) VALUES (?)", err);
    if (r < 0)
        return r;
    query_text(&q, campaign);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}

int store_campaign_spend(struct store_conn *c, const char *id, const struct store_spent *more,
                         struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "UPDATE budget SET runs = runs + ?2, wall_ns = wall_ns + ?3,"
                        "  node_ns = node_ns + ?4 WHERE campaign = ?1",
                        err);
    if (r < 0)
        return r;
    query_text(&q, id);
    query_i64(&q, more->runs);
    query_i64(&q, more->wall_ns);
    query_i64(&q, more->node_ns);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}

int store_campaign_exhaust(struct store_conn *c, const char *id, const char *why, unsigned blocks,
                           unsigned runs, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "UPDATE budget SET why = ?2 WHERE campaign = ?1", err);
    if (r < 0)
        return r;
    query_text(&q, id);
    query_text(&q, why);
    r = query_run(&q, err);
    return r < 0 ? r : store_campaign_shorten(c, id, blocks, runs, err);
}
