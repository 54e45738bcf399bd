/*
 * What many ask for again and again, as pages do that are left open: it is made once for all who
 * ask at the same time, and kept until something that it tells has changed; where it is dear, or
 * things change all the time, for a while longer, so that its making takes a small part of a CPU
 * however many ask. Replies are texts in memory: whoever has the newest gets a 304.
 */
#include "daemon/api/private.h"

#include "daemon/http/pack.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"

#include <string.h>

#define ENTRIES_MAX 64
#define BYTES_MAX   ((size_t)(32 * 1024 * 1024)) /* of those that are kept */

struct waiter {
    struct waiter *next;
    struct http_request *r;
};

struct shared {
    struct shared *next;
    char *key;
    char subject[96];
    struct made made; /* text NULL: nothing was made yet */
    int64_t made_ns;  /* monotonic */
    int64_t keep_ns;  /* from then, whatever changes */
    int64_t lasts_ns; /* from then, whatever does not; 0: for ever */
    bool stale;       /* something has changed since it was begun */
    struct waiter *waiters;
    bool making;
};

/* -- the table: those that were used last come first -- */

static void shared_free(struct shared *s)
{
    made_done(&s->made);
    free(s->key);
    free(s);
}

static struct shared *find(struct api *a, const char *key)
{
    for (struct shared **at = &a->shared; *at; at = &(*at)->next) {
        struct shared *s = *at;
        if (!bd_str_eq(s->key, key))
            continue;
        *at = s->next;
        s->next = a->shared;
        a->shared = s;
        return s;
    }
    return NULL;
}

static size_t bytes_of(const struct shared *s)
{
    return s->made.bytes + s->made.packed_bytes;
}

static void make_room(struct api *a)
{
    size_t n = 0, bytes = 0;
    for (struct shared **at = &a->shared; *at;) {
        struct shared *s = *at;
        bytes += bytes_of(s);
        if (s->making || (++n <= ENTRIES_MAX && bytes <= BYTES_MAX)) {
            at = &s->next;
            continue;
        }
        bytes -= bytes_of(s);
        *at = s->next;
        shared_free(s);
    }
}

void shared_wake(struct api *a, const char *subject)
{
    for (struct shared *s = a->shared; s; s = s->next)
        if (*s->subject == '\0' || bd_str_eq(s->subject, subject))
            s->stale = true;
}

void shared_end(struct api *a)
{
    for (struct shared *s; (s = a->shared);) {
        a->shared = s->next;
        shared_free(s);
    }
}

/* -- requests -- */

static void add_query(const char *name, const char *value, void *arg)
{
    bd_str_addf(arg, "\n%s=%s", name, value);
}

static struct shared *entry_of(struct api *a, const struct http_request *r)
{
    bd_auto_str struct bd_str key = {0};
    bd_str_add(&key, http_request_path(r));
    http_request_each_query(r, add_query, &key);
    struct shared *s = find(a, bd_str_text(&key));
    if (s)
        return s;
    s = bd_new(struct shared);
    s->key = bd_str_take(&key);
    s->next = a->shared;
    a->shared = s;
    return s;
}

static bool holds(const struct shared *s)
{
    int64_t age_ns = bd_mono_ns() - s->made_ns;
    if (!s->made.text)
        return false;
    return age_ns < s->keep_ns || (!s->stale && (s->lasts_ns == 0 || age_ns < s->lasts_ns));
}

static void answer(struct http_request *r, const struct shared *s, int rc, const struct bd_err *err)
{
    if (http_request_gone(r))
        return;
    if (rc < 0)
        http_problem_err(r, err);
    else
        made_reply(r, &s->made, "application/json");
}

static void on_made(struct api_read *q)
{
    struct shared *s = q->shared;
    struct api *a = q->api;
    s->making = false;
    if (q->rc == 0) {
        made_done(&s->made);
        s->made = q->made;
        q->made = (struct made){0};
        s->made_ns = bd_mono_ns();
        int64_t cost_ns = (s->made_ns - q->began_ns) * q->rule->times;
        s->keep_ns = cost_ns > q->rule->keep_ns ? cost_ns : q->rule->keep_ns;
        s->lasts_ns = q->rule->lasts_ns;
    }
    answer(q->r, s, q->rc, &q->err);
    while (s->waiters) {
        struct waiter *w = s->waiters;
        s->waiters = w->next;
        answer(w->r, s, q->rc, &q->err);
        http_request_unref(w->r);
        free(w);
    }
    make_room(a);
}

static void wait_too(struct shared *s, struct http_request *r)
{
    struct waiter *w = bd_new(struct waiter);
    w->r = http_request_ref(r);
    w->next = s->waiters;
    s->waiters = w;
}

void shared_read(struct api_read *q, const struct shared_rule *rule)
{
    struct shared *s = entry_of(q->api, q->r);
    if (s->making || holds(s)) {
        if (s->making)
            wait_too(s, q->r);
        else
            answer(q->r, s, 0, NULL);
        read_free(q);
        return;
    }
    memcpy(s->subject, q->subject, sizeof(s->subject));
    s->making = true;
    s->stale = false;
    q->shared = s;
    q->rule = rule;
    q->done = on_made;
    q->packs = true; /* others may take it so */
    read_submit(q);
}
