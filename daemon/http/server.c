#include "daemon/http/private.h"

#include "lib/base/id.h"
#include "lib/base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTION_MEMORY_BYTES ((size_t)(64 * 1024))
/* A connection that neither sends nor takes anything for this long is closed; suspended ones are
 * not. */
#define IDLE_TIMEOUT_S 30U
#define BACKLOG        256
#define GRACE_MS       500

/* -- requests, as libmicrohttpd brings them -- */

static enum MHD_Result on_query(void *cls, enum MHD_ValueKind kind BD_UNUSED, const char *name,
                                const char *value)
{
    struct http_request *r = cls;
    char *decoded[2] = {bd_xstrdup(name), bd_xstrdup(value ? value : "")};
    bool ok = true;
    for (int i = 0; i < 2; i++) {
        for (char *c = decoded[i]; *c; c++)
            if (*c == '+')
                *c = ' ';
        ok &= path_decode(decoded[i]);
        bd_strv_take(&r->query, decoded[i]);
    }
    r->bad_query |= !ok;
    return MHD_YES;
}

static bool read_query(struct http_request *r)
{
    MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, on_query, r);
    return !r->bad_query;
}

/*
 * A page in a browser on this machine can have a name of its own resolve to this address, and then
 * it reads our replies as its own (DNS rebinding). It can't choose the Host header: that is its
 * name.
 */
static bool host_is_ours(const struct http_request *r)
{
    const char *host = http_request_header(r, "Host");
    if (!host || *host == '[') /* HTTP/1.0, or an IPv6 address */
        return true;
    size_t name = strcspn(host, ":");
    return strspn(host, "0123456789.") == name ||
           (name == strlen("localhost") && strncasecmp(host, "localhost", name) == 0);
}

/*
 * A page from elsewhere can have the browser that shows it send orders here, too: without a body,
 * or as a form. It can't read what comes of it, and need not. The browser says whose page it is.
 */
static bool is_order_from_elsewhere(const struct http_request *r)
{
    const char *origin = http_request_header(r, "Origin");
    const char *host = http_request_header(r, "Host");
    const char *name = origin ? strstr(origin, "://") : NULL;
    if (!origin || http_request_is_head(r) || strcmp(r->method, "GET") == 0)
        return false;
    return !name || !host || strcasecmp(name + strlen("://"), host) != 0;
}

static bool route(struct http_request *r, const char *url)
{
    bd_auto_str struct bd_str allow = {0};
    const struct http_server *s = r->server;
    /* libmicrohttpd leaves the body out of a reply to HEAD */
    const char *method = http_request_is_head(r) ? "GET" : r->method;
    if (r->listener->is_unix && !r->local_root) {
        http_problem(r, "forbidden", "this socket is for root and the group %s",
                     s->config.unix_group ? s->config.unix_group : "root");
        return false;
    }
    if (!r->listener->is_unix && !host_is_ours(r)) {
        http_problem(r, "forbidden", "ask for this daemon by its address or as localhost");
        return false;
    }
    if (is_order_from_elsewhere(r)) {
        http_problem(r, "forbidden", "pages of %.200s may not give orders here",
                     http_request_header(r, "Origin"));
        return false;
    }
    if (!path_decode(r->path) || !read_query(r)) {
        http_problem(r, "malformed",
                     "the path or the query has a percent-escape that is broken or no UTF-8");
        return false;
    }
    r->route = path_match(s->config.routes, method, url, &r->params, &allow);
    if (!r->route && !allow.len && s->config.beside &&
        s->config.beside_has(r->path, s->config.app)) {
        if (strcmp(method, "GET") == 0)
            r->route = s->config.beside;
        bd_str_add(&allow, "GET");
    }
    if (r->route)
        return true;
    if (allow.len) {
        http_header(r, "Allow", bd_str_text(&allow));
        http_problem(r, "method-not-allowed", "%s has %s, not %s", r->path, bd_str_text(&allow),
                     r->method);
    } else {
        http_problem(r, "not-found", "nothing is at %s; /openapi.json lists what there is",
                     r->path);
    }
    return false;
}

static void dispatch(struct http_request *r)
{
    struct http_server *s = r->server;
    r->stage = REQUEST_HANDLED;
    if (s->closing) {
        http_problem(r, "unavailable", "benchd is ending: try again when it is back");
        return;
    }
    if (!s->config.before || s->config.before(r, s->config.app))
        r->route->handler(r, s->config.app);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version BD_UNUSED,
                                  const char *data, size_t *bytes, void **context)
{
    struct http_request *r = *context;
    if (!r) { /* the headers are here */
        r = *context = request_new(cls, connection, url, method);
        if ((route(r, url) && body_check(r)) || body_let_by(r))
            return MHD_YES;
        return request_queue(r);
    }
    if (r->writing) /* of two chunks that came together the second stays with libmicrohttpd */
        return MHD_YES;
    if (*bytes) {
        size_t n = *bytes;
        *bytes = 0;
        return body_piece(r, data, n) ? MHD_YES : MHD_NO;
    }
    if (r->stage == REQUEST_RECEIVING && body_end(r))
        dispatch(r);
    if (r->stage == REQUEST_ANSWERED)
        return request_queue(r);
    if (r->stage == REQUEST_HANDLED)
        request_suspend(r);
    return MHD_YES;
}

static void on_grace_over(uv_timer_t *timer);

static void on_completed(void *cls, struct MHD_Connection *connection BD_UNUSED, void **context,
                         enum MHD_RequestTerminationCode code BD_UNUSED)
{
    struct http_server *s = ((struct listener *)cls)->server;
    if (*context)
        request_end(*context);
    *context = NULL;
    if (s->closing && LIST_EMPTY(&s->requests)) /* the last one */
        uv_timer_start(&s->grace, on_grace_over, 0, 0);
}

static void on_connection(void *cls, struct MHD_Connection *connection BD_UNUSED,
                          void **socket_context BD_UNUSED, enum MHD_ConnectionNotificationCode code)
{
    struct listener *l = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        l->server->stats.connections++;
    } else {
        l->server->stats.connections--;
        listener_run_soon(l); /* if it was at its limit, it listens again only then */
    }
}

/* Escapes are left as they are: decoded, "%2F" could not be told from a slash. */
static size_t keep_escapes(void *cls BD_UNUSED, struct MHD_Connection *c BD_UNUSED, char *s)
{
    return strlen(s);
}

static __attribute__((format(printf, 2, 0))) void on_mhd_log(void *cls BD_UNUSED, const char *fmt,
                                                             va_list args)
{
    char text[512];
    if (!bd_log_enabled(BD_LOG_DEBUG))
        return;
    vsnprintf(text, sizeof(text), fmt, args);
    size_t n = strlen(text);
    while (n && text[n - 1] == '\n')
        text[--n] = '\0';
    bd_log(BD_LOG_DEBUG, "libmicrohttpd", "said", text, NULL);
}

/* -- on the loop -- */

static void run(struct listener *l);

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

void listener_run_soon(struct listener *l)
{
    l->soon = true;
    uv_timer_start(&l->timer, on_timer, 0, 0);
}

static void run(struct listener *l)
{
    l->soon = false;
    MHD_run(l->mhd);
    if (l->soon) /* resumed from within: the timer is set */
        return;
    MHD_UNSIGNED_LONG_LONG ms;
    uv_update_time(l->server->loop);
    if (MHD_get_timeout(l->mhd, &ms) == MHD_YES)
        uv_timer_start(&l->timer, on_timer, ms, 0);
    else
        uv_timer_stop(&l->timer);
}

static void on_poll(uv_poll_t *poll, int status BD_UNUSED, int events BD_UNUSED)
{
    run(poll->data);
}

/* -- listening -- */

static int listen_tcp(const char *address, int *ret_fd, int *ret_port, struct bd_err *err)
{
    bd_auto_free char *host = bd_xstrdup(address);
    char *colon = strrchr(host, ':');
    if (!colon)
        return bd_err_set(err, BD_EINVALID, "listen on '%s': expected ADDRESS:PORT", address);
    *colon = '\0';
    char *name = host;
    if (*name == '[' && colon > name && colon[-1] == ']') { /* [::1]:8765 */
        colon[-1] = '\0';
        name++;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *info = NULL;
    int rc = getaddrinfo(name, colon + 1, &hints, &info);
    if (rc != 0)
        return bd_err_set(err, BD_EINVALID, "listen on '%s': %s", address, gai_strerror(rc));
    bd_auto_fd int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound = {.v6 = {0}};
    socklen_t bytes = sizeof(bound);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    bool ok = fd >= 0 && bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
              listen(fd, BACKLOG) == 0 && getsockname(fd, &bound.any, &bytes) == 0;
    int saved = errno;
    freeaddrinfo(info);
    if (!ok)
        return bd_err_errno(err, saved, "listen on %s (set listen_tcp to a free address)", address);
    *ret_port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
    *ret_fd = bd_take_fd(&fd);
    return 0;
}

static int listen_unix(const char *path, unsigned group, int *ret_fd, struct bd_err *err)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(addr.sun_path))
        return bd_err_set(err, BD_EINVALID, "listen on %s: the path is longer than %zu characters",
                          path, sizeof(addr.sun_path) - 1);
    memcpy(addr.sun_path, path, strlen(path));
    struct stat st;
    if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
        return bd_err_set(err, BD_ECONFLICT, "listen on %s: what is there is no socket", path);
    bd_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bd_auto_fd int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connect(probe, (struct sockaddr *)&addr, sizeof(addr)) == 0 || errno == EAGAIN)
        return bd_err_set(err, BD_ECONFLICT, "another process listens on %s: stop it first", path);
    unlink(path); /* what a process that is gone has left */
    mode_t before = umask(0117);
    int rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
    int saved = errno;
    umask(before);
    if (rc < 0)
        return bd_err_errno(err, saved, "listen on %s", path);
    if (chown(path, (uid_t)-1, (gid_t)group) < 0 || listen(fd, BACKLOG) < 0)
        return bd_err_errno(err, errno, "listen on %s", path);
    *ret_fd = bd_take_fd(&fd);
    return 0;
}

static int serve(struct http_server *s, int fd, bool is_unix, struct bd_err *err)
{
    struct listener *l = &s->listeners[s->n_listeners];
    l->server = s;
    l->is_unix = is_unix;
    l->mhd = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, l,
        MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, s->config.connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
        IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, l, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        l, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    if (!l->mhd)
        return bd_err_set(err, BD_EUNAVAILABLE, "libmicrohttpd could not be started");
    s->n_listeners++;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(l->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    int rc = uv_poll_init(s->loop, &l->poll, info->epoll_fd);
    if (rc < 0)
        return bd_err_errno(err, -rc, "watch libmicrohttpd's descriptor");
    uv_timer_init(s->loop, &l->timer);
    l->poll.data = l->timer.data = l;
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
    return 0;
}

static int listen_all(const struct http_config *config, unsigned group, int *ret_unix, int *ret_tcp,
                      int *ret_port, struct bd_err *err)
{
    bd_auto_fd int unix_fd = -1;
    int rc = config->unix_path ? listen_unix(config->unix_path, group, &unix_fd, err) : 0;
    if (rc == 0 && config->tcp)
        rc = listen_tcp(config->tcp, ret_tcp, ret_port, err);
    if (rc < 0 && unix_fd >= 0)
        unlink(config->unix_path);
    if (rc == 0)
        *ret_unix = bd_take_fd(&unix_fd);
    return rc;
}

int http_server_new(uv_loop_t *loop, const struct http_config *config,
                    struct http_server **ret_server, struct bd_err *err)
{
    struct group *group = config->unix_group ? getgrnam(config->unix_group) : NULL;
    unsigned gid = group ? group->gr_gid : 0;
    int unix_fd = -1, tcp_fd = -1, port = 0;
    int rc = listen_all(config, gid, &unix_fd, &tcp_fd, &port, err);
    if (rc < 0)
        return rc;

    struct http_server *s = bd_new(struct http_server);
    s->loop = loop;
    s->config = *config;
    s->unix_path = config->unix_path ? bd_xstrdup(config->unix_path) : NULL;
    s->group = gid;
    s->port = port;
    LIST_INIT(&s->requests);
    bd_id_new(s->id_prefix); /* so that ids differ between one life of the daemon and the next */
    uv_timer_init(loop, &s->grace);
    s->grace.data = s;
    if (unix_fd >= 0)
        rc = serve(s, unix_fd, true, err);
    if (rc == 0 && tcp_fd >= 0)
        rc = serve(s, tcp_fd, false, err);
    if (rc < 0)
        return rc; /* the process ends; its descriptors go with it */
    *ret_server = s;
    return 0;
}

int http_server_port(const struct http_server *s)
{
    return s->port;
}

void http_server_stats(const struct http_server *s, struct http_stats *ret_stats)
{
    *ret_stats = s->stats;
}

/* -- closing -- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct http_server *s = handle->data;
    if (--s->closing_handles)
        return;
    void (*on_closed)(void *) = s->on_closed;
    void *arg = s->arg;
    free(s->unix_path);
    free(s);
    on_closed(arg);
}

static void close_handle(struct http_server *s, uv_handle_t *handle)
{
    handle->data = s;
    s->closing_handles++;
    uv_close(handle, on_handle_closed);
}

static void on_grace_over(uv_timer_t *timer)
{
    struct http_server *s = timer->data;
    struct http_request *r;
    LIST_FOREACH (r, &s->requests, entry)
        request_resume(r); /* libmicrohttpd aborts if it is stopped with a suspended connection */
    for (size_t i = 0; i < s->n_listeners; i++) {
        struct listener *l = &s->listeners[i];
        close_handle(s, (uv_handle_t *)&l->poll);
        close_handle(s, (uv_handle_t *)&l->timer);
        MHD_stop_daemon(l->mhd); /* closes the connections, completes what is left */
    }
    close_handle(s, (uv_handle_t *)&s->grace);
}

void http_server_close(struct http_server *s, void (*on_closed)(void *arg), void *arg)
{
    s->closing = true;
    s->on_closed = on_closed;
    s->arg = arg;
    for (size_t i = 0; i < s->n_listeners; i++)
        close(MHD_quiesce_daemon(s->listeners[i].mhd));
    if (s->unix_path)
        unlink(s->unix_path);

    struct http_request *r;
    LIST_FOREACH (r, &s->requests, entry) {
        if (r->stream)
            stream_server_closing(r->stream);
        else if (r->stage == REQUEST_HANDLED)
            http_problem(r, "unavailable", "benchd is ending: try again when it is back");
    }
    uv_timer_start(&s->grace, on_grace_over, LIST_EMPTY(&s->requests) ? 0 : GRACE_MS, 0);
}
