/* benchctl image export, import: images as files, streamed. */
#include "commands.h"
#include "image.h"
#include "input.h"
#include "transfer.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
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

static int64_t on_upload(char *buffer, size_t bytes, void *arg, struct bd_err *err)
{
    struct transfer *t = arg;
    ssize_t n = input_some(t->fd, buffer, bytes, err);
    t->done += n > 0 ? n : 0;
    return n;
}

int image_import(struct cli *cli, const char *file, json_t **ret_image, struct bd_str *ret_text,
                 struct bd_err *err)
{
    bd_auto_fd int fd = -1;
    http_auto_reply struct http_reply reply = {0};
    struct stat st;
    int r = input_open(file, &fd, err);
    if (r < 0)
        return r;
    if (fstat(fd, &st) < 0)
        return bd_err_errno(err, errno, "look at %s", file);
    struct transfer t;
    transfer_init(&t, cli, "importing", fd);
    t.total = S_ISREG(st.st_mode) ? st.st_size : -1;
    const struct http_request rq = {
        .method = "POST",
        .path = "/v1/images/import",
        .content_type = IMAGE_TYPE,
        .on_upload = on_upload,
        .upload_bytes = t.total,
        .on_tick = transfer_tick,
        .arg = &t,
        .stall_ns = IMPORT_STALL_NS,
    };
    r = api_do(cli, &rq, &reply, err);
    transfer_done(&t);
    if (r == 0)
        r = api_parse(&reply, ret_image, err);
    if (r == 0)
        bd_str_add(ret_text, bd_str_text(&reply.body));
    return r;
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
