#include "bench-hold.h"

#include "cgroup.h"
#include "fatal.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Beside that of PIDs. */
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS)

#define die(...)       fatal(BENCH_HOLD_EXIT_MOUNT, __VA_ARGS__)
#define die_errno(...) fatal_errno(BENCH_HOLD_EXIT_MOUNT, __VA_ARGS__)

struct order {
    const char *root, *shared, *name;
    char **cgroups; /* NULL-terminated */
};

/* --------------------------------------------------------------------- what comes from outside */

/* Devices of the host that a node has too. */
static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
enum { N_DEVICES = sizeof(devices) / sizeof(devices[0]) };

/* Copies of mounts that belong to nobody yet: they outlive the way to what they are of. */
struct brought {
    int devices[N_DEVICES], shared;
};

static int bring(const char *path)
{
    int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    if (tree < 0)
        die_errno("can't take %s along", path);
    return tree;
}

static struct brought bring_all(const struct order *order)
{
    struct brought brought = {.shared = bring(order->shared)};

    for (int i = 0; i < N_DEVICES; i++)
        brought.devices[i] = bring(text_new("/dev/%s", devices[i]));
    return brought;
}

static void put(int tree, const char *path)
{
    if (move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) != 0)
        die_errno("can't put %s in place", path);
}

/* ------------------------------------------------------------------------------------ the root */

static void enter_root(const char *root)
{
    /* Stacked on one another: what is unmounted is the one that is on top, the host's. */
    if (chdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
        umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
        die_errno("can't make %s the root", root);
}

static void make_directory(const char *path)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        die_errno("can't make %s", path);
}

static void mount_new(const char *type, const char *path, unsigned long flags, const char *options)
{
    make_directory(path);
    if (mount(type, path, type, MS_NOSUID | flags, options) != 0)
        die_errno("can't mount %s on %s", type, path);
}

static void make_readable_only(const char *path)
{
    unsigned long bind = MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC;

    if (mount(path, path, NULL, bind, NULL) != 0 ||
        mount(NULL, path, NULL, bind | MS_REMOUNT | MS_RDONLY, NULL) != 0)
        die_errno("can't make %s read-only", path);
}

static void make_devices(const struct brought *brought)
{
    static const char *const links[][2] = {{"/proc/self/fd", "/dev/fd"},
                                           {"/proc/self/fd/0", "/dev/stdin"},
                                           {"/proc/self/fd/1", "/dev/stdout"},
                                           {"/proc/self/fd/2", "/dev/stderr"},
                                           {"pts/ptmx", "/dev/ptmx"}};

    mount_new("tmpfs", "/dev", MS_NOEXEC, "mode=755,size=65536");
    for (int i = 0; i < N_DEVICES; i++) {
        const char *path = text_new("/dev/%s", devices[i]);
        int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0)
            die_errno("can't make %s", path);
        close(file);
        put(brought->devices[i], path);
    }
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        if (symlink(links[i][0], links[i][1]) != 0)
            die_errno("can't make %s", links[i][1]);
    mount_new("devpts", "/dev/pts", MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5");
    mount_new("tmpfs", "/dev/shm", MS_NODEV, "mode=1777");
}

static void make_place(const struct order *order)
{
    unsigned long closed = MS_NODEV | MS_NOEXEC;

    /* Nothing that is mounted or unmounted here may be so outside as well. */
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        die_errno("can't cut the mounts off from those outside");
    struct brought brought = bring_all(order);
    enter_root(order->root);
    mount_new("proc", "/proc", closed, NULL);
    make_readable_only("/proc/sys");
    mount_new("sysfs", "/sys", closed | MS_RDONLY, NULL);
    make_devices(&brought);
    mount_new("tmpfs", "/run", MS_NODEV, "mode=755");
    make_directory("/shared");
    put(brought.shared, "/shared");
    if (sethostname(order->name, strlen(order->name)) != 0)
        die_errno("can't be called %s", order->name);
}

/* ------------------------------------------------------------------------------------- holding */

/* What libvirt takes from its nodes, and what here would be the host's network. bench-enter gives a
 * command no more than this process can have. */
static void drop_capabilities(void)
{
    static const int dropped[] = {CAP_SYS_MODULE, CAP_SYS_TIME,      CAP_SYS_BOOT, CAP_MKNOD,
                                  CAP_NET_ADMIN,  CAP_AUDIT_CONTROL, CAP_MAC_ADMIN};

    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
        if (prctl(PR_CAPBSET_DROP, dropped[i], 0, 0, 0) != 0)
            die_errno("can't give up capability %d", dropped[i]);
}

/* The memory of the place may run out; then it is for one of the commands to go. Where this may not
 * be said (a root without CAP_SYS_RESOURCE), the kernel takes the largest, which this is not. */
static void outlive_commands(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    ssize_t written = file < 0 ? -1 : write(file, "-1000", 5);

    (void)written;
    if (file >= 0)
        close(file);
}

static void let_go_of_files(int but)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
        die_errno("can't let go of what it was started with");
    if (dup2(but, 3) < 0 || close_range(4, ~0U, 0) != 0)
        die_errno("can't close what is not of the place");
}

static void join(char *const *cgroups)
{
    for (; *cgroups; cgroups++)
        if (cgroup_join(*cgroups) != 0)
            fatal_errno(BENCH_HOLD_EXIT_CGROUP, "can't join cgroup %s", *cgroups);
}

/* Process 1: signals that it does not handle don't reach it, from within. */
static _Noreturn void hold(const struct order *order, int ready)
{
    sigset_t child;
    int number;

    umask(022);
    join(order->cgroups);
    if (unshare(NAMESPACES) != 0)
        fatal_errno(BENCH_HOLD_EXIT_NAMESPACE, "can't make namespaces");
    make_place(order);
    outlive_commands();
    drop_capabilities();
    let_go_of_files(ready);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_NAME, BENCH_HOLD_READY);
    if (write(3, "", 1) != 1)
        exit(BENCH_HOLD_EXIT_USAGE); /* who asked for it has ended */
    close(3);
    for (;;) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
        sigwait(&child, &number);
    }
}

/* The exit code of a process that has ended, or ends without being ready. */
static int end_of(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return BENCH_HOLD_EXIT_ENDED;
    return WEXITSTATUS(status);
}

/* Outside of the place, and not killed with it: there to reap it at once, where an init of the host
 * may be slow to. */
static _Noreturn void keep(const struct order *order, int ready)
{
    setsid();
    if (unshare(CLONE_NEWPID) != 0)
        fatal_errno(BENCH_HOLD_EXIT_NAMESPACE, "can't make a PID namespace");
    pid_t pid = fork();
    if (pid < 0)
        fatal_errno(BENCH_HOLD_EXIT_NAMESPACE, "can't start a process");
    if (pid == 0)
        hold(order, ready);
    let_go_of_files(ready);
    close(3);
    if (chdir("/") != 0)
        exit(BENCH_HOLD_EXIT_NAMESPACE);
    exit(end_of(pid));
}

int main(int argc, char **argv)
{
    int ready[2];
    char word;

    if (argc < 5)
        fatal(BENCH_HOLD_EXIT_USAGE, "usage: bench-hold ROOT SHARED NAME CGROUP...");
    const struct order order = {argv[1], argv[2], argv[3], argv + 4};
    if (pipe2(ready, O_CLOEXEC) != 0)
        fatal_errno(BENCH_HOLD_EXIT_NAMESPACE, "can't make a pipe");
    pid_t pid = fork();
    if (pid < 0)
        fatal_errno(BENCH_HOLD_EXIT_NAMESPACE, "can't start a process");
    if (pid == 0)
        keep(&order, ready[1]);
    close(ready[1]);
    if (read(ready[0], &word, 1) == 1)
        return 0;
    int code = end_of(pid);
    if (code == BENCH_HOLD_EXIT_ENDED)
        fatal(code, "the place was ended before it was ready");
    return code; /* it has told why */
}
