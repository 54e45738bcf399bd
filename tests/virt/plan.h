/* A plan by hand, for tests: one controller and some compute nodes on 10.231.0.0/24. */
#pragma once

#include "lib/base/mem.h"
#include "lib/model/cluster.h"

static inline void test_plan(const char *id, unsigned compute, double cpus, uint64_t memory_bytes,
                             struct cluster_plan *ret_plan)
{
    struct cluster_spec spec = {
        .backend = bd_xstrdup("lxc"),
        .image = bd_xstrdup("test"),
        .controllers = 1,
        .compute = compute,
        .cpus = cpus,
        .scheduler_cpus = 1,
        .memory_bytes = memory_bytes,
        .scheduler = bd_xstrdup("slurm"),
        .scheduler_options = json_object(),
    };
    const struct subnet subnet = {.base = 10u << 24 | 231u << 16, .prefix = 24};
    cluster_plan_make(id, &spec, &subnet, ret_plan);
}
