/* Clocks and identifiers. */
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <string.h>

START_TEST(rfc3339_is_utc_with_milliseconds)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {999999, "1970-01-01T00:00:00.000Z"},
        {INT64_C(1769860800123456789), "2026-01-31T12:00:00.123Z"},
        {INT64_C(951782399999000000), "2000-02-28T23:59:59.999Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-BD_NS_PER_S, "1969-12-31T23:59:59.000Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145Z"},
    };
    setenv("TZ", "Asia/Tokyo", 1);
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        char out[BD_RFC3339_BYTES];
        ck_assert_ptr_eq(bd_rfc3339(cases[i].ns, out), out);
        ck_assert_str_eq(out, cases[i].text);
    }
}
END_TEST

START_TEST(a_sleep_is_never_shorter_than_asked)
{
    int64_t before = bd_mono_ns();
    bd_sleep_ns(3 * BD_NS_PER_MS);
    ck_assert_int_ge(bd_mono_ns() - before, 3 * BD_NS_PER_MS);
    bd_sleep_ns(0);
    bd_sleep_ns(-1);
    ck_assert_int_gt(bd_wall_ns(), INT64_C(1700000000) * BD_NS_PER_S);
}
END_TEST

START_TEST(ids_are_eight_hex_digits_and_differ)
{
    bd_auto_strv struct bd_strv ids = {0};
    for (int i = 0; i < 100; i++) {
        char id[BD_ID_BYTES];
        bd_id_new(id);
        ck_assert_uint_eq(strlen(id), BD_ID_CHARS);
        ck_assert_uint_eq(strspn(id, "0123456789abcdef"), BD_ID_CHARS);
        ck_assert(!bd_strv_has(&ids, id));
        bd_strv_add(&ids, id);
    }
}
END_TEST

START_TEST(random_bytes_fill_all_that_was_asked_for)
{
    static uint8_t bytes[100000]; /* more than getrandom() gives at once when interrupted */
    bd_random(bytes, sizeof(bytes));
    unsigned zeros = 0;
    for (size_t i = sizeof(bytes) - 64; i < sizeof(bytes); i++)
        zeros += bytes[i] == 0;
    ck_assert_uint_lt(zeros, 64);
}
END_TEST

/* The expected ones: SHA-256 by sha256sum, its first 16 bytes, version and variant put in by hand.
 */
START_TEST(a_uuid_follows_from_its_name)
{
    char uuid[BD_UUID_BYTES];
    bd_uuid_from_name("", uuid);
    ck_assert_str_eq(uuid, "e3b0c442-98fc-8c14-9afb-f4c8996fb924");
    bd_uuid_from_name("abc", uuid);
    ck_assert_str_eq(uuid, "ba7816bf-8f01-8fea-8141-40de5dae2223");
}
END_TEST

UNIT_MAIN("id", rfc3339_is_utc_with_milliseconds, a_sleep_is_never_shorter_than_asked,
          ids_are_eight_hex_digits_and_differ, random_bytes_fill_all_that_was_asked_for,
          a_uuid_follows_from_its_name)
