/* Cells: every combination of levels, those that are listed, less those that are left out. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <string.h>

/* -- of which levels a cell is made -- */

size_t cells_level(const struct plan *p, size_t cell, size_t factor)
{
    uint64_t number = p->products[cell];
    for (size_t f = p->n_factors; f-- > factor + 1;)
        number /= json_array_size(p->factors[f].levels);
    return (size_t)(number % json_array_size(p->factors[factor].levels));
}

/* A cell's settings: calls on_setting for each, with the number of the level in its factor. */
typedef void (*setting_fn)(const struct factor *f, size_t level, void *arg);

static void each_setting(const struct plan *p, size_t cell, setting_fn on_setting, void *arg)
{
    if (cell < p->n_products) {
        for (size_t f = 0; f < p->n_factors; f++)
            on_setting(&p->factors[f], cells_level(p, cell, f), arg);
        return;
    }
    const struct listed *l = &p->listed[cell - p->n_products];
    for (size_t i = 0; i < l->n; i++)
        on_setting(&l->settings[i], 0, arg);
}

static void add_level(const struct factor *f, size_t level, void *arg)
{
    json_object_set(arg, f->path, json_array_get(f->levels, level));
}

json_t *plan_cell_levels(const struct plan *p, size_t cell)
{
    bd_auto_json json_t *levels = json_object();
    each_setting(p, cell, add_level, levels);
    return json_deep_copy(levels);
}

static void set_value(const struct factor *f, size_t level, void *arg)
{
    json_t **spec = arg;
    json_t *set = path_set(*spec, f->pointer, json_array_get(f->values, level));
    json_decref(*spec);
    *spec = set ? set : json_object(); /* each was set in the whole spec before */
}

json_t *cells_spec(const struct plan *p, size_t cell)
{
    json_t *spec = json_copy(p->base);
    each_setting(p, cell, set_value, &spec);
    return spec;
}

/* -- faults -- */

/* Two paths of which one leads through the other set the same thing twice. */
static void check_overlap(struct plan *p, struct schema_faults *faults)
{
    for (size_t i = 0; i < p->n_factors; i++) {
        for (size_t j = 0; j < p->n_factors; j++) {
            const char *outer = p->factors[i].pointer, *inner = p->factors[j].pointer;
            size_t n = strlen(outer);
            if (i == j || strncmp(outer, inner, n) != 0 || inner[n] != '/')
                continue;
            bd_auto_free char *name = path_escape(p->factors[j].path);
            bd_auto_free char *at = bd_xasprintf("/factors/%s", name);
            schema_faults_add(faults, at, p->factors[j].path,
                              "a path that does not lead through the factor %s",
                              p->factors[i].path);
        }
    }
}

struct checking {
    const struct plan *p;
    const struct plan_rules *rules;
    struct schema_faults *faults;
    json_t *told;
};

static void check_spec(const struct plan_rules *rules, const json_t *spec,
                       struct schema_faults *faults)
{
    bd_auto_json json_t *cluster = json_copy(json_object_get(spec, "cluster"));
    json_object_set_new(cluster, "node", json_copy(json_object_get(cluster, "node")));
    json_object_set(cluster, "admission", json_object_get(spec, "admission"));
    bd_auto_faults struct schema_faults found = {0};
    struct cluster_spec read;
    if (cluster_spec_read(cluster, &read, &found) == 0) {
        if (rules->check)
            rules->check(spec, &read, faults, rules->arg);
        cluster_spec_done(&read);
    }
    for (size_t i = 0; i < found.n; i++) {
        bd_auto_free char *at = bd_xasprintf("/cluster%s", found.items[i].pointer);
        schema_faults_add(faults, at, found.items[i].got, "%s", found.items[i].expected);
    }
}

static bool has_fault(const struct checking *c, json_t *spec, const struct schema_fault *like)
{
    bd_auto_faults struct schema_faults found = {0};
    check_spec(c->rules, spec, &found);
    for (size_t i = 0; i < found.n; i++)
        if (strcmp(found.items[i].pointer, like->pointer) == 0)
            return true;
    return false;
}

static bool is_related(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), less = n < m ? n : m;
    return strncmp(a, b, less) == 0 && (a[less] == '\0' || a[less] == '/') &&
           (b[less] == '\0' || b[less] == '/');
}

/* The first level that brings the fault about: one that sets the place, or one that alone suffices.
 */
static char *place_of_product(const struct checking *c, size_t cell,
                              const struct schema_fault *fault)
{
    const struct plan *p = c->p;
    size_t guilty = p->n_factors;
    for (size_t f = 0; f < p->n_factors && guilty == p->n_factors; f++)
        if (is_related(p->factors[f].pointer, fault->pointer))
            guilty = f;
    if (guilty == p->n_factors && has_fault(c, p->base, fault))
        return bd_xstrdup(fault->pointer);
    for (size_t f = 0; f < p->n_factors && guilty == p->n_factors; f++) {
        const struct factor *factor = &p->factors[f];
        bd_auto_json json_t *alone = path_set(
            p->base, factor->pointer, json_array_get(factor->values, cells_level(p, cell, f)));
        if (has_fault(c, alone, fault))
            guilty = f;
    }
    if (p->n_factors == 0)
        return bd_xstrdup(fault->pointer);
    if (guilty == p->n_factors)
        guilty = 0;
    bd_auto_free char *name = path_escape(p->factors[guilty].path);
    return bd_xasprintf("/factors/%s/%zu", name, cells_level(p, cell, guilty));
}

static char *place_of_listed(const struct plan *p, size_t i, const struct schema_fault *fault)
{
    const struct listed *l = &p->listed[i];
    for (size_t s = 0; s < l->n; s++) {
        if (!is_related(l->settings[s].pointer, fault->pointer))
            continue;
        bd_auto_free char *name = path_escape(l->settings[s].path);
        return bd_xasprintf("/cells/%zu/%s", i, name);
    }
    return bd_xasprintf("/cells/%zu", i);
}

static void check_cell(struct checking *c, size_t cell)
{
    const struct plan *p = c->p;
    bd_auto_json json_t *spec = cells_spec(p, cell);
    bd_auto_faults struct schema_faults found = {0};
    check_spec(c->rules, spec, &found);
    for (size_t i = 0; i < found.n; i++) {
        const struct schema_fault *f = &found.items[i];
        bd_auto_free char *at = cell < p->n_products ? place_of_product(c, cell, f)
                                                     : place_of_listed(p, cell - p->n_products, f);
        bd_auto_free char *key = bd_xasprintf("%s %s %s", at, f->pointer, f->expected);
        if (json_object_get(c->told, key))
            continue;
        json_object_set_new(c->told, key, json_true());
        if (strcmp(at, f->pointer) == 0)
            schema_faults_add(c->faults, at, f->got, "%s", f->expected);
        else
            schema_faults_add(c->faults, at, f->got, "at %s: %s", f->pointer, f->expected);
    }
}

static void check_cells(const struct plan *p, const struct plan_rules *rules,
                        struct schema_faults *faults)
{
    struct checking c = {.p = p, .rules = rules, .faults = faults, .told = json_object()};
    for (size_t i = 0; i < plan_cells(p) && !faults->more; i++)
        check_cell(&c, i);
    json_decref(c.told);
}

/* -- exclude: a level a factor, or any -- */

#define ANY SIZE_MAX

static size_t level_number(const struct factor *f, const json_t *level)
{
    for (size_t i = 0; i < json_array_size(f->levels); i++)
        if (json_equal(json_array_get(f->levels, i), level))
            return i;
    return ANY;
}

/* What one entry of exclude leaves out of the factors' cells; false: with faults. */
static bool read_exclusion(const struct plan *p, json_t *entry, size_t index, size_t *ret_levels,
                           struct schema_faults *faults)
{
    size_t before = faults->n;
    const char *path;
    json_t *level;
    for (size_t f = 0; f < p->n_factors; f++)
        ret_levels[f] = ANY;
    json_object_foreach (entry, path, level) {
        size_t f = 0;
        while (f < p->n_factors && strcmp(p->factors[f].path, path) != 0)
            f++;
        size_t number = f < p->n_factors ? level_number(&p->factors[f], level) : ANY;
        if (number != ANY) {
            ret_levels[f] = number;
            continue;
        }
        bd_auto_free char *name = path_escape(path);
        bd_auto_free char *at = bd_xasprintf("/exclude/%zu/%s", index, name);
        bd_auto_free char *got = json_dumps(level, JSON_ENCODE_ANY | JSON_COMPACT);
        schema_faults_add(faults, at, got,
                          f < p->n_factors ? "one of the levels of that factor"
                                           : "the path of a factor");
    }
    return faults->n == before;
}

static bool is_excluded(const struct plan *p, const size_t *exclusion, const size_t *levels)
{
    for (size_t f = 0; f < p->n_factors; f++)
        if (exclusion[f] != ANY && exclusion[f] != levels[f])
            return false;
    return true;
}

/* -- making -- */

static void read_factors(struct plan *p, struct setter *s)
{
    json_t *factors = json_object_get(p->spec, "factors"), *levels;
    const char *path;
    p->factors = bd_xcalloc(json_object_size(factors) + 1, sizeof(*p->factors));
    json_object_foreach (factors, path, levels) {
        bd_auto_free char *name = path_escape(path);
        bd_auto_free char *where = bd_xasprintf("/factors/%s", name);
        if (factor_read(s, path, levels, where, true, &p->factors[p->n_factors]))
            p->n_factors++;
    }
}

static void read_listed(struct plan *p, struct setter *s)
{
    json_t *cells = json_object_get(p->spec, "cells"), *cell, *level;
    bd_auto_json json_t *seen = json_object();
    size_t i;
    p->listed = bd_xcalloc(json_array_size(cells) + 1, sizeof(*p->listed));
    json_array_foreach (cells, i, cell) {
        struct listed *l = &p->listed[p->n_listed++];
        const char *path;
        l->settings = bd_xcalloc(json_object_size(cell) + 1, sizeof(*l->settings));
        json_object_foreach (cell, path, level) {
            bd_auto_free char *name = path_escape(path);
            bd_auto_free char *where = bd_xasprintf("/cells/%zu/%s", i, name);
            bd_auto_json json_t *one = json_pack("[O]", level);
            if (factor_read(s, path, one, where, false, &l->settings[l->n]))
                l->n++;
        }
        bd_auto_free char *text = json_dumps(cell, JSON_COMPACT | JSON_SORT_KEYS);
        bd_auto_free char *where = bd_xasprintf("/cells/%zu", i);
        if (json_object_get(seen, text))
            schema_faults_add(s->faults, where, text, "a cell that is not listed already");
        json_object_set_new(seen, text, json_true());
    }
}

/* A listed cell that is one of the factors' as well. */
static void check_listed_twice(const struct plan *p, const size_t *levels,
                               struct schema_faults *faults)
{
    for (size_t i = 0; i < p->n_listed; i++) {
        const struct listed *l = &p->listed[i];
        size_t same = 0;
        for (size_t s = 0; s < l->n; s++)
            for (size_t f = 0; f < p->n_factors; f++)
                same += strcmp(l->settings[s].path, p->factors[f].path) == 0 &&
                        level_number(&p->factors[f], json_array_get(l->settings[s].levels, 0)) ==
                            levels[f];
        bd_auto_free char *where = bd_xasprintf("/cells/%zu", i);
        if (same == p->n_factors && same == l->n)
            schema_faults_add(faults, where, NULL,
                              "a cell that is not one of the factors' already");
    }
}

static void products_make(struct plan *p, uint64_t all, struct schema_faults *faults)
{
    json_t *exclude = json_object_get(p->spec, "exclude");
    size_t n = json_array_size(exclude), width = p->n_factors + 1;
    bd_auto_free size_t *exclusions = bd_xcalloc((n + 1) * width, sizeof(size_t));
    bd_auto_free size_t *hits = bd_xcalloc(n + 1, sizeof(size_t));
    bd_auto_free size_t *levels = bd_xcalloc(width, sizeof(size_t));
    for (size_t i = 0; i < n; i++)
        if (!read_exclusion(p, json_array_get(exclude, i), i, exclusions + i * width, faults))
            hits[i] = 1; /* told already */
    p->products = bd_xcalloc(all + 1, sizeof(*p->products));
    for (uint64_t number = 0; number < all; number++) {
        bool excluded = false;
        p->products[p->n_products] = number;
        for (size_t f = 0; f < p->n_factors; f++)
            levels[f] = cells_level(p, p->n_products, f);
        for (size_t i = 0; i < n; i++) {
            bool hit = is_excluded(p, exclusions + i * width, levels);
            hits[i] += hit;
            excluded = excluded || hit;
        }
        if (!excluded && p->n_listed)
            check_listed_twice(p, levels, faults);
        p->n_products += !excluded;
    }
    for (size_t i = 0; i < n; i++) {
        bd_auto_free char *where = bd_xasprintf("/exclude/%zu", i);
        if (hits[i] == 0)
            schema_faults_add(faults, where, NULL,
                              "levels that a cell has which no entry before leaves out");
    }
}

static uint64_t count_products(const struct plan *p)
{
    uint64_t all = 1;
    for (size_t f = 0; f < p->n_factors && all <= PLAN_RUNS_MAX; f++)
        all *= json_array_size(p->factors[f].levels);
    return p->n_factors == 0 && p->n_listed ? 0 : all;
}

int cells_make(struct plan *p, const struct plan_rules *rules, struct schema_faults *faults)
{
    size_t before = faults->n;
    struct setter s;
    setter_init(&s, p->spec, rules, faults);
    read_factors(p, &s);
    read_listed(p, &s);
    setter_done(&s);
    if (rules)
        check_overlap(p, faults);
    if (faults->n != before)
        return BD_EINVALID;
    uint64_t all = count_products(p);
    if (all > PLAN_RUNS_MAX) {
        schema_faults_add(faults, "/factors", NULL, "at most %d combinations of levels",
                          PLAN_RUNS_MAX);
        return BD_EINVALID;
    }
    products_make(p, all, faults);
    if (plan_cells(p) == 0)
        schema_faults_add(faults, "/exclude", NULL, "at least one cell that is not left out");
    if (faults->n == before && rules)
        check_cells(p, rules, faults);
    return faults->n == before ? 0 : BD_EINVALID;
}

void cells_done(struct plan *p)
{
    for (size_t i = 0; i < p->n_factors; i++)
        factor_done(&p->factors[i]);
    for (size_t i = 0; i < p->n_listed; i++) {
        for (size_t s = 0; s < p->listed[i].n; s++)
            factor_done(&p->listed[i].settings[s]);
        free(p->listed[i].settings);
    }
    free(p->factors);
    free(p->listed);
    free(p->products);
}
