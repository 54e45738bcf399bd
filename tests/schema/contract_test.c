/* The contract itself: every schema in it compiles, and every example fits its schema. */
#include "tests/schema/support.h"

#include "contract.h"

#include <string.h>

static json_t *contract;

static void load(void)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(bd_json_parse(contract_json, contract_json_bytes, &contract, &err) == 0, "%s",
                  err.text);
}

static void unload(void)
{
    json_decref(contract);
}

static void add_step(struct bd_str *pointer, const char *name)
{
    bd_str_add(pointer, "/");
    for (; *name; name++) {
        if (*name == '/' || *name == '~')
            bd_str_add(pointer, *name == '/' ? "~1" : "~0");
        else
            bd_str_addn(pointer, name, 1);
    }
}

static struct schema *compile_at(const char *pointer)
{
    struct bd_err err = BD_ERR_INIT;
    struct schema *schema = NULL;
    ck_assert_msg(schema_compile(contract, pointer, &schema, &err) == 0, "%s", err.text);
    return schema;
}

static void assert_fits(const struct schema *schema, const json_t *value, const char *pointer)
{
    bd_auto_faults struct schema_faults faults = {0};
    schema_check(schema, value, "", &faults);
    bd_auto_str struct bd_str text = {0};
    faults_text(&faults, &text);
    ck_assert_msg(faults.n == 0, "example of %s:\n%s", pointer, bd_str_text(&text));
}

struct found {
    size_t schemas, examples;
};

/* "schema" beside "example" or "examples": a parameter, a header or a media type. */
static void judge_holder(const json_t *holder, const char *pointer, struct found *found)
{
    bd_auto_str struct bd_str at = {0};
    bd_str_addf(&at, "%s/schema", pointer);
    bd_auto(schema) struct schema *schema = compile_at(at.data);
    found->schemas++;

    const json_t *example = json_object_get(holder, "example");
    if (example) {
        assert_fits(schema, example, at.data);
        found->examples++;
    }
    const char *name;
    json_t *named;
    json_object_foreach (json_object_get(holder, "examples"), name, named) {
        assert_fits(schema, json_object_get(named, "value"), at.data);
        found->examples++;
    }
}

/* "examples" and "default" within a schema. */
static void judge_schema(const json_t *object, const char *pointer, struct found *found)
{
    const json_t *examples = json_object_get(object, "examples");
    const json_t *fallback = json_object_get(object, "default");
    if (!json_is_array(examples) && !fallback)
        return;
    bd_auto(schema) struct schema *schema = compile_at(pointer);
    for (size_t i = 0; i < json_array_size(examples); i++)
        assert_fits(schema, json_array_get(examples, i), pointer);
    if (fallback)
        assert_fits(schema, fallback, pointer);
    found->examples += json_array_size(examples);
}

static void walk(const json_t *json, const char *pointer, struct found *found)
{
    const char *name;
    json_t *member;
    json_object_foreach ((json_t *)json, name, member) {
        bd_auto_str struct bd_str at = {0};
        bd_str_add(&at, pointer);
        add_step(&at, name);
        walk(member, at.data, found);
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        bd_auto_str struct bd_str at = {0};
        bd_str_addf(&at, "%s/%zu", pointer, i);
        walk(json_array_get(json, i), at.data, found);
    }
    /* Members of a value may be called "default" and "examples" as well. */
    if (!json_is_object(json) || bd_ends_with(pointer, "/properties"))
        return;
    judge_schema(json, pointer, found);
    if (json_is_object(json_object_get(json, "schema")))
        judge_holder(json, pointer, found);
}

START_TEST(every_schema_of_the_contract_compiles_and_fits_its_examples)
{
    struct found found = {0};
    walk(contract, "", &found);

    const char *name;
    json_t *schema;
    json_object_foreach (json_object_get(json_object_get(contract, "components"), "schemas"), name,
                         schema) {
        bd_auto_free char *at = bd_xasprintf("/components/schemas/%s", name);
        schema_free(compile_at(at));
        found.schemas++;
    }
    ck_assert_uint_gt(found.schemas, 100);
    ck_assert_uint_gt(found.examples, 50);
}
END_TEST

/* A member that is allowed but never named would be a way around the contract. */
static void assert_strict(const json_t *json, const char *pointer)
{
    const json_t *properties = json_object_get(json, "properties");
    if (properties && bd_json_str(json, "type", NULL))
        ck_assert_msg(json_object_get(json, "additionalProperties") != NULL,
                      "%s allows members that it does not name", pointer);
    const char *name;
    json_t *member;
    json_object_foreach ((json_t *)json, name, member) {
        bd_auto_free char *at = bd_xasprintf("%s/%s", pointer, name);
        assert_strict(member, at);
    }
}

START_TEST(every_object_of_the_contract_is_closed)
{
    assert_strict(schema_pointer_get(contract, "/components/schemas"), "/components/schemas");
}
END_TEST

START_TEST(every_operation_has_a_name_and_a_role)
{
    static const char *const roles[] = {"viewer", "operator", "admin"};
    bd_auto_strv struct bd_strv seen = {0};
    const char *path, *method;
    json_t *item, *operation;
    json_object_foreach (json_object_get(contract, "paths"), path, item) {
        json_object_foreach (item, method, operation) {
            if (bd_str_eq(method, "parameters"))
                continue;
            const char *id = bd_json_str(operation, "operationId", NULL);
            const char *role = bd_json_str(operation, "x-role", "");
            ck_assert_msg(id && !bd_strv_has(&seen, id), "%s %s", method, path);
            bd_strv_add(&seen, id);
            bool known = false;
            for (size_t i = 0; i < BD_ARRAY_LEN(roles); i++)
                known |= bd_str_eq(role, roles[i]);
            ck_assert_msg(known, "%s has no role", id);
        }
    }
    ck_assert_uint_ge(seen.n, 21);
}
END_TEST

static const struct {
    const char *value, *faults;
} creations[] = {
    {"{}", ""},
    {"{'name': 'Big', 'compute': 0}",
     "/name | a string that matches ^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$ | \"Big\"\n"
     "/compute | an integer from 1 to 250 | 0"},
    {"{'backend': 'xen'}", "/backend | one of: lxc, host | \"xen\""},
    {"{'features': ['ids']}", "/features | an empty array | [\"ids\"]"},
    {"{'node': {'memory': '512MB'}}", "/node/memory | a string that matches "
                                      "^[1-9][0-9]{0,14}(B|KiB|MiB|GiB|TiB)?$ | \"512MB\""},
    {"{'scheduler': {'options': {'A B': [], 'SchedulerType': 'x\\ny'}}}",
     "/scheduler/options/A B | no member of this name (names match: "
     "^[A-Za-z][A-Za-z0-9_.-]{0,63}$) | []\n"
     "/scheduler/options/SchedulerType | a string of at most 1024 characters that matches ^[ "
     "-~]*$, "
     "a number or true or false | \"x\\ny\""},
};

START_TEST(faults_of_a_cluster_are_told)
{
    bd_auto(schema) struct schema *schema = compile_at("/components/schemas/ClusterCreate");
    bd_auto_json json_t *value = parse(creations[_i].value);
    bd_auto_faults struct schema_faults faults = {0};
    schema_check(schema, value, "", &faults);
    bd_auto_str struct bd_str text = {0};
    faults_text(&faults, &text);
    ck_assert_str_eq(bd_str_text(&text), creations[_i].faults);
}
END_TEST

START_TEST(smallest_cluster_gets_its_defaults)
{
    bd_auto(schema) struct schema *schema = compile_at("/components/schemas/ClusterCreate");
    bd_auto_json json_t *value = json_object();
    bd_auto_json json_t *wanted =
        parse("{'backend': 'lxc', 'image': 'debian-bookworm', 'controllers': 1, 'compute': 1,"
              " 'node': {'cpus': 1, 'memory': '512MiB'},"
              " 'scheduler': {'options': {}, 'accounting': 'none'}, 'features': [],"
              " 'admission': {'oversubscribe': false}}");
    schema_apply_defaults(schema, value);
    bd_auto_free char *text = json_dumps(value, JSON_COMPACT);
    ck_assert_msg(json_equal(value, wanted), "%s", text);
}
END_TEST

Suite *contract_suite(void)
{
    Suite *suite = suite_create("schema: the contract");
    TCase *tests = tcase_create("contract");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_schema_of_the_contract_compiles_and_fits_its_examples);
    tcase_add_test(tests, every_object_of_the_contract_is_closed);
    tcase_add_test(tests, every_operation_has_a_name_and_a_role);
    tcase_add_loop_test(tests, faults_of_a_cluster_are_told, 0, BD_ARRAY_LEN(creations));
    tcase_add_test(tests, smallest_cluster_gets_its_defaults);
    suite_add_tcase(suite, tests);
    return suite;
}
