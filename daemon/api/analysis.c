/* The analysis of a campaign, as lib/report makes it: as JSON, or as a document. */
#include "daemon/api/private.h"
#include "daemon/http/files.h"

#include "lib/base/clock.h"
#include "lib/plan/plan.h"
#include "lib/report/analysis_read.h"
#include "lib/report/report.h"
#include "lib/store/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the request says; written before the read begins, and by nobody afterwards. */
struct asked {
    struct bd_strv metrics; /* of ?metric= */
    char *by;               /* NULL: all factors */
    double confidence;      /* 0: what the campaign says */
    bool plotted;           /* this benchd has the dashboard, which plots it */
    bool document;          /* a report is asked for */
    enum report_format format;
    char digest[BD_DIGEST_BYTES]; /* of the question, and of who answers it */
};

static void asked_free(void *data)
{
    struct asked *asked = data;
    bd_strv_done(&asked->metrics);
    free(asked->by);
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

/* What is found of a campaign, and what its runs were made with. */
struct found {
    json_t *analysis, *conditions, *hosts;
};

static void found_done(struct found *f)
{
    json_decref(f->analysis);
    json_decref(f->conditions);
    json_decref(f->hosts);
}
#define found_auto __attribute__((cleanup(found_done)))

static int analyse(struct store_conn *conn, const struct store_campaign *row,
                   const struct asked *asked, struct found *ret, struct bd_err *err)
{
    bd_auto(plan) struct plan *plan = NULL;
    bd_auto_json json_t *levels = json_array();
    int rc = plan_again(row->spec, &plan, err);
    if (rc < 0)
        return rc;
    if (plan_cells(plan) > ANALYSIS_CELLS_MAX)
        return bd_err_set(err, BD_ECONFLICT, "campaign %s has %zu cells: at most %d are analysed",
                          row->id, plan_cells(plan), ANALYSIS_CELLS_MAX);
    for (size_t i = 0; i < plan_cells(plan); i++)
        json_array_append_new(levels, plan_cell_levels(plan, i));
    struct analysis_campaign campaign = {
        .id = row->id,
        .name = row->name,
        .state = campaign_state_to_str(row->state),
        .at_end = campaign_state_is_final(row->state),
        .levels = levels,
        .blocks = row->blocks, /* fewer than planned where its rule has stopped it */
        .warmup = plan_warmup_blocks(plan),
        .budget_why = row->exhausted,
        .metrics = &asked->metrics,
        .by = asked->by,
        .confidence = asked->confidence,
        .plotted = asked->plotted,
    };
    analysis_design_of(row->spec, &campaign);
    bd_auto(analysis) struct analysis *a = analysis_new(&campaign);
    rc = check_by(a, &campaign, err);
    if (rc == 0)
        rc = analysis_read(a, conn, err);
    if (rc == 0)
        *ret = (struct found){analysis_json(a), analysis_conditions(a), analysis_hosts(a)};
    return rc;
}

int campaign_analysis(struct store_conn *conn, const struct store_campaign *row, json_t **ret_json,
                      struct bd_err *err)
{
    const struct asked nothing = {0};
    found_auto struct found found = {0};
    int rc = analyse(conn, row, &nothing, &found, err);
    if (rc == 0)
        *ret_json = bd_take(found.analysis);
    return rc;
}

/* Puts the description of each host beside its digest; one that is not stored is known by that. */
static int describe_hosts(struct store_conn *conn, json_t *hosts, struct bd_err *err)
{
    json_t *host, *description;
    size_t i;
    json_array_foreach (hosts, i, host) {
        description = NULL;
        int rc = store_host_get(conn, bd_json_str(host, "digest", ""), &description, err);
        if (rc < 0 && rc != BD_ENOTFOUND)
            return rc;
        if (description)
            json_object_set_new(host, "description", description);
    }
    return 0;
}

static int with_charts(struct store_conn *conn, const struct store_campaign *row,
                       const json_t *analysis, const struct report_source *source,
                       const struct http_file *page, char **ret_text, struct bd_err *err)
{
    bd_auto_str struct bd_str data = {0};
    int rc = report_data(conn, row, analysis, &data, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *body = report_body(analysis, source);
    *ret_text = ui_report(page, bd_str_text(&data), body);
    return 0;
}

/* page: the dashboard's, for HTML; NULL: there is none. */
static int write_report(struct store_conn *conn, const struct store_campaign *row,
                        const struct found *found, enum report_format format,
                        const struct http_file *page, char **ret_text, struct bd_err *err)
{
    bd_auto_json json_t *campaign = view_campaign(row, 0);
    int rc = describe_hosts(conn, found->hosts, err);
    const struct report_source source = {.version = BENCHD_VERSION,
                                         .campaign = campaign,
                                         .conditions = found->conditions,
                                         .hosts = found->hosts};
    if (rc == 0 && format == REPORT_HTML && page)
        return with_charts(conn, row, found->analysis, &source, page, ret_text, err);
    if (rc == 0)
        *ret_text = report_text(found->analysis, &source, format);
    return rc;
}

/* Its text is made here, on the reader: it may be long. */
static int answer(struct api_read *q, struct store_conn *conn, const struct store_campaign *row,
                  struct bd_err *err)
{
    const struct asked *asked = http_request_data(q->r);
    found_auto struct found found = {0};
    bd_auto_free char *text = NULL;
    int rc = analyse(conn, row, asked, &found, err);
    if (rc == 0 && asked->document)
        rc = write_report(conn, row, &found, asked->format, q->api->report_page, &text, err);
    else if (rc == 0)
        text = bd_json_text(found.analysis);
    if (rc < 0)
        return rc;
    bd_auto_str struct bd_str made = {0};
    bd_str_add(&made, text);
    read_made(q, &made);
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
    snprintf(q->etag, sizeof(q->etag), "\"%s.%lld.%.12s%s\"", row.id, (long long)row.version,
             asked->digest + strlen("sha256:"),
             asked->document ? report_format_to_str(asked->format) : "");
    if (asked->document && etag_is_known(q->known, q->etag))
        memcpy(q->made.etag, q->etag, sizeof(q->etag));
    else
        rc = answer(q, conn, &row, err);
    store_campaign_done(&row);
    return rc;
}

static struct asked *read_request(const struct api *a, struct http_request *r)
{
    struct asked *asked = bd_new(struct asked);
    const char *metrics = http_request_query(r, "metric");
    const char *by = http_request_query(r, "by");
    const char *confidence = http_request_query(r, "confidence");
    bd_auto_free char *question =
        bd_xasprintf("%s %s&%s&%s %s", BENCHD_VERSION, metrics ? metrics : "", by ? by : "",
                     confidence ? confidence : "", a->report_page ? a->report_page->etag : "");
    bd_auto_free char *copy = bd_xstrdup(metrics ? metrics : "");
    char *rest = copy, *name;
    while ((name = strsep(&rest, ",")))
        if (*name)
            bd_strv_add(&asked->metrics, name);
    asked->by = by ? bd_xstrdup(by) : NULL;
    asked->confidence = confidence ? strtod(confidence, NULL) : 0; /* the contract has checked it */
    asked->plotted = a->report_page != NULL;
    bd_digest_of(question, strlen(question), asked->digest);
    http_request_set_data(r, asked, asked_free);
    return asked;
}

void campaigns_analyse(struct http_request *r, void *app)
{
    /* Each run that ends counts, and an analysis of thousands takes seconds: for pages that are
     * left open it is at most a twentieth of a CPU's time. */
    static const struct shared_rule exact = {0}, live = {.keep_ns = BD_NS_PER_S, .times = 20};
    const char *is_live = http_request_query(r, "live");
    (void)read_request(app, r);
    shared_read(read_object(app, r, "campaign", load_analysis),
                bd_str_eq(is_live, "true") ? &live : &exact);
}

static void reply_report(struct api_read *q)
{
    const struct asked *asked = http_request_data(q->r);
    reply_made(q, report_format_type(asked->format));
}

/* The format that is asked for, by its name or by what the client can read. */
void campaigns_report(struct http_request *r, void *app)
{
    struct asked *asked = read_request(app, r);
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
