#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <string.h>

size_t plan_cells(const struct plan *p)
{
    return p->n_products + p->n_listed;
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
    size_t cells = plan_cells(p);
    uint32_t number = p->order[position];
    struct plan_run run = {.cell = (uint32_t)(number % cells), .block = (uint32_t)(number / cells)};
    run.warmup = run.block < p->warmup;
    run.group = p->one_group && !run.warmup ? (uint32_t)p->warmup : run.block;
    return run;
}

json_t *plan_cell_spec(const struct plan *p, size_t cell)
{
    bd_auto_json json_t *shared = cells_spec(p, cell);
    json_t *spec = json_deep_copy(shared);
    json_t *cluster = json_object_get(spec, "cluster");
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec read;
    /* It fills in what is told to the scheduler. */
    if (cluster_spec_read(cluster, &read, &faults) == 0)
        cluster_spec_done(&read);
    return spec;
}

void plan_digest(const json_t *value, char ret_digest[BD_DIGEST_BYTES])
{
    bd_auto_free char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    bd_digest_of(text, strlen(text), ret_digest);
}

/* -- making -- */

/* Without a rule that stops it before, a campaign goes to its last repetition. */
static size_t repetitions(const json_t *design)
{
    const json_t *wanted = json_object_get(design, "repetitions");
    return (size_t)(json_is_object(wanted) ? bd_json_int(wanted, "max", 1)
                                           : bd_json_int(design, "repetitions", 1));
}

/* What is not built yet is refused by name. */
static void check_design(const json_t *design, struct schema_faults *faults)
{
    const json_t *range = json_object_get(design, "repetitions");
    if (json_object_get(range, "until"))
        schema_faults_add(faults, "/design/repetitions/until", NULL,
                          "no rule for stopping: this version runs `max` blocks, leave it out");
    if (bd_json_int(range, "min", 0) > bd_json_int(range, "max", INT64_MAX))
        schema_faults_add(faults, "/design/repetitions/min", NULL, "a number up to max");
}

static json_t *base_of(const json_t *spec)
{
    static const char *const of_all_cells[] = {"factors", "cells", "exclude", "design",
                                               "objectives"};
    json_t *base = json_copy((json_t *)spec);
    for (size_t i = 0; i < BD_ARRAY_LEN(of_all_cells); i++)
        json_object_del(base, of_all_cells[i]);
    return base;
}

static int make(json_t *spec, const struct plan_rules *rules, struct plan **ret_plan,
                struct schema_faults *faults)
{
    struct plan *p = bd_new(struct plan);
    const json_t *design = json_object_get(spec, "design");
    p->spec = json_deep_copy(spec);
    p->base = base_of(p->spec);
    p->warmup = (size_t)bd_json_int(design, "warmup", 0);
    p->blocks = p->warmup + repetitions(design);
    if (rules)
        check_design(design, faults);
    int rc = cells_make(p, rules, faults);
    if (faults->n)
        rc = BD_EINVALID;
    if (rc == 0 && plan_runs(p) > PLAN_RUNS_MAX) {
        schema_faults_add(faults, "/design/repetitions", NULL,
                          "at most %d runs in all: %zu cells in %zu blocks are %zu", PLAN_RUNS_MAX,
                          plan_cells(p), p->blocks, plan_runs(p));
        rc = BD_EINVALID;
    }
    if (rc < 0) {
        plan_free(p);
        return rc;
    }
    order_make(p);
    *ret_plan = p;
    return 0;
}

int plan_make(json_t *spec, const struct plan_rules *rules, struct plan **ret_plan,
              struct schema_faults *faults)
{
    if (!schema_check(rules->schema, spec, "", faults))
        return BD_EINVALID;
    schema_apply_defaults(rules->schema, spec);
    return make(spec, rules, ret_plan, faults);
}

int plan_again(const json_t *resolved_spec, struct plan **ret_plan, struct bd_err *err)
{
    bd_auto_faults struct schema_faults faults = {0};
    if (make((json_t *)resolved_spec, NULL, ret_plan, &faults) < 0)
        return bd_err_set(err, BD_ECORRUPT, "its spec is not valid: %s: expected %s",
                          faults.items[0].pointer, faults.items[0].expected);
    return 0;
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    cells_done(p);
    json_decref(p->spec);
    json_decref(p->base);
    free(p->order);
    free(p);
}
