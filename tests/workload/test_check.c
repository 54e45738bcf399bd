/* What a schema can't say of a workload and of hooks is told at submission, each fault at its
 * place. */
#include "lib/workload/workload.h"
#include "tests/base/unit.h"

#include <string.h>

struct vector {
    const char *json;
    const char *pointer,
        *expected; /* of the only fault, a part of what would be right; NULL: none */
};

static void check_faults(size_t i, const struct schema_faults *faults, const struct vector *v)
{
    if (!v->pointer) {
        ck_assert_msg(faults->n == 0, "vector %zu: %s: %s", i, faults->items[0].pointer,
                      faults->items[0].expected);
        return;
    }
    ck_assert_msg(faults->n == 1, "vector %zu: %zu faults", i, faults->n);
    ck_assert_str_eq(faults->items[0].pointer, v->pointer);
    ck_assert_msg(strstr(faults->items[0].expected, v->expected), "vector %zu: %s", i,
                  faults->items[0].expected);
}

/* In the tables ' stands for ". */
static json_t *parse(const char *table_text)
{
    json_error_t why;
    bd_auto_free char *text = bd_xstrdup(table_text);
    for (char *s = text; *s; s++)
        *s = *s == '\'' ? '"' : *s;
    json_t *json = json_loads(text, 0, &why);
    ck_assert_msg(json != NULL, "%s: %s", text, why.text);
    return json;
}

static const struct cluster_spec cluster = {
    .controllers = 1, .compute = 4, .scheduler_cpus = 2, .memory_bytes = UINT64_C(256) << 20};

START_TEST(test_command)
{
    static const struct vector vectors[] = {
        {"{'command': ['hostname']}", NULL, NULL},
        {"{'command': ['hostname'], 'nodes': 4, 'tasks': 8}", NULL, NULL},
        {"{'command': ['hostname'], 'nodes': 5}", "/workload/nodes", "from 1 to 4"},
        {"{'command': ['hostname'], 'nodes': 0}", "/workload/nodes", "from 1 to 4"},
        {"{'command': ['hostname'], 'nodes': 3, 'tasks': 2}", "/workload/tasks", "from 3 to 6"},
        {"{'command': ['hostname'], 'nodes': 3, 'tasks': 7}", "/workload/tasks",
         "schedulerCpus: 2"},
        {"{'command': ['hostname'], 'tasks': 3}", "/workload/tasks", "from 4 to 8"},
        {"{'command': ['hostname'], 'coresPerTask': 2, 'memory': '256MiB'}", NULL, NULL},
        {"{'command': ['hostname'], 'coresPerTask': 3}", "/workload/coresPerTask", "at most 2"},
        {"{'command': ['hostname'], 'nodes': 2, 'tasks': 3, 'coresPerTask': 2}",
         "/workload/coresPerTask", "at most 1 for each of 2 tasks on a node"},
        {"{'command': ['hostname'], 'memory': '257MiB'}", "/workload/memory",
         "cluster.node.memory: 256 MiB"},
        {"{'command': ['hostname'], 'on': 'controller', 'tasks': 1}", NULL, NULL},
        {"{'command': ['']}", "/workload/command/0", "program"},
        {"{'command': ['true'], 'env': {'A=B': 'x'}}", "/workload/env", "'='"},
        {"{'command': ['true'], 'env': {'': 'x'}}", "/workload/env", "not empty"},
        {"{'command': ['true'], 'timeout': '10min'}", NULL, NULL},
        {"{'command': ['true'], 'timeout': '0s'}", "/workload/timeout", "above 0"},
        {"{'command': ['true'], 'timeout': '10'}", "/workload/timeout", "90s"},
        {"{'command': ['true'], 'timeout': '169h'}", "/workload/timeout", "168h"},
        {"{'command': ['true'], 'metrics': {'a': {'regex': '([0-9]+)'}}}", NULL, NULL},
        {"{'command': ['true'], 'metrics': {'a': {'regex': '('}}}", "/workload/metrics/a/regex",
         "Unmatched"},
        {"{'command': ['true'], 'metrics': {'a': {'jsonPath': 'a.b'}}}",
         "/workload/metrics/a/jsonPath", "'$'"},
        {"{'command': ['true'], 'metrics': {'a': {}}}", "/workload/metrics/a", "either"},
        {"{'command': ['true'], 'metrics': {'a': {'regex': 'a', 'jsonPath': '$'}}}",
         "/workload/metrics/a", "either"},
        {"{'command': ['true'], 'metrics': {'elapsed': {'regex': 'a'}}}",
         "/workload/metrics/elapsed", "another name"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_json json_t *spec = parse(vectors[i].json);
        bd_auto_faults struct schema_faults faults = {0};
        workload_find("command")->check(spec, &cluster, &faults);
        check_faults(i, &faults, &vectors[i]);
    }
}
END_TEST

START_TEST(test_long_commands)
{
    bd_auto_free char *word = bd_xmalloc(70001);
    bd_auto_faults struct schema_faults faults = {0};
    memset(word, 'x', 70000);
    word[70000] = '\0';
    bd_auto_json json_t *spec =
        json_pack("{s:[ss], s:{s:s}}", "command", "echo", word, "env", "A", word);
    workload_find("command")->check(spec, &cluster, &faults);
    ck_assert_uint_eq(faults.n, 2);
    ck_assert_str_eq(faults.items[0].pointer, "/workload/command");
    ck_assert_str_eq(faults.items[1].pointer, "/workload/env");
}
END_TEST

START_TEST(test_hooks)
{
    static const struct vector vectors[] = {
        {"{}", NULL, NULL},
        {"{'ready': [{'command': ['true']}], 'collected': []}", NULL, NULL},
        {"{'ready': [{'command': ['true'], 'node': 'n4'}]}", NULL, NULL},
        {"{'ready': [{'command': ['true'], 'node': 'ctl1'}]}", NULL, NULL},
        {"{'ready': [{'command': ['true'], 'node': 'all'}]}", NULL, NULL},
        {"{'ready': [{'command': ['true'], 'node': 'compute'}]}", NULL, NULL},
        {"{'ready': [{'command': ['true'], 'node': 'n5'}]}", "/hooks/ready/0/node", "n1 to n4"},
        {"{'ready': [{'command': ['true'], 'node': 'n04'}]}", "/hooks/ready/0/node", "ctl1"},
        {"{'ready': [{'command': ['true'], 'node': 'n'}]}", "/hooks/ready/0/node", "ctl1"},
        {"{'ready': [{'command': ['true'], 'node': 'ctl2'}]}", "/hooks/ready/0/node", "ctl1"},
        {"{'collected': [{'command': ['true']}, {'command': ['']}]}",
         "/hooks/collected/1/command/0", "program"},
        {"{'collected': [{'command': ['true'], 'timeout': 'soon'}]}", "/hooks/collected/0/timeout",
         "90s"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_json json_t *hooks = parse(vectors[i].json);
        bd_auto_faults struct schema_faults faults = {0};
        hooks_check(hooks, &cluster, &faults);
        check_faults(i, &faults, &vectors[i]);
    }
}
END_TEST

UNIT_MAIN("workload-check", test_command, test_long_commands, test_hooks)
