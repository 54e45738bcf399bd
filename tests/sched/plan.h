/*
 * What the tests of adapters share: the plan of a cluster, and the root of an image that has no
 * more than an adapter looks for.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/sched/sched.h"
#include "tests/base/unit.h"

#include <sys/stat.h>

static inline struct cluster_plan plan_of(unsigned compute, unsigned scheduler_cpus,
                                          uint64_t memory_bytes, json_t *options)
{
    struct cluster_spec spec = {.backend = bd_xstrdup("lxc"),
                                .image = bd_xstrdup("debian-bookworm"),
                                .scheduler = bd_xstrdup("slurm"),
                                .controllers = 1,
                                .compute = compute,
                                .cpus = 0.25,
                                .scheduler_cpus = scheduler_cpus,
                                .memory_bytes = memory_bytes,
                                .scheduler_options = options};
    struct subnet subnet = {0x0ad50400, subnet_prefix_for(compute + 1)};
    struct cluster_plan plan;
    cluster_plan_make("1f2e3d4c", &spec, &subnet, &plan);
    return plan;
}

static inline struct node_file *file_of(const struct node_files *files, const char *path)
{
    for (size_t i = 0; i < files->n; i++)
        if (bd_str_eq(files->items[i].path, path))
            return &files->items[i];
    ck_abort_msg("no file %s", path);
    return NULL;
}

/* Text of a file of the node. */
static inline const char *text_of(const struct node_files *files, const char *path)
{
    return file_of(files, path)->data;
}

static inline void put_file(const char *root, const char *path, const char *text)
{
    bd_auto_free char *whole = bd_xasprintf("%s/%s", root, path);
    bd_auto_free char *dir = bd_xstrdup(whole);
    *strrchr(dir, '/') = '\0';
    ck_assert_int_eq(bd_mkdir_p(dir, 0755, NULL), 0);
    ck_assert_int_eq(bd_write_file(whole, text, strlen(text), 0644, NULL), 0);
}
