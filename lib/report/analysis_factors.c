/* Factors and levels of the cells, and which cells are alike but for one of them. */
#include "lib/report/analysis_priv.h"

#include <string.h>

/* -- factors -- */

static void add_paths(const json_t *object, struct bd_strv *paths)
{
    const char *path;
    json_t *level;
    json_object_foreach ((json_t *)object, path, level)
        if (paths->n < ANALYSIS_FACTORS_MAX && !bd_strv_has(paths, path))
            bd_strv_add(paths, path);
}

/* Those of the factors, then those that only listed or drawn cells have. */
static void find_paths(const struct analysis *a, struct bd_strv *ret_paths)
{
    json_t *levels;
    size_t cell;
    add_paths(a->campaign->factors, ret_paths);
    json_array_foreach (a->campaign->levels, cell, levels)
        add_paths(levels, ret_paths);
    bd_strv_sort(ret_paths);
}

static size_t number_of(const json_t *levels, const json_t *level)
{
    size_t i = 0;
    while (i < json_array_size(levels) && !json_equal(json_array_get(levels, i), level))
        i++;
    return i;
}

/* A factor that varies under a condition only has its levels in an object. */
static const json_t *planned_levels(const struct analysis *a, const char *path)
{
    const json_t *factor = json_object_get(a->campaign->factors, path);
    return json_is_object(factor) ? json_object_get(factor, "levels") : factor;
}

/* In the order that was planned; those that no cell has are left out, and others come after. */
static void find_levels(struct analysis *a, struct factor *factor)
{
    const json_t *planned = planned_levels(a, factor->path);
    bd_auto_json json_t *met = json_array();
    json_t *levels, *level;
    size_t i;
    json_array_foreach (a->campaign->levels, i, levels) {
        level = json_object_get(levels, factor->path);
        if (level && number_of(met, level) == json_array_size(met))
            json_array_append(met, level);
    }
    factor->levels = json_array();
    json_array_foreach (planned, i, level)
        if (number_of(met, level) < json_array_size(met))
            json_array_append(factor->levels, level);
    json_array_foreach (met, i, level)
        if (number_of(factor->levels, level) == json_array_size(factor->levels))
            json_array_append(factor->levels, level);
}

static void number_levels(struct analysis *a, size_t cell, const json_t *levels)
{
    size_t there = 0;
    for (size_t f = 0; f < a->n_factors; f++) {
        const json_t *level = json_object_get(levels, a->factors[f].path);
        there += level != NULL;
        a->level_of[cell * a->n_factors + f] =
            level ? (uint32_t)number_of(a->factors[f].levels, level) : NO_LEVEL;
    }
    /* One with paths that had no room among the factors is like no other. */
    for (size_t f = 0; there < json_object_size(levels) && f < a->n_factors; f++)
        a->level_of[cell * a->n_factors + f] = NO_LEVEL;
}

void analysis_find_factors(struct analysis *a)
{
    bd_auto_strv struct bd_strv paths = {0};
    json_t *levels;
    size_t cell;
    find_paths(a, &paths);
    a->n_factors = paths.n;
    for (size_t f = 0; f < a->n_factors; f++) {
        a->factors[f].path = bd_xstrdup(paths.items[f]);
        find_levels(a, &a->factors[f]);
    }
    a->level_of = bd_xcalloc(a->n_cells * a->n_factors + 1, sizeof(*a->level_of));
    json_array_foreach (a->campaign->levels, cell, levels)
        number_levels(a, cell, levels);
}

void analysis_factors_done(struct analysis *a)
{
    for (size_t f = 0; f < a->n_factors; f++) {
        free((char *)a->factors[f].path);
        json_decref(a->factors[f].levels);
    }
    free(a->level_of);
}

bool analysis_has_factor(const struct analysis *a, const char *path)
{
    for (size_t f = 0; f < a->n_factors; f++)
        if (strcmp(a->factors[f].path, path) == 0)
            return json_array_size(a->factors[f].levels) > 1;
    return false;
}

/* -- pairings -- */

static struct pairing *add_pairing(struct pairings *p, int factor, size_t level)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 16;
        p->items = bd_xrealloc(p->items, p->cap * sizeof(*p->items));
    }
    p->items[p->n] = (struct pairing){.factor = factor, .level = level};
    return &p->items[p->n++];
}

static void add_pair(struct pairing *p, size_t cell, size_t against)
{
    p->cells = bd_xrealloc(p->cells, (p->n + 1) * sizeof(*p->cells));
    p->against = bd_xrealloc(p->against, (p->n + 1) * sizeof(*p->against));
    p->cells[p->n] = (uint32_t)cell;
    p->against[p->n++] = (uint32_t)against;
}

size_t analysis_cell_like(const struct analysis *a, size_t cell, size_t factor, size_t level)
{
    const uint32_t *of = a->level_of + cell * a->n_factors;
    for (size_t i = 0; i < a->n_cells; i++) {
        const uint32_t *other = a->level_of + i * a->n_factors;
        bool alike = other[factor] == level;
        for (size_t f = 0; alike && f < a->n_factors; f++)
            alike = f == factor || of[f] == other[f];
        if (alike)
            return i;
    }
    return NO_CELL;
}

/* A level against the first one: over all contexts, and (where there is room) in each of them. */
static void pair_level(const struct analysis *a, const size_t *partners, size_t factor,
                       size_t level, bool contexts, struct pairings *p)
{
    struct pairing overall = {.factor = (int)factor, .level = level};
    for (size_t i = 0; i < a->n_cells; i++)
        if (partners[i] != NO_CELL && a->level_of[i * a->n_factors + factor] == level)
            add_pair(&overall, i, partners[i]);
    if (overall.n > 0)
        *add_pairing(p, 0, 0) = overall;
    if (overall.n < 2)
        return;
    p->untold += contexts ? 0 : overall.n;
    for (size_t i = 0; contexts && i < overall.n; i++) {
        struct pairing *one = add_pairing(p, (int)factor, level);
        one->within = true;
        add_pair(one, overall.cells[i], overall.against[i]);
    }
}

static void pair_all(const struct analysis *a, bool contexts, struct pairings *p)
{
    bd_auto_free size_t *partners = bd_xcalloc(a->n_cells + 1, sizeof(*partners));
    bd_auto_free bool *paired = bd_xcalloc(a->n_cells + 1, sizeof(*paired));
    for (size_t f = 0; f < a->n_factors; f++) {
        for (size_t i = 0; i < a->n_cells; i++) {
            uint32_t level = a->level_of[i * a->n_factors + f];
            bool other = level != 0 && level != NO_LEVEL;
            partners[i] = other ? analysis_cell_like(a, i, f, 0) : NO_CELL;
            paired[i] = paired[i] || partners[i] != NO_CELL;
        }
        for (size_t level = 1; level < json_array_size(a->factors[f].levels); level++)
            pair_level(a, partners, f, level, contexts, p);
    }
    for (size_t i = 1; i < a->n_cells; i++)
        if (!paired[i])
            add_pair(add_pairing(p, -1, 0), i, 0);
}

void pairings_find(const struct analysis *a, size_t metrics, struct pairings *ret_pairings)
{
    struct pairings p = {0};
    pair_all(a, true, &p);
    if (p.n * metrics > ANALYSIS_COMPARISONS_MAX) {
        pairings_done(&p);
        pair_all(a, false, &p);
    }
    *ret_pairings = p;
}

void pairings_done(struct pairings *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->items[i].cells);
        free(p->items[i].against);
    }
    free(p->items);
    *p = (struct pairings){0};
}
