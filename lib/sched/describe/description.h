/*
 * A job as data, and the words that schedulers have for it. What a job asks for is said once, here;
 * whoever hands one over (an adapter, bench-driver, a submitter) has it from these functions.
 *
 *     slurm_words.c  options of srun and sbatch
 *     jobspec.c      Flux's jobspec V1
 *
 * PURE, and of the C library alone: programs in nodes are made of it, too. Threads: values.
 */
#ifndef LIB_SCHED_DESCRIPTION_H
#define LIB_SCHED_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sched_job {
    const char *name;        /* for the scheduler's own listings */
    unsigned nodes, tasks;   /* tasks in all, at least one a node; as evenly as they can be */
    unsigned cores_per_task; /* 0: nothing is said of them */
    uint64_t memory_bytes;   /* on each of its nodes; 0: nothing is said of it */
    bool exclusive;          /* no other job on its nodes */
    int64_t limit_ns;        /* time limit for the scheduler; 0: none */
    /* In its nodes, that it begins in; NULL: wherever that is. Where nodes are one and the same
     * (backend host), each of several has a directory of its own in it: "1", "2", ... */
    const char *dir;
    const char *const *argv; /* run once a task */
};

/* ---------------------------------------------------------------------------------------- Slurm */

#define SLURM_GRAIN_NS INT64_C(60000000000) /* of time limits: a minute */

/* Hands on, one by one, the options that ask for nodes, tasks, cores, memory and time, the same of
 * srun and sbatch. */
void slurm_words(const struct sched_job *job, void (*add)(const char *word, void *arg), void *arg);

/* ----------------------------------------------------------------------------------------- Flux */

#define FLUX_GRAIN_NS INT64_C(1000000000) /* of time limits: Fluxion knows whole seconds only */

/* What there is beside the description. */
struct jobspec_more {
    const char *const *env; /* of its tasks, all that there is: "NAME=VALUE", NULL-terminated */
    uint64_t after;         /* Flux's number of a job that has to end first; 0: none */
};
/*
 * The job as jobspec V1 (Flux's RFC 14 and 25): JSON on one line, cut off and NUL-terminated where
 * there is no room. Its tasks have to be as many on each node. Output of the tasks is thrown away.
 * Returns the bytes that it needs without the NUL.
 */
size_t jobspec_v1(const struct sched_job *job, const struct jobspec_more *more, char *text,
                  size_t room);

#endif
