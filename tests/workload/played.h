/*
 * Nodes that are played by a table of answers, and a run's directory, for the tests of commands.
 */
#pragma once

#include "lib/workload/command.h"
#include "tests/sched/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

/* What a command does, by its first word (of "true": it is looked whether the node lives). */
struct answer {
    const char *out, *err;
    size_t times; /* that out is written; 0: once */
    int exit_code, signal, rc;
};

static struct answer answer;
static bool node_lives;
static const char *script_out;
static int script_exit;
static const char *left_on[4]; /* by node's number, what the command leaves as WORKDIR/out */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bd_strv asked; /* "NODE ARGV..." */

static inline void note(const struct channel_cmd *cmd)
{
    bd_auto_str struct bd_str words = {0};
    bd_str_add(&words, cmd->node->name);
    for (const char *const *word = cmd->argv; *word; word++)
        bd_str_addf(&words, " %s", *word);
    for (const char *const *v = cmd->env; v && *v; v++)
        bd_str_addf(&words, " {%s}", *v);
    bd_str_addf(&words, "%s", cmd->unit ? " as unit" : "");
    if (cmd->cwd)
        bd_str_addf(&words, " in %s", cmd->cwd);
    pthread_mutex_lock(&lock);
    bd_strv_add(&asked, bd_str_text(&words));
    pthread_mutex_unlock(&lock);
}

static inline int play(const struct channel *c BD_UNUSED, const struct channel_cmd *cmd,
                       struct bd_proc_result *ret, struct bd_err *err)
{
    note(cmd);
    if (bd_str_eq(cmd->argv[0], "true"))
        return node_lives ? 0 : bd_err_set(err, BD_ENOTFOUND, "it does not run");
    if (bd_str_eq(cmd->argv[0], "squeue")) {
        bd_str_add(&ret->out, "Resources\n");
        ret->exit_code = 0;
        return 0;
    }
    if (bd_str_eq(cmd->argv[0], "/bin/sh")) { /* a script of benchd's own */
        if (script_out)
            bd_str_add(&ret->out, script_out);
        ret->exit_code = script_exit;
        return 0;
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && answer.out && i < (answer.times ? answer.times : 1); i++)
        rc = cmd->on_output(BD_STDOUT, answer.out, strlen(answer.out), cmd->arg);
    if (rc == 0 && answer.err)
        rc = cmd->on_output(BD_STDERR, answer.err, strlen(answer.err), cmd->arg);
    ret->exit_code = answer.signal ? -1 : answer.exit_code;
    ret->signal = answer.signal;
    if (rc == 0)
        rc = answer.rc;
    return rc < 0 ? bd_err_set(err, rc, "the channel's own words") : 0;
}

static inline int get(const struct channel *c BD_UNUSED, const struct node_plan *node,
                      const char *path, int dst_fd, uint64_t max_bytes,
                      char ret_digest[BD_DIGEST_BYTES], struct bd_err *err)
{
    ck_assert_uint_gt(max_bytes, 0);
    ret_digest[0] = '\0';
    if (bd_str_eq(path, WORKDIR "/out")) {
        const char *left =
            node->role == NODE_CONTROLLER ? left_on[0] : left_on[node->name[1] - '0'];
        return left ? bd_write_all(dst_fd, left, strlen(left))
                    : bd_err_errno(err, ENOENT, "open %s", path);
    }
    if (bd_str_eq(node->name, "n2"))
        return bd_err_set(err, BD_ENOTFOUND, "it does not run");
    if (bd_ends_with(path, "jobcomp.log"))
        return bd_err_errno(err, ENOENT, "open");
    return bd_write_all(dst_fd, node->name, strlen(node->name));
}

static inline int put(const struct channel *c BD_UNUSED, const struct node_plan *node, int src_fd,
                      const char *path, mode_t mode, char ret_digest[BD_DIGEST_BYTES],
                      struct bd_err *err BD_UNUSED)
{
    char content[64];
    ssize_t n = read(src_fd, content, sizeof(content) - 1);
    ck_assert_int_ge(n, 0);
    content[n] = '\0';
    ret_digest[0] = '\0';
    pthread_mutex_lock(&lock);
    bd_strv_addf(&asked, "%s put %s %o '%s'", node->name, path, (unsigned)mode, content);
    pthread_mutex_unlock(&lock);
    return 0;
}

static const struct channel_ops played = {
    .backend = "played", .exec = play, .put = put, .get = get};

/* A run's directory and what is asked for in it. */
struct run {
    char *dir;
    struct channel channel;
    struct cluster_plan plan;
    json_t *spec;
    struct workload_input in;
};

static inline const struct workload *command(void)
{
    return workload_find("command");
}

static inline int metrics_of(const struct run *r, json_t **ret_metrics, struct bd_err *err)
{
    struct workload_result result = {0};
    int rc = command()->results(r->spec, r->in.dir_fd, &result, err);
    if (rc == 0)
        *ret_metrics = bd_take(result.metrics);
    workload_result_done(&result);
    return rc;
}

static inline void run_init(struct run *r, json_t *spec)
{
    ck_assert_ptr_nonnull(spec);
    *r = (struct run){.dir = unit_dir(), .channel = {.ops = &played}, .spec = spec};
    r->plan = plan_of(3, 1, 256U << 20, json_object());
    r->in = (struct workload_input){
        .channel = &r->channel,
        .plan = &r->plan,
        .sched = sched_find("slurm"),
        .spec = spec,
        .dir_fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    answer = (struct answer){0};
    node_lives = true;
    script_out = NULL;
    script_exit = 0;
    memset(left_on, 0, sizeof(left_on));
    bd_strv_done(&asked);
}

static inline void run_done(struct run *r)
{
    close(r->in.dir_fd);
    cluster_plan_done(&r->plan);
    json_decref(r->spec);
    unit_dir_done(r->dir);
    bd_strv_done(&asked);
}

static inline void check_file(const struct run *r, const char *name, const char *expected)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", r->dir, name);
    bd_auto_free char *text = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(bd_read_file(path, 1 << 20, &text, NULL, &err) == 0, "%s", err.text);
    ck_assert_str_eq(text, expected);
}
