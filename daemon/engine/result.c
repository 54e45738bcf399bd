/* What the result of a body means for its cluster and its run. */
#include "daemon/engine/campaign.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <string.h>

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

static void absorb_host(struct run *r, struct change *c, struct step_output *out)
{
    if (!out->host)
        return;
    json_object_set_new(r->row.conditions, "host", json_string(out->host_digest));
    c->host = bd_take(out->host);
    memcpy(c->host_digest, out->host_digest, sizeof(c->host_digest));
}

/* Of a cluster that is nobody's run, its row alone keeps it. */
static void absorb_network(struct actor *a, const struct step_output *out)
{
    json_t *network = json_object_get(out->conditions, "network");
    if (!network)
        return;
    json_decref(a->row.network);
    a->row.network = json_deep_copy(network);
}

static void absorb(struct actor *a, struct change *c, struct step_work *w)
{
    struct step_output *out = &w->out;
    absorb_network(a, out);
    if (a->run && steps[w->step].phase == STEP_MEASURE) {
        c->with_run = true;
        run_absorb(a->run, out);
        absorb_host(a->run, c, out);
    } else if (a->run && out->conditions) {
        c->with_run = true;
        json_object_update(a->run->row.conditions, out->conditions);
    }
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
    if (steps[step].phase != STEP_DOWN)
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
    if (step == STEP_AUDIT) {
        a->audited = !a->late;
        a->torn = a->torn && !a->late;
        a->late = false;
    }
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
    case BD_EWORKLOAD:
    case BD_EINTERRUPTED:
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

static void down_failed(struct actor *a, const struct step_work *w)
{
    const struct step *s = &steps[w->step];
    const char *detail = w->err.text;
    if (s->attempts && a->attempt >= s->attempts) {
        bd_log(BD_LOG_ERROR, "the host can't be audited", "cluster", a->row.id, "error", detail,
               NULL);
        json_decref(a->row.residue);
        a->row.residue = json_pack("{s:b, s:[{s:s, s:s, s:s}]}", "empty", 0, "differences", "kind",
                                   "audit", "item", detail, "change", "unknown");
        a->audited = true;
        a->attempt = 0;
        return;
    }
    bd_log(BD_LOG_WARN, "a step of take-down failed and is tried again", "cluster", a->row.id,
           "step", s->name, "attempt", bd_log_i64(a->attempt), "error", detail, NULL);
    if (!a->row.error)
        actor_set_error(a, w->step, w->rc, detail);
    wait_before_next(a);
}

static void step_failed(struct actor *a, struct change *c, struct step_work *w)
{
    const struct step *s = &steps[w->step];
    a->e->steps_failed[w->step]++;
    if (s->phase == STEP_DOWN) {
        down_failed(a, w);
        return;
    }
    if (a->row.state != (s->phase == STEP_UP ? CLUSTER_CREATING : CLUSTER_READY))
        return; /* it was told to stop, for a take-down that follows now; or logs were salvaged */
    const struct bd_err *why = a->abort.code < 0 ? &a->abort : &w->err;
    if (why == &w->err && worth_repeating(w->rc) && a->attempt < s->attempts) {
        bd_log(BD_LOG_WARN, "a step failed and is tried again", "cluster", a->row.id, "step",
               s->name, "attempt", bd_log_i64(a->attempt), "error", why->text, NULL);
        wait_before_next(a);
        return;
    }
    actor_fail(a, c, w->step, why == &w->err ? w->rc : why->code, why->text);
    a->attempt = 0;
}

bool actor_take_result(struct actor *a, struct change *c)
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
    if (w->in.run.salvage)
        a->run->salvaged = true;
    if (w->rc == 0)
        step_succeeded(a, w->step);
    else
        step_failed(a, c, w);
    bd_err_clear(&a->abort);
    work_free(w);
    return true;
}
