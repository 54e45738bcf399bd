/* Reads what the jobs of a stream ask for on each of their nodes: tasks, cores, memory, and whether
 * others may be there. Traces have the same members, with one value for all jobs. */
#include "lib/jobs/stream_priv.h"

#include <string.h>

#define TASKS_PER_NODE_MAX 1024
#define CORES_MAX          1024

static void read_tasks(struct stream_reader *r)
{
    const json_t *tasks = json_object_get(r->spec, "tasksPerNode");
    if (tasks)
        r->out->ask.tasks =
            (uint32_t)stream_whole(r, tasks, "/workload/tasksPerNode", 1, TASKS_PER_NODE_MAX);
}

/* All of its tasks have to fit beside each other. */
static void add_cores(struct stream_reader *r, const json_t *value, const char *at)
{
    unsigned tasks = r->out->ask.tasks > 0 ? r->out->ask.tasks : 1;
    uint32_t cores = (uint32_t)stream_whole(r, value, at, 1, CORES_MAX);
    r->out->cores[r->out->n_cores++] = cores;
    if ((uint64_t)cores * tasks <= r->nodes->cores)
        return;
    bd_auto_free char *expected =
        bd_xasprintf("at most %u for each of %u tasks on a node: it has %u CPUs for the scheduler "
                     "(cluster.node.schedulerCpus)",
                     r->nodes->cores / tasks, tasks, r->nodes->cores);
    stream_fault(r, at, value, expected);
}

static void read_cores(struct stream_reader *r)
{
    const char *at = "/workload/coresPerTask";
    const json_t *cores = json_object_get(r->spec, "coresPerTask"),
                 *list = json_object_get(cores, "choice");
    if (!cores)
        return;
    if (json_is_number(cores)) {
        add_cores(r, cores, at);
        return;
    }
    if (json_object_size(cores) != 1 || json_array_size(list) < 1 ||
        json_array_size(list) > STREAM_CHOICES_MAX) {
        stream_fault(r, at, cores, "a number of cores, or a choice of 1 to 1000 such numbers");
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        bd_auto_free char *below = bd_xasprintf("%s/choice/%zu", at, i);
        add_cores(r, json_array_get(list, i), below);
    }
}

/* A task has a core, whether that is said or not. */
static void check_tasks(struct stream_reader *r)
{
    uint32_t tasks = r->out->ask.tasks;
    if (r->out->n_cores > 0 || tasks <= r->nodes->cores)
        return;
    bd_auto_free char *expected =
        bd_xasprintf("at most %u: so many CPUs has a node for the scheduler "
                     "(cluster.node.schedulerCpus)",
                     r->nodes->cores);
    stream_fault(r, "/workload/tasksPerNode", json_object_get(r->spec, "tasksPerNode"), expected);
}

static void read_memory(struct stream_reader *r)
{
    const json_t *memory = json_object_get(r->spec, "memory");
    uint64_t bytes = 0;
    if (!memory)
        return;
    if (json_is_string(memory) && bd_parse_bytes(json_string_value(memory), &bytes) == 0 &&
        bytes > 0 && bytes <= r->nodes->memory_bytes) {
        r->out->ask.memory_bytes = bytes;
        return;
    }
    bd_auto_free char *expected =
        bd_xasprintf("an amount such as 64MiB, and at most what a node has (cluster.node.memory: "
                     "%llu MiB)",
                     (unsigned long long)(r->nodes->memory_bytes >> 20));
    stream_fault(r, "/workload/memory", memory, expected);
}

static void read_exclusive(struct stream_reader *r)
{
    const json_t *exclusive = json_object_get(r->spec, "exclusive");
    if (exclusive && !json_is_boolean(exclusive))
        stream_fault(r, "/workload/exclusive", exclusive, "true or false");
    r->out->ask.shares = json_is_false(exclusive);
}

void stream_ask_read(struct stream_reader *r)
{
    read_tasks(r);
    read_cores(r);
    check_tasks(r);
    read_memory(r);
    read_exclusive(r);
}

/* ------------------------------------------------------------------------------------- of a trace
 */

void stream_check_ask(const json_t *spec, const struct job_nodes *nodes,
                      struct schema_faults *faults)
{
    bd_auto_free struct stream_spec *s = bd_new(struct stream_spec);
    struct stream_reader r = {.spec = spec, .nodes = nodes, .out = s, .faults = faults};
    stream_ask_read(&r);
}

struct job_ask stream_ask(const json_t *spec)
{
    const struct job_nodes any = {UINT32_MAX, UINT32_MAX, UINT64_MAX};
    bd_auto_free struct stream_spec *s = bd_new(struct stream_spec);
    bd_auto_faults struct schema_faults faults = {0};
    struct stream_reader r = {.spec = spec, .nodes = &any, .out = s, .faults = &faults};
    stream_ask_read(&r);
    s->ask.cores_per_task = s->n_cores > 0 ? s->cores[0] : 0;
    return s->ask;
}
