/* Numbers are found where a pattern says, and nothing else is taken for one. */
#include "lib/workload/values.h"
#include "tests/base/unit.h"

#include "lib/base/str.h"

#include <string.h>

struct found {
    int code;
    double value;
    size_t n;
    const char *why; /* part of the text of a failure */
};

struct vector {
    const char *pattern, *text;
    struct found expected;
};

static int find_regex(const char *regex, const char *text, size_t bytes,
                      struct values_middle *ret_middle, struct bd_err *err)
{
    struct values values = {0};
    int rc = pattern_each_regex(regex, text, bytes, values_take, &values, err);
    if (rc == 0)
        rc = values_found(&values, ret_middle, err);
    values_done(&values);
    return rc;
}

static int find_path(const char *path, const char *text, size_t bytes,
                     struct values_middle *ret_middle, struct bd_err *err)
{
    struct values values = {0};
    int rc = pattern_each_path(path, text, bytes, values_take, &values, err);
    if (rc == 0)
        rc = values_found(&values, ret_middle, err);
    values_done(&values);
    return rc;
}

typedef int (*find_fn)(const char *, const char *, size_t, struct values_middle *, struct bd_err *);

static void check_found(size_t i, int rc, const struct values_middle *got, const struct bd_err *err,
                        const struct found *e)
{
    ck_assert_msg(rc == e->code, "vector %zu: %d %s", i, rc, err->text);
    if (rc < 0)
        ck_assert_msg(!e->why || strstr(err->text, e->why), "vector %zu: %s", i, err->text);
    else
        ck_assert_msg(got->n == e->n && got->value == e->value, "vector %zu: %.17g of %zu", i,
                      got->value, got->n);
}

static void check_vectors(find_fn find, const struct vector *vectors, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct values_middle got = {0};
        struct bd_err err = BD_ERR_INIT;
        int rc = find(vectors[i].pattern, vectors[i].text, strlen(vectors[i].text), &got, &err);
        check_found(i, rc, &got, &err, &vectors[i].expected);
    }
}

START_TEST(test_regex_finds)
{
    static const struct vector vectors[] = {
        {"BW: ([0-9.]+)", "x\nBW: 12.5 MB/s\n", {0, 12.5, 1}},
        {"[0-9]+", "7", {0, 7, 1}}, /* without a group: all of the match */
        {"BW: ([0-9.]+)", "BW: 3\nBW: 1\nBW: 2\n", {0, 2, 3}},
        {"BW: ([0-9.]+)", "BW: 4\nBW: 1\nBW: 2\nBW: 3", {0, 2.5, 4}},
        {"([0-9]+)ms", "1ms 2ms 9ms", {0, 2, 3}}, /* several in a line */
        {"^t=(.*)$", "a t=1\nt= -2.5e-1 \r\nt=3x 4\n", {BD_EINVALID, .why = "3x 4"}},
        {"^t=(.*)$", "a t=1\nt= -2.5e-1 \r\n", {0, -0.25, 1}},
        {"^([0-9])", "12 3", {0, 1, 1}},       /* a line begins once */
        {"a(1)|b([0-9])", "b2 a1", {0, 1, 1}}, /* the first group, where it has part in the match */
        {"v[^0-9]*([0-9]+)", "v\n5", {BD_ENOTFOUND, .why = "finds nothing"}}, /* within a line */
        {"x=([0-9]*)", "x=", {BD_EINVALID, .why = "''"}},
        {"x=(.*)", "x=nan", {BD_EINVALID, .why = "'nan', which is no number"}},
        {"x=(.*)", "x=inf", {BD_EINVALID}},
        {"x=(.*)", "x=0x10", {BD_EINVALID}},
        {"x=(.*)", "x=1e999", {BD_EINVALID}},
        {"x=(.*)", "x=1e", {BD_EINVALID}},
        {"x=(.*)", "x=+.5", {0, 0.5, 1}},
        {"x=(.*)", "x=5.", {0, 5, 1}},
        {"x=(.*)", "x=.", {BD_EINVALID}},
        {"x*", "abc", {BD_EINVALID}}, /* matches of nothing come to an end */
        {"B([0-9]+)", "", {BD_ENOTFOUND}},
        {"µ=([0-9]+)", "µ=3", {0, 3, 1}},
        {"=([0-9]+)", "\xff\xfe=3", {0, 3, 1}}, /* whatever the encoding */
        {"\\[([0-9]+)\\]", "[8]", {0, 8, 1}},
        {"[]a]([0-9])", "]4", {0, 4, 1}},
        {"[[:space:]]([0-9]+)[[:space:]]", "a 41 b", {0, 41, 1}},
    };
    check_vectors(find_regex, vectors, BD_ARRAY_LEN(vectors));
}
END_TEST

START_TEST(test_regex_sees_past_nul_and_in_long_text)
{
    struct values_middle got;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_str struct bd_str text = {0};
    bd_str_addn(&text, "a\0b=1\n", 6);
    for (int i = 0; i < 200000; i++) /* 2 MB, more than one life of a compiled pattern */
        bd_str_add(&text, "nothing..\n");
    bd_str_add(&text, "b=3");
    ck_assert_int_eq(find_regex("b=([0-9]+)", text.data, text.len, &got, &err), 0);
    ck_assert_uint_eq(got.n, 2);
    ck_assert_double_eq(got.value, 2);
}
END_TEST

/* States of the matcher multiply with such a pattern; its memory is bounded all the same. */
START_TEST(test_regex_with_many_states_stays_small)
{
    struct values_middle got;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_str struct bd_str text = {0};
    uint32_t x = 1;
    for (int i = 0; i < 100000; i++) {
        x = x * 1664525 + 1013904223;
        bd_str_add(&text, x >> 31 ? "a" : "b");
        if (i % 1000 == 999)
            bd_str_add(&text, "\n");
    }
    bd_str_add(&text, "7");
    int rc = find_regex("a[ab]{200}c|([0-9])", text.data, text.len, &got, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    ck_assert_double_eq(got.value, 7);
}
END_TEST

START_TEST(test_path_finds)
{
    static const struct vector vectors[] = {
        {"$", "42", {0, 42, 1}},
        {"$.latency.mean", "{\"latency\": {\"mean\": 1.5}}", {0, 1.5, 1}},
        {"$['a b'].c", "{\"a b\": {\"c\": \"2.5\"}}", {0, 2.5, 1}},
        {"$['it\\'s']['\\\\']", "{\"it's\": {\"\\\\\": 1}}", {0, 1, 1}},
        {"$.jobs[1].read", "{\"jobs\": [{\"read\": 1}, {\"read\": 2}]}", {0, 2, 1}},
        {"$.jobs[*].read", "{\"jobs\": [{\"read\": 1}, {\"read\": 5}, {\"read\": 2}]}", {0, 2, 3}},
        {"$.jobs[*].read", "{\"jobs\": [{\"read\": 1}, {}]}", {0, 1, 1}},
        {"$[*]", "{\"a\": 1, \"b\": 2}", {0, 1.5, 2}},
        {"$.größe", "{\"größe\": 3}", {0, 3, 1}},
        {"$.a", "  \n{\n \"a\":\n 3}\n\n", {0, 3, 1}},                 /* the whole output */
        {"$.a", "warning\n{\"a\": 1}\n{\"a\": 2}\ndone\n", {0, 2, 1}}, /* the last line of it */
        {"$.a", "{\"a\": 1}\n{\"a\":", {0, 1, 1}},
        {"$.b", "{\"a\": 1}", {BD_ENOTFOUND, .why = "finds nothing"}},
        {"$[2]", "[1, 2]", {BD_ENOTFOUND}},
        {"$.a[0]", "{\"a\": {\"0\": 1}}", {BD_ENOTFOUND}},
        {"$.a", "plain text\n", {BD_ENOTFOUND, .why = "finds no JSON"}},
        {"$.a", "", {BD_ENOTFOUND, .why = "finds no JSON"}},
        {"$.a", "{\"a\": null}", {BD_EINVALID, .why = "'null', which is no number"}},
        {"$.a", "{\"a\": [1]}", {BD_EINVALID, .why = "'[1]'"}},
        {"$.a", "{\"a\": \"fast\"}", {BD_EINVALID, .why = "'fast'"}},
        {"$.a", "{\"a\": true}", {BD_EINVALID}},
    };
    check_vectors(find_path, vectors, BD_ARRAY_LEN(vectors));
}
END_TEST

static void check_refused(int (*check)(const char *, struct bd_err *), const char *pattern,
                          const char *why)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(check(pattern, &err) == BD_EINVALID, "'%s' is taken", pattern);
    ck_assert_msg(strstr(err.text, why), "'%s': %s", pattern, err.text);
}

START_TEST(test_patterns_are_checked)
{
    static const struct {
        const char *pattern, *why;
    } regexes[] =
        {
            {"", "empty"},
            {"(", "Unmatched"},
            {"[0-9", "Unmatched"},
            {"(\\d+)", "[0-9] for \\d"},
            {"(?:a)b", "(?"},
            {"a.*?b", "longest match"},
            {"(a)\\1", "references back"},
            {"a\nb", "line end"},
            {"a{257}", "256"},
            {"(a{20}){20}", "256"},
            {"((a{1,9999}){1,9999}){1,9999}", "256"},
            {"a{99999999999999999999}", "256"},
        },
      paths[] = {
          {"", "begin with '$'"},
          {"a.b", "begin with '$'"},
          {"$a", "character 2"},
          {"$.", "character 2"},
          {"$..a", "character 2"},
          {"$.a[", "character 4"},
          {"$.a[-1]", "character 4"},
          {"$.a[1", "character 4"},
          {"$.a[99999999999999999999]", "character 4"},
          {"$['a]", "character 2"},
          {"$['a\\b']", "character 2"},
          {"$[\"a\"]", "character 2"},
          {"$.a b", "character 4"},
          {"$[?(@.a)]", "character 2"},
      };
    static const char *const right_regexes[] = {
        "BW: ([0-9.]+)", "[[:digit:]]{1,256}", "a\\{b", "[\\d]", "[^]]+", "x{2}y{3}", "(a|b)*c",
    };
    static const char *const right_paths[] = {"$", "$.a.b-c_d", "$[0][*]['x']", "$['']"};
    struct bd_err err = BD_ERR_INIT;
    for (size_t i = 0; i < BD_ARRAY_LEN(regexes); i++)
        check_refused(pattern_check_regex, regexes[i].pattern, regexes[i].why);
    for (size_t i = 0; i < BD_ARRAY_LEN(paths); i++)
        check_refused(pattern_check_path, paths[i].pattern, paths[i].why);
    for (size_t i = 0; i < BD_ARRAY_LEN(right_regexes); i++)
        ck_assert_msg(pattern_check_regex(right_regexes[i], &err) == 0, "%s: %s", right_regexes[i],
                      err.text);
    for (size_t i = 0; i < BD_ARRAY_LEN(right_paths); i++)
        ck_assert_msg(pattern_check_path(right_paths[i], &err) == 0, "%s: %s", right_paths[i],
                      err.text);
}
END_TEST

START_TEST(test_patterns_have_bounds)
{
    bd_auto_free char *text = bd_xmalloc(PATTERN_BYTES_MAX + 2);
    struct values_middle got;
    struct bd_err err = BD_ERR_INIT;
    memset(text, 'a', PATTERN_BYTES_MAX + 1);
    text[PATTERN_BYTES_MAX + 1] = '\0';
    check_refused(pattern_check_regex, text, "more than 1000 bytes");
    check_refused(pattern_check_path, text, "more than 1000 bytes");

    bd_auto_str struct bd_str deep = {0}, many = {0};
    bd_str_add(&deep, "$");
    for (int i = 0; i < 65; i++)
        bd_str_add(&deep, ".a");
    check_refused(pattern_check_path, bd_str_text(&deep), "more than 64 steps");
    for (int i = 0; i <= VALUES_MAX; i++)
        bd_str_add(&many, "1\n");
    ck_assert_int_eq(find_regex("[0-9]", many.data, many.len, &got, &err), BD_EINVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 1000000 numbers"));
}
END_TEST

UNIT_MAIN("workload-pattern", test_regex_finds, test_regex_sees_past_nul_and_in_long_text,
          test_regex_with_many_states_stays_small, test_path_finds, test_patterns_are_checked,
          test_patterns_have_bounds)
