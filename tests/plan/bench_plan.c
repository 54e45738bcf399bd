/*
 * How long the plan of a campaign takes that is as big as one may be, with all checks that the
 * daemon makes. bench-plan: one line a shape, {"shape":, "cells":, "runs":, "seconds":}.
 */
#include "contract.h"

#include "daemon/api/cell_check.h"
#include "lib/base/clock.h"
#include "lib/plan/plan.h"

#include <stdio.h>

static const struct shape {
    const char *name;
    int levels, blocks; /* of each of the factors below */
    bool listed;        /* the cells are listed one by one */
} shapes[] = {
    {"100 cells in 1000 blocks", 10, 1000, false},
    {"10000 cells in 10 blocks", 100, 10, false},
    {"99856 cells in 1 block", 316, 1, false},
    {"99856 listed cells in 1 block", 316, 1, true},
};

static const char seed_path[] = "workload.env.SEED";
static const char memory_path[] = "cluster.node.memory";

static json_t *text_level(int number, const char *unit)
{
    bd_auto_free char *text = bd_xasprintf("%d%s", number, unit);
    return json_string(text);
}

static json_t *levels(int n, const char *unit)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, text_level(100 + i, unit));
    return list;
}

static json_t *listed(int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n * n; i++) {
        json_t *cell = json_object();
        json_object_set_new(cell, memory_path, text_level(100 + i / n, "MiB"));
        json_object_set_new(cell, seed_path, text_level(100 + i % n, ""));
        json_array_append_new(list, cell);
    }
    return list;
}

static json_t *spec_of(const struct shape *shape)
{
    json_t *spec = json_pack(
        "{s:s, s:{s:i, s:{s:s}}, s:{s:s, s:[s, s], s:i, s:{s:{s:s, s:s, s:s}}},"
        " s:{s:[{s:[s], s:s}]}, s:{s:i}}",
        "name", "big", "cluster", "compute", 4, "scheduler", "name", "slurm", "workload", "name",
        "command", "command", "sleep", "1", "nodes", 2, "metrics", "speed", "regex",
        "^speed: +([0-9.]+) MB/s", "unit", "MB/s", "kind", "rate", "hooks", "ready", "command",
        "sync", "node", "all", "design", "repetitions", shape->blocks);
    if (shape->listed)
        json_object_set_new(spec, "cells", listed(shape->levels));
    else
        json_object_set_new(spec, "factors",
                            json_pack("{s:o, s:o}", memory_path, levels(shape->levels, "MiB"),
                                      seed_path, levels(shape->levels, "")));
    return spec;
}

static int measure(const struct shape *shape, const struct schema *schema)
{
    bd_auto_json json_t *spec = spec_of(shape);
    struct cell_check cells = {0};
    const struct plan_rules rules = {.schema = schema, .check = cell_check, .arg = &cells};
    bd_auto_faults struct schema_faults faults = {0};
    bd_auto(plan) struct plan *p = NULL;
    int64_t begin = bd_mono_ns();
    int rc = plan_make(spec, &rules, &p, &faults);
    cell_check_done(&cells);
    if (rc < 0) {
        fprintf(stderr, "bench-plan: %s: %s: %s\n", shape->name, faults.items[0].pointer,
                faults.items[0].expected);
        return 1;
    }
    printf("{\"shape\": \"%s\", \"cells\": %zu, \"runs\": %zu, \"seconds\": %.4f}\n", shape->name,
           plan_cells(p), plan_runs(p), (double)(bd_mono_ns() - begin) / BD_NS_PER_S);
    return 0;
}

int main(void)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *contract = NULL;
    bd_auto(schema) struct schema *schema = NULL;
    if (bd_json_parse(contract_json, contract_json_bytes, &contract, &err) < 0 ||
        schema_compile(contract, "/components/schemas/CampaignSpec", &schema, &err) < 0) {
        fprintf(stderr, "bench-plan: the contract: %s\n", err.text);
        return 1;
    }
    int failed = 0;
    for (size_t i = 0; i < BD_ARRAY_LEN(shapes); i++)
        failed |= measure(&shapes[i], schema);
    return failed;
}
