/* What the charts of a report are drawn of: the analysis, each run's values, and the jobs of a run
 * that stands for its cell. */
#include "daemon/api/private.h"

#include "lib/base/str.h"
#include "lib/store/grid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define JOBS_MAX_ALL  10000 /* of all cells: most of a report's size */
#define JOBS_MAX_CELL 2000

/* -- the run in the middle of its cell -- */

struct middle {
    unsigned cell;
    double value;
    char id[BD_ID_BYTES];
};

struct middles {
    const char *metric;
    struct middle *items;
    size_t n, cap;
};

static void add_value(const struct store_measured_run *run, void *arg)
{
    struct middles *m = arg;
    double value = NAN;
    for (size_t i = 0; i < run->figures->n; i++)
        if (strcmp(run->figures->items[i].name, m->metric) == 0)
            value = run->figures->items[i].value;
    if (!run->counts || !isfinite(value))
        return;
    if (m->n == m->cap) {
        m->cap = m->cap ? 2 * m->cap : 64;
        m->items = bd_xrealloc(m->items, m->cap * sizeof(*m->items));
    }
    struct middle *item = &m->items[m->n++];
    *item = (struct middle){.cell = run->cell, .value = value};
    memcpy(item->id, run->id, sizeof(item->id));
}

static int by_cell_and_value(const void *a, const void *b)
{
    const struct middle *x = a, *y = b;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return strcmp(x->id, y->id);
}

/* Leaves one a cell: the lower of two in the middle. */
static void keep_middles(struct middles *m)
{
    size_t kept = 0;
    if (m->n)
        qsort(m->items, m->n, sizeof(*m->items), by_cell_and_value);
    for (size_t i = 0, end; i < m->n; i = end) {
        for (end = i; end < m->n && m->items[end].cell == m->items[i].cell;)
            end++;
        m->items[kept++] = m->items[i + (end - i - 1) / 2];
    }
    m->n = kept;
}

/* -- the parts -- */

/* Those of the analysis, with commas between. */
static char *metrics_of(const json_t *analysis)
{
    struct bd_str out = {0};
    const json_t *metric;
    size_t i;
    json_array_foreach (json_object_get(analysis, "metrics"), i, metric) {
        bd_str_addf(&out, "%s%s", i ? "," : "", bd_json_str(metric, "name", ""));
    }
    return out.len ? bd_str_take(&out) : bd_xstrdup("");
}

static int add_jobs(struct store_conn *conn, const struct middles *m, struct bd_str *out,
                    struct bd_err *err)
{
    size_t each = m->n ? JOBS_MAX_ALL / m->n : 0;
    each = each < JOBS_MAX_CELL ? each : JOBS_MAX_CELL;
    bd_str_add(out, ",\"jobs\":[");
    for (size_t i = 0; i < m->n && each; i++) {
        bd_str_addf(out, "%s{\"cell\":%u,\"gantt\":", i ? "," : "", m->items[i].cell);
        int rc = run_gantt(conn, m->items[i].id, each, out, err);
        if (rc < 0)
            return rc;
        bd_str_add(out, "}");
    }
    bd_str_add(out, "]}");
    return 0;
}

int report_data(struct store_conn *conn, const struct store_campaign *row, const json_t *analysis,
                struct bd_str *out, struct bd_err *err)
{
    bd_auto_free char *metrics = metrics_of(analysis);
    bd_auto_free char *text = bd_json_text(analysis);
    const json_t *first = json_array_get(json_object_get(analysis, "metrics"), 0);
    struct middles m = {.metric = bd_json_str(first, "name", "")}; /* objectives come first */
    bd_str_addf(out, "{\"schema\":\"benchd.report/1\",\"analysis\":%s,\"values\":", text);
    int rc = campaign_values(conn, row->id, metrics, out, err);
    if (rc == 0)
        rc = store_run_measured(conn, row->id, add_value, &m, err);
    keep_middles(&m);
    if (rc == 0)
        rc = add_jobs(conn, &m, out, err);
    free(m.items);
    return rc;
}
