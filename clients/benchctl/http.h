/*
 * HTTP to the daemon, over its Unix socket or TCP: one request at a time, over a connection that is
 * kept. One thread. A transfer ends early on a signal (interrupt.h), at its limit, when nothing was
 * heard for too long, or at the deadline of the whole program.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_DEFAULT_URL "unix:///run/benchd/benchd.sock"
#define HTTP_KEY_BYTES   33

struct http;

/* Gets a piece of the body of a reply of success, as it comes. Negative ends the transfer with it.
 */
typedef int (*http_body_fn)(const char *data, size_t bytes, void *arg, struct bd_err *err);
/* Fills the buffer of an upload: bytes, 0 at its end, or negative. */
typedef int64_t (*http_upload_fn)(char *buffer, size_t bytes, void *arg, struct bd_err *err);

struct http_request {
    const char *method; /* GET, POST or DELETE */
    const char *path;   /* from "/", with its query; escaped */
    const char *content_type;
    const char *body; /* of a POST; NULL: none, or an upload */
    const char *accept;
    const char *if_none_match; /* NULL or "": left out; so the next two */
    const char *last_event_id;
    const char *idempotency_key; /* http_new_key() */
    http_body_fn on_body;        /* NULL: the body is kept, up to 64 MiB */
    http_upload_fn on_upload;
    int64_t upload_bytes;       /* -1: not known */
    void (*on_tick)(void *arg); /* ten times a second while the transfer lasts; may be NULL */
    void *arg;                  /* of the callbacks */
    int64_t limit_ns;           /* for all of it; 0: none */
    int64_t stall_ns;           /* without a byte in either direction; 0: none */
};

struct http_reply {
    int status;
    char etag[128];
    char content_type[128]; /* without parameters */
    int64_t content_bytes;  /* -1: not said; known once the body begins */
    char state[32];         /* of what an export is of; "": not said */
    struct bd_str body;     /* empty where on_body took it */
};

/* url as for --url; deadline_ns: on the monotonic clock, 0 for none. BD_EINVALID for a bad URL. */
int http_new(const char *url, int64_t deadline_ns, struct http **ret, struct bd_err *err);
void http_free(struct http *h);
BD_DEFINE_CLEANUP(struct http, http, http_free)
/* The daemon's address as people write it. */
const char *http_where(const struct http *h);
int64_t http_deadline_ns(const struct http *h);
/* A fresh Idempotency-Key. */
void http_new_key(char out[HTTP_KEY_BYTES]);

/*
 * One request, whatever the status of its reply. After a failed connection it is tried once more,
 * if nothing was sent or it can be repeated safely (GET, DELETE, a POST with an Idempotency-Key),
 * and no callback has been given or asked for anything. BD_EUNAVAILABLE: not reachable; -EPIPE: the
 * connection ended before the reply; -EPROTO: not HTTP; BD_ETIMEOUT; BD_ECANCELLED; or the
 * callback's own. ret is to be done in every case.
 */
int http_do(struct http *h, const struct http_request *rq, struct http_reply *ret,
            struct bd_err *err);
void http_reply_done(struct http_reply *r);
#define http_auto_reply __attribute__((cleanup(http_reply_done)))
