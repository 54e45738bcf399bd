/* What varies: factors, those that vary under a condition only, and the sample. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"

#include <string.h>

#define UNKNOWN_PATH                                                                               \
    "the path of a member below cluster, workload, hooks, limits or sampling, such as "            \
    "cluster.node.cpus"

json_t *plan_factor_levels(const json_t *factor)
{
    return json_is_object(factor) ? json_object_get(factor, "levels") : (json_t *)factor;
}

char *factor_level_pointer(const json_t *factors, const char *path, size_t level)
{
    bd_auto_free char *at = pointer_to("/factors", path);
    bool nested = json_is_object(json_object_get(factors, path));
    return bd_xasprintf("%s%s/%zu", at, nested ? "/levels" : "", level);
}

size_t factor_level(const struct factor *f, uint32_t number)
{
    return (size_t)(number / f->stride % json_array_size(f->levels));
}

size_t factor_level_number(const struct factor *f, const json_t *value)
{
    bd_auto_free char *text = bd_json_text(value);
    const json_t *number = json_object_get(f->numbers, text);
    return number ? (size_t)json_integer_value(number) : NO_LEVEL;
}

/* -- paths -- */

const struct path *factors_add_path(struct plan *p, const char *text, const char *list,
                                    struct schema_faults *faults)
{
    const struct path *path = paths_add(&p->paths, text);
    if (path && path_fits(p->base, path))
        return path;
    bd_auto_free char *at = pointer_to(list, text);
    schema_faults_add(faults, at, text, UNKNOWN_PATH);
    return NULL;
}

bool factors_check_overlap(const struct path *const *paths, size_t n, const char *list,
                           struct schema_faults *faults)
{
    bool ok = true;
    for (size_t outer = 0; outer < n; outer++) {
        for (size_t inner = 0; inner < n; inner++) {
            if (outer == inner || !pointer_below(paths[inner]->pointer, paths[outer]->pointer))
                continue;
            bd_auto_free char *at = pointer_to(list, paths[inner]->text);
            schema_faults_add(faults, at, paths[inner]->text,
                              "a path that does not lead through %s, which is set as well",
                              paths[outer]->text);
            ok = false;
        }
    }
    return ok;
}

/* -- levels -- */

static void number_levels(const json_t *factors, struct factor *f, struct schema_faults *faults)
{
    f->numbers = json_object();
    for (size_t i = 0; i < json_array_size(f->levels); i++) {
        bd_auto_free char *text = bd_json_text(json_array_get(f->levels, i));
        if (f->path && json_object_get(f->numbers, text)) {
            bd_auto_free char *at = factor_level_pointer(factors, f->path->text, i);
            schema_faults_add(faults, at, text, "a level that is not in the list already");
        }
        json_object_set_new(f->numbers, text, json_integer((json_int_t)i));
    }
}

/* -- conditions -- */

static size_t factor_of_path(const struct plan *p, const char *text)
{
    size_t f = 0;
    while (f < p->n_factors && (!p->factors[f].path || strcmp(p->factors[f].path->text, text) != 0))
        f++;
    return f;
}

/* Levels that are not of the factor are told. */
static void read_condition(struct plan *p, struct factor *f, const char *other, json_t *wanted,
                           struct schema_faults *faults)
{
    bd_auto_free char *at = pointer_to("/factors", f->path->text);
    bd_auto_free char *when = bd_xasprintf("%s/when", at);
    bd_auto_free char *where = pointer_to(when, other);
    size_t index = factor_of_path(p, other);
    if (index == p->n_factors || &p->factors[index] == f) {
        schema_faults_add(faults, where, other, "the path of another factor");
        return;
    }
    bd_auto_json json_t *list = json_is_array(wanted) ? json_incref(wanted) : json_array();
    if (!json_is_array(wanted))
        json_array_append(list, wanted);
    const struct factor *of = &p->factors[index];
    struct condition *c = &f->conditions[f->n_conditions++];
    *c = (struct condition){index, bd_xcalloc(json_array_size(of->levels) + 1, sizeof(bool))};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *level = json_array_get(list, i);
        size_t number = factor_level_number(of, level);
        bd_auto_free char *got = bd_json_text(level);
        if (number == NO_LEVEL)
            schema_faults_add(faults, where, got, "one of the levels of that factor");
        else
            c->holds[number] = true;
    }
}

static void read_conditions(struct plan *p, const json_t *factors, struct schema_faults *faults)
{
    for (size_t i = 0; i < p->n_factors; i++) {
        struct factor *f = &p->factors[i];
        const char *other;
        json_t *wanted;
        if (!f->path)
            continue;
        const json_t *factor = json_object_get(factors, f->path->text);
        json_object_foreach (json_object_get(factor, "when"), other, wanted) {
            if (f->n_conditions < SETTINGS_MAX)
                read_condition(p, f, other, wanted, faults);
        }
        p->is_nested = p->is_nested || f->n_conditions;
    }
}

static bool is_ready(const struct plan *p, const struct factor *f, uint32_t placed)
{
    for (size_t i = 0; i < f->n_conditions; i++)
        if (!(placed & UINT32_C(1) << f->conditions[i].factor))
            return false;
    return (placed & UINT32_C(1) << (f - p->factors)) == 0;
}

/* Each after those that it depends on; false where they depend on each other in a circle. */
static bool sort_by_condition(struct plan *p, struct schema_faults *faults)
{
    uint32_t placed = 0;
    for (size_t n = 0; n < p->n_factors; n++) {
        size_t f = 0;
        while (f < p->n_factors && !is_ready(p, &p->factors[f], placed))
            f++;
        if (f == p->n_factors)
            break;
        placed |= UINT32_C(1) << f;
        p->by_condition[n] = f;
    }
    bool ok = true;
    for (size_t f = 0; f < p->n_factors; f++) {
        if (placed & UINT32_C(1) << f)
            continue;
        bd_auto_free char *at = pointer_to("/factors", p->factors[f].path->text);
        bd_auto_free char *when = bd_xasprintf("%s/when", at);
        schema_faults_add(faults, when, NULL,
                          "conditions that do not lead back to the factor itself");
        ok = false;
    }
    return ok;
}

uint32_t factors_active(const struct plan *p, uint32_t number)
{
    uint32_t active = 0;
    if (!p->is_nested)
        return UINT32_MAX;
    for (size_t n = 0; n < p->n_factors; n++) {
        size_t index = p->by_condition[n];
        const struct factor *f = &p->factors[index];
        bool holds = true;
        for (size_t i = 0; i < f->n_conditions && holds; i++) {
            const struct condition *c = &f->conditions[i];
            holds = active & UINT32_C(1) << c->factor &&
                    c->holds[factor_level(&p->factors[c->factor], number)];
        }
        if (holds)
            active |= UINT32_C(1) << index;
    }
    return active;
}

/* -- the sample -- */

/* Of a stored spec, too, which may be damaged. */
static bool check_drawn(const struct plan *p, const json_t *drawn, struct schema_faults *faults)
{
    bool ok = json_array_size(drawn) > 0 && json_array_size(drawn) <= PLAN_RUNS_MAX;
    for (size_t i = 0; i < json_array_size(drawn) && ok; i++) {
        const json_t *values = json_array_get(drawn, i);
        ok = json_object_size(values) == p->n_sampled;
        for (size_t k = 0; k < p->n_sampled && ok; k++)
            ok = json_object_get(values, p->sampled[k]->text) != NULL;
    }
    if (!ok)
        schema_faults_add(faults, "/design/sample/drawn", NULL,
                          "a value for each path of the ranges, in each of the cells drawn");
    return ok;
}

/* Appends the paths, and the sample as the last factor. */
static bool read_sample(struct plan *p, const struct path **paths, size_t *n_paths,
                        struct schema_faults *faults)
{
    json_t *sample = json_object_get(json_object_get(p->spec, "design"), "sample"), *range;
    json_t *ranges = json_object_get(sample, "ranges");
    bd_auto_strv struct bd_strv sorted = {0};
    const char *text;
    if (!sample)
        return true;
    if (*n_paths + json_object_size(ranges) > SETTINGS_MAX) {
        schema_faults_add(faults, SAMPLE_RANGES, NULL, "at most %d paths, those of factors counted",
                          SETTINGS_MAX);
        return false;
    }
    json_object_foreach (ranges, text, range)
        bd_strv_add(&sorted, text);
    bd_strv_sort(&sorted);
    for (size_t i = 0; i < sorted.n; i++) {
        const struct path *path = factors_add_path(p, sorted.items[i], SAMPLE_RANGES, faults);
        if (!path)
            return false;
        paths[(*n_paths)++] = p->sampled[p->n_sampled++] = path;
    }
    json_t *drawn = json_object_get(sample, "drawn");
    if (!check_drawn(p, drawn, faults))
        return false;
    struct factor *f = &p->factors[p->n_factors++];
    *f = (struct factor){.levels = drawn};
    number_levels(NULL, f, faults);
    return true;
}

/* -- all of them -- */

/* The factors by their paths; answers how many could be read. */
static size_t read_all(struct plan *p, const json_t *factors, const struct path **paths,
                       struct schema_faults *faults)
{
    bd_auto_strv struct bd_strv sorted = {0};
    size_t n = 0;
    const char *text;
    json_t *factor;
    json_object_foreach ((json_t *)factors, text, factor)
        bd_strv_add(&sorted, text);
    bd_strv_sort(&sorted); /* a stored spec has lost the order in which its members were written */
    for (size_t i = 0; i < sorted.n; i++) {
        text = sorted.items[i];
        const struct path *path = factors_add_path(p, text, "/factors", faults);
        json_t *levels = plan_factor_levels(json_object_get(factors, text));
        if (!path)
            continue;
        struct factor *f = &p->factors[n];
        *f = (struct factor){.path = path, .levels = levels};
        number_levels(factors, f, faults);
        paths[n++] = path;
    }
    return p->n_factors = n;
}

bool factors_read(struct plan *p, struct schema_faults *faults)
{
    const struct path *paths[SETTINGS_MAX] = {0};
    json_t *factors = json_object_get(p->spec, "factors");
    if (json_object_size(factors) > SETTINGS_MAX) {
        schema_faults_add(faults, "/factors", NULL, "at most %d factors", SETTINGS_MAX);
        return false;
    }
    size_t n = read_all(p, factors, paths, faults), before = faults->n;
    bool ok = factors_check_overlap(paths, n, "/factors", faults) && n == json_object_size(factors);
    if (ok)
        read_conditions(p, factors, faults);
    ok = ok && faults->n == before && sort_by_condition(p, faults) &&
         read_sample(p, paths, &n, faults);
    if (ok && p->n_sampled) {
        p->by_condition[p->n_factors - 1] = p->n_factors - 1; /* it depends on none */
        ok = factors_check_overlap(paths, n, SAMPLE_RANGES, faults);
    }
    return ok;
}

void factors_done(struct plan *p)
{
    for (size_t i = 0; i < p->n_factors; i++) {
        json_decref(p->factors[i].numbers);
        for (size_t k = 0; k < p->factors[i].n_conditions; k++)
            free(p->factors[i].conditions[k].holds);
    }
}
