#include "lib/base/err.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <string.h>

START_TEST(context_is_put_before_the_text_outermost_first)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_err_errno(&err, ENOSPC, "mount %s", "overlay"), -ENOSPC);
    ck_assert_str_eq(err.text, "mount overlay: No space left on device");
    ck_assert_int_eq(bd_err_wrap(&err, "start node %s", "n3"), -ENOSPC);
    ck_assert_int_eq(bd_err_wrap(&err, "cluster %d", 7), -ENOSPC);
    ck_assert_str_eq(err.text, "cluster 7: start node n3: mount overlay: No space left on device");
    ck_assert_int_eq(err.code, -ENOSPC);
}
END_TEST

START_TEST(its_own_text_may_be_an_argument)
{
    struct bd_err err = BD_ERR_INIT;
    bd_err_set(&err, BD_EVIRT, "no such domain");
    ck_assert_int_eq(bd_err_set(&err, BD_ENOTFOUND, "<%s|%s>", err.text, err.text), BD_ENOTFOUND);
    ck_assert_str_eq(err.text, "<no such domain|no such domain>");
    bd_err_wrap(&err, "%.4s", err.text + 1);
    ck_assert_str_eq(err.text, "no s: <no such domain|no such domain>");
}
END_TEST

START_TEST(a_null_err_takes_everything_and_codes_stay)
{
    ck_assert_int_eq(bd_err_set(NULL, BD_ETIMEOUT, "x"), BD_ETIMEOUT);
    ck_assert_int_eq(bd_err_errno(NULL, ENOENT, "x"), -ENOENT);
    bd_err_clear(NULL);
    bd_err_copy(NULL, NULL);
}
END_TEST

START_TEST(a_failure_never_becomes_success)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_lt(bd_err_wrap(NULL, "x"), 0);
    ck_assert_int_lt(bd_err_wrap(&err, "x"), 0);
    ck_assert_int_lt(bd_err_errno(&err, 0, "x"), 0);
    ck_assert_int_lt(bd_err_errno(&err, -ENOENT, "x"), 0);
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters)
{
    struct bd_err err = BD_ERR_INIT;
    for (size_t shift = 0; shift < 5; shift++) {
        bd_auto_str struct bd_str text = {0};
        bd_str_addn(&text, "abcd", shift);
        for (int i = 0; i < 600; i++)
            bd_str_add(&text, i % 2 ? "\xE2\x82\xAC" : "\xF0\x9F\x90\x91");
        bd_err_set(&err, BD_EINVALID, "%s", text.data);
        size_t len = strlen(err.text);
        ck_assert_uint_lt(len, BD_ERR_TEXT_BYTES);
        ck_assert_uint_ge(len, BD_ERR_TEXT_BYTES - 4);
        ck_assert_str_eq(err.text + len - 3, "...");
        ck_assert(bd_is_utf8(err.text, len));
        ck_assert_int_eq(memcmp(err.text, text.data, len - 3), 0);
        ck_assert_int_eq(bd_err_wrap(&err, "context"), BD_EINVALID);
        ck_assert(bd_starts_with(err.text, "context: "));
        ck_assert(bd_ends_with(err.text, "..."));
        ck_assert(bd_is_utf8(err.text, strlen(err.text)));
    }
}
END_TEST

START_TEST(a_text_that_just_fits_is_whole)
{
    struct bd_err err = BD_ERR_INIT;
    char text[BD_ERR_TEXT_BYTES + 1];
    memset(text, 'x', sizeof(text));
    text[BD_ERR_TEXT_BYTES - 1] = '\0';
    bd_err_set(&err, BD_EINVALID, "%s", text);
    ck_assert_str_eq(err.text, text);
    text[BD_ERR_TEXT_BYTES - 1] = 'x';
    text[BD_ERR_TEXT_BYTES] = '\0';
    bd_err_set(&err, BD_EINVALID, "%s", text);
    ck_assert(bd_ends_with(err.text, "x..."));
    ck_assert_uint_eq(strlen(err.text), BD_ERR_TEXT_BYTES - 1);
}
END_TEST

START_TEST(a_text_is_one_line_of_utf8)
{
    struct bd_err err = BD_ERR_INIT;
    bd_err_set(&err, BD_ECHILD, "one\ntwo\x1b[31m\xff\xc3\xa9\r\n");
    ck_assert_str_eq(err.text, "one two [31m?\xc3\xa9");
}
END_TEST

START_TEST(copy_and_clear)
{
    struct bd_err a = BD_ERR_INIT, b = BD_ERR_INIT;
    bd_err_set(&a, BD_ECORRUPT, "row 3");
    bd_err_copy(&b, &a);
    bd_err_clear(&a);
    ck_assert_int_eq(a.code, 0);
    ck_assert_str_eq(a.text, "");
    ck_assert_int_eq(b.code, BD_ECORRUPT);
    ck_assert_str_eq(b.text, "row 3");
}
END_TEST

START_TEST(each_code_has_a_name_of_its_own)
{
    for (int a = BD_EUNAVAILABLE; a <= BD_EINVALID; a++) {
        ck_assert_str_ne(bd_err_name(a), "system");
        for (int b = a + 1; b <= BD_EINVALID; b++)
            ck_assert_str_ne(bd_err_name(a), bd_err_name(b));
    }
    ck_assert_str_eq(bd_err_name(BD_ENOTFOUND), "not-found");
    ck_assert_str_eq(bd_err_name(BD_ETIMEOUT), "timeout");
    ck_assert_str_eq(bd_err_name(-ENOENT), "system");
    ck_assert_str_eq(bd_err_name(0), "ok");
}
END_TEST

UNIT_MAIN("err", context_is_put_before_the_text_outermost_first, its_own_text_may_be_an_argument,
          a_null_err_takes_everything_and_codes_stay, a_failure_never_becomes_success,
          a_long_text_is_cut_between_characters, a_text_that_just_fits_is_whole,
          a_text_is_one_line_of_utf8, copy_and_clear, each_code_has_a_name_of_its_own)
