#include "daemon/engine/campaign.h"

#include "daemon/engine/fault.h"
#include "lib/sample/live.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/virt/inventory.h"

#include <string.h>
#include <unistd.h>

/* A body gets a request to stop at its deadline, and as long again as this before it is given up.
 */
#define GIVE_UP_MS 20000
/* To fetch the logs of a run that failed, from nodes that may be the reason. */
#define SALVAGE_NS (30 * BD_NS_PER_S)

static void on_node_started(const struct node_plan *node, void *arg)
{
    struct step_work *w = arg;
    struct note note = {.kind = NOTE_NODE};
    memcpy(note.id, w->in.plan.id, sizeof(note.id));
    snprintf(note.text, sizeof(note.text), "%s", node->name);
    engine_note(w->e, &note);
}

static void on_progress(const struct workload_progress *progress, void *arg)
{
    struct step_work *w = arg;
    struct note note = {.kind = NOTE_PROGRESS, .progress = *progress};
    memcpy(note.id, w->in.plan.id, sizeof(note.id));
    engine_note(w->e, &note);
}

static void fill_run(const struct actor *a, struct step_work *w)
{
    const struct store_run *row = &a->run->row;
    struct bd_err err = BD_ERR_INIT;
    w->in.run = (struct step_run){
        .spec = json_deep_copy(row->spec),
        .seed = (uint64_t)bd_json_int(row->spec, "seed", 0),
        .block = row->block,
        .salvage = w->step == STEP_COLLECT && row->state == RUN_FAILING,
    };
    /* What can't be made a command of is refused by the body, as no workload that there is. */
    if (a->run->definition &&
        definitions_apply(a->run->definition, &w->in.plan.spec, w->in.run.spec, &err) < 0)
        bd_log(BD_LOG_ERROR, "a run's workload can't be made a command of", "run", row->id, "error",
               err.text, NULL);
    w->in.plan.shares =
        workload_nodes(json_object_get(w->in.run.spec, "workload"), &w->in.plan.spec);
}

static void fill_input(struct actor *a, struct step_work *w)
{
    struct engine *e = a->e;
    struct step_input *in = &w->in;
    struct cluster_spec spec;
    bd_auto_faults struct schema_faults faults = {0};
    cluster_spec_read(a->row.spec, &spec, &faults); /* was read before: actor_plan() */
    cluster_plan_make(a->row.id, &spec, &a->plan.subnet, &in->plan);
    in->has_subnet = a->has_subnet;
    in->image_digest = bd_xstrdup(a->row.image_digest);
    in->image_fingerprint = bd_xstrdup(a->image_fingerprint);
    in->before = json_deep_copy(a->before);
    in->begun = a->begun;
    if (a->run)
        fill_run(a, w);
    in->cancel = bd_cancel_new();
    in->on_node = on_node_started;
    in->on_progress = on_progress;
    in->arg = w;

    size_t others = 0;
    for (struct actor *o = e->actors; o; o = o->next)
        others++;
    in->taken = bd_xcalloc(others + 1, sizeof(*in->taken));
    for (struct actor *o = e->actors; o; o = o->next) {
        if (o != a && o->has_subnet)
            in->taken[in->n_taken++] = o->plan.subnet;
    }
    in->cpus_in_use = engine_in_use(e, a, &in->memory_in_use);
}

void work_free(struct step_work *w)
{
    cluster_plan_done(&w->in.plan);
    free(w->in.image_digest);
    free(w->in.image_fingerprint);
    json_decref(w->in.before);
    free(w->in.taken);
    json_decref(w->in.run.spec);
    bd_cancel_unref(w->in.cancel);
    sample_live_unref(w->in.live);
    json_decref(w->out.before);
    free(w->out.scheduler_version);
    bd_strv_done(&w->out.warnings);
    json_decref(w->out.residue);
    json_decref(w->out.metrics);
    json_decref(w->out.conditions);
    json_decref(w->out.host);
    jobs_seen_done(&w->out.jobs);
    sample_blocks_free(w->out.samples, w->out.n_samples);
    free(w);
}

static int run_body(struct step_work *w)
{
    const struct step *step = &steps[w->step];
    const struct step_host *host = &w->e->config.host;

    /* Later attempts begin with an undo: what lives after one that was cut off may have lost its
     * root already, so it is undone again and not taken over. */
    bool was_first = w->attempt == 2;
    if (w->probe_first && was_first && step->probe) {
        enum virt_presence presence;
        int rc = step->probe(host, &w->in, &presence, &w->err);
        if (rc < 0)
            return bd_err_wrap(&w->err, "look how far it had come");
        if (presence == VIRT_DONE)
            return 0;
    }
    /* Half of an earlier attempt does not go with half of this one. */
    if ((w->probe_first || w->attempt > 1) && step->undo) {
        int rc = step->undo(host, &w->in, &w->err);
        if (rc < 0)
            return bd_err_wrap(&w->err, "undo the earlier attempt");
    }
    int rc = bd_cancel_check(w->in.cancel, &w->err);
    return rc < 0 ? rc : step->exec(host, &w->in, &w->out, &w->err);
}

static void work_run(struct work *work, void *context BD_UNUSED)
{
    struct step_work *w = (struct step_work *)work;
    int64_t began_ns = bd_mono_ns();
    atomic_store(&w->began_ns, began_ns);
    w->started_ns = bd_wall_ns();
    w->rc = run_body(w);
    fault_point(steps[w->step].name, "ran");
    w->took_ns = bd_mono_ns() - began_ns;
    w->ended_ns = bd_wall_ns();
}

static void work_done(struct work *work)
{
    struct step_work *w = (struct step_work *)work;
    struct engine *e = w->e;
    if (w->a) {
        actor_on_work_done(w->a, w);
    } else {
        /* It was given up: the cluster has been taken down meanwhile, and what it made since is
         * nobody's. */
        bd_log(BD_LOG_WARN, "a late result is thrown away", "cluster", w->in.plan.id, "step",
               steps[w->step].name, "attempt", bd_log_i64(w->attempt), NULL);
        e->stuck--;
        struct actor *a = engine_find(e, w->in.plan.id);
        if (a)
            a->late = true;
        else
            work_sweep(e);
        work_free(w);
    }
    engine_flight_end(e);
}

/* What is left of the body's time, which counts from its worker's turn: a full pool is not its
 * fault. One that is to stop in any case gets no more. */
static int64_t time_left_ns(struct step_work *w)
{
    int64_t began_ns = atomic_load(&w->began_ns);
    if (bd_cancel_check(w->in.cancel, NULL) < 0)
        return 0;
    return began_ns ? began_ns + w->timeout_ns - bd_mono_ns() : w->timeout_ns;
}

static void on_deadline(uv_timer_t *timer)
{
    struct actor *a = timer->data;
    struct step_work *w = a->working;
    if (!w)
        return;
    int64_t left_ns = a->overdue ? 0 : time_left_ns(w);
    if (left_ns > 0) {
        uv_timer_start(timer, on_deadline, (uint64_t)(left_ns / BD_NS_PER_MS) + 1, 0);
        return;
    }
    if (a->overdue++ == 0) {
        bd_log(BD_LOG_WARN, "a step is overdue and told to stop", "cluster", a->row.id, "step",
               steps[w->step].name, NULL);
        bd_cancel_set(w->in.cancel, BD_ETIMEOUT, "the step's time is over");
        uv_timer_start(timer, on_deadline, GIVE_UP_MS, 0);
        return;
    }
    bd_log(BD_LOG_ERROR, "a step does not come back and is given up; its worker counts as lost",
           "cluster", a->row.id, "step", steps[w->step].name, NULL);
    struct step_work *stand_in = bd_new(struct step_work);
    stand_in->e = w->e;
    stand_in->a = a;
    stand_in->step = w->step;
    stand_in->attempt = w->attempt;
    stand_in->in.run.salvage = w->in.run.salvage;
    stand_in->started_ns = stand_in->ended_ns = bd_wall_ns(); /* w is its worker's */
    stand_in->rc =
        bd_err_set(&stand_in->err, BD_ETIMEOUT,
                   "it did not come back after its time was over and it was told to stop: does "
                   "libvirtd answer? ('benchctl doctor' tells)");
    w->a = NULL;
    a->e->stuck++;
    actor_on_work_done(a, stand_in);
}

void work_stop(struct actor *a, int code, const char *why)
{
    bd_cancel_set(a->working->in.cancel, code, why);
    if (a->overdue)
        return;
    a->overdue = 1;
    uv_update_time(a->e->config.loop);
    uv_timer_start(&a->timer, on_deadline, GIVE_UP_MS, 0);
}

/* Salvage is part of the take-down. */
static struct workers *pool_of(const struct step_work *w)
{
    const struct engine_config *config = &w->e->config;
    enum step_phase phase = steps[w->step].phase;
    return phase == STEP_UP                              ? config->work
           : phase == STEP_MEASURE && !w->in.run.salvage ? config->measure
                                                         : config->teardown;
}

void work_begin(struct actor *a, int step)
{
    struct engine *e = a->e;
    const struct step *s = &steps[step];
    struct step_work *w = bd_new(struct step_work);
    w->w = (struct work){.run = work_run, .done = work_done};
    w->e = e;
    w->a = a;
    w->step = step;
    w->attempt = a->attempt;
    w->probe_first = a->probe_first;
    a->probe_first = false;
    fill_input(a, w);
    w->in.live = step == STEP_WORKLOAD ? sample_live_new() : NULL;
    a->working = w;
    a->overdue = 0;

    w->timeout_ns = w->in.run.salvage
                        ? SALVAGE_NS
                        : s->timeout_ns + s->timeout_per_node_ns * (int64_t)a->plan.n_nodes;
    uv_update_time(e->config.loop);
    uv_timer_start(&a->timer, on_deadline, (uint64_t)(w->timeout_ns / BD_NS_PER_MS), 0);
    e->in_flight++;
    workers_submit(pool_of(w), &w->w);
}

/* -- a look at the nodes -- */

struct look {
    struct work w;
    struct engine *e;
    char id[BD_ID_BYTES];
    struct cluster_plan plan;
    struct bd_strv lost;
};

static void look_run(struct work *work, void *context BD_UNUSED)
{
    struct look *l = (struct look *)work;
    for (size_t i = 0; i < l->plan.n_nodes; i++) {
        bd_auto_fd int pidfd = -1;
        if (virt_node_pidfd(l->e->config.host.virt, &l->plan.nodes[i], &pidfd, NULL) < 0)
            bd_strv_add(&l->lost, l->plan.nodes[i].name);
    }
}

static void look_done(struct work *work)
{
    struct look *l = (struct look *)work;
    struct engine *e = l->e;
    struct actor *a = engine_find(e, l->id);
    if (a) {
        a->looking = false;
        if (a->look_wanted)
            work_look(a);
        if (l->lost.n)
            actor_on_lost(a, &l->lost);
    }
    cluster_plan_done(&l->plan);
    bd_strv_done(&l->lost);
    free(l);
    engine_flight_end(e);
}

void work_look(struct actor *a)
{
    a->look_wanted = a->looking;
    if (a->looking)
        return;
    a->looking = true;
    struct look *l = bd_new(struct look);
    l->w = (struct work){.run = look_run, .done = look_done};
    l->e = a->e;
    memcpy(l->id, a->row.id, sizeof(l->id));
    struct cluster_spec spec;
    bd_auto_faults struct schema_faults faults = {0};
    cluster_spec_read(a->row.spec, &spec, &faults);
    cluster_plan_make(a->row.id, &spec, &a->plan.subnet, &l->plan);
    a->e->in_flight++;
    workers_submit(a->e->config.work, &l->w);
}

/* -- the watch: events of libvirt's are hints that can be lost with their connection, so all nodes
 * are looked at from time to time; that takes no call of libvirt's -- */

struct watch {
    struct work w;
    struct engine *e;
};

static void watch_run(struct work *work, void *context BD_UNUSED)
{
    virt_watch(((struct watch *)work)->e->config.host.virt, NULL);
}

static void watch_done(struct work *work)
{
    struct engine *e = ((struct watch *)work)->e;
    free(work);
    e->watching = false;
    for (struct actor *a = e->actors; a; a = a->next)
        if (nodes_should_run(a) && !e->closing)
            work_look(a);
    if (e->sweep_wanted)
        work_sweep(e);
    engine_flight_end(e);
}

void work_watch(struct engine *e)
{
    if (e->watching || e->closing)
        return;
    e->watching = true;
    struct watch *w = bd_new(struct watch);
    w->w = (struct work){.run = watch_run, .done = watch_done};
    w->e = e;
    e->in_flight++;
    workers_submit(e->config.work, &w->w);
}

/* -- what nobody owns -- */

struct sweep {
    struct work w;
    struct engine *e;
    bool looked;
};

static void sweep_one(struct virt *virt, const struct store_cluster *row,
                      const struct bd_strv *items)
{
    const struct virt_backend *backend = virt_backend_find(bd_json_str(row->spec, "backend", ""));
    if (!backend)
        return;
    for (size_t i = 0; i < items->n; i++)
        bd_log(BD_LOG_WARN, "removing what a cluster that is gone has left", "cluster", row->id,
               "item", items->items[i], NULL);
    bool bare = cluster_backend_is_bare(backend->name);
    struct cluster_spec spec = {
        .bare = bare,
        .controllers = bare ? 0 : (unsigned)bd_json_int(row->spec, "controllers", 1),
        .compute = (unsigned)bd_json_int(row->spec, "compute", 0),
    };
    struct cluster_plan plan;
    struct bd_err err = BD_ERR_INIT;
    cluster_plan_make(row->id, &spec, &(struct subnet){0}, &plan);
    int rc = backend->stop(virt, VIRT_LANE_TEARDOWN, &plan, NULL, &err);
    if (rc == 0)
        rc = virt_net_down(virt, &plan, &err);
    if (rc < 0)
        bd_log(BD_LOG_ERROR, "could not remove all of it", "cluster", row->id, "error", err.text,
               NULL);
    cluster_plan_done(&plan);
}

/* Of each cluster that has something here it is asked whether it is at its end. */
static int sweep_all(struct virt *virt, const struct inventory *inv, struct store_conn *conn,
                     struct bd_err *err)
{
    bd_auto_strv struct bd_strv ids = {0};
    inventory_clusters(inv, &ids);
    for (size_t i = 0; i < ids.n; i++) {
        struct store_cluster row = {0};
        int rc = store_cluster_get(conn, ids.items[i], &row, err);
        if (rc == BD_ENOTFOUND)
            continue; /* not known to be ours to remove */
        if (rc < 0)
            return rc;
        bd_auto_strv struct bd_strv items = {0};
        if (cluster_state_is_final(row.state))
            inventory_of_cluster(inv, row.id, &items);
        if (items.n)
            sweep_one(virt, &row, &items);
        store_cluster_done(&row);
    }
    return 0;
}

static void sweep_run(struct work *work, void *context BD_UNUSED)
{
    struct sweep *s = (struct sweep *)work;
    struct virt *virt = s->e->config.host.virt;
    struct inventory inv = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_auto(store_conn) struct store_conn *conn = NULL;
    int rc = inventory_take(virt, VIRT_LANE_TEARDOWN, &inv, &err);
    if (rc == 0)
        rc = store_open_reader(s->e->config.db_path, &conn, &err);
    if (rc == 0)
        rc = sweep_all(virt, &inv, conn, &err);
    if (rc < 0)
        bd_log(BD_LOG_WARN, "could not look for what earlier clusters have left; trying again",
               "error", err.text, NULL);
    s->looked = rc == 0;
    inventory_done(&inv);
}

static void sweep_done(struct work *work)
{
    struct sweep *s = (struct sweep *)work;
    struct engine *e = s->e;
    e->sweeping = false;
    e->sweep_wanted = e->sweep_wanted || !s->looked;
    free(s);
    engine_flight_end(e);
}

void work_sweep(struct engine *e)
{
    e->sweep_wanted = e->sweeping || e->closing;
    if (e->sweep_wanted)
        return;
    e->sweeping = true;
    struct sweep *s = bd_new(struct sweep);
    s->w = (struct work){.run = sweep_run, .done = sweep_done};
    s->e = e;
    e->in_flight++;
    workers_submit(e->config.teardown, &s->w);
}
