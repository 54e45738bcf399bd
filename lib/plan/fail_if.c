/* Conditions that fail a campaign: what a schema can't say of them. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"

#include <string.h>

/* What a cell has at a path: set, or as the base has it. */
static const json_t *value_in(const struct plan *p, const struct setting *settings, size_t n,
                              const struct path *path)
{
    for (size_t i = 0; i < n; i++)
        if (settings[i].path == path)
            return settings[i].value;
    return path_get(p->base, path);
}

bool plan_cell_has(const struct plan *p, size_t cell, const json_t *levels)
{
    struct setting settings[SETTINGS_MAX];
    size_t n = cells_settings(p, cell, settings);
    const char *text;
    json_t *level;
    json_object_foreach ((json_t *)levels, text, level) {
        const struct path *path = paths_get(&p->paths, text);
        if (!path || !json_equal(value_in(p, settings, n, path), level))
            return false;
    }
    return true;
}

static bool any_cell_has(const struct plan *p, const json_t *levels)
{
    size_t cell = 0;
    while (cell < plan_cells(p) && !plan_cell_has(p, cell, levels))
        cell++;
    return cell < plan_cells(p);
}

/* Each level by itself; false: with faults. */
static bool check_levels(const struct plan *p, const char *of, const json_t *levels,
                         struct schema_faults *faults)
{
    bool ok = true;
    const char *text;
    json_t *level;
    json_object_foreach ((json_t *)levels, text, level) {
        bool varies = paths_get(&p->paths, text) != NULL;
        bd_auto_json json_t *alone = json_pack("{s:O}", text, level);
        if (varies && any_cell_has(p, alone))
            continue;
        bd_auto_free char *at = pointer_to(of, text);
        bd_auto_free char *got = bd_json_text(level);
        schema_faults_add(faults, at, varies ? got : text, "%s",
                          varies ? "a level that a cell has" : "the path of a factor");
        ok = false;
    }
    return ok;
}

void fail_if_check(const struct plan *p, struct schema_faults *faults)
{
    size_t i;
    json_t *condition;
    json_array_foreach (json_object_get(p->spec, "failIf"), i, condition) {
        const json_t *levels = json_object_get(condition, "of");
        bool above = json_object_get(condition, "above"),
             below = json_object_get(condition, "below");
        bd_auto_free char *at = bd_xasprintf("/failIf/%zu", i);
        bd_auto_free char *of = pointer_to(at, "of");
        if (above == below)
            schema_faults_add(faults, at, NULL, "either above or below, and not both");
        if (check_levels(p, of, levels, faults) && !any_cell_has(p, levels))
            schema_faults_add(faults, of, NULL, "levels that a cell has together");
    }
}
