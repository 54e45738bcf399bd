/* A run: its row, its moves, its grade. Once admitted it goes along with the actor of its cluster.
 */
#include "daemon/engine/artifacts.h"
#include "daemon/engine/campaign.h"

#include "daemon/engine/fault.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <string.h>

void run_row_copy(const struct store_run *from, bool all, struct store_run *ret_to)
{
    *ret_to = *from;
    ret_to->waiting = dup_or_null(from->waiting);
    ret_to->levels = all ? json_deep_copy(from->levels) : NULL;
    ret_to->spec = all ? json_deep_copy(from->spec) : NULL;
    ret_to->conditions = json_deep_copy(from->conditions);
    ret_to->metrics = json_deep_copy(from->metrics);
    ret_to->warnings = json_deep_copy(from->warnings);
    ret_to->error = json_deep_copy(from->error);
    ret_to->reasons = json_deep_copy(from->reasons);
}

struct run *run_new(struct campaign *c, size_t position)
{
    struct slot *s = &c->slots[position];
    struct plan_run place = plan_run_at(c->plan, position);
    struct run *r = bd_new(struct run);
    r->e = c->e;
    r->campaign = c;
    struct store_run *row = &r->row;
    do
        bd_id_new(row->id);
    while (engine_find(c->e, row->id));
    memcpy(row->campaign, c->id, sizeof(row->campaign));
    row->position = (unsigned)position;
    row->cell = place.cell;
    row->block = place.block;
    row->warmup = place.warmup;
    row->attempt = ++s->attempt;
    row->state = RUN_QUEUED;
    row->created_ns = bd_wall_ns();
    row->levels = plan_cell_levels(c->plan, place.cell);
    row->spec = plan_cell_spec(c->plan, place.cell);
    json_object_set_new(row->spec, "seed", json_integer((json_int_t)c->seed));
    r->definition = definitions_of_run(c->definitions, row->spec);
    row->conditions = json_object();
    json_object_set(row->conditions, "backend",
                    json_object_get(json_object_get(row->spec, "cluster"), "backend"));
    row->metrics = json_object();
    row->warnings = json_array();
    s->state = SLOT_BUSY;
    c->busy++;
    return r;
}

void run_free(struct run *r)
{
    if (!r)
        return;
    store_run_done(&r->row);
    json_decref(r->definition);
    free(r);
}

struct run *run_find(struct engine *e, const char *id)
{
    struct actor *a = engine_find(e, id);
    if (a)
        return a->run;
    for (struct campaign *c = e->campaigns; c; c = c->next)
        if (c->queued && strcmp(c->queued->row.id, id) == 0)
            return c->queued;
    return NULL;
}

json_t *run_cluster_spec(const struct store_run *row)
{
    json_t *spec = json_deep_copy(json_object_get(row->spec, "cluster"));
    const json_t *admission = json_object_get(row->spec, "admission");
    json_object_set_new(
        spec, "admission",
        json_pack("{s:b}", "oversubscribe", bd_json_bool(admission, "oversubscribe", 0)));
    return spec;
}

/* -- moves -- */

static const char *const event_of[RUN_STATE_COUNT] = {
    [RUN_QUEUED] = "run.queued",       [RUN_PREPARING] = "run.preparing",
    [RUN_MEASURING] = "run.measuring", [RUN_CLEARING] = "run.clearing",
    [RUN_FAILING] = "run.failing",     [RUN_CANCELLING] = "run.cancelling",
    [RUN_DONE] = "run.done",           [RUN_FAILED] = "run.failed",
    [RUN_CANCELLED] = "run.cancelled",
};

static json_t *event_data(const struct run *r)
{
    return json_pack("{s:s, s:i, s:i, s:i, s:O?}", "campaign", r->row.campaign, "cell",
                     (int)r->row.cell, "block", (int)r->row.block, "attempt", (int)r->row.attempt,
                     "error", r->row.error);
}

bool run_move(struct run *r, struct change *c, enum run_event event)
{
    enum run_state to;
    struct bd_err err = BD_ERR_INIT;
    if (run_next(r->row.state, event, &to, &err) < 0) {
        bd_log(BD_LOG_ERROR, "a move that must not happen was refused", "run", r->row.id, "error",
               err.text, NULL);
        return false;
    }
    if (to == r->row.state)
        return false;
    r->row.state = to;
    if (c) {
        c->with_run = true;
        change_event(c, event_of[to], event_data(r));
    }
    return true;
}

void run_fail(struct run *r, struct change *c, int code, const char *step, const char *detail)
{
    json_decref(r->row.error);
    r->row.error =
        json_pack("{s:s, s:s, s:s}", "type", bd_err_name(code), "step", step, "detail", detail);
    run_move(r, c, RUN_EV_FAIL);
    bd_log(BD_LOG_ERROR, "run failed", "run", r->row.id, "campaign", r->row.campaign, "step", step,
           "attempt", bd_log_i64(r->row.attempt), "error", detail, NULL);
}

void run_absorb(struct run *r, struct step_output *out)
{
    for (size_t i = 0; i < out->warnings.n; i++)
        json_array_append_new(r->row.warnings, json_string(out->warnings.items[i]));
    bd_strv_done(&out->warnings);
    if (out->conditions)
        json_object_update(r->row.conditions, out->conditions);
    if (out->metrics) {
        json_decref(r->row.metrics);
        r->row.metrics = bd_take(out->metrics);
    }
}

/* At most once a second of a run, as the driver tells it. */
void run_progress(struct engine *e, const char *id, const struct workload_progress *p)
{
    struct run *r = run_find(e, id);
    if (r && r->row.state == RUN_MEASURING)
        engine_event(e, "run.progress", id,
                     json_pack("{s:s, s:i, s:i, s:i}", "campaign", r->row.campaign, "submitted",
                               (int)p->submitted, "ended", (int)p->ended, "jobs", (int)p->jobs));
}

/* -- the end -- */

static void add_cost(struct run *r, const char *metric, double value, const char *unit, size_t n)
{
    json_object_set_new(r->row.metrics, metric,
                        json_pack("{s:f, s:s, s:s, s:I}", "value", value, "unit", unit, "kind",
                                  "cost", "n", (json_int_t)n));
}

/* What its daemons used while the workload ran is what the scheduler costs; with its clients and
 * all else, what its node used; and what it and the jobs used on the compute nodes. */
static void add_scheduler_metrics(struct run *r)
{
    static const struct {
        const char *metric, *of, *unit;
    } sums[] = {{"scheduler_cpu", "cpuSeconds", "s"},
                {"scheduler_memory_peak", "peakBytes", "B"},
                {"scheduler_switches", "switches", "1"}};
    static const struct {
        const char *metric, *where;
    } nodes[] = {{"scheduler_node_cpu", "controller"}, {"scheduler_compute_cpu", "compute"}};
    const json_t *daemons = json_object_get(r->row.conditions, "scheduler");
    for (size_t k = 0; k < BD_ARRAY_LEN(sums); k++) {
        double sum = 0;
        size_t n = 0;
        for (size_t i = 0; i < json_array_size(daemons); i++) {
            const json_t *figure = json_object_get(json_array_get(daemons, i), sums[k].of);
            sum += json_number_value(figure);
            n += figure != NULL;
        }
        if (n > 0)
            add_cost(r, sums[k].metric, sum, sums[k].unit, n);
    }
    for (size_t k = 0; k < BD_ARRAY_LEN(nodes); k++) {
        const json_t *used = json_object_get(r->row.conditions, nodes[k].where);
        if (used)
            add_cost(r, nodes[k].metric, bd_json_real(used, "cpuSeconds", 0), "s", 1);
    }
}

static void grade(struct run *r)
{
    const json_t *conditions = r->row.conditions, *residue = r->a->row.residue;
    const json_t *first = json_array_get(json_object_get(residue, "differences"), 0);
    struct run_conditions how = {
        .residue_empty = bd_json_bool(residue, "empty", 0) != 0,
        .audited = !bd_str_eq(bd_json_str(first, "kind", ""), "audit"),
        .oversubscribed = bd_json_bool(conditions, "oversubscribed", 0) != 0,
        .shared = bd_json_bool(conditions, "shared", 0) != 0,
        .clusters_beside = (unsigned)bd_json_int(conditions, "clustersBeside", 0),
        .quiet = bd_json_bool(conditions, "quiet", 1) != 0,
        .outside_cpus = bd_json_real(conditions, "outsideCpus", 0),
        .warmup = r->row.warmup,
        .measured = conditions,
    };
    json_decref(r->row.reasons);
    r->row.reasons = json_array();
    r->row.grade = run_grade_of(&how, r->row.reasons);
    r->row.graded = true;
}

static int64_t busy_ns(const struct run *r)
{
    if (r->began_mono_ns)
        return bd_mono_ns() - r->began_mono_ns;
    int64_t ns = r->row.ended_ns - r->row.started_ns; /* the wall's, over a restart */
    return ns > 0 ? ns : 0;
}

/* Of one that was never admitted: nothing. */
static int64_t took_ns(const struct run *r)
{
    return r->row.started_ns ? busy_ns(r) : 0;
}

static void count_end(struct run *r, struct run_count *ret_count)
{
    const struct campaign *c = r->campaign; /* NULL: set aside, and counted all the same */
    bool done = r->row.state == RUN_DONE;
    bool lost = !done && c && !campaign_tries_again(c, r) &&
                !(r->row.state == RUN_CANCELLED && c->state == CAMPAIGN_CANCELLING);
    const json_t *cluster = json_object_get(r->row.spec, "cluster");
    r->spent.wall_ns = took_ns(r);
    r->spent.node_ns = r->spent.wall_ns * bd_json_int(cluster, "compute", 1);
    *ret_count = (struct run_count){
        .wanted = true,
        .done = done,
        .failed = lost,
        .excluded = done && (r->row.warmup || r->row.grade == GRADE_INVALID),
        .busy_ns = done ? r->spent.wall_ns : 0,
        .spent = r->spent,
    };
    memcpy(ret_count->campaign, r->row.campaign, sizeof(ret_count->campaign));
}

int run_count_exec(const struct run_count *count, struct store_conn *conn, struct bd_err *err)
{
    if (!count->wanted)
        return 0;
    int rc = store_campaign_count(conn, count->campaign, count->done, count->failed,
                                  count->excluded, count->busy_ns, err);
    return rc < 0 ? rc : store_campaign_spend(conn, count->campaign, &count->spent, err);
}

void run_gone(struct run *r, struct change *c)
{
    r->row.ended_ns = bd_wall_ns();
    run_move(r, c, RUN_EV_GONE);
    if (r->row.state == RUN_DONE) {
        add_scheduler_metrics(r);
        grade(r);
    }
    count_end(r, &c->count);
    bd_log(BD_LOG_INFO, "run ended", "run", r->row.id, "campaign", r->row.campaign, "state",
           run_state_to_str(r->row.state), NULL);
}

void run_released(struct run *r)
{
    struct engine *e = r->e;
    r->a = NULL;
    artifacts_run_ended(e->artifacts, r->row.id);
    if (r->campaign)
        campaign_on_run_end(r->campaign, r);
    run_free(r);
    queue_move(e);
}

/* -- admission -- */

void run_admit(struct run *r, json_t *spec, const struct store_image *image)
{
    struct engine *e = r->e;
    struct actor *a = actor_begin(e, r->row.id, spec, image);
    a->row.run = bd_xstrdup(r->row.id);
    a->run = r;
    r->a = a;
    r->began_mono_ns = bd_mono_ns();
    r->deadline_mono_ns = r->began_mono_ns + r->campaign->run_timeout_ns;
    r->row.started_ns = bd_wall_ns();
    r->row.deadline_ns = r->row.started_ns + r->campaign->run_timeout_ns;
    free(bd_take(r->row.waiting));

    struct change *c = change_new(a);
    c->insert = true;
    c->insert_run = !r->stored;
    run_move(r, c, RUN_EV_ADMIT);
    c->count.wanted = true; /* nothing ended yet, but its campaign shows one more */
    c->count.spent.runs = 1;
    spending_add(r->campaign, &c->count.spent);
    memcpy(c->count.campaign, r->row.campaign, sizeof(c->count.campaign));
    change_event(c, "cluster.created", json_pack("{s:s}", "run", r->row.id));
    r->campaign->admitting = true;
    change_submit(c);
}

void run_admitted(struct run *r)
{
    r->stored = true;
    bd_log(BD_LOG_INFO, "run begins", "run", r->row.id, "campaign", r->row.campaign, "block",
           bd_log_i64(r->row.block), "cell", bd_log_i64(r->row.cell), "attempt",
           bd_log_i64(r->row.attempt), NULL);
    if (r->campaign)
        r->campaign->admitting = false;
    queue_move(r->e);
}

void run_unadmit(struct run *r, const struct bd_err *err)
{
    struct campaign *c = r->campaign;
    r->a = NULL;
    r->row.state = RUN_QUEUED;
    r->row.started_ns = r->row.deadline_ns = 0;
    if (!r->store_failed)
        bd_log(BD_LOG_ERROR,
               "a run can't begin, as the store can't write; trying again every second", "run",
               r->row.id, "error", err->text, NULL);
    r->store_failed = true;
    if (!c) {
        run_free(r);
        return;
    }
    c->admitting = false;
    c->spent.runs--;
    c->queued = r; /* the next tick tries again */
    campaign_move(c);
}

/* -- a queued run's own writes -- */

struct run_write {
    struct write w;
    struct engine *e;
    struct run *r;
    struct store_run row;
    bool insert;
    const char *kind;
    struct run_count count;
    json_t *data;
};

static int run_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct run_write *rw = (struct run_write *)w;
    int rc =
        rw->insert ? store_run_insert(conn, &rw->row, err) : store_run_update(conn, &rw->row, err);
    if (rc == 0)
        rc = event_append(conn, rw->kind, rw->row.id, rw->data, err);
    if (rc == 0)
        rc = run_count_exec(&rw->count, conn, err);
    return rc;
}

static void tell_durable(const struct run_write *rw)
{
    struct engine *e = rw->e;
    engine_changed(e, "run", rw->row.id);
    if (rw->count.wanted)
        engine_changed(e, "campaign", rw->count.campaign);
    e->config.on_events(e->config.arg);
    fault_point("run", run_state_to_str(rw->row.state));
}

static void run_written(struct write *w, int rc, const struct bd_err *err)
{
    struct run_write *rw = (struct run_write *)w;
    struct run *r = rw->r;
    struct engine *e = rw->e;
    engine_store_result(e, rc, err);
    if (rc < 0 && !e->closing) {
        bool refused = engine_write_is_refused(rc);
        if (!r->store_failed)
            bd_log(BD_LOG_ERROR,
                   refused
                       ? "the store refuses a run's row; it is set aside until the next start of "
                         "benchd"
                       : "a run's row could not be written; trying again every second",
                   "run", rw->row.id, "error", err->text, NULL);
        r->store_failed = true;
        if (!refused) {
            engine_write_later(e, &rw->w);
            return;
        }
    }
    r->writing = rc < 0; /* nothing is to follow on one that is not there */
    if (rc == 0) {
        r->stored = true;
        r->store_failed = false;
        tell_durable(rw);
    }
    bool ended = rc == 0 && run_state_is_final(rw->row.state);
    if (ended || rc < 0)
        waiters_answer(&r->waiters, rc, err, NULL);
    if (ended) {
        r->campaign->queued = NULL;
        run_released(r);
    } else if (rc == 0 && r->cancel_wanted) {
        run_cancel_queued(r);
    } else {
        queue_move(e);
    }
    store_run_done(&rw->row);
    json_decref(rw->data);
    free(rw);
    engine_flight_end(e);
}

void run_write(struct run *r, const char *kind)
{
    struct run_write *rw = bd_new(struct run_write);
    rw->w = (struct write){.exec = run_exec, .done = run_written};
    rw->e = r->e;
    rw->r = r;
    rw->insert = !r->stored;
    rw->kind = kind ? kind : event_of[r->row.state];
    rw->data = event_data(r);
    if (run_state_is_final(r->row.state))
        count_end(r, &rw->count);
    r->row.version++;
    run_row_copy(&r->row, rw->insert, &rw->row);
    r->writing = true;
    r->e->in_flight++;
    writer_submit(r->e->config.writer, &rw->w);
}

void run_cancel_queued(struct run *r)
{
    r->cancel_wanted = true;
    if (r->writing || run_state_is_final(r->row.state))
        return;
    r->row.ended_ns = bd_wall_ns();
    free(bd_take(r->row.waiting));
    run_move(r, NULL, RUN_EV_CANCEL);
    run_write(r, NULL);
}

void engine_run_cancel(struct engine *e, const char *id, engine_done_fn done, void *arg)
{
    struct run *r = run_find(e, id);
    if (!r) {
        struct bd_err err = BD_ERR_INIT;
        bd_err_set(&err, BD_ENOTFOUND, "no run %s is under way", id);
        engine_answer(e, done, arg, &err, NULL);
        return;
    }
    struct delete_waiter *w = bd_new(struct delete_waiter);
    struct delete_waiter **waiters = r->a ? &r->a->waiters : &r->waiters;
    *w = (struct delete_waiter){.next = *waiters, .done = done, .arg = arg};
    *waiters = w;
    if (r->a) {
        r->a->delete_wanted = true;
        actor_move(r->a);
    } else {
        run_cancel_queued(r);
    }
}

/* -- at start -- */

struct run *run_load(struct engine *e, struct store_conn *conn, struct actor *a)
{
    struct bd_err err = BD_ERR_INIT;
    struct run *r = bd_new(struct run);
    if (store_run_get(conn, a->row.run, &r->row, &err) < 0) {
        bd_log(BD_LOG_ERROR, "a run's row can't be read and is set aside; its cluster is removed",
               "run", a->row.run, "error", err.text, NULL);
        free(r);
        return NULL;
    }
    bd_auto_json json_t *definitions = NULL;
    if (definitions_load(conn, r->row.spec, &definitions, &err) < 0)
        bd_log(BD_LOG_ERROR, "the definition of a run's workload can't be read", "run", a->row.run,
               "error", err.text, NULL);
    r->definition = definitions_of_run(definitions, r->row.spec);
    r->e = e;
    r->a = a;
    r->stored = true;
    /* The wall's clock may have been set meanwhile: never more than the whole time is left. */
    int64_t whole_ns = r->row.deadline_ns - r->row.started_ns;
    int64_t left_ns = r->row.deadline_ns - bd_wall_ns();
    r->deadline_mono_ns = bd_mono_ns() + (left_ns < whole_ns ? left_ns : whole_ns);
    r->campaign = campaign_find(e, r->row.campaign);
    a->delete_wanted = a->delete_wanted || !r->campaign;
    return r;
}
