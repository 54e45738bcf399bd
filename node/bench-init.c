#include "bench-init.h"

#include "cgroup.h"
#include "fatal.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUPS "/sys/fs/cgroup"

/* A ".." would lead out of the cgroup that the node's must be in. */
static bool well_formed(const char *cgroup)
{
    char *rest = text_new("%s", cgroup + (*cgroup == '/'));

    for (char *name; (name = strsep(&rest, "/"));)
        if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            return false;
    return true;
}

/* The cgroup2 group that this process is in. */
static char *own_cgroup(void)
{
    char *text = cgroup_read_proc("/proc/self/cgroup");
    struct cgroup_entry entry;

    if (!text)
        fatal_errno(BENCH_INIT_EXIT_CGROUP, "can't read /proc/self/cgroup");
    while (cgroup_next(&text, &entry))
        if (!*entry.controllers)
            return entry.path;
    fatal(BENCH_INIT_EXIT_CGROUP, "the kernel has no cgroup2 hierarchy");
}

/* The options of the host's cgroup2, to be repeated so that they stay what they are. */
static const char *host_options(void)
{
    const char *told = getenv(BENCH_INIT_CGROUP_OPTIONS);
    struct cgroup_mounts mounts;

    if (told)
        return told;
    if (cgroup_mounts_read(&mounts) != 0)
        fatal_errno(BENCH_INIT_EXIT_MOUNT, "can't read /proc/self/mountinfo");
    for (size_t i = 0; i < mounts.n; i++)
        if (mounts.items[i].unified)
            return mounts.items[i].options;
    return "";
}

static void mount_cgroup2(const char *options)
{
    if (mount("cgroup2", CGROUPS, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) != 0)
        fatal_errno(BENCH_INIT_EXIT_MOUNT, "can't mount cgroup2 (%s) on " CGROUPS, options);
}

/* Mounts can lie on one another, and each takes with it what is mounted below it. */
static void uncover_cgroups(void)
{
    while (umount2(CGROUPS, MNT_DETACH) == 0)
        continue;
    if (errno != EINVAL)
        fatal_errno(BENCH_INIT_EXIT_MOUNT, "can't unmount " CGROUPS);
}

static void make_and_join(const char *cgroup)
{
    char *directory = text_new(CGROUPS "%s", cgroup);

    for (char *slash = directory + strlen(CGROUPS); slash;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(directory, 0755) != 0 && errno != EEXIST)
            fatal_errno(BENCH_INIT_EXIT_CGROUP, "can't make cgroup %s", directory);
        if (slash)
            *slash = '/';
    }
    if (cgroup_join(directory) != 0)
        fatal_errno(BENCH_INIT_EXIT_CGROUP, "can't join cgroup %s", directory);
}

/* Leaves the process in the node's cgroup, which is all that /sys/fs/cgroup then shows. */
static void enter_cgroup(const char *cgroup)
{
    const char *options = host_options();

    if (*cgroup != '/') {
        const char *parent = own_cgroup();
        cgroup = text_new("%s/%s", strcmp(parent, "/") == 0 ? "" : parent, cgroup);
    }
    /* Nothing that is unmounted here may be unmounted outside as well. */
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
        fatal_errno(BENCH_INIT_EXIT_MOUNT, "can't cut the mounts off from those outside");
    uncover_cgroups();
    mount_cgroup2(options);
    make_and_join(cgroup);
    if (unshare(CLONE_NEWCGROUP) != 0)
        fatal_errno(BENCH_INIT_EXIT_NAMESPACE, "can't make a cgroup namespace");
    /* A mount shows the namespace in which it was made: this one still shows the host's. */
    uncover_cgroups();
    mount_cgroup2(NULL);
}

/* The image's init is to see what libvirt set, and nothing of ours. */
static void forget_environment(void)
{
    char **to = environ;

    for (char **from = environ; *from; from++)
        if (strncmp(*from, "BENCH_", strlen("BENCH_")) != 0)
            *to++ = *from;
    *to = NULL;
}

static const char *cgroup_told(void)
{
    const char *cgroup = getenv(BENCH_INIT_CGROUP);

    if (cgroup && well_formed(cgroup))
        return cgroup;
    fatal(BENCH_INIT_EXIT_USAGE,
          BENCH_INIT_CGROUP "=%s: give the node's cgroup as \"/benchd/ID/NODE\" or \"NAME\"",
          cgroup ? cgroup : "");
}

int main(int argc, char **argv)
{
    char *standard[] = {"/sbin/init", NULL};
    char **init = argc > 1 ? argv + 1 : standard;

    if (getpid() != 1)
        fatal(BENCH_INIT_EXIT_USAGE, "not process 1: it changes the mounts of the whole node, "
                                     "start it as the init of a container");
    fatal_copy = BENCH_INIT_FAILURE;
    enter_cgroup(cgroup_told());
    forget_environment();
    execv(init[0], init);
    fatal_errno(BENCH_INIT_EXIT_EXEC, "can't start %s", init[0]);
}
