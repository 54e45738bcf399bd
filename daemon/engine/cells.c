/*
 * Cells that are added to a campaign while it goes on: spec and numbers change in one transaction,
 * then the campaign takes the new plan over. All positions that there were stay, so that runs under
 * way need not know.
 */
#include "daemon/engine/campaign.h"

#include "daemon/engine/fault.h"
#include "lib/base/log.h"

#include <string.h>

struct addition {
    struct write w;
    struct engine *e;
    struct store_campaign row; /* what changes of it; as it is then, once it is stored */
    char was[BD_DIGEST_BYTES];
    struct plan *plan;
    json_t *definitions;
    size_t batch, cells; /* added */
    engine_also_fn also;
    engine_done_fn done;
    void *arg;
};

static int addition_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct addition *ad = (struct addition *)w;
    struct store_campaign now = {0};
    bd_auto_json json_t *data = json_pack("{s:I, s:I, s:s}", "batch", (json_int_t)ad->batch,
                                          "cells", (json_int_t)ad->cells, "digest", ad->row.digest);
    int rc = store_campaign_add_cells(conn, &ad->row, ad->was, err);
    if (rc == 0)
        rc = definitions_keep(conn, ad->row.id, ad->row.spec, ad->definitions, err);
    if (rc == 0)
        rc = store_campaign_get(conn, ad->row.id, &now, err);
    if (rc == 0) {
        store_campaign_done(&ad->row);
        ad->row = now;
        rc = event_append(conn, "campaign.cells", ad->row.id, data, err);
    }
    if (rc == 0 && ad->also)
        rc = ad->also(conn, &ad->row, ad->arg, err);
    return rc;
}

static void take_cells(struct campaign *c, struct plan *plan, json_t *definitions)
{
    size_t before = plan_runs(c->plan), all = plan_runs(plan);
    c->slots = bd_xrealloc(c->slots, (all + 1) * sizeof(*c->slots));
    memset(c->slots + before, 0, (all + 1 - before) * sizeof(*c->slots));
    plan_free(c->plan);
    json_decref(c->definitions); /* those that there are now are all that its spec names */
    c->plan = plan;
    c->definitions = definitions;
    c->end = all;
}

static void addition_done(struct write *w, int rc, const struct bd_err *err)
{
    struct addition *ad = (struct addition *)w;
    struct engine *e = ad->e;
    struct campaign *c = campaign_find(e, ad->row.id);
    engine_store_result(e, rc, err);
    if (rc == 0) {
        fault_point("campaign", "cells");
        engine_changed(e, "campaign", ad->row.id);
        e->config.on_events(e->config.arg);
    }
    if (c) {
        c->adding--;
        c->reopen = c->reopen || (rc == 0 && c->opening); /* what it reads may be of before */
        if (rc == 0 && c->plan)
            take_cells(c, bd_take(ad->plan), bd_take(ad->definitions));
    }
    ad->done(ad->arg, rc, err, rc == 0 ? &ad->row : NULL);
    if (c) {
        campaign_move(c);
        queue_move(e);
    }
    store_campaign_done(&ad->row);
    plan_free(ad->plan);
    json_decref(ad->definitions);
    free(ad);
    engine_flight_end(e);
}

void engine_campaign_add_cells(struct engine *e, const struct engine_cells *add)
{
    struct bd_err err = BD_ERR_INIT;
    struct campaign *c = campaign_find(e, add->id);
    if (e->closing)
        bd_err_set(&err, BD_EUNAVAILABLE, "benchd is ending: try again when it is back");
    else if (!c)
        bd_err_set(&err, BD_ECONFLICT, "campaign %s has ended", add->id);
    if (err.code < 0 || !c) {
        json_decref(add->spec);
        plan_free(add->plan);
        json_decref(add->definitions);
        engine_answer(e, add->done, add->arg, &err, NULL);
        return;
    }
    struct addition *ad = bd_new(struct addition);
    const json_t *added = json_object_get(add->spec, "added");
    char digest[BD_DIGEST_BYTES];
    ad->w = (struct write){.exec = addition_exec, .done = addition_done};
    ad->e = e;
    ad->plan = add->plan;
    ad->definitions = add->definitions;
    ad->batch = json_array_size(added);
    ad->cells = json_array_size(json_array_get(added, ad->batch - 1));
    ad->also = add->also;
    ad->done = add->done;
    ad->arg = add->arg;
    snprintf(ad->was, sizeof(ad->was), "%s", add->was);
    plan_digest(add->spec, digest);
    memcpy(ad->row.id, c->id, sizeof(ad->row.id));
    ad->row.spec = add->spec;
    ad->row.digest = bd_xstrdup(digest);
    ad->row.cells = (unsigned)plan_cells(ad->plan);
    ad->row.runs = (unsigned)plan_runs(ad->plan);
    c->adding++;
    bd_log(BD_LOG_INFO, "cells are added to a campaign", "campaign", c->id, "cells",
           bd_log_i64((int64_t)ad->cells), NULL);
    e->in_flight++;
    writer_submit(e->config.writer, &ad->w);
}
