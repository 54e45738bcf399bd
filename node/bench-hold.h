/*
 * bench-hold: makes a place on this host in which commands are run as in a node, but with nothing
 * between them and the host: what the backend `host` has in place of nodes.
 *
 *     bench-hold ROOT SHARED NAME CGROUP...
 *
 *     ROOT    a directory that something is mounted on: the root of the place
 *     SHARED  a directory that it has as /shared
 *     NAME    its host name
 *     CGROUP  directories of cgroups that it joins, of whatever hierarchies
 *
 * The place is a process that does nothing but reap: process 1 of a PID namespace, with mount, IPC
 * and UTS namespaces. So all that is mounted, left in System V's queues or /dev/shm, or still
 * running ends with it, and no command can signal a process of the host. The network, cgroup, user
 * and time namespaces are the host's: packets, system calls and times go the way that they go for
 * any program of the host. /proc/sys and /sys can only be read, and the capabilities with which a
 * command would change the host itself are taken from all that bench-enter brings in.
 *
 * bench-hold leaves that process behind, and outside of the place one more, which waits for its
 * end. It ends with 0 when the place can be entered, which then is called BENCH_HOLD_READY; with
 * another code and a line on stderr when there is none.
 */
#ifndef NODE_BENCH_HOLD_H
#define NODE_BENCH_HOLD_H

/* What /proc/PID/comm of the place's process says, once it can be entered. */
#define BENCH_HOLD_READY "bench-holding"

enum bench_hold_exit {
    BENCH_HOLD_EXIT_USAGE = 2,
    BENCH_HOLD_EXIT_ENDED = 70, /* by somebody, before it was ready */
    BENCH_HOLD_EXIT_CGROUP = 71,
    BENCH_HOLD_EXIT_NAMESPACE = 72,
    BENCH_HOLD_EXIT_MOUNT = 73,
};

#endif
