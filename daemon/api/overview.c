/* What a page shows first, in one reply: what goes on, what waits and for how long, what has ended
 * with which verdict, how busy the host is. */
#include "daemon/api/memo.h"
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/plan/forecast.h"
#include "lib/store/event.h"

#include <math.h>

#define RUNS_MAX     100
#define CLUSTERS_MAX 100
#define QUEUE_MAX    100
#define RECENT_MAX   10
/* Worked out in one go, at most: what is not known yet is with the next one. */
#define VERDICTS_AT_ONCE  2
#define ESTIMATES_AT_ONCE 2

struct looked {
    struct engine_stats stats; /* as they are when it is asked */
    unsigned cpus, active_campaigns;
    uint64_t memory_bytes;
};

static json_t *seconds_json(int64_t ns)
{
    return ns < 0 ? json_null() : json_real(round((double)ns / 1e6) / 1000);
}

/* -- what goes on -- */

static json_t *name_of(const json_t *names, const char *campaign)
{
    const json_t *name = json_object_get(names, campaign);
    return name ? json_incref((json_t *)name) : json_null();
}

static int add_run(struct store_conn *conn, const struct store_run *row, const json_t *names,
                   json_t *list, struct bd_err *err)
{
    struct store_cluster cluster = {0};
    int rc = store_cluster_get(conn, row->id, &cluster, err);
    if (rc < 0 && rc != BD_ENOTFOUND)
        return rc;
    json_array_append_new(
        list, json_pack("{s:s, s:s, s:o, s:O, s:i, s:b, s:i, s:s, s:s?, s:s?, s:o, s:o}", "id",
                        row->id, "campaign", row->campaign, "name", name_of(names, row->campaign),
                        "cell", row->levels, "block", (int)row->block, "warmup", row->warmup,
                        "attempt", (int)row->attempt, "state", run_state_to_str(row->state),
                        "waiting", row->waiting, "step", cluster.step, "startedAt",
                        view_time(row->started_ns), "deadlineAt", view_time(row->deadline_ns)));
    store_cluster_done(&cluster);
    return 0;
}

static int runs_json(struct store_conn *conn, const json_t *names, json_t **ret_json,
                     struct bd_err *err)
{
    struct store_run_filter filter = {.limit = RUNS_MAX};
    struct store_run *rows = NULL;
    size_t n = 0;
    for (int state = 0; state < RUN_STATE_COUNT; state++)
        filter.states |= run_state_is_final(state) ? 0 : 1U << state;
    int rc = store_run_list(conn, &filter, NULL, NULL, &rows, &n, err);
    *ret_json = json_array();
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = add_run(conn, &rows[i], names, *ret_json, err);
    store_runs_free(rows, n);
    return rc;
}

static int clusters_json(struct store_conn *conn, json_t **ret_json, struct bd_err *err)
{
    struct store_cluster_filter filter = {.limit = CLUSTERS_MAX};
    struct store_cluster *rows = NULL;
    size_t n = 0;
    for (int state = 0; state < CLUSTER_STATE_COUNT; state++)
        filter.states |= cluster_state_is_final(state) ? 0 : 1U << state;
    int rc = store_cluster_list(conn, &filter, NULL, NULL, &rows, &n, err);
    *ret_json = json_array();
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (rows[i].run) /* is told with the run */
            continue;
        json_array_append_new(
            *ret_json, json_pack("{s:s, s:s?, s:s, s:s?, s:i, s:o}", "id", rows[i].id, "name",
                                 rows[i].name, "state", cluster_state_to_str(rows[i].state), "step",
                                 rows[i].step, "nodes", (int)json_array_size(rows[i].nodes),
                                 "createdAt", view_time(rows[i].created_ns)));
    }
    store_clusters_free(rows, n);
    return rc;
}

/* -- what waits -- */

/* How long a run of a campaign takes of which none is done: {seconds, basis}. New reference; NULL:
 * it is worked out another time. */
static json_t *guess_of(struct api *a, struct store_conn *conn, const struct store_campaign *row,
                        unsigned *at_once)
{
    bd_auto_free char *key = bd_xasprintf("estimate/%s", row->digest);
    json_t *known = memo_get(a->memo, key);
    struct plan_estimate e = {0};
    bd_auto(plan) struct plan *plan = NULL;
    if (known || *at_once == 0)
        return known;
    --*at_once;
    if (plan_again(row->spec, &plan, NULL) < 0 ||
        plan_estimate_make(plan, row->spec, NULL, conn, &e, NULL) < 0)
        return NULL;
    enum estimate_basis basis = ESTIMATE_SAME; /* the weakest */
    for (int b = 0; b < ESTIMATE_BASIS_COUNT; b++)
        basis = e.of_basis[b] ? (enum estimate_basis)b : basis;
    double seconds =
        e.is_known && e.block.runs ? (double)e.block.wall_ns / 1e9 / (double)e.block.runs : 0;
    known = json_pack("{s:f, s:s}", "seconds", seconds, "basis", estimate_basis_to_str(basis));
    plan_estimate_done(&e);
    memo_put(a->memo, key, known);
    return known;
}

struct queued {
    struct store_campaign row;
    const char *basis; /* of the time of a run: a literal */
};

static const char *literal_basis(const char *word)
{
    for (int b = 0; b < ESTIMATE_BASIS_COUNT; b++)
        if (bd_str_eq(estimate_basis_to_str(b), word))
            return estimate_basis_to_str(b);
    return NULL;
}

static struct forecast forecast_of(struct api *a, struct store_conn *conn, struct queued *of,
                                   unsigned *at_once)
{
    const struct store_campaign *row = &of->row;
    unsigned decided = row->done + row->failed;
    struct forecast f = {
        .priority = row->priority,
        .left = row->runs > decided ? row->runs - decided : 0,
        .held = row->state != CAMPAIGN_QUEUED && row->state != CAMPAIGN_RUNNING,
    };
    if (row->done) {
        f.run_ns = row->busy_ns / row->done;
        of->basis = "measured";
    } else {
        bd_auto_json json_t *guess = guess_of(a, conn, row, at_once);
        f.run_ns = (int64_t)(bd_json_real(guess, "seconds", 0) * 1e9);
        of->basis = f.run_ns > 0 ? literal_basis(bd_json_str(guess, "basis", "")) : NULL;
    }
    return f;
}

static int by_turn(const void *a, const void *b)
{
    const struct store_campaign_head *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    return (x->created_ns > y->created_ns) - (x->created_ns < y->created_ns);
}

static json_t *queued_json(const struct queued *of, const struct forecast *f)
{
    const struct store_campaign *row = &of->row;
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:I, s:o, s:s?, s:o, s:o, s:s?}", "id", row->id,
        "name", row->name, "state", campaign_state_to_str(row->state), "priority", row->priority,
        "planned", (int)row->runs, "done", (int)row->done, "failed", (int)row->failed, "left",
        (json_int_t)(row->runs - row->done - row->failed), "runSeconds",
        seconds_json(f->run_ns > 0 ? f->run_ns : -1), "basis", of->basis, "startsInSeconds",
        seconds_json(row->started_ns ? (f->held ? -1 : 0) : f->begins_ns), "endsInSeconds",
        seconds_json(f->ends_ns), "error", row->error);
}

static json_t *queue_items(struct api *a, struct store_conn *conn, struct queued *items, size_t n,
                           size_t active, json_t *names)
{
    struct forecast forecasts[QUEUE_MAX];
    unsigned at_once = ESTIMATES_AT_ONCE;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        forecasts[i] = forecast_of(a, conn, &items[i], &at_once);
        json_object_set_new(names, items[i].row.id, json_string(items[i].row.name));
    }
    forecast_make(forecasts, n, active);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, queued_json(&items[i], &forecasts[i]));
    return list;
}

/* names gets {campaign: its name}. */
static int queue_json(struct api *a, struct store_conn *conn, size_t active, json_t *names,
                      json_t **ret_json, size_t *ret_all, struct bd_err *err)
{
    bd_auto_free struct store_campaign_head *heads = NULL;
    bd_auto_free struct queued *items = bd_xcalloc(QUEUE_MAX, sizeof(*items));
    size_t n = 0;
    int rc = store_campaign_heads(conn, NULL, NULL, &heads, ret_all, err);
    if (rc < 0)
        return rc;
    if (*ret_all)
        qsort(heads, *ret_all, sizeof(*heads), by_turn);
    for (size_t i = 0; i < *ret_all && n < QUEUE_MAX; i++)
        n += store_campaign_get(conn, heads[i].id, &items[n].row, NULL) == 0;
    *ret_json = queue_items(a, conn, items, n, active, names);
    for (size_t i = 0; i < n; i++)
        store_campaign_done(&items[i].row);
    return 0;
}

/* -- what has ended -- */

/* {value, reasons}; null where it is worked out another time, or can't be. New reference. */
static json_t *verdict_of(struct api *a, struct store_conn *conn, const struct store_campaign *row,
                          unsigned *at_once)
{
    bd_auto_free char *key = bd_xasprintf("verdict/%s.%lld", row->id, (long long)row->version);
    json_t *known = memo_get(a->memo, key);
    struct store_campaign whole = {0};
    bd_auto_json json_t *analysis = NULL;
    if (known || *at_once == 0)
        return known ? known : json_null();
    --*at_once;
    if (store_campaign_get(conn, row->id, &whole, NULL) == 0)
        (void)campaign_analysis(conn, &whole, &analysis, NULL);
    store_campaign_done(&whole);
    json_t *verdict = json_object_get(analysis, "verdict");
    known = verdict ? json_incref(verdict) : json_null();
    memo_put(a->memo, key, known);
    return known;
}

static int recent_json(struct api *a, struct store_conn *conn, json_t **ret_json,
                       struct bd_err *err)
{
    struct store_campaign_filter filter = {
        .states = 1U << CAMPAIGN_DONE | 1U << CAMPAIGN_FAILED | 1U << CAMPAIGN_CANCELLED,
        .limit = RECENT_MAX,
    };
    struct store_campaign *rows = NULL;
    size_t n = 0;
    unsigned at_once = VERDICTS_AT_ONCE;
    int rc = store_campaign_list(conn, &filter, true, NULL, NULL, &rows, &n, err);
    *ret_json = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(*ret_json, json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:o, s:o}", "id",
                                                   rows[i].id, "name", rows[i].name, "state",
                                                   campaign_state_to_str(rows[i].state), "done",
                                                   (int)rows[i].done, "failed", (int)rows[i].failed,
                                                   "excluded", (int)rows[i].excluded, "endedAt",
                                                   view_time(rows[i].ended_ns), "verdict",
                                                   verdict_of(a, conn, &rows[i], &at_once)));
    store_campaigns_free(rows, n);
    return rc;
}

/* -- all of it -- */

static json_t *host_json(const struct looked *l)
{
    return json_pack("{s:s, s:i, s:I, s:f, s:I, s:o}", "id", "local", "cpus", (int)l->cpus,
                     "memoryBytes", (json_int_t)l->memory_bytes, "cpusInUse", l->stats.cpus_in_use,
                     "memoryInUseBytes", (json_int_t)l->stats.memory_in_use, "noise",
                     view_noise(&l->stats.load));
}

static int load_overview(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    const struct looked *l = q->ask;
    bd_auto_json json_t *all = json_object(), *names = json_object();
    bd_auto_str struct bd_str text = {0};
    json_t *queue = NULL, *runs = NULL, *clusters = NULL, *recent = NULL;
    int64_t last = 0;
    size_t n_queue = 0;
    int rc =
        store_event_last(conn, &last, err); /* before all else: what comes later is told again */
    if (rc == 0)
        rc = queue_json(q->api, conn, l->active_campaigns, names, &queue, &n_queue, err);
    if (rc == 0)
        rc = runs_json(conn, names, &runs, err);
    if (rc == 0)
        rc = clusters_json(conn, &clusters, err);
    if (rc == 0)
        rc = recent_json(q->api, conn, &recent, err);
    json_object_set_new(all, "lastEvent", json_integer(last));
    json_object_set_new(all, "hosts", json_pack("[o]", host_json(l)));
    json_object_set_new(all, "runs", runs);
    json_object_set_new(all, "clusters", clusters);
    json_object_set_new(all, "queueLeftOut",
                        json_integer((json_int_t)(n_queue - json_array_size(queue))));
    json_object_set_new(all, "queue", queue);
    json_object_set_new(all, "recent", recent);
    if (rc < 0)
        return rc;
    bd_auto_free char *made = bd_json_text(all);
    bd_str_add(&text, made);
    read_made(q, &text);
    return 0;
}

void overview_get(struct http_request *r, void *app)
{
    /* How busy the host is, and with it what is expected, changes without a word. */
    static const struct shared_rule rule = {
        .keep_ns = BD_NS_PER_S, .times = 20, .lasts_ns = 2 * BD_NS_PER_S};
    struct api *a = app;
    struct api_read *q = read_new(a, r, load_overview);
    struct looked *l = bd_new(struct looked);
    const struct step_host *host = engine_host(a->engine);
    engine_stats(a->engine, &l->stats);
    l->cpus = host->cpus;
    l->memory_bytes = host->memory_bytes;
    l->active_campaigns = engine_active_campaigns(a->engine);
    q->ask = l;
    shared_read(q, &rule);
}
