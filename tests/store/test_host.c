/* Descriptions of hosts, once each. */
#include "lib/store/host.h"
#include "tests/store/db.h"

#define DIGEST "sha256:00000000000000000000000000000000000000000000000000000000000000ab"

START_TEST(test_one_is_kept_once)
{
    struct db db = db_new();
    bd_auto_json json_t *a = json_pack("{s:s}", "schema", "benchd.host/1");
    bd_auto_json json_t *other = json_pack("{s:s}", "schema", "another");
    bd_auto_json json_t *back = NULL;
    OK(store_host_put(db.conn, DIGEST, a, 7, err));
    OK(store_host_put(db.conn, DIGEST, other, 9, err));
    OK(store_host_get(db.conn, DIGEST, &back, err));
    ck_assert(json_equal(a, back));
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM host"), 1);
    ck_assert_int_eq(db_number(&db, "SELECT first_ns FROM host"), 7);
    db_done(&db);
}
END_TEST

START_TEST(test_what_is_not_there_is_told)
{
    struct db db = db_new();
    json_t *none = NULL;
    FAILS(store_host_get(db.conn, DIGEST, &none, err), BD_ENOTFOUND, DIGEST);
    bd_auto_json json_t *a = json_object();
    OK(store_host_put(db.conn, DIGEST, a, 7, err));
    db_tamper(&db, "UPDATE host SET description = 'x'");
    FAILS(store_host_get(db.conn, DIGEST, &none, err), BD_ECORRUPT, "description");
    ck_assert_ptr_null(none);
    db_done(&db);
}
END_TEST

UNIT_MAIN("store-host", test_one_is_kept_once, test_what_is_not_there_is_told)
