/* A campaign: its place in the queue, what became of each position of its plan, its orders. */
#include "daemon/engine/campaign.h"
#include "daemon/engine/artifacts.h"

#include "daemon/engine/fault.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <string.h>

struct campaign *campaign_find(struct engine *e, const char *id)
{
    for (struct campaign *c = e->campaigns; c; c = c->next)
        if (strcmp(c->id, id) == 0)
            return c;
    return NULL;
}

static bool goes_before(const struct campaign *a, const struct campaign *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    return a->created_ns < b->created_ns;
}

static struct campaign *campaign_new(struct engine *e, const char *id)
{
    struct campaign *c = bd_new(struct campaign);
    c->e = e;
    c->orders_tail = &c->orders;
    memcpy(c->id, id, BD_ID_BYTES);
    return c;
}

static void enlist(struct campaign *c)
{
    struct campaign **at = &c->e->campaigns;
    while (*at && !goes_before(c, *at))
        at = &(*at)->next;
    c->next = *at;
    *at = c;
}

static void answer_orders(struct campaign *c, int rc, const struct bd_err *err)
{
    while (c->orders) {
        struct order *o = c->orders;
        c->orders = o->next;
        o->done(o->arg, rc, err, NULL);
        free(o);
    }
    c->orders_tail = &c->orders;
}

static void campaign_free(struct campaign *c)
{
    run_free(c->queued);
    plan_free(c->plan);
    json_decref(c->definitions);
    free(c->slots);
    free(c);
}

/* Its runs that are under way end without it. */
static void leave_runs(struct campaign *c)
{
    for (struct actor *a = c->e->actors; a; a = a->next)
        if (a->run && a->run->campaign == c)
            a->run->campaign = NULL;
}

static void delist(struct campaign *c)
{
    for (struct campaign **at = &c->e->campaigns; *at; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    leave_runs(c);
}

void campaigns_free(struct engine *e)
{
    struct bd_err err = BD_ERR_INIT;
    bd_err_set(&err, BD_EUNAVAILABLE, "benchd is ending: try again when it is back");
    struct campaign *c;
    while ((c = e->campaigns)) {
        e->campaigns = c->next;
        leave_runs(c);
        answer_orders(c, err.code, &err);
        campaign_free(c);
    }
}

static void on_bad_campaign(const char *id, const struct bd_err *why, void *arg BD_UNUSED)
{
    bd_log(BD_LOG_ERROR, "a campaign's row can't be read and is set aside", "campaign", id, "error",
           why->text, NULL);
}

/* What is known of a campaign that is set aside, for whoever looks at it. */
struct aside_write {
    struct write w;
    struct engine *e;
    char id[BD_ID_BYTES];
    enum campaign_state state;
    struct bd_err why;
};

static int aside_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    const struct aside_write *aw = (struct aside_write *)w;
    return store_campaign_set_state(conn, aw->id, aw->state, 0, 0, aw->why.text, err);
}

static void aside_done(struct write *w, int rc, const struct bd_err *err)
{
    struct aside_write *aw = (struct aside_write *)w;
    struct engine *e = aw->e;
    engine_store_result(e, rc, err);
    free(aw);
    engine_flight_end(e);
}

static void write_aside(const struct campaign *c, const struct bd_err *why)
{
    struct aside_write *aw = bd_new(struct aside_write);
    aw->w = (struct write){.exec = aside_exec, .done = aside_done};
    aw->e = c->e;
    memcpy(aw->id, c->id, sizeof(aw->id));
    aw->state = c->state;
    bd_err_copy(&aw->why, why);
    c->e->in_flight++;
    writer_submit(c->e->config.writer, &aw->w);
}

void campaign_set_aside(struct campaign *c, const struct bd_err *why, struct store_conn *conn)
{
    struct engine *e = c->e;
    on_bad_campaign(c->id, why, NULL);
    if (conn)
        store_campaign_set_state(conn, c->id, c->state, 0, 0, why->text, NULL);
    else
        write_aside(c, why);
    for (struct actor *a = e->actors; a; a = a->next)
        if (a->run && a->run->campaign == c)
            a->delete_wanted = true; /* nobody waits for what it would measure */
    delist(c);
    answer_orders(c, why->code, why);
    campaign_free(c);
}

/* -- positions -- */

static size_t group_end(const struct campaign *c, size_t from)
{
    size_t to = from;
    while (to < c->end && plan_run_at(c->plan, to).group == plan_run_at(c->plan, from).group)
        to++;
    return to;
}

static bool find_slot(const struct campaign *c, size_t from, enum slot_state state, size_t *ret)
{
    for (*ret = from; *ret < c->to; (*ret)++)
        if (c->slots[*ret].state == state)
            return true;
    return false;
}

bool campaign_next_position(struct campaign *c, size_t *ret_position)
{
    size_t at;
    while (c->from < c->end) {
        if (c->to <= c->from)
            c->to = group_end(c, c->from);
        bool found = find_slot(c, c->fresh, SLOT_FRESH, &at);
        c->fresh = at;
        if (found && !spending_allows(c, at))
            return false;
        /* What failed is tried again at the end of its group. */
        if (found || find_slot(c, c->from, SLOT_RETRY, &at)) {
            *ret_position = at;
            return found || spending_allows_retry(c);
        }
        if (c->busy || !until_looked(c, plan_run_at(c->plan, c->from).block))
            return false;
        c->from = c->fresh = c->to;
    }
    return false;
}

static bool failed_as(const struct run *r, enum bd_code code)
{
    return bd_str_eq(bd_json_str(r->row.error, "type", ""), bd_err_name(code));
}

static bool was_interrupted(const struct run *r)
{
    return failed_as(r, BD_EINTERRUPTED);
}

bool campaign_tries_again(const struct campaign *c, const struct run *r)
{
    if (r->row.state != RUN_FAILED || c->state == CAMPAIGN_CANCELLING)
        return false;
    /* What this image can't do it can't do the next time. */
    bool may_help = !failed_as(r, BD_EUNSUPPORTED);
    return was_interrupted(r) || (may_help && c->slots[r->row.position].failures < c->retries);
}

void campaign_on_run_end(struct campaign *c, const struct run *r)
{
    struct slot *s = &c->slots[r->row.position];
    bool again = campaign_tries_again(c, r);
    if (r->row.state == RUN_FAILED && !was_interrupted(r))
        s->failures++;
    s->state = again ? SLOT_RETRY : SLOT_DECIDED;
    c->done += r->row.state == RUN_DONE;
    spending_add(c, &r->spent);
    c->busy--;
    campaign_move(c);
}

static bool is_over(struct campaign *c)
{
    size_t position;
    if (c->state == CAMPAIGN_CANCELLING)
        return !c->busy;
    return c->plan && !c->busy && !c->adding && !campaign_next_position(c, &position) &&
           !c->looking;
}

/* -- its state -- */

struct campaign_write {
    struct write w;
    struct campaign *c;
    struct engine *e;
    char id[BD_ID_BYTES];
    enum campaign_state to;
    int64_t started_ns, ended_ns;
    struct order *order; /* that asked for it; NULL: nobody did */
    bool retried;
};

static const char *const event_of[CAMPAIGN_STATE_COUNT] = {
    [CAMPAIGN_QUEUED] = "campaign.resumed",      [CAMPAIGN_RUNNING] = "campaign.started",
    [CAMPAIGN_PAUSED] = "campaign.paused",       [CAMPAIGN_CANCELLING] = "campaign.cancelling",
    [CAMPAIGN_DONE] = "campaign.done",           [CAMPAIGN_FAILED] = "campaign.failed",
    [CAMPAIGN_CANCELLED] = "campaign.cancelled",
};

static int state_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    const struct campaign_write *cw = (struct campaign_write *)w;
    bd_auto_json json_t *data = json_object();
    int rc =
        store_campaign_set_state(conn, cw->id, cw->to, cw->started_ns, cw->ended_ns, NULL, err);
    return rc < 0 ? rc : event_append(conn, event_of[cw->to], cw->id, data, err);
}

/* Its runs end; those that are measured are kept. */
static void cancel_runs(struct campaign *c)
{
    if (c->queued)
        run_cancel_queued(c->queued);
    for (struct actor *a = c->e->actors, *next; a; a = next) {
        next = a->next;
        if (!a->run || a->run->campaign != c)
            continue;
        a->delete_wanted = true;
        actor_move(a);
    }
}

static void on_state_durable(struct campaign *c)
{
    struct engine *e = c->e;
    c->start_wanted = false;
    if (c->state == CAMPAIGN_PAUSED && c->queued)
        c->queued->room_mono_ns = 0; /* its wait for a quiet host begins anew */
    engine_changed(e, "campaign", c->id);
    e->config.on_events(e->config.arg);
    fault_point("campaign", campaign_state_to_str(c->state));
    bd_log(BD_LOG_INFO, "campaign", "campaign", c->id, "state", campaign_state_to_str(c->state),
           NULL);
    if (campaign_state_is_final(c->state)) {
        struct bd_err err = BD_ERR_INIT;
        bd_err_set(&err, BD_ECONFLICT, "campaign %s has ended meanwhile (%s)", c->id,
                   campaign_state_to_str(c->state));
        delist(c);
        answer_orders(c, err.code, &err);
        campaign_free(c);
        artifacts_campaign_ended(e->artifacts);
        queue_move(e);
        return;
    }
    campaign_move(c);
    queue_move(e);
}

static void state_done(struct write *w, int rc, const struct bd_err *err)
{
    struct campaign_write *cw = (struct campaign_write *)w;
    struct campaign *c = cw->c;
    struct engine *e = cw->e;
    engine_store_result(e, rc, err);
    if (rc < 0 && !cw->order && !e->closing) {
        if (!cw->retried)
            bd_log(BD_LOG_ERROR,
                   "a campaign's state could not be written; trying again every second", "campaign",
                   cw->id, "error", err->text, NULL);
        cw->retried = true;
        engine_write_later(e, &cw->w);
        return;
    }
    c->writing = false;
    if (cw->order) {
        cw->order->done(cw->order->arg, rc, err, NULL);
        free(cw->order);
    }
    if (rc == 0) {
        c->state = cw->to;
        on_state_durable(c);
    } else if (!e->closing) {
        campaign_move(c);
    }
    free(cw);
    engine_flight_end(e);
}

static void write_state(struct campaign *c, enum campaign_state to, struct order *order)
{
    struct campaign_write *cw = bd_new(struct campaign_write);
    cw->w = (struct write){.exec = state_exec, .done = state_done};
    cw->c = c;
    cw->e = c->e;
    memcpy(cw->id, c->id, sizeof(cw->id));
    cw->to = to;
    cw->started_ns = to == CAMPAIGN_RUNNING ? bd_wall_ns() : 0;
    cw->ended_ns = campaign_state_is_final(to) ? bd_wall_ns() : 0;
    cw->order = order;
    c->writing = true;
    c->e->in_flight++;
    writer_submit(c->e->config.writer, &cw->w);
}

/* True if a write follows. */
static bool move_by(struct campaign *c, enum campaign_event event, struct order *order)
{
    enum campaign_state to;
    struct bd_err err = BD_ERR_INIT;
    int rc = campaign_next(c->state, event, &to, &err);
    if (rc == 0 && to != c->state) {
        write_state(c, to, order);
        return true;
    }
    if (order) {
        if (rc < 0)
            bd_err_wrap(&err, "campaign %s", c->id);
        engine_answer(c->e, order->done, order->arg, &err, NULL);
        free(order);
    }
    return false;
}

static struct order *next_order(struct campaign *c)
{
    struct order *o = c->orders;
    c->orders = o->next;
    if (!c->orders)
        c->orders_tail = &c->orders;
    return o;
}

void campaign_move(struct campaign *c)
{
    static const enum campaign_event event_of_order[ENGINE_ORDER_COUNT] = {
        [ENGINE_PAUSE] = CAMPAIGN_EV_PAUSE,
        [ENGINE_RESUME] = CAMPAIGN_EV_RESUME,
        [ENGINE_CANCEL] = CAMPAIGN_EV_CANCEL,
    };
    while (!c->writing && c->orders && !c->e->closing) {
        struct order *o = next_order(c);
        if (move_by(c, event_of_order[o->order], o))
            return;
    }
    if (c->writing || c->e->closing || !c->e->started)
        return;
    if (c->state == CAMPAIGN_CANCELLING && !c->plan) {
        campaign_open(c); /* a run of it may wait */
        return;
    }
    if (c->state == CAMPAIGN_CANCELLING)
        cancel_runs(c);
    if (is_over(c))
        move_by(c, c->done ? CAMPAIGN_EV_END : CAMPAIGN_EV_END_EMPTY, NULL);
    else if (c->start_wanted && c->state == CAMPAIGN_QUEUED)
        move_by(c, CAMPAIGN_EV_START, NULL);
}

/* -- what the interface asks for -- */

struct creation {
    struct write w;
    struct engine *e;
    struct store_campaign row;
    struct plan *plan;
    json_t *definitions;
    engine_also_fn also;
    engine_done_fn done;
    void *arg;
};

static int creation_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct creation *cr = (struct creation *)w;
    bd_auto_json json_t *data = json_pack("{s:s}", "name", cr->row.name);
    int rc = store_campaign_insert(conn, &cr->row, err);
    if (rc == 0)
        rc = definitions_keep(conn, cr->row.id, cr->row.spec, cr->definitions, err);
    if (rc == 0)
        rc = event_append(conn, "campaign.created", cr->row.id, data, err);
    if (rc == 0 && cr->also)
        rc = cr->also(conn, &cr->row, cr->arg, err);
    return rc;
}

static void enlist_created(struct creation *cr)
{
    struct engine *e = cr->e;
    struct campaign *c = campaign_new(e, cr->row.id);
    c->priority = cr->row.priority;
    c->created_ns = cr->row.created_ns;
    bool soon = !e->campaigns; /* else its plan is made again when its turn comes */
    enlist(c);
    if (soon)
        campaign_take_plan(c, cr->row.spec, bd_take(cr->plan), bd_take(cr->definitions));
}

static void creation_done(struct write *w, int rc, const struct bd_err *err)
{
    struct creation *cr = (struct creation *)w;
    struct engine *e = cr->e;
    engine_store_result(e, rc, err);
    if (rc == 0) {
        enlist_created(cr);
        e->config.on_events(e->config.arg);
    }
    cr->done(cr->arg, rc, err, rc == 0 ? &cr->row : NULL);
    store_campaign_done(&cr->row);
    plan_free(cr->plan);
    json_decref(cr->definitions);
    free(cr);
    engine_flight_end(e);
    if (rc == 0)
        queue_move(e);
}

static unsigned count_campaigns(const struct engine *e)
{
    unsigned n = 0;
    for (const struct campaign *c = e->campaigns; c; c = c->next)
        n++;
    return n;
}

/* The queue goes by age, also when the clock was set back. */
static int64_t created_now(const struct engine *e)
{
    int64_t now_ns = bd_wall_ns();
    for (const struct campaign *c = e->campaigns; c; c = c->next)
        if (c->created_ns >= now_ns)
            now_ns = c->created_ns + 1;
    return now_ns;
}

void engine_campaign_create(struct engine *e, const struct engine_campaign *create)
{
    struct bd_err err = BD_ERR_INIT;
    if (e->closing)
        bd_err_set(&err, BD_EUNAVAILABLE, "benchd is ending: try again when it is back");
    else if (count_campaigns(e) >= CAMPAIGNS_MAX)
        bd_err_set(&err, BD_ENOCAPACITY,
                   "there are %d campaigns that have not ended: wait for some, or cancel them",
                   CAMPAIGNS_MAX);
    if (err.code < 0) {
        json_decref(create->spec);
        plan_free(create->plan);
        json_decref(create->definitions);
        engine_answer(e, create->done, create->arg, &err, NULL);
        return;
    }
    struct creation *cr = bd_new(struct creation);
    cr->w = (struct write){.exec = creation_exec, .done = creation_done};
    cr->e = e;
    cr->plan = create->plan;
    cr->definitions = create->definitions;
    cr->also = create->also;
    cr->done = create->done;
    cr->arg = create->arg;
    struct store_campaign *row = &cr->row;
    char digest[BD_DIGEST_BYTES];
    bd_id_new(row->id);
    plan_digest(create->spec, digest);
    row->spec = create->spec;
    row->name = bd_xstrdup(bd_json_str(row->spec, "name", ""));
    row->digest = bd_xstrdup(digest);
    row->state = CAMPAIGN_QUEUED;
    row->priority = (int)bd_json_int(row->spec, "priority", 0);
    row->version = 1;
    row->created_ns = created_now(e);
    row->cells = (unsigned)plan_cells(cr->plan);
    row->blocks = (unsigned)plan_blocks(cr->plan);
    row->runs = (unsigned)plan_runs(cr->plan);
    struct plan_budget budget;
    budget_read(row->spec, &budget);
    row->has_budget = budget_is_set(&budget);
    row->stopping = plan_until(cr->plan) ? until_state(plan_until(cr->plan)) : NULL;
    bd_log(BD_LOG_INFO, "campaign is asked for", "campaign", row->id, "name", row->name, "runs",
           bd_log_i64(row->runs), NULL);
    e->in_flight++;
    writer_submit(e->config.writer, &cr->w);
}

void engine_campaign_order(struct engine *e, const char *id, enum engine_order order,
                           engine_done_fn done, void *arg)
{
    struct campaign *c = campaign_find(e, id);
    struct bd_err err = BD_ERR_INIT;
    if (!c || e->closing) {
        if (c)
            bd_err_set(&err, BD_EUNAVAILABLE, "benchd is ending: try again when it is back");
        else
            bd_err_set(&err, BD_ENOTFOUND, "no campaign %s is under way", id);
        engine_answer(e, done, arg, &err, NULL);
        return;
    }
    struct order *o = bd_new(struct order);
    *o = (struct order){.order = order, .done = done, .arg = arg};
    *c->orders_tail = o;
    c->orders_tail = &o->next;
    campaign_move(c);
}

/* -- at start -- */

static int by_place(const void *a, const void *b)
{
    const struct campaign *x = *(struct campaign *const *)a, *y = *(struct campaign *const *)b;
    return goes_before(x, y) ? -1 : goes_before(y, x) ? 1 : 0;
}

int campaigns_load(struct engine *e, struct store_conn *conn, struct bd_err *err)
{
    bd_auto_free struct store_campaign_head *heads = NULL;
    size_t n = 0;
    int rc = store_campaign_heads(conn, on_bad_campaign, NULL, &heads, &n, err);
    if (rc < 0)
        return rc;
    bd_auto_free struct campaign **all = bd_xcalloc(n + 1, sizeof(struct campaign *));
    for (size_t i = 0; i < n; i++) {
        struct campaign *c = all[i] = campaign_new(e, heads[i].id);
        c->state = heads[i].state;
        c->priority = heads[i].priority;
        c->created_ns = heads[i].created_ns;
        c->done = heads[i].done;
    }
    qsort(all, n, sizeof(struct campaign *), by_place);
    for (size_t i = n; i-- > 0;) {
        all[i]->next = e->campaigns;
        e->campaigns = all[i];
    }
    if (n)
        bd_log(BD_LOG_INFO, "found campaigns of before", "campaigns", bd_log_i64((int64_t)n), NULL);
    return 0;
}
