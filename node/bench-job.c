/*
 * bench-job INDEX RUNTIME_NS PAYLOAD [ARGUMENT...]: what every job of a stream is, once for each of
 * its tasks, of which there is one on each of its nodes or more. Appends a record of its first
 * instruction, runs the payload, and appends one of its end. Ends with the payload's exit code, or
 * 128 + the signal that ended it.
 *
 *     sleep                   nothing until RUNTIME_NS after the first instruction
 *     spin RATE               RUNTIME_NS at RATE iterations a second: a fixed amount of work
 *     touch BYTES             writes to every page of so much memory, over and over, until then
 *     barrier                 bench-barrier: barriers of MPI, until then
 *     command PROGRAM [...]   the program
 *
 * SIGTERM and SIGINT end the payload; the record of the end is written all the same.
 *
 * Environment: BENCHD_RECORDS (the file), BENCHD_TASK (of an array's job), and the job's number and
 * the task's rank by whichever scheduler runs it (tables below). Numbers that aren't there are 0.
 *
 * bench-job calibrate MILLISECONDS: prints the RATE at which spin takes RUNTIME_NS of CPU time.
 */
#include "append.h"
#include "fatal.h"
#include "job_payload.h"
#include "number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *const task_variables[] = {"BENCHD_TASK", NULL};
static const char *const job_variables[] = {"BENCHD_JOB_ID", "SLURM_JOB_ID", NULL};
#define FLUX_VARIABLE "FLUX_JOB_ID" /* in digits of its own: */
static const char *const rank_variables[] = {"BENCHD_RANK", "SLURM_PROCID", "FLUX_TASK_RANK",
                                             "PMIX_RANK",   "PMI_RANK",     NULL};

/* The number in the first of the variables that is set. */
static int64_t from_environment(const char *const *names, int64_t most)
{
    for (; *names; names++) {
        const char *text = getenv(*names);
        if (text && *text)
            return number(*names, text, 0, most);
    }
    return 0;
}

/* Flux writes numbers of jobs to the base of 58, behind an "f" with or without a hook. */
static int64_t from_flux(const char *text)
{
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    static const char hooked[] = "\xc6\x92"; /* U+0192 */
    uint64_t value = 0;

    if (!text)
        return 0;
    text += strncmp(text, hooked, 2) == 0 ? 2 : *text == 'f';
    for (; *text; text++) {
        const char *digit = strchr(digits, *text);
        if (!digit || value > (INT64_MAX - 57) / 58)
            return 0; /* not known */
        value = 58 * value + (uint64_t)(digit - digits);
    }
    return (int64_t)value;
}

static int64_t job_id(void)
{
    int64_t id = from_environment(job_variables, INT64_MAX);

    return id ? id : from_flux(getenv(FLUX_VARIABLE));
}

static _Noreturn void usage(void)
{
    for (const struct payload *p = payloads; p->name; p++)
        fprintf(stderr, "usage: bench-job INDEX RUNTIME_NS %s%s\n", p->name, p->args);
    fputs("       bench-job calibrate MILLISECONDS\n", stderr);
    exit(EXIT_USAGE);
}

static const struct payload *find_payload(const char *name, int n_args)
{
    for (const struct payload *p = payloads; p->name; p++)
        if (strcmp(p->name, name) == 0 && n_args >= p->least && n_args <= p->most)
            return p;
    usage();
}

static void block_signals(void)
{
    sigset_t set;

    payload_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    /* Were it ignored, the kernel would forget the payload's exit code. */
    signal(SIGCHLD, SIG_DFL);
}

int main(int argc, char **argv)
{
    int64_t mono_ns = clock_ns(CLOCK_MONOTONIC), wall_ns = clock_ns(CLOCK_REALTIME);
    int64_t begun = clock_ns(CLOCK_PROCESS_CPUTIME_ID); /* what the launcher did before exec */

    if (argc == 3 && strcmp(argv[1], "calibrate") == 0) {
        int64_t rate = payload_calibrate(number("milliseconds", argv[2], 0, 60000));
        printf("%lld\n", (long long)rate);
        return 0;
    }
    if (argc < 4)
        usage();
    const struct payload *payload = find_payload(argv[3], argc - 4);
    const struct payload_order order = {.start_ns = mono_ns,
                                        .runtime_ns = number("runtime", argv[2], 0, INT64_MAX / 4),
                                        .args = argv + 4};
    struct job_record record = {.kind = JOB_RECORD_START,
                                .index = (uint32_t)number("index", argv[1], 0, UINT32_MAX),
                                .task = (uint32_t)from_environment(task_variables, UINT32_MAX),
                                .mono_ns = mono_ns,
                                .wall_ns = wall_ns,
                                .job_id = (uint64_t)job_id(),
                                .rank = (uint32_t)from_environment(rank_variables, UINT32_MAX)};
    const char *file = getenv(RECORDS_VARIABLE);
    int records = append_open(file ? file : RECORDS_FILE);

    block_signals();
    append(records, record);
    int64_t before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    record.code = payload->run(&order);
    record.mono_ns = clock_ns(CLOCK_MONOTONIC);
    record.wall_ns = clock_ns(CLOCK_REALTIME);
    int64_t after = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    record.kind = JOB_RECORD_END;
    record.cpu_ns = before - begun + clock_ns(CLOCK_PROCESS_CPUTIME_ID) - after;
    append(records, record);
    return record.code;
}
