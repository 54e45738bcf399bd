/* A campaign's runs, and a run's jobs, one by one from the store. */
#include "lib/report/export_priv.h"

#include <string.h>

/* -- a campaign -- */

static void add_paths(struct bd_strv *paths, const json_t *object)
{
    const char *path;
    json_t *value;
    json_object_foreach ((json_t *)object, path, value)
        if (!bd_strv_has(paths, path))
            bd_strv_add(paths, path);
}

static void add_listed(struct bd_strv *paths, const json_t *listed)
{
    for (size_t i = 0; i < json_array_size(listed); i++)
        add_paths(paths, json_array_get(listed, i));
}

static void read_paths(struct export_campaign *c)
{
    const json_t *added = json_object_get(c->row.spec, "added");
    add_paths(&c->paths, json_object_get(c->row.spec, "factors"));
    add_listed(&c->paths, json_object_get(c->row.spec, "cells"));
    for (size_t i = 0; i < json_array_size(added); i++)
        add_listed(&c->paths, json_array_get(added, i));
    bd_strv_sort(&c->paths);
}

int export_campaign_read(struct store_conn *conn, const char *id, struct export_campaign *ret_c,
                         struct bd_err *err)
{
    struct export_campaign c = {.conn = conn};
    int rc = store_campaign_get(conn, id, &c.row, err);
    if (rc < 0)
        return rc;
    rc = plan_again(c.row.spec, &c.plan, err);
    if (rc == 0)
        rc = store_run_heads(conn, id, &c.heads, &c.n, err);
    if (rc < 0) {
        export_campaign_done(&c);
        return bd_err_wrap(err, "campaign %s", id);
    }
    read_paths(&c);
    *ret_c = c;
    return 0;
}

void export_campaign_done(struct export_campaign *c)
{
    store_campaign_done(&c->row);
    plan_free(c->plan);
    free(c->heads);
    bd_strv_done(&c->paths);
}

int export_each_run(const struct export_campaign *c, export_run_fn fn, void *arg,
                    struct bd_err *err)
{
    for (size_t i = 0; i < c->n; i++) {
        struct store_run run = {0};
        int rc = store_run_get(c->conn, c->heads[i].id, &run, err);
        if (rc == 0)
            rc = fn(&run, i, arg, err);
        store_run_done(&run);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* -- a run -- */

bool export_is_counted(const struct store_run *run)
{
    return run->state == RUN_DONE && !run->warmup && run->graded && run->grade != GRADE_INVALID;
}

bool export_is_excluded(const struct store_run *run)
{
    return run->state == RUN_DONE && !export_is_counted(run);
}

const char *export_reason(const struct store_run *run)
{
    const char *detail = bd_json_str(run->error, "detail", NULL);
    return detail ? detail : json_string_value(json_array_get(run->reasons, 0));
}

const json_t *export_level(const struct store_run *run, const char *path)
{
    const json_t *level = json_object_get(run->levels, path);
    return level ? level : plan_value_at(run->spec, path);
}

/* -- metrics -- */

static int by_name_and_unit(const void *a, const void *b)
{
    const struct export_metric *x = a, *y = b;
    int by_name = strcmp(x->name, y->name);
    return by_name ? by_name : strcmp(x->unit, y->unit);
}

static struct export_metric *find_metric(const struct export_metrics *m, const char *name,
                                         const char *unit)
{
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->items[i].name, name) == 0 && strcmp(m->items[i].unit, unit) == 0)
            return &m->items[i];
    return NULL;
}

static int note_metrics(const struct store_run *run, size_t index BD_UNUSED, void *arg,
                        struct bd_err *err BD_UNUSED)
{
    struct export_metrics *m = arg;
    const char *name;
    json_t *value;
    json_object_foreach (run->metrics, name, value) {
        const char *unit = bd_json_str(value, "unit", "");
        struct export_metric *metric = find_metric(m, name, unit);
        if (!metric) {
            if (m->n == m->cap) {
                m->cap = m->cap ? 2 * m->cap : 64;
                m->items = bd_xrealloc(m->items, m->cap * sizeof(*m->items));
            }
            metric = &m->items[m->n++];
            *metric = (struct export_metric){bd_xstrdup(name), bd_xstrdup(unit), false};
        }
        metric->several = metric->several || bd_json_int(value, "n", 1) != 1;
    }
    return 0;
}

int export_metrics_read(const struct export_campaign *c, struct export_metrics *ret_metrics,
                        struct bd_err *err)
{
    struct export_metrics m = {0};
    int rc = export_each_run(c, note_metrics, &m, err);
    if (rc < 0) {
        export_metrics_done(&m);
        return rc;
    }
    if (m.n)
        qsort(m.items, m.n, sizeof(*m.items), by_name_and_unit);
    *ret_metrics = m;
    return 0;
}

void export_metrics_done(struct export_metrics *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->items[i].name);
        free(m->items[i].unit);
    }
    free(m->items);
}

const json_t *export_metric_of(const struct store_run *run, const struct export_metric *metric)
{
    const json_t *value = json_object_get(run->metrics, metric->name);
    return value && strcmp(bd_json_str(value, "unit", ""), metric->unit) == 0 ? value : NULL;
}
