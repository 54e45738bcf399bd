/* Cells: every combination of levels but those that are left out, and those that are listed. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"

#include <string.h>

#define UNKNOWN_PATH                                                                               \
    "the path of a member below cluster, workload, hooks, limits or sampling, such as "            \
    "cluster.node.cpus"
#define NO_LEVEL SIZE_MAX

/* -- of what a cell is made -- */

static size_t level_of(const struct factor *f, uint32_t number)
{
    return (size_t)(number / f->stride % json_array_size(f->levels));
}

size_t cells_settings(const struct plan *p, size_t cell, struct setting ret_settings[SETTINGS_MAX])
{
    size_t n = 0;
    if (cell < p->n_products) {
        for (; n < p->n_factors; n++) {
            const struct factor *f = &p->factors[n];
            size_t level = level_of(f, p->products[cell]);
            ret_settings[n] = (struct setting){
                .path = f->path, .value = json_array_get(f->levels, level), .level = level};
        }
        return n;
    }
    const char *text;
    json_t *value;
    json_object_foreach (json_array_get(p->listed, cell - p->n_products), text, value)
        ret_settings[n++] = (struct setting){.path = paths_get(&p->paths, text), .value = value};
    return n;
}

/* -- paths -- */

/* One that can be set in the base; NULL: with a fault below `list`. */
static const struct path *add_path(struct plan *p, const char *text, const char *list,
                                   struct schema_faults *faults)
{
    const struct path *path = paths_add(&p->paths, text);
    if (path && path_fits(p->base, path))
        return path;
    bd_auto_free char *at = pointer_to(list, text);
    schema_faults_add(faults, at, text, UNKNOWN_PATH);
    return NULL;
}

/* Of the paths of one cell, none may lead through another: both would set the same. */
static bool check_overlap(const struct path *const *paths, size_t n, const char *list,
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

/* -- factors -- */

static size_t level_number(const struct factor *f, const json_t *value)
{
    bd_auto_free char *text = bd_json_text(value);
    const json_t *number = json_object_get(f->numbers, text);
    return number ? (size_t)json_integer_value(number) : NO_LEVEL;
}

static void read_levels(struct factor *f, struct schema_faults *faults)
{
    bd_auto_free char *where = pointer_to("/factors", f->path->text);
    f->numbers = json_object();
    for (size_t i = 0; i < json_array_size(f->levels); i++) {
        bd_auto_free char *text = bd_json_text(json_array_get(f->levels, i));
        bd_auto_free char *at = bd_xasprintf("%s/%zu", where, i);
        if (json_object_get(f->numbers, text))
            schema_faults_add(faults, at, text, "a level that is not in the list already");
        json_object_set_new(f->numbers, text, json_integer((json_int_t)i));
    }
}

static bool read_factors(struct plan *p, struct schema_faults *faults)
{
    const struct path *paths[SETTINGS_MAX];
    size_t n = 0;
    json_t *factors = json_object_get(p->spec, "factors"), *levels;
    const char *text;
    bd_auto_strv struct bd_strv sorted = {0};
    if (json_object_size(factors) > SETTINGS_MAX) {
        schema_faults_add(faults, "/factors", NULL, "at most %d factors", SETTINGS_MAX);
        return false;
    }
    json_object_foreach (factors, text, levels)
        bd_strv_add(&sorted, text);
    bd_strv_sort(&sorted); /* a stored spec has lost the order in which its members were written */
    for (size_t i = 0; i < sorted.n; i++) {
        text = sorted.items[i];
        levels = json_object_get(factors, text);
        const struct path *path = add_path(p, text, "/factors", faults);
        if (!path)
            continue;
        struct factor *f = &p->factors[n];
        *f = (struct factor){.path = path, .levels = levels};
        read_levels(f, faults);
        paths[n++] = path;
    }
    p->n_factors = n;
    return check_overlap(paths, n, "/factors", faults) && n == json_object_size(factors);
}

/* -- exclude -- */

/* What one entry leaves out: cells in which each of these factors has this level. */
struct exclusion {
    struct pick {
        size_t factor, level;
    } picks[SETTINGS_MAX];
    size_t n;
};

static size_t factor_number(const struct plan *p, const char *text)
{
    size_t f = 0;
    while (f < p->n_factors && strcmp(p->factors[f].path->text, text) != 0)
        f++;
    return f;
}

/* False: with faults. */
static bool read_exclusion(const struct plan *p, size_t index, struct exclusion *ret_exclusion,
                           struct schema_faults *faults)
{
    struct exclusion e = {0};
    bool ok = true;
    const char *text;
    json_t *level;
    json_object_foreach (json_array_get(json_object_get(p->spec, "exclude"), index), text, level) {
        size_t f = factor_number(p, text);
        size_t number = f < p->n_factors ? level_number(&p->factors[f], level) : NO_LEVEL;
        if (number != NO_LEVEL) {
            e.picks[e.n++] = (struct pick){f, number};
            continue;
        }
        bd_auto_free char *entry = bd_xasprintf("/exclude/%zu", index);
        bd_auto_free char *at = pointer_to(entry, text);
        bd_auto_free char *got = bd_json_text(level);
        schema_faults_add(faults, at, got, "%s",
                          f < p->n_factors ? "one of the levels of that factor"
                                           : "the path of a factor");
        ok = false;
    }
    if (ok)
        *ret_exclusion = e;
    return ok;
}

static bool is_excluded(const struct plan *p, const struct exclusion *e, uint32_t number)
{
    for (size_t i = 0; i < e->n; i++)
        if (level_of(&p->factors[e->picks[i].factor], number) != e->picks[i].level)
            return false;
    return true;
}

/* -- cells of the factors -- */

/* As a real number: there may be 1000 to the power of 20. */
static double count_combinations(const struct plan *p)
{
    double n = p->n_factors == 0 && json_array_size(p->listed) ? 0 : 1;
    for (size_t f = 0; f < p->n_factors; f++)
        n *= (double)json_array_size(p->factors[f].levels);
    return n;
}

static bool make_products(struct plan *p, struct schema_faults *faults)
{
    double combinations = count_combinations(p);
    if (combinations > PLAN_RUNS_MAX) {
        schema_faults_add(faults, "/factors", NULL,
                          "at most %d combinations of levels: these are %.15g", PLAN_RUNS_MAX,
                          combinations);
        return false;
    }
    uint32_t all = (uint32_t)combinations;
    uint64_t stride = 1;
    for (size_t f = p->n_factors; f-- > 0;) {
        p->factors[f].stride = stride;
        stride *= json_array_size(p->factors[f].levels);
    }
    size_t entries = json_array_size(json_object_get(p->spec, "exclude")), n = 0;
    bd_auto_free struct exclusion *exclusions = bd_xcalloc(entries + 1, sizeof(*exclusions));
    for (size_t i = 0; i < entries; i++)
        n += read_exclusion(p, i, &exclusions[n], faults);
    p->products = bd_xcalloc((size_t)all + 1, sizeof(*p->products));
    for (uint32_t number = 0; number < all; number++) {
        bool out = false;
        for (size_t i = 0; i < n && !out; i++)
            out = is_excluded(p, &exclusions[i], number);
        p->products[p->n_products] = number;
        p->n_products += !out;
    }
    if (plan_cells(p) == 0)
        schema_faults_add(faults, "/exclude", NULL, "at least one cell that is not left out");
    return true;
}

/* -- listed cells -- */

/* What makes the cell another than the base: the same of the same cells, however they are written.
 */
static json_t *unlike_base(const struct plan *p, json_t *cell)
{
    json_t *unlike = json_object();
    const char *text;
    json_t *value;
    json_object_foreach (cell, text, value)
        if (!json_equal(path_get(p->base, paths_get(&p->paths, text)), value))
            json_object_set(unlike, text, value);
    return unlike;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Is what differs from the base in these one of the factors' cells? */
static bool is_product(const struct plan *p, const json_t *unlike)
{
    uint32_t number = 0;
    size_t varied = 0;
    for (size_t i = 0; i < p->n_factors; i++) {
        const struct factor *f = &p->factors[i];
        const json_t *own = json_object_get(unlike, f->path->text);
        const json_t *value = own ? own : path_get(p->base, f->path);
        size_t level = value ? level_number(f, value) : NO_LEVEL;
        if (level == NO_LEVEL)
            return false;
        number += (uint32_t)(level * f->stride);
        varied += own != NULL;
    }
    return varied == json_object_size(unlike) &&
           bsearch(&number, p->products, p->n_products, sizeof(number), compare_numbers);
}

static bool read_listed_paths(struct plan *p, json_t *cell, const char *where,
                              struct schema_faults *faults)
{
    const struct path *paths[SETTINGS_MAX];
    size_t n = 0;
    const char *text;
    json_t *value;
    if (json_object_size(cell) > SETTINGS_MAX) {
        schema_faults_add(faults, where, NULL, "at most %d paths", SETTINGS_MAX);
        return false;
    }
    json_object_foreach (cell, text, value) {
        const struct path *path = add_path(p, text, where, faults);
        if (path)
            paths[n++] = path;
    }
    return check_overlap(paths, n, where, faults) && n == json_object_size(cell);
}

static bool read_listed(struct plan *p, struct schema_faults *faults)
{
    bd_auto_json json_t *seen = json_object();
    bool ok = true;
    size_t i;
    json_t *cell;
    json_array_foreach (p->listed, i, cell) {
        bd_auto_free char *where = bd_xasprintf("/cells/%zu", i);
        if (faults->more || !read_listed_paths(p, cell, where, faults)) {
            ok = false;
            continue;
        }
        bd_auto_json json_t *unlike = unlike_base(p, cell);
        bd_auto_free char *text = bd_json_text(unlike);
        if (json_object_get(seen, text))
            schema_faults_add(faults, where, text, "a cell that is not listed already");
        else if (p->n_products && is_product(p, unlike))
            schema_faults_add(faults, where, text,
                              "a cell that is not one of the factors' already");
        json_object_set_new(seen, text, json_true());
    }
    return ok;
}

/* -- all of them -- */

bool cells_make(struct plan *p, struct schema_faults *faults)
{
    p->listed = json_object_get(p->spec, "cells");
    bool factors = read_factors(p, faults) && make_products(p, faults);
    bool listed = read_listed(p, faults);
    return factors && listed;
}

void cells_done(struct plan *p)
{
    for (size_t i = 0; i < p->n_factors; i++)
        json_decref(p->factors[i].numbers);
    paths_done(&p->paths);
    free(p->products);
}
