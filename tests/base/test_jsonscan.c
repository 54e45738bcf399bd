#include "lib/base/json.h"
#include "lib/base/jsonscan.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <malloc.h>
#include <string.h>

/* Its tokens as letters: "{n[sx]}"; the error where it has one. */
static int tokens_of(const char *text, size_t bytes, struct bd_str *out, struct bd_err *err)
{
    static const char letters[] = "${}[]nsx";
    struct bd_jsonscan s = {.text = text, .bytes = bytes};
    enum bd_json_token token = BD_JSON_OTHER;
    int rc = 0;
    while (rc == 0 && token != BD_JSON_END) {
        rc = bd_jsonscan_next(&s, &token, err);
        if (rc == 0 && token != BD_JSON_END)
            bd_str_addn(out, &letters[token], 1);
    }
    return rc;
}

static int scan(const char *text, size_t bytes, struct bd_err *err)
{
    bd_auto_str struct bd_str tokens = {0};
    return tokens_of(text, bytes, &tokens, err);
}

static int parse(const char *text, size_t bytes)
{
    bd_auto_json json_t *json = NULL;
    return bd_json_parse(text, bytes, &json, NULL);
}

static const struct {
    const char *text, *tokens;
} good[] = {
    {"{}", "{}"},
    {" [ ] \n", "[]"},
    {"1", "x"},
    {"-0.5e-3", "x"},
    {"\"x\"", "s"},
    {"true", "x"},
    {"{\"a\":{\"b\":[1,2]},\"c\" : null}", "{n{n[xx]}nx}"},
    {"[[],{},[[0]],\"[{\\\"\"]", "[[]{}[[x]]s]"},
    {"[\"\\ud83d\\ude00\xC3\xA9\"]", "[s]"},
};

START_TEST(tokens_come_in_order)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(good); i++) {
        bd_auto_str struct bd_str tokens = {0};
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(tokens_of(good[i].text, strlen(good[i].text), &tokens, &err) == 0, "%s: %s",
                      good[i].text, err.text);
        ck_assert_str_eq(bd_str_text(&tokens), good[i].tokens);
        ck_assert_int_eq(parse(good[i].text, strlen(good[i].text)), 0);
    }
}
END_TEST

START_TEST(what_is_no_json_is_refused_with_its_place)
{
    static const char *const bad[] = {
        "",           " ",     "{",         "}",       "[1,]",        "[,1]",
        "{\"a\":1,}", "1 2",   "{} {}",     "nul",     "'x'",         "{a:1}",
        "[1",         "[1}",   "{\"a\":1]", "{\"a\"}", "{\"a\" 1}",   "{1:2}",
        "[1:2]",      "[1 2]", "\"a\nb\"",  "\"\\x\"", "\"\\u12g4\"", "\"\xFF\"",
        "NaN",        "01",    "-",         "1.",      ".5",          "1e",
        "+1",         "\"",    "\"\\",      "\"\\u12", "[\"a\"",      "truefalse",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(scan(bad[i], strlen(bad[i]), &err) == BD_EINVALID, "%s", bad[i]);
        ck_assert_msg(bd_starts_with(err.text, "line ") && strstr(err.text, "column "), "%s",
                      err.text);
        ck_assert_msg(parse(bad[i], strlen(bad[i])) < 0, "%s", bad[i]);
    }
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(scan("[1,\n 2 3]", 9, &err), BD_EINVALID);
    ck_assert_str_eq(err.text, "line 2, column 4: ',' or ']' expected");
    ck_assert_int_eq(scan("[1]\0", 4, NULL), BD_EINVALID);
    ck_assert_int_eq(scan(NULL, 0, NULL), BD_EINVALID);
}
END_TEST

/* Or something would be read that was not looked at before. */
START_TEST(what_it_refuses_nobody_else_takes)
{
    static const char seed[] =
        "{\"a\": [1, -2.5e+3, \"x\\u00e9\\\"\", true, null], \"b\": {\"c\": [[]]}}";
    static const char letters[] = "{}[]:,\"\\ 0123456789.eE+-tfnu\n\x01\xC3\xA9";
    uint32_t x = 7;
    size_t taken = 0;
    for (int i = 0; i < 50000; i++) {
        char text[sizeof(seed)];
        memcpy(text, seed, sizeof(seed));
        for (int k = 0; k < 1 + i % 3; k++) {
            x = x * 1664525 + 1013904223;
            text[(x >> 8) % (sizeof(seed) - 1)] = letters[(x >> 20) % (sizeof(letters) - 1)];
        }
        bool takes = parse(text, sizeof(seed) - 1) == 0;
        taken += takes;
        ck_assert_msg(!takes || scan(text, sizeof(seed) - 1, NULL) == 0, "%s", text);
    }
    ck_assert_uint_gt(taken, 1000);
}
END_TEST

static int scan_nested(int depth, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    for (int i = 0; i < depth; i++)
        bd_str_add(&text, i % 2 ? "{\"a\":" : "[");
    bd_str_add(&text, "1");
    for (int i = depth - 1; i >= 0; i--)
        bd_str_add(&text, i % 2 ? "}" : "]");
    return scan(text.data, text.len, err);
}

START_TEST(sixty_four_levels_are_deep_enough)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(scan_nested(64, &err) == 0, "%s", err.text);
    ck_assert_int_eq(scan_nested(65, &err), BD_EINVALID);
    ck_assert_msg(strstr(err.text, "nested deeper than 64 levels"), "%s", err.text);
    ck_assert_int_eq(scan_nested(1000000, NULL), BD_EINVALID);
}
END_TEST

START_TEST(what_is_not_wanted_is_skipped)
{
    static const char text[] = "[{\"a\":[1,{\"b\":[]}]},\"s\",2]";
    struct bd_jsonscan s = {.text = text, .bytes = strlen(text)};
    enum bd_json_token token;
    ck_assert_int_eq(bd_jsonscan_next(&s, &token, NULL), 0);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(bd_jsonscan_next(&s, &token, NULL), 0);
        ck_assert_int_eq(bd_jsonscan_skip(&s, token, NULL), 0);
        ck_assert_uint_eq(s.depth, 1);
    }
    ck_assert_int_eq(bd_jsonscan_next(&s, &token, NULL), 0);
    ck_assert_int_eq(token, BD_JSON_ARRAY_END);
}
END_TEST

static const struct {
    const char *token, *text; /* NULL: nothing that fits into 8 bytes */
} texts[] = {
    {"\"\"", ""},
    {"\"File\"", "File"},
    {"\"F\\u0069le\"", "File"},
    {"\"1234567\"", "1234567"},
    {"\"12345678\"", NULL},
    {"\"\\u0031\\u0032\\u0033\\u0034\\u0035\\u0036\\u0037\"", "1234567"},
    {"\"\\u0031\\u0032\\u0033\\u0034\\u0035\\u0036\\u0037\\u0038\"", NULL},
    {"\"a\\u0000\"", NULL},
    {"\"\\ud800\"", NULL},
};

START_TEST(strings_are_told_where_they_fit)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(texts); i++) {
        struct bd_jsonscan s = {.text = texts[i].token, .bytes = strlen(texts[i].token)};
        enum bd_json_token token;
        char text[8];
        ck_assert_int_eq(bd_jsonscan_next(&s, &token, NULL), 0);
        bool fits = bd_jsonscan_text(&s, text, sizeof(text));
        ck_assert_msg(fits == (texts[i].text != NULL), "%s", texts[i].token);
        if (fits)
            ck_assert_str_eq(text, texts[i].text);
    }
}
END_TEST

/* -- parsing within a bound -- */

/* "[ITEM,ITEM,...]"; %zu in an item is its number. */
static void make_list(const char *item, size_t n, struct bd_str *ret_text)
{
    const char *number = strstr(item, "%zu");
    for (size_t i = 0; i < n; i++) {
        bd_str_add(ret_text, i ? "," : "[");
        bd_str_addn(ret_text, item, number ? (size_t)(number - item) : strlen(item));
        if (number)
            bd_str_addf(ret_text, "%zu%s", i, number + 3);
    }
    bd_str_add(ret_text, "]");
}

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

START_TEST(a_bound_of_memory_holds)
{
    static const char *const items[] = {
        "[]",
        "{}",
        "0",
        "1.5",
        "\"\"",
        "null",
        "{\"a\":1}",
        "{\"a%zu\":\"b%zu\"}",
        "\"a string of some length %zu\"",
        "{\"@id\":\"runs/0a0a0a0a/"
        "%zu\",\"@type\":\"File\",\"a\":[],\"b\":{},\"c\":1,\"d\":2,\"e\":3,\"f\":4,\"g\":5}",
    };
    const size_t n = 10000;
    for (size_t i = 0; i < BD_ARRAY_LEN(items); i++) {
        bd_auto_str struct bd_str text = {0};
        json_t *json = NULL;
        make_list(items[i], n, &text);
        size_t before = in_use(), bound = 1 << 10;
        ck_assert_int_eq(bd_json_parse_max(text.data, text.len, bound, &json, NULL),
                         BD_ENOCAPACITY);
        ck_assert_ptr_null(json);
        while (bd_json_parse_max(text.data, text.len, bound, &json, NULL) == BD_ENOCAPACITY)
            bound += bound / 64;
        ck_assert_ptr_nonnull(json);
        ck_assert_msg(in_use() - before <= bound, "%s: %zu with a bound of %zu", items[i],
                      in_use() - before, bound);
        json_decref(json);
    }
}
END_TEST

START_TEST(a_bound_is_told)
{
    bd_auto_str struct bd_str text = {0};
    json_t *json = NULL;
    struct bd_err err = BD_ERR_INIT;
    make_list("[]", 100000, &text);
    ck_assert_int_eq(bd_json_parse_max(text.data, text.len, 1 << 20, &json, &err), BD_ENOCAPACITY);
    ck_assert_msg(strstr(err.text, "more than 1024 KiB of memory"), "%s", err.text);
    ck_assert_int_eq(bd_json_parse_max("[1", 2, 1 << 20, &json, &err), BD_EINVALID);
    ck_assert_int_eq(bd_json_parse_max("{\"a\":1,\"a\":2}", 13, 1 << 20, &json, &err), BD_EINVALID);
    ck_assert_ptr_null(json);
    ck_assert_int_eq(bd_json_parse_max("[1]", 3, 1 << 20, &json, &err), 0);
    json_decref(json);
}
END_TEST

UNIT_MAIN("jsonscan", tokens_come_in_order, what_is_no_json_is_refused_with_its_place,
          what_it_refuses_nobody_else_takes, sixty_four_levels_are_deep_enough,
          what_is_not_wanted_is_skipped, strings_are_told_where_they_fit, a_bound_of_memory_holds,
          a_bound_is_told)
