/*
 * Stopping: after the blocks that a campaign's rule names its values are read, by a worker, and
 * held against the rule. What came of it is durable before anything follows from it; where it was
 * not, the look is had again, of the same runs, and has the same result.
 */
#include "daemon/engine/campaign.h"

#include "daemon/engine/fault.h"
#include "lib/base/log.h"

#include <math.h>
#include <string.h>

struct look {
    struct work w;
    struct write write;
    struct engine *e;
    char id[BD_ID_BYTES];
    char *metric;
    struct stats_until rule;
    size_t cells, warmup, blocks; /* blocks: of those that count, looked at */
    size_t looks;                 /* with this one */
    bool met;
    bool stops; /* no more are run */
    bool retried;
    json_t *state; /* what is stored of it */
    int rc;
    struct bd_err err;
};

static void look_free(struct look *l)
{
    struct engine *e = l->e;
    free(l->metric);
    json_decref(l->state);
    free(l);
    engine_flight_end(e);
}

json_t *until_state(const struct plan_until *until)
{
    return json_pack("{s:s, s:f, s:i, s:i, s:b, s:n, s:[]}", "metric", until->metric,
                     "relativeHalfWidth", until->rule.relative_half_width, "looks", 0, "blocks", 0,
                     "met", 0, "confidence", "halfWidths");
}

/* -- on a worker -- */

/* Of each cell one value a block, NAN where there is none. */
static double *arrange(const struct look *l, const struct store_run_value *values, size_t n)
{
    double *all = bd_xcalloc(l->cells * l->blocks + 1, sizeof(*all));
    for (size_t i = 0; i < l->cells * l->blocks; i++)
        all[i] = NAN;
    for (size_t i = 0; i < n; i++) {
        size_t block = values[i].block - l->warmup;
        if (values[i].cell < l->cells && values[i].block >= l->warmup && block < l->blocks)
            all[values[i].cell * l->blocks + block] = values[i].value;
    }
    return all;
}

static void decide(struct look *l, const double *values)
{
    json_t *widths = json_array();
    l->met = true;
    for (size_t cell = 0; cell < l->cells; cell++) {
        double width;
        bool met = stats_until_met(&l->rule, values + cell * l->blocks, l->blocks, &width);
        l->met = l->met && met;
        json_array_append_new(widths, isnan(width) ? json_null() : json_real(width));
    }
    l->stops = l->met && l->blocks < l->rule.max;
    l->state =
        json_pack("{s:s, s:f, s:I, s:I, s:b, s:f, s:o}", "metric", l->metric, "relativeHalfWidth",
                  l->rule.relative_half_width, "looks", (json_int_t)l->looks, "blocks",
                  (json_int_t)l->blocks, "met", l->met, "confidence",
                  stats_until_confidence(&l->rule, l->blocks), "halfWidths", widths);
}

static void look_run(struct work *work, void *context BD_UNUSED)
{
    struct look *l = (struct look *)work;
    bd_auto(store_conn) struct store_conn *conn = NULL;
    bd_auto_free struct store_run_value *values = NULL;
    size_t n = 0;
    l->rc = store_open_reader(l->e->config.db_path, &conn, &l->err);
    if (l->rc == 0)
        l->rc = store_run_values(conn, l->id, l->metric, &values, &n, &l->err);
    if (l->rc < 0)
        return;
    bd_auto_free double *all = arrange(l, values, n);
    decide(l, all);
    fault_point("campaign", "looked");
}

/* -- on the writer's thread -- */

static struct look *look_of(struct write *w)
{
    return (struct look *)((char *)w - offsetof(struct look, write));
}

static int look_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct look *l = look_of(w);
    size_t blocks = l->stops ? l->warmup + l->blocks : 0;
    int rc = store_campaign_look(conn, l->id, l->state, (unsigned)blocks,
                                 (unsigned)(blocks * l->cells), err);
    return rc < 0 ? rc : event_append(conn, "campaign.look", l->id, l->state, err);
}

/* -- on the loop -- */

static void take_look(struct campaign *c, const struct look *l)
{
    c->looks = l->looks;
    c->looked = l->blocks;
    if (l->stops)
        c->end = (l->warmup + l->blocks) * l->cells;
    bd_log(BD_LOG_INFO, "looked whether a campaign knows enough", "campaign", c->id, "blocks",
           bd_log_i64((int64_t)l->blocks), "met", l->met ? "yes" : "no", NULL);
}

static void look_stored(struct write *w, int rc, const struct bd_err *err)
{
    struct look *l = look_of(w);
    struct engine *e = l->e;
    engine_store_result(e, rc, err);
    if (rc < 0 && !e->closing) {
        if (!l->retried)
            bd_log(BD_LOG_ERROR, "a look could not be written; trying again every second",
                   "campaign", l->id, "error", err->text, NULL);
        l->retried = true;
        engine_write_later(e, w);
        return;
    }
    struct campaign *c = campaign_find(e, l->id);
    if (c)
        c->looking = false;
    if (rc == 0) {
        if (c)
            take_look(c, l);
        engine_changed(e, "campaign", l->id);
        e->config.on_events(e->config.arg);
        fault_point("campaign", "look");
    }
    if (c && rc == 0) {
        campaign_move(c);
        queue_move(e);
    }
    look_free(l);
}

static void look_done(struct work *work)
{
    struct look *l = (struct look *)work;
    struct campaign *c = campaign_find(l->e, l->id);
    bool wanted = c && c->state != CAMPAIGN_CANCELLING && !l->e->closing;
    if (l->rc == 0 && wanted) {
        writer_submit(l->e->config.writer, &l->write);
        return;
    }
    if (l->rc < 0 && wanted) /* the next tick of the queue begins it again */
        bd_log(BD_LOG_WARN, "the values of a campaign could not be read; trying again", "campaign",
               l->id, "error", l->err.text, NULL);
    if (c)
        c->looking = false;
    look_free(l);
}

static void look_begin(struct campaign *c, size_t blocks)
{
    const struct plan_until *until = plan_until(c->plan);
    struct look *l = bd_new(struct look);
    l->w = (struct work){.run = look_run, .done = look_done};
    l->write = (struct write){.exec = look_exec, .done = look_stored};
    l->e = c->e;
    memcpy(l->id, c->id, sizeof(l->id));
    l->metric = bd_xstrdup(until->metric);
    l->rule = until->rule;
    l->cells = plan_cells(c->plan);
    l->warmup = plan_warmup_blocks(c->plan);
    l->blocks = blocks;
    l->looks = c->looks + 1;
    c->looking = true;
    c->e->in_flight++;
    workers_submit(c->e->config.work, &l->w);
}

bool until_looked(struct campaign *c, size_t block)
{
    const struct plan_until *until = plan_until(c->plan);
    size_t warmup = plan_warmup_blocks(c->plan);
    if (!until || block < warmup)
        return true;
    size_t blocks = block - warmup + 1;
    if (blocks <= c->looked || !stats_until_is_look(&until->rule, blocks))
        return true;
    if (!c->looking && !c->e->closing && c->e->started)
        look_begin(c, blocks);
    return false;
}

void until_take(struct campaign *c, const json_t *state)
{
    const struct plan_until *until = plan_until(c->plan);
    if (!until)
        return;
    c->looks = (size_t)bd_json_int(state, "looks", 0);
    c->looked = (size_t)bd_json_int(state, "blocks", 0);
    if (bd_json_bool(state, "met", 0) && c->looked < until->rule.max)
        c->end = (plan_warmup_blocks(c->plan) + c->looked) * plan_cells(c->plan);
}
