/* Specs whose workload is defined elsewhere: defaults are filled in, and every fault is told where
 * the spec has it, by the definition's own parameters. */
#include "tests/plan/support.h"

#include "daemon/api/cell_check.h"
#include "daemon/api/definitions.h"

#include <string.h>

#define PARAMETERS                                                                                 \
    "'size': {'type': 'integer', 'minimum': 1, 'maximum': 100, 'default': 10},"                    \
    "'mode': {'type': 'string', 'enum': ['copy', 'add'], 'default': 'copy'}"

static json_t *definitions, *names;
static struct schema *schema;
static struct cell_check cells;

static json_t *json_of(const char *in_apostrophes)
{
    bd_auto_free char *text = bd_xstrdup(in_apostrophes);
    struct bd_err err = BD_ERR_INIT;
    json_t *json = NULL;
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    ck_assert_msg(bd_json_parse(text, strlen(text), &json, &err) == 0, "%s: %s", text, err.text);
    return json;
}

static void load(void)
{
    struct bd_err err = BD_ERR_INIT;
    definitions = json_of("{'stream': {'name': 'stream', 'title': 'x', 'command': ['stream',"
                          " '${size}'], 'parameters': {" PARAMETERS "}}}");
    names = json_of("{'stream': {}, 'other': {}}");
    ck_assert_msg(spec_schema_new(definitions, names, &schema, &err) == 0, "%s", err.text);
    cells = (struct cell_check){.definitions = definitions};
}

static void unload(void)
{
    json_decref(definitions);
    json_decref(names);
    schema_free(schema);
    cell_check_done(&cells);
}

static int plan(json_t *spec, struct plan **ret_plan, struct schema_faults *faults)
{
    struct plan_rules of_definitions = {.schema = schema, .check = cell_check, .arg = &cells};
    return plan_make(spec, &of_definitions, ret_plan, faults);
}

static json_t *spec_of(const char *members_in_apostrophes)
{
    bd_auto_json json_t *members = json_of(members_in_apostrophes);
    json_t *spec = json_of("{'name': 'test', 'cluster': {'compute': 4}}");
    json_object_update(spec, members);
    return spec;
}

START_TEST(defaults_are_those_of_the_definition)
{
    bd_auto(plan) struct plan *p = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    bd_auto_json json_t *spec =
        spec_of("{'workload': {'name': 'stream'}, 'factors': {'workload.size': [1, 100]}}");
    ck_assert_msg(plan(spec, &p, &faults) == 0, "%s: %s", faults.items[0].pointer,
                  faults.items[0].expected);
    bd_auto_free char *resolved = bd_json_text(json_object_get(spec, "workload"));
    ck_assert_str_eq(resolved, "{\"mode\":\"copy\",\"name\":\"stream\",\"size\":10,"
                               "\"tasksPerNode\":1,\"timeout\":\"10min\",\"warmup\":0}");
    ck_assert_uint_eq(plan_cells(p), 2);
    bd_auto_json json_t *cell = plan_cell_spec(p, 1);
    ck_assert_int_eq(bd_json_int(json_object_get(cell, "workload"), "size", 0), 100);
    ck_assert_ptr_nonnull(json_object_get(cell, "cluster"));
}
END_TEST

START_TEST(pins_stay_with_each_cell)
{
    bd_auto(plan) struct plan *p = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    bd_auto_json json_t *spec =
        spec_of("{'workload': {'name': 'stream'}, 'workloads': {'stream':"
                " 'sha256:0000000000000000000000000000000000000000000000000000000000000001'}}");
    ck_assert_int_eq(plan(spec, &p, &faults), 0);
    bd_auto_json json_t *cell = plan_cell_spec(p, 0);
    ck_assert(json_equal(json_object_get(cell, "workloads"), json_object_get(spec, "workloads")));
}
END_TEST

START_TEST(faults_are_told_where_the_spec_has_them)
{
    static const struct {
        const char *members, *pointer, *expected;
    } vectors[] = {
        {"{'workload': {'name': 'stream', 'size': 0}}", "/workload/size",
         "an integer from 1 to 100"},
        {"{'workload': {'name': 'stream', 'sise': 1}}", "/workload/sise", "did you mean 'size'?"},
        {"{'workload': {'name': 'stream', 'command': ['x']}}", "/workload/command", "no member"},
        {"{'workload': {'name': 'stream', 'mode': 'scale'}}", "/workload/mode",
         "one of: copy, add"},
        {"{'workload': {'name': 'streem'}}", "/workload/name",
         "one of: command, jobstream, swf, other, stream"},
        {"{'workload': {'name': 'stream'}, 'factors': {'workload.size': [1, 'two']}}",
         "/factors/workload.size/1", "an integer from 1 to 100"},
        {"{'workload': {'name': 'stream'}, 'cells': [{'workload.size': 101}]}",
         "/cells/0/workload.size", "an integer from 1 to 100"},
        {"{'workload': {'name': 'stream', 'nodes': 5}}", "/workload/nodes", "from 1 to 4 nodes"},
        {"{'workload': {'name': 'stream'}, 'factors': {'workload.tasksPerNode': [1, 3]}}",
         "/factors/workload.tasksPerNode/1", "from 4 to 4 tasks"},
        {"{'workload': {'name': 'stream', 'timeout': '200h'}}", "/workload/timeout",
         "at most 168h"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct plan *p = NULL;
        bd_auto_faults struct schema_faults faults = {0};
        bd_auto_json json_t *spec = spec_of(vectors[i].members);
        ck_assert_msg(plan(spec, &p, &faults) < 0, "%s", vectors[i].members);
        ck_assert_msg(faults.n == 1, "%s: %zu faults", vectors[i].members, faults.n);
        ck_assert_str_eq(faults.items[0].pointer, vectors[i].pointer);
        ck_assert_msg(strstr(faults.items[0].expected, vectors[i].expected), "%s: %s",
                      vectors[i].members, faults.items[0].expected);
    }
}
END_TEST

START_TEST(schemas_of_what_benchd_knows_stand_by_themselves)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *contract = contract_json_of();
    bd_auto_json json_t *builtin = spec_schemas_builtin(contract);
    for (size_t i = 0; workloads[i]; i++) {
        bd_auto(schema) struct schema *own = NULL;
        bd_auto_faults struct schema_faults faults = {0};
        bd_auto_json json_t *some = json_of("{'name': 'command', 'command': ['true']}");
        const json_t *of = json_object_get(builtin, workloads[i]->name);
        bd_auto_free char *text = bd_json_text(of);
        ck_assert_msg(strstr(text, "$ref") == NULL, "%s", workloads[i]->name);
        ck_assert_msg(schema_compile(of, "", &own, &err) == 0, "%s", err.text);
        ck_assert_int_eq(schema_check(own, some, "", &faults),
                         bd_str_eq(workloads[i]->name, "command"));
    }
}
END_TEST

Suite *definitions_suite(void)
{
    Suite *suite = suite_create("plan: definitions");
    TCase *tests = tcase_create("definitions");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_add_test(tests, defaults_are_those_of_the_definition);
    tcase_add_test(tests, pins_stay_with_each_cell);
    tcase_add_test(tests, faults_are_told_where_the_spec_has_them);
    tcase_add_test(tests, schemas_of_what_benchd_knows_stand_by_themselves);
    suite_add_tcase(suite, tests);
    return suite;
}
