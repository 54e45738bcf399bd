/*
 * bench-init: the first program of a node (process 1 of its domain).
 *
 *     bench-init [INIT [ARGUMENT...]]
 *
 * libvirt's LXC driver shows a container the cgroup hierarchies of the host. A systemd in it would
 * make its units beside those of the host and of other nodes, where the node's limits don't hold.
 * bench-init gives the node a cgroup of its own and a cgroup namespace rooted there, shows just
 * that one, as a pure cgroup2, on /sys/fs/cgroup, and becomes the image's init (/sbin/init unless
 * told otherwise). What libvirt limits goes on holding for everything in the node, and one write to
 * the cgroup's cgroup.kill ends all of it.
 *
 * It is told what to do by environment, which the image's init does not get to see. On a failure it
 * writes one line to the console and to BENCH_INIT_FAILURE, and exits with one of the codes below.
 */
#ifndef NODE_BENCH_INIT_H
#define NODE_BENCH_INIT_H

/* Where a node finds it. */
#define BENCH_INIT_PATH "/usr/libexec/benchd/bench-init"

/*
 * The file in the node's root that holds the line of a failure. The console of a container that has
 * ended can't be read any more, and libvirt's log of the domain does not get it.
 */
#define BENCH_INIT_FAILURE "/run/bench-init.failure"

/*
 * The node's cgroup. "/benchd/1f2e/n1": from the top of the cgroup2 hierarchy, for hosts where
 * libvirt manages version 1 hierarchies. "bench": below the cgroup in which bench-init is started,
 * for hosts with cgroup2 alone, where libvirt has made one for the domain. Made with its parents
 * where missing; whoever started the node removes it.
 */
#define BENCH_INIT_CGROUP "BENCH_CGROUP"

/*
 * The options with which the host has mounted its cgroup2 ("nsdelegate,memory_recursiveprot"; see
 * /proc/self/mountinfo). They belong to the host, yet mounting cgroup2 from the host's cgroup
 * namespace sets them anew, so they must be repeated. Needed where the node can't see such a mount
 * to read them from: on hosts where libvirt manages version 1 hierarchies.
 */
#define BENCH_INIT_CGROUP_OPTIONS "BENCH_CGROUP_OPTIONS"

enum bench_init_exit {
    BENCH_INIT_EXIT_USAGE = 70,     /* not process 1, or the environment is wrong */
    BENCH_INIT_EXIT_MOUNT = 71,     /* a mount could not be made or removed */
    BENCH_INIT_EXIT_CGROUP = 72,    /* the cgroup could not be made or joined */
    BENCH_INIT_EXIT_NAMESPACE = 73, /* no cgroup namespace */
    BENCH_INIT_EXIT_EXEC = 74,      /* the image's init could not be started */
};

#endif
