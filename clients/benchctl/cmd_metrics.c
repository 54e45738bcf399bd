/* benchctl metrics. */
#include "api.h"
#include "commands.h"
#include "show.h"

static void print_all(const struct cli *cli, const json_t *items)
{
    static const struct table_column columns[] = {
        {"NAME", false}, {"OF", false},     {"UNIT", false},
        {"KIND", false}, {"BETTER", false}, {"DEFINITION", false},
    };
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *metric;
    size_t i;
    json_array_foreach (items, i, metric) {
        table_add(&table, STYLE_BOLD, bd_json_str(metric, "name", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(metric, "scope", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(metric, "unit", ""));
        table_add(&table, STYLE_PLAIN, bd_json_str(metric, "kind", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(metric, "better", NULL));
        table_add(&table, STYLE_PLAIN, bd_json_str(metric, "definition", ""));
    }
    table_print(&table, &cli->out, 0);
}

static const json_t *find(const json_t *items, const char *name)
{
    const json_t *metric;
    size_t i;
    json_array_foreach (items, i, metric) {
        if (bd_str_eq(bd_json_str(metric, "name", NULL), name))
            return metric;
    }
    return NULL;
}

static void print_one(const struct cli *cli, const json_t *metric)
{
    static const char *const members[] = {"name",   "scope",      "unit",  "kind",
                                          "better", "definition", "source"};
    table_auto struct table table = {0};
    show_init(&table);
    for (size_t i = 0; i < BD_ARRAY_LEN(members); i++)
        show_fact(&table, members[i], i == 0 ? STYLE_BOLD : STYLE_PLAIN,
                  bd_json_str(metric, members[i], NULL));
    table_print(&table, &cli->out, 0);
}

int cmd_metrics(struct cli *cli, struct bd_err *err)
{
    const struct bd_strv *words = &cli->args.operands;
    bd_auto_json json_t *catalogue = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_get(cli, "/v1/metrics-catalogue", &reply, &catalogue, err);
    if (r < 0)
        return r;
    const json_t *items = json_object_get(catalogue, "items");
    const json_t *one = words->n ? find(items, words->items[0]) : NULL;
    if (words->n && !one)
        return bd_err_set(err, BD_ENOTFOUND, "no metric '%s'; 'benchctl metrics' lists them",
                          words->items[0]);
    if (cli->json && one) {
        bd_auto_free char *text = json_dumps(one, JSON_COMPACT);
        cli_print_json(text ? text : "");
    } else if (cli->json) {
        cli_print_json(bd_str_text(&reply.body));
    } else if (one) {
        print_one(cli, one);
    } else {
        print_all(cli, items);
    }
    return CLI_OK;
}
