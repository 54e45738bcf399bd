/* Runs for the tests of what belongs to them. */
#pragma once

#include "lib/store/run.h"
#include "tests/store/db.h"

#define RUN   "00000001"
#define OTHER "00000002"

static inline void insert_run(struct store_conn *c, const char *id, unsigned position)
{
    struct store_run row = {
        .campaign = "c0000001",
        .position = position,
        .attempt = 1,
        .version = 1,
        .created_ns = 1,
        .levels = json_object(),
        .spec = json_object(),
        .metrics = json_object(),
        .warnings = json_array(),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    OK(store_run_insert(c, &row, err));
    store_run_done(&row);
}

static inline struct db db_with_runs(void)
{
    struct db db = db_new();
    struct store_campaign campaign = {
        .id = "c0000001",
        .name = bd_xstrdup("a"),
        .version = 1,
        .created_ns = 1,
        .spec = json_object(),
        .digest = bd_xstrdup(""),
    };
    OK(store_campaign_insert(db.conn, &campaign, err));
    store_campaign_done(&campaign);
    insert_run(db.conn, RUN, 0);
    insert_run(db.conn, OTHER, 1);
    return db;
}
