/* What YAML means in JSON, what of it is refused, and where things stand. */
#include "lib/base/str.h"
#include "lib/yaml/yaml.h"

#include <check.h>
#include <string.h>

struct vector {
    const char *yaml, *wanted; /* JSON with ' for ", or the message */
};

static const struct vector values[] = {
    /* the core schema */
    {"[null, Null, NULL, ~, ]", "[null, null, null, null]"},
    {"a:", "{'a': null}"},
    {"[true, True, TRUE, false, False, FALSE]", "[true, true, true, false, false, false]"},
    {"[yes, No, on, off, y, tRUE, nULL]", "['yes', 'No', 'on', 'off', 'y', 'tRUE', 'nULL']"},
    {"[0, -1, +12, 012, 0o17, 0x1F, 9223372036854775807, -9223372036854775808]",
     "[0, -1, 12, 12, 15, 31, 9223372036854775807, -9223372036854775808]"},
    {"[1.5, -1.5, +.5, 5., 1e3, 1E-3, 0.25e+2]", "[1.5, -1.5, 0.5, 5.0, 1000.0, 0.001, 25.0]"},
    {"[1.2.3, 0b1, 1_000, 0o8, 0x, '-', +, ., e3, 1e, 12:30:00, 2026-01-31]",
     "['1.2.3', '0b1', '1_000', '0o8', '0x', '-', '+', '.', 'e3', '1e', '12:30:00', '2026-01-31']"},
    /* what is quoted is text */
    {"['1', \"true\", 'null', '', \"~\"]", "['1', 'true', 'null', '', '~']"},
    {"a: |\n  1\nb: >-\n  x\n  y\n", "{'a': '1\\n', 'b': 'x y'}"},
    {"\"\\u00e9\\x41\"", "'\xc3\xa9"
                         "A'"},
    /* names as they are written */
    {"{200: a, true: b, ~: c, 'x': d}", "{'200': 'a', 'true': 'b', '~': 'c', 'x': 'd'}"},
    /* structure */
    {"12", "12"},
    {"---\na: 1\n...\n", "{'a': 1}"},
    {"\xef\xbb\xbf"
     "a: 1\n",
     "{'a': 1}"},
    {"%YAML 1.2\n---\na: 1\n", "{'a': 1}"},
    {"a: {b: [1, {c: 2}]}\nd:\n- e\n-\n  - f\n", "{'a': {'b': [1, {'c': 2}]}, 'd': ['e', ['f']]}"},
    {"{\"a\": [1, 2.5, \"x\", null, true]}", "{'a': [1, 2.5, 'x', null, true]}"},
    {"a: 1 # note\n# note\nb: x#y\n", "{'a': 1, 'b': 'x#y'}"},
};

static json_t *json_of(const char *in_apostrophes)
{
    bd_auto_free char *text = bd_xstrdup(in_apostrophes);
    for (char *p = text; (p = strchr(p, '\'')); p++)
        *p = '"';
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_msg(json != NULL, "%s", text);
    return json;
}

START_TEST(yaml_means_json)
{
    bd_auto_json json_t *wanted = json_of(values[_i].wanted);
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *json = NULL;
    ck_assert_msg(yaml_parse(values[_i].yaml, strlen(values[_i].yaml), "f", &json, NULL, &err) == 0,
                  "%s: %s", values[_i].yaml, err.text);
    bd_auto_free char *got = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    ck_assert_msg(json_equal(json, wanted), "%s: %s", values[_i].yaml, got);
}
END_TEST

static const struct vector refusals[] = {
    {"", "f:1:1: there is nothing in it"},
    {"# only a note\n", "f:2:1: there is nothing in it"},
    {"a: 1\n---\nb: 2\n", "f:2:1: a second document begins here; only one can be used"},
    {"a: 1\nb: 2\na: 3\n", "f:3:1: 'a' is here twice; remove one"},
    {"{200: a, '200': b}", "f:1:10: '200' is here twice; remove one"},
    {"a: &x 1\n", "f:1:4: anchors (&name) can't be used; write the value out"},
    {"a: &x [1]\n", "f:1:4: anchors (&name) can't be used; write the value out"},
    {"&x {a: 1}\n", "f:1:1: anchors (&name) can't be used; write the value out"},
    {"&x a: 1\n", "f:1:1: anchors (&name) can't be used; write the value out"},
    {"a: *x\n", "f:1:4: aliases (*name) can't be used; write the value out"},
    {"*x : 1\n", "f:1:1: aliases (*name) can't be used; write the value out"},
    {"a: !!int '1'\n", "f:1:4: tags (!name) can't be used; quote the value if it is text"},
    {"a: !mine {}\n", "f:1:4: tags (!name) can't be used; quote the value if it is text"},
    {"[1]: 2\n", "f:1:1: the name of a member must be text"},
    {"a: .nan\n", "f:1:4: only finite numbers can be used"},
    {"a: -.inf\n", "f:1:4: only finite numbers can be used"},
    {"a: 9223372036854775808\n", "f:1:4: this number is too large; put it in quotes if it is text"},
    {"a: 1e999\n", "f:1:4: this number is too large; put it in quotes if it is text"},
    {"a: \"\\0\"\n", "f:1:4: a NUL character can't be used in text"},
    {"\"a\\0b\": 1\n", "f:1:1: a NUL character can't be used in text"},
    {"a: [1, 2\nb: 3\n", "f:2:2: while parsing a flow sequence did not find expected ',' or ']' "
                         "(begun in line 1)"},
    {"a: b: c\n", "f:1:5: mapping values are not allowed in this context"},
    {"a: \"x\n", "f:2:1: while scanning a quoted scalar found unexpected end of stream "
                 "(begun in line 1)"},
    {"a:\n\t- b\n",
     "f:2:1: while scanning for the next token found character that cannot start any "
     "token (begun in line 2)"},
    {"a: \xff\n", "f: byte 3: invalid leading UTF-8 octet"},
    {"a: \x01\n", "f: byte 3: control characters are not allowed"},
};

START_TEST(what_has_no_one_meaning_is_refused)
{
    const struct vector *v = &refusals[_i];
    struct bd_err err = BD_ERR_INIT;
    json_t *json = NULL;
    struct yaml_lines *lines = NULL;
    ck_assert_int_eq(yaml_parse(v->yaml, strlen(v->yaml), "f", &json, &lines, &err), BD_EINVALID);
    ck_assert_str_eq(err.text, v->wanted);
    ck_assert_ptr_null(json);
    ck_assert_ptr_null(lines);
}
END_TEST

static int parse_nested(size_t depth, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    for (size_t i = 0; i < depth; i++)
        bd_str_add(&text, "[");
    for (size_t i = 0; i < depth; i++)
        bd_str_add(&text, "]");
    bd_auto_json json_t *json = NULL;
    return yaml_parse(bd_str_text(&text), text.len, "f", &json, NULL, err);
}

START_TEST(nesting_has_a_limit)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(parse_nested(YAML_DEPTH_MAX, &err), 0);
    ck_assert_int_eq(parse_nested(YAML_DEPTH_MAX + 1, &err), BD_EINVALID);
    ck_assert_str_eq(err.text, "f:1:65: this is nested more than 64 deep");
    ck_assert_int_eq(parse_nested(100000, &err), BD_EINVALID);
}
END_TEST

START_TEST(size_has_a_limit)
{
    struct bd_err err = BD_ERR_INIT;
    json_t *json = NULL;
    ck_assert_int_eq(yaml_parse("", YAML_BYTES_MAX + 1, "f", &json, NULL, &err), BD_EINVALID);
}
END_TEST

START_TEST(lines_are_found_by_pointer)
{
    static const char text[] = "# a campaign\n"
                               "name: x\n"
                               "cluster:\n"
                               "  node:\n"
                               "    cpus: 1\n"
                               "  a/b: {'~': 1}\n"
                               "list:\n"
                               "  - 1\n"
                               "  - two: 2\n"
                               "    three: 3\n"
                               "  - [4,\n"
                               "     5]\n";
    static const struct {
        const char *pointer;
        unsigned line;
    } places[] = {
        {"", 2},
        {"/name", 2},
        {"/cluster", 3},
        {"/cluster/node", 4},
        {"/cluster/node/cpus", 5},
        {"/cluster/a~1b", 6},
        {"/cluster/a~1b/~0", 6},
        {"/list/0", 8},
        {"/list/1", 9},
        {"/list/1/three", 10},
        {"/list/2/1", 12},
        /* nothing there: the nearest thing around it */
        {"/cluster/node/memory", 4},
        {"/list/9", 7},
        {"/nothing/at/all", 2},
        {"/name/x", 2},
    };
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *json = NULL;
    bd_auto(yaml_lines) struct yaml_lines *lines = NULL;
    ck_assert_int_eq(yaml_parse(text, strlen(text), "f", &json, &lines, &err), 0);
    for (size_t i = 0; i < BD_ARRAY_LEN(places); i++)
        ck_assert_msg(yaml_line(lines, places[i].pointer) == places[i].line, "%s: %u",
                      places[i].pointer, yaml_line(lines, places[i].pointer));
}
END_TEST

/* Names are kept once a value, not once for each value below them. */
START_TEST(long_names_do_not_multiply)
{
    bd_auto_str struct bd_str text = {0};
    bd_str_add(&text, "? ");
    for (int i = 0; i < 500000; i++)
        bd_str_add(&text, "k");
    bd_str_add(&text, "\n: [");
    for (int i = 0; i < 100000; i++)
        bd_str_add(&text, "1,");
    bd_str_add(&text, "1]\n");
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *json = NULL;
    bd_auto(yaml_lines) struct yaml_lines *lines = NULL;
    ck_assert_msg(yaml_parse(text.data, text.len, "f", &json, &lines, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(yaml_line(lines, "/x"), 1);
}
END_TEST

/* What is written is read as the same value, whatever is in it. */
static const char *const written[] = {
    "{}",
    "[]",
    "12",
    "'x'",
    "null",
    "[{}, [], [[]], [{}]]",
    "{'a': {'b': {'c': [1, 2.5, -3e-7, true, null]}}}",
    "['', ' ', 'a b', 'a: b', '- a', '# a', 'a #b', '1', '0x1f', 'true', 'no', '~', 'null', '@a', "
    "'%a', "
    "'*a', '&a', '!a', '|', '>', '{a}', '[a]', 'a,b', '?', '-', ':', '.', '1e5', '.5', 'x ', "
    "'/usr']",
    "{'a': 'one\\ntwo\\n', 'b': 'one\\n\\n two\\n', 'c': 'no end\\nof line', 'd': '\\n', 'e': ' "
    "begins\\n', "
    "'f': 'two ends\\n\\n', 'g': 'tab\\there\\n', 'h': '\\u0001', 'i': '\\u00e9\\u2028', 'j': "
    "'a\\r\\nb\\n'}",
    "[{'a': 1, 'b': [2]}, [3, [4, {'c': 5}]], {'d': {'e': 'x\\ny\\n'}}, ['x\\ny\\n']]",
    "{'a b': 1, '1': 2, 'true': 3, '': 4, 'x: y': 5, '- z': 6}",
    "['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', "
    "'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb']",
    "{'a': ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', "
    "'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', {}]}",
};

START_TEST(what_is_written_is_read_as_the_same)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *json = json_of(written[_i]), *again = NULL;
    bd_auto_str struct bd_str text = {0};
    yaml_write(json, &text);
    ck_assert_msg(yaml_parse(text.data, text.len, "f", &again, NULL, &err) == 0, "%s:\n%s",
                  err.text, text.data);
    ck_assert_msg(json_equal(json, again), "%s", text.data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tests = tcase_create("yaml");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, yaml_means_json, 0, BD_ARRAY_LEN(values));
    tcase_add_loop_test(tests, what_has_no_one_meaning_is_refused, 0, BD_ARRAY_LEN(refusals));
    tcase_add_loop_test(tests, what_is_written_is_read_as_the_same, 0, BD_ARRAY_LEN(written));
    tcase_add_test(tests, nesting_has_a_limit);
    tcase_add_test(tests, size_has_a_limit);
    tcase_add_test(tests, lines_are_found_by_pointer);
    tcase_add_test(tests, long_names_do_not_multiply);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
