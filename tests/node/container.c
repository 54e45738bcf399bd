#include "container.h"

#include "../../node/bench-init.h"
#include "../../node/cgroup.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int result, const char *what)
{
    if (result == 0)
        return;
    perror(what);
    _exit(1);
}

/* Leaves the process in the new root. */
static void enter_root(const struct container_order *order, const char *layer)
{
    char options[4096];

    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
    must(mount("tmpfs", order->memory, "tmpfs", 0, NULL), order->memory);
    must(chdir(order->memory), order->memory);
    must(mkdir("upper", 0755) || mkdir("work", 0755) || mkdir("root", 0755), "layers");
    snprintf(options, sizeof(options), "lowerdir=/,upperdir=%s/upper,workdir=%s/work",
             order->memory, order->memory);
    must(mount("overlay", "root", "overlay", 0, options), "overlay");
    /* Bound, for a layer of an overlay may not lie in another of its layers. */
    mkdir("root/usr/libexec", 0755);
    mkdir("root/usr/libexec/benchd", 0755);
    snprintf(options, sizeof(options), "%s/usr/libexec/benchd", layer);
    must(mount(options, "root/usr/libexec/benchd", NULL, MS_BIND, NULL), options);
    must(mount("/dev", "root/dev", NULL, MS_BIND | MS_REC, NULL), "/dev");
    must(mount(order->run, "root/run", NULL, MS_BIND, NULL), order->run);
    must(chdir("root"), "root");
    must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(umount2(".", MNT_DETACH), "old root");
    must(mount("proc", "/proc", "proc", 0, NULL), "/proc");
    must(mount("sysfs", "/sys", "sysfs", MS_RDONLY, NULL), "/sys");
}

static void cover_cgroups(void)
{
    must(mount("tmpfs", "/sys/fs/cgroup", "tmpfs", 0, NULL), "tmpfs on cgroups");
    must(mkdir("/sys/fs/cgroup/pids", 0755), "pids");
    must(mount("tmpfs", "/sys/fs/cgroup/pids", "tmpfs", 0, NULL), "a mount in it");
    must(mount("tmpfs", "/sys/fs/cgroup", "tmpfs", 0, NULL), "another on top");
}

static _Noreturn void become_init(const struct container_order *order, int output)
{
    const char *layer = program_setting("BENCH_LAYER");
    char *argv[] = {BENCH_INIT_PATH, "/bin/sh", "-c", (char *)order->init, NULL};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (order->bare_cgroup)
        must(cgroup_join(order->bare_cgroup), "cgroup2");
    if (order->v1_cgroup)
        must(cgroup_join(order->v1_cgroup), "cgroup");
    enter_root(order, layer);
    if (!order->uncovered)
        cover_cgroups();
    clearenv();
    setenv("container", "test", 1);
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    setenv(BENCH_INIT_CGROUP_OPTIONS, order->options, 1);
    if (order->cgroup)
        setenv(BENCH_INIT_CGROUP, order->cgroup, 1);
    if (!order->init)
        argv[1] = "/no/such/init";
    execv(argv[0], argv);
    must(-1, argv[0]);
    abort();
}

int container_start(const struct container_order *order, struct container *ret_container)
{
    unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    int output[2], pidfd;

    if (pipe2(output, O_CLOEXEC) != 0)
        return -1;
    fflush(NULL);
    pid_t pid =
        (pid_t)syscall(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, NULL, NULL);
    int error = errno;
    if (pid == 0)
        become_init(order, output[1]);
    close(output[1]);
    if (pid < 0) {
        close(output[0]);
        errno = error;
        return -1;
    }
    *ret_container = (struct container){.pid = pid, .pidfd = pidfd, .output = output[0]};
    return 0;
}

int container_end(struct container *container)
{
    int status = 0;

    pidfd_send_signal(container->pidfd, SIGKILL, NULL, 0);
    waitpid(container->pid, &status, 0);
    close(container->pidfd);
    close(container->output);
    return status;
}
