/* benchctl campaign export, run export. */
#include "api.h"
#include "commands.h"
#include "transfer.h"

static int export(struct cli *cli, enum api_object what, struct bd_err *err)
{
    const char *format = args_get(&cli->args, "format");
    bd_auto_free char *quoted = api_quote(format ? format : "json");
    bd_auto_free char *below = bd_xasprintf("/export?format=%s", quoted);
    bd_auto_free char *path = NULL;
    int r = api_find_path(cli, what, below, &path, err);
    if (r < 0)
        return r;
    /* Which type a format has is the daemon's to say. */
    const struct download d = {path, "*/*", "exporting"};
    return download_to(cli, &d, args_get(&cli->args, "output"), err);
}

int cmd_campaign_export(struct cli *cli, struct bd_err *err)
{
    return export(cli, API_CAMPAIGN, err);
}

int cmd_run_export(struct cli *cli, struct bd_err *err)
{
    return export(cli, API_RUN, err);
}
