/* benchctl image export, import: images as files, streamed. */
#include "api.h"
#include "commands.h"
#include "input.h"
#include "progress.h"
#include "text.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_TYPE "application/vnd.benchd.image"
#define STALL_NS   (60 * BD_NS_PER_S)
/* After the last byte the daemon unpacks and digests what it got, and says nothing meanwhile. */
#define IMPORT_STALL_NS (600 * BD_NS_PER_S)

struct copy {
    const char *verb;
    int fd;
    int64_t done, total; /* bytes; total -1: not known */
    const struct http_reply *reply;
    struct progress progress;
};

static void on_tick(void *arg)
{
    struct copy *c = arg;
    char done[TEXT_NUMBER_BYTES], total[TEXT_NUMBER_BYTES];
    bd_auto_str struct bd_str line = {0};
    bd_str_addf(&line, "%s %s", c->verb, text_bytes((uint64_t)c->done, done));
    if (c->total > 0)
        bd_str_addf(&line, " of %s (%d %%)", text_bytes((uint64_t)c->total, total),
                    (int)(100.0 * (double)c->done / (double)c->total));
    progress_now(&c->progress, bd_str_text(&line), false);
}

static int on_body(const char *data, size_t bytes, void *arg, struct bd_err *err)
{
    struct copy *c = arg;
    c->total = c->reply->content_bytes;
    c->done += (int64_t)bytes;
    int r = bd_write_all(c->fd, data, bytes);
    return r < 0 ? bd_err_errno(err, -r, "write the image") : 0;
}

static int download(struct cli *cli, const char *ref, int fd, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    bd_auto_free char *quoted = api_quote(ref);
    bd_auto_free char *path = bd_xasprintf("/v1/images/%s/content", quoted);
    struct copy c = {.verb = "exporting", .fd = fd, .total = -1, .reply = &reply};
    progress_init(&c.progress, &cli->err);
    c.progress.now_since_ns = bd_mono_ns();
    const struct http_request rq = {
        .method = "GET",
        .path = path,
        .accept = IMAGE_TYPE ", application/problem+json",
        .on_body = on_body,
        .on_tick = on_tick,
        .arg = &c,
        .stall_ns = STALL_NS,
    };
    int r = api_do(cli, &rq, &reply, err);
    progress_done(&c.progress);
    return r;
}

/* The file gets its name when it is whole. */
static int export_file(struct cli *cli, const char *ref, const char *file, struct bd_err *err)
{
    bd_auto_free char *part = bd_xasprintf("%s.part", file);
    bd_auto_fd int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return bd_err_errno(err, errno, "create %s", part);
    int r = download(cli, ref, fd, err);
    if (r == 0 && (fsync(fd) < 0 || rename(part, file) < 0))
        r = bd_err_errno(err, errno, "finish %s", file);
    if (r < 0)
        (void)unlink(part);
    return r;
}

int cmd_image_export(struct cli *cli, struct bd_err *err)
{
    const char *ref = cli->args.operands.items[0], *file = cli->args.operands.items[1];
    if (!bd_str_eq(file, "-"))
        return export_file(cli, ref, file, err);
    if (isatty(STDOUT_FILENO))
        return bd_err_set(err, BD_EINVALID, "an image on a terminal is no use: name a file");
    return download(cli, ref, STDOUT_FILENO, err);
}

static int64_t on_upload(char *buffer, size_t bytes, void *arg, struct bd_err *err)
{
    struct copy *c = arg;
    ssize_t n = input_some(c->fd, buffer, bytes, err);
    c->done += n > 0 ? n : 0;
    return n;
}

int cmd_image_import(struct cli *cli, struct bd_err *err)
{
    bd_auto_fd int fd = -1;
    bd_auto_json json_t *image = NULL;
    http_auto_reply struct http_reply reply = {0};
    struct stat st;
    int r = input_open(cli->args.operands.items[0], &fd, err);
    if (r < 0)
        return r;
    if (fstat(fd, &st) < 0)
        return bd_err_errno(err, errno, "look at %s", cli->args.operands.items[0]);
    struct copy c = {.verb = "importing", .fd = fd, .total = S_ISREG(st.st_mode) ? st.st_size : -1};
    progress_init(&c.progress, &cli->err);
    c.progress.now_since_ns = bd_mono_ns();
    const struct http_request rq = {
        .method = "POST",
        .path = "/v1/images/import",
        .content_type = IMAGE_TYPE,
        .on_upload = on_upload,
        .upload_bytes = c.total,
        .on_tick = on_tick,
        .arg = &c,
        .stall_ns = IMPORT_STALL_NS,
    };
    r = api_do(cli, &rq, &reply, err);
    progress_done(&c.progress);
    if (r == 0)
        r = api_parse(&reply, &image, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        puts(bd_json_str(image, "id", "?"));
    return CLI_OK;
}
