/* Levels, each held against the schema in the spec in which it would stand. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"

#define NO_MEMBER "no member of this name" /* how lib/schema begins to say so */

struct setter {
    json_t *spec; /* in which levels are set */
    bool whole;
    const struct plan_rules *rules;
    struct schema_faults *faults;
    json_t *known; /* {"POINTER VALUE": the value with its defaults} */
};

/* Where a level stands in the spec, and its path. */
struct place {
    const char *level, *path;
};

/* Answers false where it is the path that is at fault, so that its other levels say no more. */
static bool tell(struct setter *s, const struct path *path, const struct schema_fault *f,
                 const struct place *at)
{
    const char *below = pointer_below(f->pointer, path->pointer);
    bool unknown = bd_starts_with(f->expected, NO_MEMBER);
    if (below && (*below || !unknown)) {
        bd_auto_free char *where = bd_xasprintf("%s%s", at->level, below);
        schema_faults_add(s->faults, where, f->got, "%s", f->expected);
        return true;
    }
    bool on_the_way = below || pointer_below(path->pointer, f->pointer);
    if (on_the_way && (s->whole || unknown)) {
        schema_faults_add(s->faults, at->path, path->text, "%s", f->expected);
        return false;
    }
    if (s->whole)
        schema_faults_add(s->faults, at->level, f->got, "at %s: %s", f->pointer, f->expected);
    return true;
}

/* Sets *ret_value to the value with its defaults (new reference), to NULL where it does not fit.
 * False: the path is at fault. at may be NULL: nothing is told. */
static bool resolve(struct setter *s, const struct path *path, json_t *value,
                    const struct place *at, json_t **ret_value)
{
    bd_auto_free char *text = bd_json_text(value);
    bd_auto_free char *key = bd_xasprintf("%s %s", path->pointer, text);
    *ret_value = json_incref(json_object_get(s->known, key));
    if (*ret_value)
        return true;
    bd_auto_json json_t *own = json_deep_copy(value); /* the defaults are written into it */
    bd_auto_json json_t *spec = path_set(s->spec, path, own);
    bd_auto_faults struct schema_faults found = {0};
    if (!schema_check(s->rules->schema, spec, "", &found)) {
        bool path_is_right = true;
        for (size_t i = 0; at && i < found.n && path_is_right; i++)
            path_is_right = tell(s, path, &found.items[i], at);
        return path_is_right;
    }
    if (json_is_object(own) || json_is_array(own))
        schema_apply_defaults(s->rules->schema, spec);
    json_object_set(s->known, key, own);
    *ret_value = bd_take(own);
    return true;
}

static void resolve_factor(struct setter *s, const struct path *path, json_t *levels)
{
    bd_auto_free char *name = path_escape(path->text);
    bd_auto_free char *where = bd_xasprintf("/factors/%s", name);
    bool path_is_right = true;
    for (size_t i = 0; i < json_array_size(levels) && path_is_right && !s->faults->more; i++) {
        bd_auto_free char *at = bd_xasprintf("%s/%zu", where, i);
        json_t *value;
        path_is_right = resolve(s, path, json_array_get(levels, i),
                                &(struct place){.level = at, .path = where}, &value);
        if (value)
            json_array_set_new(levels, i, value);
    }
}

/* Of an entry of cells or exclude; what is wrong with one of exclude is that no factor has it. */
static void resolve_entry(struct setter *s, json_t *entry, const char *list, size_t index)
{
    bool is_told = bd_str_eq(list, "cells");
    for (void *i = json_object_iter(entry); i; i = json_object_iter_next(entry, i)) {
        struct path path;
        json_t *value = NULL;
        if (!path_read(json_object_iter_key(i), &path))
            continue;
        bd_auto_free char *name = path_escape(path.text);
        bd_auto_free char *at = bd_xasprintf("/%s/%zu/%s", list, index, name);
        struct place place = {.level = at, .path = at};
        if (path_fits(s->spec, &path))
            resolve(s, &path, json_object_iter_value(i), is_told ? &place : NULL, &value);
        if (value)
            json_object_iter_set_new(entry, i, value);
        path_done(&path);
    }
}

bool levels_resolve(json_t *spec, bool whole, const struct plan_rules *rules,
                    struct schema_faults *faults)
{
    /* What a level is checked beside needs nothing of these, and may be big. */
    static const char *const beside[] = {"factors", "cells",  "exclude",
                                         "design",  "labels", "objectives"};
    struct setter s = {.spec = json_copy(spec),
                       .whole = whole,
                       .rules = rules,
                       .faults = faults,
                       .known = json_object()};
    size_t before = faults->n;
    for (size_t i = 0; i < BD_ARRAY_LEN(beside); i++)
        json_object_del(s.spec, beside[i]);

    const char *text;
    json_t *levels;
    json_object_foreach (json_object_get(spec, "factors"), text, levels) {
        struct path path;
        if (!path_read(text, &path))
            continue;
        if (path_fits(s.spec, &path))
            resolve_factor(&s, &path, levels);
        path_done(&path);
    }
    static const char *const lists[] = {"cells", "exclude"};
    for (size_t l = 0; l < BD_ARRAY_LEN(lists); l++) {
        json_t *list = json_object_get(spec, lists[l]);
        for (size_t i = 0; i < json_array_size(list) && !faults->more; i++)
            resolve_entry(&s, json_array_get(list, i), lists[l], i);
    }
    json_decref(s.spec);
    json_decref(s.known);
    return faults->n == before && !faults->more;
}
