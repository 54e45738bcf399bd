#include "daemon/engine/artifacts.h"
#include "daemon/engine/campaign.h"
#include "daemon/engine/inputs.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/sample/live.h"
#include "lib/sched/sched.h"
#include "lib/store/idempotency.h"

#include <string.h>

/* -- notes from workers -- */

void engine_note(struct engine *e, const struct note *note)
{
    struct note *n = bd_new(struct note);
    *n = *note;
    n->next = NULL;
    pthread_mutex_lock(&e->lock);
    *e->notes_tail = n;
    e->notes_tail = &n->next;
    uv_async_send(&e->wake);
    pthread_mutex_unlock(&e->lock);
}

static void take_note(struct engine *e, const struct note *n)
{
    switch (n->kind) {
    case NOTE_IMAGE:
        images_progress(e, n->id, n->text);
        break;
    case NOTE_NODE:
        engine_event(e, "cluster.node", n->id,
                     json_pack("{s:s, s:s}", "node", n->text, "state", "running"));
        break;
    case NOTE_PROGRESS:
        run_progress(e, n->id, &n->progress);
        break;
    }
}

static void on_wake(uv_async_t *wake)
{
    struct engine *e = wake->data;
    pthread_mutex_lock(&e->lock);
    struct note *n = e->notes;
    e->notes = NULL;
    e->notes_tail = &e->notes;
    pthread_mutex_unlock(&e->lock);
    while (n) {
        struct note *next = n->next;
        take_note(e, n);
        free(n);
        n = next;
    }
}

/* -- upkeep: what is kept for a time only -- */

#define UPKEEP_MS     (60 * 60 * 1000)
#define WATCH_MS      (10 * 1000)
#define TICK_MS       1000
#define REPLY_KEPT_NS (24 * 3600 * BD_NS_PER_S)

struct upkeep {
    struct write w;
    struct engine *e;
};

static int upkeep_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    const struct upkeep *u = (struct upkeep *)w;
    int rc = store_event_trim(conn, u->e->config.events_kept, err);
    return rc < 0 ? rc : store_reply_expire(conn, bd_wall_ns() - REPLY_KEPT_NS, err);
}

static void upkeep_done(struct write *w, int rc, const struct bd_err *err)
{
    struct upkeep *u = (struct upkeep *)w;
    struct engine *e = u->e;
    engine_store_result(e, rc, err);
    if (rc < 0)
        bd_log(BD_LOG_ERROR, "old events and replies can't be removed", "error", err->text, NULL);
    free(u);
    engine_flight_end(e);
}

static void on_upkeep(uv_timer_t *timer)
{
    struct engine *e = timer->data;
    struct upkeep *u = bd_new(struct upkeep);
    u->w = (struct write){.exec = upkeep_exec, .done = upkeep_done};
    u->e = e;
    e->in_flight++;
    writer_submit(e->config.writer, &u->w);
    artifacts_again(e->artifacts);
}

/* -- life -- */

struct engine *engine_new(const struct engine_config *config)
{
    struct engine *e = bd_new(struct engine);
    e->config = *config;
    e->notes_tail = &e->notes;
    pthread_mutex_init(&e->lock, NULL);
    uv_async_init(config->loop, &e->wake, on_wake);
    e->wake.data = e;
    uv_unref((uv_handle_t *)&e->wake);
    uv_timer_init(config->loop, &e->upkeep);
    e->upkeep.data = e;
    uv_timer_init(config->loop, &e->watch);
    e->watch.data = e;
    uv_timer_init(config->loop, &e->tick);
    e->tick.data = e;
    e->artifacts = artifacts_new(e);
    e->inputs = inputs_new(e);
    return e;
}

static void on_bad_row(const char *id, const struct bd_err *why, void *arg BD_UNUSED)
{
    bd_log(BD_LOG_ERROR, "a cluster's row can't be read and is set aside", "cluster", id, "error",
           why->text, NULL);
}

/* What was done, and where it was cut off. */
static int load_steps(struct actor *a, struct store_conn *conn, struct bd_err *err)
{
    struct store_step *rows = NULL;
    size_t n = 0;
    int rc = store_step_list(conn, a->row.id, &rows, &n, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        if (a->run && strcmp(rows[i].name, steps[STEP_TEARDOWN].name) == 0)
            a->run->salvaged = true; /* before its nodes were ended, or in vain */
        for (int s = 0; s < STEP_COUNT; s++) {
            if (strcmp(rows[i].name, steps[s].name) != 0 || steps[s].phase == STEP_DOWN)
                continue;
            bool done = rows[i].state == STORE_STEP_DONE;
            a->begun |= 1U << s;
            a->done |= done ? 1U << s : 0;
            a->attempt = done ? 0 : rows[i].attempt;
            a->probe_first = rows[i].state == STORE_STEP_INTENDED;
            a->cut_off_ns = rows[i].started_ns;
        }
    }
    store_steps_free(rows, n);
    if (a->row.state != CLUSTER_CREATING && !(a->row.state == CLUSTER_READY && a->run)) {
        a->probe_first = false;
        a->attempt = 0;
    }
    return 0;
}

static int load_one(struct engine *e, struct store_conn *conn, struct store_cluster *row,
                    struct bd_err *err)
{
    struct actor *a = actor_new(e);
    a->row = *row;
    *row = (struct store_cluster){0};
    int rc = actor_plan(a, err);
    if (rc == 0 && a->row.run) {
        a->run = run_load(e, conn, a);
        a->delete_wanted = a->delete_wanted || !a->run; /* nobody waits for it any more */
    }
    if (rc == 0)
        rc = load_steps(a, conn, err);
    if (rc == 0)
        rc = store_inventory_get(conn, a->row.id, &a->before, err);
    if (rc == 0) {
        const struct store_image *image = images_resolve(e, a->row.image_id, NULL);
        a->image_fingerprint = bd_xstrdup(image && image->fingerprint ? image->fingerprint : "");
        a->next = e->actors;
        e->actors = a;
    } else {
        actor_free(a);
    }
    return rc;
}

int engine_load(struct engine *e, struct store_conn *conn, struct bd_err *err)
{
    int rc = images_load(e, conn, err);
    if (rc == 0)
        rc = campaigns_load(e, conn, err);
    if (rc == 0)
        rc = artifacts_load(e->artifacts, conn, err);
    if (rc < 0)
        return rc;
    struct store_cluster_filter filter = {
        .states = 1U << CLUSTER_CREATING | 1U << CLUSTER_READY | 1U << CLUSTER_FAILING |
                  1U << CLUSTER_DELETING,
        .limit = CLUSTERS_MAX,
    };
    struct store_cluster *rows = NULL;
    size_t n = 0;
    rc = store_cluster_list(conn, &filter, on_bad_row, NULL, &rows, &n, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        struct bd_err why = BD_ERR_INIT;
        char id[BD_ID_BYTES];
        memcpy(id, rows[i].id, sizeof(id));
        if (load_one(e, conn, &rows[i], &why) < 0)
            on_bad_row(id, &why, NULL);
        else
            bd_log(BD_LOG_INFO, "found a cluster of before", "cluster", id, "state",
                   cluster_state_to_str(engine_find(e, id)->row.state), NULL);
    }
    store_clusters_free(rows, n);
    campaigns_open_now(e, conn);
    queue_note_clusters(e);
    return 0;
}

bool nodes_should_run(const struct actor *a)
{
    return a->row.state == CLUSTER_READY ||
           (a->row.state == CLUSTER_CREATING && (a->done & (1U << STEP_NODES)) != 0);
}

static void on_watch(uv_timer_t *timer)
{
    work_watch(timer->data);
}

static void on_tick(uv_timer_t *timer)
{
    queue_tick(timer->data);
}

void engine_start(struct engine *e)
{
    e->started = true;
    uv_timer_start(&e->upkeep, on_upkeep, 0, UPKEEP_MS);
    uv_timer_start(&e->watch, on_watch, 0, WATCH_MS);
    uv_timer_start(&e->tick, on_tick, 0, TICK_MS);
    images_start(e);
    artifacts_start(e->artifacts);
    inputs_start(e->inputs);
    work_sweep(e); /* clusters at their end own nothing */
    engine_move_all(e);
    for (struct campaign *c = e->campaigns, *next; c; c = next) {
        next = c->next;
        campaign_move(c);
    }
}

static void on_engine_closed(uv_handle_t *handle)
{
    struct engine *e = handle->data;
    void (*on_closed)(void *) = e->on_closed;
    void *arg = e->arg;
    artifacts_free(e->artifacts);
    inputs_free(e->inputs);
    pthread_mutex_destroy(&e->lock);
    free(e);
    on_closed(arg);
}

static void on_tick_closed(uv_handle_t *handle)
{
    struct engine *e = handle->data;
    uv_close((uv_handle_t *)&e->wake, on_engine_closed);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct engine *e = handle->data;
    uv_close((uv_handle_t *)&e->tick, on_tick_closed);
}

static void on_upkeep_closed(uv_handle_t *handle)
{
    struct engine *e = handle->data;
    uv_close((uv_handle_t *)&e->watch, on_watch_closed);
}

static void close_when_idle(struct engine *e)
{
    if (!e->closing || e->in_flight || uv_is_closing((uv_handle_t *)&e->upkeep))
        return;
    while (e->actors)
        actor_release(e->actors);
    campaigns_free(e);
    images_free(e);
    free(e->load);
    e->load = NULL;
    on_wake(&e->wake); /* the last notes; nobody sends more */
    if (e->in_flight == 0)
        uv_close((uv_handle_t *)&e->upkeep, on_upkeep_closed);
}

void engine_flight_end(struct engine *e)
{
    e->in_flight--;
    close_when_idle(e);
}

void engine_close(struct engine *e, void (*on_closed)(void *arg), void *arg)
{
    e->closing = true;
    uv_timer_stop(&e->upkeep);
    uv_timer_stop(&e->watch);
    uv_timer_stop(&e->tick);
    e->on_closed = on_closed;
    e->arg = arg;
    for (struct actor *a = e->actors; a; a = a->next)
        if (a->working)
            bd_cancel_set(a->working->in.cancel, BD_ECANCELLED, "benchd is ending");
    images_cancel(e);
    artifacts_cancel(e->artifacts);
    inputs_cancel(e->inputs);
    close_when_idle(e);
}

/* -- answers that need no write: they too come later, never from inside the call -- */

struct answer {
    uv_timer_t timer;
    struct engine *e;
    engine_done_fn done;
    void *arg;
    struct bd_err err;
    char image_id[BD_ID_BYTES];
};

static void on_answered(uv_handle_t *handle)
{
    struct answer *a = handle->data;
    struct engine *e = a->e;
    free(a);
    engine_flight_end(e);
}

static void on_answer(uv_timer_t *timer)
{
    struct answer *a = timer->data;
    const void *row = *a->image_id ? images_row(a->e, a->image_id) : NULL;
    a->done(a->arg, a->err.code, &a->err, row);
    uv_close((uv_handle_t *)timer, on_answered);
}

void engine_answer(struct engine *e, engine_done_fn done, void *arg, const struct bd_err *err,
                   const char *image_id)
{
    struct answer *a = bd_new(struct answer);
    a->e = e;
    a->done = done;
    a->arg = arg;
    bd_err_copy(&a->err, err);
    snprintf(a->image_id, sizeof(a->image_id), "%s", image_id ? image_id : "");
    uv_timer_init(e->config.loop, &a->timer);
    a->timer.data = a;
    uv_timer_start(&a->timer, on_answer, 0, 0);
    e->in_flight++;
}

/* -- clusters -- */

static unsigned count_actors(const struct engine *e)
{
    unsigned n = 0;
    for (const struct actor *a = e->actors; a; a = a->next)
        n++;
    return n;
}

static int check_create(struct engine *e, const struct cluster_spec *spec, const char *name,
                        const struct store_image **ret_image, struct bd_err *err)
{
    if (e->closing)
        return bd_err_set(err, BD_EUNAVAILABLE, "benchd is ending: try again when it is back");
    if (count_actors(e) >= CLUSTERS_MAX)
        return bd_err_set(err, BD_ENOCAPACITY, "there are %u clusters already: delete one first",
                          CLUSTERS_MAX);
    if (!virt_backend_find(spec->backend))
        return bd_err_set(err, BD_EINVALID, "no backend is called %s", spec->backend);
    if (!sched_of(spec))
        return bd_err_set(err, BD_EINVALID, "no scheduler is called %s", spec->scheduler);
    for (const struct actor *a = e->actors; a && name; a = a->next)
        if (bd_str_eq(a->row.name, name))
            return bd_err_set(err, BD_ECONFLICT,
                              "the name %s is taken by cluster %s (%s): choose another, or delete "
                              "that one",
                              name, a->row.id, cluster_state_to_str(a->row.state));
    struct engine_stats stats;
    engine_stats(e, &stats);
    int rc = admit_check_memory(&e->config.host, spec, stats.memory_in_use, err);
    if (rc < 0)
        return rc;
    *ret_image = images_resolve(e, spec->image, err);
    return *ret_image ? 0 : err->code;
}

void engine_cluster_create(struct engine *e, const struct engine_create *create)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *spec_json = create->spec;
    struct cluster_spec spec;
    bd_auto_faults struct schema_faults faults = {0};
    if (cluster_spec_read(spec_json, &spec, &faults) < 0) {
        bd_err_set(&err, BD_EINVALID, "%s: expected %s", faults.items[0].pointer,
                   faults.items[0].expected);
        engine_answer(e, create->done, create->arg, &err, NULL);
        return;
    }
    const struct store_image *image = NULL;
    int rc = check_create(e, &spec, create->name, &image, &err);
    cluster_spec_done(&spec);
    if (rc < 0 || !image) {
        engine_answer(e, create->done, create->arg, &err, NULL);
        return;
    }

    char id[BD_ID_BYTES];
    do
        bd_id_new(id);
    while (engine_find(e, id));
    struct actor *a = actor_begin(e, id, bd_take(spec_json), image);
    a->row.name = create->name ? bd_xstrdup(create->name) : NULL;
    queue_note_clusters(e);

    struct change *c = change_new(a);
    c->insert = true;
    c->also = create->also;
    c->done = create->done;
    c->arg = create->arg;
    change_event(c, "cluster.created", json_pack("{s:s?}", "name", a->row.name));
    bd_log(BD_LOG_INFO, "cluster is asked for", "cluster", a->row.id, "name", a->row.name, "nodes",
           bd_log_i64((int64_t)a->plan.n_nodes), NULL);
    change_submit(c);
}

void engine_cluster_delete(struct engine *e, const char *id, engine_done_fn done, void *arg)
{
    struct actor *a = engine_find(e, id);
    if (!a) {
        struct bd_err err = BD_ERR_INIT;
        bd_err_set(&err, BD_ENOTFOUND, "no cluster %s is up", id);
        engine_answer(e, done, arg, &err, NULL);
        return;
    }
    if (a->run) {
        struct bd_err err = BD_ERR_INIT;
        bd_err_set(&err, BD_ECONFLICT, "cluster %s belongs to run %s: cancel the run", id, id);
        engine_answer(e, done, arg, &err, NULL);
        return;
    }
    if (a->row.state == CLUSTER_DELETING && !a->writing) {
        engine_answer(e, done, arg, &BD_ERR_INIT, NULL);
        return;
    }
    struct delete_waiter *w = bd_new(struct delete_waiter);
    *w = (struct delete_waiter){.next = a->waiters, .done = done, .arg = arg};
    a->waiters = w;
    a->delete_wanted = true;
    actor_move(a);
}

int engine_cluster_plan(struct engine *e, const char *id, struct cluster_plan *ret_plan,
                        struct bd_err *err)
{
    struct actor *a = engine_find(e, id);
    if (!a)
        return bd_err_set(err, BD_ENOTFOUND, "no cluster %s is up", id);
    if (a->run)
        return bd_err_set(
            err, BD_ECONFLICT,
            "cluster %s belongs to run %s, and what is measured must not be disturbed: "
            "use the hooks of its campaign",
            id, id);
    if (a->row.state != CLUSTER_READY)
        return bd_err_set(err, BD_ECONFLICT,
                          "cluster %s is %s: commands run in it once it is ready", id,
                          cluster_state_to_str(a->row.state));
    struct cluster_spec spec;
    bd_auto_faults struct schema_faults faults = {0};
    cluster_spec_read(a->row.spec, &spec, &faults);
    cluster_plan_make(id, &spec, &a->plan.subnet, ret_plan);
    return 0;
}

void engine_domain_hint(struct engine *e, const char *domain, bool running)
{
    char id[BD_ID_BYTES];
    if (running || e->closing || !cluster_id_in_name(domain, id))
        return;
    struct actor *a = engine_find(e, id);
    if (!a)
        return;
    if (nodes_should_run(a))
        work_look(a);
    else
        a->look_wanted = true; /* of one that is being started: there will be a look when all are */
}

double engine_in_use(const struct engine *e, const struct actor *but, uint64_t *ret_memory)
{
    double cpus = 0;
    *ret_memory = 0;
    for (const struct actor *a = e->actors; a; a = a->next) {
        if (a == but)
            continue;
        unsigned nodes = cluster_spec_nodes(&a->plan.spec);
        cpus += cluster_spec_cpus(&a->plan.spec);
        *ret_memory += a->plan.spec.memory_bytes * nodes;
    }
    return cpus;
}

void engine_stats(const struct engine *e, struct engine_stats *ret_stats)
{
    *ret_stats = (struct engine_stats){
        .stuck = e->stuck,
        .store_ok = e->store_rc == 0,
        .artifact_bytes = artifacts_bytes(e->artifacts),
        .artifact_quota_bytes = e->config.artifacts_quota,
    };
    if (e->store_rc < 0)
        snprintf(ret_stats->store_error, sizeof(ret_stats->store_error), "%s", e->store_err.text);
    for (const struct actor *a = e->actors; a; a = a->next) {
        ret_stats->clusters[a->row.state]++;
        if (a->run)
            ret_stats->runs[a->run->row.state]++;
        ret_stats->nodes += a->has_subnet ? (unsigned)a->plan.n_nodes : 0;
    }
    ret_stats->cpus_in_use = engine_in_use(e, NULL, &ret_stats->memory_in_use);
    for (const struct campaign *c = e->campaigns; c; c = c->next) {
        ret_stats->campaigns[c->state]++;
        ret_stats->runs[RUN_QUEUED] += c->queued != NULL;
    }
    ret_stats->load = queue_load(e);
    memcpy(ret_stats->steps_done, e->steps_done, sizeof(e->steps_done));
    memcpy(ret_stats->steps_failed, e->steps_failed, sizeof(e->steps_failed));
}

struct sample_live *engine_run_live(struct engine *e, const char *id)
{
    const struct actor *a = engine_find(e, id);
    struct sample_live *live = a && a->working ? a->working->in.live : NULL;
    return live ? sample_live_ref(live) : NULL;
}

unsigned engine_active_campaigns(const struct engine *e)
{
    return e->config.active_campaigns;
}

const struct step_host *engine_host(const struct engine *e)
{
    return &e->config.host;
}

int engine_image_digest(struct engine *e, const char *ref, char ret_digest[BD_DIGEST_BYTES],
                        struct bd_err *err)
{
    const struct store_image *image = images_resolve(e, ref, err);
    if (!image)
        return BD_ENOTFOUND;
    snprintf(ret_digest, BD_DIGEST_BYTES, "%s", image->digest);
    return 0;
}
