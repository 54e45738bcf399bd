/* Values that are made to hurt: the answer comes, is short, and says what is wrong. */
#include "tests/schema/support.h"

#include <string.h>

static size_t faults_bytes(const struct schema_faults *f)
{
    bd_auto_json json_t *list = schema_faults_json(f);
    bd_auto_free char *text = json_dumps(list, JSON_COMPACT);
    return strlen(text);
}

START_TEST(unknown_members_are_listed_up_to_a_limit)
{
    bd_auto(schema) struct schema *schema =
        compile("{'properties': {'known': {}}, 'additionalProperties': false}");
    bd_auto_json json_t *value = json_object();
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "k%d", i);
        json_object_set_new(value, name, json_integer(i));
    }
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(!schema_check(schema, value, "", &faults));
    ck_assert_uint_eq(faults.n, SCHEMA_FAULTS_MAX);
    ck_assert(faults.more);
    ck_assert_str_eq(faults.items[99].pointer, "/k99");
}
END_TEST

START_TEST(as_many_faults_as_the_limit_are_not_more)
{
    bd_auto(schema) struct schema *schema = compile("{'items': {'type': 'null'}}");
    bd_auto_json json_t *value = json_array();
    for (int i = 0; i < SCHEMA_FAULTS_MAX; i++)
        json_array_append_new(value, json_true());
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(!schema_check(schema, value, "", &faults));
    ck_assert_uint_eq(faults.n, SCHEMA_FAULTS_MAX);
    ck_assert(!faults.more);
}
END_TEST

static json_t *nested(unsigned depth)
{
    json_t *value = json_array();
    for (unsigned i = 1; i < depth; i++)
        value = json_pack("[o]", value);
    return value;
}

START_TEST(value_is_followed_64_levels_deep)
{
    bd_auto(schema) struct schema *schema = compile("{'type': 'array', 'items': {'$ref': '#'}}");
    bd_auto_json json_t *deep = nested(64);
    bd_auto_json json_t *deeper = nested(1000);
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(schema_check(schema, deep, "", &faults));
    ck_assert(!schema_check(schema, deeper, "", &faults));
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_str_eq(faults.items[0].expected,
                     "nothing that is nested so deep (at most 64 levels)");
}
END_TEST

START_TEST(long_text_is_cut_at_a_character)
{
    bd_auto(schema) struct schema *schema = compile("{'type': 'integer'}");
    bd_auto_str struct bd_str text = {0};
    for (int i = 0; i < 500000; i++)
        bd_str_add(&text, "\xc3\xa9");
    bd_auto_json json_t *value = json_string(text.data);
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(!schema_check(schema, value, "", &faults));

    bd_auto_str struct bd_str wanted = {0};
    bd_str_add(&wanted, "\"");
    for (int i = 0; i < 76; i++)
        bd_str_add(&wanted, "\xc3\xa9");
    bd_str_add(&wanted, "...");
    ck_assert_str_eq(faults.items[0].got, wanted.data);
}
END_TEST

START_TEST(text_of_80_characters_is_not_cut)
{
    bd_auto(schema) struct schema *schema = compile("{'type': 'integer'}");
    bd_auto_str struct bd_str text = {0};
    for (int i = 0; i < 78; i++)
        bd_str_add(&text, "x");
    bd_auto_json json_t *value = json_string(text.data);
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(!schema_check(schema, value, "", &faults));
    ck_assert_uint_eq(strlen(faults.items[0].got), 80);
    ck_assert_ptr_null(strstr(faults.items[0].got, "..."));
}
END_TEST

/* A client's text comes to the list by other ways, too. */
START_TEST(what_is_added_by_hand_is_cut)
{
    bd_auto_str struct bd_str text = {0};
    for (int i = 0; i < 500000; i++)
        bd_str_add(&text, "\xc3\xa9");
    bd_auto_faults struct schema_faults faults = {0};
    schema_faults_add(&faults, text.data, text.data, "less");
    ck_assert_uint_le(strlen(faults.items[0].pointer), 1024);
    ck_assert_uint_ge(strlen(faults.items[0].pointer), 1020);
    ck_assert_uint_eq(strlen(faults.items[0].got), 77 * 2 + 3);
    ck_assert(bd_is_utf8(faults.items[0].pointer, strlen(faults.items[0].pointer)));
}
END_TEST

START_TEST(long_names_do_not_multiply)
{
    bd_auto(schema) struct schema *schema =
        compile("{'additionalProperties': {'additionalProperties': {'type': 'null'}}}");
    bd_auto_str struct bd_str name = {0};
    for (int i = 0; i < 500000; i++)
        bd_str_add(&name, "/");
    bd_auto_json json_t *inner = json_object();
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", i);
        json_object_set_new(inner, key, json_integer(i));
    }
    bd_auto_json json_t *value = json_object();
    json_object_set(value, name.data, inner);
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(!schema_check(schema, value, "", &faults));
    ck_assert_uint_eq(faults.n, SCHEMA_FAULTS_MAX);
    ck_assert_uint_le(strlen(faults.items[0].pointer), 1024);
    ck_assert_uint_lt(faults_bytes(&faults), 120000);
}
END_TEST

START_TEST(long_unknown_name_gets_no_suggestion)
{
    bd_auto(schema) struct schema *schema =
        compile("{'properties': {'known': {}}, 'additionalProperties': false}");
    bd_auto_str struct bd_str name = {0};
    for (int i = 0; i < 500000; i++)
        bd_str_add(&name, "k");
    bd_auto_json json_t *value = json_object();
    json_object_set_new(value, name.data, json_null());
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(!schema_check(schema, value, "", &faults));
    ck_assert_str_eq(faults.items[0].expected, "no member of this name (known: known)");
}
END_TEST

/* Many equal hashes or many equal items are no way to make this quadratic: 200,000 compared each
 * with each would take minutes, and the runner's time limit ends the test. */
START_TEST(many_items_are_compared)
{
    bd_auto(schema) struct schema *schema = compile("{'uniqueItems': true}");
    bd_auto_json json_t *value = json_array();
    for (int i = 0; i < 200000; i++)
        json_array_append_new(value, json_integer(i));
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(schema_check(schema, value, "", &faults));
    for (int i = 0; i < 200000; i++)
        json_array_set_new(value, (size_t)i, json_integer(7));
    ck_assert(!schema_check(schema, value, "", &faults));
    ck_assert_uint_eq(faults.n, SCHEMA_FAULTS_MAX);
    ck_assert(faults.more);
}
END_TEST

/* Both branches go on into the value, so that each level doubles the work: 2^60 without a limit. */
START_TEST(branches_do_not_explode)
{
    bd_auto(schema) struct schema *schema =
        compile("{'type': 'array', 'oneOf': [{'items': {'$ref': '#'}, 'maxItems': 1},"
                " {'items': {'$ref': '#'}, 'minItems': 1}]}");
    bd_auto_json json_t *value = nested(60);
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(!schema_check(schema, value, "", &faults));
    ck_assert_uint_ge(faults.n, 1);
    ck_assert_str_eq(faults.items[faults.n - 1].expected,
                     "a simpler value; this one takes too long to check");
}
END_TEST

START_TEST(pattern_on_long_text_ends)
{
    bd_auto(schema) struct schema *schema = compile("{'pattern': '^(a|a|b)*c$'}");
    bd_auto_str struct bd_str text = {0};
    for (int i = 0; i < 100000; i++)
        bd_str_add(&text, "a");
    bd_auto_json json_t *value = json_string(text.data);
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(!schema_check(schema, value, "", &faults));
}
END_TEST

Suite *hostile_suite(void)
{
    Suite *suite = suite_create("schema: hostile values");
    TCase *tests = tcase_create("hostile");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, unknown_members_are_listed_up_to_a_limit);
    tcase_add_test(tests, as_many_faults_as_the_limit_are_not_more);
    tcase_add_test(tests, value_is_followed_64_levels_deep);
    tcase_add_test(tests, long_text_is_cut_at_a_character);
    tcase_add_test(tests, text_of_80_characters_is_not_cut);
    tcase_add_test(tests, what_is_added_by_hand_is_cut);
    tcase_add_test(tests, long_names_do_not_multiply);
    tcase_add_test(tests, long_unknown_name_gets_no_suggestion);
    tcase_add_test(tests, many_items_are_compared);
    tcase_add_test(tests, branches_do_not_explode);
    tcase_add_test(tests, pattern_on_long_text_ends);
    suite_add_tcase(suite, tests);
    return suite;
}
