#include "transfer.h"

#include "input.h"
#include "text.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STALL_NS (60 * BD_NS_PER_S)

void transfer_init(struct transfer *t, const struct cli *cli, const char *verb, int fd)
{
    *t = (struct transfer){.verb = verb, .fd = fd, .total = -1};
    progress_init(&t->progress, &cli->err);
    t->progress.now_since_ns = bd_mono_ns();
}

void transfer_done(struct transfer *t)
{
    progress_done(&t->progress);
}

void transfer_tick(void *arg)
{
    struct transfer *t = arg;
    char done[TEXT_NUMBER_BYTES], total[TEXT_NUMBER_BYTES];
    bd_auto_str struct bd_str line = {0};
    bd_str_addf(&line, "%s %s", t->verb, text_bytes((uint64_t)t->done, done));
    if (t->total > 0)
        bd_str_addf(&line, " of %s (%d %%)", text_bytes((uint64_t)t->total, total),
                    (int)(100.0 * (double)t->done / (double)t->total));
    progress_now(&t->progress, bd_str_text(&line), false);
}

static int64_t on_upload(char *buffer, size_t bytes, void *arg, struct bd_err *err)
{
    struct transfer *t = arg;
    ssize_t n = input_some(t->fd, buffer, bytes, err);
    t->done += n > 0 ? n : 0;
    return n;
}

int upload_file(struct cli *cli, const struct upload *u, const char *file, json_t **ret_object,
                struct bd_str *ret_text, struct bd_err *err)
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
    transfer_init(&t, cli, u->verb, fd);
    t.total = S_ISREG(st.st_mode) ? st.st_size : -1;
    const struct http_request rq = {
        .method = "POST",
        .path = u->path,
        .content_type = u->type,
        .on_upload = on_upload,
        .upload_bytes = t.total,
        .on_tick = transfer_tick,
        .arg = &t,
        .stall_ns = u->stall_ns,
    };
    r = api_do(cli, &rq, &reply, err);
    transfer_done(&t);
    if (r == 0)
        r = api_parse(&reply, ret_object, err);
    if (r == 0)
        bd_str_add(ret_text, bd_str_text(&reply.body));
    return r;
}

static int on_body(const char *data, size_t bytes, void *arg, struct bd_err *err)
{
    struct transfer *t = arg;
    t->total = t->reply->content_bytes;
    t->done += (int64_t)bytes;
    int r = bd_write_all(t->fd, data, bytes);
    return r < 0 ? bd_err_errno(err, -r, "write what came") : 0;
}

static void tell_state(const struct cli *cli, const char *state)
{
    static const char *const ends[] = {"", "done", "failed", "cancelled"};
    for (size_t i = 0; i < BD_ARRAY_LEN(ends); i++)
        if (bd_str_eq(ends[i], state))
            return;
    cli_note(cli, MARK_INFO, "it is %s: this is what there was so far", state);
}

int download(struct cli *cli, const struct download *d, int fd, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    bd_auto_free char *accept = bd_xasprintf("%s, application/problem+json", d->type);
    struct transfer t;
    transfer_init(&t, cli, d->verb, fd);
    t.reply = &reply;
    const struct http_request rq = {
        .method = "GET",
        .path = d->path,
        .accept = accept,
        .on_body = on_body,
        .on_tick = transfer_tick,
        .arg = &t,
        .stall_ns = d->stall_ns ? d->stall_ns : STALL_NS,
    };
    int r = api_do(cli, &rq, &reply, err);
    transfer_done(&t);
    if (r == 0)
        tell_state(cli, reply.state);
    return r;
}

int download_file(struct cli *cli, const struct download *d, const char *file, struct bd_err *err)
{
    bd_auto_free char *part = bd_xasprintf("%s.part", file);
    bd_auto_fd int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return bd_err_errno(err, errno, "create %s", part);
    int r = download(cli, d, fd, err);
    if (r == 0 && (fsync(fd) < 0 || rename(part, file) < 0))
        r = bd_err_errno(err, errno, "finish %s", file);
    if (r < 0)
        (void)unlink(part);
    return r;
}

/* Text of many lines, which end in LF or CRLF, each made harmless. */
static void print_text(const char *text, size_t bytes)
{
    for (const char *end = text + bytes; text < end;) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = stop ? stop : end;
        const char *shown = line_end > text && line_end[-1] == '\r' ? line_end - 1 : line_end;
        bd_auto_str struct bd_str escaped = {0};
        for (const char *part = text; part <= shown;) {
            const char *tab = memchr(part, '\t', (size_t)(shown - part));
            const char *part_end = tab ? tab : shown;
            bd_auto_free char *copy = bd_xstrndup(part, (size_t)(part_end - part));
            text_escape(&escaped, copy);
            bd_str_add(&escaped, tab ? "\t" : "");
            part = part_end + 1;
        }
        puts(bd_str_text(&escaped));
        text = line_end + 1;
    }
}

int download_shown(struct cli *cli, const struct download *d, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    bd_auto_free char *accept = bd_xasprintf("%s, application/problem+json", d->type);
    const struct http_request rq = {
        .method = "GET", .path = d->path, .accept = accept, .limit_ns = API_LIMIT_NS};
    int r = api_do(cli, &rq, &reply, err);
    if (r < 0)
        return r;
    print_text(bd_str_text(&reply.body), reply.body.len);
    tell_state(cli, reply.state);
    return r;
}

int download_to(struct cli *cli, const struct download *d, const char *file, struct bd_err *err)
{
    if (file && !bd_str_eq(file, "-"))
        return download_file(cli, d, file, err);
    return isatty(STDOUT_FILENO) ? download_shown(cli, d, err)
                                 : download(cli, d, STDOUT_FILENO, err);
}
