/* A campaign's cells compared, as lib/report does it. */
#include "lib/report/analysis.h"
#include "daemon/api/private.h"
#include "lib/plan/plan.h"

#include <stdio.h>
#include <string.h>

/* What the request says; written before the read begins, and by nobody afterwards. */
struct comparing {
    struct bd_strv metrics; /* of ?metric= */
    char *known;            /* of If-None-Match; NULL: none */
};

static void comparing_free(void *data)
{
    struct comparing *c = data;
    bd_strv_done(&c->metrics);
    free(c->known);
    free(c);
}

static int compare(struct api_read *q, struct store_conn *conn, const struct store_campaign *row,
                   struct bd_err *err)
{
    const struct comparing *asked = http_request_data(q->r);
    bd_auto(plan) struct plan *plan = NULL;
    bd_auto_json json_t *levels = json_array();
    int rc = plan_again(row->spec, &plan, err);
    if (rc < 0)
        return rc;
    if (plan_cells(plan) > ANALYSIS_CELLS_MAX)
        return bd_err_set(err, BD_ECONFLICT,
                          "campaign %s has %zu cells: at most %d are compared, by pairs with the "
                          "first",
                          row->id, plan_cells(plan), ANALYSIS_CELLS_MAX);
    for (size_t i = 0; i < plan_cells(plan); i++)
        json_array_append_new(levels, plan_cell_levels(plan, i));
    const struct analysis_campaign campaign = {
        .id = row->id,
        .state = campaign_state_to_str(row->state),
        .at_end = campaign_state_is_final(row->state),
        .spec = row->spec,
        .levels = levels,
        .blocks = row->blocks, /* fewer than planned where its rule has stopped it */
        .warmup = plan_warmup_blocks(plan),
        .metrics = &asked->metrics,
    };
    bd_auto(analysis) struct analysis *c = analysis_new(&campaign);
    rc = analysis_read(c, conn, err);
    if (rc == 0)
        q->json = analysis_json(c);
    return rc;
}

static int load_analysis(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    const struct comparing *asked = http_request_data(q->r);
    struct store_campaign row = {0};
    int rc = store_campaign_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    /* Each run that ends counts the version up, and nothing else changes what is found. It is read
     * before the runs: one that ends meanwhile is looked at again with the next version. */
    snprintf(q->etag, sizeof(q->etag), "\"%s.%lld\"", row.id, (long long)row.version);
    if (!asked->known || !strstr(asked->known, q->etag))
        rc = compare(q, conn, &row, err);
    store_campaign_done(&row);
    return rc;
}

void campaigns_analyse(struct http_request *r, void *app)
{
    struct comparing *asked = bd_new(struct comparing);
    const char *metrics = http_request_query(r, "metric");
    const char *known = http_request_header(r, "If-None-Match");
    bd_auto_free char *copy = bd_xstrdup(metrics ? metrics : "");
    char *rest = copy, *name;
    while ((name = strsep(&rest, ",")))
        if (*name)
            bd_strv_add(&asked->metrics, name);
    asked->known = known ? bd_xstrdup(known) : NULL;
    http_request_set_data(r, asked, comparing_free);
    read_submit(read_object(app, r, "campaign", load_analysis));
}
