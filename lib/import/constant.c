#include "lib/import/constant.h"

#include "lib/base/text.h"

#include <math.h>
#include <string.h>

void constants_init(struct constants *c, const struct constants *around)
{
    *c = (struct constants){.known = json_object(), .unknown = json_object(), .around = around};
}

void constants_done(struct constants *c)
{
    json_decref(c->known);
    json_decref(c->unknown);
    *c = (struct constants){0};
}

void constants_give(struct constants *c, const json_t *values)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)values, name, value) {
        int64_t number;
        bool is_number = bd_parse_i64(json_string_value(value), INT32_MIN, INT32_MAX, &number) == 0;
        json_object_set_new(c->known, name, is_number ? json_integer(number) : json_incref(value));
        json_object_del(c->unknown, name);
    }
    c->given = (json_t *)values;
}

void constants_put(struct constants *c, const char *name, json_t *value)
{
    if (json_object_get(c->given, name)) {
        json_decref(value);
        return;
    }
    json_object_del(c->unknown, name);
    json_object_set_new(c->known, name, value);
}

void constants_forget(struct constants *c, const char *name, const char *why)
{
    if (json_object_get(c->given, name))
        return;
    json_object_del(c->known, name);
    json_object_set_new(c->unknown, name, json_string(why));
}

void constants_set(struct constants *c, const char *name, const struct python_node *expression)
{
    struct bd_err err = BD_ERR_INIT;
    json_t *value = NULL;
    if (constant_of(expression, c, &value, &err) < 0) {
        constants_forget(c, name, err.text);
        return;
    }
    constants_put(c, name, value);
}

static int refuse(const struct python_node *n, struct bd_err *err, const char *what)
{
    return bd_err_set(err, BD_EINVALID, "line %u: %s", n->line, what);
}

/* ---------------------------------------------------------------------------------------- names */

static int value_of_name(const struct python_node *n, const struct constants *c, json_t **ret_value,
                         struct bd_err *err)
{
    for (; c; c = c->around) {
        const char *why = bd_json_str(c->unknown, n->text, NULL);
        json_t *value = json_object_get(c->known, n->text);
        if (value) {
            *ret_value = json_incref(value);
            return 0;
        }
        if (why)
            return bd_err_set(err, BD_EINVALID, "line %u: '%s' is not known: %s", n->line, n->text,
                              why);
    }
    return bd_err_set(err, BD_EINVALID, "line %u: '%s' is not known here", n->line, n->text);
}

static int value_of_word(const struct python_node *n, const struct constants *c, json_t **ret_value,
                         struct bd_err *err)
{
    json_t *value = bd_str_eq(n->text, "None")    ? json_null()
                    : bd_str_eq(n->text, "True")  ? json_true()
                    : bd_str_eq(n->text, "False") ? json_false()
                                                  : NULL;
    if (!value)
        return value_of_name(n, c, ret_value, err);
    *ret_value = value;
    return 0;
}

static int value_of_attribute(const struct python_node *n, const struct constants *c,
                              json_t **ret_value, struct bd_err *err)
{
    bd_auto_str struct bd_str words = {0};
    if (c->self && n->first->kind == PY_NAME && bd_str_eq(n->first->text, "self"))
        return value_of_name(n, c->self, ret_value, err);
    return bd_err_set(err, BD_EINVALID, "line %u: %s is known only where it runs", n->line,
                      python_dotted(n, &words) ? bd_str_text(&words) : "it");
}

/* -------------------------------------------------------------------------------------- numbers */

static int value_of_number(const struct python_node *n, json_t **ret_value, struct bd_err *err)
{
    bd_auto_str struct bd_str digits = {0};
    char *end = NULL;
    int64_t whole;
    for (const char *s = n->text; *s; s++)
        if (*s != '_')
            bd_str_addn(&digits, s, 1);
    if (bd_parse_i64(bd_str_text(&digits), 0, INT64_MAX, &whole) == 0) {
        *ret_value = json_integer(whole);
        return 0;
    }
    double real = strtod(bd_str_text(&digits), &end);
    if (*end || !isfinite(real) || strpbrk(bd_str_text(&digits), "xXoObBjJ"))
        return refuse(n, err, "a number that is not written in decimal digits");
    *ret_value = json_real(real);
    return 0;
}

static int negated(const struct python_node *n, const struct constants *c, json_t **ret_value,
                   struct bd_err *err)
{
    bd_auto_json json_t *value = NULL;
    int rc = constant_of(n->first, c, &value, err);
    if (rc < 0)
        return rc;
    if (!json_is_number(value))
        return refuse(n, err, "a computation");
    *ret_value = json_is_integer(value) ? json_integer(-json_integer_value(value))
                                        : json_real(-json_real_value(value));
    return 0;
}

/* ----------------------------------------------------------------------------------- sums, text */

/* As str() has it; false for what it writes in a way of its own. */
static bool add_text(const json_t *value, struct bd_str *out)
{
    char number[BD_NUMBER_BYTES];
    if (json_is_string(value))
        bd_str_add(out, json_string_value(value));
    else if (json_is_integer(value))
        bd_str_addf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        bd_str_add(out, json_is_true(value) ? "True" : "False");
    else if (json_is_real(value) && fabs(json_real_value(value)) < 1e15 &&
             fabs(json_real_value(value)) >= 1e-4 &&
             floor(json_real_value(value)) != json_real_value(value))
        bd_str_add(out, bd_text_real(json_real_value(value), bd_real_digits(json_real_value(value)),
                                     number));
    else
        return false;
    return true;
}

static int joined_text(const struct python_node *n, const struct constants *c, json_t **ret_value,
                       struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    for (const struct python_node *part = n->first; part; part = part->next) {
        bd_auto_json json_t *value = NULL;
        int rc = constant_of(part, c, &value, err);
        if (rc < 0)
            return rc;
        if (!add_text(value, &text))
            return refuse(part, err, "a value in an f-string that is no plain text or number");
    }
    *ret_value = json_string(bd_str_text(&text));
    return 0;
}

static int sum(const struct python_node *n, const struct constants *c, json_t **ret_value,
               struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    bd_auto_json json_t *list = json_array();
    size_t texts = 0, lists = 0, parts = 0;
    for (const struct python_node *part = n->first; part; part = part->next, parts++) {
        bd_auto_json json_t *value = NULL;
        int rc = constant_of(part, c, &value, err);
        if (rc < 0)
            return rc;
        if (json_is_string(value)) {
            bd_str_add(&text, json_string_value(value));
            texts++;
        } else if (json_is_array(value)) {
            json_array_extend(list, value);
            lists++;
        }
    }
    if (texts != parts && lists != parts)
        return refuse(n, err, "a computation");
    *ret_value = lists == parts ? bd_take(list) : json_string(bd_str_text(&text));
    return 0;
}

/* ---------------------------------------------------------------------------------- collections */

static int list_of(const struct python_node *n, const struct constants *c, json_t **ret_value,
                   struct bd_err *err)
{
    bd_auto_json json_t *list = json_array();
    for (const struct python_node *item = n->first; item; item = item->next) {
        json_t *value = NULL;
        int rc = constant_of(item, c, &value, err);
        if (rc < 0)
            return rc;
        json_array_append_new(list, value);
    }
    *ret_value = bd_take(list);
    return 0;
}

static int object_of(const struct python_node *n, const struct constants *c, json_t **ret_value,
                     struct bd_err *err)
{
    bd_auto_json json_t *object = json_object();
    for (const struct python_node *key = n->first; key; key = key->next->next) {
        bd_auto_json json_t *name = NULL;
        json_t *value = NULL;
        if (!key->next)
            return refuse(n, err, "a dict that is put together");
        int rc = constant_of(key, c, &name, err);
        if (rc == 0 && !json_is_string(name))
            rc = refuse(key, err, "a key that is no text");
        if (rc == 0)
            rc = constant_of(key->next, c, &value, err);
        if (rc < 0)
            return rc;
        json_object_set_new(object, json_string_value(name), value);
    }
    *ret_value = bd_take(object);
    return 0;
}

/* ------------------------------------------------------------------------------------ functions */

/* As os.path.join(). */
static int join_paths(const struct python_node *n, const json_t *arguments, json_t **ret_value,
                      struct bd_err *err)
{
    bd_auto_str struct bd_str path = {0};
    const json_t *item;
    size_t i;
    json_array_foreach (arguments, i, item) {
        const char *part = json_string_value(item);
        if (!part)
            return refuse(n, err, "a path that is put together");
        if (*part == '/')
            bd_str_clear(&path);
        else if (path.len && path.data[path.len - 1] != '/')
            bd_str_add(&path, "/");
        bd_str_add(&path, part);
    }
    *ret_value = json_string(bd_str_text(&path));
    return 0;
}

static int to_text(const struct python_node *n, const json_t *arguments, json_t **ret_value,
                   struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    if (json_array_size(arguments) != 1 || !add_text(json_array_get(arguments, 0), &text))
        return refuse(n, err, "a computation");
    *ret_value = json_string(bd_str_text(&text));
    return 0;
}

/* Ramble's: a name in braces, for which it puts in the value later. */
static int in_braces(const struct python_node *n, const json_t *arguments, json_t **ret_value,
                     struct bd_err *err)
{
    const char *name = json_string_value(json_array_get(arguments, 0));
    if (!name || json_array_size(arguments) != 1)
        return refuse(n, err, "a computation");
    *ret_value = json_sprintf("{%s}", name);
    return 0;
}

static const struct {
    const char *name;
    int (*fn)(const struct python_node *n, const json_t *arguments, json_t **ret_value,
              struct bd_err *err);
} functions[] = {
    {"os.path.join", join_paths},
    {"str", to_text},
    {"Expander.expansion_str", in_braces},
};

static int value_of_call(const struct python_node *n, const struct constants *c, json_t **ret_value,
                         struct bd_err *err)
{
    bd_auto_str struct bd_str name = {0};
    bd_auto_json json_t *arguments = json_array();
    python_dotted(n->first, &name);
    for (size_t i = 0; i < BD_ARRAY_LEN(functions); i++) {
        if (!bd_str_eq(bd_str_text(&name), functions[i].name))
            continue;
        for (const struct python_node *a = n->first->next; a; a = a->next) {
            json_t *value = NULL;
            int rc = constant_of(a, c, &value, err);
            if (rc < 0)
                return rc;
            json_array_append_new(arguments, value);
        }
        return functions[i].fn(n, arguments, ret_value, err);
    }
    return bd_err_set(err, BD_EINVALID, "line %u: what %s%s() answers is known only where it runs",
                      n->line, name.len ? "" : "a function", bd_str_text(&name));
}

int constant_of(const struct python_node *n, const struct constants *c, json_t **ret_value,
                struct bd_err *err)
{
    switch (n->kind) {
    case PY_STRING:
        *ret_value = json_string(n->text);
        return 0;
    case PY_NUMBER:
        return value_of_number(n, ret_value, err);
    case PY_MINUS:
        return negated(n, c, ret_value, err);
    case PY_NAME:
        return value_of_word(n, c, ret_value, err);
    case PY_ATTRIBUTE:
        return value_of_attribute(n, c, ret_value, err);
    case PY_FORMAT:
        return joined_text(n, c, ret_value, err);
    case PY_PLUS:
        return sum(n, c, ret_value, err);
    case PY_LIST:
    case PY_TUPLE:
    case PY_SET:
        return list_of(n, c, ret_value, err);
    case PY_DICT:
        return object_of(n, c, ret_value, err);
    case PY_CALL:
        return value_of_call(n, c, ret_value, err);
    default:
        return refuse(n, err, n->text ? n->text : "an expression");
    }
}
