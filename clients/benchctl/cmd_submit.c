/* benchctl campaign submit, watch. */
#include "api.h"
#include "commands.h"
#include "submission.h"
#include "watch.h"

#include <stdio.h>

static int watch(struct cli *cli, const char *id, bool tells, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    int r = watch_campaign(cli, id, tells, &text, err);
    if (r >= 0 && cli->json)
        cli_print_json(bd_str_text(&text));
    return r;
}

int cmd_campaign_submit(struct cli *cli, struct bd_err *err)
{
    document_auto struct document spec = {0};
    bd_auto_json json_t *campaign = NULL;
    http_auto_reply struct http_reply reply = {0};
    bool wait = args_has(&cli->args, "wait");
    int r = submission_read(cli, &spec, err);
    if (r == 0)
        r = api_create_from(cli, "/v1/campaigns", &spec, &reply, &campaign, err);
    if (r < 0)
        return r;
    const char *id = bd_json_str(campaign, "id", "");
    if (!cli->json)
        puts(id);
    else if (!wait)
        cli_print_json(bd_str_text(&reply.body));
    fflush(stdout);
    return wait ? watch(cli, id, true, err) : CLI_OK;
}

int cmd_campaign_watch(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *id = NULL;
    int r = api_find(cli, API_CAMPAIGN, cli->args.operands.items[0], &id, err);
    return r < 0 ? r : watch(cli, id, false, err);
}
