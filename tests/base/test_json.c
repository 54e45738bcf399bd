#include "lib/base/json.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <string.h>

static int parse(const char *text, size_t bytes, struct bd_err *err)
{
    json_t *json = NULL;
    int rc = bd_json_parse(text, bytes, &json, err);
    ck_assert_int_eq(rc == 0, json != NULL);
    json_decref(json);
    return rc;
}

START_TEST(one_value_of_any_type)
{
    static const char *const good[] = {
        "{}",
        "[]",
        "1",
        "-0.5e3",
        "\"x\"",
        "true",
        "null",
        " [1] \n",
        "{\"a\":{\"b\":[1,2]}}",
        "\"\\ud83d\\ude00\"",
        "\"[[[[{{{{\"",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(good); i++)
        ck_assert_msg(parse(good[i], strlen(good[i]), NULL) == 0, "%s", good[i]);
}
END_TEST

START_TEST(anything_else_is_refused_with_its_place)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "1 2",
        "{} {}",
        "nul",
        "'x'",
        "{a:1}",
        "[1",
        "\"a\nb\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\xFF\"",
        "\"\xC0\x80\"",
        "{\"a\":1,\"a\":2}",
        "1e999",
        "99999999999999999999",
        "NaN",
        "01",
        "\"",
        "\"\\",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(parse(bad[i], strlen(bad[i]), &err) == BD_EINVALID, "%s", bad[i]);
        ck_assert_msg(bd_starts_with(err.text, "line ") && strstr(err.text, "column "), "%s",
                      err.text);
        ck_assert(bd_is_utf8(err.text, strlen(err.text)));
    }
    ck_assert_int_eq(parse("[1]\0", 4, NULL), BD_EINVALID);
    ck_assert_int_eq(parse(NULL, 0, NULL), BD_EINVALID);
}
END_TEST

START_TEST(only_the_bytes_given_are_read)
{
    ck_assert_int_eq(parse("[1]garbage", 3, NULL), 0);
}
END_TEST

static int parse_nested(int depth, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    for (int i = 0; i < depth; i++)
        bd_str_add(&text, i % 2 ? "\n{\"[\\\"\":" : "[");
    bd_str_add(&text, "1");
    for (int i = depth - 1; i >= 0; i--)
        bd_str_add(&text, i % 2 ? "}" : "]");
    return parse(text.data, text.len, err);
}

START_TEST(sixty_four_levels_are_deep_enough)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(parse_nested(64, &err) == 0, "%s", err.text);
    ck_assert_int_eq(parse_nested(65, &err), BD_EINVALID);
    ck_assert_str_eq(err.text, "line 33, column 8: nested deeper than 64 levels");
    ck_assert_int_eq(parse_nested(1000000, &err), BD_EINVALID);
    /* Siblings are not depth. */
    bd_auto_str struct bd_str text = {0};
    bd_str_add(&text, "[[]");
    for (int i = 0; i < 1000; i++)
        bd_str_add(&text, ",[{}]");
    bd_str_add(&text, "]");
    ck_assert_int_eq(parse(text.data, text.len, NULL), 0);
}
END_TEST

START_TEST(equal_values_have_equal_text)
{
    static const char *const texts[] = {
        "{\"b\": [1, 2.5, null], \"a\": {\"y\": true, \"x\": \"\\u00e9\\n\"}}",
        "{\"a\":{\"x\":\"\xC3\xA9\\u000a\",\"y\":true},\"b\":[1,25e-1,null]}",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(texts); i++) {
        bd_auto_json json_t *json = NULL;
        ck_assert_int_eq(bd_json_parse(texts[i], strlen(texts[i]), &json, NULL), 0);
        bd_auto_free char *text = bd_json_text(json);
        ck_assert_str_eq(text, "{\"a\":{\"x\":\"\xC3\xA9\\n\",\"y\":true},\"b\":[1,2.5,null]}");
    }
    bd_auto_json json_t *bare = json_string("x");
    bd_auto_free char *text = bd_json_text(bare);
    ck_assert_str_eq(text, "\"x\"");
}
END_TEST

START_TEST(getters_fall_back_on_missing_and_other_types)
{
    const char *text = "{\"s\":\"v\",\"i\":7,\"r\":0.5,\"t\":true,\"f\":false,\"n\":null}";
    bd_auto_json json_t *o = NULL;
    ck_assert_int_eq(bd_json_parse(text, strlen(text), &o, NULL), 0);
    ck_assert_str_eq(bd_json_str(o, "s", "-"), "v");
    ck_assert_str_eq(bd_json_str(o, "i", "-"), "-");
    ck_assert_ptr_null(bd_json_str(o, "missing", NULL));
    ck_assert_int_eq(bd_json_int(o, "i", -1), 7);
    ck_assert_int_eq(bd_json_int(o, "r", -1), -1);
    ck_assert_int_eq(bd_json_int(o, "n", -1), -1);
    ck_assert_double_eq(bd_json_real(o, "r", -1), 0.5);
    ck_assert_double_eq(bd_json_real(o, "i", -1), 7);
    ck_assert_double_eq(bd_json_real(o, "s", -1), -1);
    ck_assert_int_eq(bd_json_bool(o, "t", -1), 1);
    ck_assert_int_eq(bd_json_bool(o, "f", -1), 0);
    ck_assert_int_eq(bd_json_bool(o, "i", -1), -1);
    ck_assert_str_eq(bd_json_str(NULL, "s", "-"), "-");
}
END_TEST

UNIT_MAIN("json", one_value_of_any_type, anything_else_is_refused_with_its_place,
          only_the_bytes_given_are_read, sixty_four_levels_are_deep_enough,
          equal_values_have_equal_text, getters_fall_back_on_missing_and_other_types)
