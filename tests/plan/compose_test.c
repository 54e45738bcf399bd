/* Specs composed of fragments and overrides. */
#include "tests/plan/support.h"

#include "lib/plan/compose.h"

#include <string.h>

static json_t *parse(const char *apostrophes)
{
    bd_auto_free char *text = bd_xstrdup(apostrophes);
    struct bd_err err = BD_ERR_INIT;
    json_t *json = NULL;
    for (char *c = text; (c = strchr(c, '\''));)
        *c = '"';
    ck_assert_msg(bd_json_parse(text, strlen(text), &json, &err) == 0, "%s: %s", text, err.text);
    return json;
}

/* What the daemon has in these tests. */
static json_t *library(void)
{
    return parse(
        "{'cluster/small': {'spec': {'cluster': {'compute': 4, 'node': {'cpus': 0.25}}}},"
        " 'cluster/big': {'spec': {'defaults': ['cluster/small'], 'cluster': {'compute': 64}}},"
        " 'cluster/broken': {'error': 'broken.yaml:3:1: no YAML'},"
        " 'cluster/wrong': {'spec': {'cluster': {'compute': 'many'}}},"
        " 'cluster/list': {'spec': [1]},"
        " 'cluster/forward': {'spec': {'defaults': ['cluster/none']}},"
        " 'scheduler/fifo': {'spec': {'cluster': {'scheduler': {'options': {'SchedulerType': "
        "'sched/builtin'}}}}},"
        " 'loop/a': {'spec': {'defaults': ['loop/b']}}, 'loop/b': {'spec': {'defaults': "
        "['loop/a']}},"
        " 'deep/1': {'spec': {'defaults': ['deep/2']}}, 'deep/2': {'spec': {'defaults': "
        "['deep/3']}},"
        " 'deep/3': {'spec': {'defaults': ['deep/4']}}, 'deep/4': {'spec': {'defaults': "
        "['deep/5']}},"
        " 'deep/5': {'spec': {'defaults': ['deep/6']}}, 'deep/6': {'spec': {'defaults': "
        "['deep/7']}},"
        " 'deep/7': {'spec': {'defaults': ['deep/8']}}, 'deep/8': {'spec': {'defaults': "
        "['deep/9']}},"
        " 'deep/9': {'spec': {}}}");
}

/* What comes out, without the record. */
static const struct {
    const char *submitted, *spec, *merged;
} golden[] = {
    {"{'name': 'x'}", "{'name': 'x'}", ""},
    {"{'defaults': ['cluster/small']}", "{'cluster': {'compute': 4, 'node': {'cpus': 0.25}}}",
     "cluster/small"},
    /* the later wins, the spec's own over all; objects are merged, anything else is replaced */
    {"{'defaults': ['cluster/big', 'scheduler/fifo']}",
     "{'cluster': {'compute': 64, 'node': {'cpus': 0.25}, 'scheduler': {'options': "
     "{'SchedulerType': 'sched/builtin'}}}}",
     "cluster/small cluster/big scheduler/fifo"},
    {"{'defaults': ['cluster/big', 'cluster/small'], 'cluster': {'node': {'memory': '1GiB'}}}",
     "{'cluster': {'compute': 4, 'node': {'cpus': 0.25, 'memory': '1GiB'}}}",
     "cluster/small cluster/big cluster/small"},
    {"{'defaults': ['cluster/small'], 'cluster': {'compute': 2, 'node': 7}}",
     "{'cluster': {'compute': 2, 'node': 7}}", "cluster/small"},
    {"{'defaults': ['a/x'], 'fragments': {'a/x': {'exclude': [1, 2], 'factors': {'p': [1]}}}, "
     "'exclude': [3], 'factors': {'q': [2]}}",
     "{'exclude': [3], 'factors': {'p': [1], 'q': [2]}}", "a/x"},
    /* those of the request stand before the daemon's */
    {"{'defaults': ['cluster/big'], 'fragments': {'cluster/small': {'name': 'mine'}}}",
     "{'name': 'mine', 'cluster': {'compute': 64}}", "cluster/small cluster/big"},
    /* overrides */
    {"{'defaults': ['cluster/small'], 'overrides': ['cluster.compute=8', '+name=x', "
     "'++labels.a.b=yes', '~cluster.node', 'cluster.node.memory=1GiB']}",
     "{'name': 'x', 'labels': {'a.b': 'yes'}, 'cluster': {'compute': 8, 'node': {'memory': "
     "'1GiB'}}}",
     "cluster/small"},
    {"{'overrides': ['cluster.scheduler.options.A.b=1', 'factors.cluster.compute=[2, 4]', "
     "'workload={name: command, command: [echo, \\'=\\']}', 'cluster.image=', "
     "'design.seed=0x10', 'isolation=null', 'priority=1.5']}",
     "{'cluster': {'scheduler': {'options': {'A.b': 1}}, 'image': ''}, 'factors': "
     "{'cluster.compute': [2, 4]}, 'workload': {'name': 'command', 'command': ['echo', '=']}, "
     "'design': {'seed': 16}, 'isolation': null, 'priority': 1.5}",
     ""},
    {"{'cluster': {'compute': 4}, 'overrides': ['~cluster.compute=4']}", "{'cluster': {}}", ""},
    {"{'cluster': {'node': {'cpus': 1}}, 'overrides': ['cluster.node={cpus: 2}', "
     "'~cluster.node.cpus', '+cluster.node.cpus=3', 'cluster.node.cpus=4']}",
     "{'cluster': {'node': {'cpus': 4}}}", ""},
};

START_TEST(specs_are_composed)
{
    bd_auto_json json_t *all = library();
    bd_auto_json json_t *submitted = parse(golden[_i].submitted);
    bd_auto_json json_t *expected = parse(golden[_i].spec);
    bd_auto_faults struct schema_faults faults = {0};
    composition_auto struct composition c = {0};
    bd_auto_str struct bd_str merged = {0};
    int rc = compose(submitted, all, rules.schema, &c, &faults);
    bd_auto_json json_t *list = schema_faults_json(&faults);
    bd_auto_free char *told = bd_json_text(list);
    ck_assert_msg(rc == 0, "%s", told);
    json_t *record = json_object_get(c.spec, "composition"), *part;
    size_t i;
    json_array_foreach (record, i, part) {
        bd_str_addf(&merged, "%s%s", i ? " " : "", bd_json_str(part, "fragment", "?"));
        ck_assert(bd_starts_with(bd_json_str(part, "digest", ""), "sha256:"));
    }
    ck_assert_str_eq(bd_str_text(&merged), golden[_i].merged);
    json_object_del(c.spec, "composition");
    bd_auto_free char *got = bd_json_text(c.spec);
    bd_auto_free char *want = bd_json_text(expected);
    ck_assert_str_eq(got, want);
}
END_TEST

/* "POINTER | BEGIN OF WHAT IS EXPECTED". */
static const struct {
    const char *submitted, *faults[4];
} wrong[] = {
    {"{'defaults': ['cluster/tiny', 'scheduler/fifi', 'workload/x']}",
     {"/defaults/0 | one of: cluster/big, cluster/broken, cluster/forward, cluster/list, "
      "cluster/small, cluster/wrong",
      "/defaults/1 | one of: scheduler/fifo", "/defaults/2 | one of: cluster/big, "}},
    {"{'defaults': ['small', 7, 'a/b/c', '../x']}",
     {"/defaults/0 | the name of a fragment, GROUP/NAME", "/defaults/1 | the name",
      "/defaults/2 | the name", "/defaults/3 | the name"}},
    {"{'defaults': ['cluster/broken', 'cluster/list', 'cluster/forward']}",
     {"/defaults/0 | a fragment that can be read: broken.yaml:3:1",
      "/defaults/1 | a fragment that is a part of a spec",
      "/defaults/2 | in fragment cluster/forward, at /defaults/0: one of: "}},
    {"{'defaults': ['loop/a']}",
     {"/defaults/0 | in fragment loop/b, at /defaults/0: a fragment that does not lead to itself"}},
    {"{'defaults': ['a/a'], 'fragments': {'a/a': {'defaults': ['a/a', 'a/b']}, 'a/b': "
     "{'overrides': ['x=1']}}}",
     {"/fragments/a~1a/defaults/0 | a fragment that does not lead to itself",
      "/fragments/a~1a/defaults/1 | a fragment that is a part of a spec without overrides"}},
    {"{'defaults': ['deep/1']}",
     {"/defaults/0 | in fragment deep/8, at /defaults/0: fragments "
      "that name each other no deeper than 8"}},
    {"{'overrides': ['cluster.compute', '=1', 'defaults=[]', 'a..b=1']}",
     {"/overrides/0 | PATH=VALUE", "/overrides/1 | PATH=VALUE", "/overrides/2 | PATH=VALUE",
      "/overrides/3 | PATH=VALUE"}},
    {"{'cluster': {'compute': 4}, 'overrides': ['cluster.colour=red', '+cluster.compute=1', "
     "'~cluster.image', '~cluster.compute=5']}",
     {"/overrides/0 | a path that is there: no member of this name",
      "/overrides/1 | a path that is not there yet", "/overrides/2 | a path that is there: ~",
      "/overrides/3 | the value that is there, 4"}},
    {"{'cluster': {'compute': 4}, 'overrides': ['cluster.compute.x=1', 'name=[1', 'name=&a x', 7]}",
     {"/overrides/0 | a path that leads through objects only", "/overrides/1 | a value in YAML",
      "/overrides/2 | a value in YAML", "/overrides/3 | a text"}},
};

START_TEST(what_can_not_be_composed_is_told)
{
    bd_auto_json json_t *all = library();
    bd_auto_json json_t *submitted = parse(wrong[_i].submitted);
    bd_auto_faults struct schema_faults faults = {0};
    composition_auto struct composition c = {0};
    size_t n = 0;
    ck_assert_int_eq(compose(submitted, all, rules.schema, &c, &faults), BD_EINVALID);
    for (; n < BD_ARRAY_LEN(wrong[_i].faults) && wrong[_i].faults[n]; n++) {
        ck_assert_uint_lt(n, faults.n);
        bd_auto_free char *got =
            bd_xasprintf("%s | %s", faults.items[n].pointer, faults.items[n].expected);
        ck_assert_msg(bd_starts_with(got, wrong[_i].faults[n]), "%s", got);
    }
    ck_assert_uint_eq(faults.n, n);
}
END_TEST

/* 4^8 fragments would be merged. */
START_TEST(fragments_that_multiply_are_cut_off)
{
    bd_auto_json json_t *submitted = json_pack("{s:[s], s:{}}", "defaults", "a/1", "fragments");
    bd_auto_faults struct schema_faults faults = {0};
    composition_auto struct composition c = {0};
    for (int i = 1; i <= 7; i++) {
        bd_auto_free char *name = bd_xasprintf("a/%d", i);
        bd_auto_free char *next = bd_xasprintf("a/%d", i + 1);
        json_object_set_new(json_object_get(submitted, "fragments"), name,
                            json_pack("{s:[s, s, s, s]}", "defaults", next, next, next, next));
    }
    json_object_set_new(json_object_get(submitted, "fragments"), "a/8", json_object());
    ck_assert_int_eq(compose(submitted, NULL, rules.schema, &c, &faults), BD_EINVALID);
    ck_assert_str_eq(faults.items[0].expected, "at most 64 fragments in all");
}
END_TEST

START_TEST(an_override_of_very_many_names_is_refused)
{
    bd_auto_str struct bd_str text = {0};
    bd_auto_faults struct schema_faults faults = {0};
    composition_auto struct composition c = {0};
    bd_str_add(&text, "++a");
    for (int i = 0; i < 200000; i++)
        bd_str_add(&text, ".a");
    bd_str_add(&text, "=1");
    bd_auto_json json_t *submitted = json_pack("{s:[s]}", "overrides", bd_str_text(&text));
    ck_assert_int_eq(compose(submitted, NULL, rules.schema, &c, &faults), BD_EINVALID);
    ck_assert(bd_starts_with(faults.items[0].expected, "PATH=VALUE"));
}
END_TEST

START_TEST(faults_tell_where_a_value_came_from)
{
    bd_auto_json json_t *all = library();
    bd_auto_json json_t *submitted =
        parse("{'name': 'No', 'workload': {'name': 'command', 'command': ['true']}, 'defaults': "
              "['cluster/small', 'cluster/wrong'], 'overrides': ['design.seed=x']}");
    bd_auto_faults struct schema_faults faults = {0};
    composition_auto struct composition c = {0};
    bd_auto_str struct bd_str told = {0};
    struct plan *p = NULL;
    ck_assert_int_eq(compose(submitted, all, rules.schema, &c, &faults), 0);
    ck_assert_int_eq(plan_make(c.spec, &rules, &p, &faults), BD_EINVALID);
    compose_explain(&c, &faults);
    for (size_t i = 0; i < faults.n; i++) {
        const char *from = strstr(faults.items[i].expected, " (from ");
        bd_str_addf(&told, "%s%s\n", faults.items[i].pointer, from ? from : "");
    }
    ck_assert_str_eq(bd_str_text(&told), "/cluster/compute (from fragment cluster/wrong)\n"
                                         "/name\n"
                                         "/design/seed (from override design.seed=x)\n");
}
END_TEST

/* A resolved spec is composed to itself, and its plan is the same. */
START_TEST(a_composed_spec_can_be_submitted_again)
{
    bd_auto_json json_t *all = library();
    bd_auto_json json_t *submitted =
        parse("{'name': 'x', 'workload': {'name': 'command', 'command': ['true']}, 'defaults': "
              "['cluster/big', 'scheduler/fifo'], 'overrides': ['cluster.compute=8']}");
    bd_auto_faults struct schema_faults faults = {0};
    composition_auto struct composition first = {0};
    composition_auto struct composition again = {0};
    ck_assert_int_eq(compose(submitted, all, rules.schema, &first, &faults), 0);
    plan_free(make(first.spec));
    ck_assert_int_eq(compose(first.spec, NULL, rules.schema, &again, &faults), 0);
    plan_free(make(again.spec));
    ck_assert(json_equal(first.spec, again.spec));
    ck_assert_uint_eq(json_array_size(json_object_get(again.spec, "composition")), 3);
}
END_TEST

Suite *compose_suite(void)
{
    Suite *suite = suite_create("plan: composition");
    TCase *tests = tcase_create("composition");
    tcase_add_checked_fixture(tests, load_rules, unload_rules);
    tcase_add_loop_test(tests, specs_are_composed, 0, BD_ARRAY_LEN(golden));
    tcase_add_loop_test(tests, what_can_not_be_composed_is_told, 0, BD_ARRAY_LEN(wrong));
    tcase_add_test(tests, fragments_that_multiply_are_cut_off);
    tcase_add_test(tests, an_override_of_very_many_names_is_refused);
    tcase_add_test(tests, faults_tell_where_a_value_came_from);
    tcase_add_test(tests, a_composed_spec_can_be_submitted_again);
    suite_add_tcase(suite, tests);
    return suite;
}
