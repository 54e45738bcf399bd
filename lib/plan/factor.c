/* Factors: a path and its levels, each held against the schema of the whole spec. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <string.h>

#define UNKNOWN_PATH                                                                               \
    "the path of a member below cluster, workload, hooks or limits, such as cluster.node.cpus"

void setter_init(struct setter *s, json_t *spec, const struct plan_rules *rules,
                 struct schema_faults *faults)
{
    *s = (struct setter){
        .spec = json_copy(spec), .rules = rules, .faults = faults, .seen = json_object()};
    /* What a level is checked in needs none of the others. */
    json_object_del(s->spec, "factors");
    json_object_del(s->spec, "cells");
    json_object_del(s->spec, "exclude");
}

void setter_done(struct setter *s)
{
    json_decref(s->spec);
    json_decref(s->seen);
}

void factor_done(struct factor *f)
{
    free(f->path);
    free(f->pointer);
    json_decref(f->levels);
    json_decref(f->values);
}

/* Each fault of the spec with this value in it is one of the value. */
static void tell_faults(struct setter *s, const struct schema_faults *found, const char *pointer,
                        const char *where)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct schema_fault *f = &found->items[i];
        size_t n = strlen(pointer);
        const char *below = strncmp(f->pointer, pointer, n) == 0 ? f->pointer + n : "";
        bd_auto_free char *at = bd_xasprintf("%s%s", where, below);
        schema_faults_add(s->faults, at, f->got, "%s", f->expected);
    }
}

/* The value with its defaults, borrowed; NULL: with faults at `where`. */
static json_t *set(struct setter *s, const char *pointer, json_t *value, const char *where)
{
    if (!s->rules)
        return value;
    bd_auto_free char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    bd_auto_free char *key = bd_xasprintf("%s %s", pointer, text);
    json_t *known = json_object_get(s->seen, key);
    if (known && !json_is_null(known))
        return known;
    bd_auto_json json_t *spec = path_set(s->spec, pointer, value);
    if (!spec) {
        schema_faults_add(s->faults, where, NULL, UNKNOWN_PATH);
        return NULL;
    }
    bd_auto_faults struct schema_faults found = {0};
    if (!schema_check(s->rules->schema, spec, "", &found)) {
        tell_faults(s, &found, pointer, where);
        return NULL;
    }
    bd_auto_json json_t *own = json_deep_copy(spec); /* the defaults are written into it */
    schema_apply_defaults(s->rules->schema, own);
    json_t *with_defaults = json_incref((json_t *)schema_pointer_get(own, pointer));
    json_object_set_new(s->seen, key, with_defaults);
    return with_defaults;
}

static bool check_twice(struct setter *s, json_t *levels, const char *where)
{
    bd_auto_json json_t *seen = json_object();
    size_t before = s->faults->n, i;
    json_t *level;
    json_array_foreach (levels, i, level) {
        bd_auto_free char *text =
            json_dumps(level, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
        if (json_object_get(seen, text)) {
            bd_auto_free char *at = bd_xasprintf("%s/%zu", where, i);
            schema_faults_add(s->faults, at, text, "a level that is not in the list already");
        }
        json_object_set_new(seen, text, json_true());
    }
    return s->faults->n == before;
}

bool factor_read(struct setter *s, const char *path, json_t *levels, const char *where,
                 bool each_has_place, struct factor *ret_factor)
{
    size_t before = s->faults->n, i;
    bd_auto_free char *pointer = path_pointer(path);
    if (!pointer) {
        schema_faults_add(s->faults, where, path, UNKNOWN_PATH);
        return false;
    }
    bd_auto_json json_t *values = json_array();
    json_t *level;
    if (each_has_place && s->rules)
        check_twice(s, levels, where);
    json_array_foreach (levels, i, level) {
        bd_auto_free char *at =
            each_has_place ? bd_xasprintf("%s/%zu", where, i) : bd_xstrdup(where);
        json_t *value = set(s, pointer, level, at);
        json_array_append(values, value ? value : level);
    }
    if (s->faults->n != before || s->faults->more)
        return false;
    *ret_factor = (struct factor){
        .path = bd_xstrdup(path),
        .pointer = bd_take(pointer),
        .levels = json_incref(levels),
        .values = bd_take(values),
    };
    return true;
}
