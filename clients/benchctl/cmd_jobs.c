/* benchctl run jobs. */
#include "api.h"
#include "commands.h"
#include "csv.h"
#include "show.h"
#include "text.h"

#include "lib/base/clock.h"

#include <stdio.h>

/* Of a job, by the API's names. */
static const char *const members[] = {
    "index",        "task",        "nodes",        "user",         "outcome",     "schedulerState",
    "jobId",        "exitCode",    "plannedNs",    "submitNs",     "acceptedNs",  "startedFirstNs",
    "startedAllNs", "endedLastNs", "runtimeNs",    "requestedNs",  "waitNs",      "turnaroundNs",
    "doubled",      "nodeList",    "after",        "thinkNs",      "group",       "eligibleNs",
    "allocatedNs",  "freedNs",     "tasksPerNode", "coresPerTask", "memoryBytes", "exclusive",
};

static void print_csv(const json_t *job, void *arg BD_UNUSED)
{
    csv_members(job, members, BD_ARRAY_LEN(members));
}

static void add_json(const json_t *job, void *arg)
{
    json_array_append(arg, (json_t *)job);
}

static enum term_style outcome_style(const char *outcome)
{
    if (bd_str_eq(outcome, "completed"))
        return STYLE_GOOD;
    return bd_str_eq(outcome, "not-submitted") ? STYLE_WARN : STYLE_BAD;
}

/* A time in nanoseconds, or "-" where it was not seen. */
static void add_ns(struct table *t, const json_t *job, const char *member)
{
    const json_t *ns = json_object_get(job, member);
    char text[TEXT_NUMBER_BYTES];
    bool seen = json_is_integer(ns);
    int64_t ms = (json_integer_value(ns) + BD_NS_PER_MS / 2) / BD_NS_PER_MS;
    table_add(t, STYLE_PLAIN, seen ? text_ms(ms, text) : NULL);
}

static void add_row(const json_t *job, void *arg)
{
    struct table *t = arg;
    const char *outcome = bd_json_str(job, "outcome", "?");
    long long index = (long long)bd_json_int(job, "index", 0);
    long long task = (long long)bd_json_int(job, "task", 0);
    bd_auto_str struct bd_str on = {0};
    const json_t *node;
    size_t i;
    json_array_foreach (json_object_get(job, "nodeList"), i, node) {
        const char *name = json_string_value(node);
        bd_str_addf(&on, "%s%s", on.len ? "," : "", name ? name : "?");
    }
    if (task)
        table_addf(t, STYLE_BOLD, "%lld.%lld", index, task);
    else
        table_addf(t, STYLE_BOLD, "%lld", index);
    table_addf(t, STYLE_PLAIN, "%lld", (long long)bd_json_int(job, "nodes", 0));
    table_addf(t, outcome_style(outcome), "%s%s", outcome,
               bd_json_bool(job, "doubled", false) ? ", twice" : "");
    add_ns(t, job, "waitNs");
    add_ns(t, job, "turnaroundNs");
    table_add(t, STYLE_PLAIN, on.len ? bd_str_text(&on) : NULL);
}

static int print_table(struct cli *cli, const char *path, uint64_t most, struct bd_err *err)
{
    static const struct table_column columns[] = {
        {"JOB", true},  {"NODES", true},      {"OUTCOME", false},
        {"WAIT", true}, {"TURNAROUND", true}, {"ON", false},
    };
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    int r = api_each(cli, path, most, add_row, &table, err);
    if (r == 0)
        table_print(&table, &cli->out, 0);
    return r;
}

static int print_json(struct cli *cli, const char *path, uint64_t most, struct bd_err *err)
{
    bd_auto_json json_t *items = json_array();
    int r = api_each(cli, path, most, add_json, items, err);
    if (r < 0)
        return r;
    bd_auto_json json_t *list = json_pack("{s:O, s:n}", "items", items, "next");
    api_print_list(list);
    return 0;
}

int cmd_run_jobs(struct cli *cli, struct bd_err *err)
{
    const char *outcome = args_get(&cli->args, "outcome");
    uint64_t most = (uint64_t)args_i64(args_get(&cli->args, "limit"), 0);
    bd_auto_free char *quoted = api_quote(outcome ? outcome : "");
    bd_auto_free char *below = bd_xasprintf("/jobs%s%s", outcome ? "?outcome=" : "", quoted);
    bd_auto_free char *path = NULL;
    int r = api_find_path(cli, API_RUN, below, &path, err);
    if (r < 0)
        return r;
    if (cli->json)
        return print_json(cli, path, most, err);
    if (!args_has(&cli->args, "csv"))
        return print_table(cli, path, most, err);
    csv_names(members, BD_ARRAY_LEN(members));
    return api_each(cli, path, most, print_csv, NULL, err);
}
