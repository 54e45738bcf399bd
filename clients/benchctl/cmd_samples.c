/* benchctl run samples and run queue: figures of a run over time. */
#include "api.h"
#include "commands.h"
#include "csv.h"
#include "table.h"
#include "text.h"

#include "lib/base/clock.h"

#include <stdio.h>

/* -- which there are -- */

static void add_seconds(struct table *t, int64_t ns)
{
    table_addf(t, STYLE_PLAIN, "%.3f s", (double)ns / BD_NS_PER_S);
}

static void print_series(const struct cli *cli, const json_t *items)
{
    static const struct table_column columns[] = {
        {"METRIC", false}, {"NODE", false}, {"UNIT", false},
        {"N", true},       {"FROM", true},  {"TO", true},
    };
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *series;
    size_t i;
    json_array_foreach (items, i, series) {
        table_add(&table, STYLE_BOLD, bd_json_str(series, "metric", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(series, "node", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(series, "unit", ""));
        table_addf(&table, STYLE_PLAIN, "%lld", (long long)bd_json_int(series, "n", 0));
        add_seconds(&table, bd_json_int(series, "fromNs", 0));
        add_seconds(&table, bd_json_int(series, "toNs", 0));
    }
    table_print(&table, &cli->out, 0);
}

static void print_series_csv(const json_t *items)
{
    static const char *const members[] = {"metric", "node", "unit", "n", "fromNs", "toNs"};
    const json_t *series;
    size_t i;
    csv_names(members, BD_ARRAY_LEN(members));
    json_array_foreach (items, i, series) {
        csv_members(series, members, BD_ARRAY_LEN(members));
    }
}

/* -- values -- */

static void print_values(const struct cli *cli, const json_t *values)
{
    const char *unit = bd_json_str(values, "unit", "");
    bd_auto_free char *title = bd_xasprintf("VALUE%s%s", unit[0] ? " " : "", unit);
    const struct table_column columns[] = {
        {"NODE", false}, {"TIME", true}, {title, true}, {"N", true}};
    bool means = json_is_integer(json_object_get(values, "stepNs"));
    table_auto struct table table = {0};
    table_init(&table, columns, means ? 4 : 3);
    const json_t *of_node, *point;
    size_t i, k;
    json_array_foreach (json_object_get(values, "items"), i, of_node) {
        json_array_foreach (json_object_get(of_node, "points"), k, point) {
            char value[TEXT_NUMBER_BYTES];
            table_add(&table, STYLE_BOLD, bd_json_str(of_node, "node", "?"));
            add_seconds(&table, json_integer_value(json_array_get(point, 0)));
            table_add(&table, STYLE_PLAIN,
                      text_real(json_number_value(json_array_get(point, 1)), value));
            if (means)
                table_addf(&table, STYLE_DIM, "%lld",
                           (long long)json_integer_value(json_array_get(point, 2)));
        }
    }
    table_print(&table, &cli->out, 0);
}

static void print_values_csv(const json_t *values)
{
    static const char *const names[] = {"node", "timeNs", "value", "n"};
    size_t width = json_is_integer(json_object_get(values, "stepNs")) ? 4 : 3;
    const json_t *of_node, *point, *number;
    size_t i, k, m;
    csv_names(names, width);
    json_array_foreach (json_object_get(values, "items"), i, of_node) {
        json_array_foreach (json_object_get(of_node, "points"), k, point) {
            csv_value(json_object_get(of_node, "node"), true);
            json_array_foreach (point, m, number) {
                csv_value(number, false);
            }
            putchar('\n');
        }
    }
}

/* -- what is asked for -- */

/* "&step=...", of what was said; 0 is what holds without. */
static void add_window(struct bd_str *query, const struct args *args)
{
    static const char *const durations[] = {"step", "from", "to"};
    for (size_t i = 0; i < BD_ARRAY_LEN(durations); i++) {
        int64_t ns = args_duration_ns(args_get(args, durations[i]));
        if (ns > 0)
            bd_str_addf(query, "&%s=%lldns", durations[i], (long long)ns);
    }
}

/* "/samples?metric=...", of all that was said. */
static char *samples_below(const struct args *args)
{
    struct bd_str below = {0};
    bd_auto_free char *metric = api_quote(args->operands.items[1]);
    bd_str_addf(&below, "/samples?metric=%s", metric);
    const char *node = args_get(args, "node");
    if (node) {
        bd_auto_free char *quoted = api_quote(node);
        bd_str_addf(&below, "&node=%s", quoted);
    }
    add_window(&below, args);
    return bd_str_take(&below);
}

static int check_args(const struct args *args, struct bd_err *err)
{
    static const char *const of_values[] = {"node", "step", "from", "to"};
    for (size_t i = 0; args->operands.n < 2 && i < BD_ARRAY_LEN(of_values); i++)
        if (args_has(args, of_values[i]))
            return bd_err_set(err, BD_EINVALID,
                              "--%s is for the values of a metric: name it "
                              "after the run",
                              of_values[i]);
    return 0;
}

int cmd_run_samples(struct cli *cli, struct bd_err *err)
{
    const struct args *args = &cli->args;
    bool values = args->operands.n > 1, csv = args_has(args, "csv");
    bd_auto_json json_t *reply_json = NULL;
    http_auto_reply struct http_reply reply = {0};
    bd_auto_free char *path = NULL;
    int r = check_args(args, err);
    if (r < 0)
        return r;
    bd_auto_free char *below = values ? samples_below(args) : bd_xstrdup("/samples");
    r = api_find_path(cli, API_RUN, below, &path, err);
    if (r == 0)
        r = api_get(cli, path, &reply, &reply_json, err);
    if (r < 0)
        return r;
    const json_t *items = json_object_get(reply_json, "items");
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else if (values && csv)
        print_values_csv(reply_json);
    else if (values)
        print_values(cli, reply_json);
    else if (csv)
        print_series_csv(items);
    else
        print_series(cli, items);
    return CLI_OK;
}

/* -- the queue -- */

/* Of a bucket each figure has two numbers: its mean, and its maximum. */
static const struct table_column queue_columns[2][7] = {
    {{"TIME", true}, {"WAITING", true}, {"RUNNING", true}, {"BUSY NODES", true}},
    {{"TIME", true},
     {"WAITING", true},
     {"MAX", true},
     {"RUNNING", true},
     {"MAX", true},
     {"BUSY NODES", true},
     {"MAX", true}},
};
static const char *const queue_names[2][7] = {
    {"timeNs", "waiting", "running", "busyNodes"},
    {"timeNs", "waiting", "waitingMax", "running", "runningMax", "busyNodes", "busyNodesMax"},
};
static const size_t queue_widths[2] = {4, 7};

static void print_queue(const struct cli *cli, const json_t *points, bool buckets)
{
    table_auto struct table table = {0};
    table_init(&table, queue_columns[buckets], queue_widths[buckets]);
    const json_t *point;
    size_t i;
    json_array_foreach (points, i, point) {
        char value[TEXT_NUMBER_BYTES];
        add_seconds(&table, json_integer_value(json_array_get(point, 0)));
        for (size_t k = 1; k < queue_widths[buckets]; k++)
            table_add(&table, STYLE_PLAIN,
                      text_real(json_number_value(json_array_get(point, k)), value));
    }
    table_print(&table, &cli->out, 0);
}

static void print_queue_csv(const json_t *points, bool buckets)
{
    const json_t *point;
    size_t i;
    csv_names(queue_names[buckets], queue_widths[buckets]);
    json_array_foreach (points, i, point) {
        for (size_t k = 0; k < queue_widths[buckets]; k++)
            csv_value(json_array_get(point, k), k == 0);
        putchar('\n');
    }
}

int cmd_run_queue(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *reply_json = NULL;
    http_auto_reply struct http_reply reply = {0};
    bd_auto_str struct bd_str query = {0}, below = {0};
    bd_auto_free char *path = NULL;
    add_window(&query, &cli->args);
    bd_str_addf(&below, "/queue%s%s", query.len ? "?" : "", query.len ? query.data + 1 : "");
    int r = api_find_path(cli, API_RUN, bd_str_text(&below), &path, err);
    if (r == 0)
        r = api_get(cli, path, &reply, &reply_json, err);
    if (r < 0)
        return r;
    const json_t *points = json_object_get(reply_json, "points");
    bool buckets = json_is_integer(json_object_get(reply_json, "stepNs"));
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else if (args_has(&cli->args, "csv"))
        print_queue_csv(points, buckets);
    else
        print_queue(cli, points, buckets);
    return CLI_OK;
}
