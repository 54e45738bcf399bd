#include "bench-enter.h"

#include "cgroup.h"
#include "fatal.h"

#include <getopt.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* In /proc/self/fdinfo/FD of a pidfd; -1 follows when the process has ended. */
#define PID_FIELD "\nPid:\t"

/* In /proc/PID/status: what the process and its children can ever be capable of, in hex. */
#define BOUND_FIELD "\nCapBnd:\t"

/* An init moves between cgroups once, while it starts: more than a few times is a fault. */
#define JOIN_ATTEMPTS 8

/* What a user can do about a node that can't be entered. */
#define LOOK_AT_NODE "is it ending? Look at the cluster, and try again while it is ready"

#define die(...) fatal(BENCH_ENTER_EXIT_FAILED, __VA_ARGS__)

struct order {
    int pidfd; /* -1: stay on the host */
    char **cgroups;
    size_t n_cgroups;
    const char *cwd;
    bool has_uid, has_gid;
    uid_t uid;
    gid_t gid;
    bool clear_environment;
    char **variables;
    size_t n_variables;
    int parent; /* a pidfd; -1: may outlive it */
    char **command;
};

static unsigned number(const char *option, const char *text, unsigned long most)
{
    char *end;

    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value > most)
        die("%s %s: not a number from 0 to %lu", option, text, most);
    return (unsigned)value;
}

static int parent_pidfd(const char *expected)
{
    pid_t parent = getppid();

    if (expected)
        parent = (pid_t)number("--pdeathsig", expected, INT32_MAX);
    int fd = pidfd_open(parent, 0);
    /* Without the second look the number could be that of another process by now. */
    if (fd < 0 || getppid() != parent)
        die("--pdeathsig: process %d is not the parent, or has ended", (int)parent);
    return fd;
}

static void usage(void)
{
    puts("usage: bench-enter [--pidfd FD] [--cgroup DIR]... [--cwd DIR] [--uid N --gid N]\n"
         "                   [--clearenv] [--setenv NAME=VALUE]... [--pdeathsig[=PID]]\n"
         "                   [--] COMMAND [ARGUMENT...]\n"
         "Runs a command in the node whose init the inherited pidfd FD is of, with the node's\n"
         "cgroups; without --pidfd on this host, in the cgroups given.");
    exit(0);
}

static struct order parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"pidfd", required_argument, NULL, 'p'},  {"cgroup", required_argument, NULL, 'c'},
        {"cwd", required_argument, NULL, 'd'},    {"uid", required_argument, NULL, 'u'},
        {"gid", required_argument, NULL, 'g'},    {"clearenv", no_argument, NULL, 'C'},
        {"setenv", required_argument, NULL, 'e'}, {"pdeathsig", optional_argument, NULL, 'P'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    struct order order = {.pidfd = -1,
                          .parent = -1,
                          .cgroups = calloc((size_t)argc, sizeof(char *)),
                          .variables = calloc((size_t)argc, sizeof(char *))};

    if (!order.cgroups || !order.variables)
        abort();
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        switch (option) {
        case 'p':
            order.pidfd = (int)number("--pidfd", optarg, INT32_MAX);
            break;
        case 'c':
            order.cgroups[order.n_cgroups++] = optarg;
            break;
        case 'd':
            order.cwd = optarg;
            break;
        case 'u':
            order.uid = number("--uid", optarg, UINT32_MAX - 1);
            order.has_uid = true;
            break;
        case 'g':
            order.gid = number("--gid", optarg, UINT32_MAX - 1);
            order.has_gid = true;
            break;
        case 'C':
            order.clear_environment = true;
            break;
        case 'e':
            if (*optarg == '=' || !strchr(optarg, '='))
                die("--setenv %s: not of the form NAME=VALUE", optarg);
            order.variables[order.n_variables++] = optarg;
            break;
        case 'P':
            order.parent = parent_pidfd(optarg);
            break;
        case 'h':
            usage();
            break;
        default: /* getopt has told */
            exit(BENCH_ENTER_EXIT_FAILED);
        }
    }
    if (order.has_uid != order.has_gid)
        die("--uid and --gid go together");
    if (!argv[optind])
        die("no command given; --help tells how");
    order.command = argv + optind;
    return order;
}

/* The process of a pidfd, by its number in this PID namespace. */
static int pid_of(int pidfd)
{
    char *text = cgroup_read_proc(text_new("/proc/self/fdinfo/%d", pidfd));
    const char *field = text ? strstr(text, PID_FIELD) : NULL;
    long pid = field ? strtol(field + strlen(PID_FIELD), NULL, 10) : 0;

    if (!field)
        die("--pidfd %d: not an open pidfd", pidfd);
    if (pid <= 0)
        die("the node has ended; look at the cluster for what became of it");
    return (int)pid;
}

/* The text of the init's /proc/PID/cgroup. */
static char *cgroups_of(int pidfd)
{
    int pid = pid_of(pidfd);
    char *text = cgroup_read_proc(text_new("/proc/%d/cgroup", pid));
    int error = errno;

    /* It is the init's only if the init still lives, else the number could be another's by now. */
    pid_of(pidfd);
    errno = error;
    if (!text)
        die("can't tell the limits of the node: %m (%s)", LOOK_AT_NODE);
    return text;
}

/* Joins every group of the text. Returns 0, or -1 and errno. */
static int join_all(const struct cgroup_mounts *mounts, const char *groups)
{
    char *rest = text_new("%s", groups);
    struct cgroup_entry entry;

    while (cgroup_next(&rest, &entry)) {
        const char *directory = cgroup_directory(mounts, &entry);
        if (directory && cgroup_join(directory) != 0)
            return -1;
    }
    return 0;
}

/*
 * A starting systemd moves itself into a group below the one it was started in, and then no process
 * may be in the upper one. So what has been read can be out of date by the time it is used: it held
 * only if it reads the same afterwards.
 */
static void join_cgroups_of(int pidfd)
{
    struct cgroup_mounts mounts;

    if (cgroup_mounts_read(&mounts) != 0)
        die("can't read what is mounted on this host: %m");
    for (int attempt = 0; attempt < JOIN_ATTEMPTS; attempt++) {
        const char *groups = cgroups_of(pidfd);
        int joined = join_all(&mounts, groups);
        int error = errno;
        if (strcmp(groups, cgroups_of(pidfd)) != 0)
            continue;
        if (joined == 0)
            return;
        errno = error;
        die("can't put the command under the node's limits: %m (%s)", LOOK_AT_NODE);
    }
    die("the node is still starting; try again in a second");
}

/* The capabilities that the init of the node can have: the command gets no more than these. */
static uint64_t capabilities_of(int pidfd)
{
    int pid = pid_of(pidfd);
    char *text = cgroup_read_proc(text_new("/proc/%d/status", pid));
    const char *field = text ? strstr(text, BOUND_FIELD) : NULL;

    uint64_t bound = field ? strtoull(field + strlen(BOUND_FIELD), NULL, 16) : 0;

    pid_of(pidfd);
    if (!field)
        die("can't tell what the node may do (%s)", LOOK_AT_NODE);
    return bound;
}

/* Nodes have no user namespace: what libvirt took from their init is the host's to lose. */
static void drop_capabilities(uint64_t kept)
{
    for (unsigned long c = 0; c < 64 && prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
        if (!(kept >> c & 1) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0)
            die("can't take capability %lu from the command: %m; benchd must run as root", c);
}

static void join_cgroups(const struct order *order)
{
    for (size_t i = 0; i < order->n_cgroups; i++)
        if (cgroup_join(order->cgroups[i]) != 0)
            die("can't keep the command together with what it starts: %m (%s)", LOOK_AT_NODE);
}

static void set_environment(const struct order *order)
{
    if (order->clear_environment)
        clearenv();
    for (size_t i = 0; i < order->n_variables; i++)
        if (putenv(order->variables[i]) != 0)
            abort();
    if (!getenv("PATH") && setenv("PATH", BENCH_ENTER_PATH, 0) != 0)
        abort();
}

static void take_identity(const struct order *order)
{
    if (!order->has_uid)
        return;
    if (setgroups(0, NULL) != 0 || setresgid(order->gid, order->gid, order->gid) != 0 ||
        setresuid(order->uid, order->uid, order->uid) != 0)
        die("can't become user %u, group %u: %m; benchd must run as root", order->uid, order->gid);
}

/* Has the kernel kill this process when its parent, of which this is a pidfd, dies. */
static void die_with(int parent)
{
    struct pollfd ended = {.fd = parent, .events = POLLIN};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        die("can't tie the command to benchd's life: %m");
    if (poll(&ended, 1, 0) != 0)
        die("benchd has ended meanwhile; try again");
}

static void reset_signals(void)
{
    sigset_t none;

    /* Some can't be set: those are not ignored either. */
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become_command(const struct order *order, int parent)
{
    if (order->cwd && chdir(order->cwd) != 0)
        die("can't work in %s: %m; name a directory that is there", order->cwd);
    reset_signals();
    take_identity(order);
    /* Only now: a change of identity clears it. */
    if (parent >= 0)
        die_with(parent);
    if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
        die("can't close what the command must not see: %m");
    execvp(order->command[0], order->command);
    /* The one line that goes among the command's own: its reader knows benchd, not this program. */
    program_invocation_short_name = "benchd";
    fatal_errno(errno == ENOENT ? BENCH_ENTER_EXIT_NOT_FOUND : BENCH_ENTER_EXIT_NOT_EXECUTABLE,
                "can't run %s", order->command[0]);
}

/* Ends as the command did, so that an exit code and a signal stay apart. */
static _Noreturn void end_like(int status)
{
    const struct rlimit no_core = {0, 0};
    sigset_t all;

    if (WIFEXITED(status))
        exit(WEXITSTATUS(status));
    setrlimit(RLIMIT_CORE, &no_core); /* it would be of this program */
    signal(WTERMSIG(status), SIG_DFL);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    raise(WTERMSIG(status));
    die("the command was ended by signal %d", WTERMSIG(status));
}

/* The signals of the set are blocked. */
static _Noreturn void attend(pid_t child, const sigset_t *signals)
{
    for (;;) {
        int number, status;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number != SIGCHLD) {
            /* There is no such group before the child leads it: then it waits in the child. */
            if (kill(-child, number) != 0)
                kill(child, number);
        } else if (waitpid(child, &status, WNOHANG) == child) {
            end_like(status);
        }
    }
}

/* What the child does between the fork and the command. */
static _Noreturn void enter_node(const struct order *order, int parent)
{
    setsid();
    uint64_t capabilities = capabilities_of(order->pidfd);
    /* The cgroups' files are the host's: they are out of sight once in the node's mounts. */
    join_cgroups_of(order->pidfd);
    join_cgroups(order);
    if (setns(order->pidfd, NAMESPACES) != 0)
        die("can't enter the node: %m (%s)", LOOK_AT_NODE);
    drop_capabilities(capabilities);
    umask(022);
    become_command(order, parent);
}

/*
 * Only the child enters: this process holds none of the node's mounts, and is not killed with the
 * node's cgroup. So it is there to reap the child, for which the node's init would wait at its end;
 * left to an init of the host that is slow to reap, that takes seconds.
 */
static _Noreturn void run_in_node(const struct order *order)
{
    int self = pidfd_open(getpid(), 0);
    sigset_t attended;

    if (self < 0)
        die("can't watch the command: %m");
    /* Joining a PID namespace means the children only. */
    if (setns(order->pidfd, CLONE_NEWPID) != 0)
        die("can't enter the node: %m (%s)", LOOK_AT_NODE);
    sigemptyset(&attended);
    sigaddset(&attended, SIGTERM);
    sigaddset(&attended, SIGINT);
    sigaddset(&attended, SIGHUP);
    sigaddset(&attended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &attended, NULL);
    /* Were it ignored, the kernel would forget the child's exit code. */
    signal(SIGCHLD, SIG_DFL);
    pid_t child = fork();
    if (child < 0)
        die("can't start a process in the node: %m (%s)", LOOK_AT_NODE);
    if (child == 0)
        enter_node(order, self);
    attend(child, &attended);
}

int main(int argc, char **argv)
{
    /* getopt's messages begin with it. */
    if (argc > 0)
        argv[0] = program_invocation_short_name;
    struct order order = parse(argc, argv);

    set_environment(&order);
    if (order.pidfd < 0) {
        join_cgroups(&order);
        become_command(&order, order.parent);
    }
    pid_of(order.pidfd);
    if (order.parent >= 0)
        die_with(order.parent);
    run_in_node(&order);
}
