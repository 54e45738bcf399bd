/* What was sampled while a run went on: which series there are, or the values of one metric. */
#include "daemon/api/points.h"
#include "daemon/api/private.h"

#include "lib/base/str.h"
#include "lib/sample/metrics.h"
#include "lib/sample/series.h"
#include "lib/store/sample.h"

#include <stdio.h>

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

static void add_quoted(struct bd_str *out, const char *text)
{
    bd_auto_json json_t *json = json_string(text);
    bd_auto_free char *quoted = bd_json_text(json);
    bd_str_add(out, quoted);
}

static void add_series(struct bd_str *out, const struct store_series *one)
{
    bd_str_add(out, "{\"metric\":");
    add_quoted(out, one->metric);
    bd_str_add(out, ",\"node\":");
    add_quoted(out, shown(one->node));
    bd_str_add(out, ",\"unit\":");
    add_quoted(out, unit_of(one->metric));
    bd_str_addf(out, ",\"n\":%llu,\"fromNs\":%lld,\"toNs\":%lld}", (unsigned long long)one->n,
                (long long)one->from_ns, (long long)one->to_ns);
}

static int load_series(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_series *series = NULL;
    size_t n = 0;
    int rc = load_run_exists(q, conn, err);
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
    bool of_one;                     /* of this node alone */
    char node[64];                   /* as the store has it */
    int64_t from_ns, to_ns, step_ns; /* step 0: each value by itself */
};

/* The reply's text as it grows. */
struct values {
    const char *metric;
    const struct ask *ask;
    struct bd_str text;
    struct points points;
};

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
        if (v->points.n > POINTS_MAX)
            return bd_err_set(err, BD_EINVALID,
                              "these are more than %d values: give a longer step, a shorter time "
                              "by from and to, or one node",
                              POINTS_MAX);
    }
    return 0;
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
    bd_str_addf(&v->text, "%s{\"node\":", v->text.data[v->text.len - 1] == '}' ? "," : "");
    add_quoted(&v->text, shown(node));
    bd_str_add(&v->text, ",\"points\":");
    points_begin(&v->points);
    rc = add_blocks(v, blocks, n, err);
    points_end(&v->points);
    bd_str_add(&v->text, "}");
    store_samples_free(blocks, n);
    return rc < 0 ? bd_err_wrap(err, "%s of %s in run %s", v->metric, shown(node), run) : 0;
}

static int add_nodes(struct values *v, struct store_conn *conn, const char *run,
                     const struct store_series *series, size_t n, struct bd_err *err)
{
    if (n == 0 && !sample_metric_find(v->metric))
        return bd_err_set(err, BD_ENOTFOUND,
                          "run %s has no samples of '%s'; /v1/runs/%s/samples lists what it has",
                          run, v->metric, run);
    bd_str_add(&v->text, "{\"metric\":");
    add_quoted(&v->text, v->metric);
    bd_str_add(&v->text, ",\"unit\":");
    add_quoted(&v->text, unit_of(v->metric));
    bd_str_add(&v->text, ",\"stepNs\":");
    if (v->ask->step_ns)
        bd_str_addf(&v->text, "%lld", (long long)v->ask->step_ns);
    else
        bd_str_add(&v->text, "null");
    bd_str_add(&v->text, ",\"items\":[");
    for (size_t i = 0; i < n; i++) {
        if (v->ask->of_one && !bd_str_eq(v->ask->node, series[i].node))
            continue;
        int rc = add_node(v, conn, run, series[i].node, err);
        if (rc < 0)
            return rc;
    }
    bd_str_add(&v->text, "]}");
    return 0;
}

static int load_values(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    const struct ask *ask = q->ask;
    struct values v = {
        .metric = q->name,
        .ask = ask,
        .points = {.from_ns = ask->from_ns, .to_ns = ask->to_ns, .step_ns = ask->step_ns},
    };
    v.points.out = &v.text;
    struct store_series *series = NULL;
    size_t n = 0;
    int rc = load_run_exists(q, conn, err);
    if (rc == 0)
        rc = store_samples_series(conn, q->id, v.metric, &series, &n, err);
    if (rc == 0)
        rc = add_nodes(&v, conn, q->id, series, n, err);
    if (rc == 0)
        read_made(q, &v.text);
    store_series_free(series, n);
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
    struct api_read *q = read_object(app, r, "run", metric ? load_values : load_series);
    snprintf(q->name, sizeof(q->name), "%s", metric ? metric : "");
    q->ask = ask_new(r);
    q->reply = reply_made_json;
    read_submit(q);
}
