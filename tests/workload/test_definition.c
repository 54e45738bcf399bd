/* Definitions of workloads: every fault is told at its place, and a value in a template is never
 * taken for anything but a value. */
#include "lib/workload/template.h"
#include "lib/workload/workload.h"
#include "tests/workload/definitions.h"

#define DIGEST "sha256:abababababababababababababababababababababababababababababababab"

static const struct cluster_spec cluster = {
    .controllers = 1, .compute = 4, .scheduler_cpus = 2, .memory_bytes = 256 << 20};

static json_t *definition_with(const char *members_in_apostrophes)
{
    json_t *definition = parse_json("{'name': 'stream', 'title': 'x', 'command': ['true']}");
    bd_auto_json json_t *members = parse_json(members_in_apostrophes);
    json_object_update(definition, members);
    return definition;
}

START_TEST(test_faults_are_told_at_their_place)
{
    static const struct {
        const char *members, *pointer, *expected; /* pointer NULL: there is no fault */
    } vectors[] = {
        {"{}", NULL, NULL},
        {"{'name': 'Stream'}", "/name", "matches"},
        {"{'name': 'command'}", "/name", "anything but one of: command, jobstream, swf"},
        {"{'command': []}", "/command", "an array of 1 to 1000"},
        {"{'command': ['']}", "/command/0", "a program's name"},
        {"{'commands': ['x']}", "/commands", "did you mean 'command'"},
        {"{'stresses': ['disk']}", "/stresses/0", "storage"},
        {"{'licence': 'a;b'}", "/licence", "matches"},
        {"{'needs': {'shared': 'yes'}}", "/needs/shared", "true or false"},
        {"{'needs': {'programs': ['a b']}}", "/needs/programs/0", "matches"},

        /* parameters */
        {"{'parameters': {'size': {'type': 'integer', 'default': 5}}}", NULL, NULL},
        {"{'parameters': {'size': {'type': 'integer'}}}", "/parameters/size", "'default'"},
        {"{'parameters': {'size': {'default': 5}}}", "/parameters/size", "'type'"},
        {"{'parameters': {'size': {'type': 'object', 'default': 5}}}", "/parameters/size/type",
         "one of: string"},
        {"{'parameters': {'size': {'type': 'integer', 'default': 'five'}}}",
         "/parameters/size/default", "an integer"},
        {"{'parameters': {'size': {'type': 'integer', 'minimum': 6, 'default': 5}}}",
         "/parameters/size/default", "at least 6"},
        {"{'parameters': {'size': {'type': 'string', 'pattern': '(', 'default': ''}}}",
         "/parameters/size", "a JSON Schema"},
        {"{'parameters': {'size': {'type': 'integer', 'default': 5, 'oneOf': []}}}",
         "/parameters/size/oneOf", "no member of this name"},
        {"{'parameters': {'a-b': {'type': 'integer', 'default': 5}}}", "/parameters/a-b",
         "no member of this name"},
        {"{'parameters': {'name': {'type': 'string', 'default': ''}}}", "/parameters/name",
         "another name"},
        {"{'parameters': {'tasks': {'type': 'integer', 'default': 5}}}", "/parameters/tasks",
         "another name"},
        {"{'parameters': {'nodes': {'type': 'string', 'default': '2'}}}", "/parameters/nodes/type",
         "integer, as nodes is for any workload"},
        {"{'parameters': {'nodes': {'type': 'integer', 'minimum': 2, 'default': 2}}}", NULL, NULL},
        {"{'on': 'controller', 'parameters': {'nodes': {'type': 'integer', 'default': 2}}}",
         "/parameters/nodes", "another name"},

        /* inputs */
        {"{'inputs': [{'name': 'a', 'digest': '" DIGEST "'}]}", NULL, NULL},
        {"{'inputs': [{'name': 'a'}]}", "/inputs/0", "'digest'"},
        {"{'inputs': [{'name': 'a/b', 'digest': '" DIGEST "'}]}", "/inputs/0/name", "matches"},
        {"{'inputs': [{'name': 'a', 'digest': 'sha256:ab'}]}", "/inputs/0/digest", "matches"},
        {"{'inputs': [{'name': 'a', 'digest': '" DIGEST "'}, {'name': 'a', 'digest': '" DIGEST
         "'}]}",
         "/inputs/1/name", "it is in the list already"},
        {"{'files': [{'path': 'a', 'content': ''}], 'inputs': [{'name': 'a', 'digest': '" DIGEST
         "'}]}",
         "/inputs/0/name", "there is a file of this one"},

        /* templates */
        {"{'parameters': {'size': {'type': 'integer', 'default': 5}},"
         " 'command': ['x', '${size} ${nodes} ${gridRows}x${gridColumns} $${HOME} $size']}",
         NULL, NULL},
        {"{'command': ['x', '${size}']}", "/command/1",
         "'${size}' is no parameter (there are: cpus,"},
        {"{'command': ['x', '${HOME:-x}']}", "/command/1", "to have it as it is, write $${"},
        {"{'command': ['x', 'a${']}", "/command/1", "has no name in braces"},
        {"{'env': {'A': '${size}'}}", "/env/A", "is no parameter"},
        {"{'files': [{'path': 'a', 'content': '${size}'}]}", "/files/0/content", "is no parameter"},
        {"{'on': 'controller', 'command': ['x', '${tasksPerNode}']}", "/command/1",
         "is no parameter"},
        {"{'command': ['sh', '-c', 'echo \\'$1\\'', 'sh', '${nodes}']}", NULL, NULL},
        {"{'command': ['sh', '-c', 'echo ${nodes}']}", "/command/2", "hand them over behind it"},
        {"{'command': ['env', '/bin/bash', '-xec', 'echo ${nodes}']}", "/command/3",
         "the shell would take apart"},
        {"{'command': ['sh', '-c', 'echo $${nodes}']}", NULL, NULL},
        {"{'command': ['gcc', '-c', '${nodes}']}", NULL, NULL},

        /* files, outputs, metrics, checks */
        {"{'files': [{'path': 'a', 'content': ''}, {'path': 'a', 'content': ''}]}", "/files/1/path",
         "in the list already"},
        {"{'files': [{'path': '../a', 'content': ''}]}", "/files/0/path", "matches"},
        {"{'outputs': ['stdout']}", "/outputs/0", "another name"},
        {"{'metrics': {'a': {'regex': '(', 'unit': 's', 'kind': 'cost'}}}", "/metrics/a/regex",
         "Unmatched"},
        {"{'metrics': {'a': {'regex': 'x', 'from': 'out', 'unit': 's', 'kind': 'cost'}}}",
         "/metrics/a/from", "a file that outputs has"},
        {"{'outputs': ['out'], 'metrics':"
         " {'a': {'regex': 'x', 'from': 'out', 'unit': 's', 'kind': 'cost'}}}",
         NULL, NULL},
        {"{'metrics': {'elapsed': {'regex': 'x', 'unit': 's', 'kind': 'cost'}}}",
         "/metrics/elapsed", "another name"},
        {"{'checks': [{'name': 'a', 'says': 'b', 'regex': 'x'}]}", "/checks/0", "at least one of"},
        {"{'checks': [{'name': 'a', 'says': 'b', 'equals': 1}]}", "/checks/0", "either regex"},
        {"{'checks': [{'name': 'a', 'says': 'b', 'regex': 'x', 'matches': '('}]}",
         "/checks/0/matches", "Unmatched"},
        {"{'checks': [{'name': 'a', 'says': 'b', 'jsonPath': '$x', 'equals': 1}]}",
         "/checks/0/jsonPath", "a path such as"},
        {"{'checks': [{'name': 'a', 'says': 'b', 'regex': 'x', 'equals': 1},"
         " {'name': 'a', 'says': 'b', 'regex': 'x', 'equals': 1}]}",
         "/checks/1/name", "in the list already"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_json json_t *definition = definition_with(vectors[i].members);
        bd_auto_faults struct schema_faults faults = {0};
        find_faults(definition, &faults);
        if (!vectors[i].pointer) {
            ck_assert_msg(faults.n == 0, "%s: %s: %s", vectors[i].members, faults.items[0].pointer,
                          faults.items[0].expected);
            continue;
        }
        ck_assert_msg(faults.n == 1, "%s: %zu faults", vectors[i].members, faults.n);
        ck_assert_str_eq(faults.items[0].pointer, vectors[i].pointer);
        ck_assert_msg(strstr(faults.items[0].expected, vectors[i].expected), "%s: %s",
                      vectors[i].members, faults.items[0].expected);
    }
}
END_TEST

START_TEST(test_all_faults_are_told_at_once)
{
    bd_auto_json json_t *definition =
        definition_with("{'command': ['', '${a}', '${b}'], 'env': {'A': '${c}'}, 'parameters':"
                        " {'size': {'type': 'integer', 'default': 'x'}}, 'checks': [{'name': 'a',"
                        " 'says': 'b', 'regex': '('}]}");
    bd_auto_faults struct schema_faults faults = {0};
    find_faults(definition, &faults);
    ck_assert_uint_eq(faults.n, 7);
}
END_TEST

/* What a shell, a template or JSON would make something of. */
static const char *const nasty[] = {
    "a b",      "$(touch /x)", "`x`",      "';x;'", "\"", "\\",         "*",
    "${nodes}", "$${nodes}",   "{{size}}", "-rf",   "",   "line\nline", "\xc3\xa9",
};

START_TEST(test_a_value_stays_in_its_word)
{
    bd_auto_json json_t *definition = definition_with(
        "{'parameters': {'text': {'type': 'string', 'default': 'x'}},"
        " 'command': ['prog', '${text}', '--is=${text}!', '$${text}', '$text', '${text}${text}'],"
        " 'env': {'A': '[${text}]'}, 'files': [{'path': 'in', 'content': '<${text}>'}]}");
    assert_right(definition);
    for (size_t i = 0; i < BD_ARRAY_LEN(nasty); i++) {
        struct bd_err err = BD_ERR_INIT;
        bd_auto_json json_t *command = NULL;
        bd_auto_json json_t *workload = resolved(definition, "{}");
        json_object_set_new(workload, "text", json_string(nasty[i]));
        ck_assert_msg(definition_expand(definition, workload, &cluster, &command, &err) == 0, "%s",
                      err.text);
        bd_auto_free char *is = bd_xasprintf("--is=%s!", nasty[i]);
        bd_auto_free char *twice = bd_xasprintf("%s%s", nasty[i], nasty[i]);
        bd_auto_free char *in_env = bd_xasprintf("[%s]", nasty[i]);
        bd_auto_free char *in_file = bd_xasprintf("<%s>", nasty[i]);
        const char *const words[] = {"prog", nasty[i], is, "${text}", "$text", twice};
        const json_t *argv = json_object_get(command, "command");
        const json_t *file = json_array_get(json_object_get(command, "files"), 0);
        ck_assert_uint_eq(json_array_size(argv), BD_ARRAY_LEN(words));
        for (size_t k = 0; k < BD_ARRAY_LEN(words); k++)
            ck_assert_str_eq(json_string_value(json_array_get(argv, k)), words[k]);
        ck_assert_str_eq(bd_json_str(json_object_get(command, "env"), "A", ""), in_env);
        ck_assert_str_eq(bd_json_str(file, "content", ""), in_file);
    }
}
END_TEST

START_TEST(test_a_spec_stands_for_a_command)
{
    static const struct {
        const char *definition, *workload, *command;
    } vectors[] = {
        /* sizes, and values as text */
        {"{'parameters': {'a': {'type': 'integer', 'default': 7}, 'b': {'type': 'number', "
         "'default':"
         " 0.1}, 'c': {'type': 'boolean', 'default': true}, 'd': {'type': 'integer', 'default': "
         "1}},"
         " 'command': ['p', '${a} ${b} ${c} ${d}', '${nodes} ${tasks} ${tasksPerNode} ${cpus}"
         " ${memoryBytes} ${gridRows}x${gridColumns} ${timeout} ${warmup}']}",
         "{'tasksPerNode': 2, 'd': 4.0}",
         "{'name': 'command', 'nodes': 4, 'tasks': 8, 'timeout': '10min', 'warmup': 0, 'env': {},"
         " 'files': [], 'command': ['p', '7 0.1 true 4', '4 8 2 2 268435456 2x4 10min 0']}"},
        /* what the spec says, and what the definition says of it */
        {"{'parameters': {'nodes': {'type': 'integer', 'minimum': 2, 'default': 2}},"
         " 'outputs': ['o'], 'needs': {'programs': ['p']}, 'metrics': {'m': {'regex': 'x', 'unit':"
         " 's', 'kind': 'cost'}}}",
         "{'timeout': '5s', 'warmup': 3}",
         "{'name': 'command', 'nodes': 2, 'tasks': 2, 'timeout': '5s', 'warmup': 3, 'env': {},"
         " 'files': [], 'command': ['true'], 'outputs': ['o'], 'needs': {'programs': ['p']},"
         " 'metrics': {'m': {'from': 'stdout', 'regex': 'x', 'unit': 's', 'kind': 'cost'}}}"},
        /* inputs are as the definition has them */
        {"{'inputs': [{'name': 'i', 'digest': '" DIGEST "'}]}", "{}",
         "{'name': 'command', 'nodes': 4, 'tasks': 4, 'timeout': '10min', 'warmup': 0, 'env': {},"
         " 'files': [], 'command': ['true'], 'inputs': [{'name': 'i', 'digest': '" DIGEST "'}]}"},
        /* on the controller there is no job */
        {"{'on': 'controller', 'command': ['p', '${nodes} ${tasks}']}", "{}",
         "{'name': 'command', 'on': 'controller', 'timeout': '10min', 'warmup': 0, 'env': {},"
         " 'files': [], 'command': ['p', '1 1']}"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct bd_err err = BD_ERR_INIT;
        bd_auto_json json_t *definition = definition_with(vectors[i].definition);
        assert_right(definition);
        bd_auto_json json_t *workload = resolved(definition, vectors[i].workload);
        bd_auto_json json_t *command = NULL, *expected = parse_json(vectors[i].command);
        bd_auto_faults struct schema_faults faults = {0};
        ck_assert_msg(definition_expand(definition, workload, &cluster, &command, &err) == 0, "%s",
                      err.text);
        bd_auto_free char *got = bd_json_text(command), *want = bd_json_text(expected);
        ck_assert_str_eq(got, want);
        workload_find("command")->check(command, &cluster, &faults);
        ck_assert_msg(faults.n == 0, "%s: %s", faults.items[0].pointer, faults.items[0].expected);
    }
}
END_TEST

START_TEST(test_tasks_are_laid_out_nearest_to_a_square)
{
    static const unsigned vectors[][3] = {
        {1, 1, 1}, {2, 1, 2}, {6, 2, 3}, {7, 1, 7}, {12, 3, 4}, {16, 4, 4}, {250, 10, 25},
    };
    bd_auto_json json_t *definition =
        definition_with("{'command': ['p', '${gridRows} ${gridColumns}']}");
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct bd_err err = BD_ERR_INIT;
        bd_auto_json json_t *command = NULL;
        bd_auto_json json_t *workload = json_pack("{s:i}", "nodes", (int)vectors[i][0]);
        bd_auto_free char *grid = bd_xasprintf("%u %u", vectors[i][1], vectors[i][2]);
        ck_assert_int_eq(definition_expand(definition, workload, &cluster, &command, &err), 0);
        ck_assert_str_eq(json_string_value(json_array_get(json_object_get(command, "command"), 1)),
                         grid);
    }
}
END_TEST

START_TEST(test_faults_of_the_command_lead_to_the_spec)
{
    bd_auto_json json_t *definition = definition_with("{}");
    bd_auto_json json_t *workload = resolved(definition, "{'nodes': 3, 'tasksPerNode': 3}");
    bd_auto_json json_t *command = NULL;
    bd_auto_faults struct schema_faults found = {0}, faults = {0};
    ck_assert_int_eq(definition_expand(definition, workload, &cluster, &command, NULL), 0);
    workload_find("command")->check(command, &cluster, &found);
    schema_faults_add(&found, "/workload/command/1", NULL, "less");
    definition_add_faults(&found, &faults);
    ck_assert_uint_eq(faults.n, 2);
    ck_assert_str_eq(faults.items[0].pointer, "/workload/tasksPerNode");
    ck_assert_ptr_nonnull(strstr(faults.items[0].expected, "from 3 to 6 tasks"));
    ck_assert_str_eq(faults.items[1].pointer, "/workload");
    ck_assert_str_eq(faults.items[1].expected,
                     "in the command that it stands for, at /workload/command/1: less");
}
END_TEST

/* One that was stored and is damaged. */
START_TEST(test_a_definition_that_makes_no_sense_is_refused)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *definition = definition_with("{'command': ['p', '${gone}']}");
    bd_auto_json json_t *workload = json_object(), *huge = json_pack("{s:i}", "nodes", 1 << 30);
    json_t *command = NULL;
    ck_assert_int_eq(definition_expand(definition, workload, &cluster, &command, &err),
                     BD_EINVALID);
    ck_assert_msg(strstr(err.text, "workload stream: word 1 of its command: '${gone}'"), "%s",
                  err.text);
    ck_assert_int_eq(definition_expand(definition, huge, &cluster, &command, &err), BD_EINVALID);
    ck_assert_ptr_null(command);
}
END_TEST

START_TEST(test_metrics_are_known_beforehand)
{
    bd_auto_json json_t *definition =
        definition_with("{'metrics': {'bw': {'regex': 'x', 'unit': 's', 'kind': 'cost'}}}");
    const struct workload *command = workload_find("command");
    ck_assert(command->has_metric(definition, "bw"));
    ck_assert(command->has_metric(definition, "elapsed"));
    ck_assert(command->has_metric(definition, "scheduler_cpu"));
    ck_assert(!command->has_metric(definition, "makespan"));
}
END_TEST

UNIT_MAIN("workload-definition", test_faults_are_told_at_their_place,
          test_all_faults_are_told_at_once, test_a_value_stays_in_its_word,
          test_a_spec_stands_for_a_command, test_tasks_are_laid_out_nearest_to_a_square,
          test_faults_of_the_command_lead_to_the_spec,
          test_a_definition_that_makes_no_sense_is_refused, test_metrics_are_known_beforehand)
