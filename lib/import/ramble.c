#include "lib/import/import_priv.h"

#include <ctype.h>
#include <string.h>

/* Text that stays one word of a shell, whatever is done with it. */
#define PLAIN_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:=+@%/-"
#define PLAIN       "^[A-Za-z0-9_.,:=+@%/-]+$" /* the same as a pattern */
#define DEPTH_MAX   20                         /* of variables within variables */

/* A workload of an application that is being read. */
struct application {
    struct import *im;
    const struct python_node *class;
    struct constants module, scope;
    const char *workload;
    const struct python_node *of_workload; /* workload(...) */
    json_t *variables;                     /* {NAME: default} of this workload */
    json_t *descriptions;                  /* {NAME: description} */
    json_t *parameters; /* {NAME of Ramble: of the definition}: those that are used */
};

/* ----------------------------------------------------------------------------------- statements */

/* The next call of this function in the class's body. */
static const struct python_node *next_call(const struct python_node *n, const char *name)
{
    for (; n; n = n->next)
        if (n->kind == PY_EXPRESSION && n->first->kind == PY_CALL &&
            n->first->first->kind == PY_NAME && bd_str_eq(n->first->first->text, name))
            return n;
    return NULL;
}

static const struct python_node *first_call(const struct application *a, const char *name)
{
    return next_call(a->class->body, name);
}

/* An argument by its place or name; new reference, NULL where it is not there or not known. */
static json_t *value_of(const struct application *a, const struct python_node *call, size_t index,
                        const char *name)
{
    const struct python_node *n = python_keyword(call, name);
    json_t *value = NULL;
    if (!n)
        n = python_argument(call, index);
    return n && constant_of(n, &a->scope, &value, NULL) == 0 ? value : NULL;
}

#define NO_PLACE 1000

/* Whether a text is one, or among those, that an argument says. */
static bool is_of(const json_t *one_or_many, const char *text)
{
    const json_t *item;
    size_t i;
    if (json_is_string(one_or_many))
        return bd_str_eq(json_string_value(one_or_many), text);
    json_array_foreach (one_or_many, i, item)
        if (bd_str_eq(json_string_value(item), text))
            return true;
    return false;
}

/* Of this workload, by workload= or workloads=; of all where it says neither. */
static bool is_of_workload(const struct application *a, const struct python_node *call)
{
    bd_auto_json json_t *one = value_of(a, call, NO_PLACE, "workload"),
                        *many = value_of(a, call, NO_PLACE, "workloads");
    bool says = python_keyword(call, "workload") || python_keyword(call, "workloads") ||
                python_keyword(call, "workload_group");
    return !says || is_of(one, a->workload) || is_of(many, a->workload);
}

/* ------------------------------------------------------------------------------------ variables */

static void read_variables(struct application *a)
{
    const json_t *given = a->im->options->values;
    for (const struct python_node *n = first_call(a, "workload_variable"); n;
         n = next_call(n->next, "workload_variable")) {
        bd_auto_json json_t *name = value_of(a, n->first, 0, "name"),
                            *value = value_of(a, n->first, 1, "default"),
                            *description = value_of(a, n->first, 2, "description");
        if (!json_is_string(name) || !is_of_workload(a, n->first))
            continue;
        if (json_is_string(description))
            json_object_set(a->descriptions, json_string_value(name), description);
        if (json_object_get(given, json_string_value(name)))
            continue;
        if (!json_is_string(value) && !json_is_integer(value)) {
            import_note(a->im, n->line,
                        "the variable %s is left out: its default is known only where it runs",
                        json_string_value(name));
            continue;
        }
        json_object_set_new(a->variables, json_string_value(name),
                            json_is_string(value)
                                ? json_incref(value)
                                : json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value)));
    }
    json_object_update(a->variables, (json_t *)given);
}

/* As parameters are called: "out_file" is outFile. */
static char *parameter_name(const char *name)
{
    struct bd_str out = {0};
    bool is_next = false;
    for (; *name && out.len < 60; name++) {
        unsigned char c = (unsigned char)*name;
        if (!isalnum(c) || c >= 0x80) {
            is_next = out.len > 0;
            continue;
        }
        if (out.len == 0 && isdigit(c))
            bd_str_add(&out, "n");
        c = (unsigned char)(is_next ? toupper(c) : out.len == 0 ? tolower(c) : c);
        bd_str_addn(&out, &c, 1);
        is_next = false;
    }
    if (out.len == 0)
        bd_str_add(&out, "unnamed");
    return bd_str_take(&out);
}

static bool is_taken(const struct application *a, const char *parameter)
{
    static const char *const names[] = {"name",     "nodes",      "tasks", "tasksPerNode",
                                        "timeout",  "warmup",     "cpus",  "memoryBytes",
                                        "gridRows", "gridColumns"};
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++)
        if (bd_str_eq(names[i], parameter))
            return true;
    return json_object_get(json_object_get(a->im->definition, "parameters"), parameter) != NULL;
}

/* A number, or text of which a shell makes one word. */
static bool can_vary(const char *value)
{
    return *value && strspn(value, PLAIN_CHARS) == strlen(value);
}

static const char *parameter_of(struct application *a, const char *name, const char *value)
{
    const char *there = bd_json_str(a->parameters, name, NULL);
    if (there)
        return there;
    int64_t number;
    bd_auto_free char *word = parameter_name(name);
    bd_auto_free char *parameter = bd_xasprintf("%s%s", word, is_taken(a, word) ? "Of" : "");
    bool is_number = bd_parse_i64(value, -1000000000, 1000000000, &number) == 0;
    json_t *schema =
        is_number
            ? json_pack("{s:s, s:I}", "type", "integer", "default", (json_int_t)number)
            : json_pack("{s:s, s:s, s:s}", "type", "string", "pattern", PLAIN, "default", value);
    const char *description = bd_json_str(a->descriptions, name, NULL);
    if (description && *description && strlen(description) < 2000)
        json_object_set_new(schema, "description", json_string(description));
    import_parameter(a->im, parameter, schema);
    json_object_set_new(a->parameters, name, json_string(parameter));
    return bd_json_str(a->parameters, name, "");
}

/* What Ramble itself has. */
static const char *own_variable(const struct application *a, const char *name)
{
    static const char *const rows[][2] = {
        {"n_ranks", "${tasks}"},
        {"n_nodes", "${nodes}"},
        {"processes_per_node", "${tasksPerNode}"},
        {"experiment_run_dir", "."},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++)
        if (bd_str_eq(rows[i][0], name))
            return rows[i][1];
    return bd_str_eq(name, "workload_name")      ? a->workload
           : bd_str_eq(name, "application_name") ? bd_json_str(a->scope.known, "name", NULL)
                                                 : NULL;
}

/* Puts in what "{name}" stands for, as Ramble does before a shell sees it. */
static int expand(struct application *a, const char *text, unsigned depth, struct bd_str *out,
                  struct bd_err *err)
{
    while (*text) {
        size_t plain = strcspn(text, "{");
        bd_str_addn(out, text, plain);
        if (plain && text[plain] && text[plain - 1] == '$')
            return bd_err_set(err, BD_EINVALID, "'${' would be a shell's as well as Ramble's");
        text += plain;
        if (*text == '\0')
            break;
        size_t n = strcspn(text, "}");
        bd_auto_free char *name = bd_xstrndup(text + 1, n ? n - 1 : 0);
        const char *own = own_variable(a, name), *value = bd_json_str(a->variables, name, NULL);
        if (text[n] != '}' || depth > DEPTH_MAX || (!own && !value))
            return bd_err_set(
                err, BD_EINVALID,
                "what {%.60s} stands for is known only where it runs: say it by --set", name);
        if (own)
            bd_str_add(out, own);
        else if (can_vary(value))
            bd_str_addf(out, "${%s}", parameter_of(a, name, value));
        else if (expand(a, value, depth + 1, out, err) < 0)
            return BD_EINVALID;
        text += n + 1;
    }
    return 0;
}

/* ------------------------------------------------------------------------------------- workload */

static const struct python_node *choose_class(const struct python *source)
{
    for (const struct python_node *n = source->body; n; n = n->next)
        if (n->kind == PY_CLASS)
            return n;
    return NULL;
}

static int choose_workload(struct application *a, struct bd_err *err)
{
    bd_auto_str struct bd_str names = {0};
    const char *wanted = a->im->options->workload;
    size_t n_workloads = 0;
    for (const struct python_node *n = first_call(a, "workload"); n;
         n = next_call(n->next, "workload")) {
        bd_auto_json json_t *name = value_of(a, n->first, 0, "name");
        if (!json_is_string(name))
            continue;
        n_workloads++;
        bd_str_addf(&names, "%s%s", names.len ? ", " : "", json_string_value(name));
        if (!wanted || bd_str_eq(json_string_value(name), wanted))
            a->of_workload = n->first;
    }
    if (n_workloads == 0)
        return bd_err_set(err, BD_EINVALID,
                          "line %u: the application %s has no workload that is told by "
                          "itself",
                          a->class->line, a->class->text);
    if (!a->of_workload || (!wanted && n_workloads > 1))
        return bd_err_set(err, BD_EINVALID, "%s; say which: --workload of %s",
                          wanted ? "it has no such workload" : "it has several workloads",
                          bd_str_text(&names));
    return 0;
}

/* -------------------------------------------------------------------------------------- command */

struct command {
    struct bd_str script; /* all of its lines */
    size_t n_lines;
    bool mpi, others; /* whether some of them are run on all tasks, and some once */
};

static const struct python_node *find_executable(const struct application *a, const char *name)
{
    for (const struct python_node *n = first_call(a, "executable"); n;
         n = next_call(n->next, "executable")) {
        bd_auto_json json_t *of = value_of(a, n->first, 0, "name");
        if (json_is_string(of) && bd_str_eq(json_string_value(of), name))
            return n->first;
    }
    return NULL;
}

static int add_line(struct application *a, const struct python_node *call, const json_t *line,
                    struct command *c, struct bd_err *err)
{
    if (!json_is_string(line))
        return bd_err_set(err, BD_EINVALID, "line %u: a line of its template is no text",
                          call->line);
    int rc = expand(a, json_string_value(line), 0, &c->script, err);
    if (rc < 0)
        return bd_err_wrap(err, "line %u: '%.120s'", call->line, json_string_value(line));
    bd_str_add(&c->script, "\n");
    c->n_lines++;
    return 0;
}

static int add_executable(struct application *a, const char *name, struct command *c,
                          struct bd_err *err)
{
    const struct python_node *call = find_executable(a, name);
    const struct python_node *of = call ? python_keyword(call, "template") : NULL;
    if (call && !of)
        of = python_argument(call, 1);
    if (!of)
        return bd_err_set(err, BD_EINVALID, "line %u: the executable %s is not told by itself",
                          a->of_workload->line, name);
    bd_auto_json json_t *template = NULL, *mpi = value_of(a, call, NO_PLACE, "use_mpi"),
                        *background = value_of(a, call, NO_PLACE, "run_in_background");
    int rc = constant_of(of, &a->scope, &template, err);
    if (rc < 0)
        return bd_err_wrap(err, "the executable %s", name);
    if (json_is_true(background))
        return bd_err_set(err, BD_EINVALID, "line %u: the executable %s is run in the background",
                          call->line, name);
    *(json_is_true(mpi) ? &c->mpi : &c->others) = true;
    if (json_is_string(template))
        return add_line(a, call, template, c, err);
    const json_t *line;
    size_t i;
    json_array_foreach (template, i, line) {
        rc = add_line(a, call, line, c, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_lines(struct application *a, struct command *c, struct bd_err *err)
{
    bd_auto_json json_t *many = value_of(a, a->of_workload, 1, "executables"),
                        *one = value_of(a, a->of_workload, 2, "executable"), *list = json_array();
    const json_t *name;
    size_t i;
    if (json_is_array(many))
        json_array_extend(list, many);
    else if (json_is_string(many) || json_is_string(one))
        json_array_append(list, json_is_string(many) ? many : one);
    json_array_foreach (list, i, name) {
        int rc = add_executable(a, json_is_string(name) ? json_string_value(name) : "?", c, err);
        if (rc < 0)
            return rc;
    }
    if (c->n_lines == 0)
        return bd_err_set(err, BD_EINVALID,
                          "line %u: the workload %s runs nothing that is told by itself",
                          a->of_workload->line, a->workload);
    return 0;
}

static void set_command(struct application *a, const struct command *c)
{
    bd_auto_json json_t *words = json_array();
    bd_auto_free char *line = bd_xstrndup(bd_str_text(&c->script), c->script.len - 1);
    /* "${" is of the definition here: no shell makes several words of such a value. */
    bd_auto_str struct bd_str shell = {0};
    for (const char *s = line; *s; s++)
        if (!bd_starts_with(s, "${"))
            bd_str_addn(&shell, s, 1);
    bool is_one = c->n_lines == 1 && words_of_line(bd_str_text(&shell), true, words) &&
                  json_array_size(words);
    if (!is_one) {
        import_script(a->im, bd_str_text(&c->script));
        if (c->mpi)
            import_note(
                a->im, a->of_workload->line,
                "its lines are a script of one task: Ramble runs some once and some on all tasks");
        return;
    }
    json_t *command = json_array();
    const json_t *word;
    size_t i;
    json_array_foreach (words, i, word) {
        bd_auto_str struct bd_str text = {0};
        for (const char *s = json_string_value(word); *s; s++) {
            if (*s == '{')
                bd_str_add(&text, "$");
            bd_str_addn(&text, s, 1);
        }
        json_array_append_new(command, json_string(bd_str_text(&text)));
    }
    json_object_set_new(a->im->definition, "command", command);
    import_program(a->im, json_string_value(json_array_get(command, 0)), c->mpi);
    if (!c->mpi)
        import_parameter(a->im, "nodes",
                         json_pack("{s:s, s:i, s:i, s:i}", "type", "integer", "minimum", 1,
                                   "maximum", 1, "default", 1));
}

static int read_command(struct application *a, struct bd_err *err)
{
    struct command c = {0};
    int rc = read_lines(a, &c, err);
    if (rc == 0)
        set_command(a, &c);
    bd_str_done(&c.script);
    return rc;
}

/* ------------------------------------------------------------------------- figures and criteria */

/* "stdout" of what the executables write, which Ramble has in a file of its own. The caller's. */
static char *place_of(struct application *a, const char *path)
{
    static const char *const logs[] = {"{log_file}", "{experiment_run_dir}/{experiment_name}.out",
                                       "{experiment_name}.out"};
    bd_auto_str struct bd_str text = {0};
    if (!path)
        return bd_xstrdup("stdout");
    for (size_t i = 0; i < BD_ARRAY_LEN(logs); i++)
        if (bd_str_eq(path, logs[i]))
            return bd_xstrdup("stdout");
    if (expand(a, path, 0, &text, NULL) < 0)
        return NULL;
    const char *own = import_own_file(bd_str_text(&text));
    return own ? bd_xstrdup(own) : NULL;
}

/* "{name}": in a pattern, too, Ramble puts in what it stands for. */
static bool has_variable(const char *text)
{
    for (; (text = strchr(text, '{')); text++) {
        size_t n = strcspn(text, "}");
        if (text[n] && isalpha((unsigned char)text[1]))
            return true;
    }
    return false;
}

static void read_figure(struct application *a, const struct python_node *call)
{
    bd_auto_json json_t *name = value_of(a, call, 0, "name"),
                        *regex = value_of(a, call, 1, "fom_regex"),
                        *group = value_of(a, call, 2, "group_name"),
                        *file = value_of(a, call, 3, "log_file"),
                        *units = value_of(a, call, 4, "units");
    const struct python_node *of_file = python_keyword(call, "log_file");
    const char *shown = json_is_string(name) ? json_string_value(name) : "without a plain name";
    const char *why =
        !json_is_string(name) || strchr(shown, '{') ? "its name is known only where it runs"
        : !json_is_string(regex)                    ? "its pattern is known only where it runs"
        : !json_is_string(group)                    ? "its group is known only where it runs"
        : has_variable(json_string_value(regex))    ? "its pattern is known only where it runs"
        : python_keyword(call, "contexts")          ? "it is many figures under one name (contexts)"
                                                    : NULL;
    if (why) {
        import_note(a->im, call->line, "metric %s is left out: %s", shown, why);
        return;
    }
    bd_auto_free char *from =
        of_file && !json_is_string(file) ? NULL : place_of(a, json_string_value(file));
    const struct import_pattern p = {
        .line = call->line,
        .name = shown,
        .regex = json_string_value(regex),
        .wanted = {.name = json_string_value(group), .at_begin = true},
        .from = from,
    };
    import_metric(a->im, &p, json_is_string(units) ? json_string_value(units) : "");
}

static void read_criteria(struct application *a, const struct python_node *call)
{
    bd_auto_json json_t *name = value_of(a, call, 0, "name"), *mode = value_of(a, call, 1, "mode"),
                        *match = value_of(a, call, 2, "match"),
                        *file = value_of(a, call, 3, "file");
    const struct python_node *of_file = python_keyword(call, "file");
    if (!json_is_string(name) || !json_is_string(match) || !json_is_string(mode) ||
        !bd_str_eq(json_string_value(mode), "string")) {
        import_note(a->im, call->line,
                    "the criterion %s is left out: it is no text that has to be found",
                    json_is_string(name) ? json_string_value(name) : "without a plain name");
        return;
    }
    bd_auto_free char *from =
        of_file && !json_is_string(file) ? NULL : place_of(a, json_string_value(file));
    bd_auto_free char *says = bd_xasprintf("'%s' is not found", json_string_value(match));
    const struct import_pattern p = {
        .line = call->line,
        .name = json_string_value(name),
        .regex = json_string_value(match),
        .wanted = {.at_begin = true},
        .from = from,
    };
    import_check(a->im, &p, &(struct import_criteria){.says = says});
}

/* ------------------------------------------------------------------------------------- the rest */

static void read_environment(struct application *a)
{
    for (const struct python_node *n = first_call(a, "environment_variable"); n;
         n = next_call(n->next, "environment_variable")) {
        bd_auto_json json_t *name = value_of(a, n->first, 0, "name"),
                            *value = value_of(a, n->first, 1, "value");
        bd_auto_str struct bd_str text = {0};
        if (!is_of_workload(a, n->first))
            continue;
        if (!json_is_string(name) || !json_is_string(value) ||
            expand(a, json_string_value(value), 0, &text, NULL) < 0) {
            import_note(a->im, n->line,
                        "a variable of the environment is left out: it is known only where "
                        "it runs");
            continue;
        }
        json_t *env = json_object_get(a->im->definition, "env");
        if (!env)
            json_object_set_new(a->im->definition, "env", env = json_object());
        json_object_set_new(env, json_string_value(name), json_string(bd_str_text(&text)));
    }
}

/* Statements that Ramble has and that are not followed. */
static void note_rest(struct application *a)
{
    for (const struct python_node *n = a->class->body; n; n = n->next)
        if (n->kind == PY_BLOCK)
            import_note(a->im, n->line, "what stands in this '%s' is left out", n->text);
    for (const struct python_node *n = first_call(a, "input_file"); n;
         n = next_call(n->next, "input_file")) {
        bd_auto_json json_t *name = value_of(a, n->first, 0, "name"),
                            *one = value_of(a, a->of_workload, NO_PLACE, "input"),
                            *many = value_of(a, a->of_workload, NO_PLACE, "inputs");
        if (json_is_string(name) &&
            (is_of(one, json_string_value(name)) || is_of(many, json_string_value(name))))
            import_note(a->im, n->line,
                        "the input %s is left out: bring it by 'benchctl input add', and "
                        "name its digest in inputs",
                        json_string_value(name));
    }
    const char *base = python_last_word(a->class->first);
    if (!bd_str_eq(base, "ExecutableApplication") && !bd_str_eq(base, "SpackApplication"))
        import_note(a->im, a->class->line,
                    "its base %s is in another file: what that says is not known",
                    base ? base : "?");
}

static void read_constants(struct constants *c, const struct python_node *body)
{
    for (const struct python_node *n = body; n; n = n->next)
        if (n->kind == PY_ASSIGN)
            for (const struct python_node *t = n->first->next; t; t = t->next)
                if (t->kind == PY_NAME)
                    constants_set(c, t->text, n->first);
}

static int read_application(struct application *a, struct bd_err *err)
{
    int rc = choose_workload(a, err);
    if (rc < 0)
        return rc;
    bd_auto_json json_t *workload = value_of(a, a->of_workload, 0, "name");
    bd_auto_free char *name = bd_xasprintf(
        "%s-%s", bd_json_str(a->scope.known, "name", a->class->text), json_string_value(workload));
    bd_auto_free char *title = bd_xasprintf(
        "%s: %s", bd_json_str(a->scope.known, "name", a->class->text), json_string_value(workload));
    a->workload = json_string_value(workload);
    import_name(a->im, name, title, python_docstring(a->class->body));
    read_variables(a);
    rc = read_command(a, err);
    if (rc < 0)
        return rc;
    read_environment(a);
    for (const struct python_node *n = first_call(a, "figure_of_merit"); n;
         n = next_call(n->next, "figure_of_merit"))
        read_figure(a, n->first);
    for (const struct python_node *n = first_call(a, "success_criteria"); n;
         n = next_call(n->next, "success_criteria"))
        read_criteria(a, n->first);
    note_rest(a);
    a->workload = NULL;
    return 0;
}

int import_ramble(struct import *im, const struct python *source, struct bd_err *err)
{
    const struct python_node *class = choose_class(source);
    if (!class)
        return bd_err_set(err, BD_EINVALID, "it has no class of an application");
    bd_auto_json json_t *variables = json_object(), *descriptions = json_object(),
                        *parameters = json_object();
    struct application a = {.im = im,
                            .class = class,
                            .variables = variables,
                            .descriptions = descriptions,
                            .parameters = parameters};
    constants_init(&a.module, NULL);
    constants_init(&a.scope, &a.module);
    read_constants(&a.module, source->body);
    read_constants(&a.scope, a.class->body);
    int rc = read_application(&a, err);
    constants_done(&a.scope);
    constants_done(&a.module);
    return rc;
}
