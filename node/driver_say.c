#include "driver.h"

#include "../lib/sched/describe/description.h"
#include "append.h"
#include "bench-driver.h"
#include "fatal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MOST 1100
#define JOB_PREFIX "bd-" /* of its name; the index follows */

struct saying {
    char *text;
    size_t room, n;
};

static void check_room(const struct saying *s)
{
    if (s->n >= s->room)
        fatal(BENCH_DRIVER_EXIT_USAGE, "a job's command is too long for a line of %zu bytes",
              s->room);
}

static __attribute__((format(printf, 2, 3))) void add(struct saying *s, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    s->n += (size_t)vsnprintf(s->text + s->n, s->room - s->n, format, values);
    va_end(values);
    check_room(s);
}

/* ---------------------------------------------------------------------------------------- forms */

/* The words of a line, which is cut up. */
static const char *const *words_of(char *line)
{
    static const char *words[WORDS_MOST + 1];
    size_t n = 0;

    for (char *word; (word = strsep(&line, " "));) {
        if (!*word)
            continue;
        if (n == WORDS_MOST)
            fatal(BENCH_DRIVER_EXIT_USAGE, "a job's command has more than %d words", WORDS_MOST);
        words[n++] = word;
    }
    words[n] = NULL;
    return words;
}

/* All that a job's processes need, the same as with other schedulers. */
static const char *const *environment(void)
{
    static const char *env[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "USER=root",
        "LOGNAME=root",
        NULL, /* BENCHD_RECORDS, where it is set */
        NULL,
    };
    const char *records = getenv(RECORDS_VARIABLE);

    if (!env[4] && records)
        env[4] = text_new(RECORDS_VARIABLE "=%s", records);
    return env;
}

static size_t add_jobspec(const struct sched_job *job, uint64_t after, char *text, size_t room)
{
    return jobspec_v1(job, &(struct jobspec_more){environment(), after}, text, room);
}

/* What stands behind the dashes in the place of a command's words, for submitters that say so when
 * they are ready. The next scheduler's form is a row here and a function of lib/sched/describe. */
struct form {
    const char *name;
    size_t (*add)(const struct sched_job *job, uint64_t after, char *text, size_t room);
};
static const struct form forms[] = {{"jobspec-v1", add_jobspec}};

const struct form *form_find(const char *name)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

/* ----------------------------------------------------------------------------------- the saying */

static void add_ask(struct saying *s, const struct driver_job *job)
{
    if (job->node_tasks > 1)
        add(s, " tasks-per-node=%u", job->node_tasks);
    if (job->task_cores > 0)
        add(s, " cores-per-task=%u", job->task_cores);
    if (job->node_memory > 0)
        add(s, " memory=%llu", (unsigned long long)job->node_memory);
    if (job->shares)
        add(s, " shares");
}

static void add_form(struct saying *s, const struct form *form, int32_t index,
                     const struct driver_job *job, uint64_t after, char *command)
{
    char name[32];

    snprintf(name, sizeof(name), JOB_PREFIX "%d", index);
    const struct sched_job description = {
        .name = name,
        .nodes = job->nodes,
        .tasks = job->nodes * job->node_tasks,
        .cores_per_task = job->task_cores,
        .memory_bytes = job->node_memory,
        .exclusive = !job->shares,
        .limit_ns = job->requested_ns,
        .argv = words_of(command),
    };
    s->n += form->add(&description, after, s->text + s->n, s->room - s->n);
    check_room(s);
}

void say_job(const struct driver *d, int32_t index, const struct command *command, char *line,
             size_t room)
{
    static char words[SAYING_MOST];
    const struct driver_job *job = &d->stream.jobs[index];
    bool waits = job->after >= 0 && job->think_ns < 0; /* else that one has ended */
    uint64_t after = waits ? d->stream.jobs[job->after].job_id : 0;
    struct saying s = {line, room, 0}, run = {words, sizeof(words), 0};

    add(&run, "%s %d %lld %s", command->program, index, (long long)job->runtime_ns,
        command->payload);
    add(&s, "submit %d %u %u %lld ", index, job->nodes, job->tasks, (long long)job->requested_ns);
    add(&s, job->user > 0 ? "bench%u" : "root", job->user);
    add(&s, d->stream.has_priorities ? " %d" : " -", job->priority);
    add(&s, waits ? " %llu" : " -", (unsigned long long)after);
    add_ask(&s, job);
    add(&s, " -- ");
    if (d->form)
        add_form(&s, d->form, index, job, after, words);
    else
        add(&s, "%s", words);
    add(&s, "\n");
}
