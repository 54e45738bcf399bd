/* What fits a schema and what does not, with every fault's pointer and words. */
#include "tests/schema/support.h"

struct vector {
    const char *schema, *value, *faults; /* faults "": it fits */
};

#define FORMS                                                                                      \
    "{'oneOf': [{'type': 'object', 'required': ['a'], 'properties': {'a': {'type': 'integer'}},"   \
    " 'additionalProperties': false}, {'type': 'array', 'items': {'type': 'integer'}},"            \
    " {'type': 'object', 'required': ['b', 'c', 'd'], 'additionalProperties': false}]}"
#define SHAPES                                                                                     \
    "{'oneOf': [{'$ref': '#/$defs/Circle'}, {'$ref': '#/$defs/Square'}],"                          \
    " 'discriminator': {'propertyName': 'kind', 'mapping': {'round': '#/$defs/Circle'}},"          \
    " '$defs': {'Circle': {'required': ['kind', 'r'], 'properties': {'kind': {},"                  \
    " 'r': {'type': 'number'}}}, 'Square': {'required': ['kind', 'side']}}}"
#define TREE                                                                                       \
    "{'type': 'object', 'required': ['name'], 'properties': {'name': {'type': 'string'},"          \
    " 'children': {'type': 'array', 'items': {'$ref': '#'}}}, 'additionalProperties': false}"

static const struct vector vectors[] = {
    /* type */
    {"{'type': 'null'}", "null", ""},
    {"{'type': 'null'}", "0", " | null | 0"},
    {"{'type': 'boolean'}", "false", ""},
    {"{'type': 'boolean'}", "'true'", " | true or false | \"true\""},
    {"{'type': 'integer'}", "4", ""},
    {"{'type': 'integer'}", "4.0", ""},
    {"{'type': 'integer'}", "1e300", ""},
    {"{'type': 'integer'}", "4.5", " | an integer | 4.5"},
    {"{'type': 'number'}", "4", ""},
    {"{'type': 'number'}", "null", " | a number | null"},
    {"{'type': 'string'}", "''", ""},
    {"{'type': 'string'}", "1", " | a string | 1"},
    {"{'type': 'array'}", "{}", " | an array | {}"},
    {"{'type': 'object'}", "[1,2]", " | an object | [1,2]"},
    {"{'type': ['string', 'null']}", "null", ""},
    {"{'type': ['string', 'number', 'boolean']}", "[]",
     " | a string, a number or true or false | []"},
    {"{'type': ['integer', 'null'], 'minimum': 0}", "-1",
     " | an integer of at least 0 or null | -1"},
    {"true", "[1]", ""},
    {"false", "[1]", " | nothing | [1]"},

    /* enum, const: by value */
    {"{'enum': ['lxc', 'qemu']}", "'qemu'", ""},
    {"{'enum': ['lxc', 'qemu']}", "'xen'", " | one of: lxc, qemu | \"xen\""},
    {"{'enum': ['lxc']}", "1", " | exactly: lxc | 1"},
    {"{'enum': [1, [2, {'a': null}], false]}", "1.0", ""},
    {"{'enum': [1, [2, {'a': null}], false]}", "[2.0, {'a': null}]", ""},
    {"{'enum': [1, [2, {'a': null}], false]}", "0", " | one of: 1, [2,{\"a\":null}], false | 0"},
    {"{'const': {'a': 1, 'b': 2}}", "{'b': 2, 'a': 1.0}", ""},
    {"{'const': 'ok'}", "'no'", " | exactly: ok | \"no\""},
    {"{'const': 9007199254740993}", "9007199254740992.0",
     " | exactly: 9007199254740993 | 9007199254740992.0"},

    /* bounds of numbers */
    {"{'type': 'integer', 'minimum': 1, 'maximum': 512}", "1", ""},
    {"{'type': 'integer', 'minimum': 1, 'maximum': 512}", "512", ""},
    {"{'type': 'integer', 'minimum': 1, 'maximum': 512}", "0", " | an integer from 1 to 512 | 0"},
    {"{'type': 'integer', 'minimum': 1, 'maximum': 512}", "513",
     " | an integer from 1 to 512 | 513"},
    {"{'type': 'integer', 'minimum': 1, 'maximum': 512}", "2.5",
     " | an integer from 1 to 512 | 2.5"},
    {"{'minimum': 0.01}", "0.009", " | a number of at least 0.01 | 0.009"},
    {"{'minimum': 0.01}", "'x'", ""},
    {"{'maximum': 3}", "3.0", ""},
    {"{'maximum': 3}", "3.1", " | a number of at most 3 | 3.1"},
    {"{'exclusiveMinimum': 0}", "0", " | a number above 0 | 0"},
    {"{'exclusiveMinimum': 0}", "1e-300", ""},
    {"{'exclusiveMaximum': 1}", "1.0", " | a number below 1 | 1.0"},
    {"{'exclusiveMinimum': 0, 'exclusiveMaximum': 1}", "5", " | a number above 0 and below 1 | 5"},
    {"{'exclusiveMinimum': 0, 'maximum': 1}", "5", " | a number above 0 and of at most 1 | 5"},
    {"{'minimum': 9223372036854775807}", "9223372036854775806",
     " | a number of at least 9223372036854775807 | 9223372036854775806"},
    {"{'maximum': 9223372036854775807}", "1e19",
     " | a number of at most 9223372036854775807 | 1e19"},
    {"{'minimum': -9223372036854775808}", "-1e19",
     " | a number of at least -9223372036854775808 | -1e19"},
    {"{'maximum': 9007199254740992.0}", "9007199254740993",
     " | a number of at most 9007199254740992.0 | 9007199254740993"},
    {"{'multipleOf': 5}", "10", ""},
    {"{'multipleOf': 5}", "11", " | a number that is a multiple of 5 | 11"},
    {"{'multipleOf': 0.01}", "4.35", ""},
    {"{'multipleOf': 0.5}", "1e308", ""},
    {"{'multipleOf': 0.01}", "4.355", " | a number that is a multiple of 0.01 | 4.355"},
    {"{'type': 'integer', 'multipleOf': 0.123456789}", "1e308",
     " | an integer that is a multiple of 0.123456789 | 1e308"},

    /* strings: code points, not bytes */
    {"{'minLength': 2}", "'\xc3\xa9\xc3\xa9'", ""},
    {"{'minLength': 2}", "'\xc3\xa9'", " | a string of at least 2 characters | \"\xc3\xa9\""},
    {"{'maxLength': 1}", "'\xf0\x9f\x98\x80'", ""},
    {"{'maxLength': 1}", "'ab'", " | a string of at most 1 character | \"ab\""},
    {"{'minLength': 1, 'maxLength': 40}", "''", " | a string of 1 to 40 characters | \"\""},
    {"{'minLength': 4, 'maxLength': 4}", "'abc'", " | a string of 4 characters | \"abc\""},
    {"{'minLength': 1}", "[]", ""},
    {"{'pattern': '^[a-z]+$'}", "'abc'", ""},
    {"{'pattern': '^[a-z]+$'}", "'abc1'", " | a string that matches ^[a-z]+$ | \"abc1\""},
    {"{'pattern': '^[a-z]+$'}", "'abc\\n'", " | a string that matches ^[a-z]+$ | \"abc\\n\""},
    {"{'pattern': '^[a-z]+$'}", "'abc\\u0000'",
     " | a string that matches ^[a-z]+$ | \"abc\\u0000\""},
    {"{'pattern': 'b'}", "'abc'", ""},
    {"{'pattern': '^.{2}$'}", "'\xc3\xa9\xf0\x9f\x98\x80'", ""},
    {"{'pattern': '^(\xf0\x9f\x98\x80)*$'}", "'\xf0\x9f\x98\x80\xf0\x9f\x98\x80'", ""},
    {"{'pattern': '^[a-c]$'}", "'B'", " | a string that matches ^[a-c]$ | \"B\""},
    {"{'pattern': '^[a-z]$'}", "'\xc3\xa9'", " | a string that matches ^[a-z]$ | \"\xc3\xa9\""},
    {"{'pattern': '^/', 'maxLength': 9}", "'a'",
     " | a string of at most 9 characters that matches ^/ | \"a\""},

    /* arrays */
    {"{'maxItems': 0}", "[]", ""},
    {"{'maxItems': 0}", "[1]", " | an empty array | [1]"},
    {"{'minItems': 1}", "[]", " | an array of at least 1 item | []"},
    {"{'minItems': 1, 'maxItems': 2, 'items': {'type': 'string'}}", "['a', 2, 'c']",
     " | an array of 1 to 2 items | [\"a\",2,\"c\"]\n/1 | a string | 2"},
    {"{'items': {'type': 'integer'}}", "[1, 'x', 2, null]",
     "/1 | an integer | \"x\"\n/3 | an integer | null"},
    {"{'items': false}", "[7]", "/0 | nothing | 7"},
    {"{'uniqueItems': true}", "[1, 2, '1', true, [1], {'a': 1}]", ""},
    {"{'uniqueItems': true}", "['x', 1, 'y', 1.0, 'x', 1]",
     "/4 | an item unlike item 0 | \"x\"\n/3 | an item unlike item 1 | 1.0\n"
     "/5 | an item unlike item 1 | 1"},
    {"{'uniqueItems': true}", "[{'a': 1, 'b': [0]}, {'b': [0.0], 'a': 1}]",
     "/1 | an item unlike item 0 | {\"b\":[0.0],\"a\":1}"},
    {"{'uniqueItems': false}", "[1, 1]", ""},

    /* objects */
    {"{'required': ['image', 'node']}", "{'node': 1}", " | required member 'image' | -"},
    {"{'required': ['image', 'node']}", "{}",
     " | required member 'image' | -\n | required member 'node' | -"},
    {"{'required': ['image']}", "[]", ""},
    {"{'minProperties': 1}", "{}", " | an object of at least 1 member | {}"},
    {"{'maxProperties': 1, 'properties': {'a': {'type': 'null'}}}", "{'a': 1, 'b': 2}",
     " | an object of at most 1 member | {\"a\":1,\"b\":2}\n/a | null | 1"},
    {"{'properties': {'a': {'type': 'string'}, 'b/c': {'type': 'string'}, '~': {'type': "
     "'string'}}}",
     "{'a': 1, 'b/c': 2, '~': 3, 'other': 4}",
     "/a | a string | 1\n/b~1c | a string | 2\n/~0 | a string | 3"},
    {"{'properties': {'node': {}, 'compute': {}}, 'additionalProperties': false}", "{'nodes': 1}",
     "/nodes | no member of this name (known: node, compute); did you mean 'node'? | 1"},
    {"{'properties': {'schedulerCpus': {}}, 'additionalProperties': false}",
     "{'scheduler_cpus': 1}",
     "/scheduler_cpus | no member of this name (known: schedulerCpus); "
     "did you mean 'schedulerCpus'? | 1"},
    {"{'properties': {'id': {}}, 'additionalProperties': false}", "{'x': 1}",
     "/x | no member of this name (known: id) | 1"},
    {"{'additionalProperties': false}", "{'x': 1}", "/x | no member of this name | 1"},
    {"{'additionalProperties': {'type': 'integer'}}", "{'x': 1, 'y': 'z'}",
     "/y | an integer | \"z\""},
    {"{'patternProperties': {'^x-': {'type': 'integer'}, 'y$': {'minimum': 9}}}",
     "{'x-y': 1, 'z': 0}", "/x-y | a number of at least 9 | 1"},
    {"{'patternProperties': {'^[A-Z]+$': {}}, 'additionalProperties': false}", "{'Ab': 1}",
     "/Ab | no member of this name (names match: ^[A-Z]+$) | 1"},
    {"{'properties': {'a': {}}, 'patternProperties': {'^x': {}}, 'additionalProperties': false}",
     "{'b': []}", "/b | no member of this name (known: a, and those that match: ^x) | []"},
    {"{'properties': {'a': {'properties': {'b': {'items': {'type': 'null'}}}}}}",
     "{'a': {'b': [null, 3]}}", "/a/b/1 | null | 3"},

    /* not */
    {"{'not': {'enum': ['a', 'b']}}", "'c'", ""},
    {"{'not': {'enum': ['a', 'b']}}", "'b'", " | anything but one of: a, b | \"b\""},
    {"{'items': {'not': {'required': ['a']}}}", "[{'b': 1}, {'a': 1}]",
     "/1 | anything but an object | {\"a\":1}"},
    {"{'not': {'not': {'type': 'null'}}}", "null", ""},

    /* allOf, $ref */
    {"{'allOf': [{'minimum': 1}, {'maximum': 0}]}", "0.5",
     " | a number of at least 1 | 0.5\n | a number of at most 0 | 0.5"},
    {"{'allOf': [{'type': 'object'}, {'required': ['a']}]}", "{}", " | required member 'a' | -"},
    {"{'$ref': '#/$defs/a%25~1b', '$defs': {'a%/b': {'type': 'null'}}}", "1", " | null | 1"},
    {"{'$ref': '#/$defs/n', 'maximum': 3, '$defs': {'n': {'minimum': 5}}}", "4",
     " | a number of at most 3 | 4"},
    {"{'$ref': '#/$defs/n', 'maximum': 3, '$defs': {'n': {'minimum': 2}}}", "1",
     " | a number of at least 2 | 1"},
    {TREE, "{'name': 'r', 'children': [{'name': 'a', 'children': []}]}", ""},
    {TREE, "{'name': 'r', 'children': [{'name': 'a', 'children': [{'nam': 'x'}]}]}",
     "/children/0/children/0 | required member 'name' | -\n/children/0/children/0/nam | "
     "no member of this name (known: name, children); did you mean 'name'? | \"x\""},

    /* oneOf: plain */
    {FORMS, "{'a': 1}", ""},
    {FORMS, "{'a': 'x'}", "/a | an integer | \"x\""},
    {FORMS, "{}", " | required member 'a' | -"},
    {FORMS, "[1, 'x']", "/1 | an integer | \"x\""},
    {FORMS, "'x'", " | an object or an array or an object | \"x\""},
    {"{'oneOf': [{'type': 'string', 'pattern': '^a'}, {'type': 'null'}]}", "5",
     " | a string that matches ^a or null | 5"},
    {"{'oneOf': [{'type': 'string', 'pattern': '^a'}, {'type': 'null'}]}", "'b'",
     " | a string that matches ^a | \"b\""},
    {"{'oneOf': [{'$ref': '#/$defs/s'}, {'type': 'null'}], '$defs': {'s': {'type': 'string'}}}",
     "5", " | a string or null | 5"},
    {"{'oneOf': [{'minimum': 1}, {'maximum': 3}]}", "4", ""},
    {"{'oneOf': [{'minimum': 1}, {'maximum': 3}]}", "2",
     " | a value that fits only one of the forms that are possible here | 2"},

    /* oneOf: by discriminator */
    {SHAPES, "{'kind': 'round', 'r': 1}", ""},
    {SHAPES, "{'kind': 'Square', 'side': 1}", ""},
    {SHAPES, "{'kind': 'round', 'side': 1}", " | required member 'r' | -"},
    {SHAPES, "{'kind': 'Square', 'r': 1}", " | required member 'side' | -"},
    {SHAPES, "{'kind': 'flat'}", "/kind | one of: round, Square | \"flat\""},
    {SHAPES, "{'kind': 3}", "/kind | one of: round, Square | 3"},
    {SHAPES, "{'r': 3}", " | required member 'kind' | -"},
    {SHAPES, "[]", " | an object | []"},

    /* annotations say nothing about values */
    {"{'title': 't', 'description': 'd', 'examples': [1], 'format': 'date', 'deprecated': true,"
     " 'readOnly': true, 'default': 3}",
     "'x'", ""},
};

START_TEST(value_is_judged)
{
    const struct vector *v = &vectors[_i];
    bd_auto(schema) struct schema *schema = compile(v->schema);
    bd_auto_json json_t *value = parse(v->value);
    bd_auto_faults struct schema_faults faults = {0};
    bool ok = schema_check(schema, value, "", &faults);

    bd_auto_str struct bd_str got = {0};
    faults_text(&faults, &got);
    ck_assert_msg(bd_str_eq(bd_str_text(&got), v->faults), "%s of %s\nwanted:\n%s\ngot:\n%s",
                  v->value, v->schema, v->faults, bd_str_text(&got));
    ck_assert(ok == (faults.n == 0));
    ck_assert(!faults.more);
}
END_TEST

START_TEST(faults_stand_below_the_prefix)
{
    bd_auto(schema) struct schema *schema = compile("{'items': {'type': 'null'}, 'maxItems': 0}");
    bd_auto_json json_t *value = parse("[1]");
    bd_auto_faults struct schema_faults faults = {0};
    schema_faults_add(&faults, "/before", NULL, "%d things", 2);
    ck_assert(!schema_check(schema, value, "/query/x", &faults));

    bd_auto_json json_t *list = schema_faults_json(&faults);
    bd_auto_json json_t *wanted =
        parse("[{'pointer': '/before', 'expected': '2 things'},"
              " {'pointer': '/query/x', 'expected': 'an empty array', 'got': '[1]'},"
              " {'pointer': '/query/x/0', 'expected': 'null', 'got': '1'}]");
    ck_assert(json_equal(list, wanted));
}
END_TEST

static const struct vector defaults[] = {
    {"{'properties': {'a': {'default': 1}, 'b': {'default': [2]}, 'c': {}}}", "{'a': 5}",
     "{'a': 5, 'b': [2]}"},
    {"{'properties': {'a': {'default': 1}}}", "{'a': null}", "{'a': null}"},
    {"{'properties': {'a': {'default': 1}}}", "[]", "[]"},
    /* through what is made by default, references and allOf */
    {"{'properties': {'node': {'$ref': '#/$defs/node'}}, '$defs': {'node': {'default': {},"
     " 'properties': {'cpus': {'default': 1}, 'memory': {'allOf': [{'default': 'x'}]}}}}}",
     "{}", "{'node': {'cpus': 1, 'memory': 'x'}}"},
    {"{'allOf': [{'properties': {'a': {'default': 1}}}, {'properties': {'b': {'default': 2}}}]}",
     "{}", "{'a': 1, 'b': 2}"},
    {"{'items': {'properties': {'a': {'default': 1}}}}", "[{}, {'a': 2}]", "[{'a': 1}, {'a': 2}]"},
    {"{'additionalProperties': {'properties': {'a': {'default': 1}}}}", "{'x': {}}",
     "{'x': {'a': 1}}"},
    {"{'patternProperties': {'^x': {'properties': {'a': {'default': 1}}}},"
     " 'additionalProperties': {'properties': {'a': {'default': 2}}}}",
     "{'x': {}, 'y': {}}", "{'x': {'a': 1}, 'y': {'a': 2}}"},
    /* of the branch that fits, only */
    {"{'oneOf': [{'required': ['a'], 'properties': {'d': {'default': 1}}},"
     " {'required': ['b'], 'properties': {'d': {'default': 2}}}]}",
     "{'b': 0}", "{'b': 0, 'd': 2}"},
    {"{'oneOf': [{'$ref': '#/$defs/A'}, {'$ref': '#/$defs/B'}], 'discriminator': {'propertyName': "
     "'k'},"
     " '$defs': {'A': {'properties': {'d': {'default': 1}}}, 'B': {'properties': {'d': {'default': "
     "2}}}}}",
     "{'k': 'B'}", "{'k': 'B', 'd': 2}"},
};

START_TEST(defaults_are_filled_in)
{
    const struct vector *v = &defaults[_i];
    bd_auto(schema) struct schema *schema = compile(v->schema);
    bd_auto_json json_t *value = parse(v->value);
    bd_auto_json json_t *wanted = parse(v->faults);
    schema_apply_defaults(schema, value);
    bd_auto_free char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    ck_assert_msg(json_equal(value, wanted), "%s of %s\nwanted: %s\ngot: %s", v->value, v->schema,
                  v->faults, text);
}
END_TEST

START_TEST(default_is_not_shared_by_values)
{
    bd_auto(schema) struct schema *schema = compile("{'properties': {'a': {'default': []}}}");
    bd_auto_json json_t *first = json_object();
    bd_auto_json json_t *second = json_object();
    schema_apply_defaults(schema, first);
    json_array_append_new(json_object_get(first, "a"), json_integer(1));
    schema_apply_defaults(schema, second);
    ck_assert_uint_eq(json_array_size(json_object_get(second, "a")), 0);
}
END_TEST

Suite *check_suite(void)
{
    Suite *suite = suite_create("schema: check");
    TCase *tests = tcase_create("vectors");
    tcase_add_loop_test(tests, value_is_judged, 0, BD_ARRAY_LEN(vectors));
    tcase_add_loop_test(tests, defaults_are_filled_in, 0, BD_ARRAY_LEN(defaults));
    tcase_add_test(tests, faults_stand_below_the_prefix);
    tcase_add_test(tests, default_is_not_shared_by_values);
    suite_add_tcase(suite, tests);
    return suite;
}
