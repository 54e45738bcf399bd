/* Workloads: those that benchd knows, and definitions, which can be registered. */
#include "daemon/api/definitions.h"

#include "lib/base/clock.h"
#include "lib/jobs/jobs.h"
#include "lib/workload/definition.h"

#include <stdio.h>
#include <string.h>

#define REGISTERED_MAX 1000

/* -- views -- */

/* {NAME: {unit, kind, ...}} of what a workload has by itself; spec: a definition, or NULL. */
static json_t *metrics_of(const struct workload *kind, const json_t *spec)
{
    static const char *const of_metric[] = {"unit", "kind", "title", "direction"};
    json_t *metrics = json_object(), *metric;
    const char *name;
    for (const struct metric *m = metrics_catalogue; m->name; m++)
        if (kind->has_metric(spec, m->name))
            json_object_set_new(metrics, m->name,
                                json_pack("{s:s, s:s}", "unit", m->unit, "kind", m->kind));
    if (kind->has_metric(spec, "elapsed"))
        json_object_set_new(metrics, "elapsed",
                            json_pack("{s:s, s:s}", "unit", "s", "kind", "cost"));
    json_object_foreach (json_object_get(spec, "metrics"), name, metric) {
        json_t *told = json_object();
        for (size_t i = 0; i < BD_ARRAY_LEN(of_metric); i++)
            if (json_object_get(metric, of_metric[i]))
                json_object_set_new(told, of_metric[i],
                                    json_deep_copy(json_object_get(metric, of_metric[i])));
        json_object_set_new(metrics, name, told);
    }
    return metrics;
}

static json_t *builtin_json(const struct workload *w, const json_t *schemas)
{
    return json_pack("{s:s, s:s, s:n, s:s, s:n, s:n, s:n, s:[], s:{}, s:O?, s:o, s:n, s:n}", "name",
                     w->name, "kind", "builtin", "digest", "title", w->title, "description",
                     "source", "licence", "stresses", "needs", "parameters",
                     json_object_get(schemas, w->name), "metrics", metrics_of(w, NULL),
                     "definition", "error");
}

static json_t *member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return value ? json_deep_copy(value) : json_null();
}

/* row: as definition_find() has it. */
static json_t *defined_json(const json_t *row, bool whole)
{
    static const char *const as_they_are[] = {"title", "description", "source", "licence"};
    const json_t *d = json_object_get(row, "definition"), *stresses, *needs;
    const char *error = bd_json_str(row, "error", NULL);
    json_t *json = json_pack("{s:s, s:s, s:s?, s:s?}", "name", bd_json_str(row, "name", ""), "kind",
                             bd_json_str(row, "kind", ""), "digest",
                             bd_json_str(row, "digest", NULL), "error", error);
    for (size_t i = 0; i < BD_ARRAY_LEN(as_they_are); i++)
        json_object_set_new(json, as_they_are[i], member(d, as_they_are[i]));
    stresses = json_object_get(d, "stresses");
    needs = json_object_get(d, "needs");
    json_object_set_new(json, "stresses", stresses ? json_deep_copy(stresses) : json_array());
    json_object_set_new(json, "needs", needs ? json_deep_copy(needs) : json_object());
    json_object_set_new(json, "parameters", d ? definition_parameters(d) : json_null());
    json_object_set_new(json, "metrics",
                        d ? metrics_of(workload_find("command"), d) : json_object());
    json_object_set_new(json, "definition", whole && d ? json_deep_copy(d) : json_null());
    return json;
}

static int builtin_schemas(const struct api *a, json_t **ret_schemas, struct bd_err *err)
{
    return bd_json_parse(a->builtin_schemas, strlen(a->builtin_schemas), ret_schemas, err);
}

/* -- list and show -- */

static int load_list(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    bd_auto_json json_t *rows = NULL, *schemas = NULL, *all = json_object();
    bd_auto_strv struct bd_strv names = {0};
    const char *name;
    json_t *row, *items = NULL;
    int rc = definitions_all(q->api, conn, &rows, err);
    if (rc == 0)
        rc = builtin_schemas(q->api, &schemas, err);
    if (rc < 0)
        return rc;
    json_object_foreach (rows, name, row)
        json_object_set_new(all, name, defined_json(row, false));
    for (size_t i = 0; workloads[i]; i++)
        json_object_set_new(all, workloads[i]->name, builtin_json(workloads[i], schemas));
    json_object_foreach (all, name, row)
        bd_strv_add(&names, name);
    bd_strv_sort(&names);
    items = json_array();
    for (size_t i = 0; i < names.n; i++)
        json_array_append(items, json_object_get(all, names.items[i]));
    q->json = json_pack("{s:o, s:n}", "items", items, "next");
    return 0;
}

void workloads_list(struct http_request *r, void *app)
{
    read_submit(read_new(app, r, load_list));
}

static int load_one(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    const struct workload *builtin = workload_find(q->name);
    bd_auto_json json_t *row = NULL, *schemas = NULL;
    int rc = builtin ? builtin_schemas(q->api, &schemas, err)
                     : definition_find(q->api, conn, q->name, NULL, &row, err);
    if (rc == 0)
        q->json = builtin ? builtin_json(builtin, schemas) : defined_json(row, true);
    return rc;
}

static struct api_read *read_one(struct api *a, struct http_request *r)
{
    struct api_read *q = read_new(a, r, load_one);
    snprintf(q->name, sizeof(q->name), "%s", http_request_param(r, "name"));
    return q;
}

void workloads_get(struct http_request *r, void *app)
{
    read_submit(read_one(app, r));
}

/* -- register: looked at by a reader, then written -- */

struct registering {
    struct work w;
    struct write write;
    struct api *a;
    struct http_request *r;
    struct keep *keep;
    json_t *definition, *json; /* json: the reply */
    struct store_workload row;
    bool same; /* it is registered already */
    struct schema_faults faults;
    int rc;
    struct bd_err err;
};

static void registering_free(struct registering *g)
{
    http_request_unref(g->r);
    keep_free(g->keep);
    json_decref(g->definition);
    json_decref(g->json);
    free(g->row.name);
    schema_faults_done(&g->faults);
    free(g);
}

static int check_room(struct registering *g, struct store_conn *conn, const json_t *before)
{
    bd_auto_json json_t *of_file = NULL;
    struct store_workload *rows = NULL;
    size_t n = 0;
    if (before)
        return 0;
    of_file = definition_of_file(g->a, g->row.name);
    if (of_file)
        return bd_err_set(
            &g->err, BD_ECONFLICT,
            "there is a workload %s already, of a file on the daemon's host: register "
            "this one under another name",
            g->row.name);
    int rc = store_workload_list(conn, &rows, &n, &g->err);
    store_workloads_free(rows, n);
    return rc < 0 || n < REGISTERED_MAX
               ? rc
               : bd_err_set(&g->err, BD_ENOCAPACITY,
                            "%d workloads are registered: remove some ('benchctl workload rm')",
                            REGISTERED_MAX);
}

static void registering_run(struct work *w, void *context)
{
    struct registering *g = (struct registering *)w;
    struct store_conn *conn = context;
    struct store_workload before = {0};
    if (!conn) {
        g->rc = bd_err_set(&g->err, BD_EUNAVAILABLE, "the database can't be opened to read");
        return;
    }
    definition_fill(g->a, g->definition, &g->faults);
    if (g->faults.n)
        return;
    plan_digest(g->definition, g->row.digest);
    g->row.name = bd_xstrdup(bd_json_str(g->definition, "name", ""));
    g->row.registered_ns = bd_wall_ns();
    g->row.definition = g->definition;
    int rc = store_workload_get(conn, g->row.name, &before, &g->err);
    g->same = rc == 0 && strcmp(before.digest, g->row.digest) == 0;
    g->rc = rc < 0 && rc != BD_ENOTFOUND ? rc : check_room(g, conn, before.definition);
    store_workload_done(&before);
    bd_auto_json json_t *row =
        json_pack("{s:s, s:s, s:O, s:s}", "kind", "registered", "name", g->row.name, "definition",
                  g->definition, "digest", g->row.digest);
    g->json = defined_json(row, true);
}

static char *location_of(const struct registering *g)
{
    return bd_xasprintf("/v1/workloads/%s", g->row.name);
}

static int write_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct registering *g = (struct registering *)((char *)w - offsetof(struct registering, write));
    bd_auto_free char *subject = bd_xasprintf("workload/%s", g->row.name);
    bd_auto_free char *location = location_of(g);
    bd_auto_json json_t *data = json_pack("{s:s}", "digest", g->row.digest);
    int64_t seq;
    int rc = store_workload_put(conn, &g->row, err);
    if (rc == 0)
        rc =
            store_event_append(conn, bd_wall_ns(), "workload.registered", subject, data, &seq, err);
    return rc < 0 ? rc : keep_reply(g->keep, conn, 201, location, g->json, err);
}

static void write_done(struct write *w, int rc, const struct bd_err *err)
{
    struct registering *g = (struct registering *)((char *)w - offsetof(struct registering, write));
    bd_auto_free char *location = location_of(g);
    if (rc < 0) {
        http_problem_err(g->r, err);
    } else {
        api_on_events(g->a);
        http_header(g->r, "Location", location);
        http_reply_json(g->r, 201, bd_take(g->json));
    }
    registering_free(g);
}

static void registering_done(struct work *w)
{
    struct registering *g = (struct registering *)w;
    if (refused_at_end(g->a, g->r)) {
        registering_free(g);
    } else if (g->faults.n) {
        reply_faults(g->r, "workload", &g->faults);
        registering_free(g);
    } else if (g->rc < 0) {
        http_problem_err(g->r, &g->err);
        registering_free(g);
    } else if (g->same) {
        reply_kept(g->a, g->r, bd_take(g->keep), 200, bd_take(g->json));
        registering_free(g);
    } else {
        g->write = (struct write){.exec = write_exec, .done = write_done};
        writer_submit(g->a->config.writer, &g->write);
    }
}

static void create(struct api *a, struct http_request *r, struct keep *keep)
{
    struct registering *g = bd_new(struct registering);
    g->w = (struct work){.run = registering_run, .done = registering_done};
    g->a = a;
    g->r = http_request_ref(r);
    g->keep = keep;
    g->definition = json_deep_copy(http_request_json(r));
    workers_submit(a->readers, &g->w);
}

void workloads_create(struct http_request *r, void *app)
{
    idempotent(app, r, create);
}

/* -- remove -- */

struct removing {
    struct write w;
    struct api *a;
    struct http_request *r;
    char name[DEFINITION_NAME_BYTES];
};

static int remove_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    const struct removing *m = (struct removing *)w;
    bd_auto_free char *subject = bd_xasprintf("workload/%s", m->name);
    bd_auto_json json_t *data = json_object();
    int64_t seq;
    int rc = store_workload_remove(conn, m->name, err);
    return rc < 0 ? rc
                  : store_event_append(conn, bd_wall_ns(), "workload.removed", subject, data, &seq,
                                       err);
}

static void remove_done(struct write *w, int rc, const struct bd_err *err)
{
    struct removing *m = (struct removing *)w;
    if (rc < 0) {
        http_problem_err(m->r, err);
    } else {
        api_on_events(m->a);
        http_reply_empty(m->r, 204);
    }
    http_request_unref(m->r);
    free(m);
}

static void remove_found(struct api_read *q)
{
    const char *kind = bd_json_str(q->json, "kind", "");
    if (refused_at_end(q->api, q->r))
        return;
    if (!bd_str_eq(kind, "registered")) {
        http_problem(q->r, "conflict",
                     "workload %s was not registered, it comes %s: it can't be removed", q->name,
                     bd_str_eq(kind, "file") ? "from a file on the daemon's host" : "with benchd");
        return;
    }
    struct removing *m = bd_new(struct removing);
    m->w = (struct write){.exec = remove_exec, .done = remove_done};
    m->a = q->api;
    m->r = http_request_ref(q->r);
    snprintf(m->name, sizeof(m->name), "%s", bd_json_str(q->json, "name", ""));
    writer_submit(q->api->config.writer, &m->w);
}

void workloads_delete(struct http_request *r, void *app)
{
    struct api_read *q = read_one(app, r);
    q->reply = remove_found;
    read_submit(q);
}
