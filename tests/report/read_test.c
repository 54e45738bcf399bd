/* Of the runs that the store has, those that count are compared, however many there are. */
#include "lib/report/analysis_read.h"
#include "lib/store/run.h"
#include "tests/store/db.h"

#define CAMPAIGN "c0000001"
#define BLOCKS   600 /* two runs each: more than a page */

static void insert_campaign(struct store_conn *c)
{
    struct store_campaign row = {
        .id = CAMPAIGN,
        .name = bd_xstrdup("a"),
        .version = 1,
        .created_ns = 1,
        .spec = json_object(),
        .digest = bd_xstrdup(""),
    };
    OK(store_campaign_insert(c, &row, err));
    store_campaign_done(&row);
}

static void insert_run(struct store_conn *c, unsigned position, enum run_state state, double value,
                       const char *version)
{
    struct store_run row = {
        .campaign = CAMPAIGN,
        .position = position,
        .cell = position % 2,
        .block = position / 2,
        .attempt = 1,
        .warmup = position < 2,
        .state = state,
        .version = 1,
        .created_ns = 1 + position / 7, /* some at once */
        .graded = state == RUN_DONE,
        .levels = json_object(),
        .spec = json_pack("{s:{s:s, s:{s:s}}}", "cluster", "image", "debian", "scheduler", "name",
                          "slurm"),
        .metrics = json_pack("{s:{s:f, s:s, s:s}}", "elapsed", "value", value, "unit", "s", "kind",
                             "cost"),
    };
    struct store_cluster cluster = {
        .version = 1,
        .created_ns = 1,
        .spec = json_object(),
        .state = CLUSTER_DELETED,
        .image_digest = bd_xstrdup("sha256:aa"),
        .scheduler_version = bd_xstrdup(version),
    };
    snprintf(row.id, sizeof(row.id), "%08x", position);
    memcpy(cluster.id, row.id, sizeof(row.id));
    cluster.run = bd_xstrdup(row.id);
    OK(store_run_insert(c, &row, err));
    OK(store_cluster_insert(c, &cluster, err));
    store_run_done(&row);
    store_cluster_done(&cluster);
}

static json_t *compare(struct store_conn *c, size_t blocks)
{
    bd_auto_json json_t *levels = json_pack("[{s:i}, {s:i}]", "x", 1, "x", 2);
    bd_auto_json json_t *spec = json_object();
    struct analysis_campaign campaign = {.id = CAMPAIGN,
                                         .state = "done",
                                         .at_end = true,
                                         .levels = levels,
                                         .blocks = blocks,
                                         .warmup = 1};
    analysis_design_of(spec, &campaign);
    bd_auto(analysis) struct analysis *a = analysis_new(&campaign);
    OK(analysis_read(a, c, err));
    return analysis_json(a);
}

START_TEST(test_all_runs_are_read)
{
    struct db db = db_new();
    OK(store_begin(db.conn, err));
    insert_campaign(db.conn);
    for (unsigned i = 0; i < 2 * BLOCKS; i++)
        insert_run(db.conn, i, i == 7 ? RUN_FAILED : RUN_DONE, i < 2 ? 1000 : 1 + i % 2, "22.05");
    OK(store_commit(db.conn, err));
    bd_auto_json json_t *c = compare(db.conn, BLOCKS);
    const json_t *metric = json_array_get(json_object_get(c, "metrics"), 0);
    const json_t *cell = json_array_get(json_object_get(metric, "cells"), 1);
    const json_t *pair = json_array_get(json_object_get(metric, "comparisons"), 0);
    ck_assert_int_eq(bd_json_int(cell, "n", 0), BLOCKS - 2);
    ck_assert_double_eq(bd_json_real(cell, "max", 0), 2);
    ck_assert_int_eq(bd_json_int(pair, "higher", 0), BLOCKS - 2);
    ck_assert_int_eq(bd_json_int(json_object_get(c, "runs"), "failed", 0), 1);
    ck_assert_int_eq(bd_json_int(json_object_get(c, "runs"), "counted", 0), 2 * BLOCKS - 3);
    db_done(&db);
}
END_TEST

START_TEST(test_what_the_clusters_had_is_held_against_each_other)
{
    struct db db = db_new();
    insert_campaign(db.conn);
    for (unsigned i = 2; i < 6; i++)
        insert_run(db.conn, i, RUN_DONE, 1, i == 5 ? "24.11" : "22.05");
    bd_auto_json json_t *c = compare(db.conn, 3);
    const json_t *verdict = json_object_get(c, "verdict");
    const char *why = json_string_value(json_array_get(json_object_get(verdict, "reasons"), 0));
    ck_assert_str_eq(bd_json_str(verdict, "value", ""), "invalid");
    ck_assert_ptr_nonnull(strstr(why, "the version of slurm in image debian"));
    db_done(&db);
}
END_TEST

UNIT_MAIN("analysis-read", test_all_runs_are_read,
          test_what_the_clusters_had_is_held_against_each_other)
