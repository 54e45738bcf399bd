/* Cells: every combination of levels but those that are left out, and those that are listed. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"

#include <string.h>

/* -- of what a cell is made -- */

static size_t product_settings(const struct plan *p, uint32_t number,
                               struct setting ret_settings[SETTINGS_MAX])
{
    uint32_t active = factors_active(p, number);
    size_t n = 0;
    for (size_t i = 0; i < p->n_factors; i++) {
        const struct factor *f = &p->factors[i];
        size_t level = factor_level(f, number);
        json_t *value = json_array_get(f->levels, level);
        if (f->path && active & UINT32_C(1) << i)
            ret_settings[n++] = (struct setting){.path = f->path, .value = value, .level = level};
        for (size_t k = 0; !f->path && k < p->n_sampled; k++)
            ret_settings[n++] = (struct setting){
                .path = p->sampled[k],
                .value = json_object_get(value, p->sampled[k]->text),
                .level = level,
                .sampled = true,
            };
    }
    return n;
}

size_t cells_settings(const struct plan *p, size_t cell, struct setting ret_settings[SETTINGS_MAX])
{
    size_t n = 0;
    if (cell < p->n_products)
        return product_settings(p, p->products[cell], ret_settings);
    const char *text;
    json_t *value;
    json_object_foreach (json_array_get(p->listed, cell - p->n_products), text, value)
        ret_settings[n++] = (struct setting){.path = paths_get(&p->paths, text), .value = value};
    return n;
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
    while (f < p->n_factors && (!p->factors[f].path || strcmp(p->factors[f].path->text, text) != 0))
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
        size_t number = f < p->n_factors ? factor_level_number(&p->factors[f], level) : NO_LEVEL;
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

static bool is_excluded(const struct plan *p, const struct exclusion *e, uint32_t number,
                        uint32_t active)
{
    for (size_t i = 0; i < e->n; i++) {
        size_t f = e->picks[i].factor;
        if (!(active & UINT32_C(1) << f) ||
            factor_level(&p->factors[f], number) != e->picks[i].level)
            return false;
    }
    return true;
}

/* -- cells of the factors -- */

/* Of the combinations that differ in a factor that does not vary there, one is a cell: the one with
 * its first level. */
static bool is_repeated(const struct plan *p, uint32_t number, uint32_t active)
{
    for (size_t i = 0; p->is_nested && i < p->n_factors; i++)
        if (!(active & UINT32_C(1) << i) && factor_level(&p->factors[i], number) != 0)
            return true;
    return false;
}

/* As a real number: there may be 1000 to the power of 20. */
static double count_combinations(const struct plan *p)
{
    const json_t *cells = json_object_get(p->spec, "cells");
    double n = p->n_factors == 0 && json_array_size(cells) ? 0 : 1;
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
        uint32_t active = factors_active(p, number);
        bool out = is_repeated(p, number, active);
        for (size_t i = 0; i < n && !out; i++)
            out = is_excluded(p, &exclusions[i], number, active);
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

/* The level of the factor that these make, with the base; *ret_varied: so many of them are of it.
 */
static size_t level_in(const struct plan *p, const struct factor *f, const json_t *unlike,
                       size_t *ret_varied)
{
    bd_auto_json json_t *together = json_object();
    size_t n = f->path ? 1 : p->n_sampled;
    *ret_varied = 0;
    for (size_t i = 0; i < n; i++) {
        const struct path *path = f->path ? f->path : p->sampled[i];
        json_t *own = json_object_get(unlike, path->text);
        json_t *value = own ? own : path_get(p->base, path);
        *ret_varied += own != NULL;
        if (f->path)
            return value ? factor_level_number(f, value) : NO_LEVEL;
        json_object_set(together, path->text, value);
    }
    return factor_level_number(f, together);
}

/* Is what differs from the base in these one of the factors' cells? */
static bool is_product(const struct plan *p, const json_t *unlike)
{
    size_t levels[FACTORS_MAX] = {0}, varied[FACTORS_MAX] = {0}, all = 0;
    uint32_t number = 0;
    for (size_t i = 0; i < p->n_factors; i++) {
        levels[i] = level_in(p, &p->factors[i], unlike, &varied[i]);
        number += levels[i] == NO_LEVEL ? 0 : (uint32_t)(levels[i] * p->factors[i].stride);
    }
    uint32_t active = factors_active(p, number);
    for (size_t i = 0; i < p->n_factors; i++) {
        bool varies = active & UINT32_C(1) << i;
        if (varies ? levels[i] == NO_LEVEL : varied[i] > 0)
            return false;
        if (!varies && levels[i] != NO_LEVEL)
            number -= (uint32_t)(levels[i] * p->factors[i].stride);
        all += varied[i];
    }
    return all == json_object_size(unlike) &&
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
        const struct path *path = factors_add_path(p, text, where, faults);
        if (path)
            paths[n++] = path;
    }
    return factors_check_overlap(paths, n, where, faults) && n == json_object_size(cell);
}

static bool read_listed(struct plan *p, struct schema_faults *faults)
{
    bd_auto_json json_t *seen = json_object();
    bool ok = true;
    size_t i;
    json_t *cell;
    json_array_foreach (p->listed, i, cell) {
        bd_auto_free char *where = added_pointer(p, i);
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
    added_read(p);
    bool factors = factors_read(p, faults) && make_products(p, faults);
    bool listed = read_listed(p, faults);
    return factors && listed;
}

void cells_done(struct plan *p)
{
    factors_done(p);
    paths_done(&p->paths);
    free(p->products);
    json_decref(p->listed);
}
