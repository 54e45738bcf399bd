#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <string.h>

size_t plan_cells(const struct plan *p)
{
    return p->n_products + json_array_size(p->listed);
}

size_t plan_blocks(const struct plan *p)
{
    return p->blocks;
}

size_t plan_warmup_blocks(const struct plan *p)
{
    return p->warmup;
}

size_t plan_runs(const struct plan *p)
{
    return plan_cells(p) * p->blocks;
}

struct plan_run plan_run_at(const struct plan *p, size_t position)
{
    size_t batch = segment_at(p, position);
    const struct segment *s = &p->segments[batch];
    uint32_t number = p->order[position];
    struct plan_run run = {.cell = (uint32_t)(s->first_cell + number % s->cells),
                           .block = (uint32_t)(number / s->cells),
                           .batch = (uint32_t)batch};
    run.warmup = run.block < p->warmup;
    run.group = p->one_group && !run.warmup ? (uint32_t)p->warmup : run.block;
    run.group += (uint32_t)(batch * p->blocks);
    return run;
}

json_t *plan_cell_levels(const struct plan *p, size_t cell)
{
    struct setting settings[SETTINGS_MAX];
    size_t n = cells_settings(p, cell, settings);
    json_t *levels = json_object();
    for (size_t i = 0; i < n; i++)
        json_object_set_new(levels, settings[i].path->text, json_deep_copy(settings[i].value));
    return levels;
}

json_t *plan_cell_spec(const struct plan *p, size_t cell)
{
    struct setting settings[SETTINGS_MAX];
    size_t n = cells_settings(p, cell, settings);
    bd_auto_json json_t *shared = json_incref(p->base);
    for (size_t i = 0; i < n; i++) {
        json_t *next = path_set(shared, settings[i].path, settings[i].value);
        json_decref(shared);
        shared = next;
    }
    json_t *spec = json_deep_copy(shared);
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec read;
    /* It fills in what is told to the scheduler. */
    if (cluster_spec_read(json_object_get(spec, "cluster"), &read, &faults) == 0)
        cluster_spec_done(&read);
    return spec;
}

void plan_digest(const json_t *value, char ret_digest[BD_DIGEST_BYTES])
{
    bd_auto_free char *text = bd_json_text(value);
    bd_digest_of(text, strlen(text), ret_digest);
}

/* -- making -- */

static void check_design(const json_t *design, struct schema_faults *faults)
{
    const json_t *range = json_object_get(design, "repetitions");
    if (bd_json_int(range, "min", 0) > bd_json_int(range, "max", INT64_MAX))
        schema_faults_add(faults, "/design/repetitions/min", NULL, "a number up to max");
}

/* A number of blocks; a stored spec may be damaged. */
static size_t read_blocks(const json_t *object, const char *key, json_int_t min,
                          const char *pointer, struct schema_faults *faults)
{
    json_int_t n = bd_json_int(object, key, min);
    if (n >= min && n <= PLAN_RUNS_MAX)
        return (size_t)n;
    schema_faults_add(faults, pointer, NULL, "a number of blocks");
    return 1;
}

/* Without a rule that stops it before, a campaign goes to its last repetition. */
static void make_blocks(struct plan *p, struct schema_faults *faults)
{
    const json_t *design = json_object_get(p->spec, "design");
    const json_t *range = json_object_get(design, "repetitions");
    p->warmup = read_blocks(design, "warmup", 0, "/design/warmup", faults);
    p->blocks =
        p->warmup + (json_is_object(range)
                         ? read_blocks(range, "max", 1, "/design/repetitions", faults)
                         : read_blocks(design, "repetitions", 1, "/design/repetitions", faults));
    if (plan_runs(p) > PLAN_RUNS_MAX)
        schema_faults_add(faults, "/design/repetitions", NULL,
                          "at most %d runs in all: %zu cells in %zu blocks are %zu", PLAN_RUNS_MAX,
                          plan_cells(p), p->blocks, plan_runs(p));
}

static json_t *base_of(json_t *spec)
{
    static const char *const of_all_cells[] = {"factors", "cells",      "added",     "exclude",
                                               "design",  "objectives", "artifacts", "failIf",
                                               "budget",  "composition"};
    json_t *base = json_copy(spec);
    for (size_t i = 0; i < BD_ARRAY_LEN(of_all_cells); i++)
        json_object_del(base, of_all_cells[i]);
    return base;
}

/* All but the order of the runs, from a resolved spec. What is wrong is told; there is a plan
 * nevertheless, and *ret_has_cells says whether its cells can be looked at. */
static struct plan *read_plan(const json_t *spec, bool *ret_has_cells, struct schema_faults *faults)
{
    struct plan *p = bd_new(struct plan);
    p->spec = json_deep_copy(spec);
    p->base = base_of(p->spec);
    *ret_has_cells = cells_make(p, faults);
    if (*ret_has_cells)
        make_blocks(p, faults);
    until_read(p, faults);
    return p;
}

/* A margin in percent is the same as a share. */
static void resolve_margins(const json_t *spec)
{
    json_t *objective;
    size_t i;
    json_array_foreach (json_object_get(spec, "objectives"), i, objective) {
        const char *percent = bd_json_str(objective, "margin", NULL);
        if (percent)
            json_object_set_new(objective, "margin", json_real(strtod(percent, NULL) / 100));
    }
}

/* What follows from a spec that fits the schema, written into it. False: with faults. */
static bool resolve(json_t *spec, const struct plan_rules *rules, struct schema_faults *faults)
{
    schema_apply_defaults(rules->schema, spec);
    resolve_margins(spec);
    return sample_draw(spec, faults);
}

int plan_make(json_t *spec, const struct plan_rules *rules, struct plan **ret_plan,
              struct schema_faults *faults)
{
    bd_auto(plan) struct plan *p = NULL;
    size_t before = faults->n;
    bool whole = schema_check(rules->schema, spec, "", faults);
    bool drawn = whole && resolve(spec, rules, faults);
    bool fit = levels_resolve(spec, whole, rules, faults);
    check_design(json_object_get(spec, "design"), faults);
    if (drawn) {
        bool has_cells;
        p = read_plan(spec, &has_cells, faults);
        until_check(p, faults);
        if (has_cells)
            budget_check(p, faults);
        if (fit && has_cells) {
            fail_if_check(p, faults);
            cells_check(p, rules, faults);
        }
    }
    if (faults->n != before || faults->more)
        return BD_EINVALID;
    order_make(p);
    *ret_plan = bd_take(p);
    return 0;
}

int plan_again(const json_t *resolved_spec, struct plan **ret_plan, struct bd_err *err)
{
    bd_auto_faults struct schema_faults faults = {0};
    bool has_cells;
    bd_auto(plan) struct plan *p = read_plan(resolved_spec, &has_cells, &faults);
    if (faults.n)
        return bd_err_set(err, BD_ECORRUPT, "its spec is not valid: %s: expected %s",
                          faults.items[0].pointer, faults.items[0].expected);
    order_make(p);
    *ret_plan = bd_take(p);
    return 0;
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    cells_done(p);
    json_decref(p->spec);
    json_decref(p->base);
    free(p->segments);
    free(p->order);
    free(p);
}
