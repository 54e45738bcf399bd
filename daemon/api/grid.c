/* All runs of a campaign in one reply: their states as a grid of cells x blocks, and their values
 * of a few metrics. */
#include "daemon/api/columns.h"
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/report/analysis.h"
#include "lib/store/grid.h"

#include <math.h>
#include <string.h>

#define LEVELS_MAX  1000 /* cells whose levels are told */
#define METRICS_MAX ANALYSIS_METRICS_MAX

/* Runs change by the second, and their number is up to 100,000. */
static const struct shared_rule by_the_second = {.keep_ns = BD_NS_PER_S, .times = 20};

static void add_levels(const struct plan *plan, struct bd_str *out)
{
    size_t n = plan_cells(plan);
    bd_str_add(out, ",\"levels\":");
    if (n > LEVELS_MAX) {
        bd_str_add(out, "null");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bd_auto_json json_t *levels = plan_cell_levels(plan, i);
        bd_auto_free char *text = bd_json_text(levels);
        bd_str_addf(out, "%s%s", i ? "," : "[", text);
    }
    bd_str_add(out, n ? "]" : "[]");
}

/* What both have: `{"campaign":...` up to the levels. */
static int add_head(struct store_conn *conn, const char *id, struct bd_str *out, json_t **ret_spec,
                    struct bd_err *err)
{
    struct store_campaign row = {0};
    bd_auto(plan) struct plan *plan = NULL;
    int rc = store_campaign_get(conn, id, &row, err);
    if (rc == 0)
        rc = plan_again(row.spec, &plan, err);
    if (rc == 0) {
        bd_str_addf(out,
                    "{\"campaign\":\"%s\",\"state\":\"%s\",\"cells\":%zu,\"blocks\":%u,"
                    "\"warmup\":%zu",
                    row.id, campaign_state_to_str(row.state), plan_cells(plan), row.blocks,
                    plan_warmup_blocks(plan));
        add_levels(plan, out);
        *ret_spec = json_incref(row.spec);
    }
    store_campaign_done(&row);
    return rc;
}

/* -- the grid -- */

struct grid {
    struct column run, cell, block, attempt, state, grade;
};

static void add_run(const struct store_grid_run *run, void *arg)
{
    struct grid *g = arg;
    column_text(&g->run, run->id);
    column_int(&g->cell, run->cell);
    column_int(&g->block, run->block);
    column_int(&g->attempt, run->attempt);
    column_int(&g->state, run->state);
    if (run->graded)
        column_int(&g->grade, run->grade);
    else
        column_null(&g->grade);
}

static void add_words(struct bd_str *out)
{
    struct column states = {0}, grades = {0};
    for (int i = 0; i < RUN_STATE_COUNT; i++)
        column_text(&states, run_state_to_str(i));
    for (int i = 0; i < GRADE_COUNT; i++)
        column_text(&grades, run_grade_to_str(i));
    column_end(&states, "states", out);
    column_end(&grades, "grades", out);
}

static int load_grid(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct grid g = {0};
    bd_auto_str struct bd_str text = {0};
    bd_auto_json json_t *spec = NULL;
    int rc = add_head(conn, q->id, &text, &spec, err);
    if (rc == 0)
        rc = store_run_grid(conn, q->id, add_run, &g, err);
    add_words(&text);
    bd_str_add(&text, ",\"runs\":{");
    column_end(&g.run, "run", &text);
    column_end(&g.cell, "cell", &text);
    column_end(&g.block, "block", &text);
    column_end(&g.attempt, "attempt", &text);
    column_end(&g.state, "state", &text);
    column_end(&g.grade, "grade", &text);
    bd_str_add(&text, "}}");
    if (rc == 0)
        read_made(q, &text);
    return rc;
}

void campaigns_grid(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "campaign", load_grid);
    *q->subject = '\0'; /* each of its runs is an object of its own */
    shared_read(q, &by_the_second);
}

/* -- values -- */

struct value_column {
    char name[68], unit[68], kind[68]; /* unit "": no run has it */
    struct column values;
};

struct values {
    struct column run, cell, block, started, counts;
    struct value_column metrics[METRICS_MAX];
    size_t n;
    bool any; /* none are asked for: all that are met, as many as there is room for */
};

static void metric_add(struct values *v, const char *name)
{
    if (v->n < METRICS_MAX)
        snprintf(v->metrics[v->n++].name, sizeof(v->metrics[0].name), "%s", name);
}

static void ask_for(struct values *v, const char *listed, const json_t *spec)
{
    const json_t *objectives = json_object_get(spec, "objectives"), *objective;
    bd_auto_free char *copy = bd_xstrdup(listed);
    char *rest = copy, *name;
    size_t i;
    while (*listed && (name = strsep(&rest, ",")))
        metric_add(v, name);
    if (v->n == 0)
        json_array_foreach (objectives, i, objective)
            metric_add(v, bd_json_str(objective, "metric", ""));
    v->any = v->n == 0;
}

static const struct run_figure *figure_of(const struct run_figures *figures, const char *name)
{
    for (size_t i = 0; i < figures->n; i++)
        if (strcmp(figures->items[i].name, name) == 0)
            return &figures->items[i];
    return NULL;
}

static void add_values(const struct store_measured_run *run, void *arg)
{
    struct values *v = arg;
    if (v->any && v->n == 0) /* the first run tells which there are */
        for (size_t i = 0; i < run->figures->n; i++)
            metric_add(v, run->figures->items[i].name);
    column_text(&v->run, run->id);
    column_int(&v->cell, run->cell);
    column_int(&v->block, run->block);
    column_int(&v->started, run->started_ns / BD_NS_PER_MS);
    column_int(&v->counts, run->counts);
    for (size_t i = 0; i < v->n; i++) {
        struct value_column *m = &v->metrics[i];
        const struct run_figure *figure = figure_of(run->figures, m->name);
        if (figure && !*m->unit) {
            snprintf(m->unit, sizeof(m->unit), "%s", figure->unit);
            snprintf(m->kind, sizeof(m->kind), "%s", figure->kind);
        }
        column_real(&m->values, figure ? figure->value : NAN);
    }
}

static void add_metrics(struct values *v, struct bd_str *out)
{
    bd_str_add(out, ",\"metrics\":[");
    for (size_t i = 0; i < v->n; i++) {
        struct value_column *m = &v->metrics[i];
        bd_str_add(out, i ? ",{\"name\":" : "{\"name\":");
        text_json(m->name, out);
        bd_str_add(out, ",\"unit\":");
        text_json(m->unit, out);
        bd_str_add(out, ",\"kind\":");
        text_json(m->kind, out);
        column_end(&m->values, "values", out);
        bd_str_add(out, "}");
    }
    bd_str_add(out, "]}");
}

int campaign_values(struct store_conn *conn, const char *id, const char *metrics,
                    struct bd_str *out, struct bd_err *err)
{
    struct values v = {0};
    bd_auto_json json_t *spec = NULL;
    int rc = add_head(conn, id, out, &spec, err);
    ask_for(&v, metrics, spec);
    if (rc == 0)
        rc = store_run_measured(conn, id, add_values, &v, err);
    bd_str_add(out, ",\"runs\":{");
    column_end(&v.run, "run", out);
    column_end(&v.cell, "cell", out);
    column_end(&v.block, "block", out);
    column_end(&v.started, "startedMs", out);
    column_end(&v.counts, "counts", out);
    bd_str_add(out, "}");
    add_metrics(&v, out);
    return rc;
}

static int load_values(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    int rc = campaign_values(conn, q->id, q->ask, &text, err);
    if (rc == 0)
        read_made(q, &text);
    return rc;
}

void campaigns_values(struct http_request *r, void *app)
{
    const char *metrics = http_request_query(r, "metric");
    struct api_read *q = read_object(app, r, "campaign", load_values);
    q->ask = bd_xstrdup(metrics ? metrics : "");
    shared_read(q, &by_the_second);
}
