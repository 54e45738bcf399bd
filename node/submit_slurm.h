/*
 * The parts of bench-submit-slurm. All values are of its one thread.
 *
 *     slurm_client.c        one sbatch: its options, its process, what it says
 *     slurm_jobcomp.c       the file to which slurmctld appends a line for every job that is over
 *     bench-submit-slurm.c  arguments, the loop, the pipe protocol (docs/submitters.md)
 */
#ifndef NODE_SUBMIT_SLURM_H
#define NODE_SUBMIT_SLURM_H

#include "lines.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How jobs are asked for. */
struct slurm_terms {
    const char *script; /* of the jobs; its interpreter is bench-launch */
    const char *output; /* a file on each job's first node, appended to */
    int64_t grain_s;    /* of time limits */
};

/* ------------------------------------------------------------------------------------- a client */

#define CLIENT_TEXT 512 /* that is kept of what one says */

struct slurm_client {
    uint32_t index;
    pid_t pid;    /* 0: none runs here */
    int out, err; /* -1: closed */
    bool accepted;
    size_t n_out, n_err;
    char out_text[CLIENT_TEXT], err_text[CLIENT_TEXT];
};
/* Starts sbatch for a line "INDEX NODES ..." of the protocol, which it cuts up, and says `begun`.
 * False when the line makes no sense. Ends with `error` when there is no sbatch. */
bool client_start(struct slurm_client *c, const struct slurm_terms *terms, char *line);
/* Takes in what it says on one of its descriptors, which can be read, and says `accepted` or
 * `refused` as soon as that is known. */
void client_listen(struct slurm_client *c, int fd);

/* ---------------------------------------------------------------------------------- the jobcomp */

struct jobcomp {
    const char *file;
    int notify; /* can be read when there may be more; for jobcomp_read() */
    bool there; /* lines.fd is open */
    struct lines lines;
};
/* Begins at the end of the file as it is; it may not be there yet. */
void jobcomp_watch(struct jobcomp *j, const char *file);
/* Says `ended` for each new line that is of a job of ours. */
void jobcomp_read(struct jobcomp *j);

/* --------------------------------------------------------------------------------------- names */

/* Names of jobs begin so; their index follows. */
#define JOB_NAME "bd-"

#endif
