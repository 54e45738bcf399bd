/* The analysis of a campaign, as lib/report makes it: as JSON, or as a document. */
#include "daemon/api/private.h"
#include "lib/plan/plan.h"
#include "lib/report/analysis_read.h"
#include "lib/report/report.h"
#include "lib/virt/hostfacts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the request says; written before the read begins, and by nobody afterwards. */
struct asked {
    struct bd_strv metrics; /* of ?metric= */
    char *by;               /* NULL: all factors */
    double confidence;      /* 0: what the campaign says */
    bool document;          /* a report is asked for */
    enum report_format format;
    char *known; /* of If-None-Match; NULL: none */
};

static void asked_free(void *data)
{
    struct asked *asked = data;
    bd_strv_done(&asked->metrics);
    free(asked->by);
    free(asked->known);
    free(asked);
}

static int check_by(const struct analysis *a, const struct analysis_campaign *campaign,
                    struct bd_err *err)
{
    if (!campaign->by || analysis_has_factor(a, campaign->by))
        return 0;
    return bd_err_set(err, BD_EINVALID,
                      "by: %s is no factor of campaign %s of which its cells have two levels",
                      campaign->by, campaign->id);
}

static json_t *host_json(void)
{
    struct hostfacts facts;
    if (hostfacts_read(&facts, NULL) < 0)
        return NULL;
    json_t *host = json_pack("{s:i, s:I, s:s, s:s}", "cpus", (int)facts.cpus, "memoryBytes",
                             (json_int_t)facts.memory_bytes, "kernel", facts.kernel, "cgroups",
                             cgroup_layout_to_str(facts.layout));
    hostfacts_done(&facts);
    return host;
}

/* The caller's. */
static char *write_report(const struct analysis *a, const json_t *analysis,
                          const struct store_campaign *row, enum report_format format)
{
    bd_auto_json json_t *conditions = analysis_conditions(a);
    bd_auto_json json_t *campaign = view_campaign(row, 0);
    bd_auto_json json_t *host = host_json();
    const struct report_source source = {
        .version = BENCHD_VERSION, .campaign = campaign, .conditions = conditions, .host = host};
    return report_text(analysis, &source, format);
}

/* An analysis with all that it borrows. */
struct made {
    json_t *levels;
    struct analysis_campaign campaign;
    struct analysis *analysis;
};

static void made_done(struct made *m)
{
    analysis_free(m->analysis);
    json_decref(m->levels);
}

static int make(struct made *m, struct store_conn *conn, const struct store_campaign *row,
                const struct asked *asked, struct bd_err *err)
{
    bd_auto(plan) struct plan *plan = NULL;
    int rc = plan_again(row->spec, &plan, err);
    if (rc < 0)
        return rc;
    if (plan_cells(plan) > ANALYSIS_CELLS_MAX)
        return bd_err_set(err, BD_ECONFLICT, "campaign %s has %zu cells: at most %d are analysed",
                          row->id, plan_cells(plan), ANALYSIS_CELLS_MAX);
    m->levels = json_array();
    for (size_t i = 0; i < plan_cells(plan); i++)
        json_array_append_new(m->levels, plan_cell_levels(plan, i));
    m->campaign = (struct analysis_campaign){
        .id = row->id,
        .name = row->name,
        .state = campaign_state_to_str(row->state),
        .at_end = campaign_state_is_final(row->state),
        .levels = m->levels,
        .blocks = row->blocks, /* fewer than planned where its rule has stopped it */
        .warmup = plan_warmup_blocks(plan),
        .metrics = &asked->metrics,
        .by = asked->by,
        .confidence = asked->confidence,
    };
    analysis_design_of(row->spec, &m->campaign);
    m->analysis = analysis_new(&m->campaign);
    rc = check_by(m->analysis, &m->campaign, err);
    return rc < 0 ? rc : analysis_read(m->analysis, conn, err);
}

int campaign_analysis(struct store_conn *conn, const struct store_campaign *row, json_t **ret_json,
                      struct bd_err *err)
{
    const struct asked all = {0};
    __attribute__((cleanup(made_done))) struct made m = {0};
    int rc = make(&m, conn, row, &all, err);
    if (rc == 0)
        *ret_json = analysis_json(m.analysis);
    return rc;
}

static int analyse(struct api_read *q, struct store_conn *conn, const struct store_campaign *row,
                   struct bd_err *err)
{
    const struct asked *asked = http_request_data(q->r);
    __attribute__((cleanup(made_done))) struct made m = {0};
    int rc = make(&m, conn, row, asked, err);
    if (rc < 0)
        return rc;
    bd_auto_json json_t *json = analysis_json(m.analysis);
    bd_auto_free char *text =
        asked->document ? write_report(m.analysis, json, row, asked->format) : bd_json_text(json);
    q->json = json_string(text);
    return 0;
}

static int load_analysis(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    const struct asked *asked = http_request_data(q->r);
    struct store_campaign row = {0};
    int rc = store_campaign_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    /* Each run that ends counts the version up, and nothing else changes what is found. It is read
     * before the runs: one that ends meanwhile is looked at again with the next version. */
    snprintf(q->etag, sizeof(q->etag), "\"%s.%lld%s%s\"", row.id, (long long)row.version,
             asked->document ? "." : "",
             asked->document ? report_format_to_str(asked->format) : "");
    if (!asked->known || !strstr(asked->known, q->etag))
        rc = analyse(q, conn, &row, err);
    store_campaign_done(&row);
    return rc;
}

static struct asked *read_request(struct http_request *r)
{
    struct asked *asked = bd_new(struct asked);
    const char *metrics = http_request_query(r, "metric");
    const char *by = http_request_query(r, "by");
    const char *confidence = http_request_query(r, "confidence");
    const char *known = http_request_header(r, "If-None-Match");
    bd_auto_free char *copy = bd_xstrdup(metrics ? metrics : "");
    char *rest = copy, *name;
    while ((name = strsep(&rest, ",")))
        if (*name)
            bd_strv_add(&asked->metrics, name);
    asked->by = by ? bd_xstrdup(by) : NULL;
    asked->confidence = confidence ? strtod(confidence, NULL) : 0; /* the contract has checked it */
    asked->known = known ? bd_xstrdup(known) : NULL;
    http_request_set_data(r, asked, asked_free);
    return asked;
}

void campaigns_analyse(struct http_request *r, void *app)
{
    (void)read_request(r);
    struct api_read *q = read_object(app, r, "campaign", load_analysis);
    q->reply = reply_made_json;
    read_submit(q);
}

static void reply_report(struct api_read *q)
{
    const struct asked *asked = http_request_data(q->r);
    http_header(q->r, "Vary", "Accept");
    reply_made(q, report_format_type(asked->format));
}

/* The format that is asked for, by its name or by what the client can read. */
void campaigns_report(struct http_request *r, void *app)
{
    struct asked *asked = read_request(r);
    const char *format = http_request_query(r, "format");
    const char *accept = http_request_header(r, "Accept");
    asked->document = true;
    asked->format = accept && strstr(accept, "text/html") ? REPORT_HTML : REPORT_MARKDOWN;
    if (format)
        (void)report_format_from_str(format, &asked->format); /* the contract has checked it */
    struct api_read *q = read_object(app, r, "campaign", load_analysis);
    q->reply = reply_report;
    read_submit(q);
}
