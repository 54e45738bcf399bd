/*
 * What the tests of the definitions that come with benchd share: reading one, and a run's directory
 * with what its program wrote.
 */
#pragma once

#include "lib/workload/command.h"
#include "lib/yaml/yaml.h"
#include "tests/workload/definitions.h"

#include <fcntl.h>

static const struct cluster_spec cluster = {
    .controllers = 1, .compute = 2, .scheduler_cpus = 1, .memory_bytes = 256 << 20};

/* noinline: else gcc 12 takes what is found in the text for a pointer to this frame. */
static __attribute__((noinline)) char *read_text(const char *path)
{
    struct bd_err err = BD_ERR_INIT;
    char *text = NULL;
    ck_assert_msg(bd_read_file(path, DEFINITION_BYTES_MAX, &text, NULL, &err) == 0, "%s", err.text);
    return text;
}

static inline json_t *read_definition(const char *path)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = read_text(path);
    json_t *definition = NULL;
    ck_assert_msg(yaml_parse(text, strlen(text), path, &definition, NULL, &err) == 0, "%s",
                  err.text);
    assert_right(definition);
    return definition;
}

static inline json_t *command_of(const json_t *definition)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *workload = resolved(definition, "{}");
    json_t *command = NULL;
    ck_assert_msg(definition_expand(definition, workload, &cluster, &command, &err) == 0, "%s",
                  err.text);
    return command;
}

/* A run's directory as it is after a command has left this; stdout is empty unless it was put. */
struct left {
    char *dir;
    int dir_fd;
    json_t *command, *outputs;
};

static inline void left_put(const struct left *l, const char *name, const char *text)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", l->dir, name);
    ck_assert_int_eq(bd_write_file(path, text, strlen(text), 0644, NULL), 0);
}

/* Of the workload that is defined by this file. */
static inline struct left left_new(const char *definition_file)
{
    struct left l = {.dir = unit_dir(), .outputs = json_object()};
    bd_auto_free char *path = bd_xasprintf(WORKLOADS_DIR "/%s", definition_file);
    bd_auto_json json_t *definition = read_definition(path);
    l.dir_fd = open(l.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    l.command = command_of(definition);
    left_put(&l, COMMAND_RECORD,
             "{\"elapsedNs\": 1000, \"stdout\": {\"kept\": 0}, \"stderr\": {\"kept\": 0}}");
    left_put(&l, "stdout", "");
    return l;
}

static inline void left_stdout(const struct left *l, const char *text)
{
    bd_auto_free char *record = bd_xasprintf(
        "{\"elapsedNs\": 1000, \"stdout\": {\"kept\": %zu}, \"stderr\": {\"kept\": 0}}",
        strlen(text));
    left_put(l, COMMAND_RECORD, record);
    left_put(l, "stdout", text);
}

/* One of its outputs, of node n1. */
static inline void left_output(struct left *l, const char *output, const char *text)
{
    bd_auto_free char *name = bd_xasprintf("n1-%s", output);
    left_put(l, name, text);
    json_object_set_new(l->outputs, output, json_pack("[s]", name));
    bd_auto_free char *outputs = bd_json_text(l->outputs);
    left_put(l, COMMAND_OUTPUTS, outputs);
}

/* The results of what was left, which there have to be; what: it is, for the words. */
static inline struct workload_result left_results(const struct left *l, const char *what)
{
    struct bd_err err = BD_ERR_INIT;
    struct workload_result result = {0};
    ck_assert_msg(command_results(l->command, l->dir_fd, &result, &err) == 0, "%s: %s", what,
                  err.text);
    return result;
}

static inline void assert_all_hold(const struct workload_result *result, size_t n_checks,
                                   const char *what)
{
    const json_t *checks = json_object_get(result->conditions, "checks"), *check;
    size_t i;
    ck_assert_uint_eq(json_array_size(checks), n_checks);
    json_array_foreach (checks, i, check)
        ck_assert_msg(bd_json_bool(check, "holds", 0), "%s: %s: %s", what,
                      bd_json_str(check, "name", "?"), bd_json_str(check, "got", "?"));
}

/* All checks but this one, which got that. */
static inline void assert_one_fails(const struct workload_result *result, const char *name,
                                    const char *got)
{
    const char *failed = NULL;
    const json_t *check;
    size_t i;
    json_array_foreach (json_object_get(result->conditions, "checks"), i, check) {
        if (bd_json_bool(check, "holds", 0))
            continue;
        ck_assert_ptr_null(failed);
        failed = bd_json_str(check, "name", "?");
        ck_assert_str_eq(bd_json_str(check, "got", ""), got);
    }
    ck_assert_msg(bd_str_eq(failed, name), "%s: %s", name, failed);
}

/* There is no figure; answers what is said. */
static inline struct bd_err left_fails(const struct left *l, const char *what)
{
    struct bd_err err = BD_ERR_INIT;
    struct workload_result result = {0};
    ck_assert_msg(command_results(l->command, l->dir_fd, &result, &err) == BD_EWORKLOAD, "%s",
                  what);
    ck_assert_ptr_null(result.metrics);
    return err;
}

/* Into ret: the text with its first `was` made `is`. */
static inline void replace(const char *text, const char *was, const char *is, struct bd_str *ret)
{
    const char *at = strstr(text, was);
    ck_assert_msg(at != NULL, "%s", was);
    bd_str_addn(ret, text, (size_t)(at - text));
    bd_str_addf(ret, "%s%s", is, at + strlen(was));
}

static inline void left_done(struct left *l)
{
    close(l->dir_fd);
    json_decref(l->command);
    json_decref(l->outputs);
    unit_dir_done(l->dir);
}
