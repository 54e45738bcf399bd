#include "lib/import/reframe_class.h"

#include <string.h>

#define CLASSES_MAX 100 /* that are read for one test */

/* -------------------------------------------------------------------------------------- classes */

static const struct python_node *find_class(const struct python *source, const char *name)
{
    for (const struct python_node *n = source->body; n; n = n->next)
        if (n->kind == PY_CLASS && bd_str_eq(n->text, name))
            return n;
    return NULL;
}

/* A test that builds a program, and nothing else, measures nothing. */
static bool is_build_only(const struct python_node *class)
{
    for (const struct python_node *base = class->first; base; base = base->next)
        if (bd_str_eq(python_last_word(base), "CompileOnlyRegressionTest"))
            return true;
    return false;
}

const struct python_node *reframe_decorator(const struct python_node *method, const char *name)
{
    for (const struct python_node *d = method->decorators; d; d = d->next)
        if (bd_str_eq(python_last_word(d->kind == PY_CALL ? d->first : d), name))
            return d;
    return NULL;
}

/* What ReFrame would run; without any, classes that others are to build on. */
static const struct python_node *choose_class(const struct python *source, struct bd_err *err)
{
    bd_auto_str struct bd_str names = {0};
    const struct python_node *found[2] = {NULL, NULL};
    size_t n_found[2] = {0, 0};
    for (const struct python_node *n = source->body; n; n = n->next) {
        if (n->kind != PY_CLASS || is_build_only(n))
            continue;
        bd_str_addf(&names, "%s%s", names.len ? ", " : "", n->text);
        bool is_test = reframe_decorator(n, "simple_test") != NULL;
        n_found[is_test]++;
        found[is_test] = n;
    }
    for (int i = 1; i >= 0; i--)
        if (n_found[i] == 1 && (i == 1 || n_found[1] == 0))
            return found[i];
    bd_err_set(err, BD_EINVALID,
               names.len ? "it has several tests; say which: --class of %s"
                         : "it has no class of a test%s",
               bd_str_text(&names));
    return NULL;
}

/* ----------------------------------------------------------------------------------- statements */

static void forget(struct constants *c, const char *name, unsigned line, const char *why)
{
    bd_auto_free char *text = bd_xasprintf("%s (line %u)", why, line);
    constants_forget(c, name, text);
}

/* NAME where the node is self.NAME, or a part of it; NULL. */
static const char *name_of_self(const struct python_node *n)
{
    while (n && n->kind == PY_OTHER && n->first)
        n = n->first;
    bool is = n && n->kind == PY_ATTRIBUTE && n->first->kind == PY_NAME &&
              bd_str_eq(n->first->text, "self");
    return is ? n->text : NULL;
}

/* Of a class's body: variable(int, value=3), parameter([1, 2]), fixture(...), required. */
static void set_of_class(struct constants *c, const char *name, const struct python_node *value)
{
    const char *call = value->kind == PY_CALL ? python_last_word(value->first) : NULL;
    const struct python_node *given = call ? python_keyword(value, "value") : NULL;
    if (bd_str_eq(call, "variable") && given)
        constants_set(c, name, given);
    else if (bd_str_eq(call, "variable") || bd_str_eq(python_last_word(value), "required"))
        forget(c, name, value->line, "it has no value until somebody gives it one");
    else if (bd_str_eq(call, "parameter"))
        forget(c, name, value->line, "it is a parameter, with one value after the other");
    else if (bd_str_eq(call, "fixture"))
        forget(c, name, value->line, "it is what another test leaves");
    else
        constants_set(c, name, value);
}

/* x += value */
static void add_to(struct constants *c, const struct constants *scope, const char *name,
                   const struct python_node *n)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *more = NULL;
    json_t *there = json_object_get(c->known, name);
    int rc = constant_of(n->first, scope, &more, &err);
    if (rc == 0 && bd_str_eq(n->text, "+=") && json_is_array(there) && json_is_array(more)) {
        json_t *both = json_copy(there);
        json_array_extend(both, more);
        constants_put(c, name, both);
    } else if (rc == 0 && bd_str_eq(n->text, "+=") && !there && json_is_array(more) &&
               !json_object_get(c->unknown, name)) {
        constants_put(c, name, bd_take(more)); /* ReFrame's own lists are empty at first */
    } else {
        forget(c, name, n->line, rc < 0 ? err.text : "it is changed in a way that is not followed");
    }
}

static void add_method(struct reframe_class *c, const struct python_node *method)
{
    for (size_t i = 0; i < c->n_methods; i++)
        if (bd_str_eq(c->methods[i]->text, method->text)) {
            c->methods[i] = method;
            return;
        }
    if (c->n_methods < REFRAME_METHODS_MAX)
        c->methods[c->n_methods++] = method;
}

/* What is assigned within it, in a class's body or (of self) in a method's, is known no more. */
static void forget_within(struct constants *c, const struct python_node *body, bool of_self,
                          unsigned line)
{
    for (const struct python_node *n = body; n; n = n->next) {
        if (n->kind == PY_ASSIGN || n->kind == PY_AUGMENT)
            for (const struct python_node *t = n->first->next; t; t = t->next) {
                const char *name = of_self ? name_of_self(t) : t->kind == PY_NAME ? t->text : NULL;
                if (name)
                    forget(c, name, line, "it depends on what is known only where it runs");
            }
        if (n->kind == PY_BLOCK)
            forget_within(c, n->body, of_self, line);
    }
}

static void read_body(struct reframe_class *c, const struct python_node *body)
{
    for (const struct python_node *n = body; n; n = n->next) {
        if (n->kind == PY_DEF)
            add_method(c, n);
        else if (n->kind == PY_BLOCK)
            forget_within(&c->self, n->body, false, n->line);
        else if (n->kind == PY_AUGMENT && n->last->kind == PY_NAME)
            add_to(&c->self, &c->self, n->last->text, n);
        else if (n->kind == PY_ASSIGN)
            for (const struct python_node *t = n->first->next; t; t = t->next)
                if (t->kind == PY_NAME)
                    set_of_class(&c->self, t->text, n->first);
    }
}

/* Bases first: what a class says stands in for what they do. */
static void read_class(struct reframe_class *c, const struct python *source,
                       const struct python_node *class)
{
    static const char *const known[] = {"RunOnlyRegressionTest", "RegressionTest", "object"};
    c->n_read++;
    for (const struct python_node *base = class->first; base && c->n_read < CLASSES_MAX;
         base = base->next) {
        const char *name = python_last_word(base);
        const struct python_node *there = name ? find_class(source, name) : NULL;
        bool is_known = base->kind == PY_KEYWORD;
        for (size_t i = 0; i < BD_ARRAY_LEN(known); i++)
            is_known |= bd_str_eq(name, known[i]);
        if (there && there != class)
            read_class(c, source, there);
        else if (!is_known)
            json_array_append_new(c->bases, json_string(name ? name : "?"));
    }
    read_body(c, class->body);
}

static void read_module(struct constants *module, const struct python_node *body)
{
    for (const struct python_node *n = body; n; n = n->next) {
        if (n->kind == PY_BLOCK)
            forget_within(module, n->body, false, n->line);
        else if (n->kind == PY_ASSIGN)
            for (const struct python_node *t = n->first->next; t; t = t->next)
                if (t->kind == PY_NAME)
                    constants_set(module, t->text, n->first);
    }
}

int reframe_class_read(const struct python *source, const char *name, const json_t *given,
                       struct reframe_class *ret, struct bd_err *err)
{
    const struct python_node *node = name ? find_class(source, name) : choose_class(source, err);
    if (!node)
        return name ? bd_err_set(err, BD_EINVALID, "it has no class %s", name) : BD_EINVALID;
    *ret = (struct reframe_class){.node = node, .bases = json_array()};
    constants_init(&ret->module, NULL);
    constants_init(&ret->self, &ret->module);
    constants_give(&ret->self, given);
    read_module(&ret->module, source->body);
    read_class(ret, source, node);
    return 0;
}

void reframe_class_done(struct reframe_class *c)
{
    constants_done(&c->module);
    constants_done(&c->self);
    json_decref(c->bases);
}

/* -------------------------------------------------------------------------------------- methods */

static bool is_called_before(const struct python_node *method)
{
    return bd_str_eq(method->text, "__init__") || reframe_decorator(method, "run_before") ||
           reframe_decorator(method, "run_after");
}

/* Whether a part of it may end the method. */
static bool may_end(const struct python_node *body)
{
    for (const struct python_node *n = body; n; n = n->next)
        if (n->kind == PY_RETURN || (n->kind == PY_BLOCK && may_end(n->body)))
            return true;
    return false;
}

struct preparing {
    struct reframe_class *c;
    struct constants locals;
    reframe_set_fn fn;
    void *arg;
};

static void assign(struct preparing *p, const struct python_node *n)
{
    for (const struct python_node *t = n->first->next; t; t = t->next) {
        const char *name = name_of_self(t);
        if (t->kind == PY_NAME) {
            constants_set(&p->locals, t->text, n->first);
        } else if (name && t->kind == PY_OTHER) {
            forget(&p->c->self, name, n->line, "a part of it is set");
        } else if (name) {
            struct bd_err err = BD_ERR_INIT;
            json_t *value = NULL;
            p->fn(name, n->first, &p->locals, p->arg);
            if (constant_of(n->first, &p->locals, &value, &err) < 0) {
                constants_forget(&p->c->self, name, err.text);
            } else {
                constants_put(&p->c->self, name, value);
            }
        }
    }
}

/* self.executable_opts.append(...): it may change what it is called on. */
static void call(struct preparing *p, const struct python_node *n)
{
    const struct python_node *function = n->first->kind == PY_CALL ? n->first->first : NULL;
    const char *name =
        function && function->kind == PY_ATTRIBUTE ? name_of_self(function->first) : NULL;
    if (name)
        forget(&p->c->self, name, n->line, "it is changed by a call");
}

static void follow(struct preparing *p, const struct python_node *body)
{
    for (const struct python_node *n = body; n; n = n->next) {
        if (n->kind == PY_ASSIGN) {
            assign(p, n);
        } else if (n->kind == PY_AUGMENT && name_of_self(n->last)) {
            add_to(&p->c->self, &p->locals, name_of_self(n->last), n);
        } else if (n->kind == PY_EXPRESSION) {
            call(p, n);
        } else if (n->kind == PY_BLOCK) {
            forget_within(&p->c->self, n->body, true, n->line);
            forget_within(&p->locals, n->body, false, n->line);
            if (may_end(n->body))
                forget_within(&p->c->self, n->next, true, n->line);
            if (may_end(n->body))
                return;
        } else if (n->kind == PY_RETURN) {
            return;
        }
    }
}

void reframe_class_prepare(struct reframe_class *c, reframe_set_fn fn, void *arg)
{
    for (size_t i = 0; i < c->n_methods; i++) {
        if (!is_called_before(c->methods[i]))
            continue;
        struct preparing p = {.c = c, .fn = fn, .arg = arg};
        constants_init(&p.locals, &c->module);
        p.locals.self = &c->self;
        follow(&p, c->methods[i]->body);
        constants_done(&p.locals);
    }
}
