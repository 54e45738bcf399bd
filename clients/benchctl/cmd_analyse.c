/* benchctl campaign analyse. */
#include "analyse.h"
#include "api.h"
#include "commands.h"

#include <string.h>

static void add_parameter(struct bd_str *target, const char *name, const char *value)
{
    bd_auto_free char *quoted = api_quote(value);
    bd_str_addf(target, "%s%s=%s", strchr(bd_str_text(target), '?') ? "&" : "?", name, quoted);
}

char *analyse_target(const struct args *args, const char *below)
{
    static const char *const single[] = {"by", "confidence"};
    struct bd_str target = {0};
    bool first = true;
    bd_str_add(&target, below);
    for (size_t i = 0; i < args->n; i++) {
        if (!bd_str_eq(args->values[i].option->name, "metric"))
            continue;
        bd_auto_free char *quoted = api_quote(args->values[i].text);
        if (first)
            add_parameter(&target, "metric", args->values[i].text);
        else
            bd_str_addf(&target, ",%s", quoted);
        first = false;
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(single); i++)
        if (args_has(args, single[i]))
            add_parameter(&target, single[i], args_get(args, single[i]));
    return bd_str_take(&target);
}

int cmd_campaign_analyse(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    bd_auto_free char *target = analyse_target(&cli->args, "/analysis");
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
