/* Opening a campaign: its plan, and what became of each position of it. */
#include "daemon/engine/campaign.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <string.h>

/* What a worker reads. */
struct opened {
    json_t *spec, *stopping, *definitions;
    struct store_spent spent;
    bool exhausted;
    unsigned runs; /* that are made, as its row says */
    struct plan *plan;
    struct store_run_head *heads;
    size_t n_heads;
    struct store_run *queued; /* rows of runs that wait */
    size_t n_queued;
};

static void on_bad_run(const char *id, const struct bd_err *why, void *arg BD_UNUSED)
{
    bd_log(BD_LOG_ERROR, "a run's row can't be read and is set aside", "run", id, "error",
           why->text, NULL);
}

static int opened_read(struct store_conn *conn, const char *id, struct opened *o,
                       struct bd_err *err)
{
    struct store_campaign row = {0};
    int rc = store_campaign_get(conn, id, &row, err);
    if (rc < 0)
        return rc;
    o->spec = bd_take(row.spec);
    o->stopping = bd_take(row.stopping);
    o->spent = row.spent;
    o->exhausted = row.exhausted != NULL;
    o->runs = row.runs;
    store_campaign_done(&row);
    rc = plan_again(o->spec, &o->plan, err);
    if (rc == 0)
        rc = definitions_load(conn, o->spec, &o->definitions, err);
    if (rc == 0)
        rc = store_run_heads(conn, id, &o->heads, &o->n_heads, err);
    struct store_run_filter filter = {
        .campaign = id, .states = 1U << RUN_QUEUED, .limit = PLAN_RUNS_MAX};
    if (rc == 0)
        rc = store_run_list(conn, &filter, on_bad_run, NULL, &o->queued, &o->n_queued, err);
    return rc;
}

static void opened_done(struct opened *o)
{
    json_decref(o->spec);
    json_decref(o->stopping);
    json_decref(o->definitions);
    plan_free(o->plan);
    free(o->heads);
    store_runs_free(o->queued, o->n_queued);
}

static int64_t duration(const json_t *object, const char *key, int64_t otherwise_ns)
{
    const char *text = bd_json_str(object, key, NULL);
    int64_t ns;
    return text && bd_parse_duration_ns(text, &ns) == 0 ? ns : otherwise_ns;
}

void campaign_take_plan(struct campaign *c, const json_t *spec, struct plan *plan,
                        json_t *definitions)
{
    const json_t *design = json_object_get(spec, "design");
    const json_t *limits = json_object_get(spec, "limits");
    c->plan = plan;
    c->definitions = definitions;
    c->end = plan_runs(plan);
    c->slots = bd_xcalloc(plan_runs(plan) + 1, sizeof(*c->slots));
    c->one_group = bd_str_eq(bd_json_str(design, "order", ""), "randomised");
    budget_read(spec, &c->budget);
    c->retries = (unsigned)bd_json_int(design, "retries", 0);
    c->seed = (uint64_t)bd_json_int(design, "seed", 0);
    c->shared = bd_str_eq(bd_json_str(spec, "isolation", ""), "shared");
    c->run_timeout_ns = duration(limits, "runTimeout", 3600 * BD_NS_PER_S);
    c->quiet_wait_ns = duration(limits, "quietWait", c->e->config.quiet_wait_ns);
}

static bool counts_as_failure(const struct campaign *c, const struct slot *s)
{
    return s->failures > c->retries;
}

static void take_head(struct campaign *c, const struct store_run_head *head)
{
    if (head->position >= plan_runs(c->plan))
        return;
    struct slot *s = &c->slots[head->position];
    s->attempt = (uint16_t)head->attempt; /* heads come by attempt */
    if (head->state == RUN_DONE || head->state == RUN_CANCELLED) {
        s->state = SLOT_DECIDED;
    } else if (run_state_is_final(head->state)) {
        if (!head->interrupted)
            s->failures++;
        s->state = head->unsupported || counts_as_failure(c, s) ? SLOT_DECIDED : SLOT_RETRY;
    } else {
        struct run *r = run_find(c->e, head->id);
        s->state = r ? SLOT_BUSY : SLOT_RETRY;
        c->busy += r != NULL;
    }
}

static void take_queued(struct campaign *c, struct store_run *row)
{
    if (c->queued || row->position >= plan_runs(c->plan))
        return;
    struct run *r = bd_new(struct run);
    r->e = c->e;
    r->campaign = c;
    r->row = *row;
    *row = (struct store_run){0};
    r->definition = definitions_of_run(c->definitions, r->row.spec);
    r->stored = true;
    c->queued = r;
    c->slots[r->row.position].state = SLOT_BUSY;
    c->busy++;
}

static void take_opened(struct campaign *c, struct opened *o)
{
    campaign_take_plan(c, o->spec, bd_take(o->plan), bd_take(o->definitions));
    until_take(c, o->stopping);
    for (size_t i = 0; i < o->n_heads; i++)
        take_head(c, &o->heads[i]);
    for (size_t i = 0; i < o->n_queued; i++)
        take_queued(c, &o->queued[i]);
    c->spent = o->spent;
    if (o->exhausted && o->runs <= plan_runs(c->plan))
        spending_end(c, o->runs);
}

struct opening {
    struct work w;
    struct engine *e;
    char id[BD_ID_BYTES];
    struct opened o;
    int rc;
    struct bd_err err;
};

static void opening_run(struct work *work, void *context BD_UNUSED)
{
    struct opening *op = (struct opening *)work;
    bd_auto(store_conn) struct store_conn *conn = NULL;
    op->rc = store_open_reader(op->e->config.db_path, &conn, &op->err);
    if (op->rc == 0)
        op->rc = opened_read(conn, op->id, &op->o, &op->err);
}

static void opening_done(struct work *work)
{
    struct opening *op = (struct opening *)work;
    struct engine *e = op->e;
    struct campaign *c = campaign_find(e, op->id);
    if (c) {
        c->opening = false;
        if (c->reopen) {
            c->reopen = false; /* the queue opens it again */
        } else if (op->rc == 0) {
            take_opened(c, &op->o);
            campaign_move(c);
        } else if (op->rc != BD_ECORRUPT || c->writing) {
            bd_log(BD_LOG_WARN, "a campaign could not be read; trying again", "campaign", op->id,
                   "error", op->err.text, NULL);
        } else {
            campaign_set_aside(c, &op->err, NULL);
        }
    }
    opened_done(&op->o);
    free(op);
    engine_flight_end(e);
    queue_move(e);
}

void campaign_open(struct campaign *c)
{
    if (c->opening)
        return;
    c->opening = true;
    struct opening *op = bd_new(struct opening);
    op->w = (struct work){.run = opening_run, .done = opening_done};
    op->e = c->e;
    memcpy(op->id, c->id, sizeof(op->id));
    c->e->in_flight++;
    workers_submit(c->e->config.work, &op->w);
}

void campaigns_open_now(struct engine *e, struct store_conn *conn)
{
    for (struct actor *a = e->actors; a; a = a->next) {
        struct campaign *c = a->run ? a->run->campaign : NULL;
        if (!c || c->plan)
            continue;
        struct opened o = {0};
        struct bd_err why = BD_ERR_INIT;
        if (opened_read(conn, c->id, &o, &why) == 0)
            take_opened(c, &o);
        else
            campaign_set_aside(c, &why, conn);
        opened_done(&o);
    }
}
