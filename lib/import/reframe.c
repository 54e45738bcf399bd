#include "lib/import/import_priv.h"
#include "lib/import/reframe_class.h"

#include "lib/base/clock.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Where expressions are looked at. */
struct reading {
    struct import *im;
    const struct constants *scope;
};

/* ------------------------------------------------------------------------------- sanity functions
 */

static const char *function_of(const struct python_node *n)
{
    return n && n->kind == PY_CALL ? python_last_word(n->first) : NULL;
}

/* The argument with this number or of this name. */
static const struct python_node *argument(const struct python_node *call, size_t index,
                                          const char *name)
{
    const struct python_node *n = python_argument(call, index);
    return n ? n : python_keyword(call, name);
}

/* "stdout", "stderr", or a file in the test's directory; NULL: it is not known. The caller's. */
static char *file_of(const struct reading *r, const struct python_node *n)
{
    static const char *const streams[] = {"stdout", "stderr"};
    bd_auto_json json_t *value = NULL;
    bd_auto_str struct bd_str words = {0};
    if (!n)
        return NULL;
    python_dotted(n, &words);
    for (size_t i = 0; i < BD_ARRAY_LEN(streams); i++) {
        bd_auto_free char *word = bd_xasprintf("self.%s", streams[i]);
        if (bd_str_eq(bd_str_text(&words), word))
            return bd_xstrdup(streams[i]);
    }
    constant_of(n, r->scope, &value, NULL);
    const char *own = json_is_string(value) ? import_own_file(json_string_value(value)) : NULL;
    return own ? bd_xstrdup(own) : NULL;
}

/* What sn.extractsingle(regex, file, tag, conv, item) and its kind look for; owns what p points to.
 */
struct found {
    struct import_pattern p;
    json_t *regex, *tag;
    char *from;
};

static void found_done(struct found *f)
{
    json_decref(f->regex);
    json_decref(f->tag);
    free(f->from);
}

/* false with a note. */
static bool read_found(const struct reading *r, const struct python_node *call, const char *name,
                       struct found *ret)
{
    struct bd_err err = BD_ERR_INIT;
    const struct python_node *regex = argument(call, 0, "patt"), *tag = argument(call, 2, "tag");
    int rc = regex ? constant_of(regex, r->scope, &ret->regex, &err)
                   : bd_err_set(&err, BD_EINVALID, "line %u: it has no pattern", call->line);
    if (rc == 0 && tag)
        rc = constant_of(tag, r->scope, &ret->tag, &err);
    if (rc == 0 && !json_is_string(ret->regex))
        rc = bd_err_set(&err, BD_EINVALID, "line %u: its pattern is no text", call->line);
    if (rc < 0) {
        import_note(r->im, call->line, "%s is left out: %s", name, err.text);
        return false;
    }
    ret->from = file_of(r, argument(call, 1, "filename"));
    ret->p = (struct import_pattern){
        .line = call->line,
        .name = name,
        .regex = json_string_value(ret->regex),
        .from = ret->from,
        .wanted = {.name = json_string_value(ret->tag),
                   .group = (unsigned)json_integer_value(ret->tag)},
    };
    return true;
}

/* Whether it is the first that is found, and a number as it stands; else a note. */
static bool is_plain(const struct reading *r, const struct python_node *call, const char *name)
{
    const struct python_node *conv = argument(call, 3, "conv"), *item = argument(call, 4, "item");
    const char *type = conv ? python_last_word(conv) : "float";
    bool is_first = !item || (item->kind == PY_NUMBER && bd_str_eq(item->text, "0"));
    bool is_number = bd_str_eq(type, "float") || bd_str_eq(type, "int") || bd_str_eq(type, "str");
    if (!is_first || !is_number)
        import_note(r->im, call->line, "%s is left out: %s", name,
                    is_first ? "what is found is worked on by a function"
                             : "it is not the first that is found");
    return is_first && is_number;
}

/* --------------------------------------------------------------------------------------- checking
 */

static void check_found(const struct reading *r, const struct python_node *call)
{
    struct found f = {0};
    bd_auto_free char *says = NULL;
    if (read_found(r, call, "sanity", &f)) {
        says = bd_xasprintf("'%s' is not found", f.p.regex);
        f.p.wanted = (struct regex_wanted){0};
        import_check(r->im, &f.p, &(struct import_criteria){.says = says});
    }
    found_done(&f);
}

/* A number of the file: sn.assert_ge(sn.extractsingle(...), 3). */
static const struct comparison {
    const char *name;
    bool least, most; /* the value is no less, no more than what follows */
    bool bounded;     /* two numbers follow */
    bool reference;   /* a number and two shares of it */
} comparisons[] = {
    {"assert_eq", true, true, false, false},       {"assert_ge", true, false, false, false},
    {"assert_le", false, true, false, false},      {"assert_bounded", true, true, true, false},
    {"assert_reference", true, true, false, true},
};

/* The number with this place among the arguments; new reference, NULL: there is none. */
static json_t *number_at(const struct reading *r, const struct python_node *call, size_t index)
{
    const struct python_node *n = python_argument(call, index);
    json_t *value = NULL;
    if (n && constant_of(n, r->scope, &value, NULL) == 0 && json_is_number(value))
        return value;
    json_decref(value);
    return NULL;
}

/* The bounds of a comparison; false where they are not known. */
static bool bounds_of(const struct reading *r, const struct python_node *call,
                      const struct comparison *c, struct import_criteria *ret)
{
    bd_auto_json json_t *first = number_at(r, call, 1), *second = number_at(r, call, 2),
                        *third = number_at(r, call, 3);
    if (!first || (c->bounded && !second))
        return false;
    if (c->reference) {
        double of = json_number_value(first), width = fabs(of);
        ret->at_least = second ? json_real(of + width * json_number_value(second)) : NULL;
        ret->at_most = third ? json_real(of + width * json_number_value(third)) : NULL;
        return second || third;
    }
    if (c->least && c->most && !c->bounded) {
        ret->equals = json_incref(first);
        return true;
    }
    ret->at_least = c->least ? json_incref(first) : NULL;
    ret->at_most = c->bounded ? json_incref(second) : c->most ? json_incref(first) : NULL;
    return true;
}

static void check_number(const struct reading *r, const struct python_node *call,
                         const struct comparison *c)
{
    const struct python_node *of = python_argument(call, 0);
    struct import_criteria criteria = {.says = "a value is not what it has to be"};
    struct found f = {0};
    if (!bd_str_eq(function_of(of), "extractsingle") || !bounds_of(r, call, c, &criteria))
        import_note(r->im, call->line,
                    "sanity is left out: what it compares is known only where it runs");
    else if (is_plain(r, of, "sanity") && read_found(r, of, "sanity", &f))
        import_check(r->im, &f.p, &criteria);
    found_done(&f);
    json_decref(criteria.equals);
    json_decref(criteria.at_least);
    json_decref(criteria.at_most);
}

static void check(const struct reading *r, const struct python_node *n, unsigned depth)
{
    const char *name = function_of(n);
    const struct python_node *list = name ? python_argument(n, 0) : NULL;
    if (bd_str_eq(name, "assert_found")) {
        check_found(r, n);
        return;
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(comparisons); i++)
        if (bd_str_eq(name, comparisons[i].name)) {
            check_number(r, n, &comparisons[i]);
            return;
        }
    if (bd_str_eq(name, "all") && list && (list->kind == PY_LIST || list->kind == PY_TUPLE) &&
        depth < 10) {
        for (const struct python_node *item = list->first; item; item = item->next)
            check(r, item, depth + 1);
        return;
    }
    if (bd_str_eq(name, "and_") && depth < 10) {
        for (const struct python_node *item = n->first->next; item; item = item->next)
            check(r, item, depth + 1);
        return;
    }
    if (n->kind == PY_NAME && bd_str_eq(n->text, "True"))
        return;
    import_note(r->im, n->line, "sanity is left out: %s%s",
                name      ? name
                : n->text ? n->text
                          : "an expression",
                bd_str_eq(name, "assert_not_found") ? ": a check looks at what is found"
                                                    : " has no counterpart");
}

/* -------------------------------------------------------------------------------------- measuring
 */

static void measure(const struct reading *r, const char *name, const struct python_node *n,
                    const char *unit)
{
    struct found f = {0};
    if (!bd_str_eq(function_of(n), "extractsingle"))
        import_note(r->im, n->line, "metric %s is left out: %s is no extractsingle() of one value",
                    name, function_of(n) ? function_of(n) : "it");
    else if (is_plain(r, n, name) && read_found(r, n, name, &f))
        import_metric(r->im, &f.p, unit);
    found_done(&f);
}

/* What a function of one statement, after constants, returns; NULL: it is more than that. */
static const struct python_node *returned(const struct python_node *method,
                                          struct constants *locals)
{
    for (const struct python_node *n = method->body; n; n = n->next) {
        if (n->kind == PY_RETURN)
            return n->first;
        if (n->kind == PY_ASSIGN && n->last->kind == PY_NAME)
            constants_set(locals, n->last->text, n->first);
        else if (n->kind != PY_EXPRESSION || n->first->kind != PY_STRING)
            return NULL;
    }
    return NULL;
}

static void read_performance(struct import *im, struct reframe_class *c,
                             const struct python_node *method, const struct python_node *decorator)
{
    bd_auto_json json_t *unit = NULL, *key = NULL;
    struct constants locals;
    constants_init(&locals, &c->module);
    locals.self = &c->self;
    const struct python_node *of_unit =
        decorator->kind == PY_CALL ? argument(decorator, 0, "units") : NULL;
    const struct python_node *of_key =
        decorator->kind == PY_CALL ? python_keyword(decorator, "perf_key") : NULL;
    if (of_unit)
        constant_of(of_unit, &locals, &unit, NULL);
    if (of_key)
        constant_of(of_key, &locals, &key, NULL);
    const char *name = json_is_string(key) ? json_string_value(key) : method->text;
    const struct python_node *value = returned(method, &locals);
    const struct reading r = {im, &locals};
    if (value)
        measure(&r, name, value, json_string_value(unit));
    else
        import_note(im, method->line,
                    "metric %s is left out: it is worked out by several statements", name);
    constants_done(&locals);
}

static void read_sanity(struct import *im, struct reframe_class *c,
                        const struct python_node *method)
{
    struct constants locals;
    constants_init(&locals, &c->module);
    locals.self = &c->self;
    const struct python_node *value = returned(method, &locals);
    const struct reading r = {im, &locals};
    if (value)
        check(&r, value, 0);
    else
        import_note(im, method->line,
                    "sanity %s is left out: it is worked out by several statements", method->text);
    constants_done(&locals);
}

/* -------------------------------------------------------------- self.sanity_patterns and its kind
 */

/* The unit that references have for it: ('system': {'name': (value, low, high, 'unit')}). */
static const char *unit_of_reference(const struct reframe_class *c, const char *name)
{
    const char *system;
    json_t *of_system;
    json_object_foreach (json_object_get(c->self.known, "reference"), system, of_system) {
        const json_t *four = json_object_get(of_system, name);
        const char *unit = json_string_value(json_array_get(four, 3));
        if (unit)
            return unit;
    }
    return NULL;
}

struct setting {
    struct import *im;
    struct reframe_class *c;
};

/* {'name': sn.extractsingle(...)}, or sn.make_performance_function(sn.extractsingle(...), 'unit').
 */
static void read_patterns(const struct setting *s, const struct reading *r,
                          const struct python_node *dict)
{
    for (const struct python_node *key = dict->first; key && key->next; key = key->next->next) {
        bd_auto_json json_t *name = NULL, *unit = NULL;
        const struct python_node *value = key->next;
        constant_of(key, r->scope, &name, NULL);
        if (!json_is_string(name)) {
            import_note(r->im, key->line,
                        "a metric is left out: its name is known only where it runs");
            continue;
        }
        const char *of_reference = unit_of_reference(s->c, json_string_value(name));
        if (bd_str_eq(function_of(value), "make_performance_function")) {
            const struct python_node *of_unit = argument(value, 1, "unit");
            if (of_unit)
                constant_of(of_unit, r->scope, &unit, NULL);
            value = python_argument(value, 0) ? python_argument(value, 0) : value;
        }
        measure(r, json_string_value(name), value, unit ? json_string_value(unit) : of_reference);
    }
}

static void on_set(const char *name, const struct python_node *value, const struct constants *scope,
                   void *arg)
{
    const struct setting *s = arg;
    const struct reading r = {s->im, scope};
    bool is_patterns = bd_str_eq(name, "perf_patterns") || bd_str_eq(name, "perf_variables");
    if (bd_str_eq(name, "sanity_patterns"))
        check(&r, value, 0);
    else if (is_patterns && value->kind == PY_DICT)
        read_patterns(s, &r, value);
    else if (is_patterns)
        import_note(s->im, value->line,
                    "its metrics are left out: they are put together where it runs");
}

static void read_functions(struct import *im, struct reframe_class *c)
{
    for (size_t i = 0; i < c->n_methods; i++) {
        const struct python_node *m = c->methods[i];
        const struct python_node *performance = reframe_decorator(m, "performance_function");
        if (reframe_decorator(m, "sanity_function"))
            read_sanity(im, c, m);
        else if (performance)
            read_performance(im, c, m, performance);
    }
}

/* ---------------------------------------------------------------------------------------- command
 */

/* The value, or NULL; where it was said but is not known, with why. Borrowed. */
static const json_t *known(const struct reframe_class *c, const char *name, const char **ret_why)
{
    *ret_why = bd_json_str(c->self.unknown, name, NULL);
    return json_object_get(c->self.known, name);
}

/* Its texts, each after a blank or a line end, as ReFrame writes them into a script. */
static int add_texts(const struct reframe_class *c, const char *name, const char *between,
                     struct bd_str *out, struct bd_err *err)
{
    const char *why;
    const json_t *value = known(c, name, &why), *item;
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
    const json_t *executable = known(c, "executable", &why);
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
    return json_array_size(known(c, name, &why)) > 0 || why;
}

static int read_command(struct import *im, const struct reframe_class *c, bool is_one_task,
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

/* ------------------------------------------------------------------------------------------ sizes
 */

static json_int_t whole(const struct reframe_class *c, const char *name, json_int_t fallback)
{
    const char *why;
    const json_t *value = known(c, name, &why);
    return why ? -1 : json_is_integer(value) ? json_integer_value(value) : fallback;
}

static void set_size(struct import *im, const char *name, json_int_t max, json_int_t value)
{
    import_parameter(im, name,
                     json_pack("{s:s, s:i, s:I, s:I}", "type", "integer", "minimum", 1, "maximum",
                               max, "default", value));
}

/* Answers whether there is one task. */
static bool read_tasks(struct import *im, const struct reframe_class *c)
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

static void read_limit(struct import *im, const struct reframe_class *c)
{
    const char *why;
    const json_t *limit = known(c, "time_limit", &why);
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

/* ---------------------------------------------------------------------------------------- the rest
 */

static void read_variables(struct import *im, const struct reframe_class *c)
{
    static const char *const names[] = {"env_vars", "variables"};
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++) {
        const char *why, *name;
        const json_t *variables = known(c, names[i], &why);
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
static void note_rest(struct import *im, const struct reframe_class *c)
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
        const json_t *value = known(c, members[i][0], &why);
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

static void read_name(struct import *im, const struct reframe_class *c)
{
    const char *why, *doc = python_docstring(c->node->body);
    const json_t *descr = known(c, "descr", &why);
    import_name(im, c->node->text, json_string_value(descr), doc);
}

int import_reframe(struct import *im, const struct python *source, struct bd_err *err)
{
    struct reframe_class c;
    int rc = reframe_class_read(source, im->options->class, im->options->values, &c, err);
    if (rc < 0)
        return rc;
    struct setting setting = {im, &c};
    reframe_class_prepare(&c, on_set, &setting);
    read_name(im, &c);
    bool is_one_task = read_tasks(im, &c);
    read_limit(im, &c);
    rc = read_command(im, &c, is_one_task, err);
    if (rc == 0) {
        read_variables(im, &c);
        read_functions(im, &c);
        note_rest(im, &c);
    }
    reframe_class_done(&c);
    return rc;
}
