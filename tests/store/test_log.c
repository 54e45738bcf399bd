#include "lib/base/str.h"
#include "lib/store/event.h"
#include "lib/store/idempotency.h"
#include "tests/store/db.h"

static void append(struct store_conn *c, int n)
{
    for (int i = 0; i < n; i++) {
        bd_auto_json json_t *data = json_pack("{s:i}", "i", i);
        int64_t seq;
        OK(store_event_append(c, 100 + i, "cluster.step", i % 2 ? "cluster/1" : "cluster/2", data,
                              &seq, err));
    }
}

/* The numbers of the events after `since`, each followed by a blank. */
static char *numbers(struct store_conn *c, int64_t since, const char *subject, unsigned limit)
{
    struct store_event *rows;
    size_t n;
    struct bd_str out = {0};
    OK(store_event_list(c, since, subject, limit, &rows, &n, err));
    for (size_t i = 0; i < n; i++)
        bd_str_addf(&out, "%lld ", (long long)rows[i].seq);
    store_events_free(rows, n);
    return bd_str_take(&out);
}

START_TEST(test_events_come_back_whole_and_in_order)
{
    struct db db = db_new();
    append(db.conn, 5);
    struct store_event *rows;
    size_t n;
    OK(store_event_list(db.conn, 3, NULL, 1, &rows, &n, err));
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(rows[0].seq, 4);
    ck_assert_int_eq(rows[0].at_ns, 103);
    ck_assert_str_eq(rows[0].kind, "cluster.step");
    ck_assert_str_eq(rows[0].subject, "cluster/1");
    ck_assert_int_eq(bd_json_int(rows[0].data, "i", -1), 3);
    store_events_free(rows, n);

    static const struct {
        int64_t since;
        const char *subject;
        unsigned limit;
        const char *expected;
    } cases[] = {
        {0, NULL, 9, "1 2 3 4 5 "}, {2, NULL, 2, "3 4 "},          {5, NULL, 9, ""},
        {99, NULL, 9, ""},          {0, "cluster/2", 9, "1 3 5 "}, {1, "cluster/2", 1, "3 "},
        {0, "cluster/3", 9, ""},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_free char *got = numbers(db.conn, cases[i].since, cases[i].subject, cases[i].limit);
        ck_assert_str_eq(got, cases[i].expected);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_numbers_have_no_gaps_and_are_never_given_twice)
{
    struct db db = db_new();
    append(db.conn, 3);
    OK(store_begin(db.conn, err));
    append(db.conn, 3);
    store_rollback(db.conn);
    append(db.conn, 1);
    bd_auto_free char *all = numbers(db.conn, 0, NULL, 9);
    ck_assert_str_eq(all, "1 2 3 4 ");

    OK(store_event_trim(db.conn, 2, err));
    bd_auto_free char *left = numbers(db.conn, 0, NULL, 9);
    ck_assert_str_eq(left, "3 4 ");
    OK(store_event_trim(db.conn, 0, err));
    store_close(db.conn);
    OK(store_open(db.path, &db.conn, err));
    append(db.conn, 1);
    bd_auto_free char *next = numbers(db.conn, 0, NULL, 9);
    ck_assert_str_eq(next, "5 ");
    OK(store_event_trim(db.conn, 100, err));
    bd_auto_free char *kept = numbers(db.conn, 0, NULL, 9);
    ck_assert_str_eq(kept, "5 ");
    db_done(&db);
}
END_TEST

START_TEST(test_damaged_event_does_not_stop_the_log)
{
    struct db db = db_new();
    append(db.conn, 3);
    db_tamper(&db, "UPDATE event SET data = '{' WHERE seq = 2");
    struct store_event *rows;
    size_t n;
    OK(store_event_list(db.conn, 0, NULL, 9, &rows, &n, err));
    ck_assert_uint_eq(n, 3);
    ck_assert_ptr_nonnull(bd_json_str(rows[1].data, "damaged", NULL));
    ck_assert_ptr_null(bd_json_str(rows[2].data, "damaged", NULL));
    store_events_free(rows, n);
    db_done(&db);
}
END_TEST

START_TEST(test_reply_is_kept_once_and_expires)
{
    struct db db = db_new();
    struct store_reply first = {.key = bd_xstrdup("POST /v1/clusters k1"),
                                .status = 202,
                                .location = bd_xstrdup("/v1/clusters/00000001"),
                                .body = bd_xstrdup("{\"id\": \"00000001\"}"),
                                .created_ns = 1000};
    struct store_reply second = {.key = bd_xstrdup("POST /v1/images k1"),
                                 .status = 200,
                                 .body = bd_xstrdup(""),
                                 .created_ns = 2000};
    struct store_reply got;
    bd_digest_of("a", 1, first.request_digest);
    bd_digest_of("b", 1, second.request_digest);
    OK(store_reply_put(db.conn, &first, err));
    OK(store_reply_put(db.conn, &second, err));
    FAILS(store_reply_put(db.conn, &first, err), BD_ECONFLICT, "POST /v1/clusters k1");

    const struct store_reply *const put[] = {&first, &second};
    for (size_t i = 0; i < BD_ARRAY_LEN(put); i++) {
        OK(store_reply_get(db.conn, put[i]->key, &got, err));
        ck_assert_str_eq(got.key, put[i]->key);
        ck_assert_str_eq(got.request_digest, put[i]->request_digest);
        ck_assert_int_eq(got.status, put[i]->status);
        ck_assert(bd_str_eq(got.location, put[i]->location));
        ck_assert_str_eq(got.body, put[i]->body);
        ck_assert_int_eq(got.created_ns, put[i]->created_ns);
        store_reply_done(&got);
    }
    OK(store_reply_expire(db.conn, 2000, err));
    FAILS(store_reply_get(db.conn, first.key, &got, err), BD_ENOTFOUND, "k1");
    OK(store_reply_get(db.conn, second.key, &got, err));
    store_reply_done(&got);
    store_reply_done(&first);
    store_reply_done(&second);
    db_done(&db);
}
END_TEST

UNIT_MAIN("store/log", test_events_come_back_whole_and_in_order,
          test_numbers_have_no_gaps_and_are_never_given_twice,
          test_damaged_event_does_not_stop_the_log, test_reply_is_kept_once_and_expires)
