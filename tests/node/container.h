/*
 * A container such as libvirt's LXC driver makes one, without libvirt: mount, PID, network, IPC and
 * UTS namespaces, the node layer over this host's root as an overlay whose upper layer is in
 * memory, /sys/fs/cgroup covered by a tmpfs with something mounted in it, and bench-init as
 * process 1.
 *
 * Its mounts end with it, and it ends with the process that made it, whatever becomes of the test.
 */
#ifndef TESTS_NODE_CONTAINER_H
#define TESTS_NODE_CONTAINER_H

#include <stdbool.h>
#include <sys/types.h>

struct container_order {
    const char *memory;  /* an empty directory, where the container has its overlay's upper layer */
    const char *run;     /* a directory that the container is to have as its /run */
    const char *options; /* $BENCH_CGROUP_OPTIONS */
    const char *cgroup;  /* $BENCH_CGROUP; NULL: not set */
    const char *init;    /* a script for the shell that bench-init is to become; NULL: none */
    const char *bare_cgroup; /* the cgroup2 directory that it is started in; NULL: the caller's */
    const char *v1_cgroup;   /* the same of a version 1 hierarchy */
    bool uncovered;          /* /sys/fs/cgroup as sysfs has it */
};

struct container {
    pid_t pid;
    int pidfd;
    int output; /* what comes from its stdout and stderr */
};

/* Returns 0, or -1 and errno. */
int container_start(const struct container_order *order, struct container *ret_container);

/* Kills it where it still runs, and waits for its end. Returns its wait status. */
int container_end(struct container *container);

#endif
