/* benchctl campaign analyse. */
#include "analyse.h"
#include "api.h"
#include "commands.h"

static void add_parameter(struct bd_str *query, const char *name, const char *value)
{
    bd_auto_free char *quoted = api_quote(value);
    bd_str_addf(query, "%s%s=%s", query->len ? "&" : "?", name, quoted);
}

/* "/analysis?metric=makespan,wait_p95&confidence=0.99". The caller's. */
static char *target_of(const struct args *args)
{
    static const char *const single[] = {"by", "confidence"};
    bd_auto_str struct bd_str query = {0};
    for (size_t i = 0; i < args->n; i++) {
        if (!bd_str_eq(args->values[i].option->name, "metric"))
            continue;
        bd_auto_free char *quoted = api_quote(args->values[i].text);
        bd_str_addf(&query, "%s%s", query.len ? "," : "?metric=", quoted);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(single); i++)
        if (args_has(args, single[i]))
            add_parameter(&query, single[i], args_get(args, single[i]));
    return bd_xasprintf("/analysis%s", bd_str_text(&query));
}

int cmd_campaign_analyse(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    bd_auto_free char *target = target_of(&cli->args);
    bd_auto_json json_t *analysis = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_find_path(cli, API_CAMPAIGN, target, &path, err);
    if (r == 0)
        r = api_get(cli, path, &reply, &analysis, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        analyse_print(cli, analysis);
    return CLI_OK;
}
