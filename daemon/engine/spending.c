/*
 * The budget of a campaign: before a block begins (where the order is over all blocks: before a run
 * does) what is left is held against what its runs took so far. Where there is no room for it the
 * campaign ends there. What was spent is durable with the rows of the runs that spent it, so that
 * the same is found after a restart; that the campaign ends is durable before it does.
 */
#include "daemon/engine/campaign.h"

#include "daemon/engine/fault.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <string.h>

static struct plan_cost cost_so_far(const struct store_spent *spent)
{
    return plan_cost_of(spent->runs, spent->wall_ns, spent->node_ns);
}

void spending_add(struct campaign *c, const struct store_spent *more)
{
    c->spent.runs += more->runs;
    c->spent.wall_ns += more->wall_ns;
    c->spent.node_ns += more->node_ns;
}

/* So many more runs, and those under way to their end, at the mean of those at their end. */
static struct plan_cost cost_of(const struct campaign *c, size_t runs)
{
    unsigned under_way = c->busy - (c->queued != NULL);
    unsigned ended = c->spent.runs - under_way;
    double times = ended ? (double)(runs + under_way) / ended : 0;
    struct store_spent so_far = c->spent;
    so_far.wall_ns = (int64_t)(times * (double)so_far.wall_ns);
    so_far.node_ns = (int64_t)(times * (double)so_far.node_ns);
    struct plan_cost cost = cost_so_far(&so_far);
    cost.runs = runs;
    return cost;
}

/* -- the end -- */

struct ending {
    struct write w;
    struct engine *e;
    char id[BD_ID_BYTES];
    struct store_spent spent;
    char *why;
    size_t end;        /* positions that are run */
    unsigned blocks;   /* that this is; 0: parts of all */
    unsigned given_up; /* failed runs that are not tried again */
    bool retried;
};

static int ending_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    const struct ending *en = (struct ending *)w;
    struct plan_cost spent = cost_so_far(&en->spent);
    bd_auto_json json_t *data = budget_spent_json(&spent, en->why);
    int rc = store_campaign_exhaust(conn, en->id, en->why, en->blocks, (unsigned)en->end, err);
    if (rc == 0 && en->given_up)
        rc = store_campaign_count(conn, en->id, 0, en->given_up, 0, 0, err);
    return rc < 0 ? rc : event_append(conn, "campaign.budget", en->id, data, err);
}

void spending_end(struct campaign *c, size_t end)
{
    c->exhausted = true;
    c->end = end;
    c->to = c->to < end ? c->to : end;
    for (size_t i = 0; i < end; i++)
        if (c->slots[i].state == SLOT_RETRY)
            c->slots[i].state = SLOT_DECIDED;
}

static void ending_free(struct ending *en)
{
    struct engine *e = en->e;
    free(en->why);
    free(en);
    engine_flight_end(e);
}

static void ending_stored(struct write *w, int rc, const struct bd_err *err)
{
    struct ending *en = (struct ending *)w;
    struct engine *e = en->e;
    engine_store_result(e, rc, err);
    if (rc < 0 && !e->closing) {
        if (!en->retried)
            bd_log(BD_LOG_ERROR,
                   "that a budget is used up could not be written; trying again every second",
                   "campaign", en->id, "error", err->text, NULL);
        en->retried = true;
        engine_write_later(e, w);
        return;
    }
    struct campaign *c = campaign_find(e, en->id);
    if (c)
        c->looking = false;
    if (rc == 0) {
        bd_log(BD_LOG_INFO, "a campaign has used its budget up", "campaign", en->id, "why", en->why,
               NULL);
        engine_changed(e, "campaign", en->id);
        e->config.on_events(e->config.arg);
        fault_point("campaign", "budget");
    }
    if (c && rc == 0) {
        spending_end(c, en->end);
        campaign_move(c);
        queue_move(e);
    }
    ending_free(en);
}

/* why is taken over. */
static void end_at(struct campaign *c, size_t end, unsigned blocks, char *why)
{
    struct ending *en = bd_new(struct ending);
    en->w = (struct write){.exec = ending_exec, .done = ending_stored};
    en->e = c->e;
    memcpy(en->id, c->id, sizeof(en->id));
    en->spent = c->spent;
    en->why = why;
    en->end = end;
    en->blocks = blocks;
    for (size_t i = c->from; i < c->to; i++)
        en->given_up += c->slots[i].state == SLOT_RETRY;
    c->looking = true;
    c->e->in_flight++;
    writer_submit(c->e->config.writer, &en->w);
}

/* -- is there room? -- */

/* Nothing may be under way that would change what is found. */
static bool can_end(const struct campaign *c)
{
    return !c->busy && !c->looking && !c->e->closing && c->e->started;
}

bool spending_allows(struct campaign *c, size_t position)
{
    struct plan_run run = plan_run_at(c->plan, position);
    bool one_by_one = c->one_group && !run.warmup;
    /* A block that has begun goes to its end: there was room for it. */
    if (!budget_is_set(&c->budget) || (!one_by_one && position > c->from))
        return true;
    struct plan_cost spent = cost_so_far(&c->spent);
    struct plan_cost more = cost_of(c, one_by_one ? 1 : c->to - c->from);
    const char *what;
    if (budget_has_room(&c->budget, &spent, &more, &what))
        return true;
    if (can_end(c))
        end_at(c, position, one_by_one || run.batch ? 0 : run.block,
               budget_why(&c->budget, what, &spent, &more, one_by_one ? "run" : "block"));
    return false;
}

bool spending_allows_retry(struct campaign *c)
{
    struct plan_run run = plan_run_at(c->plan, c->from);
    bool one_by_one = c->one_group && !run.warmup;
    if (!c->budget.has_runs || c->spent.runs < c->budget.most.runs)
        return true;
    struct plan_cost spent = cost_so_far(&c->spent);
    const struct plan_cost more = {.runs = 1};
    if (can_end(c))
        end_at(c, c->to, one_by_one || run.batch ? 0 : run.block + 1,
               budget_why(&c->budget, "runs", &spent, &more, "try of a run that failed"));
    return false;
}
