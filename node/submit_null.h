/*
 * The parts of bench-submit-null. All values are of its one thread.
 *
 *     null_cluster.c       the compute nodes, and the connections to them
 *     null_queue.c         jobs of a stream, first come first served over whole nodes
 *     null_records.c       the file with a line for each job that is over
 *     null_run.c           one command as a job that is waited for
 *     bench-submit-null.c  arguments, the loop, the pipe protocol (docs/submitters.md)
 */
#ifndef NODE_SUBMIT_NULL_H
#define NODE_SUBMIT_NULL_H

#include "frames.h"
#include "order.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of jobs begin so; their index follows. */
#define JOB_NAME "bd-"

#define TERM_TO_KILL_NS INT64_C(2000000000) /* from SIGTERM at its time limit to SIGKILL */
#define CODE_OF_SIGNAL  128

/*
 * How long a job with this limit may have its nodes: whole seconds, and one more for what comes
 * before its first instruction and after its last. One that takes its whole time has not broken its
 * limit.
 */
static inline int64_t null_time_of(int64_t limit_ns)
{
    const int64_t second = INT64_C(1000000000);

    return ((limit_ns + second - 1) / second + 1) * second;
}

/* -------------------------------------------------------------------------------- compute nodes */

struct null_node {
    char *name, *address;
    struct frames frames; /* gone: it can't be used (any more) */
    bool known;           /* has taken the secret */
    bool busy;
    bool lost; /* that it has gone was seen */
};

struct null_cluster {
    struct null_node *nodes;
    size_t n, n_free, n_lost;
};

/* Where nodes are found; NULLs: as the cluster's files have it. */
struct null_places {
    const char *nodes;  /* a file with a line "NAME ADDRESS" a node */
    const char *secret; /* a file */
    const char *lock; /* held while nodes are given to jobs: there is one such program at a time */
    const char *why;  /* a directory: what a job waits for, in a file by its name */
    int64_t port;
};

void cluster_read(struct null_cluster *c, const struct null_places *places);
/* Connects to all nodes. False where not all answer within the time; cluster_missing() has them. */
bool cluster_connect(struct null_cluster *c, const struct null_places *places, int milliseconds);
/* "n1 (Connection refused), n2 (...)"; never freed. */
const char *cluster_missing(const struct null_cluster *c);
/* A start of a process on a node; environment and arguments as NULL-terminated lists. */
struct null_start {
    const char *user, *dir;
    char *const *argv, *const *env;
    bool relayed;
};
void cluster_start(struct null_node *node, uint32_t key, const struct null_start *start);
/* Adds a descriptor for each node, and what there is to be said to it, from fds[0] on. */
void cluster_poll(const struct null_cluster *c, struct pollfd *fds);
/* After poll(2): calls back for each frame that came, and for each node that has gone (frame
 * NULL). */
typedef void (*cluster_fn)(struct null_node *node, const struct frame *frame, const char *data,
                           void *arg);
void cluster_take(struct null_cluster *c, const struct pollfd *fds, cluster_fn fn, void *arg);

/* ------------------------------------------------------------------------------------ the queue */

struct null_queue;
struct null_queue *queue_new(struct null_cluster *c, const char *records);
/* Takes a job, or says why not: `begun`, then `accepted` or `refused`. */
void queue_take(struct null_queue *q, const struct order *order, int64_t begun_ns);
/* Gives free nodes to those whose turn it is. */
void queue_serve(struct null_queue *q);
void queue_hear(struct null_node *node, const struct frame *frame, const char *data, void *queue);
/* Ends what is beyond its time limit. CLOCK_MONOTONIC of when to ask again; INT64_MAX: never. */
int64_t queue_limits(struct null_queue *q, int64_t now_ns);
bool queue_is_empty(const struct null_queue *q);

/* ---------------------------------------------------------------------------------- the records */

/* What is written down of a task that is over. */
struct null_record {
    uint64_t job_id;
    uint32_t index, task, nodes;
    /* CLOCK_REALTIME; 0: it did not come so far */
    int64_t submit_ns, start_ns, end_ns;
    const char *state;
    int code;
};
int records_open(const char *file);
void records_add(int fd, const struct null_record *record);
/* The word for its state by the exit code. */
const char *state_of_code(int code);

/* ------------------------------------------------------------------------------------ a command */

struct null_command {
    const char *name, *dir;
    int64_t nodes, tasks, limit_ns; /* 0: no limit */
    char **argv;
};
/* Runs it to its end, with its output on stdout and stderr. Its exit code. */
int null_run(struct null_cluster *c, const struct null_places *places,
             const struct null_command *command);

/* Waits until it is this program's turn; says on stderr and in `why` what it waits for. name NULL:
 * it is not to be waited for long, as nobody else should be there. */
void null_lock(const struct null_places *places, const char *name);

#endif
