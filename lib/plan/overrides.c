/* Overrides by path: "cluster.compute=8", "+labels.study=policy", "~cluster.features". */
#include "lib/base/mem.h"
#include "lib/plan/compose_priv.h"
#include "lib/plan/plan_priv.h"
#include "lib/yaml/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NO_MEMBER "no member of this name" /* how lib/schema begins to say so */
#define FORM      "PATH=VALUE, +PATH=VALUE, ++PATH=VALUE or ~PATH, with a path such as cluster.compute"

enum override_kind { REPLACE, ADD, FORCE, REMOVE };

struct override {
    enum override_kind kind;
    struct path *path;
    json_t *value; /* NULL: none is given */
};

static void override_done(struct override *o)
{
    if (o->path)
        path_free(o->path);
    json_decref(o->value);
}

struct overriding {
    struct composition *c;
    const struct schema *schema;
    struct schema_faults *faults;
    const char *text; /* of the override, and where it stands */
    const char *at;
};

static void __attribute__((format(printf, 2, 3))) tell(struct overriding *g, const char *fmt, ...)
{
    bd_auto_free char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        bd_die("out of memory");
    schema_faults_add(g->faults, g->at, g->text, "%s", text);
}

/* -- reading -- */

static enum override_kind read_kind(const char **text)
{
    static const struct {
        const char *sign;
        enum override_kind kind;
    } signs[] = {{"++", FORCE}, {"+", ADD}, {"~", REMOVE}};
    for (size_t i = 0; i < BD_ARRAY_LEN(signs); i++) {
        if (!bd_starts_with(*text, signs[i].sign))
            continue;
        *text += strlen(signs[i].sign);
        return signs[i].kind;
    }
    return REPLACE;
}

/* How a spec is composed can't be told by an override. */
static bool may_override(const struct path *path)
{
    static const char *const no[] = {"defaults", "fragments", "overrides", "composition", ""};
    for (size_t i = 0; i < BD_ARRAY_LEN(no); i++)
        if (bd_str_eq(path->names.items[0], no[i]))
            return false;
    return path->names.n <= PATH_NAMES_MAX && !bd_strv_has(&path->names, "");
}

static bool read_value(struct overriding *g, const char *text, json_t **ret_value)
{
    struct bd_err err = BD_ERR_INIT;
    if (!*text)
        *ret_value = json_string("");
    else if (yaml_parse(text, strlen(text), "value", ret_value, NULL, &err) < 0)
        tell(g, "a value in YAML, as 8, text or [a, b]: %s", err.text);
    return *ret_value != NULL;
}

static bool read_override(struct overriding *g, struct override *ret)
{
    const char *text = g->text;
    ret->kind = read_kind(&text);
    const char *equals = strchr(text, '=');
    bd_auto_free char *path = bd_xstrndup(text, equals ? (size_t)(equals - text) : strlen(text));
    ret->path = path_new(path);
    if (!may_override(ret->path) || (!equals && ret->kind != REMOVE)) {
        tell(g, FORM);
        return false;
    }
    return !equals || read_value(g, equals + 1, &ret->value);
}

/* -- applying -- */

/* Whether the contract has such a member; the fault's words where it does not. */
static char *unknown_member(const struct overriding *g, const struct override *o)
{
    const char *top = o->path->names.items[0];
    bd_auto_json json_t *bare = json_object();
    bd_auto_faults struct schema_faults found = {0};
    if (json_object_get(g->c->spec, top))
        json_object_set(bare, top, json_object_get(g->c->spec, top));
    bd_auto_json json_t *with = path_set(bare, o->path, o->value);
    schema_check(g->schema, with, "", &found);
    for (size_t i = 0; i < found.n; i++)
        if (bd_starts_with(found.items[i].expected, NO_MEMBER) &&
            pointer_below(o->path->pointer, found.items[i].pointer))
            return bd_xstrdup(found.items[i].expected);
    return NULL;
}

static void set(struct overriding *g, const struct override *o)
{
    json_t *spec = path_set(g->c->spec, o->path, o->value);
    json_decref(g->c->spec);
    g->c->spec = spec;
    bd_auto_json json_t *nothing = json_object();
    bd_auto_json json_t *copy = json_deep_copy(o->value);
    compose_add_layer(g->c, path_set(nothing, o->path, copy), bd_xasprintf("override %s", g->text));
}

/* Copies what is on the way: it may be shared. */
static json_t *without(const json_t *at, char *const *names)
{
    json_t *copy = json_copy((json_t *)at);
    if (names[1])
        json_object_set_new(copy, names[0], without(json_object_get(at, names[0]), names + 1));
    else
        json_object_del(copy, names[0]);
    return copy;
}

static void take_out(struct overriding *g, const struct override *o, const json_t *there)
{
    if (!there) {
        tell(g, "a path that is there: ~ removes it");
    } else if (o->value && !json_equal(o->value, there)) {
        bd_auto_free char *text = bd_json_text(there);
        tell(g, "the value that is there, %.80s", text);
    } else {
        json_t *spec = without(g->c->spec, o->path->names.items);
        json_decref(g->c->spec);
        g->c->spec = spec;
    }
}

static void apply(struct overriding *g, const struct override *o)
{
    const json_t *there = path_get(g->c->spec, o->path);
    bd_auto_free char *unknown = NULL;
    if (!path_fits(g->c->spec, o->path))
        tell(g, "a path that leads through objects only");
    else if (o->kind == REMOVE)
        take_out(g, o, there);
    else if (o->kind == ADD && there)
        tell(g, "a path that is not there yet: without the +, it is replaced");
    else if (o->kind == REPLACE && !there && (unknown = unknown_member(g, o)))
        tell(g, "a path that is there: %s", unknown);
    else
        set(g, o);
}

void compose_override(struct composition *c, const json_t *overrides, const struct schema *schema,
                      struct schema_faults *faults)
{
    const json_t *override;
    size_t i;
    if (overrides && !json_is_array(overrides))
        schema_faults_add(faults, "/overrides", NULL, "a list of texts, " FORM);
    if (json_array_size(overrides) > COMPOSE_OVERRIDES_MAX) {
        schema_faults_add(faults, "/overrides", NULL, "at most %d of them", COMPOSE_OVERRIDES_MAX);
        return;
    }
    json_array_foreach (overrides, i, override) {
        bd_auto_free char *at = bd_xasprintf("/overrides/%zu", i);
        struct overriding g = {c, schema, faults, json_string_value(override), at};
        struct override o = {0};
        if (!g.text)
            schema_faults_add(faults, at, NULL, "a text, " FORM);
        else if (read_override(&g, &o))
            apply(&g, &o);
        override_done(&o);
    }
}
