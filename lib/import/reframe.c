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

/* ----------------------------------------------------------------------------- sanity functions */

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

/* ------------------------------------------------------------------------------------- checking */

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

/* ------------------------------------------------------------------------------------ measuring */

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

/* ------------------------------------------------------------ self.sanity_patterns and its kind */

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

/* ------------------------------------------------------------------------------------------ all */

static void read_name(struct import *im, const struct reframe_class *c)
{
    const char *why, *doc = python_docstring(c->node->body);
    const json_t *descr = reframe_known(c, "descr", &why);
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
    bool is_one_task = reframe_read_tasks(im, &c);
    reframe_read_limit(im, &c);
    rc = reframe_read_command(im, &c, is_one_task, err);
    if (rc == 0) {
        reframe_read_variables(im, &c);
        read_functions(im, &c);
        reframe_note_rest(im, &c);
    }
    reframe_class_done(&c);
    return rc;
}
