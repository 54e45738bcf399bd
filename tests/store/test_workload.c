/* Definitions of workloads: once each by content, for as long as a name or a campaign leads to
 * them. */
#include "lib/store/run.h"
#include "lib/store/workload.h"
#include "tests/store/db.h"

#include <stdio.h>

#define DIGEST(last) "sha256:000000000000000000000000000000000000000000000000000000000000000" last
#define CAMPAIGN     "0000000c"

static json_t *definition(const char *title)
{
    return json_pack("{s:s, s:s, s:[s]}", "name", "stream", "title", title, "command", "true");
}

static void put(const struct db *db, const char *name, const char *digest, const char *title,
                int64_t now_ns)
{
    bd_auto_json json_t *content = definition(title);
    struct store_workload row = {
        .name = (char *)name, .registered_ns = now_ns, .definition = content};
    snprintf(row.digest, sizeof(row.digest), "%s", digest);
    OK(store_workload_put(db->conn, &row, err));
}

static void make_campaign(const struct db *db)
{
    bd_auto_json json_t *spec = json_object();
    struct store_campaign row = {.id = CAMPAIGN, .name = "c", .version = 1, .created_ns = 1};
    row.spec = spec;
    row.digest = "sha256:1";
    OK(store_campaign_insert(db->conn, &row, err));
}

static void check_title(const struct db *db, const char *digest, const char *title)
{
    bd_auto_json json_t *content = NULL;
    OK(store_definition_get(db->conn, digest, &content, err));
    ck_assert_str_eq(bd_json_str(content, "title", ""), title);
}

START_TEST(test_a_name_stands_for_what_was_registered_last)
{
    struct db db = db_new();
    struct store_workload row = {0};
    FAILS(store_workload_get(db.conn, "stream", &row, err), BD_ENOTFOUND, "stream");
    put(&db, "stream", DIGEST("1"), "first", 5);
    put(&db, "stream", DIGEST("2"), "second", 6);
    OK(store_workload_get(db.conn, "stream", &row, err));
    ck_assert_str_eq(row.name, "stream");
    ck_assert_str_eq(row.digest, DIGEST("2"));
    ck_assert_int_eq(row.registered_ns, 6);
    ck_assert_str_eq(bd_json_str(row.definition, "title", ""), "second");
    store_workload_done(&row);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM definition"), 1);
    db_done(&db);
}
END_TEST

START_TEST(test_what_a_campaign_was_planned_with_stays)
{
    struct db db = db_new();
    json_t *none = NULL;
    make_campaign(&db);
    put(&db, "stream", DIGEST("1"), "first", 5);
    OK(store_definition_use(db.conn, DIGEST("1"), CAMPAIGN, err));
    OK(store_definition_use(db.conn, DIGEST("1"), CAMPAIGN, err));
    put(&db, "stream", DIGEST("2"), "second", 6);
    check_title(&db, DIGEST("1"), "first");
    OK(store_workload_remove(db.conn, "stream", err));
    check_title(&db, DIGEST("1"), "first");
    FAILS(store_definition_get(db.conn, DIGEST("2"), &none, err), BD_ENOTFOUND, DIGEST("2"));
    FAILS(store_workload_remove(db.conn, "stream", err), BD_ENOTFOUND, "stream");
    FAILS(store_definition_use(db.conn, DIGEST("2"), CAMPAIGN, err), BD_EINVALID, "FOREIGN KEY");
    db_done(&db);
}
END_TEST

START_TEST(test_the_same_content_under_two_names_is_kept_once)
{
    struct db db = db_new();
    struct store_workload *rows = NULL;
    size_t n = 0;
    put(&db, "b", DIGEST("1"), "one", 5);
    put(&db, "a", DIGEST("1"), "one", 6);
    OK(store_workload_list(db.conn, &rows, &n, err));
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(rows[0].name, "a");
    ck_assert_str_eq(rows[1].name, "b");
    store_workloads_free(rows, n);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM definition"), 1);
    OK(store_workload_remove(db.conn, "a", err));
    check_title(&db, DIGEST("1"), "one");
    OK(store_workload_remove(db.conn, "b", err));
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM definition"), 0);
    db_done(&db);
}
END_TEST

START_TEST(test_damage_is_told)
{
    struct db db = db_new();
    struct store_workload row = {0}, *rows = NULL;
    size_t n = 7;
    put(&db, "stream", DIGEST("1"), "one", 5);
    db_tamper(&db, "UPDATE definition SET content = 'x'");
    FAILS(store_workload_get(db.conn, "stream", &row, err), BD_ECORRUPT, "workload stream");
    FAILS(store_workload_list(db.conn, &rows, &n, err), BD_ECORRUPT, "workload stream");
    ck_assert_ptr_null(row.name);
    ck_assert_uint_eq(n, 7);
    db_done(&db);
}
END_TEST

UNIT_MAIN("store-workload", test_a_name_stands_for_what_was_registered_last,
          test_what_a_campaign_was_planned_with_stays,
          test_the_same_content_under_two_names_is_kept_once, test_damage_is_told)
