/* Levels, each held against the schema in the spec in which it would stand. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"

#define NO_MEMBER "no member of this name" /* how lib/schema begins to say so */

struct setter {
    json_t *spec; /* in which levels are set */
    bool whole;
    const struct plan_rules *rules;
    struct schema_faults *faults;
    struct paths paths;
    json_t *known; /* {pointer: {text of a value: the value with its defaults}} */
};

/* Where a level stands in the spec. */
struct place {
    const char *list; /* "cells", "exclude", "failIf"; NULL in a factor */
    size_t index;     /* of the entry there, or of the level in its factor */
};

/* ret_path: where the path itself stands. */
static char *place_text(const struct place *at, const struct path *path, char **ret_path)
{
    bd_auto_free char *list =
        at->list ? bd_xasprintf("/%s/%zu", at->list, at->index) : bd_xstrdup("/factors");
    *ret_path = pointer_to(list, path->text);
    return at->list ? bd_xstrdup(*ret_path) : bd_xasprintf("%s/%zu", *ret_path, at->index);
}

/* Answers false where it is the path that is at fault, so that its other levels say no more. */
static bool tell(struct setter *s, const struct path *path, const struct schema_fault *f,
                 const struct place *at)
{
    const char *below = pointer_below(f->pointer, path->pointer);
    bool unknown = bd_starts_with(f->expected, NO_MEMBER);
    bool on_the_way = below || pointer_below(path->pointer, f->pointer);
    bd_auto_free char *of_path = NULL;
    bd_auto_free char *of_level = place_text(at, path, &of_path);
    if (below && (*below || !unknown)) {
        bd_auto_free char *where = bd_xasprintf("%s%s", of_level, below);
        schema_faults_add(s->faults, where, f->got, "%s", f->expected);
        return true;
    }
    if (on_the_way && (s->whole || unknown)) {
        schema_faults_add(s->faults, of_path, path->text, "%s", f->expected);
        return false;
    }
    if (s->whole)
        schema_faults_add(s->faults, of_level, f->got, "at %s: %s", f->pointer, f->expected);
    return true;
}

/* What is known of a path's values. */
static json_t *known_values(struct setter *s, const struct path *path)
{
    json_t *values = json_object_get(s->known, path->pointer);
    if (!values)
        json_object_set_new(s->known, path->pointer, values = json_object());
    return values;
}

/* Sets *ret_value to the value with its defaults (new reference), to NULL where it does not fit.
 * False: the path is at fault. */
static bool resolve(struct setter *s, const struct path *path, json_t *value,
                    const struct place *at, json_t **ret_value)
{
    json_t *known = known_values(s, path);
    bd_auto_free char *text = bd_json_text(value);
    *ret_value = json_incref(json_object_get(known, text));
    if (*ret_value)
        return true;
    bd_auto_json json_t *own = json_deep_copy(value); /* the defaults are written into it */
    bd_auto_json json_t *spec = path_set(s->spec, path, own);
    bd_auto_faults struct schema_faults found = {0};
    if (!schema_check(s->rules->schema, spec, "", &found)) {
        bool path_is_right = true;
        /* Of others, it is told that no cell has it. */
        bool is_told = !at->list || bd_str_eq(at->list, "cells");
        for (size_t i = 0; is_told && i < found.n && path_is_right; i++)
            path_is_right = tell(s, path, &found.items[i], at);
        return path_is_right;
    }
    if (json_is_object(own) || json_is_array(own))
        schema_apply_defaults(s->rules->schema, spec);
    json_object_set(known, text, own);
    *ret_value = bd_take(own);
    return true;
}

/* NULL where it can't be set. */
static const struct path *path_of(struct setter *s, const char *text)
{
    const struct path *path = paths_add(&s->paths, text);
    return path && path_fits(s->spec, path) ? path : NULL;
}

static void resolve_factor(struct setter *s, const char *text, json_t *levels)
{
    const struct path *path = path_of(s, text);
    bool path_is_right = path != NULL;
    for (size_t i = 0; i < json_array_size(levels) && path_is_right && !s->faults->more; i++) {
        json_t *value;
        path_is_right =
            resolve(s, path, json_array_get(levels, i), &(struct place){.index = i}, &value);
        if (value)
            json_array_set_new(levels, i, value);
    }
}

static void resolve_entry(struct setter *s, json_t *entry, const struct place *at)
{
    for (void *i = json_object_iter(entry); i; i = json_object_iter_next(entry, i)) {
        const struct path *path = path_of(s, json_object_iter_key(i));
        json_t *value = NULL;
        if (path)
            resolve(s, path, json_object_iter_value(i), at, &value);
        if (value)
            json_object_iter_set_new(entry, i, value);
    }
}

bool levels_resolve(json_t *spec, bool whole, const struct plan_rules *rules,
                    struct schema_faults *faults)
{
    /* What a level is checked beside needs nothing of these, and may be big. */
    static const char *const beside[] = {"factors", "cells",      "exclude", "design",
                                         "labels",  "objectives", "failIf"};
    static const char *const lists[] = {"cells", "exclude"};
    size_t before = faults->n;
    struct setter s = {.spec = json_copy(spec),
                       .whole = whole,
                       .rules = rules,
                       .faults = faults,
                       .known = json_object()};
    for (size_t i = 0; i < BD_ARRAY_LEN(beside); i++)
        json_object_del(s.spec, beside[i]);

    const char *text;
    json_t *levels;
    json_object_foreach (json_object_get(spec, "factors"), text, levels)
        resolve_factor(&s, text, levels);
    for (size_t l = 0; l < BD_ARRAY_LEN(lists); l++) {
        json_t *list = json_object_get(spec, lists[l]);
        for (size_t i = 0; i < json_array_size(list) && !faults->more; i++)
            resolve_entry(&s, json_array_get(list, i), &(struct place){lists[l], i});
    }
    const json_t *conditions = json_object_get(spec, "failIf");
    for (size_t i = 0; i < json_array_size(conditions) && !faults->more; i++)
        resolve_entry(&s, json_object_get(json_array_get(conditions, i), "of"),
                      &(struct place){"failIf", i});
    paths_done(&s.paths);
    json_decref(s.spec);
    json_decref(s.known);
    return faults->n == before && !faults->more;
}
