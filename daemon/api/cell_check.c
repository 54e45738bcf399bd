#include "daemon/api/cell_check.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/workload/definition.h"

#define SAMPLING_MIN_NS (100 * BD_NS_PER_MS)
#define SAMPLING_MAX_NS (3600 * BD_NS_PER_S)

static void add_below(struct schema_faults *all, const char *prefix,
                      const struct schema_faults *some)
{
    for (size_t i = 0; i < some->n; i++) {
        bd_auto_free char *pointer = bd_xasprintf("%s%s", prefix, some->items[i].pointer);
        schema_faults_add(all, pointer, some->items[i].got, "%s", some->items[i].expected);
    }
}

static void check_scheduler(const json_t *spec, const struct cluster_spec *cluster,
                            struct schema_faults *faults)
{
    bd_auto_faults struct schema_faults found = {0};
    sched_check(sched_find(cluster->scheduler),
                json_object_get(json_object_get(spec, "cluster"), "scheduler"), &found);
    add_below(faults, "/cluster", &found);
}

static void check_network(const struct cell_check *c, const struct cluster_spec *cluster,
                          struct schema_faults *faults)
{
    bd_auto_faults struct schema_faults found = {0};
    if (c->virt)
        virt_shape_check(c->virt, cluster, &found);
    add_below(faults, "/cluster", &found);
}

/* Of an object that is kept no other can have the address. */
static void keep(json_t **kept, json_t *object, const struct schema_faults *found)
{
    bool is_right = found->n == 0 && !found->more;
    json_decref(*kept);
    *kept = is_right ? json_incref(object) : NULL;
}

/* -- inputs: reading one takes a while, and cells differ mostly in other things -- */

static void note_digest(struct cell_check *c, const char *digest)
{
    if (!c->inputs)
        c->inputs = json_object();
    json_object_set_new(c->inputs, digest, json_true());
}

/* Answers whether there are any. */
static bool note_inputs(struct cell_check *c, const struct workload *kind, const json_t *workload)
{
    bool has_some = false;
    for (const char *const *name = kind->inputs; name && *name; name++) {
        const json_t *member = json_object_get(workload, *name), *item;
        size_t i;
        if (json_is_string(member))
            note_digest(c, json_string_value(member));
        json_array_foreach (member, i, item)
            note_digest(c, bd_json_str(item, "digest", ""));
        has_some |= json_is_string(member) || json_array_size(member);
    }
    return has_some;
}

static json_t *examine(const struct cell_check *c, const struct workload *kind,
                       const json_t *workload, const struct cluster_spec *cluster)
{
    bd_auto_faults struct schema_faults found = {0};
    json_t *about = NULL;
    kind->examine(workload, cluster, c->inputs_dir, &found, &about);
    return json_pack("{s:o, s:o*}", "faults", schema_faults_json(&found), "found", about);
}

static void add_examined(const json_t *examined, struct schema_faults *faults)
{
    const json_t *fault;
    size_t i;
    json_array_foreach (json_object_get(examined, "faults"), i, fault)
        schema_faults_add(faults, bd_json_str(fault, "pointer", ""),
                          bd_json_str(fault, "got", NULL), "%s",
                          bd_json_str(fault, "expected", ""));
}

/* All that it depends on. The caller's. */
static char *examined_key(unsigned compute, unsigned cores, const char *scheduler,
                          const json_t *workload)
{
    bd_auto_json json_t *of =
        json_pack("[i, i, s, O]", (int)compute, (int)cores, scheduler, workload);
    return bd_json_text(of);
}

static void check_inputs(struct cell_check *c, const struct workload *kind, json_t *workload,
                         const struct cluster_spec *cluster, struct schema_faults *faults)
{
    bd_auto_free char *key =
        examined_key(cluster->compute, cluster->scheduler_cpus, cluster->scheduler, workload);
    if (!c->examined)
        c->examined = json_object();
    if (!json_object_get(c->examined, key))
        json_object_set_new(c->examined, key, examine(c, kind, workload, cluster));
    add_examined(json_object_get(c->examined, key), faults);
}

const json_t *examined_of(const json_t *examined, const json_t *cluster, const json_t *workload)
{
    const char *scheduler = bd_json_str(json_object_get(cluster, "scheduler"), "name", "");
    const json_t *node = json_object_get(cluster, "node");
    bd_auto_free char *key =
        examined_key((unsigned)bd_json_int(cluster, "compute", 1),
                     (unsigned)bd_json_int(node, "schedulerCpus", 1), scheduler, workload);
    return json_object_get(json_object_get(examined, key), "found");
}

/* Of the command that it stands for, without what was found right when it was registered. */
static void check_defined(struct cell_check *c, const json_t *definition, const json_t *workload,
                          const struct cluster_spec *cluster, struct schema_faults *faults)
{
    const struct workload *kind = workload_find("command");
    static const char *const checked[] = {"metrics", "checks", "needs"};
    bd_auto_faults struct schema_faults found = {0};
    bd_auto_json json_t *command = NULL;
    struct bd_err err = BD_ERR_INIT;
    if (definition_expand(definition, workload, cluster, &command, &err) < 0) {
        schema_faults_add(faults, "/workload", NULL, "a workload that can be run: %s", err.text);
        return;
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(checked); i++)
        json_object_del(command, checked[i]);
    kind->check(command, cluster, &found);
    sched_check_workload(sched_find(cluster->scheduler), command, &found);
    if (note_inputs(c, kind, command) && found.n == 0)
        check_inputs(c, kind, command, cluster, &found);
    definition_add_faults(&found, faults);
}

/* Metrics are right or wrong whatever else there is; their patterns are what takes time. */
static void check_workload(struct cell_check *c, json_t *workload,
                           const struct cluster_spec *cluster, struct schema_faults *faults)
{
    bd_auto_faults struct schema_faults found = {0};
    bd_auto_json json_t *rest = json_incref(workload);
    const char *name = bd_json_str(workload, "name", "");
    const json_t *definition = json_object_get(c->definitions, name);
    const struct workload *kind = definition ? NULL : workload_find(name);
    json_t *metrics = json_object_get(workload, "metrics");
    if (definition)
        check_defined(c, definition, workload, cluster, &found);
    if (kind && metrics && metrics == c->metrics && kind == c->kind) {
        json_decref(rest);
        rest = json_copy(workload);
        json_object_del(rest, "metrics");
    }
    if (kind) {
        kind->check(rest, cluster, &found);
        /* One that takes no streams has been named; what a stream asks for by default is no fault.
         */
        const struct sched *sched = sched_find(cluster->scheduler);
        if (found.n == 0 || (sched && sched->submitter))
            sched_check_workload(sched, rest, &found);
        if (note_inputs(c, kind, workload) && kind->examine && found.n == 0)
            check_inputs(c, kind, workload, cluster, &found);
    }
    add_below(faults, "", &found);
    c->kind = kind;
    keep(&c->workload, workload, &found);
    keep(&c->metrics, kind ? metrics : NULL, &found);
}

static void check_hooks(struct cell_check *c, json_t *hooks, const struct cluster_spec *cluster,
                        struct schema_faults *faults)
{
    bd_auto_faults struct schema_faults found = {0};
    hooks_check(hooks, cluster, &found);
    add_below(faults, "", &found);
    keep(&c->hooks, hooks, &found);
}

static void check_sampling(const json_t *spec, struct schema_faults *faults)
{
    const char *interval = bd_json_str(json_object_get(spec, "sampling"), "interval", NULL);
    int64_t ns;
    if (interval &&
        (bd_parse_duration_ns(interval, &ns) < 0 || ns < SAMPLING_MIN_NS || ns > SAMPLING_MAX_NS))
        schema_faults_add(faults, "/sampling/interval", interval, "from 100ms to 1h");
}

void cell_check(const json_t *spec, const struct cluster_spec *cluster,
                struct schema_faults *faults, void *arg)
{
    struct cell_check *c = arg;
    json_t *workload = json_object_get(spec, "workload"), *hooks = json_object_get(spec, "hooks");
    bool same_nodes =
        c->controllers == cluster->controllers && c->compute == cluster->compute &&
        c->scheduler_cpus == cluster->scheduler_cpus && c->memory_bytes == cluster->memory_bytes &&
        bd_str_eq(c->scheduler, cluster->scheduler) && c->under_slurm == cluster->under_slurm;
    check_scheduler(spec, cluster, faults);
    check_sampling(spec, faults);
    check_network(c, cluster, faults);
    if (!same_nodes || workload != c->workload)
        check_workload(c, workload, cluster, faults);
    if (!same_nodes || hooks != c->hooks)
        check_hooks(c, hooks, cluster, faults);
    c->controllers = cluster->controllers;
    c->compute = cluster->compute;
    c->scheduler_cpus = cluster->scheduler_cpus;
    c->memory_bytes = cluster->memory_bytes;
    c->under_slurm = cluster->under_slurm;
    if (!bd_str_eq(c->scheduler, cluster->scheduler)) {
        free(c->scheduler);
        c->scheduler = bd_xstrdup(cluster->scheduler);
    }
}

void cell_check_done(struct cell_check *c)
{
    json_decref(c->workload);
    json_decref(c->metrics);
    json_decref(c->hooks);
    json_decref(c->examined);
    json_decref(c->inputs);
    free(c->scheduler);
}
