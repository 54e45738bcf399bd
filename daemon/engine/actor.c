#include "daemon/engine/private.h"

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
    while (a->waiters) {
        struct delete_waiter *w = a->waiters;
        a->waiters = w->next;
        w->done(w->arg, rc, err, rc == 0 ? &a->row : NULL);
        free(w);
    }
}

static void on_actor_closed(uv_handle_t *handle)
{
    struct actor *a = handle->data;
    store_cluster_done(&a->row);
    cluster_plan_done(&a->plan);
    free(a->image_fingerprint);
    json_decref(a->before);
    free(a->abort_reason);
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
    if (!virt_backend_find(spec.backend) || !sched_find(spec.scheduler)) {
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

static void set_error(struct actor *a, int step, int code, const char *detail)
{
    json_decref(a->row.error);
    a->row.error = json_pack("{s:s, s:s, s:s}", "type", bd_err_name(code), "step", steps[step].name,
                             "detail", detail);
}

static bool take_delete(struct actor *a, struct change *c)
{
    a->delete_wanted = false;
    if (a->row.state == CLUSTER_DELETING)
        return false;
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

static void fail(struct actor *a, struct change *c, int step, int code, const char *detail)
{
    set_error(a, step, code, detail);
    set_state(a, CLUSTER_EV_FAIL);
    change_event(c, "cluster.failing", json_incref(a->row.error));
    bd_log(BD_LOG_ERROR, "cluster failed", "cluster", a->row.id, "step", steps[step].name, "error",
           detail, NULL);
}

/* -- results -- */

/* Milliseconds, to the microsecond: more digits would be noise. */
static double ms_of(int64_t ns)
{
    int64_t us = ns / 1000;
    return (double)us / 1000;
}

static void add_time(struct actor *a, const struct step_work *w)
{
    const char *name = steps[w->step].name;
    double before = bd_json_real(a->row.timings, name, 0);
    json_object_set_new(a->row.timings, name, json_real(before + ms_of(w->took_ns)));
}

static void absorb(struct actor *a, struct change *c, struct step_work *w)
{
    struct step_output *out = &w->out;
    for (size_t i = 0; i < out->warnings.n; i++)
        json_array_append_new(a->row.warnings, json_string(out->warnings.items[i]));
    if (out->has_subnet) {
        char text[SUBNET_BYTES];
        free(a->row.subnet);
        a->row.subnet = bd_xstrdup(subnet_format(&out->subnet, text));
        struct bd_err err = BD_ERR_INIT;
        if (actor_plan(a, &err) < 0)
            bd_log(BD_LOG_ERROR, "a plan can't be made again", "cluster", a->row.id, "error",
                   err.text, NULL);
        actor_nodes(a, NODE_PLANNED);
    }
    if (out->before) {
        json_decref(a->before);
        a->before = bd_take(out->before);
        c->before = json_deep_copy(a->before);
    }
    if (out->scheduler_version) {
        free(a->row.scheduler_version);
        a->row.scheduler_version = bd_take(out->scheduler_version);
    }
    if (out->residue) {
        json_decref(a->row.residue);
        a->row.residue = bd_take(out->residue);
    }
}

static void step_succeeded(struct actor *a, int step)
{
    a->attempt = 0;
    a->e->steps_done[step]++;
    if (steps[step].phase == STEP_UP)
        a->done |= 1U << step;
    if (step == STEP_NODES) {
        actor_nodes(a, NODE_RUNNING);
        if (a->look_wanted)
            work_look(a);
    }
    if (step == STEP_TEARDOWN) {
        a->torn = true;
        actor_nodes(a, NODE_GONE);
        const char *of = bd_json_str(a->row.error, "step", NULL);
        if (bd_str_eq(of, steps[STEP_TEARDOWN].name)) { /* it was in the way, and no more is */
            json_decref(a->row.error);
            a->row.error = NULL;
        }
    }
    if (step == STEP_AUDIT)
        a->audited = true;
}

static bool worth_repeating(int code)
{
    switch (code) {
    case BD_EINVALID:
    case BD_ENOTFOUND:
    case BD_EUNSUPPORTED:
    case BD_ENOCAPACITY:
    case BD_ECANCELLED:
    case BD_ETIMEOUT:
    case BD_ECORRUPT:
        return false;
    default:
        return true;
    }
}

static void on_wait_over(uv_timer_t *timer)
{
    struct actor *a = timer->data;
    a->waiting = false;
    actor_move(a);
}

static void wait_before_next(struct actor *a)
{
    uint64_t ms = 500U << (a->attempt < 6 ? a->attempt : 6);
    a->waiting = true;
    uv_update_time(a->e->config.loop);
    uv_timer_start(&a->timer, on_wait_over, ms, 0);
}

static void step_failed(struct actor *a, struct change *c, struct step_work *w)
{
    const struct step *s = &steps[w->step];
    const char *detail = a->abort_reason ? a->abort_reason : w->err.text;
    a->e->steps_failed[w->step]++;

    if (s->phase == STEP_UP) {
        if (a->row.state != CLUSTER_CREATING)
            return; /* it was told to stop, for a take-down that follows now */
        if (!a->abort_reason && worth_repeating(w->rc) && a->attempt < s->attempts) {
            bd_log(BD_LOG_WARN, "a step failed and is tried again", "cluster", a->row.id, "step",
                   s->name, "attempt", bd_log_i64(a->attempt), "error", detail, NULL);
            wait_before_next(a);
        } else {
            fail(a, c, w->step, a->abort_reason ? BD_EVIRT : w->rc, detail);
            a->attempt = 0;
        }
    } else if (s->attempts && a->attempt >= s->attempts) {
        bd_log(BD_LOG_ERROR, "the host can't be audited", "cluster", a->row.id, "error", detail,
               NULL);
        json_decref(a->row.residue);
        a->row.residue = json_pack("{s:b, s:[{s:s, s:s, s:s}]}", "empty", 0, "differences", "kind",
                                   "audit", "item", detail, "change", "unknown");
        a->audited = true;
        a->attempt = 0;
    } else {
        bd_log(BD_LOG_WARN, "a step of take-down failed and is tried again", "cluster", a->row.id,
               "step", s->name, "attempt", bd_log_i64(a->attempt), "error", detail, NULL);
        if (!a->row.error)
            set_error(a, w->step, w->rc, detail);
        wait_before_next(a);
    }
}

static bool take_result(struct actor *a, struct change *c)
{
    struct step_work *w = a->finished;
    a->finished = NULL;
    if (a->e->closing && w->rc < 0) {
        /* Not its fault: it stays "intended", and the next start goes on from there. */
        work_free(w);
        return false;
    }
    add_time(a, w);
    absorb(a, c, w);
    change_step(c, w->step, w->attempt, w->rc == 0 ? STORE_STEP_DONE : STORE_STEP_FAILED,
                w->started_ns, w->ended_ns, 0, w->rc == 0 ? NULL : w->err.text);
    change_event(c, "cluster.step",
                 json_pack("{s:s, s:s, s:i, s:f, s:s*}", "step", steps[w->step].name, "state",
                           w->rc == 0 ? "done" : "failed", "attempt", (int)w->attempt, "ms",
                           ms_of(w->took_ns), "error", w->rc == 0 ? NULL : w->err.text));
    if (w->rc == 0)
        step_succeeded(a, w->step);
    else
        step_failed(a, c, w);
    free(a->abort_reason);
    a->abort_reason = NULL;
    work_free(w);
    return true;
}

/* -- what comes next -- */

static int next_step(const struct actor *a)
{
    switch (a->row.state) {
    case CLUSTER_CREATING:
        for (int i = 0; i < STEP_COUNT; i++)
            if (steps[i].phase == STEP_UP && !(a->done & (1U << i)))
                return i;
        return -1;
    case CLUSTER_FAILING:
    case CLUSTER_DELETING:
        return !a->torn ? STEP_TEARDOWN : !a->audited ? STEP_AUDIT : -1;
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
    a->attempt++;
    a->to_run = step;
    if (s->phase == STEP_UP)
        a->begun |= 1U << step;
    set_step_name(a, s->name);
    change_step(c, step, a->attempt, STORE_STEP_INTENDED, now_ns, 0, now_ns + timeout_ns, NULL);
    change_event(c, "cluster.step",
                 json_pack("{s:s, s:s, s:i}", "step", s->name, "state", "begun", "attempt",
                           (int)a->attempt));
    return true;
}

static bool go_on(struct actor *a, struct change *c)
{
    if (a->e->closing || !a->e->started || a->waiting || a->to_run >= 0)
        return false;
    int step = next_step(a);
    if (step >= 0)
        return begin_step(a, c, step);

    if (a->row.state == CLUSTER_CREATING) {
        set_state(a, CLUSTER_EV_UP);
        set_step_name(a, NULL);
        a->row.ready_ns = bd_wall_ns();
        actor_nodes(a, NODE_READY);
        change_event(c, "cluster.ready", json_object());
        return true;
    }
    if (a->row.state == CLUSTER_FAILING || a->row.state == CLUSTER_DELETING) {
        set_state(a, CLUSTER_EV_GONE);
        set_step_name(a, NULL);
        a->row.ended_ns = bd_wall_ns();
        c->drop_before = true;
        change_event(c, a->row.state == CLUSTER_FAILED ? "cluster.failed" : "cluster.deleted",
                     json_pack("{s:O?, s:O?}", "residue", a->row.residue, "error", a->row.error));
        return true;
    }
    return false;
}

void actor_move(struct actor *a)
{
    if (a->writing || a->dead)
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
            a->attempt = a->working || a->finished ? a->attempt : 0;
    }
    if (a->finished) {
        alone_ended = steps[a->finished->step].alone;
        changed |= take_result(a, c);
        if (a->row.state != CLUSTER_CREATING && !a->waiting && !a->torn)
            a->attempt = 0;
    }
    if (a->untold.len && a->row.state == CLUSTER_READY)
        changed |= take_lost(a, c);
    if (!a->working && !a->finished)
        changed |= go_on(a, c);
    if (changed)
        change_submit(c);
    else
        change_free(c);
    if (alone_ended)
        engine_move_all(a->e);
}

/* -- what the writer, workers and libvirt say -- */

/* There is no use in waiting for a scheduler that misses nodes. */
static void stop_if_lost(struct actor *a)
{
    if (!a->untold.len || !a->working || a->working->step != STEP_READY || a->abort_reason)
        return;
    a->abort_reason =
        bd_xasprintf("nodes ended while the scheduler came up: %s", bd_str_text(&a->untold));
    bd_cancel_set(a->working->in.cancel, BD_ECANCELLED, "a node ended");
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
        actor_release(a);
        engine_move_all(e);
        return;
    }
    if (a->working && steps[a->working->step].phase == STEP_UP && a->row.state != CLUSTER_CREATING)
        bd_cancel_set(a->working->in.cancel, BD_ECANCELLED, "the cluster is being removed");
    if (a->to_run >= 0) {
        int step = a->to_run;
        a->to_run = -1;
        bool wanted = steps[step].phase == STEP_DOWN || !a->delete_wanted;
        if (wanted && !e->closing && !a->working) {
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
    if (a->to_run >= 0 && steps[a->to_run].phase == STEP_UP) {
        int step = a->to_run;
        bd_auto_free char *detail = bd_xasprintf("the step could not be noted down: %s", err->text);
        set_error(a, step, err->code, detail);
        set_state(a, CLUSTER_EV_FAIL);
        set_step_name(a, steps[STEP_TEARDOWN].name);
        a->to_run = STEP_TEARDOWN;
        a->attempt = 1;
        int64_t version = c->row.version;
        store_cluster_done(&c->row);
        row_copy(&a->row, &c->row);
        c->row.version = version;
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
