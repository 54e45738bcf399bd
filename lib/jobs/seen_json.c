/* What was seen of a job, as the contract has it. By hand, since there may be a million. */
#include "lib/jobs/jobs.h"

#include <string.h>

static void add_word(struct bd_str *out, const char *name, const char *word)
{
    bd_str_addf(out, ",\"%s\":\"%s\"", name, word);
}

static void add_number(struct bd_str *out, const char *name, bool known, int64_t value)
{
    if (known)
        bd_str_addf(out, ",\"%s\":%lld", name, (long long)value);
    else
        bd_str_addf(out, ",\"%s\":null", name);
}

static void add_seen(struct bd_str *out, const char *name, int64_t ns)
{
    add_number(out, name, ns != JOB_NEVER, ns);
}

static void add_span(struct bd_str *out, const char *name, int64_t from, int64_t to)
{
    bool known = from != JOB_NEVER && to != JOB_NEVER;
    add_number(out, name, known, known ? to - from : 0);
}

static void add_nodes(struct bd_str *out, const char *list)
{
    bd_auto_json json_t *names = json_array();
    bd_auto_free char *copy = bd_xstrdup(list);
    char *rest = copy, *name;
    while ((name = strsep(&rest, ",")))
        if (*name)
            json_array_append_new(names, json_string(name));
    bd_auto_free char *text = bd_json_text(names);
    bd_str_addf(out, ",\"nodeList\":%s", text);
}

void job_seen_json(const struct job_seen *job, struct bd_str *out)
{
    bd_str_addf(out, "{\"index\":%u,\"task\":%u,\"nodes\":%u,\"user\":%u", job->index, job->task,
                job->nodes, job->user);
    add_number(out, "tasksPerNode", true, job->ask.tasks > 0 ? job->ask.tasks : 1);
    add_number(out, "coresPerTask", job->ask.cores_per_task > 0, job->ask.cores_per_task);
    add_number(out, "memoryBytes", job->ask.memory_bytes > 0, (int64_t)job->ask.memory_bytes);
    bd_str_addf(out, ",\"exclusive\":%s", job->ask.shares ? "false" : "true");
    add_number(out, "after", job->follows > 0, (int64_t)job->follows - 1);
    add_number(out, "thinkNs", job->think >= 0, job->think);
    add_number(out, "group", job->group >= 0, job->group);
    add_word(out, "outcome", job_outcome_to_str(job->outcome));
    add_word(out, "schedulerState", job_end_to_str(job->end));
    add_number(out, "jobId", job->job_id != 0, (int64_t)job->job_id);
    add_number(out, "exitCode", job->exit_code >= 0, job->exit_code);
    add_nodes(out, job->node_list);
    add_seen(out, "plannedNs", job->planned);
    add_seen(out, "submitNs", job->submit);
    add_seen(out, "acceptedNs", job->accepted);
    add_seen(out, "eligibleNs", job->eligible);
    add_seen(out, "allocatedNs", job->allocated);
    add_seen(out, "startedFirstNs", job->started_first);
    add_seen(out, "startedAllNs", job->started_all);
    add_seen(out, "endedLastNs", job->ended_last);
    add_seen(out, "freedNs", job->freed);
    add_number(out, "runtimeNs", true, job->runtime);
    add_number(out, "requestedNs", true, job->requested);
    add_span(out, "waitNs", job->submit, job->started_first);
    add_span(out, "turnaroundNs", job->submit, job->ended_last);
    bd_str_addf(out, ",\"doubled\":%s}", job->doubled ? "true" : "false");
}
