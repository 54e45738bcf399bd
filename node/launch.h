/*
 * The parts of bench-launch. One thread.
 *
 *     bench-launch.c   arguments; the interpreter of Slurm's batch scripts
 *     launch_listen.c  on a compute node of the scheduler null: the socket, those who are connected
 *     launch_task.c    a process that was started for one of them
 */
#ifndef NODE_LAUNCH_H
#define NODE_LAUNCH_H

#include "frames.h"

#include <poll.h>
#include <pwd.h>
#include <sys/types.h>

/* The account of a name (NULL: of the user id), by the node's passwd: a static program can't ask
 * the name service. NULL: there is none. Good until the next call. */
const struct passwd *launch_user(const char *name, uid_t uid);
/* Sets HOME, USER and LOGNAME: programs ask for them (Open MPI 5 does not begin without). */
void launch_set_user(const struct passwd *user);

/* Starts processes for those who connect and know the secret in the file; does not return. */
_Noreturn void launch_listen(const char *address, const char *port, const char *secret_file);

/* ---------------------------------------------------------------------------------------- tasks */

struct task {
    pid_t pid;           /* also of its process group */
    struct frames *peer; /* NULL: it has gone, and nobody is told of the end */
    uint32_t key;
    int out, err; /* -1: not relayed */
    struct task *next;
};

/* Starts what a START says; one that can't be begun is told of as one that ended. The new task;
 * NULL: there is none. */
struct task *task_start(struct frames *peer, uint32_t key, const char *data, size_t bytes);
/* Passes on what can be read of it now. */
void task_relay(struct task *t);
/* It has ended with this status of wait(2): passes on the rest, tells so, frees it. */
void task_end(struct task *t, int status);
/* Ends its process group. */
void task_kill(const struct task *t, int signal);

#endif
