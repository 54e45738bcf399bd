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
    const char *list; /* "cells", "added/0", "exclude", "failIf"; SAMPLE_RANGES; NULL in a factor */
    size_t index;     /* of the entry there, or of the level in its factor */
    const json_t *factors; /* of the spec */
    json_t *spec;          /* in which it would stand; NULL: the base */
};

/* ret_path: where the path itself stands. */
static char *place_text(const struct place *at, const struct path *path, char **ret_path)
{
    bool sampled = bd_str_eq(at->list, SAMPLE_RANGES);
    bd_auto_free char *list = sampled    ? bd_xstrdup(SAMPLE_RANGES)
                              : at->list ? bd_xasprintf("/%s/%zu", at->list, at->index)
                                         : bd_xstrdup("/factors");
    *ret_path = pointer_to(list, path->text);
    return at->list ? bd_xstrdup(*ret_path)
                    : factor_level_pointer(at->factors, path->text, at->index);
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

/* What is known of a path's values, where they stand in the base or under conditions. */
static json_t *known_values(struct setter *s, const struct path *path, bool nested)
{
    bd_auto_free char *key = bd_xasprintf("%s%s", nested ? "when " : "", path->pointer);
    json_t *values = json_object_get(s->known, key);
    if (!values)
        json_object_set_new(s->known, key, values = json_object());
    return values;
}

/* Sets *ret_value to the value with its defaults (new reference), to NULL where it does not fit.
 * False: the path is at fault. */
static bool resolve(struct setter *s, const struct path *path, json_t *value,
                    const struct place *at, json_t **ret_value)
{
    json_t *known = known_values(s, path, at->spec != NULL);
    bd_auto_free char *text = bd_json_text(value);
    *ret_value = json_incref(json_object_get(known, text));
    if (*ret_value)
        return true;
    bd_auto_json json_t *own = json_deep_copy(value); /* the defaults are written into it */
    bd_auto_json json_t *spec = path_set(at->spec ? at->spec : s->spec, path, own);
    bd_auto_faults struct schema_faults found = {0};
    if (!schema_check(s->rules->schema, spec, "", &found)) {
        bool path_is_right = true;
        /* Of these it is told that no cell has it. */
        bool is_told = !bd_str_eq(at->list, "exclude") && !bd_str_eq(at->list, "failIf");
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

static json_t *first_of(json_t *wanted)
{
    return json_is_array(wanted) ? json_array_get(wanted, 0) : wanted;
}

/* Sets what the conditions of a factor ask for, the first level of each, and those of the factors
 * that these depend on. */
static void set_conditions(struct setter *s, const json_t *factors, const char *text, json_t *seen,
                           json_t **spec)
{
    const char *other;
    json_t *wanted;
    json_object_set_new(seen, text, json_true());
    json_object_foreach (json_object_get(json_object_get(factors, text), "when"), other, wanted) {
        const struct path *path = path_of(s, other);
        if (!path || !path_fits(*spec, path) || !first_of(wanted) || json_object_get(seen, other))
            continue;
        set_conditions(s, factors, other, seen, spec);
        json_t *with = path_set(*spec, path, first_of(wanted));
        json_decref(*spec);
        *spec = with;
    }
}

/* The spec in which the levels of a factor stand; NULL: the base. */
static json_t *spec_under(struct setter *s, const json_t *factors, const char *text)
{
    if (!json_is_object(json_object_get(factors, text)))
        return NULL;
    bd_auto_json json_t *seen = json_object();
    json_t *spec = json_incref(s->spec);
    set_conditions(s, factors, text, seen, &spec);
    return spec;
}

static void resolve_factor(struct setter *s, const json_t *factors, const char *text)
{
    const struct path *path = path_of(s, text);
    json_t *levels = plan_factor_levels(json_object_get(factors, text));
    bd_auto_json json_t *under = spec_under(s, factors, text);
    bool path_is_right = path != NULL;
    for (size_t i = 0; i < json_array_size(levels) && path_is_right && !s->faults->more; i++) {
        const struct place at = {.index = i, .factors = factors, .spec = under};
        json_t *value;
        path_is_right = resolve(s, path, json_array_get(levels, i), &at, &value);
        if (value)
            json_array_set_new(levels, i, value);
    }
}

/* Defaults of the levels that conditions name; whether a factor has them is told later. */
static json_t *resolve_wanted(struct setter *s, const json_t *factors, const char *text,
                              json_t *level)
{
    const struct path *path = path_of(s, text);
    bd_auto_json json_t *under = spec_under(s, factors, text);
    const struct place at = {.list = "exclude", .factors = factors, .spec = under};
    json_t *value = NULL;
    if (path)
        resolve(s, path, level, &at, &value);
    return value ? value : json_incref(level);
}

static void resolve_conditions(struct setter *s, const json_t *factors, json_t *when)
{
    const char *text;
    json_t *wanted;
    void *next;
    json_object_foreach_safe (when, next, text, wanted) {
        if (!json_is_array(wanted)) {
            json_object_set_new(when, text, resolve_wanted(s, factors, text, wanted));
            continue;
        }
        for (size_t i = 0; i < json_array_size(wanted); i++)
            json_array_set_new(wanted, i,
                               resolve_wanted(s, factors, text, json_array_get(wanted, i)));
    }
}

static void resolve_entry(struct setter *s, json_t *entry, const struct place *place)
{
    bool of_factors = bd_str_eq(place->list, "exclude");
    for (void *i = json_object_iter(entry); i; i = json_object_iter_next(entry, i)) {
        const char *text = json_object_iter_key(i);
        const struct path *path = path_of(s, text);
        bd_auto_json json_t *under = of_factors ? spec_under(s, place->factors, text) : NULL;
        struct place at = *place;
        json_t *value = NULL;
        at.spec = under;
        if (path)
            resolve(s, path, json_object_iter_value(i), &at, &value);
        if (value)
            json_object_iter_set_new(entry, i, value);
    }
}

static void resolve_list(struct setter *s, json_t *list, struct place at)
{
    for (size_t i = 0; i < json_array_size(list) && !s->faults->more; i++) {
        at.index = i;
        resolve_entry(s, json_array_get(list, i), &at);
    }
}

/* A value that does not fit is told once, at its range. */
static void resolve_sample(struct setter *s, json_t *drawn)
{
    size_t before = s->faults->n;
    for (size_t i = 0; i < json_array_size(drawn) && s->faults->n == before; i++)
        resolve_entry(s, json_array_get(drawn, i), &(struct place){.list = SAMPLE_RANGES});
}

static void resolve_all(struct setter *s, json_t *spec)
{
    const json_t *factors = json_object_get(spec, "factors");
    const json_t *sample = json_object_get(json_object_get(spec, "design"), "sample");
    const char *text;
    json_t *factor;
    json_object_foreach ((json_t *)factors, text, factor)
        resolve_factor(s, factors, text);
    json_object_foreach ((json_t *)factors, text, factor)
        resolve_conditions(s, factors, json_object_get(factor, "when"));
    resolve_list(s, json_object_get(spec, "cells"), (struct place){.list = "cells"});
    const json_t *added = json_object_get(spec, "added");
    for (size_t i = 0; i < json_array_size(added) && !s->faults->more; i++) {
        bd_auto_free char *list = bd_xasprintf("added/%zu", i);
        resolve_list(s, json_array_get(added, i), (struct place){.list = list});
    }
    resolve_list(s, json_object_get(spec, "exclude"),
                 (struct place){.list = "exclude", .factors = factors});
    const json_t *conditions = json_object_get(spec, "failIf");
    for (size_t i = 0; i < json_array_size(conditions) && !s->faults->more; i++)
        resolve_entry(s, json_object_get(json_array_get(conditions, i), "of"),
                      &(struct place){.list = "failIf", .index = i, .factors = factors});
    resolve_sample(s, json_object_get(sample, "drawn"));
}

bool levels_resolve(json_t *spec, bool whole, const struct plan_rules *rules,
                    struct schema_faults *faults)
{
    /* What a level is checked beside needs nothing of these, and may be big. */
    static const char *const beside[] = {"factors", "cells",      "added",      "exclude",
                                         "design",  "labels",     "objectives", "failIf",
                                         "budget",  "composition"};
    size_t before = faults->n;
    struct setter s = {.spec = json_copy(spec),
                       .whole = whole,
                       .rules = rules,
                       .faults = faults,
                       .known = json_object()};
    for (size_t i = 0; i < BD_ARRAY_LEN(beside); i++)
        json_object_del(s.spec, beside[i]);

    resolve_all(&s, spec);
    paths_done(&s.paths);
    json_decref(s.spec);
    json_decref(s.known);
    return faults->n == before && !faults->more;
}
