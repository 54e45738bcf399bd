/* What was sampled while a run went on: which series there are, or the values of one metric. */
#include "daemon/api/columns.h"
#include "daemon/api/points.h"
#include "daemon/api/private.h"

#include "lib/base/str.h"
#include "lib/sample/metrics.h"
#include "lib/sample/live.h"
#include "lib/sample/series.h"
#include "lib/store/sample.h"

#include <stdio.h>
#include <string.h>

#define HOST "host" /* the machine itself, among the nodes */

static const char *shown(const char *node)
{
    return *node ? node : HOST;
}

static const char *unit_of(const char *metric)
{
    const struct sample_metric *m = sample_metric_find(metric);
    return m ? m->unit : "";
}

/* -- which there are -- */

static void add_series(struct bd_str *out, const struct store_series *one)
{
    bd_str_add(out, "{\"metric\":");
    text_json(one->metric, out);
    bd_str_add(out, ",\"node\":");
    text_json(shown(one->node), out);
    bd_str_add(out, ",\"unit\":");
    text_json(unit_of(one->metric), out);
    bd_str_addf(out, ",\"n\":%llu,\"fromNs\":%lld,\"toNs\":%lld}", (unsigned long long)one->n,
                (long long)one->from_ns, (long long)one->to_ns);
}

/* Of a run that is being measured: nothing of it is in the store yet. False: it is not. */
static bool add_live_series(struct api_read *q)
{
    bd_auto_str struct bd_str text = {0};
    struct live_series *series = NULL;
    size_t n = 0;
    if (q->live)
        sample_live_read(q->live, SAMPLE_COUNT, 0, INT64_MAX, &series, &n);
    for (size_t i = 0; i < n; i++) {
        const struct store_series one = {
            .metric = (char *)sample_metrics[series[i].metric].name,
            .node = series[i].node,
            .n = series[i].n,
            .from_ns = series[i].from_ns,
            .to_ns = series[i].to_ns,
        };
        bd_str_add(&text, i ? "," : "{\"items\":[");
        add_series(&text, &one);
    }
    live_series_free(series, n);
    if (n == 0)
        return false;
    bd_str_add(&text, "]}");
    read_made(q, &text);
    return true;
}

static int load_series(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_series *series = NULL;
    size_t n = 0;
    int rc = load_run_exists(q, conn, err);
    if (rc == 0 && add_live_series(q))
        return 0;
    if (rc == 0)
        rc = store_samples_series(conn, q->id, NULL, &series, &n, err);
    if (rc < 0)
        return rc;
    bd_auto_str struct bd_str text = {0};
    bd_str_add(&text, "{\"items\":[");
    for (size_t i = 0; i < n; i++) {
        bd_str_add(&text, i ? "," : "");
        add_series(&text, &series[i]);
    }
    bd_str_add(&text, "]}");
    store_series_free(series, n);
    read_made(q, &text);
    return 0;
}

/* -- the values of a metric -- */

struct ask {
    char metrics[1024]; /* with commas between */
    bool of_one;                     /* of this node alone */
    char node[64];                   /* as the store has it */
    int64_t from_ns, to_ns, step_ns; /* step 0: each value by itself */
};

/* The reply's text as it grows. */
struct values {
    const char *metric;
    const struct ask *ask;
    struct sample_live *live; /* NULL: none */
    struct bd_str text;
    struct points points;
};

static int check_points(const struct values *v, struct bd_err *err)
{
    if (v->points.n <= POINTS_MAX)
        return 0;
    return bd_err_set(err, BD_EINVALID,
                      "these are more than %d values: give a longer step, a shorter time by from "
                      "and to, or one node",
                      POINTS_MAX);
}

static int add_blocks(struct values *v, const struct store_sample *blocks, size_t n,
                      struct bd_err *err)
{
    for (size_t i = 0; i < n; i++) {
        bd_auto_free struct sample_point *points = NULL;
        size_t n_points = 0;
        int rc = sample_decode(blocks[i].data, blocks[i].bytes, &points, &n_points, err);
        if (rc < 0)
            return rc;
        points_add(&v->points, points, n_points);
        rc = check_points(v, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static void begin_node(struct values *v, const char *node)
{
    bd_str_addf(&v->text, "%s{\"node\":", v->text.data[v->text.len - 1] == '}' ? "," : "");
    text_json(shown(node), &v->text);
    bd_str_add(&v->text, ",\"points\":");
    points_begin(&v->points);
}

static void end_node(struct values *v)
{
    points_end(&v->points);
    bd_str_add(&v->text, "}");
}

static int add_node(struct values *v, struct store_conn *conn, const char *run, const char *node,
                    struct bd_err *err)
{
    struct store_sample *blocks = NULL;
    size_t n = 0;
    int rc = store_samples_list(conn, run, v->metric, node, v->ask->from_ns, v->ask->to_ns, &blocks,
                                &n, err);
    if (rc < 0)
        return rc;
    begin_node(v, node);
    rc = add_blocks(v, blocks, n, err);
    end_node(v);
    store_samples_free(blocks, n);
    return rc < 0 ? bd_err_wrap(err, "%s of %s in run %s", v->metric, shown(node), run) : 0;
}

/* Of a run that is being measured. */
static int add_live_nodes(struct values *v, const struct live_series *series, size_t n,
                          struct bd_err *err)
{
    for (size_t i = 0; i < n && v->points.n <= POINTS_MAX; i++) {
        if (v->ask->of_one && !bd_str_eq(v->ask->node, series[i].node))
            continue;
        begin_node(v, series[i].node);
        points_add(&v->points, series[i].points, series[i].n);
        end_node(v);
    }
    return check_points(v, err);
}

static int add_nodes(struct values *v, struct store_conn *conn, const char *run,
                     const struct store_series *series, size_t n, struct bd_err *err)
{
    const struct sample_metric *known = sample_metric_find(v->metric);
    struct live_series *live = NULL;
    size_t n_live = 0;
    if (v->live && known)
        sample_live_read(v->live, (enum sample_id)(known - sample_metrics), v->ask->from_ns,
                         v->ask->to_ns, &live, &n_live);
    if (n == 0 && !known)
        return bd_err_set(err, BD_ENOTFOUND,
                          "run %s has no samples of '%s'; /v1/runs/%s/samples lists what it has",
                          run, v->metric, run);
    bd_str_add(&v->text, "{\"metric\":");
    text_json(v->metric, &v->text);
    bd_str_add(&v->text, ",\"unit\":");
    text_json(unit_of(v->metric), &v->text);
    bd_str_add(&v->text, ",\"stepNs\":");
    if (v->ask->step_ns)
        bd_str_addf(&v->text, "%lld", (long long)v->ask->step_ns);
    else
        bd_str_add(&v->text, "null");
    bd_str_add(&v->text, ",\"items\":[");
    int live_rc = add_live_nodes(v, live, n_live, err);
    live_series_free(live, n_live);
    if (live_rc < 0)
        return live_rc;
    for (size_t i = 0; n_live == 0 && i < n; i++) {
        if (v->ask->of_one && !bd_str_eq(v->ask->node, series[i].node))
            continue;
        int rc = add_node(v, conn, run, series[i].node, err);
        if (rc < 0)
            return rc;
    }
    bd_str_add(&v->text, "]}");
    return 0;
}

static int add_metric(struct values *v, struct store_conn *conn, const char *run,
                      const char *metric, struct bd_err *err)
{
    struct store_series *series = NULL;
    size_t n = 0;
    v->metric = metric;
    int rc = store_samples_series(conn, run, metric, &series, &n, err);
    if (rc == 0)
        rc = add_nodes(v, conn, run, series, n, err);
    store_series_free(series, n);
    return rc;
}

/* One metric as an object, several as a list of them. */
static int load_values(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    const struct ask *ask = q->ask;
    struct values v = {
        .ask = ask,
        .live = q->live,
        .points = {.from_ns = ask->from_ns, .to_ns = ask->to_ns, .step_ns = ask->step_ns},
    };
    bd_auto_free char *copy = bd_xstrdup(ask->metrics);
    char *rest = copy, *metric;
    bool several = strchr(ask->metrics, ',');
    v.points.out = &v.text;
    int rc = load_run_exists(q, conn, err);
    bd_str_add(&v.text, several ? "{\"metrics\":[" : "");
    for (bool first = true; rc == 0 && (metric = strsep(&rest, ",")); first = false) {
        bd_str_add(&v.text, first ? "" : ",");
        rc = add_metric(&v, conn, q->id, metric, err);
    }
    bd_str_add(&v.text, several ? "]}" : "");
    if (rc == 0)
        read_made(q, &v.text);
    bd_str_done(&v.text);
    return rc;
}

/* -- both -- */

/* What narrows values down would be ignored where none are asked for. */
static bool check_metric_is_there(struct http_request *r)
{
    static const char *const of_values[] = {"node", "from", "to", "step"};
    bd_auto_faults struct schema_faults faults = {0};
    for (size_t i = 0; i < BD_ARRAY_LEN(of_values); i++) {
        bd_auto_free char *pointer = bd_xasprintf("/query/%s", of_values[i]);
        const char *got = http_request_query(r, of_values[i]);
        if (got)
            schema_faults_add(&faults, pointer, got, "nothing, or a metric beside it");
    }
    if (faults.n)
        reply_faults(r, "request", &faults);
    return faults.n == 0;
}

static struct ask *ask_new(const struct http_request *r)
{
    struct ask *ask = bd_new(struct ask);
    const char *node = http_request_query(r, "node");
    ask->of_one = node != NULL;
    if (node && !bd_str_eq(node, HOST))
        snprintf(ask->node, sizeof(ask->node), "%s", node);
    ask->from_ns = read_duration(r, "from", 0);
    ask->to_ns = read_duration(r, "to", INT64_MAX);
    ask->step_ns = read_duration(r, "step", 0);
    return ask;
}

void samples_get(struct http_request *r, void *app)
{
    const char *metric = http_request_query(r, "metric");
    if (!metric && !check_metric_is_there(r))
        return;
    struct api *a = app;
    struct api_read *q = read_object(a, r, "run", metric ? load_values : load_series);
    struct ask *ask = ask_new(r);
    snprintf(ask->metrics, sizeof(ask->metrics), "%s", metric ? metric : "");
    q->ask = ask;
    q->live = engine_run_live(a->engine, q->id);
    q->reply = reply_made_json;
    read_submit(q);
}
