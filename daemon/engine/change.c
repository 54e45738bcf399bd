#include "daemon/engine/campaign.h"

#include "daemon/engine/fault.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/host.h"

#include <errno.h>
#include <string.h>

#define STORE_RETRY_MS 1000

char *dup_or_null(const char *s)
{
    return s ? bd_xstrdup(s) : NULL;
}

void row_copy(const struct store_cluster *from, struct store_cluster *ret_to)
{
    *ret_to = *from;
    ret_to->name = dup_or_null(from->name);
    ret_to->image_id = dup_or_null(from->image_id);
    ret_to->image_name = dup_or_null(from->image_name);
    ret_to->image_digest = dup_or_null(from->image_digest);
    ret_to->subnet = dup_or_null(from->subnet);
    ret_to->scheduler_version = dup_or_null(from->scheduler_version);
    ret_to->step = dup_or_null(from->step);
    ret_to->run = dup_or_null(from->run);
    /* deep: the copy is read on another thread, and jansson's counts are not for two */
    ret_to->spec = json_deep_copy(from->spec);
    ret_to->nodes = json_deep_copy(from->nodes);
    ret_to->timings = json_deep_copy(from->timings);
    ret_to->warnings = json_deep_copy(from->warnings);
    ret_to->error = json_deep_copy(from->error);
    ret_to->residue = json_deep_copy(from->residue);
    ret_to->network = json_deep_copy(from->network);
}

/* An event's kind begins with the sort of what it is about: "run.done" is about run/ID. */
static void subject_of(const char *kind, const char *id, char ret_subject[SUBJECT_BYTES])
{
    snprintf(ret_subject, SUBJECT_BYTES, "%.*s/%s", (int)strcspn(kind, "."), kind, id);
}

int event_append(struct store_conn *conn, const char *kind, const char *id, const json_t *data,
                 struct bd_err *err)
{
    char subject[SUBJECT_BYTES];
    int64_t seq;
    subject_of(kind, id, subject);
    return store_event_append(conn, bd_wall_ns(), kind, subject, data, &seq, err);
}

void engine_changed(struct engine *e, const char *sort, const char *id)
{
    char subject[SUBJECT_BYTES];
    subject_of(sort, id, subject);
    e->config.on_change(subject, e->config.arg);
}

void waiters_answer(struct delete_waiter **waiters, int rc, const struct bd_err *err,
                    const void *row)
{
    while (*waiters) {
        struct delete_waiter *w = *waiters;
        *waiters = w->next;
        w->done(w->arg, rc, err, row);
        free(w);
    }
}

struct change *change_new(struct actor *a)
{
    struct change *c = bd_new(struct change);
    c->a = a;
    return c;
}

void change_free(struct change *c)
{
    store_cluster_done(&c->row);
    for (size_t i = 0; i < c->n_steps; i++) {
        free(c->steps[i].name);
        free(c->steps[i].error);
    }
    for (size_t i = 0; i < c->n_events; i++)
        json_decref(c->events[i].data);
    json_decref(c->before);
    json_decref(c->host);
    store_run_done(&c->run);
    free(c);
}

void change_event(struct change *c, const char *kind, json_t *data)
{
    c->events[c->n_events].kind = kind;
    c->events[c->n_events++].data = data;
}

bool change_has_event(const struct change *c, const char *kind)
{
    for (size_t i = 0; i < c->n_events; i++)
        if (strcmp(c->events[i].kind, kind) == 0)
            return true;
    return false;
}

void change_step(struct change *c, int step, unsigned attempt, enum store_step_state state,
                 int64_t started_ns, int64_t ended_ns, int64_t deadline_ns, const char *error)
{
    struct store_step *row = &c->steps[c->n_steps++];
    *row = (struct store_step){
        .name = bd_xstrdup(steps[step].name),
        .attempt = attempt,
        .state = state,
        .started_ns = started_ns,
        .ended_ns = ended_ns,
        .deadline_ns = deadline_ns,
        .error = dup_or_null(error),
    };
    memcpy(row->cluster, c->a->row.id, sizeof(row->cluster));
}

static int change_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct change *c = (struct change *)w;

    int rc = c->insert ? store_cluster_insert(conn, &c->row, err)
                       : store_cluster_update(conn, &c->row, err);
    for (size_t i = 0; rc == 0 && i < c->n_steps; i++)
        rc = store_step_put(conn, &c->steps[i], err);
    for (size_t i = 0; rc == 0 && i < c->n_events; i++)
        rc = event_append(conn, c->events[i].kind, c->row.id, c->events[i].data, err);
    if (rc == 0 && c->with_run)
        rc = c->insert_run ? store_run_insert(conn, &c->run, err)
                           : store_run_update(conn, &c->run, err);
    if (rc == 0 && c->host)
        rc = store_host_put(conn, c->host_digest, c->host, bd_wall_ns(), err);
    if (rc == 0)
        rc = run_count_exec(&c->count, conn, err);
    if (rc == 0 && c->before)
        rc = store_inventory_put(conn, c->row.id, c->before, err);
    if (rc == 0 && c->drop_before)
        rc = store_inventory_delete(conn, c->row.id, err);
    if (rc == 0 && c->also)
        rc = c->also(conn, &c->row, c->arg, err);
    return rc;
}

static void change_done(struct write *w, int rc, const struct bd_err *err);

struct retry {
    uv_timer_t timer;
    struct engine *e;
    struct write *w;
};

static void on_retry_closed(uv_handle_t *handle)
{
    struct retry *r = handle->data;
    writer_submit(r->e->config.writer, r->w);
    free(r);
}

static void on_retry(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, on_retry_closed);
}

void engine_write_later(struct engine *e, struct write *w)
{
    struct retry *r = bd_new(struct retry);
    r->e = e;
    r->w = w;
    uv_timer_init(e->config.loop, &r->timer);
    r->timer.data = r;
    uv_timer_start(&r->timer, on_retry, STORE_RETRY_MS, 0);
}

/* The store can't write: nothing of this change may be lost, so it is tried until it goes through.
 */
static void retry_later(struct change *c, const struct bd_err *err)
{
    if (!c->retried) {
        c->retried = true;
        bd_log(BD_LOG_ERROR, "the store can't write; trying again every second", "cluster",
               c->row.id, "error", err->text, NULL);
        actor_on_store_failure(c->a, c, err);
    }
    engine_write_later(c->a->e, &c->w);
}

/* What the store refuses for its content is refused again: what is on the host stays as it is, and
 * the next start finds it as it was last written. */
static void set_aside(struct change *c, const struct bd_err *err)
{
    bd_log(BD_LOG_ERROR,
           "a change was refused by the store; its cluster is set aside until the next "
           "start of benchd",
           "cluster", c->row.id, "error", err->text, NULL);
    c->a->aside = true;
}

bool engine_write_is_refused(int rc)
{
    return rc == BD_ECONFLICT || rc == BD_ENOTFOUND || rc == BD_EINVALID || rc == BD_ECORRUPT;
}

static void tell(const struct change *c)
{
    struct engine *e = c->a->e;
    engine_changed(e, "cluster", c->row.id);
    if (c->a->run) /* its view has the cluster's steps and timings */
        engine_changed(e, "run", c->row.id);
    if (c->count.wanted)
        engine_changed(e, "campaign", c->count.campaign);
    if (c->n_events)
        e->config.on_events(e->config.arg);
    for (size_t i = 0; i < c->n_steps; i++)
        fault_point(c->steps[i].name, store_step_state_to_str(c->steps[i].state));
    if (c->n_steps == 0)
        fault_point("state", cluster_state_to_str(c->row.state));
    if (c->with_run)
        fault_point("run", run_state_to_str(c->run.state));
}

static void change_done(struct write *w, int rc, const struct bd_err *err)
{
    struct change *c = (struct change *)w;
    struct actor *a = c->a;
    struct engine *e = a->e;

    engine_store_result(e, rc, err);
    bool of_content = rc < 0 && engine_write_is_refused(rc);
    if (rc < 0 && !c->insert && !e->closing && !of_content) {
        retry_later(c, err);
        return;
    }
    if (rc == 0)
        tell(c);
    if (c->done)
        c->done(c->arg, rc, err, rc == 0 ? &c->row : NULL);
    a->writing = false;
    if (rc == 0) {
        if (c->insert && a->run)
            run_admitted(a->run);
        actor_on_durable(a, c);
    } else if (c->insert) {
        struct run *run = bd_take(a->run);
        actor_release(a);
        if (run)
            run_unadmit(run, err);
    } else if (of_content) {
        set_aside(c, err);
    }
    change_free(c);
    engine_flight_end(e);
}

void change_submit(struct change *c)
{
    struct actor *a = c->a;
    if (!c->insert)
        a->row.version++;
    row_copy(&a->row, &c->row);
    c->with_run = c->with_run || (a->run && a->run->unwritten);
    if (c->with_run) {
        a->run->unwritten = false;
        a->run->row.version++;
        run_row_copy(&a->run->row, c->insert_run, &c->run);
    }
    c->w.exec = change_exec;
    c->w.done = change_done;
    a->writing = true;
    a->e->in_flight++;
    writer_submit(a->e->config.writer, &c->w);
}

void change_renew(struct change *c)
{
    int64_t version = c->row.version;
    store_cluster_done(&c->row);
    row_copy(&c->a->row, &c->row);
    c->row.version = version;
    if (!c->with_run)
        return;
    if (!c->run.version)
        c->a->run->row.version++;
    store_run_done(&c->run);
    run_row_copy(&c->a->run->row, false, &c->run);
}

/* -- events that belong to no change -- */

struct lone_event {
    struct write w;
    struct engine *e;
    const char *kind;
    char id[BD_ID_BYTES];
    json_t *data;
};

static int lone_exec(struct write *w, struct store_conn *conn, struct bd_err *err)
{
    struct lone_event *v = (struct lone_event *)w;
    return event_append(conn, v->kind, v->id, v->data, err);
}

static void lone_done(struct write *w, int rc, const struct bd_err *err)
{
    struct lone_event *v = (struct lone_event *)w;
    struct engine *e = v->e;
    engine_store_result(e, rc, err);
    if (rc == 0)
        e->config.on_events(e->config.arg);
    json_decref(v->data);
    free(v);
    engine_flight_end(e);
}

void engine_event(struct engine *e, const char *kind, const char *id, json_t *data)
{
    struct lone_event *v = bd_new(struct lone_event);
    v->w = (struct write){.exec = lone_exec, .done = lone_done};
    v->e = e;
    v->kind = kind;
    snprintf(v->id, sizeof(v->id), "%s", id);
    v->data = data;
    e->in_flight++;
    writer_submit(e->config.writer, &v->w);
}

void engine_store_result(struct engine *e, int rc, const struct bd_err *err)
{
    if (rc == BD_ECONFLICT)
        return;
    e->store_rc = rc;
    if (rc < 0)
        bd_err_copy(&e->store_err, err);
}
