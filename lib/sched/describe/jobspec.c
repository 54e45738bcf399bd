#include "description.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct json {
    char *text;
    size_t room, n; /* n: bytes that it needs so far */
};

static __attribute__((format(printf, 2, 3))) void add(struct json *j, const char *format, ...)
{
    size_t left = j->n < j->room ? j->room - j->n : 0;
    va_list values;

    va_start(values, format);
    int n = vsnprintf(left ? j->text + j->n : NULL, left, format, values);
    va_end(values);
    j->n += (size_t)n;
}

static void add_part(struct json *j, const char *text, size_t bytes)
{
    static const char quoted[] = "\"\\";

    add(j, "\"");
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)text[i] < ' ')
            add(j, "\\u%04x", (unsigned)text[i]);
        else
            add(j, strchr(quoted, text[i]) ? "\\%c" : "%c", text[i]);
    add(j, "\"");
}

static void add_text(struct json *j, const char *text)
{
    add_part(j, text, strlen(text));
}

/*
 * Nodes, and on each of them slots, in each of which a task runs. A job that has its nodes alone
 * gets all that they have, whatever is below.
 */
static void add_resources(struct json *j, const struct sched_job *job)
{
    unsigned cores = job->cores_per_task > 0 ? job->cores_per_task : 1;

    add(j, "[{\"type\":\"node\",\"count\":%u,", job->nodes);
    if (job->exclusive)
        add(j, "\"exclusive\":true,");
    add(j, "\"with\":[{\"type\":\"slot\",\"count\":%u,\"label\":\"task\",\"with\":[",
        job->tasks / job->nodes);
    add(j, "{\"type\":\"core\",\"count\":%u}]}]}]", cores);
}

static void add_tasks(struct json *j, const struct sched_job *job)
{
    add(j, "[{\"command\":[");
    for (size_t i = 0; job->argv[i]; i++) {
        if (i > 0)
            add(j, ",");
        add_text(j, job->argv[i]);
    }
    add(j, "],\"slot\":\"task\",\"count\":{\"per_slot\":1}}]");
}

static void add_environment(struct json *j, const char *const *env)
{
    add(j, "{");
    for (size_t i = 0; env && env[i]; i++) {
        size_t name = strcspn(env[i], "=");
        if (i > 0)
            add(j, ",");
        add_part(j, env[i], name);
        add(j, ":");
        add_text(j, env[i] + name + (env[i][name] == '='));
    }
    add(j, "}");
}

/* Cores that Flux is told of are not the host's: a node's share of the CPU is the node's. */
static void add_shell(struct json *j)
{
    static const char nowhere[] = "{\"type\":\"file\",\"path\":\"/dev/null\"}";

    add(j, "{\"options\":{\"cpu-affinity\":\"off\",\"output\":{\"stdout\":%s,\"stderr\":%s}}}",
        nowhere, nowhere);
}

static void add_system(struct json *j, const struct sched_job *job, const struct jobspec_more *more)
{
    /* 0: no limit. */
    int64_t seconds = job->limit_ns > 0 ? (job->limit_ns - 1) / FLUX_GRAIN_NS + 1 : 0;

    add(j, "{\"duration\":%" PRId64 ",\"cwd\":", seconds);
    add_text(j, job->dir ? job->dir : "/");
    add(j, ",\"job\":{\"name\":");
    add_text(j, job->name);
    add(j, "},\"environment\":");
    add_environment(j, more->env);
    add(j, ",\"shell\":");
    add_shell(j);
    if (more->after > 0)
        add(j, ",\"dependencies\":[{\"scheme\":\"afterany\",\"value\":\"%" PRIu64 "\"}]",
            more->after);
    add(j, "}");
}

size_t jobspec_v1(const struct sched_job *job, const struct jobspec_more *more, char *text,
                  size_t room)
{
    struct json j = {.text = text, .room = room};

    add(&j, "{\"version\":1,\"resources\":");
    add_resources(&j, job);
    add(&j, ",\"tasks\":");
    add_tasks(&j, job);
    add(&j, ",\"attributes\":{\"system\":");
    add_system(&j, job, more);
    add(&j, "}}");
    return j.n;
}
