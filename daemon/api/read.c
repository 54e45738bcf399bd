#include "daemon/api/private.h"

#include "daemon/http/files.h"
#include "daemon/http/pack.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/sample/live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void read_free(struct api_read *q)
{
    json_decref(q->json);
    free(q->known);
    sample_live_unref(q->live);
    made_done(&q->made);
    bd_cleanup_fd(&q->fd);
    http_request_unref(q->r);
    free(q->ask);
    free(q);
}

/* Both forms of a text have tags of their own; who has either has the text. */
#define PACKED_ETAG_BYTES (BD_DIGEST_BYTES + 8)
static void etag_packed(const char *etag, char ret_etag[PACKED_ETAG_BYTES])
{
    size_t n = strlen(etag);
    snprintf(ret_etag, PACKED_ETAG_BYTES, "%.*s-gz\"", (int)(n ? n - 1 : 0), etag);
}

bool etag_is_known(const char *have, const char *etag)
{
    char packed[PACKED_ETAG_BYTES];
    etag_packed(etag, packed);
    return have && *etag && (strcmp(have, "*") == 0 || strstr(have, etag) || strstr(have, packed));
}

/* Of a reply that nobody else makes; a long one would hold the loop up. */
static void make_text(struct api_read *q)
{
    if (etag_is_known(q->known, q->etag)) {
        memcpy(q->made.etag, q->etag, sizeof(q->etag));
        return;
    }
    struct bd_str text = {.data = json_dumps(q->json, JSON_COMPACT | JSON_REAL_PRECISION(15))};
    if (!text.data) {
        q->rc = bd_err_set(&q->err, BD_ECORRUPT, "the reply can't be written as JSON");
        return;
    }
    text.len = strlen(text.data);
    read_made(q, &text);
}

static void read_run(struct work *w, void *context)
{
    struct api_read *q = (struct api_read *)w;
    if (!context) {
        q->rc = bd_err_set(&q->err, BD_EUNAVAILABLE, "the database can't be opened to read");
        return;
    }
    q->began_ns = bd_mono_ns();
    q->rc = q->load(q, context, &q->err);
    if (q->rc == 0 && q->json && !q->reply && !q->done)
        make_text(q);
}

bool etag_matches(const struct http_request *r, const char *etag)
{
    return etag_is_known(http_request_header(r, "If-None-Match"), etag);
}

static void reply_default(struct api_read *q)
{
    if (!etag_is_known(q->known, q->made.etag) || !wait_for(q))
        reply_made_json(q);
}

void read_reply_file(struct api_read *q)
{
    http_header(q->r, "ETag", q->etag);
    http_header(q->r, "Cache-Control", "no-cache");
    if (etag_matches(q->r, q->etag))
        http_reply_empty(q->r, 304);
    else
        http_reply_file(q->r, "application/octet-stream", bd_take_fd(&q->fd), q->fd_bytes);
}

static void read_done(struct work *w)
{
    struct api_read *q = (struct api_read *)w;
    bool gone = http_request_gone(q->r);
    q->waits = false;
    if (q->done)
        q->done(q);
    else if (!gone && q->rc < 0)
        http_problem_err(q->r, &q->err);
    else if (!gone)
        (q->reply ? q->reply : reply_default)(q);
    if (!q->waits)
        read_free(q);
}

struct api_read *read_new(struct api *a, struct http_request *r,
                          int (*load)(struct api_read *, struct store_conn *, struct bd_err *))
{
    struct api_read *q = bd_new(struct api_read);
    q->w = (struct work){.run = read_run, .done = read_done};
    q->api = a;
    q->r = http_request_ref(r);
    const char *known = http_request_header(r, "If-None-Match");
    q->known = known ? bd_xstrdup(known) : NULL;
    q->packs = http_accepts_gzip(http_request_header(r, "Accept-Encoding"));
    q->load = load;
    q->fd = -1;
    return q;
}

struct api_read *read_object(struct api *a, struct http_request *r, const char *kind,
                             int (*load)(struct api_read *, struct store_conn *, struct bd_err *))
{
    struct api_read *q = read_new(a, r, load);
    char param[32];
    snprintf(param, sizeof(param), "%sId", kind);
    const char *id = http_request_param(r, param);
    snprintf(q->id, sizeof(q->id), "%s", id);
    snprintf(q->subject, sizeof(q->subject), "%s/%.80s", kind, id);
    return q;
}

void read_submit(struct api_read *q)
{
    q->changes = q->api->changes;
    workers_submit(q->api->readers, &q->w);
}

/* A cursor is base64url of "created_ns id": opaque to others, and checked when it comes back. */
static char *cursor_make(int64_t ns, const char *id)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%lld.%s", (long long)ns, id);
    char *out = bd_base64(text, (size_t)len);
    for (char *c = out; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
    return out;
}

static int cursor_read(const char *cursor, int64_t *ret_ns, char ret_id[BD_ID_BYTES])
{
    bd_auto_str struct bd_str padded = {0};
    for (const char *c = cursor; *c; c++)
        bd_str_addn(&padded, *c == '-' ? "+" : *c == '_' ? "/" : c, 1);
    while (padded.len % 4)
        bd_str_add(&padded, "=");
    bd_auto_free uint8_t *data = NULL;
    size_t bytes;
    if (bd_base64_decode(bd_str_text(&padded), &data, &bytes) < 0)
        return -EINVAL;
    bd_auto_free char *text = bd_xstrndup((const char *)data, bytes);
    char *dot = strchr(text, '.');
    if (!dot || strlen(dot + 1) != BD_ID_CHARS)
        return -EINVAL;
    *dot = '\0';
    if (bd_parse_i64(text, 1, INT64_MAX, ret_ns) < 0)
        return -EINVAL;
    memcpy(ret_id, dot + 1, BD_ID_BYTES);
    return 0;
}

int64_t read_duration(const struct http_request *r, const char *param, int64_t fallback)
{
    const char *text = http_request_query(r, param);
    int64_t ns = fallback;
    return text && bd_parse_duration_ns(text, &ns) == -ERANGE ? INT64_MAX : ns;
}

unsigned read_words(const struct http_request *r, const char *param,
                    int (*bit_from)(const char *s, unsigned *ret_bit))
{
    const char *words = http_request_query(r, param);
    bd_auto_free char *copy = words ? bd_xstrdup(words) : NULL;
    char *rest = copy, *part;
    unsigned bits = 0, bit;
    while ((part = strsep(&rest, ",")))
        if (bit_from(part, &bit) == 0)
            bits |= 1U << bit;
    return bits;
}

void read_bad_cursor(struct api_read *q)
{
    bd_auto_faults struct schema_faults faults = {0};
    schema_faults_add(&faults, "/query/cursor", http_request_query(q->r, "cursor"),
                      "the 'next' of an earlier page");
    http_problem_faults(q->r, "validation", "the cursor is none of this list's", &faults);
    read_free(q);
}

bool read_page(struct api_read *q, int (*state_from)(const char *s, unsigned *ret_bit))
{
    const char *limit = http_request_query(q->r, "limit");
    const char *cursor = http_request_query(q->r, "cursor");
    const char *name = http_request_query(q->r, "name");
    int64_t n = READ_LIMIT_DEFAULT;
    if (limit)
        bd_parse_i64(limit, 1, READ_LIMIT_MAX, &n); /* the contract has checked it */
    q->limit = (unsigned)n;
    snprintf(q->name, sizeof(q->name), "%s", name ? name : "");
    q->states = read_words(q->r, "state", state_from);
    if (!cursor || cursor_read(cursor, &q->cursor_ns, q->cursor_id) == 0)
        return true;
    read_bad_cursor(q);
    return false;
}

char *page_next(const struct api_read *q, size_t n, int64_t last_ns, const char *last_id)
{
    return n == q->limit ? cursor_make(last_ns, last_id) : NULL;
}

json_t *page_json(json_t *items, const struct api_read *q, int64_t last_ns, const char *last_id)
{
    bd_auto_free char *next = page_next(q, json_array_size(items), last_ns, last_id);
    return json_pack("{s:o, s:s?}", "items", items, "next", next);
}

void reply_cacheable(struct http_request *r, json_t *json)
{
    char digest[BD_DIGEST_BYTES], etag[BD_DIGEST_BYTES + 4];
    bd_auto_free char *text = bd_json_text(json);
    bd_digest_of(text, strlen(text), digest);
    snprintf(etag, sizeof(etag), "\"%.32s\"", digest + strlen("sha256:"));
    http_header(r, "ETag", etag);
    http_header(r, "Cache-Control", "no-cache");
    if (etag_matches(r, etag)) {
        json_decref(json);
        http_reply_empty(r, 304);
    } else {
        http_reply_json(r, 200, json);
    }
}

/* -- texts -- */

void made_done(struct made *m)
{
    free(m->text);
    free(m->packed);
    *m = (struct made){0};
}

void read_made(struct api_read *q, struct bd_str *text)
{
    struct made *m = &q->made;
    m->bytes = text->len;
    m->text = bd_str_take(text);
    memcpy(m->etag, q->etag, sizeof(m->etag));
    if (!*m->etag) {
        char digest[BD_DIGEST_BYTES];
        bd_digest_of(m->text, m->bytes, digest);
        snprintf(m->etag, sizeof(m->etag), "\"%.32s\"", digest + strlen("sha256:"));
    }
    if (q->packs)
        m->packed = http_pack(m->text, m->bytes, &m->packed_bytes);
}

void made_reply(struct http_request *r, const struct made *m, const char *content_type)
{
    bool packed = m->packed && http_accepts_gzip(http_request_header(r, "Accept-Encoding"));
    char packed_etag[PACKED_ETAG_BYTES];
    etag_packed(m->etag, packed_etag);
    http_header(r, "ETag", packed ? packed_etag : m->etag);
    http_header(r, "Cache-Control", "no-cache");
    http_header(r, "Vary", "Accept, Accept-Encoding");
    if (etag_matches(r, m->etag)) {
        http_reply_empty(r, 304);
        return;
    }
    if (packed)
        http_header(r, "Content-Encoding", "gzip");
    http_reply_text(r, 200, content_type, packed ? m->packed : m->text,
                    packed ? m->packed_bytes : m->bytes);
}

void reply_made(struct api_read *q, const char *content_type)
{
    made_reply(q->r, &q->made, content_type);
}

void reply_made_json(struct api_read *q)
{
    reply_made(q, "application/json");
}

int64_t wait_deadline(const struct http_request *r)
{
    const char *wait = http_request_query(r, "wait");
    int64_t seconds = 0;
    if (!wait || bd_parse_i64(wait, 0, 60, &seconds) < 0 || seconds == 0)
        return 0;
    return bd_mono_ns() + seconds * BD_NS_PER_S;
}

/* -- what becomes of an object that an end was asked for -- */

struct order {
    struct api *api;
    struct http_request *r;
    struct api_read *(*read_one)(struct api *a, struct http_request *r);
};

struct order *order_new(struct api *a, struct http_request *r,
                        struct api_read *(*read_one)(struct api *, struct http_request *))
{
    struct order *o = bd_new(struct order);
    *o = (struct order){.api = a, .r = http_request_ref(r), .read_one = read_one};
    return o;
}

/* In the store it goes on, but the engine does not have it. */
static void reply_not_under_way(struct api_read *q)
{
    if (json_is_string(json_object_get(q->json, "endedAt")))
        http_reply_json(q->r, 200, bd_take(q->json));
    else
        http_problem(
            q->r, "conflict",
            "%s is %s, but not under way now: its campaign is paused or waits for its turn "
            "(resume or cancel that), or its row was set aside when benchd started (the "
            "log tells why)",
            q->subject, bd_json_str(q->json, "state", "in no state"));
}

static void reply_by_end(struct api_read *q)
{
    bool ended = json_is_string(json_object_get(q->json, "endedAt"));
    http_reply_json(q->r, ended ? 200 : 202, bd_take(q->json));
}

void order_done(void *arg, int rc, const struct bd_err *err, const void *row BD_UNUSED)
{
    struct order *o = arg;
    /* The engine knows only what is not at its end: the store says more. */
    if (rc < 0 && rc != BD_ENOTFOUND) {
        http_problem_err(o->r, err);
    } else {
        struct api_read *q = o->read_one(o->api, o->r);
        q->reply = rc == BD_ENOTFOUND ? reply_not_under_way : reply_by_end;
        read_submit(q);
    }
    http_request_unref(o->r);
    free(o);
}
