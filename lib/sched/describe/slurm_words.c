#include "description.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define MIB       (UINT64_C(1) << 20) /* Slurm's grain of memory */
#define WORD_MOST 64

struct words {
    void (*add)(const char *word, void *arg);
    void *arg;
};

static __attribute__((format(printf, 2, 3))) void add(const struct words *w, const char *format,
                                                      ...)
{
    char word[WORD_MOST];
    va_list values;

    va_start(values, format);
    vsnprintf(word, sizeof(word), format, values);
    va_end(values);
    w->add(word, w->arg);
}

void slurm_words(const struct sched_job *job, void (*add_word)(const char *word, void *arg),
                 void *arg)
{
    const struct words w = {add_word, arg};

    add(&w, "--nodes=%u", job->nodes);
    add(&w, "--ntasks=%u", job->tasks);
    /* At most; Slurm would fill up a node with room before it takes the next. */
    add(&w, "--ntasks-per-node=%u", (job->tasks + job->nodes - 1) / job->nodes);
    if (job->cores_per_task > 0)
        add(&w, "--cpus-per-task=%u", job->cores_per_task);
    if (job->memory_bytes > 0)
        add(&w, "--mem=%" PRIu64 "M", (job->memory_bytes - 1) / MIB + 1);
    if (job->exclusive)
        add(&w, "--exclusive");
    if (job->limit_ns > 0)
        add(&w, "--time=%" PRId64, (job->limit_ns - 1) / SLURM_GRAIN_NS + 1);
}
