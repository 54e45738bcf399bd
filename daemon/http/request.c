#include "daemon/http/private.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool peer_is_trusted(const struct listener *l, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t bytes = sizeof(peer);
    if (!l->is_unix || !info ||
        getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) < 0)
        return false;
    if (peer.uid == 0 || peer.gid == l->server->group)
        return true;
    /* The socket's mode has let in a member of the group by a supplementary group: SO_PEERGROUPS.
     */
    gid_t groups[256];
    bytes = sizeof(groups);
    if (getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERGROUPS, groups, &bytes) < 0)
        return false;
    for (size_t i = 0; i < bytes / sizeof(groups[0]); i++)
        if (groups[i] == l->server->group)
            return true;
    return false;
}

struct http_request *request_new(struct listener *l, struct MHD_Connection *c, const char *url,
                                 const char *method)
{
    struct http_server *s = l->server;
    struct http_request *r = bd_new(struct http_request);
    r->server = s;
    r->listener = l;
    r->connection = c;
    r->refs = 1;
    r->file_fd = -1;
    r->method = bd_xstrdup(method);
    r->path = bd_xstrdup(url);
    r->local_root = peer_is_trusted(l, c);
    snprintf(r->id, sizeof(r->id), "%s-%llu", s->id_prefix, (unsigned long long)s->next_id++);
    LIST_INSERT_HEAD(&s->requests, r, entry);
    return r;
}

struct http_request *http_request_ref(struct http_request *r)
{
    r->refs++;
    return r;
}

void http_request_unref(struct http_request *r)
{
    if (--r->refs > 0)
        return;
    body_done(r);
    if (r->response)
        MHD_destroy_response(r->response);
    for (size_t i = 0; i < r->n_headers; i++)
        free(r->headers[i].value);
    if (r->data_free)
        r->data_free(r->data);
    bd_strv_done(&r->params);
    bd_strv_done(&r->query);
    free(r->reply_body);
    free(r->method);
    free(r->path);
    free(r);
}

void request_suspend(struct http_request *r)
{
    r->suspended = true;
    MHD_suspend_connection(r->connection);
}

void request_resume(struct http_request *r)
{
    if (!r->suspended || !r->connection)
        return;
    r->suspended = false;
    MHD_resume_connection(r->connection);
    listener_run_soon(
        r->listener); /* without threads of its own libmicrohttpd does not wake itself */
}

void request_answer(struct http_request *r, int status, struct MHD_Response *response)
{
    if (r->stage >= REQUEST_ANSWERED) { /* its peer has gone, or the server ended it */
        if (response)
            MHD_destroy_response(response);
        return;
    }
    r->stage = REQUEST_ANSWERED;
    r->status = status;
    r->response = response;
    request_resume(r);
}

enum MHD_Result request_queue(struct http_request *r)
{
    if (!r->response) /* libmicrohttpd had no memory for it */
        return MHD_NO;
    for (size_t i = 0; i < r->n_headers; i++)
        MHD_add_response_header(r->response, r->headers[i].name, r->headers[i].value);
    MHD_add_response_header(r->response, "X-Request-Id", r->id);
    MHD_add_response_header(r->response, "X-Content-Type-Options", "nosniff");
    r->stage = REQUEST_QUEUED;
    enum MHD_Result result = MHD_queue_response(r->connection, (unsigned)r->status, r->response);
    r->server->stats.requests++;
    if (r->server->config.after)
        r->server->config.after(r, r->status, r->reply_body, r->server->config.app);
    return result;
}

void request_end(struct http_request *r)
{
    r->stage = REQUEST_ENDED;
    r->connection = NULL;
    LIST_REMOVE(r, entry);
    if (r->stream)
        stream_peer_gone(r->stream);
    http_request_unref(r);
}

bool http_request_gone(const struct http_request *r)
{
    return r->stage >= REQUEST_ANSWERED;
}

const struct http_route *http_request_route(const struct http_request *r)
{
    return r->route;
}

bool http_request_is_head(const struct http_request *r)
{
    return strcmp(r->method, "HEAD") == 0;
}

const char *http_request_id(const struct http_request *r)
{
    return r->id;
}

const char *http_request_path(const struct http_request *r)
{
    return r->path;
}

const char *http_request_param(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i + 1 < r->params.n; i += 2)
        if (strcmp(r->params.items[i], name) == 0)
            return r->params.items[i + 1];
    return "";
}

const char *http_request_query(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i + 1 < r->query.n; i += 2)
        if (strcmp(r->query.items[i], name) == 0)
            return r->query.items[i + 1];
    return NULL;
}

const char *http_request_header(const struct http_request *r, const char *name)
{
    return r->connection ? MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name) : NULL;
}

void http_request_each_query(const struct http_request *r,
                             void (*fn)(const char *name, const char *value, void *arg), void *arg)
{
    for (size_t i = 0; i + 1 < r->query.n; i += 2)
        fn(r->query.items[i], r->query.items[i + 1], arg);
}

json_t *http_request_json(const struct http_request *r)
{
    return r->json;
}

const char *http_request_raw(const struct http_request *r, size_t *ret_bytes)
{
    *ret_bytes = r->body.len;
    return bd_str_text(&r->body);
}

const char *http_request_file(const struct http_request *r)
{
    return r->file;
}

void *http_request_data(const struct http_request *r)
{
    return r->data;
}

void http_request_set_data(struct http_request *r, void *data, void (*free_fn)(void *))
{
    if (r->data_free)
        r->data_free(r->data);
    r->data = data;
    r->data_free = free_fn;
}
