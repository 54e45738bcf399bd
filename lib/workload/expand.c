/* From a definition and a spec's words to a command. */
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/text.h"
#include "lib/workload/definition_priv.h"
#include "lib/workload/template.h"

#include <string.h>

/* --------------------------------------------------------------------------------------- values */

/* The text of a parameter's value. */
static json_t *text_of(const json_t *value)
{
    char number[BD_NUMBER_BYTES];
    if (json_is_string(value))
        return json_string(json_string_value(value));
    if (json_is_integer(value))
        return json_sprintf("%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value))
        return json_string(json_is_true(value) ? "true" : "false");
    double real = json_real_value(value);
    return json_string(bd_text_real(real, bd_real_digits(real), number));
}

static void set_number(json_t *values, const char *name, unsigned long long number)
{
    json_object_set_new(values, name, json_sprintf("%llu", number));
}

/* Of the ways to lay so many tasks out in rows and columns the one that is nearest to a square. */
static unsigned grid_rows(unsigned tasks)
{
    unsigned rows = 1;
    for (unsigned n = 1; n <= tasks / n; n++)
        rows = tasks % n == 0 ? n : rows;
    return rows;
}

/* The largest whole number whose square is no more than n. */
static uint64_t root_of(uint64_t n)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= n)
            root |= bit;
    return root;
}

/* Rows of a square matrix of numbers of 8 bytes that takes the part `memoryShare` of the memory of
 * all nodes, in whole blocks of `blockSize` rows, one at least; where that part is 0, `size`. */
static uint64_t matrix_rows(const json_t *workload, const struct cluster_spec *cluster,
                            unsigned nodes)
{
    double share = json_number_value(json_object_get(workload, "memoryShare"));
    json_int_t size = bd_json_int(workload, "size", 0),
               block = bd_json_int(workload, "blockSize", 1);
    if (share <= 0 || block < 1)
        return (uint64_t)size;
    double bytes = share * (double)cluster->memory_bytes * nodes;
    uint64_t rows = root_of((uint64_t)(bytes / sizeof(double)));
    uint64_t blocks = rows / (uint64_t)block;
    return (blocks > 0 ? blocks : 1) * (uint64_t)block;
}

void expand_derived(const json_t *definition, const json_t *workload,
                    const struct cluster_spec *cluster, unsigned nodes, unsigned tasks,
                    json_t *values)
{
    set_number(values, "nodes", nodes);
    set_number(values, "tasks", tasks);
    set_number(values, "cpus", cluster->scheduler_cpus);
    set_number(values, "memoryBytes", cluster->memory_bytes);
    set_number(values, "gridRows", grid_rows(tasks));
    set_number(values, "gridColumns", tasks / grid_rows(tasks));
    if (json_object_get(json_object_get(definition, "parameters"), "memoryShare"))
        set_number(values, "matrixRows", matrix_rows(workload, cluster, nodes));
}

/* ------------------------------------------------------------------------------------ templates */

struct expanding {
    const json_t *definition, *workload, *values;
    json_t *command;
    struct bd_err *err;
};

/* NULL: with an error. */
static json_t *fill(const struct expanding *e, const json_t *text)
{
    bd_auto_str struct bd_str filled = {0};
    if (!json_is_string(text)) {
        bd_err_set(e->err, BD_EINVALID, "a template is no text");
        return NULL;
    }
    if (template_fill(json_string_value(text), e->values, &filled, e->err) < 0)
        return NULL;
    return json_string(bd_str_text(&filled));
}

static int fill_command(const struct expanding *e)
{
    const json_t *word;
    json_t *words = json_array();
    size_t i;
    json_object_set_new(e->command, "command", words);
    json_array_foreach (json_object_get(e->definition, "command"), i, word) {
        json_t *filled = fill(e, word);
        if (!filled)
            return bd_err_wrap(e->err, "word %zu of its command", i);
        json_array_append_new(words, filled);
    }
    return 0;
}

static int fill_env(const struct expanding *e)
{
    const char *name;
    json_t *env = json_object(), *value;
    json_object_set_new(e->command, "env", env);
    json_object_foreach (json_object_get(e->definition, "env"), name, value) {
        json_t *filled = fill(e, value);
        if (!filled)
            return bd_err_wrap(e->err, "its variable %s", name);
        json_object_set_new(env, name, filled);
    }
    return 0;
}

/* Without any, too: the command then begins in an empty directory. */
static int fill_files(const struct expanding *e)
{
    const json_t *file;
    json_t *files = json_array();
    size_t i;
    json_object_set_new(e->command, "files", files);
    json_array_foreach (json_object_get(e->definition, "files"), i, file) {
        const char *path = bd_json_str(file, "path", "");
        json_t *content = fill(e, json_object_get(file, "content"));
        if (!content)
            return bd_err_wrap(e->err, "its file %s", path);
        json_array_append_new(files, json_pack("{s:s, s:o, s:b}", "path", path, "content", content,
                                               "executable", bd_json_bool(file, "executable", 0)));
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------ all */

static void copy(json_t *to, const json_t *from, const char *name)
{
    const json_t *value = json_object_get(from, name);
    if (value)
        json_object_set_new(to, name, json_deep_copy(value));
}

/* What is as the definition or the spec has it. */
static void copy_rest(const struct expanding *e)
{
    static const char *const of_definition[] = {"on",      "inputs", "outputs",
                                                "metrics", "checks", "needs"};
    static const char *const of_workload[] = {"timeout", "warmup"};
    for (size_t i = 0; i < BD_ARRAY_LEN(of_definition); i++)
        copy(e->command, e->definition, of_definition[i]);
    for (size_t i = 0; i < BD_ARRAY_LEN(of_workload); i++)
        copy(e->command, e->workload, of_workload[i]);
}

static json_t *values_of(const json_t *definition, const json_t *workload,
                         const struct cluster_spec *cluster, unsigned nodes, unsigned tasks)
{
    bd_auto_json json_t *schema = definition_parameters(definition);
    json_t *values = json_object(), *property;
    const char *name;
    json_object_foreach (json_object_get(schema, "properties"), name, property) {
        const json_t *value = json_object_get(workload, name);
        if (value && strcmp(name, "name") != 0)
            json_object_set_new(values, name, text_of(value));
    }
    expand_derived(definition, workload, cluster, nodes, tasks, values);
    return values;
}

int definition_expand(const json_t *definition, const json_t *workload,
                      const struct cluster_spec *cluster, json_t **ret_command, struct bd_err *err)
{
    bool is_job = definition_is_job(definition);
    json_int_t nodes = is_job ? bd_json_int(workload, "nodes", cluster->compute) : 1;
    json_int_t tasks = is_job ? nodes * bd_json_int(workload, "tasksPerNode", 1) : 1;
    if (nodes < 0 || nodes > UINT16_MAX || tasks < 0 || tasks > INT32_MAX)
        return bd_err_set(err, BD_EINVALID, "so many nodes and tasks can't be: %lld, %lld",
                          (long long)nodes, (long long)tasks);
    bd_auto_json json_t *values =
        values_of(definition, workload, cluster, (unsigned)nodes, (unsigned)tasks);
    bd_auto_json json_t *command = json_pack("{s:s}", "name", "command");
    struct bd_err why = BD_ERR_INIT;
    const struct expanding e = {definition, workload, values, command, &why};
    if (is_job) {
        json_object_set_new(command, "nodes", json_integer(nodes));
        json_object_set_new(command, "tasks", json_integer(tasks));
    }
    copy_rest(&e);
    if (fill_command(&e) < 0 || fill_env(&e) < 0 || fill_files(&e) < 0)
        return bd_err_set(err, BD_EINVALID, "workload %s: %s", bd_json_str(definition, "name", "?"),
                          why.text);
    *ret_command = bd_take(command);
    return 0;
}

/* The definition's own: nothing beside the name has to do with it. */
static bool is_of_inputs(const struct schema_fault *f)
{
    return bd_starts_with(f->pointer, "/workload/inputs/");
}

void definition_add_faults(const struct schema_faults *of_command, struct schema_faults *faults)
{
    /* What stands at the same place in both, or has another name there. */
    static const char *const places[][2] = {{"/workload/nodes", "/workload/nodes"},
                                            {"/workload/tasks", "/workload/tasksPerNode"},
                                            {"/workload/timeout", "/workload/timeout"}};
    for (size_t i = 0; i < of_command->n; i++) {
        const struct schema_fault *f = &of_command->items[i];
        const char *at = NULL;
        for (size_t k = 0; k < BD_ARRAY_LEN(places); k++)
            at = bd_str_eq(f->pointer, places[k][0]) ? places[k][1] : at;
        at = is_of_inputs(f) ? "/workload/name" : at;
        if (at)
            schema_faults_add(faults, at, f->got, "%s", f->expected);
        else
            schema_faults_add(faults, "/workload", f->got,
                              "in the command that it stands for, at %s: %s", f->pointer,
                              f->expected);
    }
    faults->more |= of_command->more;
}
