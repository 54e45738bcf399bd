/* Campaigns against each other, as lib/report does it. */
#include "daemon/api/private.h"
#include "lib/plan/plan.h"
#include "lib/report/analysis_read.h"

#include <math.h>

/* What is read of the campaigns before their runs are. */
struct sides {
    struct store_campaign rows[ACROSS_CAMPAIGNS_MAX];
    struct across_campaign campaigns[ACROSS_CAMPAIGNS_MAX];
    size_t n;
};

static void sides_done(struct sides *s)
{
    for (size_t i = 0; i < s->n; i++) {
        json_decref((json_t *)s->campaigns[i].levels);
        store_campaign_done(&s->rows[i]);
    }
}

static int read_side(struct sides *s, struct store_conn *conn, const char *id, struct bd_err *err)
{
    struct store_campaign *row = &s->rows[s->n];
    struct across_campaign *c = &s->campaigns[s->n];
    bd_auto(plan) struct plan *plan = NULL;
    json_t *levels = json_array();
    int rc = store_campaign_get(conn, id, row, err);
    if (rc < 0) {
        json_decref(levels);
        return rc;
    }
    c->levels = levels;
    s->n++;
    rc = plan_again(row->spec, &plan, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < plan_cells(plan) && i <= ANALYSIS_CELLS_MAX; i++)
        json_array_append_new(levels, plan_cell_levels(plan, i));
    c->id = row->id;
    c->name = row->name;
    c->at_end = campaign_state_is_final(row->state);
    c->spec = row->spec;
    c->blocks = row->blocks; /* fewer than planned where its rule has stopped it */
    c->warmup = plan_warmup_blocks(plan);
    c->budget_why = row->exhausted;
    return 0;
}

static int load_comparison(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    const json_t *asked = http_request_json(q->r), *name;
    __attribute__((cleanup(sides_done))) struct sides s = {0};
    bd_auto_strv struct bd_strv metrics = {0};
    bd_auto(across) struct across *a = NULL;
    int rc = 0;
    size_t i;
    json_array_foreach (json_object_get(asked, "campaigns"), i, name)
        if (rc == 0)
            rc = read_side(&s, conn, json_string_value(name), err);
    json_array_foreach (json_object_get(asked, "metrics"), i, name)
        bd_strv_add(&metrics, json_string_value(name));
    if (rc == 0)
        rc = across_new(s.campaigns, s.n, &metrics, bd_json_real(asked, "confidence", 0), &a, err);
    if (rc == 0)
        rc = across_read(a, conn, err);
    if (rc == 0)
        q->json = across_json(a, bd_json_real(asked, "margin", NAN));
    return rc;
}

void comparisons_create(struct http_request *r, void *app)
{
    read_submit(read_new(app, r, load_comparison));
}
