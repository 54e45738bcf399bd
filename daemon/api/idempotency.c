/* POSTs that carry an Idempotency-Key are carried out once: the reply is stored in the transaction
 * that makes the object, or before it is sent where none was made, and given again to whoever asks
 * the same again. */
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"

#include <stdio.h>
#include <string.h>

#define LOOK_AGAIN_NS (60 * BD_NS_PER_S)

struct keep {
    struct api *a;
    struct keep *next; /* of those that are being carried out */
    char *key;
    char subject[40]; /* what the same request waits for meanwhile */
    char digest[BD_DIGEST_BYTES];
};

void keep_free(struct keep *keep)
{
    if (!keep)
        return;
    for (struct keep **at = &keep->a->keeps; *at; at = &(*at)->next) {
        if (*at == keep) {
            *at = keep->next;
            waits_wake(keep->a, keep->subject);
            break;
        }
    }
    free(keep->key);
    free(keep);
}

static bool is_under_way(const struct api *a, const char *key)
{
    for (const struct keep *k = a->keeps; k; k = k->next)
        if (strcmp(k->key, key) == 0)
            return true;
    return false;
}

int keep_reply(struct keep *keep, struct store_conn *conn, int status, const char *location,
               const json_t *body, struct bd_err *err)
{
    if (!keep)
        return 0;
    bd_auto_free char *text = bd_json_text(body);
    struct store_reply reply = {
        .key = keep->key,
        .status = status,
        .location = (char *)location,
        .body = text,
        .created_ns = bd_wall_ns(),
    };
    memcpy(reply.request_digest, keep->digest, sizeof(reply.request_digest));
    return store_reply_put(conn, &reply, err);
}

static char *location_of(const char *collection, const json_t *body)
{
    return bd_xasprintf("%s/%s", collection, bd_json_str(body, "id", ""));
}

int keep_created(struct keep *keep, struct store_conn *conn, const char *collection, json_t *body,
                 struct bd_err *err)
{
    bd_auto_json json_t *made = body;
    bd_auto_free char *location = location_of(collection, made);
    return keep_reply(keep, conn, 202, location, made, err);
}

void reply_created(struct http_request *r, const char *collection, json_t *body)
{
    bd_auto_free char *location = location_of(collection, body);
    http_header(r, "Location", location);
    http_reply_json(r, 202, body);
}

struct keeping {
    struct write w;
    struct http_request *r;
    struct keep *keep;
    int status;
    json_t *body;
};

static int keeping_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct keeping *k = (struct keeping *)w;
    return keep_reply(k->keep, conn, k->status, NULL, k->body, err);
}

static void keeping_done(struct write *w, int rc, const struct bd_err *err)
{
    struct keeping *k = (struct keeping *)w;
    if (rc < 0)
        http_problem_err(k->r, err);
    else
        http_reply_json(k->r, k->status, bd_take(k->body));
    json_decref(k->body);
    keep_free(k->keep);
    http_request_unref(k->r);
    free(k);
}

void reply_kept(struct api *a, struct http_request *r, struct keep *keep, int status, json_t *body)
{
    if (!keep) {
        http_reply_json(r, status, body);
        return;
    }
    struct keeping *k = bd_new(struct keeping);
    *k = (struct keeping){
        .w = {.exec = keeping_exec, .done = keeping_done},
        .r = http_request_ref(r),
        .keep = keep,
        .status = status,
        .body = body,
    };
    writer_submit(a->config.writer, &k->w);
}

/* What the request carries from the look-up to the handler that goes on. */
struct pending {
    void (*go)(struct api *a, struct http_request *r, struct keep *keep);
    struct keep *keep;
};

static void pending_free(void *data)
{
    struct pending *p = data;
    keep_free(p->keep);
    free(p);
}

static int load_reply(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct pending *p = http_request_data(q->r);
    struct store_reply reply = {0};
    int rc = store_reply_get(conn, p->keep->key, &reply, err);
    if (rc == BD_ENOTFOUND)
        return 0;
    if (rc < 0)
        return rc;
    q->json = json_pack("{s:s, s:i, s:s?, s:s}", "digest", reply.request_digest, "status",
                        reply.status, "location", reply.location, "body", reply.body);
    store_reply_done(&reply);
    return 0;
}

/* Of two that came together one is carried out; the other looks again when that has ended, which
 * may have been just after it looked. */
static void carry_out(struct api_read *q, struct pending *p)
{
    bool wait = is_under_way(q->api, p->keep->key) || q->changes != q->api->changes;
    q->wait_until_ns = bd_mono_ns() + LOOK_AGAIN_NS;
    snprintf(q->subject, sizeof(q->subject), "%s", p->keep->subject);
    if (refused_at_end(q->api, q->r) || (wait && wait_for(q)))
        return;
    p->keep->next = q->api->keeps;
    q->api->keeps = p->keep;
    p->go(q->api, q->r, bd_take(p->keep));
}

static void reply_found(struct api_read *q)
{
    struct pending *p = http_request_data(q->r);
    if (!q->json) {
        carry_out(q, p);
        return;
    }
    if (!bd_str_eq(bd_json_str(q->json, "digest", ""), p->keep->digest)) {
        bd_auto_faults struct schema_faults faults = {0};
        schema_faults_add(&faults, "/header/Idempotency-Key",
                          http_request_header(q->r, "Idempotency-Key"),
                          "a new key: this one was used with another body");
        http_problem_faults(q->r, "validation",
                            "this Idempotency-Key was used with another body in the last 24 hours",
                            &faults);
        return;
    }
    const char *body = bd_json_str(q->json, "body", "{}");
    const char *location = bd_json_str(q->json, "location", NULL);
    if (location)
        http_header(q->r, "Location", location);
    http_header(q->r, "Idempotency-Replayed", "true");
    http_reply_text(q->r, (int)bd_json_int(q->json, "status", 200), "application/json", body,
                    strlen(body));
}

void idempotent(struct api *a, struct http_request *r,
                void (*go)(struct api *a, struct http_request *r, struct keep *keep))
{
    const char *key = http_request_header(r, "Idempotency-Key");
    if (!key) {
        go(a, r, NULL);
        return;
    }
    struct pending *p = bd_new(struct pending);
    p->go = go;
    p->keep = bd_new(struct keep);
    p->keep->key =
        bd_xasprintf("%s %s %s", http_request_route(r)->method, http_request_path(r), key);
    p->keep->a = a;
    char mark[BD_DIGEST_BYTES];
    bd_digest_of(p->keep->key, strlen(p->keep->key), mark);
    snprintf(p->keep->subject, sizeof(p->keep->subject), "key/%.32s", mark + strlen("sha256:"));
    size_t bytes;
    const char *raw = http_request_raw(r, &bytes);
    bd_digest_of(raw, bytes, p->keep->digest);
    http_request_set_data(r, p, pending_free);

    struct api_read *q = read_new(a, r, load_reply);
    q->reply = reply_found;
    read_submit(q);
}
