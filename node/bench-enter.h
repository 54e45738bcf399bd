/*
 * bench-enter: runs a command in a node, or in a cgroup of the host. On the host, one process a
 * command, with a single thread: a threaded process may not join a mount namespace.
 *
 *     bench-enter [OPTION...] [--] COMMAND [ARGUMENT...]
 *
 *     --pidfd FD          enter the node whose init this inherited pidfd is of
 *     --cgroup DIR        join this cgroup, which must exist (repeatable)
 *     --cwd DIR           working directory, in the node (without: its /), or on the host
 *     --uid N --gid N     run as these, without supplementary groups (both or none)
 *     --clearenv          start from an empty environment, whatever the order of options
 *     --setenv NAME=VALUE set a variable (repeatable)
 *     --pdeathsig[=PID]   be killed when the parent dies; if given, the parent must be PID
 *
 * With --pidfd a child of it joins every cgroup that the init is in, so that CPU and memory count,
 * and are limited, as the node's; a hierarchy that is not mounted here is left out. The child then
 * enters the init's mount, PID, network, IPC, UTS and cgroup namespaces, and becomes the command,
 * as the leader of a session, with umask 022. bench-enter itself stays outside until the command
 * ends, and hands on SIGTERM, SIGINT and SIGHUP to the command's process group. The command is
 * killed when bench-enter is; when the node is killed, bench-enter tells of the command's end by
 * signal 9.
 *
 * A node can be entered once its init is in the node's cgroup (whose cgroup.events then says that
 * it is populated): who enters earlier joins the cgroups that bench-init was started in.
 *
 * Without --pidfd it becomes the command itself: exit code and signals are the command's own.
 *
 * Either way the command has descriptors 0, 1 and 2 alone and no signal blocked or ignored, and is
 * looked up (in the node) by the PATH that it gets: BENCH_ENTER_PATH when it would have none.
 *
 * --pdeathsig: the kernel means the *thread* that started bench-enter. Start it from one that lives
 * as long as the process. With PID there is no moment at which the parent's end goes unseen.
 */
#ifndef NODE_BENCH_ENTER_H
#define NODE_BENCH_ENTER_H

#define BENCH_ENTER_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * It ends as the command does: by the same signal, or with the same exit code, or with one of
 * these. A failure of bench-enter is one line on stderr that begins with "bench-enter: "; a command
 * can exit with these codes too, and the line tells which it was. What follows the beginning is for
 * people who know nothing of this program: what happened, and what they can do. A command that
 * can't be run is told by a line that begins with "benchd: ", for it is read as part of the output.
 */
enum bench_enter_exit {
    BENCH_ENTER_EXIT_FAILED = 125,         /* bench-enter could not do its part */
    BENCH_ENTER_EXIT_NOT_EXECUTABLE = 126, /* the command was found but could not be started */
    BENCH_ENTER_EXIT_NOT_FOUND = 127,      /* no such command */
};

#endif
