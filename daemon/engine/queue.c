/*
 * The queue: which run begins next, and whether it may begin now. One run at a time, unless its
 * campaign shares the host; never without room for its nodes; not before the host is quiet, or was
 * waited for long enough.
 */
#include "daemon/engine/campaign.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/sched/sched.h"

#include <string.h>

/* -- how busy others keep the host -- */

/* Percent of the last 10 s in which something waited for memory. */
#define MEMORY_PRESSURE_MAX 10

struct host_load {
    struct quiet_sample last;
    bool has_last, known;
    double outside_cpus; /* over the last second */
};

static void take_sample(struct engine *e)
{
    struct quiet_sample now;
    struct bd_err err = BD_ERR_INIT;
    if (!e->load)
        e->load = bd_new(struct host_load);
    struct host_load *load = e->load;
    if (quiet_take(e->config.cgroup2, &now, &err) < 0) {
        if (load->has_last || !load->known)
            bd_log(BD_LOG_WARN,
                   "it can't be read how busy the host is: runs wait in vain for quiet", "error",
                   err.text, NULL);
        load->has_last = false;
        load->known = true;
        load->outside_cpus = e->config.host.cpus;
        return;
    }
    if (load->has_last) {
        load->outside_cpus = quiet_outside_cpus(&load->last, &now);
        load->known = true;
    }
    load->last = now;
    load->has_last = true;
}

struct engine_load queue_load(const struct engine *e)
{
    const struct host_load *load = e->load;
    const double allowed = e->config.quiet_cpus * e->config.host.cpus;
    struct engine_load now = {.allowed_cpus = allowed};
    if (!load || !load->known)
        return now;
    now.known = true;
    now.outside_cpus = load->outside_cpus;
    now.memory_pressure = load->last.memory_some_avg10;
    now.quiet = now.outside_cpus <= allowed && now.memory_pressure <= MEMORY_PRESSURE_MAX;
    return now;
}

/* -- what is there beside -- */

static unsigned runs_alive(const struct engine *e, bool *ret_all_shared)
{
    unsigned n = 0;
    *ret_all_shared = true;
    for (const struct actor *a = e->actors; a; a = a->next) {
        if (!a->run)
            continue;
        n++;
        *ret_all_shared = *ret_all_shared && bd_json_bool(a->run->row.conditions, "shared", 0) != 0;
    }
    return n;
}

static unsigned clusters_alive(const struct engine *e)
{
    unsigned n = 0;
    for (const struct actor *a = e->actors; a; a = a->next)
        n += !a->run;
    return n;
}

void queue_note_clusters(struct engine *e)
{
    json_int_t n = (json_int_t)clusters_alive(e);
    for (struct actor *a = e->actors; a; a = a->next) {
        bool measures =
            a->run && (a->run->row.state == RUN_PREPARING || a->run->row.state == RUN_MEASURING);
        json_t *conditions = measures ? a->run->row.conditions : NULL;
        if (!conditions || bd_json_int(conditions, "clustersBeside", 0) >= n)
            continue;
        json_object_set_new(conditions, "clustersBeside", json_integer(n));
        a->run->unwritten = true;
    }
}

/* -- may it begin -- */

/* NULL: there is room. Else what it waits for; the caller's. */
static char *no_room(struct run *r, const struct cluster_spec *spec)
{
    const struct engine_config *config = &r->e->config;
    uint64_t memory;
    double used = engine_in_use(r->e, NULL, &memory), wanted = cluster_spec_cpus(spec);
    struct bd_err err = BD_ERR_INIT;
    struct cluster_spec strict = *spec;
    strict.oversubscribe = false;
    bool cpus_fit = used + wanted <= config->host.cpus + 1e-9;
    bool memory_fits = admit_check_memory(&config->host, &strict, memory, &err) == 0;
    bool fits = cpus_fit && memory_fits;
    json_object_set_new(r->row.conditions, "oversubscribed", json_boolean(!fits));
    if (!fits && !spec->oversubscribe)
        r->room_mono_ns = 0;
    else if (!r->room_mono_ns)
        r->room_mono_ns = bd_mono_ns();
    if (r->room_mono_ns)
        return NULL;
    if (!cpus_fit)
        return bd_xasprintf("room: its nodes need %.2f CPUs, and %.2f of the host's %u are in use",
                            wanted, used, config->host.cpus);
    return bd_xasprintf("room: %s", err.text);
}

/* NULL: the host is quiet, or was waited for long enough. */
static char *not_quiet(struct run *r)
{
    const struct engine_config *config = &r->e->config;
    const struct host_load *load = r->e->load;
    if (!load || !load->known)
        return bd_xstrdup("a quiet host: it has just begun to look");
    int64_t waited_ns = bd_mono_ns() - r->room_mono_ns;
    bool short_of_memory = load->last.memory_some_avg10 > MEMORY_PRESSURE_MAX;
    bool quiet = queue_load(r->e).quiet;
    if (short_of_memory && waited_ns < r->campaign->quiet_wait_ns)
        return bd_xasprintf(
            "a quiet host: in more than %d %% of the last 10 s something waited for "
            "memory",
            MEMORY_PRESSURE_MAX);
    if (!quiet && waited_ns < r->campaign->quiet_wait_ns)
        return bd_xasprintf("a quiet host: others use more than %.2f of its %u CPUs",
                            config->quiet_cpus * config->host.cpus, config->host.cpus);
    json_t *conditions = r->row.conditions;
    json_object_set_new(conditions, "quiet", json_boolean(quiet));
    json_object_set_new(conditions, "outsideCpus",
                        json_real((double)(int64_t)(load->outside_cpus * 1000) / 1000));
    json_object_set_new(conditions, "waitedMs", json_integer(waited_ns / BD_NS_PER_MS));
    return NULL;
}

/* It fails before anything was made for it. */
static void fail_queued(struct run *r, const struct bd_err *why)
{
    r->row.ended_ns = bd_wall_ns();
    free(bd_take(r->row.waiting));
    run_fail(r, NULL, why->code, steps[STEP_IMAGE].name, why->text);
    run_write(r, NULL);
}

static void wait_for(struct run *r, char *reason)
{
    bool news = !bd_str_eq(r->row.waiting, reason);
    free(r->row.waiting);
    r->row.waiting = reason;
    if (news)
        run_write(r, r->stored ? "run.waiting" : NULL);
}

/* What the scheduler is set to, as conditions.profile. */
static json_t *profile_json(const struct cluster_spec *spec)
{
    const struct sched_fair *fair = sched_fair_of(spec);
    const char *policy = fair ? sched_policy_to_str(fair->policy) : NULL;
    return json_pack("{s:s, s:s*, s:s*}", "name", fair ? "fair" : "default", "policy", policy,
                     "under", spec->under_slurm ? "slurm" : NULL);
}

static void try_to_admit(struct run *r)
{
    struct engine *e = r->e;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *json = run_cluster_spec(&r->row);
    struct cluster_spec spec;
    bd_auto_faults struct schema_faults faults = {0};
    if (cluster_spec_read(json, &spec, &faults) < 0) {
        bd_err_set(&err, BD_ECORRUPT, "its cluster's spec is not valid: %s: expected %s",
                   faults.items[0].pointer, faults.items[0].expected);
        fail_queued(r, &err);
        return;
    }
    json_object_set_new(r->row.conditions, "shared", json_boolean(r->campaign->shared));
    json_object_set_new(r->row.conditions, "profile", profile_json(&spec));
    char *reason = no_room(r, &spec);
    if (!reason)
        reason = not_quiet(r);
    const json_t *pins = json_object_get(r->row.spec, "images");
    const char *ref = bd_json_str(pins, spec.image, spec.image);
    const struct store_image *image = reason ? NULL : images_resolve(e, ref, &err);
    if (!reason && !image)
        bd_err_wrap(&err, "image %s", spec.image);
    cluster_spec_done(&spec);
    if (reason) {
        wait_for(r, reason);
        return;
    }
    if (!image) {
        fail_queued(r, &err);
        return;
    }
    r->campaign->queued = NULL;
    r->campaign->last_begun = ++e->runs_begun;
    run_admit(r, bd_take(json), image);
    queue_note_clusters(e);
}

/* -- which one is next -- */

static bool may_have_runs(const struct campaign *c)
{
    return c->state == CAMPAIGN_QUEUED || c->state == CAMPAIGN_RUNNING;
}

static bool has_next(struct campaign *c)
{
    size_t position;
    return c->queued || c->admitting || campaign_next_position(c, &position);
}

/* Of the campaigns that are taken up, the one whose last run began longest ago. */
static struct campaign *choose(struct engine *e)
{
    struct campaign *best = NULL, *next;
    unsigned active = 0;
    for (struct campaign *c = e->campaigns; c && active < e->config.active_campaigns; c = next) {
        next = c->next;
        if (!may_have_runs(c))
            continue;
        active++;
        if (!c->plan)
            campaign_open(c);
        else if (has_next(c) &&
                 (!best || (c->priority == best->priority && c->last_begun < best->last_begun)))
            best = c;
    }
    return best;
}

/* True if it is worth to look for another at once. */
static bool begin_one(struct engine *e)
{
    struct campaign *c = choose(e);
    if (!c)
        return false;
    if (c->admitting || (c->queued && c->queued->writing))
        return false; /* the others don't overtake it */
    bool all_shared;
    unsigned alive = runs_alive(e, &all_shared);
    if (alive && (!c->shared || !all_shared || alive >= e->config.runs_max))
        return false;
    if (c->state == CAMPAIGN_QUEUED) {
        c->start_wanted = true;
        campaign_move(c);
        return false;
    }
    if (!c->queued) {
        size_t position = 0;
        campaign_next_position(c, &position);
        c->queued = run_new(c, position);
    }
    try_to_admit(c->queued);
    return !c->queued;
}

void queue_move(struct engine *e)
{
    if (!e->started || e->closing)
        return;
    while (begin_one(e))
        ;
}

/* -- every second -- */

static void end_overdue(struct engine *e)
{
    int64_t now_ns = bd_mono_ns();
    for (struct actor *a = e->actors, *next; a; a = next) {
        next = a->next;
        struct run *r = a->run;
        if (!r || now_ns < r->deadline_mono_ns || (a->done & (1U << STEP_WORKLOAD)) ||
            (r->row.state != RUN_PREPARING && r->row.state != RUN_MEASURING))
            continue;
        const char *limit =
            bd_json_str(json_object_get(r->row.spec, "limits"), "runTimeout", "its limit");
        bd_auto_free char *why = bd_xasprintf(
            "the run was not measured within %s of its admission (limits.runTimeout)", limit);
        /* If benchd was away it is not the run that was slow. */
        actor_abort(a, r->began_mono_ns ? BD_ETIMEOUT : BD_EINTERRUPTED, why);
    }
}

void queue_tick(struct engine *e)
{
    if (e->closing)
        return;
    take_sample(e);
    end_overdue(e);
    for (struct campaign *c = e->campaigns, *next; c; c = next) {
        next = c->next;
        if (c->state == CAMPAIGN_CANCELLING && !c->plan)
            campaign_move(c); /* it could not be opened */
    }
    queue_move(e);
}
