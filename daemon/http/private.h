/*
 * What the files of the server share: libmicrohttpd stays below this line. Threads: the loop's.
 */
#pragma once

#include "daemon/http/http.h"
#include "lib/base/str.h"

#include <microhttpd.h>
#include <sys/queue.h>

#define HEADERS_MAX  8
#define HEARTBEAT_MS 15000

/* One listening socket with its own libmicrohttpd daemon. */
struct listener {
    struct http_server *server;
    struct MHD_Daemon *mhd;
    uv_poll_t poll;   /* libmicrohttpd's epoll descriptor */
    uv_timer_t timer; /* its next timeout */
    bool soon;        /* the timer is set for the next turn */
    bool is_unix;
};

struct http_server {
    uv_loop_t *loop;
    struct http_config config;
    char *unix_path;
    uint64_t next_id; /* of requests */
    char id_prefix[9];
    struct listener listeners[2];
    size_t n_listeners;
    int port;
    unsigned group; /* of the socket */
    struct http_stats stats;
    LIST_HEAD(request_list, http_request) requests;
    bool closing;
    uv_timer_t grace; /* for what is still on its way to a peer when the server closes */
    unsigned closing_handles;
    void (*on_closed)(void *arg);
    void *arg;
};

enum request_stage {
    REQUEST_RECEIVING, /* its body comes */
    REQUEST_HANDLED,   /* a handler has it; the connection is suspended unless it has answered */
    REQUEST_ANSWERED,  /* the reply is known and waits to be queued */
    REQUEST_QUEUED,    /* libmicrohttpd has the reply */
    REQUEST_ENDED,     /* it is over: sent, or the peer has gone */
};

struct http_request {
    LIST_ENTRY(http_request) entry;
    struct http_server *server;
    struct listener *listener;
    struct MHD_Connection *connection; /* NULL once it is over */
    unsigned refs;
    enum request_stage stage;
    bool suspended;
    const struct http_route *route;
    char id[24];
    char *method, *path;
    struct bd_strv params; /* name, value, name, value */
    struct bd_strv query;  /* the same */
    bool bad_query;        /* an escape in it is broken */
    bool local_root;

    /* the body */
    struct bd_str body;
    json_t *json;
    char *file;
    int file_fd;
    uint64_t file_bytes;
    struct file_write *writing; /* a piece is on its way to disk */
    bool too_large;             /* the rest of the body is not looked at */

    /* the reply */
    int status;
    struct MHD_Response *response;
    struct {
        const char *name;
        char *value;
    } headers[HEADERS_MAX];
    size_t n_headers;
    char *reply_body; /* for http_config.after */
    struct http_stream *stream;

    void *data;
    void (*data_free)(void *);
};

/* server.c */
/* Runs libmicrohttpd in the next turn of the loop, after a connection was resumed. */
void listener_run_soon(struct listener *l);

/* request.c */
struct http_request *request_new(struct listener *l, struct MHD_Connection *c, const char *url,
                                 const char *method);
void request_suspend(struct http_request *r);
void request_resume(struct http_request *r);
/* Puts the answer where libmicrohttpd will take it; resumes a suspended connection for it. */
void request_answer(struct http_request *r, int status, struct MHD_Response *response);
/* Hands the answer to libmicrohttpd, from within its callback. */
enum MHD_Result request_queue(struct http_request *r);
void request_end(struct http_request *r);

/* path.c: PURE */
/* Percent-decodes in place; false on a broken escape, a NUL, or what is no UTF-8. */
bool path_decode(char *s);
/* The route of a path as it was sent: "%2F" is a character of a segment, not a slash. params gets
 * name, value pairs, decoded. NULL with *ret_allow: "" if no route has the path, else the methods
 * that it has. */
const struct http_route *path_match(const struct http_route *routes, const char *method,
                                    const char *path, struct bd_strv *params,
                                    struct bd_str *ret_allow);

/* body.c */
/* Before the first byte: type and announced size; false if it answered. */
bool body_check(struct http_request *r);
/* After a refusal: the body is short enough to be let by, so that the peer, who still sends, reads
 * the reply and the connection stays; else the reply comes at once and ends the connection. */
bool body_let_by(const struct http_request *r);
/* A piece; false: the connection is to be closed, the peer does not stop. */
bool body_piece(struct http_request *r, const char *data, size_t bytes);
/* After the last: false if it answered. */
bool body_end(struct http_request *r);
/* Removes what is left of the body. */
void body_done(struct http_request *r);

/* stream.c */
void stream_peer_gone(struct http_stream *s);
void stream_server_closing(struct http_stream *s);
