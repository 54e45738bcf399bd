#include "daemon/http/private.h"

#include "lib/base/id.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A peer that goes on after its body was too large is cut off here. */
#define PATIENCE_BYTES (16 * 1024 * 1024)

/* A piece of a body on its way to disk; the connection is suspended until it is there. */
struct file_write {
    uv_fs_t fs;
    struct http_request *r;
    uv_buf_t buf;
    size_t written;
};

static const char *const types[HTTP_BODY_COUNT] = {
    [HTTP_BODY_JSON] = "application/json",
    [HTTP_BODY_FILE] = "application/vnd.benchd.image",
    [HTTP_BODY_INPUT] = "application/octet-stream",
};

static bool is_file(const struct http_request *r)
{
    return r->route->body == HTTP_BODY_FILE || r->route->body == HTTP_BODY_INPUT;
}

static uint64_t most_bytes(const struct http_request *r)
{
    const struct http_config *config = &r->server->config;
    if (!is_file(r))
        return HTTP_BODY_MAX_BYTES;
    return r->route->body == HTTP_BODY_INPUT ? config->input_max_bytes : config->file_max_bytes;
}

static bool type_is(const struct http_request *r, const char *want)
{
    const char *type = http_request_header(r, "Content-Type");
    size_t n = strlen(want);
    return type && strncasecmp(type, want, n) == 0 &&
           (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static bool has_body(const struct http_request *r)
{
    const char *length = http_request_header(r, "Content-Length");
    return http_request_header(r, "Transfer-Encoding") || (length && strcmp(length, "0") != 0);
}

static void refuse_upload(struct http_request *r, int errnum)
{
    const char *dir = r->server->config.body_dir;
    if (errnum == ENOSPC || errnum == EDQUOT)
        http_problem(r, "no-capacity", "there is no room for the upload below %s: %s; make room",
                     dir, strerror(errnum));
    else
        http_problem(r, "internal", "the upload can't be kept below %s: %s", dir, strerror(errnum));
}

static bool open_file(struct http_request *r)
{
    char name[BD_ID_BYTES];
    bd_id_new(name);
    r->file = bd_xasprintf("%s/upload-%s", r->server->config.body_dir, name);
    r->file_fd = open(r->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (r->file_fd >= 0)
        return true;
    refuse_upload(r, errno);
    return false;
}

bool body_check(struct http_request *r)
{
    enum http_body want = r->route->body;
    const char *length = http_request_header(r, "Content-Length");
    uint64_t max = most_bytes(r);
    if (length && strtoull(length, NULL, 10) > max) {
        http_problem(r, "too-large", "the body has %s bytes; at most %llu are taken", length,
                     (unsigned long long)max);
        return false;
    }
    if (want == HTTP_BODY_NONE) {
        if (!has_body(r))
            return true;
        http_problem(r, "malformed", "%s %s takes no body", r->method, r->route->path);
        return false;
    }
    if (has_body(r) && !type_is(r, types[want])) {
        const char *have = http_request_header(r, "Content-Type");
        http_problem(r, "unsupported-media-type", "the body is %s; send %s",
                     have ? have : "of no stated type", types[want]);
        return false;
    }
    return !is_file(r) || open_file(r);
}

bool body_let_by(const struct http_request *r)
{
    const char *length = http_request_header(r, "Content-Length");
    return !http_request_header(r, "Expect") &&
           (!length || strtoull(length, NULL, 10) < PATIENCE_BYTES);
}

static void on_written(uv_fs_t *fs);

static void write_rest(uv_loop_t *loop, struct file_write *w)
{
    uv_buf_t rest = uv_buf_init(w->buf.base + w->written, (unsigned)(w->buf.len - w->written));
    uv_fs_write(loop, &w->fs, w->r->file_fd, &rest, 1, -1, on_written);
}

static void on_written(uv_fs_t *fs)
{
    struct file_write *w = fs->data;
    struct http_request *r = w->r;
    ssize_t n = fs->result;
    uv_fs_req_cleanup(fs);
    if (n > 0 && (w->written += (size_t)n) < w->buf.len && !http_request_gone(r)) {
        write_rest(fs->loop, w);
        return;
    }
    if (n < 0)
        refuse_upload(r, (int)-n); /* libuv's errors are negative errno */
    free(w->buf.base);
    free(w);
    r->writing = NULL;
    request_resume(r);
    http_request_unref(r);
}

static bool piece_to_file(struct http_request *r, const char *data, size_t bytes)
{
    r->file_bytes += bytes;
    if (r->file_bytes > most_bytes(r)) {
        r->too_large = true;
        return r->file_bytes < most_bytes(r) + PATIENCE_BYTES;
    }
    struct file_write *w = bd_new(struct file_write);
    char *copy = bd_xmalloc(bytes);
    memcpy(copy, data, bytes);
    w->buf = uv_buf_init(copy, (unsigned)bytes);
    w->fs.data = w;
    w->r = http_request_ref(r);
    r->writing = w;
    request_suspend(r);
    write_rest(r->server->loop, w);
    return true;
}

bool body_piece(struct http_request *r, const char *data, size_t bytes)
{
    if (r->stage != REQUEST_RECEIVING) { /* answered: the rest is only let by */
        r->file_bytes += bytes;
        return r->file_bytes < PATIENCE_BYTES;
    }
    if (is_file(r))
        return piece_to_file(r, data, bytes);
    if (r->body.len + bytes > HTTP_BODY_MAX_BYTES) {
        r->too_large = true;
        r->file_bytes += bytes;
        return r->file_bytes < PATIENCE_BYTES;
    }
    bd_str_addn(&r->body, data, bytes);
    return true;
}

bool body_end(struct http_request *r)
{
    if (r->too_large) {
        http_problem(r, "too-large", "the body has more than %llu bytes",
                     (unsigned long long)most_bytes(r));
        return false;
    }
    if (r->route->body != HTTP_BODY_JSON)
        return true;
    struct bd_err err = BD_ERR_INIT;
    if (r->body.len == 0)
        bd_err_set(&err, BD_EINVALID, "it is empty: send a JSON object");
    else
        bd_json_parse(r->body.data, r->body.len, &r->json, &err);
    if (err.code < 0)
        http_problem(r, "malformed", "the body is no JSON: %s", err.text);
    return err.code == 0;
}

void body_done(struct http_request *r)
{
    if (r->file_fd >= 0)
        close(r->file_fd);
    if (r->file)
        unlink(r->file);
    free(r->file);
    json_decref(r->json);
    bd_str_done(&r->body);
}
