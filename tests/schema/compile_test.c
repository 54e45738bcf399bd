/* What is no schema, and what is said about it. */
#include "tests/schema/support.h"

struct vector {
    const char *schema, *message;
};

static const struct vector vectors[] = {
    {"{'anyOf': []}", "schema at '/anyOf': the keyword 'anyOf' is not known"},
    {"{'properties': {'a/b': {'items': {'anyOf': {}}}}}",
     "schema at '/properties/a~1b/items/anyOf': the keyword 'anyOf' is not known"},
    {"{'not': 1}", "schema at '/not': a schema is an object, true or false"},
    {"{'not': {'$ref': '#'}}", "schema at '': its references lead back to itself"},
    {"{'$defs': {'x': {'if': true}}}", "schema at '/$defs/x/if': the keyword 'if' is not known"},
    {"{'x-note': 1}", "schema at '/x-note': the keyword 'x-note' is not known"},
    {"{'items': [{}]}", "schema at '/items': a schema is an object, true or false"},
    {"7", "schema at '': a schema is an object, true or false"},
    {"{'type': 'float'}",
     "schema at '/type': a type is null, boolean, integer, number, string, array or object"},
    {"{'type': []}",
     "schema at '/type': a type is null, boolean, integer, number, string, array or object"},
    {"{'enum': []}", "schema at '/enum': an array of at least one value is needed"},
    {"{'minimum': '1'}", "schema at '/minimum': a number is needed"},
    {"{'multipleOf': 0}", "schema at '/multipleOf': a number above 0 is needed"},
    {"{'minLength': -1}", "schema at '/minLength': a whole number of at least 0 is needed"},
    {"{'maxItems': 1.5}", "schema at '/maxItems': a whole number of at least 0 is needed"},
    {"{'maxProperties': 'x'}",
     "schema at '/maxProperties': a whole number of at least 0 is needed"},
    {"{'uniqueItems': 1}", "schema at '/uniqueItems': true or false is needed"},
    {"{'required': 'a'}", "schema at '/required': an array of different strings is needed"},
    {"{'required': ['a', 'a']}", "schema at '/required': an array of different strings is needed"},
    {"{'properties': []}", "schema at '/properties': an object of schemas is needed"},
    {"{'allOf': []}", "schema at '/allOf': an array of schemas is needed"},
    {"{'oneOf': [{}, {'foo': 1}]}", "schema at '/oneOf/1/foo': the keyword 'foo' is not known"},

    /* patterns: what POSIX ERE and ECMAScript read the same */
    {"{'pattern': 1}", "schema at '/pattern': a string is needed"},
    {"{'pattern': '('}", "schema at '/pattern': pattern (: Unmatched ( or \\("},
    {"{'pattern': '[a'}", "schema at '/pattern': pattern [a: '[' has no ']'"},
    {"{'pattern': '\\\\d'}", "schema at '/pattern': pattern \\d: '\\' can only stand before a "
                             "punctuation mark; write [0-9] for \\d"},
    {"{'pattern': '(a)\\\\1'}",
     "schema at '/pattern': pattern (a)\\1: '\\' can only stand before a "
     "punctuation mark; write [0-9] for \\d"},
    {"{'pattern': '(?:a)'}", "schema at '/pattern': pattern (?:a): groups that begin with '(?' are "
                             "no part of POSIX ERE"},
    {"{'pattern': 'a*?'}", "schema at '/pattern': pattern a*?: one repetition after another means "
                           "different things in different dialects"},
    {"{'pattern': '[[:alpha:]]'}", "schema at '/pattern': pattern [[:alpha:]]: classes such as "
                                   "[:alpha:] are POSIX only; write [A-Za-z]"},
    {"{'pattern': '[\\\\]]'}",
     "schema at '/pattern': pattern [\\]]: '\\' within [] means different "
     "things in different dialects"},
    {"{'patternProperties': {'[]a]': {}}}",
     "schema at '/patternProperties': pattern []a]: ']' right after '[' means different things in "
     "different dialects"},

    /* references */
    {"{'$ref': 1}", "schema at '/$ref': a string is needed"},
    {"{'$ref': '#/$defs/x'}", "schema at '/$ref': '#/$defs/x' leads nowhere"},
    {"{'$ref': '#anchor'}",
     "schema at '/$ref': '#anchor' is no reference within this document; write '#/...'"},
    {"{'$ref': 'other.json#/x'}",
     "schema at '/$ref': 'other.json#/x' is no reference within this document; write '#/...'"},
    {"{'$ref': '#/%4'}",
     "schema at '/$ref': '#/%4' is no reference within this document; write '#/...'"},
    {"{'$ref': '#/title', 'title': 'x'}",
     "schema at '/title': a schema is an object, true or false"},
    {"{'$ref': '#'}", "schema at '': its references lead back to itself"},
    {"{'items': {'$ref': '#/$defs/a'}, '$defs': {'a': {'allOf': [{'$ref': '#/$defs/b'}]},"
     " 'b': {'oneOf': [{'$ref': '#/$defs/a'}]}}}",
     "schema at '/$defs/a': its references lead back to itself"},
    {"{'properties': {'child': {'$ref': '#'}}, 'default': {}}",
     "schema at '': its defaults contain themselves"},

    /* discriminators */
    {"{'discriminator': {'propertyName': 'k'}}",
     "schema at '/discriminator': there is no oneOf beside it"},
    {"{'oneOf': [{}], 'discriminator': {'propertyName': 'k'}}",
     "schema at '/discriminator': branch 0 of oneOf is no $ref"},
    {"{'oneOf': [{'$ref': '#/$defs/a'}], '$defs': {'a': {}}, 'discriminator': {'name': 'k'}}",
     "schema at '/discriminator': an object of propertyName and, perhaps, mapping is needed"},
    {"{'oneOf': [{'$ref': '#/$defs/a'}], '$defs': {'a': {}, 'b': {}},"
     " 'discriminator': {'propertyName': 'k', 'mapping': {'x': 'b'}}}",
     "schema at '/discriminator': a mapping leads to no branch of oneOf"},
};

START_TEST(what_is_no_schema_is_refused)
{
    bd_auto_json json_t *document = parse(vectors[_i].schema);
    struct bd_err err = BD_ERR_INIT;
    struct schema *schema = NULL;
    ck_assert_int_eq(schema_compile(document, "", &schema, &err), BD_EINVALID);
    ck_assert_str_eq(err.text, vectors[_i].message);
    ck_assert_ptr_null(schema);
}
END_TEST

START_TEST(schema_is_found_in_its_document)
{
    bd_auto_json json_t *document = parse(
        "{'a/b': [0, {'$ref': '#/types/n'}], 'types': {'n': {'type': 'null'}}, 'x-other': 1}");
    struct bd_err err = BD_ERR_INIT;
    bd_auto(schema) struct schema *schema = NULL;
    ck_assert_int_eq(schema_compile(document, "/a~1b/1", &schema, &err), 0);
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(schema_check(schema, json_null(), "", &faults));
    ck_assert(!schema_check(schema, json_true(), "", &faults));

    struct schema *none = NULL;
    ck_assert_int_eq(schema_compile(document, "/a~1b/2", &none, &err), BD_EINVALID);
    ck_assert_str_eq(err.text,
                     "schema at '/a~1b/2': there is nothing at this place of the document");
}
END_TEST

START_TEST(schema_outlives_its_document)
{
    bd_auto_json json_t *document =
        parse("{'enum': ['a', 'b'], 'properties': {'x': {'const': [1]}}, 'default': 'a'}");
    struct bd_err err = BD_ERR_INIT;
    bd_auto(schema) struct schema *schema = NULL;
    ck_assert_int_eq(schema_compile(document, "", &schema, &err), 0);
    json_array_clear(json_object_get(document, "enum"));
    json_object_clear(document);

    bd_auto_json json_t *value = json_string("b");
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert(schema_check(schema, value, "", &faults));
}
END_TEST

START_TEST(pointers_lead_where_they_say)
{
    static const struct {
        const char *pointer, *value; /* NULL: nowhere */
    } places[] = {
        {"/a/1", "2"},  {"/~1~0", "3"}, {"/", "4"},       {"/a/2", NULL}, {"/a/-1", NULL},
        {"/a/x", NULL}, {"/b", NULL},   {"/a/1/0", NULL}, {"a", NULL},
    };
    bd_auto_json json_t *document = parse("{'a': [1, 2], '/~': 3, '': 4}");
    for (size_t i = 0; i < BD_ARRAY_LEN(places); i++) {
        const json_t *found = schema_pointer_get(document, places[i].pointer);
        ck_assert_msg((found != NULL) == (places[i].value != NULL), "%s", places[i].pointer);
        bd_auto_json json_t *wanted = places[i].value ? parse(places[i].value) : NULL;
        ck_assert_msg(!found || json_equal(found, wanted), "%s", places[i].pointer);
    }
    ck_assert_ptr_eq(schema_pointer_get(document, ""), document);
}
END_TEST

Suite *compile_suite(void)
{
    Suite *suite = suite_create("schema: compile");
    TCase *tests = tcase_create("refusals");
    tcase_add_loop_test(tests, what_is_no_schema_is_refused, 0, BD_ARRAY_LEN(vectors));
    suite_add_tcase(suite, tests);
    tests = tcase_create("documents");
    tcase_add_test(tests, schema_is_found_in_its_document);
    tcase_add_test(tests, schema_outlives_its_document);
    tcase_add_test(tests, pointers_lead_where_they_say);
    suite_add_tcase(suite, tests);
    return suite;
}
