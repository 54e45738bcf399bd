/* Files that specs name by their digest. */
#include "lib/store/input.h"

#include "lib/base/clock.h"
#include "lib/store/run.h"
#include "lib/store/workload.h"
#include "tests/store/db.h"

#include <string.h>

/* A digest whose hex digits are all this one. */
static struct store_input input(const char *id, char digit, int64_t created_ns)
{
    struct store_input row = {.bytes = 70, .stored_bytes = 7, .created_ns = created_ns};
    memcpy(row.id, id, BD_ID_BYTES);
    memset(row.digest, digit, sizeof(row.digest) - 1);
    memcpy(row.digest, "sha256:", strlen("sha256:"));
    return row;
}

static void insert_campaign(struct store_conn *c, const char *id, enum campaign_state state,
                            json_t *workload)
{
    struct store_campaign row = {
        .name = bd_xstrdup("study"),
        .state = state,
        .version = 1,
        .created_ns = 1,
        .ended_ns = state == CAMPAIGN_DONE ? 2 : 0,
        .spec = json_pack("{s:o}", "workload", workload),
        .digest = bd_xstrdup(""),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    OK(store_campaign_insert(c, &row, err));
    store_campaign_done(&row);
}

START_TEST(test_an_input_is_found_by_id_and_by_digest)
{
    struct db db = db_new();
    struct store_input row = input("00000001", 'a', 5), back = {0};
    row.name = bd_xstrdup("log.swf.gz");
    OK(store_input_insert(db.conn, &row, err));
    const char *const refs[] = {row.id, row.digest};
    for (size_t i = 0; i < BD_ARRAY_LEN(refs); i++) {
        OK(store_input_get(db.conn, refs[i], &back, err));
        ck_assert_str_eq(back.id, "00000001");
        ck_assert_str_eq(back.digest, row.digest);
        ck_assert_str_eq(back.name, "log.swf.gz");
        ck_assert_uint_eq(back.bytes, 70);
        ck_assert_uint_eq(back.stored_bytes, 7);
        ck_assert_int_eq(back.created_ns, 5);
        store_input_done(&back);
    }
    ck_assert_int_eq(store_input_exists(db.conn, row.digest, NULL), 1);
    FAILS(store_input_get(db.conn, "00000002", &back, err), BD_ENOTFOUND, "00000002");
    store_input_done(&row);
    db_done(&db);
}
END_TEST

START_TEST(test_the_same_content_is_there_once)
{
    struct db db = db_new();
    struct store_input row = input("00000001", 'a', 5), again = input("00000002", 'a', 6);
    OK(store_input_insert(db.conn, &row, err));
    FAILS(store_input_insert(db.conn, &again, err), BD_ECONFLICT, row.digest);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM input"), 1);
    OK(store_input_delete(db.conn, row.digest, err));
    FAILS(store_input_delete(db.conn, row.digest, err), BD_ENOTFOUND, row.digest);
    ck_assert_int_eq(store_input_exists(db.conn, row.digest, NULL), 0);
    OK(store_input_insert(db.conn, &again, err));
    db_done(&db);
}
END_TEST

START_TEST(test_they_are_listed_newest_first_page_by_page)
{
    static const char *const ids[] = {"00000001", "00000002", "00000003", "00000004"};
    static const int64_t times[] = {5, 7, 7, 6};
    static const char *const order[] = {"00000003", "00000002", "00000004", "00000001"};
    struct db db = db_new();
    int64_t before_ns = 0;
    char before[BD_ID_BYTES] = "";
    for (size_t i = 0; i < BD_ARRAY_LEN(ids); i++) {
        struct store_input row = input(ids[i], (char)('a' + i), times[i]);
        OK(store_input_insert(db.conn, &row, err));
    }
    for (size_t at = 0; at <= BD_ARRAY_LEN(order); at += 3) {
        struct store_input *rows = NULL;
        size_t n = 0;
        OK(store_input_list(db.conn, before_ns, before, 3, &rows, &n, err));
        ck_assert_uint_eq(n, at == 0 ? 3 : 1);
        for (size_t i = 0; i < n; i++)
            ck_assert_str_eq(rows[i].id, order[at + i]);
        before_ns = rows[n - 1].created_ns;
        memcpy(before, rows[n - 1].id, sizeof(before));
        store_inputs_free(rows, n);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_campaigns_that_go_on_need_what_their_spec_names)
{
    struct db db = db_new();
    struct store_input row = input("00000001", 'a', 5), other = input("00000002", 'b', 6);
    bd_auto_strv struct bd_strv users = {0}, none = {0};
    insert_campaign(db.conn, "c0000001", CAMPAIGN_DONE, json_pack("{s:s}", "trace", row.digest));
    insert_campaign(db.conn, "c0000002", CAMPAIGN_PAUSED, json_pack("{s:s}", "trace", row.digest));
    insert_campaign(db.conn, "c0000003", CAMPAIGN_QUEUED,
                    json_pack("{s:[s,s]}", "workload.trace", other.digest, row.digest));
    insert_campaign(db.conn, "c0000004", CAMPAIGN_RUNNING, json_pack("{s:s}", "name", "jobstream"));
    OK(store_input_users(db.conn, row.digest, &users, err));
    ck_assert_uint_eq(users.n, 2);
    ck_assert_str_eq(users.items[0], "c0000002");
    ck_assert_str_eq(users.items[1], "c0000003");
    OK(store_input_users(db.conn, input("00000003", 'c', 7).digest, &none, err));
    ck_assert_uint_eq(none.n, 0);
    db_done(&db);
}
END_TEST

/* A definition names it, and the spec has but the definition's digest. */
START_TEST(test_campaigns_need_what_their_definitions_name)
{
    struct db db = db_new();
    struct store_input row = input("00000001", 'a', 5), definition = input("00000002", 'd', 6);
    bd_auto_strv struct bd_strv users = {0};
    bd_auto_json json_t *content = json_pack("{s:s, s:[{s:s, s:s}]}", "name", "stream", "inputs",
                                             "name", "i", "digest", row.digest);
    OK(store_definition_put(db.conn, definition.digest, content, 1, err));
    insert_campaign(db.conn, "c0000001", CAMPAIGN_DONE, json_pack("{s:s}", "name", "stream"));
    insert_campaign(db.conn, "c0000002", CAMPAIGN_RUNNING, json_pack("{s:s}", "name", "stream"));
    insert_campaign(db.conn, "c0000003", CAMPAIGN_RUNNING, json_pack("{s:s}", "name", "other"));
    OK(store_definition_use(db.conn, definition.digest, "c0000001", err));
    OK(store_definition_use(db.conn, definition.digest, "c0000002", err));
    OK(store_input_users(db.conn, row.digest, &users, err));
    ck_assert_uint_eq(users.n, 1);
    ck_assert_str_eq(users.items[0], "c0000002");
    db_done(&db);
}
END_TEST

UNIT_MAIN("store-input", test_campaigns_need_what_their_definitions_name,
          test_an_input_is_found_by_id_and_by_digest, test_the_same_content_is_there_once,
          test_they_are_listed_newest_first_page_by_page,
          test_campaigns_that_go_on_need_what_their_spec_names)
