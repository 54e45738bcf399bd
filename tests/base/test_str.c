#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <string.h>

START_TEST(a_string_grows_is_cleared_and_taken)
{
    struct bd_str s = {0};
    ck_assert_str_eq(bd_str_text(&s), "");
    bd_str_addn(&s, NULL, 0);
    ck_assert_str_eq(s.data, "");
    for (int i = 0; i < 1000; i++)
        bd_str_addf(&s, "%d,", i % 10);
    bd_str_addn(&s, "a\0b", 3);
    ck_assert_uint_eq(s.len, 2003);
    ck_assert_int_eq(memcmp(s.data + 1998, "9,a\0b", 6), 0);
    bd_str_clear(&s);
    ck_assert_str_eq(bd_str_text(&s), "");
    bd_str_add(&s, "end");
    char *text = bd_str_take(&s);
    ck_assert_str_eq(text, "end");
    ck_assert_ptr_null(s.data);
    free(text);
    text = bd_str_take(&s);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(a_list_ends_with_null_at_every_length)
{
    bd_auto_strv struct bd_strv v = {0};
    ck_assert(!bd_strv_has(&v, "3"));
    bd_strv_sort(&v);
    for (int i = 40; i > 0; i--) {
        bd_strv_addf(&v, "%d", i);
        ck_assert_ptr_null(v.items[v.n]);
    }
    bd_strv_add(&v, "B");
    bd_strv_take(&v, strdup("A"));
    bd_strv_sort(&v);
    ck_assert_uint_eq(v.n, 42);
    ck_assert_str_eq(v.items[0], "1");
    ck_assert_str_eq(v.items[1], "10");
    ck_assert_str_eq(v.items[41], "B");
    ck_assert(bd_strv_has(&v, "17"));
    ck_assert(!bd_strv_has(&v, "41"));
}
END_TEST

START_TEST(questions_of_text)
{
    ck_assert(bd_str_eq(NULL, NULL));
    ck_assert(!bd_str_eq(NULL, ""));
    ck_assert(!bd_str_eq("", NULL));
    ck_assert(bd_str_eq("a", "a"));
    ck_assert(bd_starts_with("abc", "ab"));
    ck_assert(bd_starts_with("abc", ""));
    ck_assert(!bd_starts_with("a", "ab"));
    ck_assert(bd_ends_with("abc", "bc"));
    ck_assert(bd_ends_with("abc", ""));
    ck_assert(!bd_ends_with("c", "bc"));
}
END_TEST

START_TEST(utf8_is_rfc_3629)
{
    static const struct {
        const char *bytes;
        bool good;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\x7F", true},
        {"\xC2\x80", true},
        {"\xDF\xBF", true},
        {"\xE0\xA0\x80", true},
        {"\xED\x9F\xBF", true},
        {"\xEE\x80\x80", true},
        {"\xEF\xBF\xBF", true},
        {"\xF0\x90\x80\x80", true},
        {"\xF4\x8F\xBF\xBF", true},
        {"a\x80", false},            /* a continuation alone */
        {"\xC0\x80", false},         /* overlong NUL */
        {"\xC1\xBF", false},         /* overlong */
        {"\xC2", false},             /* cut */
        {"\xC2\x41", false},         /* no continuation */
        {"\xE0\x9F\xBF", false},     /* overlong */
        {"\xE2\x82", false},         /* cut */
        {"\xE2\x82\x28", false},     /* no continuation */
        {"\xED\xA0\x80", false},     /* surrogate */
        {"\xF0\x8F\xBF\xBF", false}, /* overlong */
        {"\xF0\x9F\x90", false},     /* cut */
        {"\xF4\x90\x80\x80", false}, /* beyond U+10FFFF */
        {"\xF5\x80\x80\x80", false},
        {"\xFE", false},
        {"\xFF", false},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++)
        ck_assert_msg(bd_is_utf8(cases[i].bytes, strlen(cases[i].bytes)) == cases[i].good,
                      "case %zu", i);
    ck_assert(bd_is_utf8("\0", 1));
    ck_assert_uint_eq(bd_utf8_char("\xE2\x82\xAC\xFF", 4), 3);
    ck_assert_uint_eq(bd_utf8_char("x", 0), 0);
}
END_TEST

START_TEST(whole_numbers)
{
    static const struct {
        const char *text;
        int64_t min, max, value;
        int rc;
    } cases[] = {
        {"0", 0, 10, 0, 0},
        {"-5", -10, 10, -5, 0},
        {"007", 0, 10, 7, 0},
        {"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, 0},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, 0},
        {"9223372036854775808", INT64_MIN, INT64_MAX, 0, -ERANGE},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, 0, -ERANGE},
        {"99999999999999999999999", INT64_MIN, INT64_MAX, 0, -ERANGE},
        {"11", 0, 10, 0, -ERANGE},
        {"-1", 0, 10, 0, -ERANGE},
        {"", 0, 10, 0, -EINVAL},
        {"-", -10, 10, 0, -EINVAL},
        {"+1", 0, 10, 0, -EINVAL},
        {" 1", 0, 10, 0, -EINVAL},
        {"1 ", 0, 10, 0, -EINVAL},
        {"--1", -10, 10, 0, -EINVAL},
        {"0x1", 0, 10, 0, -EINVAL},
        {"1.0", 0, 10, 0, -EINVAL},
        {"99999999999999999999999x", 0, 10, 0, -EINVAL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        int64_t value = 77;
        int rc = bd_parse_i64(cases[i].text, cases[i].min, cases[i].max, &value);
        ck_assert_msg(rc == cases[i].rc && value == (rc ? 77 : cases[i].value), "'%s': %d, %lld",
                      cases[i].text, rc, (long long)value);
    }
}
END_TEST

START_TEST(sizes)
{
    static const struct {
        const char *text;
        uint64_t bytes;
        int rc;
    } cases[] = {
        {"0", 0, 0},
        {"1048576", 1048576, 0},
        {"512MiB", UINT64_C(512) << 20, 0},
        {"4GiB", UINT64_C(4) << 30, 0},
        {"3TiB", UINT64_C(3) << 40, 0},
        {"7B", 7, 0},
        {"2KiB", 2048, 0},
        {"1.5GiB", UINT64_C(3) << 29, 0},
        {"0.25KiB", 256, 0},
        {"2.0", 2, 0},
        {"1.50000000000000000000000000000GiB", UINT64_C(3) << 29, 0},
        {"0.0009765625KiB", 1, 0},
        {"18446744073709551615", UINT64_MAX, 0},
        {"16777215.999999999999999999TiB", 0, -EINVAL},
        {"16777215TiB", UINT64_C(16777215) << 40, 0},
        {"16777216TiB", 0, -ERANGE},
        {"18446744073709551616", 0, -ERANGE},
        {"18446744073709551616.5KiB", 0, -ERANGE},
        {"0.1MiB", 0, -EINVAL},
        {"0.5", 0, -EINVAL},
        {"1.5B", 0, -EINVAL},
        {"", 0, -EINVAL},
        {"MiB", 0, -EINVAL},
        {"-1", 0, -EINVAL},
        {"+1", 0, -EINVAL},
        {"1 MiB", 0, -EINVAL},
        {" 1MiB", 0, -EINVAL},
        {"1MiB ", 0, -EINVAL},
        {"1mib", 0, -EINVAL},
        {"1MB", 0, -EINVAL},
        {"1M", 0, -EINVAL},
        {"1.GiB", 0, -EINVAL},
        {".5GiB", 0, -EINVAL},
        {"1..5GiB", 0, -EINVAL},
        {"1e3", 0, -EINVAL},
        {"0x10", 0, -EINVAL},
        {"99999999999999999999999oz", 0, -EINVAL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        uint64_t bytes = 77;
        int rc = bd_parse_bytes(cases[i].text, &bytes);
        ck_assert_msg(rc == cases[i].rc && bytes == (rc ? 77 : cases[i].bytes), "'%s': %d, %llu",
                      cases[i].text, rc, (unsigned long long)bytes);
    }
}
END_TEST

START_TEST(durations)
{
    static const struct {
        const char *text;
        int64_t ns;
        int rc;
    } cases[] = {
        {"0s", 0, 0},
        {"10ns", 10, 0},
        {"1us", 1000, 0},
        {"200ms", 200000000, 0},
        {"30s", INT64_C(30000000000), 0},
        {"5min", INT64_C(300000000000), 0},
        {"2h", INT64_C(7200000000000), 0},
        {"0.25s", 250000000, 0},
        {"1.5h", INT64_C(5400000000000), 0},
        {"0.000000001s", 1, 0},
        {"9223372036854775807ns", INT64_MAX, 0},
        {"9223372036.854775807s", INT64_MAX, 0},
        {"9223372036.854775808s", 0, -ERANGE},
        {"9223372036854775808ns", 0, -ERANGE},
        {"2562048h", 0, -ERANGE},
        {"0.0000000001s", 0, -EINVAL},
        {"0.5ns", 0, -EINVAL},
        {"1", 0, -EINVAL},
        {"0", 0, -EINVAL},
        {"1m", 0, -EINVAL},
        {"1S", 0, -EINVAL},
        {"-1s", 0, -EINVAL},
        {"1 s", 0, -EINVAL},
        {"s", 0, -EINVAL},
        {"", 0, -EINVAL},
        {"1h30min", 0, -EINVAL},
        {"1d", 0, -EINVAL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        int64_t ns = 77;
        int rc = bd_parse_duration_ns(cases[i].text, &ns);
        ck_assert_msg(rc == cases[i].rc && ns == (rc ? 77 : cases[i].ns), "'%s': %d, %lld",
                      cases[i].text, rc, (long long)ns);
    }
}
END_TEST

START_TEST(rates)
{
    static const struct {
        const char *text;
        double per_second;
        int rc;
    } cases[] = {
        {"20/s", 20, 0},
        {"0.2/s", 0.2, 0},
        {"30/min", 0.5, 0},
        {"0.1/min", 1.0 / 600, 0},
        {"7.2/h", 0.002, 0},
        {"1/h", 1.0 / 3600, 0},
        {"0.00000000001/h", 1.0 / 360000000000000, 0},
        {"999999999999999/s", 999999999999999, 0},
        {"99999999999999.9/s", 99999999999999.9, 0},
        {"1000000000000000/s", 0, -ERANGE},
        {"99999999999999.99/s", 0, -ERANGE},
        {"0.0000000000001/s", 0, -ERANGE},
        {"0/s", 0, -ERANGE},
        {"0.0/h", 0, -ERANGE},
        {"20", 0, -EINVAL},
        {"/s", 0, -EINVAL},
        {"", 0, -EINVAL},
        {"1./s", 0, -EINVAL},
        {".5/s", 0, -EINVAL},
        {"1..5/s", 0, -EINVAL},
        {"1,5/s", 0, -EINVAL},
        {"-1/s", 0, -EINVAL},
        {"1e3/s", 0, -EINVAL},
        {"20 /s", 0, -EINVAL},
        {"20/ s", 0, -EINVAL},
        {"20/m", 0, -EINVAL},
        {"20/ms", 0, -EINVAL},
        {"20/s ", 0, -EINVAL},
        {"1000000000000000/day", 0, -EINVAL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        double rate = 77;
        int rc = bd_parse_rate(cases[i].text, &rate);
        ck_assert_msg(rc == cases[i].rc && rate == (rc ? 77 : cases[i].per_second), "'%s': %d, %g",
                      cases[i].text, rc, rate);
    }
}
END_TEST

START_TEST(base64_vectors_of_rfc_4648)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xFF\xEF\xBE", "/+++"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_free char *text = bd_base64(cases[i][0], strlen(cases[i][0]));
        ck_assert_str_eq(text, cases[i][1]);
    }
}
END_TEST

START_TEST(base64_comes_back_as_it_was)
{
    uint8_t data[256];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 37);
    for (size_t n = 0; n <= sizeof(data); n++) {
        bd_auto_free char *text = bd_base64(data, n);
        bd_auto_free uint8_t *back = NULL;
        size_t bytes = 0;
        ck_assert_int_eq(bd_base64_decode(text, &back, &bytes), 0);
        ck_assert_uint_eq(bytes, n);
        ck_assert_int_eq(memcmp(back, data, n), 0);
    }
}
END_TEST

START_TEST(base64_is_decoded_strictly)
{
    static const char *const bad[] = {
        "Z",     "Zg",    "Zg=",   "Zg===",  "=",    "====", "Z===", "Zm=v",    "Zg==Zg==",
        "Zm9v ", " Zm9v", "Zm9\n", "Zm9v\n", "Zm-_", "Zh==", "Zm9=", "Zg=\xC3",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        uint8_t *data = NULL;
        size_t bytes = 77;
        ck_assert_msg(bd_base64_decode(bad[i], &data, &bytes) == -EINVAL, "'%s'", bad[i]);
        ck_assert_ptr_null(data);
        ck_assert_uint_eq(bytes, 77);
    }
}
END_TEST

START_TEST(hex)
{
    char out[9];
    bd_hex((const uint8_t *)"\x00\x7f\x80\xff", 4, out);
    ck_assert_str_eq(out, "007f80ff");
    bd_hex(NULL, 0, out);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(a_real_has_the_digits_that_it_needs)
{
    static const struct {
        double value;
        const char *text;
    } vectors[] = {
        {0, "0"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {5e-324, "4.94065645841247e-324"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        char text[32];
        snprintf(text, sizeof(text), "%.*g", bd_real_digits(vectors[i].value), vectors[i].value);
        ck_assert_str_eq(text, vectors[i].text);
    }
}
END_TEST

START_TEST(take_leaves_nothing_behind)
{
    char *p = bd_xasprintf("%s-%d", "n", 3), *was = p;
    bd_auto_free char *q = bd_take(p);
    ck_assert_ptr_null(p);
    ck_assert_ptr_eq(q, was);
    ck_assert_str_eq(q, "n-3");
    int fd = 5;
    ck_assert_int_eq(bd_take_fd(&fd), 5);
    ck_assert_int_eq(fd, -1);
    bd_auto_free void *nothing = bd_xmalloc(0), *none = bd_xcalloc(0, 8);
    ck_assert_ptr_nonnull(nothing);
    ck_assert_ptr_nonnull(none);
}
END_TEST

UNIT_MAIN("str", a_string_grows_is_cleared_and_taken, a_list_ends_with_null_at_every_length,
          questions_of_text, utf8_is_rfc_3629, whole_numbers, sizes, durations, rates,
          base64_vectors_of_rfc_4648, base64_comes_back_as_it_was, base64_is_decoded_strictly, hex,
          a_real_has_the_digits_that_it_needs, take_leaves_nothing_behind)
