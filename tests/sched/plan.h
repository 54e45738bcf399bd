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

/* Of the adapter's options: what is let through, and what is refused at which place. */
struct option_case {
    const char *options;
    const char *pointer;  /* NULL: right */
    const char *expected; /* part of the words */
};

static inline void hold_options(const struct option_case *cases, size_t n,
                                void (*check)(const json_t *options, struct schema_faults *faults))
{
    for (size_t i = 0; i < n; i++) {
        bd_auto_json json_t *options = json_loads(cases[i].options, 0, NULL);
        bd_auto_faults struct schema_faults faults = {0};
        ck_assert_ptr_nonnull(options);
        check(options, &faults);
        if (!cases[i].pointer) {
            ck_assert_msg(faults.n == 0, "%s: %s", cases[i].options,
                          faults.n ? faults.items[0].expected : "");
            continue;
        }
        ck_assert_msg(faults.n == 1, "%s: %zu faults", cases[i].options, faults.n);
        ck_assert_str_eq(faults.items[0].pointer, cases[i].pointer);
        ck_assert_msg(strstr(faults.items[0].expected, cases[i].expected) != NULL, "%s: %s",
                      cases[i].options, faults.items[0].expected);
    }
}

static inline void hold_record(const struct sched_record *got, const struct sched_record *want)
{
    ck_assert_uint_eq(got->job_id, want->job_id);
    ck_assert_int_eq(got->index, want->index);
    ck_assert_int_eq(got->submit_s, want->submit_s);
    ck_assert_int_eq(got->start_s, want->start_s);
    ck_assert_int_eq(got->end_s, want->end_s);
    ck_assert_uint_eq(got->nodes, want->nodes);
    ck_assert_uint_eq(got->task_no, want->task_no);
    ck_assert_int_eq((int)got->end, (int)want->end);
}

/* A program of a node's that ended with these words on stdout; "!": it failed, with the rest on
 * stderr. */
static inline int answered(const char *out, struct bd_proc_result *ret)
{
    bool fails = *out == '!';
    *ret = (struct bd_proc_result){.exit_code = fails};
    bd_str_add(fails ? &ret->err : &ret->out, out + fails);
    return 0;
}

static inline void put_file(const char *root, const char *path, const char *text)
{
    bd_auto_free char *whole = bd_xasprintf("%s/%s", root, path);
    bd_auto_free char *dir = bd_xstrdup(whole);
    *strrchr(dir, '/') = '\0';
    ck_assert_int_eq(bd_mkdir_p(dir, 0755, NULL), 0);
    ck_assert_int_eq(bd_write_file(whole, text, strlen(text), 0644, NULL), 0);
}
