/* A plan as the contract's Plan: cells, order, what it will take, what it can resolve. */
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/plan/resolution.h"

#define LISTED_MAX 1000 /* cells and runs in the reply */
#define TRACES_MAX 100
/* For a warning: streams are drawn for it. */
#define CELLS_LOOKED_AT   100
#define STREAMS_LOOKED_AT 8

static double seconds(int64_t ns)
{
    return (double)ns / (double)BD_NS_PER_S;
}

static json_t *cell_estimate(const struct plan_estimate *e, size_t cell)
{
    const struct estimate none = {.basis = ESTIMATE_NONE};
    const struct estimate *of = cell < e->n_cells ? &e->cells[cell] : &none;
    return json_pack("{s:o, s:s, s:I}", "seconds",
                     of->basis == ESTIMATE_NONE ? json_null() : json_real(seconds(of->wall_ns)),
                     "basis", estimate_basis_to_str(of->basis), "n", (json_int_t)of->n);
}

static json_t *cell_list(const struct plan *plan, const struct plan_estimate *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan_cells(plan) && i < LISTED_MAX; i++) {
        bd_auto_json json_t *spec = plan_cell_spec(plan, i);
        char digest[BD_DIGEST_BYTES];
        plan_digest(spec, digest);
        json_array_append_new(list, json_pack("{s:I, s:o, s:s, s:o}", "index", (json_int_t)i,
                                              "levels", plan_cell_levels(plan, i), "digest", digest,
                                              "estimate", cell_estimate(e, i)));
    }
    return list;
}

static json_t *order_list(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan_runs(plan) && i < LISTED_MAX; i++) {
        struct plan_run run = plan_run_at(plan, i);
        json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:b}", "position", (json_int_t)i,
                                              "cell", (json_int_t)run.cell, "block",
                                              (json_int_t)run.block, "warmup", run.warmup));
    }
    return list;
}

static json_t *known(const struct plan_estimate *e, double value)
{
    return e->is_known ? json_real(value) : json_null();
}

static json_t *estimate_json(const struct plan *plan, const struct plan_estimate *e)
{
    double all = (double)plan_blocks(plan), least = (double)plan_blocks_min(plan);
    double block = seconds(e->block.wall_ns);
    json_t *cells = json_object();
    for (int b = 0; b < ESTIMATE_BASIS_COUNT; b++)
        json_object_set_new(cells, estimate_basis_to_str((enum estimate_basis)b),
                            json_integer((json_int_t)e->of_basis[b]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "blockSeconds", known(e, block), "seconds",
                     known(e, all * block), "nodeHours", known(e, all * e->block.node_hours),
                     "leastSeconds", known(e, least * block), "leastNodeHours",
                     known(e, least * e->block.node_hours), "cells", cells);
}

/* Of each that there is once, however many cells replay it. */
static json_t *traces_json(const struct planning *p)
{
    json_t *list = json_array(), *examined;
    const char *key;
    json_object_foreach (p->examined, key, examined)
        if (json_object_get(examined, "found") && json_array_size(list) < TRACES_MAX)
            json_array_append(list, json_object_get(examined, "found"));
    return list;
}

static const char *scheduler_of(const json_t *spec)
{
    return bd_json_str(json_object_get(json_object_get(spec, "cluster"), "scheduler"), "name", "");
}

/* The grade of such runs will say so. */
static json_t *scale_warning(const json_t *limits, json_int_t lost)
{
    return json_sprintf(
        "time scale below scheduler resolution: %lld of %lld jobs would ask for less than %g s, "
        "which is the least that it tells limits apart by: runs will be limited, and the verdict "
        "exploratory at most",
        (long long)lost, (long long)bd_json_int(limits, "jobs", 0),
        seconds((int64_t)bd_json_int(limits, "grainNs", 0)));
}

/* Jobs are as they will be run, so no grade goes by it; but what backfill does with limits that are
 * all the same is what they are looked at for. Where they do not differ nothing is lost, and where
 * the scheduler does not go by them nothing either. */
static json_t *grain_warning(const json_t *limits, const char *scheduler)
{
    json_int_t jobs = bd_json_int(limits, "jobs", 0), below = bd_json_int(limits, "belowGrain", 0);
    json_int_t different = bd_json_int(limits, "different", 0);
    double grain = seconds((int64_t)bd_json_int(limits, "grainNs", 0));
    if (2 * below <= jobs || different < 2 || !bd_json_bool(limits, "matter", 0))
        return NULL;
    return json_sprintf(
        "time limits below scheduler resolution: %lld of %lld jobs ask for less than %g s, by %lld "
        "different limits, and all of these are %g s for %s: its backfill plans with that "
        "(longer runtimes, or a larger requested.factor, would be told apart)",
        (long long)below, (long long)jobs, grain, (long long)different, grain, scheduler);
}

/* True: it was said. */
static bool warn_of_limits(const json_t *limits, const char *scheduler, json_t *warnings)
{
    json_int_t lost = bd_json_int(limits, "byTimeScale", 0);
    json_t *warning = lost > 0 ? scale_warning(limits, lost) : grain_warning(limits, scheduler);
    if (warning)
        json_array_append_new(warnings, warning);
    return warning != NULL;
}

static bool warn_of_traces(const struct planning *p, json_t *warnings)
{
    const char *key;
    json_t *examined;
    json_object_foreach (p->examined, key, examined) {
        const json_t *limits = json_object_get(json_object_get(examined, "found"), "limits");
        if (warn_of_limits(limits, "", warnings))
            return true;
    }
    return false;
}

/* Whether there was none of this scheduler, which goes by limits or does not, and workload before.
 */
static bool is_new(const struct cluster_spec *cluster, json_t *workload, json_t *seen)
{
    bd_auto_json json_t *of =
        json_pack("[s, b, O]", cluster->scheduler, sched_plans_with_limits(cluster), workload);
    bd_auto_free char *key = bd_json_text(of);
    bool is = !json_object_get(seen, key);
    json_object_set_new(seen, key, json_true());
    return is;
}

/* Of a cell whose workload was not looked at before. */
static json_t *limits_of_cell(const json_t *spec, json_t *seen)
{
    json_t *workload = json_object_get(spec, "workload");
    const struct workload *kind = workload_find(bd_json_str(workload, "name", ""));
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec cluster;
    json_t *limits = NULL;
    if (!kind || !kind->limits ||
        cluster_spec_read(json_object_get(spec, "cluster"), &cluster, &faults) < 0)
        return NULL;
    uint64_t seed = (uint64_t)bd_json_int(json_object_get(spec, "design"), "seed", 0);
    if (is_new(&cluster, workload, seen))
        limits = kind->limits(workload, &cluster, seed);
    cluster_spec_done(&cluster);
    return limits;
}

static void warn_of_streams(const struct planning *p, json_t *warnings)
{
    bd_auto_json json_t *seen = json_object();
    for (size_t i = 0; i < plan_cells(p->plan) && i < CELLS_LOOKED_AT &&
                       json_object_size(seen) < STREAMS_LOOKED_AT;
         i++) {
        bd_auto_json json_t *spec = plan_cell_spec(p->plan, i);
        bd_auto_json json_t *limits = limits_of_cell(spec, seen);
        if (warn_of_limits(limits, scheduler_of(spec), warnings))
            return; /* of one as of all */
    }
}

static json_t *warnings_json(const struct planning *p, const json_t *budget)
{
    json_t *warnings = json_array();
    for (size_t i = 0; i < p->warnings.n; i++)
        json_array_append_new(warnings, json_string(p->warnings.items[i]));
    for (size_t i = 0; i < p->lacking.n; i++)
        json_array_append_new(warnings, json_string(p->lacking.items[i]));
    if (!warn_of_traces(p, warnings))
        warn_of_streams(p, warnings);
    if (!bd_json_bool(budget, "enough", 1))
        json_array_append_new(warnings, json_sprintf("budget: %s", bd_json_str(budget, "why", "")));
    return warnings;
}

int view_plan(struct planning *p, struct store_conn *conn, struct bd_err *err)
{
    struct plan_estimate e = {0};
    int rc = plan_estimate_make(p->plan, p->spec, p->examined, conn, &e, err);
    if (rc < 0)
        return rc;
    char digest[BD_DIGEST_BYTES];
    plan_digest(p->spec, digest);
    bd_auto_json json_t *budget = budget_json(p->plan, e.is_known ? &e.block : NULL);
    p->json = json_pack(
        "{s:s, s:O, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:O, s:o, s:o, s:o}", "digest", digest,
        "spec", p->spec, "cells", (json_int_t)plan_cells(p->plan), "blocks",
        (json_int_t)plan_blocks(p->plan), "warmupBlocks", (json_int_t)plan_warmup_blocks(p->plan),
        "runs", (json_int_t)plan_runs(p->plan), "cellList", cell_list(p->plan, &e), "order",
        order_list(p->plan), "estimate", estimate_json(p->plan, &e), "budget", budget, "resolution",
        plan_resolution(p->plan), "traces", traces_json(p), "warnings", warnings_json(p, budget));
    plan_estimate_done(&e);
    return 0;
}
