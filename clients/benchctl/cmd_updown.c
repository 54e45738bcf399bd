/* benchctl cluster up, down: with the steps as they happen. */
#include "cluster.h"
#include "commands.h"
#include "interrupt.h"
#include "show.h"
#include "spec.h"
#include "text.h"
#include "wait.h"

#include "lib/base/clock.h"

/* Shows a cluster's steps as they change. */
struct watch {
    struct progress progress;
    struct bd_strv shown; /* finished steps that have their line, or that were there before */
    struct bd_str step;   /* under way when last seen */
};

static void watch_init(struct watch *w, const struct cli *cli)
{
    *w = (struct watch){0};
    progress_init(&w->progress, &cli->err);
}

static void watch_done(struct watch *w)
{
    progress_done(&w->progress);
    bd_strv_done(&w->shown);
    bd_str_done(&w->step);
}
#define watch_auto __attribute__((cleanup(watch_done)))

static void on_change(const json_t *cluster, void *arg)
{
    struct watch *w = arg;
    bd_auto_strv struct bd_strv steps = {0};
    bd_auto_str struct bd_str now = {0};
    const char *failed = bd_json_str(json_object_get(cluster, "error"), "step", NULL);
    cluster_steps(cluster, &steps);
    for (size_t i = 0; i < steps.n; i++) {
        if (bd_strv_has(&w->shown, steps.items[i]))
            continue;
        bd_strv_add(&w->shown, steps.items[i]);
        progress_line(&w->progress, bd_str_eq(steps.items[i], failed) ? MARK_FAIL : MARK_OK,
                      steps.items[i], cluster_step_ms(cluster, steps.items[i]));
    }
    cluster_now(cluster, &now);
    const char *step = bd_json_str(cluster, "step", "");
    bool changed = !bd_str_eq(step, bd_str_text(&w->step));
    bd_str_clear(&w->step);
    bd_str_add(&w->step, step);
    progress_now(&w->progress, bd_str_text(&now), changed);
}

static bool state_is(const json_t *cluster, const char *state)
{
    return bd_str_eq(bd_json_str(cluster, "state", ""), state);
}

/* What is failing has its reason already, but not yet what it left behind. */
static bool up_ended(const json_t *cluster)
{
    return !state_is(cluster, "creating") && !state_is(cluster, "failing");
}

static bool down_ended(const json_t *cluster)
{
    return state_is(cluster, "deleted") || state_is(cluster, "failed");
}

/* Waits for a cluster, with its steps shown; those of `before` (may be NULL) were there already. */
static int watch(struct cli *cli, const char *id, bool (*ended)(const json_t *),
                 const json_t *before, json_t **ret, struct bd_str *ret_text, struct bd_err *err)
{
    watch_auto struct watch w;
    watch_init(&w, cli);
    cluster_steps(before, &w.shown);
    bd_auto_free char *path = bd_xasprintf("/v1/clusters/%s", id);
    const struct wait wait = {path, ended, on_change, &w, &w.progress};
    return wait_until(cli, &wait, ret, ret_text, err);
}

static int tell_ready(struct cli *cli, const json_t *cluster)
{
    const json_t *warning;
    size_t i;
    char time[TEXT_NUMBER_BYTES];
    json_array_foreach (json_object_get(cluster, "warnings"), i, warning) {
        cli_note(cli, MARK_WARN, "%s", json_string_value(warning));
    }
    int64_t ms = show_between_ms(cluster, "createdAt", "readyAt");
    cli_note(cli, MARK_OK, "cluster ready: %zu nodes%s%s",
             json_array_size(json_object_get(cluster, "nodes")), ms < 0 ? "" : " in ",
             ms < 0 ? "" : text_ms(ms, time));
    return CLI_OK;
}

static int tell_not_ready(struct cli *cli, const char *id, const json_t *cluster)
{
    const json_t *error = json_object_get(cluster, "error");
    const char *step = bd_json_str(error, "step", NULL);
    if (!state_is(cluster, "failed"))
        return cli_fail(cli, CLI_FAILED, "cluster %s is %s: somebody has taken it down", id,
                        bd_json_str(cluster, "state", "gone"));
    if (json_is_object(json_object_get(cluster, "residue")) && !cluster_is_clean(cluster))
        bd_str_addf(&cli->faults, "  it left something behind: see 'benchctl cluster show %s'\n",
                    id);
    return cli_fail(cli, CLI_FAILED, "cluster %s failed%s%s: %s", id, step ? " in step " : "",
                    step ? step : "", bd_json_str(error, "detail", "no reason given"));
}

static int wait_up(struct cli *cli, const char *id, struct bd_err *err)
{
    bd_auto_json json_t *cluster = NULL;
    bd_auto_str struct bd_str text = {0};
    int r = watch(cli, id, up_ended, NULL, &cluster, &text, err);
    if (r == BD_ECANCELLED || r == BD_ETIMEOUT)
        cli_note(cli, MARK_INFO,
                 "cluster %s goes on coming up; 'benchctl cluster down %s' takes it down", id, id);
    if (r < 0)
        return r;
    bool ready = state_is(cluster, "ready");
    r = ready ? tell_ready(cli, cluster) : tell_not_ready(cli, id, cluster);
    if (cli->json)
        cli_print_json(bd_str_text(&text));
    else if (ready)
        puts(id);
    return r;
}

int cmd_cluster_up(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *spec = NULL;
    bd_auto_json json_t *cluster = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = spec_from_args(&cli->args, &spec, err);
    if (r < 0)
        return r;
    r = api_create(cli, "/v1/clusters", spec, &reply, &cluster, err);
    if (r < 0)
        return r;
    const char *id = bd_json_str(cluster, "id", "");
    if (args_has(&cli->args, "wait"))
        return wait_up(cli, id, err);
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        puts(id);
    return CLI_OK;
}

/* A cluster that is being taken down. */
struct leaving {
    char *id;
    json_t *cluster; /* as the daemon's answer had it */
};

static int begin_down(struct cli *cli, const char *ref, struct leaving *ret, struct bd_err *err)
{
    bd_auto_free char *id = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_find(cli, API_CLUSTER, ref, &id, err);
    if (r < 0)
        return r;
    bd_auto_free char *path = bd_xasprintf("/v1/clusters/%s", id);
    const struct http_request rq = {.method = "DELETE", .path = path, .limit_ns = API_LIMIT_NS};
    r = api_do(cli, &rq, &reply, err);
    if (r < 0)
        return r;
    r = api_parse(&reply, &ret->cluster, err);
    if (r < 0)
        return r;
    ret->id = bd_take(id);
    if (!args_has(&cli->args, "wait")) {
        if (cli->json)
            cli_print_json(bd_str_text(&reply.body));
        else
            printf("%s %s\n", ret->id, bd_json_str(ret->cluster, "state", "deleting"));
    }
    return CLI_OK;
}

static int wait_down(struct cli *cli, const struct leaving *leaving, struct bd_err *err)
{
    bd_auto_json json_t *cluster = NULL;
    bd_auto_str struct bd_str text = {0};
    bd_auto_free char *prefix =
        cli->args.operands.n > 1 ? bd_xasprintf("%s ", leaving->id) : bd_xstrdup("");
    int r = watch(cli, leaving->id, down_ended, leaving->cluster, &cluster, &text, err);
    if (r == BD_ECANCELLED || r == BD_ETIMEOUT)
        cli_note(cli, MARK_INFO, "cluster %s goes on being taken down", leaving->id);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&text));
    else
        cluster_print_residue(cli, cluster, prefix);
    return cluster_is_clean(cluster) ? CLI_OK : CLI_RESIDUE;
}

int cmd_cluster_down(struct cli *cli, struct bd_err *err)
{
    const struct bd_strv *refs = &cli->args.operands;
    bd_auto_free struct leaving *leaving = bd_xcalloc(refs->n, sizeof(*leaving));
    int worst = CLI_OK;
    /* One that fails does not keep the others: its failure is told, and is the exit code. */
    for (size_t i = 0; i < refs->n && !interrupt_signal(); i++) {
        int r = begin_down(cli, refs->items[i], &leaving[i], err);
        if (r < 0)
            r = cli_report(cli, err);
        worst = worst ? worst : r;
    }
    for (size_t i = 0; i < refs->n && args_has(&cli->args, "wait"); i++) {
        int r = leaving[i].id ? wait_down(cli, &leaving[i], err) : CLI_OK;
        if (r < 0)
            r = cli_report(cli, err);
        worst = worst ? worst : r;
    }
    for (size_t i = 0; i < refs->n; i++) {
        free(leaving[i].id);
        json_decref(leaving[i].cluster);
    }
    return worst;
}
