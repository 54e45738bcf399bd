/* benchctl image export, import: images as files, streamed. */
#include "commands.h"
#include "image.h"
#include "transfer.h"

#include "lib/base/clock.h"

#include <stdio.h>
#include <unistd.h>

#define IMAGE_TYPE "application/vnd.benchd.image"
/* After the last byte the daemon unpacks and digests what it got, and says nothing meanwhile. */
#define IMPORT_STALL_NS (600 * BD_NS_PER_S)

int cmd_image_export(struct cli *cli, struct bd_err *err)
{
    const char *file = cli->args.operands.items[1];
    bd_auto_free char *quoted = api_quote(cli->args.operands.items[0]);
    bd_auto_free char *path = bd_xasprintf("/v1/images/%s/content", quoted);
    const struct download d = {path, IMAGE_TYPE, "exporting"};
    if (!bd_str_eq(file, "-"))
        return download_file(cli, &d, file, err);
    if (isatty(STDOUT_FILENO))
        return bd_err_set(err, BD_EINVALID, "an image on a terminal is no use: name a file");
    return download(cli, &d, STDOUT_FILENO, err);
}

int image_import(struct cli *cli, const char *file, json_t **ret_image, struct bd_str *ret_text,
                 struct bd_err *err)
{
    const struct upload u = {"/v1/images/import", IMAGE_TYPE, "importing", IMPORT_STALL_NS};
    return upload_file(cli, &u, file, ret_image, ret_text, err);
}

int cmd_image_import(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *image = NULL;
    bd_auto_str struct bd_str text = {0};
    int r = image_import(cli, cli->args.operands.items[0], &image, &text, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&text));
    else
        puts(bd_json_str(image, "id", "?"));
    return CLI_OK;
}
