#include "daemon/api/private.h"

#include <stdio.h>

/* -- create -- */

struct creation {
    struct http_request *r;
    struct keep *keep;
    json_t *inputs; /* that it needs */
};

static int keep_campaign(struct store_conn *conn, const void *row, void *arg, struct bd_err *err)
{
    struct creation *c = arg;
    int rc = inputs_still_there(conn, c->inputs, err);
    return rc < 0 ? rc : keep_created(c->keep, conn, "/v1/campaigns", view_campaign(row, 0), err);
}

static void on_created(void *arg, int rc, const struct bd_err *err, const void *row)
{
    struct creation *c = arg;
    if (rc < 0)
        http_problem_err(c->r, err);
    else
        reply_created(c->r, "/v1/campaigns", view_campaign(row, 0));
    http_request_unref(c->r);
    keep_free(c->keep);
    json_decref(c->inputs);
    free(c);
}

static void submit(struct planning *p)
{
    if (p->no_room) {
        http_problem(p->r, "no-capacity", "%s", p->no_room);
        return;
    }
    struct creation *c = bd_new(struct creation);
    c->r = http_request_ref(p->r);
    c->keep = bd_take(p->keep);
    c->inputs = bd_take(p->inputs);
    struct engine_campaign create = {.also = keep_campaign, .done = on_created, .arg = c};
    create.spec = bd_take(p->spec);
    create.plan = bd_take(p->plan);
    create.definitions = bd_take(p->definitions);
    engine_campaign_create(p->api->engine, &create);
}

static void create(struct api *a, struct http_request *r, struct keep *keep)
{
    planning_start(a, r, keep, NULL, submit);
}

void campaigns_create(struct http_request *r, void *app)
{
    idempotent(app, r, create);
}

/* -- list and show -- */

static int state_from(const char *s, unsigned *ret_bit)
{
    enum campaign_state state;
    int rc = campaign_state_from_str(s, &state);
    if (rc == 0)
        *ret_bit = state;
    return rc;
}

/* Few: what runs at once is limited. */
static int count_running(struct store_conn *conn, const struct store_campaign *row, unsigned *ret_n,
                         struct bd_err *err)
{
    struct store_run_filter filter = {
        .campaign = row->id,
        .states = 1U << RUN_PREPARING | 1U << RUN_MEASURING | 1U << RUN_CLEARING |
                  1U << RUN_FAILING | 1U << RUN_CANCELLING,
        .limit = READ_LIMIT_MAX,
    };
    struct store_run *rows = NULL;
    size_t n = 0;
    int rc = campaign_state_is_final(row->state)
                 ? 0
                 : store_run_list(conn, &filter, NULL, NULL, &rows, &n, err);
    if (rc < 0)
        return rc;
    store_runs_free(rows, n);
    *ret_n = (unsigned)n;
    return 0;
}

static int load_list(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_campaign_filter filter = {
        .states = q->states,
        .name = *q->name ? q->name : NULL,
        .before_created_ns = q->cursor_ns,
        .before_id = q->cursor_ns ? q->cursor_id : NULL,
        .limit = q->limit,
    };
    struct store_campaign *rows = NULL;
    size_t n = 0;
    int rc = store_campaign_list(conn, &filter, true, NULL, NULL, &rows, &n, err);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n && rc == 0; i++) {
        unsigned running = 0;
        rc = count_running(conn, &rows[i], &running, err);
        json_array_append_new(items, view_campaign(&rows[i], running));
    }
    if (rc == 0)
        q->json = page_json(items, q, n ? rows[n - 1].created_ns : 0, n ? rows[n - 1].id : "");
    else
        json_decref(items);
    store_campaigns_free(rows, n);
    return rc;
}

void campaigns_list(struct http_request *r, void *app)
{
    struct api_read *q = read_new(app, r, load_list);
    if (read_page(q, state_from))
        read_submit(q);
}

static int load_one(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_campaign row = {0};
    unsigned running = 0;
    int rc = store_campaign_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    rc = count_running(conn, &row, &running, err);
    if (rc == 0) {
        q->json = view_campaign(&row, running);
        snprintf(q->etag, sizeof(q->etag), "\"%s.%lld\"", row.id, (long long)row.version);
    }
    store_campaign_done(&row);
    return rc;
}

void campaigns_get(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "campaign", load_one);
    q->wait_until_ns = wait_deadline(r);
    read_submit(q);
}

/* -- orders -- */

struct ordering {
    struct api *a;
    enum engine_order what;
    enum campaign_state before;
    bool unknown; /* to the engine: it is at its end */
};

static enum campaign_state state_in(const json_t *campaign)
{
    enum campaign_state state = CAMPAIGN_FAILED;
    campaign_state_from_str(bd_json_str(campaign, "state", ""), &state);
    return state;
}

static void reply_ordered(struct api_read *q)
{
    static const char *const words[ENGINE_ORDER_COUNT] = {
        [ENGINE_PAUSE] = "paused", [ENGINE_RESUME] = "resumed", [ENGINE_CANCEL] = "cancelled"};
    const struct ordering *o = http_request_data(q->r);
    enum campaign_state now = state_in(q->json);
    bool is_so = o->what == ENGINE_CANCEL && now == CAMPAIGN_CANCELLED;
    const char *aside = bd_json_str(q->json, "error", NULL);
    if (o->unknown && !is_so && aside)
        http_problem(q->r, "conflict", "campaign %s was set aside when benchd started: %s", q->id,
                     aside);
    else if (o->unknown && !is_so)
        http_problem(q->r, "conflict", "campaign %s is %s: it can't be %s any more", q->id,
                     campaign_state_to_str(now), words[o->what]);
    else
        http_reply_json(q->r, now == o->before ? 200 : 202, bd_take(q->json));
}

static void on_ordered(void *arg, int rc, const struct bd_err *err, const void *row BD_UNUSED)
{
    struct http_request *r = arg;
    struct ordering *o = http_request_data(r);
    o->unknown = rc == BD_ENOTFOUND;
    if (rc < 0 && !o->unknown) {
        http_problem_err(r, err);
    } else {
        struct api_read *q = read_object(o->a, r, "campaign", load_one);
        q->reply = reply_ordered;
        read_submit(q);
    }
    http_request_unref(r);
}

static void give_order(struct api_read *q)
{
    struct ordering *o = http_request_data(q->r);
    if (refused_at_end(q->api, q->r))
        return;
    o->before = state_in(q->json);
    engine_campaign_order(q->api->engine, q->id, o->what, on_ordered, http_request_ref(q->r));
}

/* It is read before and after: what was so already is told from what the order brought about. */
static void order(struct api *a, struct http_request *r, enum engine_order what)
{
    struct ordering *o = bd_new(struct ordering);
    o->a = a;
    o->what = what;
    http_request_set_data(r, o, free);
    struct api_read *q = read_object(a, r, "campaign", load_one);
    q->reply = give_order;
    read_submit(q);
}

void campaigns_cancel(struct http_request *r, void *app)
{
    order(app, r, ENGINE_CANCEL);
}

void campaigns_pause(struct http_request *r, void *app)
{
    order(app, r, ENGINE_PAUSE);
}

void campaigns_resume(struct http_request *r, void *app)
{
    order(app, r, ENGINE_RESUME);
}
