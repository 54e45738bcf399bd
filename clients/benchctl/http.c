#include "http.h"

#include "interrupt.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CONNECT_MS     5000L
#define TICK_NS        (100 * BD_NS_PER_MS)
#define RETRY_AFTER_NS (200 * BD_NS_PER_MS)
#define KEPT_BODY_MAX  ((size_t)64 << 20)
#define TEXT_OF_INT64  24

struct http {
    CURLM *multi;
    CURL *easy;
    char *base;   /* "http://host:port", nothing after it */
    char *socket; /* path of the Unix socket, or NULL */
    char *where;
    int64_t deadline_ns;
};

struct transfer {
    struct http *http;
    const struct http_request *rq;
    struct http_reply *reply;
    struct bd_err *err;
    struct curl_slist *headers;
    char curl_text[CURL_ERROR_SIZE];
    int failed;        /* what a callback answered */
    bool callback_ran; /* on_body or on_upload: it can't be repeated */
    int64_t begun_ns, heard_ns;
};

int http_new(const char *url, int64_t deadline_ns, struct http **ret, struct bd_err *err)
{
    bool is_unix = bd_starts_with(url, "unix:///");
    if (!is_unix && !bd_starts_with(url, "http://") && !bd_starts_with(url, "https://"))
        return bd_err_set(err, BD_EINVALID,
                          "'%s' is no address of a daemon: expected http://HOST:PORT, "
                          "https://HOST:PORT or unix:///PATH",
                          url);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        bd_die("benchctl: libcurl can't be used");
    struct http *h = bd_new(struct http);
    h->multi = curl_multi_init();
    h->easy = curl_easy_init();
    if (!h->multi || !h->easy)
        bd_die("benchctl: libcurl can't be used");
    h->base = bd_xstrdup(is_unix ? "http://localhost" : url);
    h->socket = is_unix ? bd_xstrdup(url + strlen("unix://")) : NULL;
    for (size_t n = strlen(h->base); n && h->base[n - 1] == '/'; n--)
        h->base[n - 1] = '\0';
    h->where = bd_xstrdup(url);
    h->deadline_ns = deadline_ns;
    *ret = h;
    return 0;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->easy);
    curl_multi_cleanup(h->multi);
    curl_global_cleanup();
    free(h->base);
    free(h->socket);
    free(h->where);
    free(h);
}

const char *http_where(const struct http *h)
{
    return h->where;
}

int64_t http_deadline_ns(const struct http *h)
{
    return h->deadline_ns;
}

void http_new_key(char out[HTTP_KEY_BYTES])
{
    uint8_t random[(HTTP_KEY_BYTES - 1) / 2];
    bd_random(random, sizeof(random));
    bd_hex(random, sizeof(random), out);
}

void http_reply_done(struct http_reply *r)
{
    bd_str_done(&r->body);
}

/* The value of a header line, if it is of that name; into out, cut to its size. */
static void take_header(const char *line, size_t bytes, const char *name, char *out,
                        size_t out_bytes)
{
    size_t n = strlen(name);
    if (bytes <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
        return;
    const char *value = line + n + 1, *end = line + bytes;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && strchr(" \t\r\n", end[-1]))
        end--;
    snprintf(out, out_bytes, "%.*s", (int)(end - value), value);
}

static size_t on_header(char *data, size_t size, size_t bytes, void *arg)
{
    struct transfer *t = arg;
    t->heard_ns = bd_mono_ns();
    if (bytes > 5 && strncmp(data, "HTTP/", 5) == 0)
        t->reply->etag[0] = t->reply->content_type[0] = t->reply->state[0] = '\0';
    take_header(data, bytes, "ETag", t->reply->etag, sizeof(t->reply->etag));
    take_header(data, bytes, "Content-Type", t->reply->content_type,
                sizeof(t->reply->content_type));
    t->reply->content_type[strcspn(t->reply->content_type, "; ")] = '\0';
    take_header(data, bytes, "X-Benchd-State", t->reply->state, sizeof(t->reply->state));
    char length[TEXT_OF_INT64] = "";
    take_header(data, bytes, "Content-Length", length, sizeof(length));
    (void)bd_parse_i64(length, 0, INT64_MAX, &t->reply->content_bytes);
    return size * bytes;
}

static size_t on_body(char *data, size_t size, size_t bytes, void *arg)
{
    struct transfer *t = arg;
    long status = 0;
    t->heard_ns = bd_mono_ns();
    curl_easy_getinfo(t->http->easy, CURLINFO_RESPONSE_CODE, &status);
    if (t->rq->on_body && status >= 200 && status < 300) {
        t->callback_ran = true;
        t->failed = t->rq->on_body(data, bytes, t->rq->arg, t->err);
    } else if (bytes > KEPT_BODY_MAX - t->reply->body.len) {
        t->failed = bd_err_set(t->err, -EFBIG, "the reply to %s %s has more than %zu MiB",
                               t->rq->method, t->rq->path, KEPT_BODY_MAX >> 20);
    } else {
        bd_str_addn(&t->reply->body, data, bytes);
    }
    return t->failed < 0 ? 0 : size * bytes;
}

static size_t on_upload(char *buffer, size_t size, size_t bytes, void *arg)
{
    struct transfer *t = arg;
    t->heard_ns = bd_mono_ns();
    t->callback_ran = true;
    int64_t n = t->rq->on_upload(buffer, size * bytes, t->rq->arg, t->err);
    if (n >= 0)
        return (size_t)n;
    t->failed = (int)n;
    return CURL_READFUNC_ABORT;
}

static void add_header(struct transfer *t, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    bd_auto_free char *line = bd_xasprintf("%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    if (!longer)
        bd_die("benchctl: out of memory");
    t->headers = longer;
}

static void set_headers(struct transfer *t)
{
    const struct http_request *rq = t->rq;
    add_header(t, "Accept", rq->accept ? rq->accept : "application/json, application/problem+json");
    add_header(t, "Content-Type", rq->content_type);
    add_header(t, "If-None-Match", rq->if_none_match);
    add_header(t, "Last-Event-ID", rq->last_event_id);
    add_header(t, "Idempotency-Key", rq->idempotency_key);
    if (rq->on_upload && rq->upload_bytes < 0)
        add_header(t, "Transfer-Encoding", "chunked");
}

static void set_method(struct transfer *t)
{
    const struct http_request *rq = t->rq;
    CURL *easy = t->http->easy;
    if (bd_str_eq(rq->method, "GET"))
        return;
    if (!bd_str_eq(rq->method, "POST")) {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, rq->method);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (!rq->on_upload) {
        const char *body = rq->body ? rq->body : "";
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(easy, CURLOPT_READDATA, t);
    if (rq->upload_bytes >= 0)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->upload_bytes);
}

static void prepare(struct transfer *t)
{
    struct http *h = t->http;
    bd_auto_free char *url = bd_xasprintf("%s%s", h->base, t->rq->path);
    curl_easy_reset(h->easy);
    curl_easy_setopt(h->easy, CURLOPT_URL, url);
    if (h->socket)
        curl_easy_setopt(h->easy, CURLOPT_UNIX_SOCKET_PATH, h->socket);
    /* The daemon is reached directly: a proxy meant for the web would be asked for its loopback. */
    curl_easy_setopt(h->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(h->easy, CURLOPT_USERAGENT, "benchctl/" BENCHD_VERSION);
    curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, t->curl_text);
    curl_easy_setopt(h->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(h->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, t);
    set_method(t);
    set_headers(t);
    curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, t->headers);
}

static int check_time(const struct transfer *t)
{
    int64_t now = bd_mono_ns();
    const char *where = t->http->where;
    if (t->http->deadline_ns && now >= t->http->deadline_ns)
        return bd_err_set(t->err, BD_ETIMEOUT, "the time given by --timeout is over");
    if (t->rq->limit_ns && now - t->begun_ns >= t->rq->limit_ns)
        return bd_err_set(t->err, BD_ETIMEOUT, "no answer from %s within %lld s", where,
                          (long long)(t->rq->limit_ns / BD_NS_PER_S));
    if (t->rq->stall_ns && now - t->heard_ns >= t->rq->stall_ns)
        return bd_err_set(t->err, -EPIPE, "nothing was heard from %s for %lld s", where,
                          (long long)(t->rq->stall_ns / BD_NS_PER_S));
    return 0;
}

/* Moves the transfer until it ends or has to. 0: it ended, *ret_result says how. */
static int move(struct transfer *t, CURLcode *ret_result)
{
    struct curl_waitfd signal = {.fd = interrupt_fd(), .events = CURL_WAIT_POLLIN};
    int64_t next_tick_ns = t->begun_ns;
    for (;;) {
        int running = 0;
        CURLMcode code = curl_multi_perform(t->http->multi, &running);
        if (code != CURLM_OK)
            return bd_err_set(t->err, -EIO, "libcurl: %s", curl_multi_strerror(code));
        if (!running)
            break;
        int r = interrupt_check(t->err);
        if (r == 0)
            r = check_time(t);
        if (r < 0)
            return r;
        if (t->rq->on_tick && bd_mono_ns() >= next_tick_ns) {
            t->rq->on_tick(t->rq->arg);
            next_tick_ns = bd_mono_ns() + TICK_NS;
        }
        (void)curl_multi_poll(t->http->multi, &signal, 1, (int)(TICK_NS / BD_NS_PER_MS), NULL);
    }
    int left;
    CURLMsg *message = curl_multi_info_read(t->http->multi, &left);
    if (!message || message->msg != CURLMSG_DONE)
        return bd_err_set(t->err, -EIO, "libcurl: a transfer ended without a result");
    *ret_result = message->data.result;
    return 0;
}

static int not_reachable(const struct transfer *t)
{
    long errnum = 0;
    curl_easy_getinfo(t->http->easy, CURLINFO_OS_ERRNO, &errnum);
    const char *reason = errnum > 0 ? strerror((int)errnum) : t->curl_text;
    const char *remedy =
        "start it ('systemctl start benchd' or './run up'), or say where it is with --url or "
        "--socket";
    if (errnum == EACCES || errnum == EPERM)
        remedy = "be root or in the group benchd, or use --url";
    return bd_err_set(t->err, BD_EUNAVAILABLE, "the daemon can't be reached at %s: %s; %s",
                      t->http->where, reason, remedy);
}

static int explain(const struct transfer *t, CURLcode result)
{
    const char *text = t->curl_text[0] ? t->curl_text : curl_easy_strerror(result);
    switch (result) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT: /* of connecting: nothing else has a limit of libcurl's */
        return not_reachable(t);
    case CURLE_URL_MALFORMAT:
        return bd_err_set(t->err, BD_EINVALID, "'%s' is no address of a daemon: %s", t->http->where,
                          text);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return bd_err_set(t->err, -EPIPE, "the connection to %s ended before the reply did: %s",
                          t->http->where, text);
    default:
        return bd_err_set(t->err, -EPROTO, "no HTTP with %s: %s", t->http->where, text);
    }
}

static int attempt(struct transfer *t, CURLcode *ret_result)
{
    t->begun_ns = t->heard_ns = bd_mono_ns();
    prepare(t);
    curl_multi_add_handle(t->http->multi, t->http->easy);
    int r = move(t, ret_result);
    long status = 0;
    curl_easy_getinfo(t->http->easy, CURLINFO_RESPONSE_CODE, &status);
    t->reply->status = (int)status;
    curl_multi_remove_handle(t->http->multi, t->http->easy);
    curl_slist_free_all(bd_take(t->headers));
    if (r == 0 && t->failed < 0)
        return t->failed;
    return r == 0 && *ret_result != CURLE_OK ? explain(t, *ret_result) : r;
}

/* Whether doing it again can do no harm. */
static bool repeatable(const struct transfer *t, CURLcode result, int error)
{
    if (t->callback_ran || t->failed < 0)
        return false;
    if (result == CURLE_COULDNT_CONNECT)
        return true;
    bool safe = !bd_str_eq(t->rq->method, "POST") || t->rq->idempotency_key;
    return error == -EPIPE && result != CURLE_OK && safe;
}

int http_do(struct http *h, const struct http_request *rq, struct http_reply *ret,
            struct bd_err *err)
{
    *ret = (struct http_reply){.content_bytes = -1};
    struct transfer t = {.http = h, .rq = rq, .reply = ret, .err = err};
    CURLcode result = CURLE_OK;
    int r = attempt(&t, &result);
    if (r == 0 || !repeatable(&t, result, r) || interrupt_sleep(RETRY_AFTER_NS, NULL) < 0)
        return r;
    bd_err_clear(err);
    http_reply_done(ret);
    *ret = (struct http_reply){.content_bytes = -1};
    t.curl_text[0] = '\0';
    result = CURLE_OK;
    return attempt(&t, &result);
}
