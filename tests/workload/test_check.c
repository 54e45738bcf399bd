/* What a schema can't say of a workload and of hooks is told at submission, each fault at its
 * place. */
#include "lib/artifact/artifact.h"
#include "lib/workload/workload.h"
#include "tests/base/unit.h"

#include <fcntl.h>
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
    .controllers = 1,
    .compute = 4,
    .scheduler_cpus = 2,
    .memory_bytes = UINT64_C(256) << 20,
    .scheduler = (char *)"slurm",
};

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
        {"{'command': ['x'], 'outputs': ['out', 'slurmd.log.old']}", NULL, NULL},
        {"{'command': ['x'], 'outputs': ['out', 'slurmd.log']}", "/workload/outputs/1",
         "a log of slurm"},
        {"{'command': ['x'], 'outputs': ['jobcomp.log']}", "/workload/outputs/0", "another name"},
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

/* Before anything is begun: what is not there can't be brought to the nodes. */
START_TEST(test_inputs_have_to_be_there)
{
    char *dir = unit_dir();
    struct bd_err err = BD_ERR_INIT;
    struct artifact_packed packed = {0};
    bd_auto_free char *path = bd_xasprintf("%s/file", dir);
    bd_auto_fd int objects = -1;
    ck_assert_int_eq(bd_write_file(path, "an input", 8, 0644, NULL), 0);
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_msg(artifact_dir_open(dir, &objects, &err) == 0, "%s", err.text);
    ck_assert_msg(artifact_pack(objects, fd, NULL, &packed, &err) == 0, "%s", err.text);
    const char *gone = "sha256:abababababababababababababababababababababababababababababababab";
    bd_auto_json json_t *spec =
        json_pack("{s:[s], s:[{s:s, s:s}, {s:s, s:s}]}", "command", "true", "inputs", "name",
                  "here", "digest", packed.digest, "name", "gone", "digest", gone);
    bd_auto_faults struct schema_faults faults = {0};
    json_t *found = NULL;
    workload_find("command")->examine(spec, &cluster, dir, &faults, &found);
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_str_eq(faults.items[0].pointer, "/workload/inputs/1/digest");
    ck_assert_str_eq(faults.items[0].got, gone);
    ck_assert_msg(
        strstr(faults.items[0].expected, "for its file gone ('benchctl input add' brings one)"),
        "%s", faults.items[0].expected);
    ck_assert_ptr_null(found);
    unit_dir_done(dir);
}
END_TEST

/* Before any run, of the first 1000 jobs: by a grain of a minute. */
START_TEST(test_limits_that_the_scheduler_can_not_tell_apart)
{
    static const struct {
        const char *json;
        json_int_t jobs, below, by_scale, different; /* -1: some; */
    } vectors[] = {
        {"{'jobs': 40, 'runtime': {'distribution': 'constant', 'value': '2s'}}", 40, 40, 0, 1},
        {"{'jobs': 5000, 'runtime': {'distribution': 'constant', 'value': '31s'},"
         " 'timeout': '168h'}",
         1000, 0, 0, 0},
        {"{'jobs': 40, 'runtime': {'distribution': 'uniform', 'min': '1s', 'max': '2s'}}", 40, 40,
         0, 40},
        {"{'jobs': 40, 'runtime': {'distribution': 'uniform', 'min': '1s', 'max': '2s'},"
         " 'timeScale': 0.001}",
         40, 40, 0, 40},
        {"{'jobs': 40, 'model': {'name': 'lublin'}, 'timeScale': 0.0001}", 40, -1, -1, -1},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_json json_t *spec = parse(vectors[i].json);
        bd_auto_json json_t *found = workload_find("jobstream")->limits(spec, &cluster, 7);
        const json_int_t want[] = {vectors[i].jobs, vectors[i].below, vectors[i].by_scale,
                                   vectors[i].different};
        static const char *const names[] = {"jobs", "belowGrain", "byTimeScale", "different"};
        for (size_t k = 0; k < BD_ARRAY_LEN(want); k++) {
            json_int_t got = bd_json_int(found, names[k], -1);
            ck_assert_msg(want[k] < 0 ? got > 1 : got == want[k], "vector %zu: %s %lld", i,
                          names[k], (long long)got);
        }
        ck_assert_int_eq(bd_json_int(found, "grainNs", 0), 60000000000);
        ck_assert(bd_json_bool(found, "matter", 0));
    }
    struct cluster_spec in_order = cluster;
    bd_auto_json json_t *options = in_order.scheduler_options =
        parse("{'SchedulerType': 'sched/builtin'}");
    bd_auto_json json_t *plain = parse(vectors[0].json);
    bd_auto_json json_t *found = workload_find("jobstream")->limits(plain, &in_order, 7);
    ck_assert(!bd_json_bool(found, "matter", 1));
    bd_auto_json json_t *wrong = parse("{'jobs': 40}");
    ck_assert_ptr_null(workload_find("jobstream")->limits(wrong, &cluster, 7));
    ck_assert_ptr_null(workload_find("command")->limits);
}
END_TEST

/* A cluster of the backend `host`: one place, no scheduler. */
static const struct cluster_spec bare = {.backend = (char *)"host",
                                         .scheduler = (char *)"none",
                                         .bare = true,
                                         .compute = 4,
                                         .scheduler_cpus = 2};

START_TEST(test_hooks_on_the_host)
{
    static const struct vector vectors[] = {
        {"{'ready': [{'command': ['true'], 'node': 'bare'}]}", NULL, NULL},
        {"{'ready': [{'command': ['true']}]}", NULL, NULL},
        {"{'ready': [{'command': ['true'], 'node': 'compute'}]}", NULL, NULL},
        {"{'ready': [{'command': ['true'], 'node': 'n1'}]}", "/hooks/ready/0/node", "no nodes"},
        {"{'ready': [{'command': ['true'], 'node': 'ctl1'}]}", "/hooks/ready/0/node", "no nodes"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_json json_t *hooks = parse(vectors[i].json);
        bd_auto_faults struct schema_faults faults = {0};
        hooks_check(hooks, &bare, &faults);
        check_faults(i, &faults, &vectors[i]);
    }
}
END_TEST

START_TEST(test_streams_need_a_scheduler)
{
    static const char *const names[] = {"jobstream", "swf"};
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++) {
        bd_auto_json json_t *spec = parse("{}");
        bd_auto_faults struct schema_faults faults = {0};
        workload_find(names[i])->check(spec, &bare, &faults);
        ck_assert_uint_ge(faults.n, 1);
        ck_assert_str_eq(faults.items[0].pointer, "/workload/name");
        ck_assert_ptr_nonnull(
            strstr(faults.items[0].expected, "the backend host has no scheduler"));
    }
}
END_TEST

/* Whose share of CPUs and memory a command has. */
START_TEST(test_nodes_of_a_command)
{
    static const struct {
        const char *spec;
        unsigned nodes;
    } cases[] = {{"{'nodes': 3}", 3}, {"{}", 4}, {"{'on': 'controller'}", 1}, {"{'nodes': 5}", 4}};
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *spec = parse(cases[i].spec);
        ck_assert_uint_eq(workload_nodes(spec, &bare), cases[i].nodes);
    }
}
END_TEST

UNIT_MAIN("workload-check", test_command, test_long_commands, test_hooks, test_hooks_on_the_host,
          test_streams_need_a_scheduler, test_nodes_of_a_command, test_inputs_have_to_be_there,
          test_limits_that_the_scheduler_can_not_tell_apart)
