/* The jobs of a run, as little of each as a chart of them needs, in one reply. */
#include "daemon/api/columns.h"
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/store/job.h"

#include <string.h>

#define BARS_MAX  100000
#define NODES_MAX 1024
#define NS_PER_US 1000

static const struct shared_rule once = {0};

struct gantt {
    struct column index, task, width, user, outcome, submit, start, end, on;
    struct bd_strv nodes;
    json_t *numbers; /* {node: its place in nodes} */
    size_t n, most;
};

static void add_us(struct column *c, int64_t ns)
{
    if (ns == JOB_NEVER)
        column_null(c);
    else
        column_int(c, ns / NS_PER_US);
}

static json_int_t number_of(struct gantt *g, const char *node)
{
    const json_t *known = json_object_get(g->numbers, node);
    if (known)
        return json_integer_value(known);
    if (g->nodes.n == NODES_MAX)
        return NODES_MAX - 1;
    bd_strv_add(&g->nodes, node);
    json_object_set_new(g->numbers, node, json_integer((json_int_t)g->nodes.n - 1));
    return (json_int_t)g->nodes.n - 1;
}

/* "n1,n2" as [0,1]. */
static void add_on(struct gantt *g, const char *node_list)
{
    bd_auto_free char *copy = bd_xstrdup(node_list ? node_list : "");
    char *rest = copy, *node;
    struct bd_str *text = &g->on.text;
    bd_str_add(text, text->len ? ",[" : "[");
    for (bool first = true; (node = strsep(&rest, ",")); first = false)
        if (*node)
            bd_str_addf(text, "%s%lld", first ? "" : ",", (long long)number_of(g, node));
    bd_str_add(text, "]");
}

static int add_job(const struct job_seen *job, void *gantt, struct bd_err *err BD_UNUSED)
{
    struct gantt *g = gantt;
    if (g->n == g->most)
        return 1;
    column_int(&g->index, job->index);
    column_int(&g->task, job->task);
    column_int(&g->width, job->nodes);
    column_int(&g->user, job->user);
    column_int(&g->outcome, job->outcome);
    add_us(&g->submit, job->submit);
    add_us(&g->start, job->started_first);
    add_us(&g->end, job->ended_last);
    add_on(g, job->node_list);
    g->n++;
    return 0;
}

static void end_gantt(struct gantt *g, struct bd_str *out)
{
    struct column outcomes = {0}, nodes = {0};
    for (int i = 0; i < JOB_OUTCOME_COUNT; i++)
        column_text(&outcomes, job_outcome_to_str(i));
    for (size_t i = 0; i < g->nodes.n; i++)
        column_text(&nodes, g->nodes.items[i]);
    column_end(&outcomes, "outcomes", out);
    column_end(&nodes, "nodes", out);
    bd_str_add(out, ",\"jobs\":{");
    column_end(&g->index, "index", out);
    column_end(&g->task, "task", out);
    column_end(&g->width, "width", out);
    column_end(&g->user, "user", out);
    column_end(&g->outcome, "outcome", out);
    column_end(&g->submit, "submitUs", out);
    column_end(&g->start, "startUs", out);
    column_end(&g->end, "endUs", out);
    column_end(&g->on, "on", out);
    bd_str_add(out, "}}");
    bd_strv_done(&g->nodes);
    json_decref(g->numbers);
}

int run_gantt(struct store_conn *conn, const char *run, size_t most, struct bd_str *out,
              struct bd_err *err)
{
    struct gantt g = {.numbers = json_object(), .most = most};
    uint64_t all = 0;
    int rc = store_jobs_count(conn, run, (1U << JOB_OUTCOME_COUNT) - 1, &all, err);
    if (rc == 0)
        rc = store_jobs_each(conn, run, add_job, &g, err);
    bd_str_addf(out, "{\"run\":\"%s\",\"leftOut\":%llu", run,
                (unsigned long long)(all > g.n ? all - g.n : 0));
    end_gantt(&g, out);
    return rc;
}

static int load_gantt(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    int rc = load_run_exists(q, conn, err);
    if (rc == 0)
        rc = run_gantt(conn, q->id, BARS_MAX, &text, err);
    if (rc == 0)
        read_made(q, &text);
    return rc;
}

void runs_gantt(struct http_request *r, void *app)
{
    shared_read(read_object(app, r, "run", load_gantt), &once);
}
