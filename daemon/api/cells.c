/* POST /v1/campaigns/{id}/cells: the spec of a campaign, with one batch more, is planned anew. */
#include "daemon/api/private.h"

#include "lib/base/str.h"

#include <stdio.h>
#include <string.h>

/* Of a request on its way. */
struct adding {
    struct keep *keep;
    struct http_request *r;
    json_t *inputs; /* that it needs */
    char id[96];
    char was[BD_DIGEST_BYTES]; /* the spec's digest before */
};

static void adding_free(struct adding *ad)
{
    keep_free(ad->keep);
    json_decref(ad->inputs);
    http_request_unref(ad->r);
    free(ad);
}

static int keep_cells(struct store_conn *conn, const void *row, void *arg, struct bd_err *err)
{
    struct adding *ad = arg;
    int rc = inputs_still_there(conn, ad->inputs, err);
    return rc < 0 ? rc : keep_created(ad->keep, conn, "/v1/campaigns", view_campaign(row, 0), err);
}

static void on_added(void *arg, int rc, const struct bd_err *err, const void *row)
{
    struct adding *ad = arg;
    if (rc < 0)
        http_problem_err(ad->r, err);
    else
        reply_created(ad->r, "/v1/campaigns", view_campaign(row, 0));
    adding_free(ad);
}

static void add(struct planning *p)
{
    const struct adding *asked = http_request_data(p->r);
    if (p->no_room) {
        http_problem(p->r, "no-capacity", "%s", p->no_room);
        return;
    }
    struct adding *ad = bd_new(struct adding);
    *ad = *asked;
    ad->r = http_request_ref(p->r);
    ad->keep = bd_take(p->keep);
    ad->inputs = bd_take(p->inputs);
    struct engine_cells cells = {
        .id = ad->id, .was = ad->was, .also = keep_cells, .done = on_added, .arg = ad};
    cells.spec = bd_take(p->spec);
    cells.plan = bd_take(p->plan);
    cells.definitions = bd_take(p->definitions);
    engine_campaign_add_cells(p->api->engine, &cells);
}

static int load_row(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_campaign row = {0};
    int rc = store_campaign_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    q->json = view_campaign(&row, 0);
    store_campaign_done(&row);
    return 0;
}

/* NULL: it does. */
static const char *takes_none(const json_t *campaign)
{
    enum campaign_state state = CAMPAIGN_FAILED;
    campaign_state_from_str(bd_json_str(campaign, "state", ""), &state);
    if (campaign_state_is_final(state))
        return "has ended";
    if (state == CAMPAIGN_CANCELLING)
        return "is being cancelled";
    if (!json_is_null(json_object_get(campaign, "until")))
        return "has a rule for stopping";
    return bd_json_bool(json_object_get(campaign, "budget"), "exhausted", false)
               ? "has used its budget up"
               : NULL;
}

static void plan_anew(struct api_read *q)
{
    struct adding *ad = http_request_data(q->r);
    struct keep *keep = bd_take(ad->keep);
    const char *why = takes_none(q->json);
    if (why || refused_at_end(q->api, q->r)) {
        if (why)
            http_problem(q->r, "conflict", "campaign %s %s: it takes no more cells", q->id, why);
        keep_free(keep);
        return;
    }
    snprintf(ad->id, sizeof(ad->id), "%s", q->id);
    snprintf(ad->was, sizeof(ad->was), "%s", bd_json_str(q->json, "digest", ""));
    json_t *spec = json_deep_copy(json_object_get(q->json, "spec"));
    json_t *cells = json_object_get(http_request_json(q->r), "cells");
    if (!json_object_get(spec, "added"))
        json_object_set_new(spec, "added", json_array());
    json_array_append_new(json_object_get(spec, "added"), json_deep_copy(cells));
    planning_start_of(q->api, q->r, spec, keep, add);
}

/* If the request ends before it is planned. */
static void asked_free(void *data)
{
    struct adding *ad = data;
    keep_free(ad->keep);
    free(ad);
}

static void read_before(struct api *a, struct http_request *r, struct keep *keep)
{
    struct adding *ad = bd_new(struct adding);
    ad->keep = keep;
    http_request_set_data(r, ad, asked_free);
    struct api_read *q = read_object(a, r, "campaign", load_row);
    q->reply = plan_anew;
    read_submit(q);
}

void campaigns_add_cells(struct http_request *r, void *app)
{
    idempotent(app, r, read_before);
}
