/* The event log: pages as JSON, or a stream of server-sent events that goes on from where a client
 * was. */
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"

#include <stdio.h>
#include <string.h>

#define STREAM_PAGE 500

struct event_stream {
    struct work w;
    struct event_stream *next;
    struct api *a;
    struct http_stream *stream; /* NULL once the client is gone */
    int64_t since;
    char subject[96];
    unsigned last; /* it begins with so many that were before; 0: behind since */
    bool reading, again; /* a read is under way; there is more since */

    /* of a read */
    struct store_event *rows;
    size_t n;
    int rc;
};

static void stream_free(struct event_stream *s)
{
    for (struct event_stream **at = &s->a->event_streams; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    free(s);
}

static void stream_run(struct work *w, void *context)
{
    struct event_stream *s = (struct event_stream *)w;
    const char *subject = *s->subject ? s->subject : NULL;
    unsigned n = 0;
    s->rc = context ? 0 : BD_EUNAVAILABLE;
    if (s->rc == 0 && s->last)
        s->rc = store_event_newest(context, subject, 0, s->last, &s->since, &n, NULL);
    if (s->rc == 0)
        s->rc = store_event_list(context, s->since, subject, STREAM_PAGE,
                                 &s->rows, &s->n, NULL);
}

static void stream_read(struct event_stream *s)
{
    s->again = s->reading;
    if (s->reading || !s->stream || http_stream_pending(s->stream) > HTTP_STREAM_HIGH)
        return;
    s->reading = true;
    workers_submit(s->a->readers, &s->w);
}

static void send_events(struct event_stream *s)
{
    bd_auto_str struct bd_str out = {0};
    for (size_t i = 0; i < s->n; i++) {
        bd_auto_json json_t *json = view_event(&s->rows[i]);
        bd_auto_free char *text = json_dumps(json, JSON_COMPACT);
        bd_str_addf(&out, "id: %lld\nevent: %s\ndata: %s\n\n", (long long)s->rows[i].seq,
                    s->rows[i].kind, text);
        s->since = s->rows[i].seq;
    }
    if (out.len)
        http_stream_write(s->stream, out.data, out.len);
}

static void stream_done(struct work *w)
{
    struct event_stream *s = (struct event_stream *)w;
    bool more = s->again || s->n == STREAM_PAGE;
    s->reading = false;
    if (s->rc == 0) {
        s->last = 0;
        if (s->stream)
            send_events(s);
        store_events_free(s->rows, s->n);
        s->rows = NULL;
        s->n = 0;
    }
    if (!s->stream)
        stream_free(s);
    else if (more)
        stream_read(s);
}

static void on_client_gone(void *arg)
{
    struct event_stream *s = arg;
    s->stream = NULL;
    if (!s->reading)
        stream_free(s);
}

static void on_drain(void *arg)
{
    stream_read(arg);
}

void events_wake(struct api *a)
{
    for (struct event_stream *s = a->event_streams; s; s = s->next)
        stream_read(s);
}

void events_end(struct api *a)
{
    struct event_stream *next;
    for (struct event_stream *s = a->event_streams; s; s = next) {
        next = s->next;
        if (s->stream) {
            http_stream_end(s->stream);
            on_client_gone(s);
        }
    }
}

static void begin_stream(struct api *a, struct http_request *r, int64_t since, unsigned last)
{
    struct event_stream *s = bd_new(struct event_stream);
    const char *subject = http_request_query(r, "subject");
    s->w = (struct work){.run = stream_run, .done = stream_done};
    s->a = a;
    s->since = since;
    s->last = last;
    snprintf(s->subject, sizeof(s->subject), "%s", subject ? subject : "");
    s->next = a->event_streams;
    a->event_streams = s;
    http_header(r, "Cache-Control", "no-store");
    s->stream = http_stream_begin(r, "text/event-stream", ": still here\n\n", on_client_gone, s);
    http_stream_on_drain(s->stream, on_drain, s);
    stream_read(s);
}

/* -- pages -- */

/* What of the log is asked for from its end. */
struct newest {
    int64_t before; /* 0: all */
    unsigned last;
};

static int load_page(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    const struct newest *newest = q->ask;
    const char *subject = *q->name ? q->name : NULL;
    struct store_event *rows = NULL;
    size_t n = 0;
    int rc = newest ? store_event_newest(conn, subject, newest->before, newest->last, &q->since,
                                         &q->limit, err)
                    : 0;
    if (rc == 0)
        rc = store_event_list(conn, q->since, subject, q->limit, &rows, &n, err);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, view_event(&rows[i]));
    char next[24] = "";
    if (n && n == q->limit)
        snprintf(next, sizeof(next), "%lld", (long long)rows[n - 1].seq);
    q->json = json_pack("{s:o, s:s?}", "items", items, "next", *next ? next : NULL);
    store_events_free(rows, n);
    return 0;
}

static void reply_page(struct api_read *q)
{
    if (json_array_size(json_object_get(q->json, "items")) == 0 && wait_for(q))
        return;
    reply_cacheable(q->r, bd_take(q->json));
}

void events_list(struct http_request *r, void *app)
{
    const char *accept = http_request_header(r, "Accept");
    const char *last = http_request_header(r, "Last-Event-ID");
    const char *since_text = last ? last : http_request_query(r, "since");
    const char *subject = http_request_query(r, "subject");
    const char *limit_text = http_request_query(r, "limit");
    const char *last_text = http_request_query(r, "last");
    const char *before_text = http_request_query(r, "before");
    int64_t since = 0, limit = READ_LIMIT_DEFAULT, newest = 0, before = 0;
    if (since_text)
        bd_parse_i64(since_text, 0, INT64_MAX, &since);
    if (limit_text)
        bd_parse_i64(limit_text, 1, 500, &limit);
    if (last_text && !last)
        bd_parse_i64(last_text, 1, 500, &newest);
    if (before_text)
        bd_parse_i64(before_text, 1, INT64_MAX, &before);
    if (accept && strstr(accept, "text/event-stream")) {
        begin_stream(app, r, since, (unsigned)newest);
        return;
    }
    struct api_read *q = read_new(app, r, load_page);
    q->since = since;
    q->limit = (unsigned)limit;
    if (newest) {
        struct newest *ask = bd_new(struct newest);
        *ask = (struct newest){before, (unsigned)newest};
        q->ask = ask;
    }
    snprintf(q->name, sizeof(q->name), "%s", subject ? subject : "");
    q->wait_until_ns = wait_deadline(r);
    q->reply = reply_page;
    read_submit(q);
}
