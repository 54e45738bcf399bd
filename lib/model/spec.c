#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/model/cluster.h"

#include <math.h>

#define MEMORY_MIN_BYTES (UINT64_C(64) << 20) /* below it a node's systemd does not come up */
#define MEMORY_MAX_BYTES (UINT64_C(1) << 50)  /* sums over all nodes stay within 64 bits */
#define CONTROLLERS_MAX  1
#define COMPUTE_MAX      1000
#define CPUS_MIN         0.01
#define CPUS_MAX         1024

/* Where the backend has no nodes there is nothing to schedule on. */
#define BARE_BACKEND      "host"
#define NO_SCHEDULER      "none"
#define DEFAULT_SCHEDULER "slurm"

bool cluster_backend_is_bare(const char *backend)
{
    return bd_str_eq(backend, BARE_BACKEND);
}

/* Members that the schema demands or has defaults for are asked for again: a spec may also come
 * from a stored row that was damaged. */
static char *want_text(const json_t *obj, const char *key, const char *pointer,
                       struct schema_faults *faults)
{
    const char *text = bd_json_str(obj, key, NULL);
    if (text && *text)
        return bd_xstrdup(text);
    schema_faults_add(faults, pointer, NULL, "a string that is not empty");
    return NULL;
}

static unsigned want_count(const json_t *obj, const char *key, json_int_t max, const char *pointer,
                           struct schema_faults *faults)
{
    json_int_t value = bd_json_int(obj, key, 0);
    if (value >= 1 && value <= max)
        return (unsigned)value;
    schema_faults_add(faults, pointer, NULL, "an integer from 1 to %" JSON_INTEGER_FORMAT, max);
    return 0;
}

static double want_cpus(const json_t *node, const char *name, struct schema_faults *faults)
{
    double cpus = bd_json_real(node, name, 0);
    if (cpus >= CPUS_MIN && cpus <= CPUS_MAX)
        return cpus;
    bd_auto_free char *pointer = bd_xasprintf("/node/%s", name);
    schema_faults_add(faults, pointer, NULL, "a number from %g to %d", CPUS_MIN, CPUS_MAX);
    return 0;
}

static uint64_t want_memory(const json_t *node, struct schema_faults *faults)
{
    const char *text = bd_json_str(node, "memory", NULL);
    uint64_t bytes;
    if (text && bd_parse_bytes(text, &bytes) == 0 && bytes >= MEMORY_MIN_BYTES &&
        bytes <= MEMORY_MAX_BYTES)
        return bytes;
    schema_faults_add(faults, "/node/memory", text, "a size from 64MiB to 1024TiB, such as 512MiB");
    return 0;
}

/* A member of the scheduler that is one of two words, the first of which holds without it: whether
 * it is the other. */
static bool want_switch(const json_t *scheduler, const char *member, const char *off,
                        const char *on, struct schema_faults *faults)
{
    const json_t *value = json_object_get(scheduler, member);
    const char *name = value ? json_string_value(value) : off;
    bd_auto_free char *pointer = bd_xasprintf("/scheduler/%s", member);
    if (!bd_str_eq(name, off) && !bd_str_eq(name, on))
        schema_faults_add(faults, pointer, name, "%s or %s", off, on);
    return bd_str_eq(name, on);
}

/* One that is not named is the backend's. */
static char *want_scheduler(json_t *scheduler, bool bare, struct schema_faults *faults)
{
    if (json_is_object(scheduler) && !json_object_get(scheduler, "name"))
        json_object_set_new(scheduler, "name",
                            json_string(bare ? NO_SCHEDULER : DEFAULT_SCHEDULER));
    char *name = want_text(scheduler, "name", "/scheduler/name", faults);
    if (name && bare && !bd_str_eq(name, NO_SCHEDULER))
        schema_faults_add(faults, "/scheduler/name", name,
                          NO_SCHEDULER ", or no name: the backend " BARE_BACKEND
                                       " runs commands without a scheduler");
    if (name && !bare && bd_str_eq(name, NO_SCHEDULER))
        schema_faults_add(faults, "/scheduler/name", name,
                          "a scheduler: only the backend " BARE_BACKEND " goes without one");
    return name;
}

/* A bare cluster has no links of its own. */
static void want_network(const json_t *json, bool bare, struct network_shape *ret_shape,
                         struct schema_faults *faults)
{
    const json_t *network = json_object_get(json, "network");
    network_shape_read(network, ret_shape, faults);
    if (bare && json_object_size(network) > 0)
        schema_faults_add(faults, "/network", NULL,
                          "no network: the backend " BARE_BACKEND
                          " has the host's own, which is not shaped; leave it out");
}

int cluster_spec_read(json_t *json, struct cluster_spec *ret_spec, struct schema_faults *faults)
{
    size_t before = faults->n;
    json_t *node = json_object_get(json, "node");
    json_t *scheduler = json_object_get(json, "scheduler");
    const json_t *options = json_object_get(scheduler, "options");
    bool bare = cluster_backend_is_bare(bd_json_str(json, "backend", NULL));

    struct cluster_spec spec = {
        .backend = want_text(json, "backend", "/backend", faults),
        .bare = bare,
        .image = want_text(json, "image", "/image", faults),
        .controllers = want_count(json, "controllers", CONTROLLERS_MAX, "/controllers", faults),
        .compute = want_count(json, "compute", COMPUTE_MAX, "/compute", faults),
        .cpus = want_cpus(node, "cpus", faults),
        .memory_bytes = want_memory(node, faults),
        .scheduler = want_scheduler(scheduler, bare, faults),
        .scheduler_options = options ? json_deep_copy(options) : json_object(),
        .fair = want_switch(scheduler, "profile", "default", "fair", faults),
        .accounting = want_switch(scheduler, "accounting", "none", "slurmdbd", faults),
        .under_slurm = want_switch(scheduler, "under", "none", "slurm", faults),
        .oversubscribe = bd_json_bool(json_object_get(json, "admission"), "oversubscribe", 0) != 0,
    };
    spec.controller_cpus = json_object_get(node, "controllerCpus")
                               ? want_cpus(node, "controllerCpus", faults)
                               : spec.cpus;
    if (json_is_object(node) && !json_object_get(node, "schedulerCpus"))
        json_object_set_new(node, "schedulerCpus",
                            json_integer((json_int_t)fmax(1, ceil(spec.cpus))));
    spec.scheduler_cpus =
        want_count(node, "schedulerCpus", CPUS_MAX, "/node/schedulerCpus", faults);
    if (bare)
        spec.controllers = 0;
    if (bare && spec.accounting)
        schema_faults_add(faults, "/scheduler/accounting", NULL,
                          "none: without a scheduler there are no jobs to account for");
    if (bare && spec.under_slurm)
        schema_faults_add(faults, "/scheduler/under", NULL,
                          "none: without a scheduler there is nothing that Slurm could start");
    want_network(json, bare, &spec.network, faults);

    if (faults->n != before || faults->more) {
        cluster_spec_done(&spec);
        return BD_EINVALID;
    }
    *ret_spec = spec;
    return 0;
}

void cluster_spec_done(struct cluster_spec *spec)
{
    free(spec->backend);
    free(spec->image);
    free(spec->scheduler);
    json_decref(spec->scheduler_options);
    *spec = (struct cluster_spec){0};
}
