/* What a test of ReFrame runs, how large, and with what around it. */
#include "lib/import/import_priv.h"
#include "lib/import/reframe_class.h"

#include <ctype.h>
#include <string.h>

/* -------------------------------------------------------------------------------------- command */

/* The value, or NULL; where it was said but is not known, with why. Borrowed. */
const json_t *reframe_known(const struct reframe_class *c, const char *name, const char **ret_why)
{
    *ret_why = bd_json_str(c->self.unknown, name, NULL);
    return json_object_get(c->self.known, name);
}

/* Its texts, each after a blank or a line end, as ReFrame writes them into a script. */
static int add_texts(const struct reframe_class *c, const char *name, const char *between,
                     struct bd_str *out, struct bd_err *err)
{
    const char *why;
    const json_t *value = reframe_known(c, name, &why), *item;
    size_t i;
    if (why)
        return bd_err_set(err, BD_EINVALID, "line %u: %s is not known: %s", c->node->line, name,
                          why);
    json_array_foreach (value, i, item) {
        if (!json_is_string(item))
            return bd_err_set(err, BD_EINVALID, "line %u: %s has an item that is no text",
                              c->node->line, name);
        bd_str_addf(out, "%s%s", between, json_string_value(item));
    }
    return 0;
}

static int line_of_command(const struct reframe_class *c, struct bd_str *ret_line,
                           struct bd_err *err)
{
    const char *why, *base = json_string_value(json_array_get(c->bases, 0));
    const json_t *executable = reframe_known(c, "executable", &why);
    if (!json_is_string(executable))
        return bd_err_set(err, BD_EINVALID, "line %u: what the test %s runs is not known: %s%s",
                          c->node->line, c->node->text,
                          why    ? why
                          : base ? "it says no executable; its base is in another file: "
                                 : "it says no executable, and builds its own",
                          why || !base ? "" : base);
    bd_str_add(ret_line, json_string_value(executable));
    return add_texts(c, "executable_opts", " ", ret_line, err);
}

/* What stands before and after it in ReFrame's script. */
static int add_script(struct import *im, const struct reframe_class *c, const char *line,
                      bool is_one_task, struct bd_err *err)
{
    bd_auto_str struct bd_str script = {0};
    int rc = add_texts(c, "prerun_cmds", "\n", &script, err);
    bd_str_addf(&script, "\n%s", line);
    if (rc == 0)
        rc = add_texts(c, "postrun_cmds", "\n", &script, err);
    if (rc < 0)
        return rc;
    bd_str_add(&script, "\n");
    if (!is_one_task)
        return bd_err_set(
            err, BD_EINVALID,
            "line %u: a shell has to run '%.200s' once, for all tasks, which a workload "
            "has no place for",
            c->node->line, line);
    bd_auto_json json_t *content = import_plain_word(bd_str_text(&script) + 1);
    import_script(im, json_string_value(content));
    return 0;
}

static bool has_items(const struct reframe_class *c, const char *name)
{
    const char *why;
    return json_array_size(reframe_known(c, name, &why)) > 0 || why;
}

int reframe_read_command(struct import *im, const struct reframe_class *c, bool is_one_task,
                         struct bd_err *err)
{
    bd_auto_str struct bd_str line = {0};
    bd_auto_json json_t *words = json_array();
    int rc = line_of_command(c, &line, err);
    if (rc < 0)
        return rc;
    bool needs_shell =
        !words_of_line(bd_str_text(&line), false, words) || json_array_size(words) == 0;
    if (needs_shell || has_items(c, "prerun_cmds") || has_items(c, "postrun_cmds"))
        return add_script(im, c, bd_str_text(&line), is_one_task, err);
    json_t *command = json_array();
    const json_t *word;
    size_t i;
    json_array_foreach (words, i, word)
        json_array_append_new(command, import_plain_word(json_string_value(word)));
    json_object_set_new(im->definition, "command", command);
    import_program(im, json_string_value(json_array_get(words, 0)), false);
    return 0;
}

/* ---------------------------------------------------------------------------------------- sizes */

static json_int_t whole(const struct reframe_class *c, const char *name, json_int_t fallback)
{
    const char *why;
    const json_t *value = reframe_known(c, name, &why);
    return why ? -1 : json_is_integer(value) ? json_integer_value(value) : fallback;
}

static void set_size(struct import *im, const char *name, json_int_t max, json_int_t value)
{
    import_parameter(im, name,
                     json_pack("{s:s, s:i, s:I, s:I}", "type", "integer", "minimum", 1, "maximum",
                               max, "default", value));
}

/* Answers whether there is one task. */
bool reframe_read_tasks(struct import *im, const struct reframe_class *c)
{
    json_int_t tasks = whole(c, "num_tasks", 1), each = whole(c, "num_tasks_per_node", 0);
    if (tasks == 1)
        each = 1;
    if (tasks < 1 || tasks > 250000 || each < 0 || each > 1000) {
        import_note(im, c->node->line,
                    "num_tasks or num_tasks_per_node is not known: nodes and tasksPerNode "
                    "are up to the spec");
        return false;
    }
    if (each == 0) {
        import_note(im, c->node->line,
                    "of its %lld tasks one is on each node, as it does not say how many are",
                    (long long)tasks);
        each = 1;
    }
    if (tasks % each != 0 || tasks / each > 250) {
        import_note(im, c->node->line,
                    "%lld tasks can't be laid out with %lld on each node: nodes and "
                    "tasksPerNode are up to the spec",
                    (long long)tasks, (long long)each);
        return false;
    }
    set_size(im, "nodes", 250, tasks / each);
    set_size(im, "tasksPerNode", 1000, each);
    return tasks == 1;
}

/* "1h30m", "0d0h10m0s"; 0: it is none. */
static long long seconds_of(const char *text)
{
    static const struct {
        char unit;
        long long seconds;
    } units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
    long long all = 0;
    for (size_t i = 0; *text; i++) {
        char *end;
        if (!isdigit((unsigned char)*text))
            return 0;
        long long n = strtoll(text, &end, 10);
        while (i < BD_ARRAY_LEN(units) && units[i].unit != *end)
            i++;
        if (i == BD_ARRAY_LEN(units) || n > 1000000)
            return 0;
        all += n * units[i].seconds;
        text = end + 1;
    }
    return all;
}

void reframe_read_limit(struct import *im, const struct reframe_class *c)
{
    const char *why;
    const json_t *limit = reframe_known(c, "time_limit", &why);
    long long seconds = json_is_string(limit) ? seconds_of(json_string_value(limit))
                                              : (long long)json_number_value(limit);
    if (seconds > 0 && seconds <= 604800)
        import_parameter(im, "timeout",
                         json_pack("{s:s, s:s, s:o}", "type", "string", "pattern",
                                   "^[1-9][0-9]{0,14}(ns|us|ms|s|min|h)$", "default",
                                   json_sprintf("%llds", seconds)));
    else if (limit || why)
        import_note(im, c->node->line, "time_limit is left out: it is not known, or no time");
}

/* ------------------------------------------------------------------------------------- the rest */

void reframe_read_variables(struct import *im, const struct reframe_class *c)
{
    static const char *const names[] = {"env_vars", "variables"};
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++) {
        const char *why, *name;
        const json_t *variables = reframe_known(c, names[i], &why);
        json_t *value;
        if (why)
            import_note(im, c->node->line, "%s is left out: %s", names[i], why);
        json_object_foreach ((json_t *)variables, name, value) {
            bd_auto_json json_t *text =
                json_is_string(value)
                    ? json_incref(value)
                    : json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
            bool is_plain_text =
                (json_is_string(value) && !strpbrk(json_string_value(value), "$`\\\"")) ||
                json_is_integer(value);
            json_t *env = json_object_get(im->definition, "env");
            if (!env)
                json_object_set_new(im->definition, "env", env = json_object());
            if (is_plain_text)
                json_object_set(env, name, text);
            else
                import_note(im, c->node->line, "the variable %s is left out: a shell works it out",
                            name);
        }
    }
}

/* What ReFrame does besides, and a workload does not. */
void reframe_note_rest(struct import *im, const struct reframe_class *c)
{
    static const char *const members[][2] = {
        {"build_system", "the program is built by ReFrame: here the image has to have it"},
        {"sourcepath", "the program is built by ReFrame: here the image has to have it"},
        {"sourcesdir",
         "its files are not taken over: files and inputs of a workload stand for them"},
        {"modules", "the image has to have what the modules give"},
        {"num_cpus_per_task", "the CPUs of a task are up to the cluster"},
        {"extra_resources", "it is left out"},
        {"container_platform", "it runs without a container"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(members); i++) {
        const char *why;
        const json_t *value = reframe_known(c, members[i][0], &why);
        if ((value && !json_is_null(value)) || why)
            import_note(im, c->node->line, "%s: %s", members[i][0], members[i][1]);
    }
    const json_t *base;
    size_t i;
    json_array_foreach (c->bases, i, base)
        import_note(im, c->node->line,
                    "its base %s is in another file: what that says is not known",
                    json_string_value(base));
}
