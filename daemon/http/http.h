/*
 * HTTP for the rest of the daemon: requests in, replies and streams out; libmicrohttpd stays in
 * this folder. The server has no threads: its epoll descriptor and its timeout live on the loop.
 *
 * Threads: everything here is called on the loop thread. Ownership: a request belongs to the server
 * and lives until its reply has been sent or its peer has gone; a handler that answers later holds
 * it by http_request_ref() and looks at http_request_gone() before it works on.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

struct http_server;
struct http_request;
struct http_stream;

/* Every route answers exactly once, in the handler or later: http_reply_*() or http_stream_begin().
 */
typedef void (*http_handler_fn)(struct http_request *r, void *app);

enum http_role { HTTP_ROLE_VIEWER, HTTP_ROLE_OPERATOR, HTTP_ROLE_ADMIN, HTTP_ROLE_COUNT };

enum http_body {
    HTTP_BODY_NONE,  /* a body is refused */
    HTTP_BODY_JSON,  /* application/json, at most HTTP_BODY_MAX_BYTES, parsed */
    HTTP_BODY_FILE,  /* an image, streamed into a file of the server's body directory, with
                        back-pressure */
    HTTP_BODY_INPUT, /* likewise any bytes, application/octet-stream */
    HTTP_BODY_COUNT
};
#define HTTP_BODY_MAX_BYTES (1024 * 1024)

struct http_route {
    const char *method;
    const char *path; /* "/v1/clusters/{clusterId}/exec": a segment in braces matches one segment */
    const char *operation_id; /* of the contract */
    enum http_role role;
    enum http_body body;
    http_handler_fn handler;
};

/* All that it points to is borrowed and must outlive the server. */
struct http_config {
    const char *unix_path;  /* NULL: none; mode 0660, group unix_group */
    const char *unix_group; /* NULL or unknown: root's */
    const char *tcp;        /* "127.0.0.1:8765", NULL: none; port 0 picks one */
    const char *body_dir;   /* for files */
    uint64_t file_max_bytes, input_max_bytes;
    unsigned connections_max;
    const struct http_route *routes; /* ended by method NULL */
    /* A GET of a path that none of these has: a route of no path, and whether it has this one, which
     * is decoded. beside NULL: there is none. */
    const struct http_route *beside;
    bool (*beside_has)(const char *path, void *app);
    /* Called for each request before its handler, with route and parsed body; false if it answered
     * (validation, idempotency). May be NULL. */
    bool (*before)(struct http_request *r, void *app);
    /* Called once after each reply was queued, for metrics, the log and idempotency. May be NULL.
     */
    void (*after)(struct http_request *r, int status, const char *body, void *app);
    void *app;
};

int http_server_new(uv_loop_t *loop, const struct http_config *config,
                    struct http_server **ret_server, struct bd_err *err);
/* The bound TCP port, 0 if none. */
int http_server_port(const struct http_server *s);
/* No new connections from now; streams are ended, requests still under way get 503, and what is on
 * its way to a peer has half a second to get there. Then on_closed is called (later, never inside);
 * s is freed. */
void http_server_close(struct http_server *s, void (*on_closed)(void *arg), void *arg);
struct http_stats {
    uint64_t requests;
    unsigned connections;
    unsigned streams;
};
void http_server_stats(const struct http_server *s, struct http_stats *ret_stats);

/* -- requests -- */
struct http_request *http_request_ref(struct http_request *r);
void http_request_unref(struct http_request *r);
bool http_request_gone(const struct http_request *r); /* the peer has left, or the reply is out */
const struct http_route *http_request_route(const struct http_request *r);
/* HEAD, which comes to the route of GET: whatever is answered, its body is left out. */
bool http_request_is_head(const struct http_request *r);
const char *http_request_id(const struct http_request *r); /* for logs and X-Request-Id */
const char *http_request_path(const struct http_request *r);
const char *http_request_param(const struct http_request *r,
                               const char *name); /* of the path, decoded */
const char *http_request_query(const struct http_request *r,
                               const char *name); /* decoded; NULL if absent */
/* Calls fn for each query parameter. */
void http_request_each_query(const struct http_request *r,
                             void (*fn)(const char *name, const char *value, void *arg), void *arg);
const char *http_request_header(const struct http_request *r,
                                const char *name);       /* NULL if absent */
json_t *http_request_json(const struct http_request *r); /* borrowed; NULL if none */
const char *http_request_raw(const struct http_request *r,
                             size_t *ret_bytes); /* the body's bytes */
const char *http_request_file(
    const struct http_request *r); /* path of a body that is a file; removed with the request */
void *http_request_data(const struct http_request *r); /* a place for the app's own, see set */
/* What was set before is freed. */
void http_request_set_data(struct http_request *r, void *data, void (*free_fn)(void *));

/* -- replies; each ends the request's work -- */
void http_header(struct http_request *r, const char *name,
                 const char *value); /* before the reply */
/* Steals json. */
void http_reply_json(struct http_request *r, int status, json_t *json);
void http_reply_text(struct http_request *r, int status, const char *content_type, const char *text,
                     size_t bytes);
/* Static memory that outlives the server. */
void http_reply_static(struct http_request *r, const char *content_type, const char *data,
                       size_t bytes);
void http_reply_empty(struct http_request *r, int status); /* 204, 304 */
/* 200 to HEAD where the body, and so its length, is not worth making; ends the connection. */
void http_reply_head(struct http_request *r, const char *content_type);
/* Sends a file from its begin; the descriptor becomes the server's, gone or not. */
void http_reply_file(struct http_request *r, const char *content_type, int fd, uint64_t bytes);
/* RFC 9457. name: "validation" etc. (the contract's list); status follows from it. */
void http_problem(struct http_request *r, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void http_problem_faults(struct http_request *r, const char *name, const char *detail,
                         const struct schema_faults *faults);
/* From an error code: BD_ENOTFOUND -> not-found, BD_ECONFLICT -> conflict, BD_EINVALID ->
 * validation, BD_ENOCAPACITY, -ENOSPC and -EDQUOT -> no-capacity, BD_EUNAVAILABLE -> unavailable,
 * else internal (and logged). */
void http_problem_err(struct http_request *r, const struct bd_err *err);

/* -- streams: chunked replies that go on -- */
/* For a request that is not gone. on_closed: the peer left (noticed at once, also while nothing is
 * written) or the server closes; called once, later, and s is gone for the caller then; never after
 * http_stream_end(). heartbeat: text sent when nothing was for 15 s, NULL: none. */
struct http_stream *http_stream_begin(struct http_request *r, const char *content_type,
                                      const char *heartbeat, void (*on_closed)(void *arg),
                                      void *arg);
/* Copies the bytes. Answers the number of bytes that wait to be sent: the writer slows down above
 * HTTP_STREAM_HIGH. */
size_t http_stream_write(struct http_stream *s, const void *data, size_t bytes);
size_t http_stream_pending(const struct http_stream *s);
/* Called when pending falls below HTTP_STREAM_HIGH / 2 after it was above HTTP_STREAM_HIGH. */
void http_stream_on_drain(struct http_stream *s, void (*fn)(void *arg), void *arg);
void http_stream_end(struct http_stream *s); /* s is gone for the caller */
#define HTTP_STREAM_HIGH (1024 * 1024)
