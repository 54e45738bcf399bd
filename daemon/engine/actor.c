#include "daemon/engine/campaign.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/sched/sched.h"

#include <string.h>

struct actor *actor_new(struct engine *e)
{
    struct actor *a = bd_new(struct actor);
    a->e = e;
    a->to_run = -1;
    uv_timer_init(e->config.loop, &a->timer);
    a->timer.data = a;
    return a;
}

static void answer_waiters(struct actor *a, int rc, const struct bd_err *err)
{
    waiters_answer(&a->waiters, rc, err, rc == 0 && !a->run ? &a->row : NULL);
}

static void on_actor_closed(uv_handle_t *handle)
{
    struct actor *a = handle->data;
    store_cluster_done(&a->row);
    cluster_plan_done(&a->plan);
    free(a->image_fingerprint);
    json_decref(a->before);
    run_free(a->run);
    bd_strv_done(&a->lost);
    bd_str_done(&a->untold);
    free(a);
}

void actor_free(struct actor *a)
{
    a->dead = true;
    uv_close((uv_handle_t *)&a->timer, on_actor_closed);
}

void actor_release(struct actor *a)
{
    struct engine *e = a->e;
    struct bd_err err = BD_ERR_INIT;
    bd_err_set(&err, BD_EUNAVAILABLE,
               "this could not be noted down: try again when benchd is back");
    answer_waiters(a, err.code, &err);
    for (struct actor **at = &e->actors; *at; at = &(*at)->next) {
        if (*at == a) {
            *at = a->next;
            break;
        }
    }
    actor_free(a);
}

struct actor *engine_find(struct engine *e, const char *id)
{
    for (struct actor *a = e->actors; a; a = a->next)
        if (strcmp(a->row.id, id) == 0)
            return a;
    return NULL;
}

void engine_move_all(struct engine *e)
{
    struct actor *next;
    for (struct actor *a = e->actors; a; a = next) {
        next = a->next; /* a move never frees another actor, only a write's end frees its own */
        actor_move(a);
    }
}

int actor_plan(struct actor *a, struct bd_err *err)
{
    struct cluster_spec spec;
    bd_auto_faults struct schema_faults faults = {0};
    struct subnet subnet = {0};
    if (cluster_spec_read(a->row.spec, &spec, &faults) < 0)
        return bd_err_set(err, BD_ECORRUPT, "its spec is not valid: %s: expected %s",
                          faults.items[0].pointer, faults.items[0].expected);
    if (!virt_backend_find(spec.backend) || !sched_of(&spec)) {
        int rc =
            bd_err_set(err, BD_EUNSUPPORTED, "this version knows no backend %s or no scheduler %s",
                       spec.backend, spec.scheduler);
        cluster_spec_done(&spec);
        return rc;
    }
    if (a->row.subnet) {
        int rc = subnet_parse(a->row.subnet, &subnet, err);
        if (rc < 0) {
            cluster_spec_done(&spec);
            return BD_ECORRUPT;
        }
    }
    a->has_subnet = a->row.subnet != NULL;
    cluster_plan_done(&a->plan);
    cluster_plan_make(a->row.id, &spec, &subnet, &a->plan);
    return 0;
}

void actor_nodes(struct actor *a, enum node_state state)
{
    json_decref(a->row.nodes);
    a->row.nodes = json_array();
    for (size_t i = 0; i < a->plan.n_nodes; i++) {
        const struct node_plan *n = &a->plan.nodes[i];
        bool lost = state == NODE_READY && bd_strv_has(&a->lost, n->name);
        json_array_append_new(a->row.nodes,
                              json_pack("{s:s, s:s, s:s, s:s?}", "name", n->name, "role",
                                        node_role_to_str(n->role), "state",
                                        node_state_to_str(lost ? NODE_LOST : state), "address",
                                        a->has_subnet ? n->address : NULL));
    }
}

struct actor *actor_begin(struct engine *e, const char *id, json_t *spec,
                          const struct store_image *image)
{
    struct actor *a = actor_new(e);
    memcpy(a->row.id, id, BD_ID_BYTES);
    a->row.state = CLUSTER_CREATING;
    a->row.version = 1;
    a->row.created_ns = bd_wall_ns();
    a->row.spec = spec;
    a->row.image_id = bd_xstrdup(image->id);
    a->row.image_name = bd_xstrdup(image->name);
    a->row.image_digest = bd_xstrdup(image->digest);
    a->image_fingerprint = bd_xstrdup(image->fingerprint);
    a->row.timings = json_object();
    a->row.warnings = json_array();
    actor_plan(a, NULL); /* who asks has checked the spec */
    actor_nodes(a, NODE_PLANNED);
    a->next = e->actors;
    e->actors = a;
    return a;
}

/* -- moves of the state -- */

static void set_state(struct actor *a, enum cluster_event event)
{
    enum cluster_state to;
    struct bd_err err = BD_ERR_INIT;
    if (cluster_next(a->row.state, event, &to, &err) < 0) {
        bd_log(BD_LOG_ERROR, "a move that must not happen was refused", "cluster", a->row.id,
               "error", err.text, NULL);
        return;
    }
    a->row.state = to;
}

static void set_step_name(struct actor *a, const char *name)
{
    free(a->row.step);
    a->row.step = name ? bd_xstrdup(name) : NULL;
}

void actor_set_error(struct actor *a, int step, int code, const char *detail)
{
    json_decref(a->row.error);
    a->row.error = json_pack("{s:s, s:s, s:s}", "type", bd_err_name(code), "step", steps[step].name,
                             "detail", detail);
}

static bool take_delete(struct actor *a, struct change *c)
{
    a->delete_wanted = false;
    if (a->row.state == CLUSTER_DELETING || (a->run && a->row.state == CLUSTER_FAILING)) {
        answer_waiters(a, 0, NULL); /* it is on its way down already */
        return false;
    }
    if (a->run)
        run_move(a->run, c, RUN_EV_CANCEL);
    a->probe_first = false; /* however far it had come: all of it goes */
    set_state(a, CLUSTER_EV_DELETE);
    change_event(c, "cluster.deleting", json_object());
    return true;
}

static bool take_lost(struct actor *a, struct change *c)
{
    const char *names = bd_str_text(&a->untold);
    bd_log(BD_LOG_WARN, "nodes of a ready cluster ended", "cluster", a->row.id, "nodes", names,
           NULL);
    json_array_append_new(a->row.warnings, json_sprintf("nodes ended: %s", names));
    actor_nodes(a, NODE_READY);
    change_event(c, "cluster.nodes-lost", json_pack("{s:s}", "nodes", names));
    bd_str_clear(&a->untold);
    return true;
}

/* A step of bring-up fails the cluster, one of measurement its run alone. */
void actor_fail(struct actor *a, struct change *c, int step, int code, const char *detail)
{
    if (steps[step].phase == STEP_UP) {
        actor_set_error(a, step, code, detail);
        set_state(a, CLUSTER_EV_FAIL);
        change_event(c, "cluster.failing", json_incref(a->row.error));
    } else {
        set_state(a, CLUSTER_EV_DELETE);
        change_event(c, "cluster.deleting", json_object());
    }
    if (a->run) {
        run_fail(a->run, c, code, steps[step].name, detail);
        return;
    }
    bd_log(BD_LOG_ERROR, "cluster failed", "cluster", a->row.id, "step", steps[step].name, "error",
           detail, NULL);
}

/* -- what comes next -- */

static int first_not_done(const struct actor *a, enum step_phase phase)
{
    for (int i = 0; i < STEP_COUNT; i++)
        if (steps[i].phase == phase && !(a->done & (1U << i)))
            return i;
    return -1;
}

/* A run that failed on nodes that were up: its logs tell why. */
static bool salvage_wanted(const struct actor *a)
{
    return a->run && a->run->row.state == RUN_FAILING && !a->run->salvaged && !a->torn &&
           (a->begun & (1U << STEP_NODES)) != 0;
}

static int next_step(const struct actor *a)
{
    switch (a->row.state) {
    case CLUSTER_CREATING:
        return first_not_done(a, STEP_UP);
    case CLUSTER_READY:
        return a->run ? first_not_done(a, STEP_MEASURE) : -1;
    case CLUSTER_FAILING:
    case CLUSTER_DELETING:
        return salvage_wanted(a) ? STEP_COLLECT
               : !a->torn        ? STEP_TEARDOWN
               : !a->audited     ? STEP_AUDIT
                                 : -1;
    default:
        return -1;
    }
}

static bool somebody_is_at(const struct engine *e, const struct actor *but, int step)
{
    for (const struct actor *a = e->actors; a; a = a->next)
        if (a != but && (a->to_run == step || (a->working && a->working->step == step) ||
                         (a->finished && a->finished->step == step)))
            return true;
    return false;
}

/* A cluster whose nodes are gone, or that was in the middle of what can't be taken up again, is no
 * place to measure. */
static bool cant_begin(struct actor *a, struct change *c, int step)
{
    if (steps[step].phase != STEP_MEASURE || a->row.state != CLUSTER_READY)
        return false;
    if (a->lost.n) {
        bd_auto_free char *detail =
            bd_xasprintf("nodes ended: %s%s", a->lost.items[0], a->lost.n > 1 ? " and others" : "");
        actor_fail(a, c, step, BD_EVIRT, detail);
        return true;
    }
    if (a->probe_first && steps[step].once) {
        actor_fail(
            a, c, step, BD_EINTERRUPTED,
            "benchd ended in the middle of it: what was measured until then is no measurement");
        return true;
    }
    return false;
}

static bool begin_step(struct actor *a, struct change *c, int step)
{
    const struct step *s = &steps[step];
    if (s->alone && somebody_is_at(a->e, a, step))
        return false;
    int64_t now_ns = bd_wall_ns();
    int64_t timeout_ns = s->timeout_ns + s->timeout_per_node_ns * (int64_t)a->plan.n_nodes;
    if (a->probe_first)
        change_step(c, step, a->attempt, STORE_STEP_FAILED, a->cut_off_ns, now_ns, 0,
                    "cut off by the end of benchd");
    if (cant_begin(a, c, step)) {
        a->probe_first = false;
        a->attempt = 0;
        return true;
    }
    if (s->phase == STEP_MEASURE && a->row.state != CLUSTER_READY)
        a->attempt = s->attempts; /* salvage: the attempts before it stay as they are recorded */
    a->attempt++;
    a->to_run = step;
    if (s->phase != STEP_DOWN)
        a->begun |= 1U << step;
    set_step_name(a, s->name);
    change_step(c, step, a->attempt, STORE_STEP_INTENDED, now_ns, 0, now_ns + timeout_ns, NULL);
    change_event(c, "cluster.step",
                 json_pack("{s:s, s:s, s:i}", "step", s->name, "state", "begun", "attempt",
                           (int)a->attempt));
    return true;
}

/* A move of the state that follows from what is done; the next step goes into the same change. */
static bool advance(struct actor *a, struct change *c)
{
    if (a->row.state == CLUSTER_CREATING && first_not_done(a, STEP_UP) < 0) {
        set_state(a, CLUSTER_EV_UP);
        set_step_name(a, NULL);
        a->row.ready_ns = bd_wall_ns();
        actor_nodes(a, NODE_READY);
        change_event(c, "cluster.ready", json_object());
        if (a->run)
            run_move(a->run, c, RUN_EV_UP);
        return true;
    }
    if (a->row.state == CLUSTER_READY && a->run && first_not_done(a, STEP_MEASURE) < 0) {
        run_move(a->run, c, RUN_EV_MEASURED);
        set_state(a, CLUSTER_EV_DELETE);
        change_event(c, "cluster.deleting", json_object());
        return true;
    }
    if ((a->row.state == CLUSTER_FAILING || a->row.state == CLUSTER_DELETING) && a->torn &&
        a->audited) {
        set_state(a, CLUSTER_EV_GONE);
        set_step_name(a, NULL);
        a->row.ended_ns = bd_wall_ns();
        c->drop_before = true;
        change_event(c, a->row.state == CLUSTER_FAILED ? "cluster.failed" : "cluster.deleted",
                     json_pack("{s:O?, s:O?}", "residue", a->row.residue, "error", a->row.error));
        if (a->run)
            run_gone(a->run, c);
        return true;
    }
    return false;
}

static bool go_on(struct actor *a, struct change *c)
{
    if (a->e->closing || !a->e->started || a->waiting || a->to_run >= 0)
        return false;
    bool advanced = advance(a, c);
    int step = next_step(a);
    return (step >= 0 && begin_step(a, c, step)) || advanced;
}

void actor_move(struct actor *a)
{
    if (a->writing || a->aside || a->dead)
        return;
    bool changed = false, stop_body = false, alone_ended = false;
    struct change *c = change_new(a);
    if (a->delete_wanted) {
        stop_body = take_delete(a, c);
        changed |= stop_body;
        if (stop_body && a->waiting) { /* for another attempt that nobody wants any more */
            a->waiting = false;
            uv_timer_stop(&a->timer);
        }
        if (stop_body)
            a->attempt = a->working || a->storing || a->finished ? a->attempt : 0;
    }
    if (a->finished) {
        alone_ended = steps[a->finished->step].alone;
        changed |= actor_take_result(a, c);
        if (a->row.state != CLUSTER_CREATING && a->row.state != CLUSTER_READY && !a->waiting &&
            !a->torn)
            a->attempt = 0;
    }
    if (a->untold.len && a->row.state == CLUSTER_READY)
        changed |= take_lost(a, c);
    if (!a->working && !a->storing && !a->finished)
        changed |= go_on(a, c);
    if (changed)
        change_submit(c);
    else
        change_free(c);
    if (alone_ended)
        engine_move_all(a->e);
}

/* -- what the writer, workers and libvirt say -- */

void actor_abort(struct actor *a, int code, const char *why)
{
    if (a->abort.code < 0 || !a->working || steps[a->working->step].phase == STEP_DOWN ||
        a->working->in.run.salvage)
        return;
    bd_err_set(&a->abort, code, "%s", why);
    work_stop(a, code == BD_ETIMEOUT ? code : BD_ECANCELLED, "its run or cluster has failed");
}

/* There is no use in waiting for a scheduler that misses nodes, nor in measuring on it. */
static void stop_if_lost(struct actor *a)
{
    if (!a->untold.len || !a->working ||
        (a->working->step != STEP_READY && steps[a->working->step].phase != STEP_MEASURE))
        return;
    bd_auto_free char *why =
        bd_xasprintf("nodes ended while the %s: %s",
                     a->working->step == STEP_READY ? "scheduler came up" : "run was measured",
                     bd_str_text(&a->untold));
    actor_abort(a, BD_EVIRT, why);
}

/* The body is of no use in the state that is durable now. */
static bool body_is_in_vain(const struct actor *a)
{
    if (!a->working || a->working->in.run.salvage)
        return false;
    enum step_phase phase = steps[a->working->step].phase;
    return (phase == STEP_UP && a->row.state != CLUSTER_CREATING) ||
           (phase == STEP_MEASURE && a->row.state != CLUSTER_READY);
}

void actor_on_durable(struct actor *a, struct change *c)
{
    struct engine *e = a->e;
    if (a->row.state == CLUSTER_DELETING || cluster_state_is_final(a->row.state))
        answer_waiters(a, 0, NULL);
    if (change_has_event(c, "cluster.ready"))
        bd_log(BD_LOG_INFO, "cluster is ready", "cluster", a->row.id, "nodes",
               bd_log_i64((int64_t)a->plan.n_nodes), NULL);
    if (cluster_state_is_final(a->row.state)) {
        bd_log(BD_LOG_INFO, "cluster is gone", "cluster", a->row.id, "state",
               cluster_state_to_str(a->row.state), "residue",
               bd_json_bool(a->row.residue, "empty", 0) ? "none" : "some", NULL);
        struct run *run = bd_take(a->run);
        actor_release(a);
        engine_move_all(e);
        if (run)
            run_released(run);
        return;
    }
    if (body_is_in_vain(a))
        work_stop(a, BD_ECANCELLED, "the cluster is being removed");
    if (a->to_run >= 0) {
        int step = a->to_run;
        a->to_run = -1;
        bool way_down = a->row.state == CLUSTER_FAILING || a->row.state == CLUSTER_DELETING;
        bool wanted = way_down || !a->delete_wanted;
        if (wanted && !e->closing && !a->working && !a->storing) {
            work_begin(a, step);
            stop_if_lost(a);
            return;
        }
        a->attempt = 0;
        if (steps[step].alone) /* another may begin it now */
            engine_move_all(e);
    }
    actor_move(a);
}

void actor_on_store_failure(struct actor *a, struct change *c, const struct bd_err *err)
{
    /* Nothing new is made without its intent on disk. Removal never waits for the disk: the intents
     * of what there is to remove are on it, and the removal may be what makes the room. */
    if (a->to_run >= 0 && steps[a->to_run].phase != STEP_DOWN) {
        int step = a->to_run;
        bd_auto_free char *detail = bd_xasprintf("the step could not be noted down: %s", err->text);
        if (a->row.state == CLUSTER_CREATING || a->row.state == CLUSTER_READY)
            actor_fail(a, c, step, err->code, detail);
        set_step_name(a, steps[STEP_TEARDOWN].name);
        a->to_run = STEP_TEARDOWN;
        a->attempt = 1;
        if (a->run)
            a->run->salvaged = true; /* there is no room for it */
        change_renew(c);
    }
    if (a->to_run >= 0 && !a->working) {
        int step = a->to_run;
        a->to_run = -1;
        work_begin(a, step);
    }
}

void actor_on_work_done(struct actor *a, struct step_work *w)
{
    uv_timer_stop(&a->timer);
    a->working = NULL;
    if (!ingest_begin(a, w))
        actor_on_stored(a, w);
}

void actor_on_stored(struct actor *a, struct step_work *w)
{
    a->storing = NULL;
    a->finished = w;
    actor_move(a);
}

void actor_on_lost(struct actor *a, const struct bd_strv *lost)
{
    for (size_t i = 0; i < lost->n; i++) {
        if (bd_strv_has(&a->lost, lost->items[i]))
            continue;
        bd_strv_add(&a->lost, lost->items[i]);
        bd_str_addf(&a->untold, "%s%s", a->untold.len ? ", " : "", lost->items[i]);
    }
    stop_if_lost(a);
    actor_move(a);
}
