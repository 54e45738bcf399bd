/* benchctl run show, steps, logs, artifacts, cancel. */
#include "api.h"
#include "campaign.h"
#include "cluster.h"
#include "commands.h"
#include "show.h"
#include "text.h"
#include "transfer.h"

#include "lib/base/clock.h"

#define FILE_TYPE "application/octet-stream"

/* Asks for what is below the run that the first operand names; with --json it is printed. */
static int get(struct cli *cli, const char *below, json_t **ret, bool *ret_printed,
               struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_find_path(cli, API_RUN, below, &path, err);
    if (r == 0)
        r = api_get(cli, path, &reply, ret, err);
    *ret_printed = r == 0 && cli->json;
    if (*ret_printed)
        cli_print_json(bd_str_text(&reply.body));
    return r;
}

/* -- show, steps -- */

static void print_steps(const struct cli *cli, const json_t *steps)
{
    static const struct table_column columns[] = {
        {"STEP", false},  {"STATE", false}, {"TRY", true},
        {"BEGAN", false}, {"TIME", true},   {"ERROR", false},
    };
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *step;
    size_t i;
    json_array_foreach (steps, i, step) {
        const char *state = bd_json_str(step, "state", "?");
        int64_t ms = show_between_ms(step, "startedAt", "endedAt");
        char time[TEXT_NUMBER_BYTES];
        /* What is intended and has no end is under way, as far as anybody knows. */
        bool intended = bd_str_eq(state, "intended");
        table_add(&table, STYLE_BOLD, bd_json_str(step, "name", "?"));
        table_add(&table, intended ? STYLE_WARN : show_state_style(state),
                  intended ? "begun" : state);
        table_addf(&table, STYLE_PLAIN, "%lld", (long long)bd_json_int(step, "attempt", 1));
        table_add(&table, STYLE_DIM, bd_json_str(step, "startedAt", NULL));
        table_add(&table, STYLE_PLAIN, ms < 0 ? NULL : text_ms(ms, time));
        table_add(&table, STYLE_BAD, bd_json_str(step, "error", ""));
    }
    table_print(&table, &cli->out, 0);
}

static void print_metrics(const struct cli *cli, json_t *metrics)
{
    static const struct table_column columns[] = {
        {"METRIC", false}, {"VALUE", true}, {"UNIT", false}, {"N", true}, {"KIND", false}};
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const char *name;
    json_t *metric;
    json_object_foreach (metrics, name, metric) {
        char value[TEXT_NUMBER_BYTES];
        table_add(&table, STYLE_BOLD, name);
        table_add(&table, STYLE_PLAIN, text_real(bd_json_real(metric, "value", 0), value));
        table_add(&table, STYLE_PLAIN, bd_json_str(metric, "unit", ""));
        table_addf(&table, STYLE_PLAIN, "%lld", (long long)bd_json_int(metric, "n", 1));
        table_add(&table, STYLE_DIM, bd_json_str(metric, "kind", "?"));
    }
    table_print(&table, &cli->out, 0);
}

static void add_cell(struct table *t, json_t *cell)
{
    const char *path;
    json_t *level;
    if (json_object_size(cell) == 0)
        show_fact(t, "cell", STYLE_PLAIN, "the base");
    json_object_foreach (cell, path, level) {
        bd_auto_str struct bd_str text = {0};
        api_add_value(&text, level);
        show_factf(t, "cell", STYLE_PLAIN, "%s = %s", path, bd_str_text(&text));
    }
}

static void add_grade(struct table *t, const json_t *grade)
{
    const char *value = bd_json_str(grade, "value", NULL);
    const json_t *reason;
    size_t i;
    show_fact(t, "grade", show_state_style(value), value);
    json_array_foreach (json_object_get(grade, "reasons"), i, reason) {
        show_fact(t, "because", STYLE_PLAIN, json_string_value(reason));
    }
}

static void add_conditions(struct table *t, const json_t *conditions)
{
    char waited[TEXT_NUMBER_BYTES];
    if (!json_object_get(conditions, "quiet"))
        return;
    bool quiet = bd_json_bool(conditions, "quiet", false);
    int64_t ms = (int64_t)bd_json_real(conditions, "waitedMs", 0);
    show_factf(t, "host", quiet ? STYLE_PLAIN : STYLE_WARN, "%s: %.2f CPUs used by others%s%s",
               quiet ? "quiet" : "not quiet", bd_json_real(conditions, "outsideCpus", 0),
               ms > 0 ? ", after a wait of " : "", ms > 0 ? text_ms(ms, waited) : "");
}

static void print_facts(const struct cli *cli, const json_t *run)
{
    const char *state = bd_json_str(run, "state", "?");
    bd_auto_str struct bd_str block = {0};
    table_auto struct table table = {0};
    show_init(&table);
    run_block(run, &block);
    show_fact(&table, "id", STYLE_BOLD, bd_json_str(run, "id", "?"));
    show_fact(&table, "campaign", STYLE_PLAIN, bd_json_str(run, "campaign", "?"));
    show_fact(&table, "state", show_state_style(state), state);
    show_fact(&table, "waiting", STYLE_WARN, bd_json_str(run, "waiting", NULL));
    add_cell(&table, json_object_get(run, "cell"));
    show_factf(&table, "block", STYLE_PLAIN, "%s%s", bd_str_text(&block),
               bd_json_bool(run, "warmup", false) ? " (for warming up)" : "");
    show_factf(&table, "attempt", STYLE_PLAIN, "%lld", (long long)bd_json_int(run, "attempt", 1));
    add_grade(&table, json_object_get(run, "grade"));
    add_conditions(&table, json_object_get(run, "conditions"));
    show_warnings(&table, run);
    show_error(&table, run);
    show_time(&table, "created", bd_json_str(run, "createdAt", NULL));
    show_time(&table, "started", bd_json_str(run, "startedAt", NULL));
    show_time(&table, "ended", bd_json_str(run, "endedAt", NULL));
    table_print(&table, &cli->out, 0);
}

int cmd_run_show(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *run = NULL;
    bool printed;
    int r = get(cli, "", &run, &printed, err);
    if (r < 0 || printed)
        return r;
    json_t *metrics = json_object_get(run, "metrics");
    const json_t *steps = json_object_get(run, "steps");
    print_facts(cli, run);
    if (json_array_size(steps)) {
        putchar('\n');
        print_steps(cli, steps);
    }
    if (json_object_size(metrics)) {
        putchar('\n');
        print_metrics(cli, metrics);
    }
    if (json_is_object(json_object_get(run, "residue"))) {
        putchar('\n');
        cluster_print_residue(cli, run, "");
    }
    return CLI_OK;
}

int cmd_run_steps(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *steps = NULL;
    bool printed;
    int r = get(cli, "/steps", &steps, &printed, err);
    if (r == 0 && !printed)
        print_steps(cli, json_object_get(steps, "items"));
    return r;
}

/* -- logs, artifacts -- */

int cmd_run_logs(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    int r = api_find_path(cli, API_RUN, "/logs", &path, err);
    return r < 0 ? r : download_shown(cli, &(struct download){path, "text/plain", "getting"}, err);
}

static int get_artifact(struct cli *cli, const char *name, struct bd_err *err)
{
    bd_auto_free char *quoted = api_quote(name);
    bd_auto_free char *below = bd_xasprintf("/artifacts/%s", quoted);
    bd_auto_free char *path = NULL;
    int r = api_find_path(cli, API_RUN, below, &path, err);
    if (r < 0)
        return r;
    const struct download d = {path, FILE_TYPE, "getting"};
    return download_to(cli, &d, args_get(&cli->args, "output"), err);
}

/* What is not packed yet is stored as it is. */
static const char *stored_words(const json_t *artifact, char out[TEXT_NUMBER_BYTES])
{
    if (bd_json_bool(artifact, "removed", 0))
        return "removed";
    json_int_t bytes = bd_json_int(artifact, "storedBytes", -1);
    return bytes < 0 ? "-" : text_bytes((uint64_t)bytes, out);
}

static int list_artifacts(struct cli *cli, struct bd_err *err)
{
    static const struct table_column columns[] = {
        {"NAME", false}, {"SIZE", true}, {"STORED", true}, {"CHANGED", true}};
    bd_auto_json json_t *list = NULL;
    bool printed;
    int r = get(cli, "/artifacts", &list, &printed, err);
    if (r < 0 || printed)
        return r;
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *artifact;
    size_t i;
    json_array_foreach (json_object_get(list, "items"), i, artifact) {
        char size[TEXT_NUMBER_BYTES], stored[TEXT_NUMBER_BYTES], age[TEXT_NUMBER_BYTES];
        table_add(&table, STYLE_BOLD, bd_json_str(artifact, "name", "?"));
        table_add(&table, STYLE_PLAIN,
                  text_bytes((uint64_t)bd_json_int(artifact, "bytes", 0), size));
        table_add(&table, STYLE_PLAIN, stored_words(artifact, stored));
        table_addf(&table, STYLE_PLAIN, "%s ago",
                   text_age(bd_json_str(artifact, "modifiedAt", NULL), bd_wall_ns(), age));
    }
    table_print(&table, &cli->out, 0);
    return CLI_OK;
}

int cmd_run_artifacts(struct cli *cli, struct bd_err *err)
{
    const struct bd_strv *words = &cli->args.operands;
    if (words->n > 1)
        return get_artifact(cli, words->items[1], err);
    if (args_has(&cli->args, "output"))
        return bd_err_set(err, BD_EINVALID, "--output is for one artifact: name it after the run");
    return list_artifacts(cli, err);
}

int cmd_run_cancel(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    bd_auto_json json_t *run = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_find_path(cli, API_RUN, "/cancel", &path, err);
    if (r == 0)
        r = api_order(cli, path, &reply, &run, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        printf("%s %s\n", bd_json_str(run, "id", "?"), bd_json_str(run, "state", "?"));
    return CLI_OK;
}
