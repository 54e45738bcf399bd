#include "daemon/http/private.h"

#include "lib/base/mem.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES (32 * 1024)

/* Lives until its user has ended it (or was told that it is closed) and its connection is over. */
struct http_stream {
    struct http_request *r; /* NULL once the connection is over */
    struct http_server *server;
    bool user_done;
    bool ended;     /* nothing more comes: what is left is sent, then it ends */
    bool peer_left; /* seen by the watch, while libmicrohttpd did not look */
    bool was_high;
    struct bd_str buffer;
    size_t sent; /* of the buffer */
    const char *heartbeat;
    void (*on_closed)(void *arg);
    void *arg;
    void (*on_drain)(void *arg);
    void *drain_arg;
    uv_timer_t timer;
    uv_poll_t watch; /* of a duplicate of the connection's descriptor, for its peer's leaving */
    int watch_fd;
    unsigned handles;
};

static void on_stream_handle_closed(uv_handle_t *handle)
{
    struct http_stream *s = handle->data;
    if (--s->handles)
        return;
    if (s->watch_fd >= 0)
        close(s->watch_fd);
    bd_str_done(&s->buffer);
    free(s);
}

static void free_when_done(struct http_stream *s)
{
    if (s->r || !s->user_done)
        return;
    uv_close((uv_handle_t *)&s->timer, on_stream_handle_closed);
    if (s->handles > 1)
        uv_close((uv_handle_t *)&s->watch, on_stream_handle_closed);
}

static void tell_closed(struct http_stream *s)
{
    if (s->user_done)
        return;
    s->user_done = true;
    s->on_closed(s->arg);
}

static ssize_t on_read(void *cls, uint64_t pos BD_UNUSED, char *buf, size_t max)
{
    struct http_stream *s = cls;
    size_t left = s->buffer.len - s->sent;
    if (s->peer_left)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (left == 0) {
        if (s->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        request_suspend(s->r);
        return 0;
    }
    size_t n = left < max ? left : max;
    memcpy(buf, s->buffer.data + s->sent, n);
    s->sent += n;
    if (s->sent == s->buffer.len) {
        bd_str_clear(&s->buffer);
        s->sent = 0;
    }
    if (s->was_high && s->buffer.len - s->sent < HTTP_STREAM_HIGH / 2) {
        s->was_high = false;
        if (s->on_drain && !s->user_done)
            s->on_drain(s->drain_arg);
    }
    return (ssize_t)n;
}

static void on_heartbeat(uv_timer_t *timer)
{
    struct http_stream *s = timer->data;
    if (s->heartbeat && s->r && !s->ended && http_stream_pending(s) == 0)
        http_stream_write(s, s->heartbeat, strlen(s->heartbeat));
}

static void on_peer(uv_poll_t *watch, int status, int events)
{
    struct http_stream *s = watch->data;
    if (status >= 0 && !(events & UV_DISCONNECT))
        return;
    uv_poll_stop(watch);
    s->peer_left = true;
    if (s->r)
        request_resume(s->r);
}

static void watch_peer(struct http_stream *s)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(s->r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    s->watch_fd = info ? fcntl(info->connect_fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (s->watch_fd < 0 || uv_poll_init(s->server->loop, &s->watch, s->watch_fd) < 0)
        return; /* it is noticed by the next write then */
    s->handles++;
    s->watch.data = s;
    uv_poll_start(&s->watch, UV_DISCONNECT, on_peer);
}

struct http_stream *http_stream_begin(struct http_request *r, const char *content_type,
                                      const char *heartbeat, void (*on_closed)(void *arg),
                                      void *arg)
{
    struct http_stream *s = bd_new(struct http_stream);
    s->r = r;
    s->server = r->server;
    s->heartbeat = heartbeat;
    s->on_closed = on_closed;
    s->arg = arg;
    s->watch_fd = -1;
    s->handles = 1;
    uv_timer_init(s->server->loop, &s->timer);
    s->timer.data = s;
    if (heartbeat)
        uv_timer_start(&s->timer, on_heartbeat, HEARTBEAT_MS, HEARTBEAT_MS);
    watch_peer(s);
    s->server->stats.streams++;
    r->stream = s;
    http_header(r, "Content-Type", content_type);
    http_header(r, "X-Accel-Buffering", "no");
    /* libmicrohttpd 0.9.75 would send the last chunk of a chunked reply to HEAD too */
    request_answer(
        r, 200,
        http_request_is_head(r)
            ? MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT)
            : MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_read, s, NULL));
    return s;
}

size_t http_stream_pending(const struct http_stream *s)
{
    return s->buffer.len - s->sent;
}

size_t http_stream_write(struct http_stream *s, const void *data, size_t bytes)
{
    if (!s->r || s->peer_left || s->ended)
        return 0;
    if (s->sent >
        http_stream_pending(s)) { /* else the buffer of a peer that never catches up would grow */
        memmove(s->buffer.data, s->buffer.data + s->sent, http_stream_pending(s));
        s->buffer.len -= s->sent;
        s->sent = 0;
    }
    bd_str_addn(&s->buffer, data, bytes);
    if (http_stream_pending(s) > HTTP_STREAM_HIGH)
        s->was_high = true;
    if (s->heartbeat)
        uv_timer_again(&s->timer);
    if (s->r->stage == REQUEST_QUEUED)
        request_resume(s->r);
    return http_stream_pending(s);
}

void http_stream_on_drain(struct http_stream *s, void (*fn)(void *arg), void *arg)
{
    s->on_drain = fn;
    s->drain_arg = arg;
}

void http_stream_end(struct http_stream *s)
{
    s->ended = true;
    s->user_done = true;
    if (s->r && s->r->stage == REQUEST_QUEUED)
        request_resume(s->r);
    free_when_done(s);
}

void stream_peer_gone(struct http_stream *s)
{
    s->r = NULL;
    s->server->stats.streams--;
    tell_closed(s);
    free_when_done(s);
}

void stream_server_closing(struct http_stream *s)
{
    s->ended = true;
    if (s->r && s->r->stage == REQUEST_QUEUED)
        request_resume(s->r);
}
