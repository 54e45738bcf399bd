#include "lib/virt/quiet.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define NS_PER_US INT64_C(1000)

/* The beginning of a file, NUL-terminated: what is looked for is in the first lines. 0 or -errno.
 */
static int read_head(const char *path, char *out, size_t bytes)
{
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, bytes - 1);
    if (n < 0)
        return -errno;
    out[n] = '\0';
    return 0;
}

/* Whole numbers with blanks before them; how many there were, at most n. */
static int read_numbers(const char *text, int64_t *ret_numbers, int n)
{
    for (int i = 0; i < n; i++) {
        char *end;
        errno = 0;
        ret_numbers[i] = strtoll(text, &end, 10);
        if (end == text || errno)
            return i;
        text = end;
    }
    return n;
}

static int64_t tick_ns(void)
{
    long per_second = sysconf(_SC_CLK_TCK);
    return BD_NS_PER_S / (per_second > 0 ? per_second : 100);
}

static int take_busy(const char *proc, struct quiet_sample *s, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/stat", proc);
    char text[1024];
    int rc = read_head(path, text, sizeof(text));
    if (rc < 0)
        return bd_err_errno(err, -rc, "read %s", path);
    /* Of proc(5): guest and guest_nice, which follow, are in user and nice already. */
    enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, N };
    int64_t t[N];
    if (strncmp(text, "cpu ", 4) != 0 || read_numbers(text + 4, t, N) != N)
        return bd_err_set(err, BD_ECORRUPT, "%s: expected 'cpu' and eight numbers", path);
    s->busy_ns = (t[USER] + t[NICE] + t[SYSTEM] + t[IRQ] + t[SOFTIRQ] + t[STEAL]) * tick_ns();
    s->steal_ns = t[STEAL] * tick_ns();
    return 0;
}

static int64_t timeval_ns(struct timeval t)
{
    return t.tv_sec * BD_NS_PER_S + t.tv_usec * NS_PER_US;
}

static int64_t usage_of(int who)
{
    struct rusage usage;
    return getrusage(who, &usage) < 0 ? 0 : timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
}

/* CPU time of all that is or was in a cgroup and below it; 0 where there is none. */
static int64_t usage_of_cgroup(const char *dir)
{
    bd_auto_free char *path = bd_xasprintf("%s/cpu.stat", dir);
    static const char first[] = "usage_usec ";
    char text[512];
    int64_t usec;
    return read_head(path, text, sizeof(text)) == 0 && strncmp(text, first, strlen(first)) == 0 &&
                   read_numbers(text + strlen(first), &usec, 1) == 1
               ? usec * NS_PER_US
               : 0;
}

/* CPU time of a process and of its children that have ended; 0 where it is gone. */
static int64_t usage_of_process(const char *proc, int64_t pid)
{
    bd_auto_free char *path = bd_xasprintf("%s/%" PRId64 "/stat", proc, pid);
    char text[1024];
    if (read_head(path, text, sizeof(text)) < 0)
        return 0;
    const char *rest = strrchr(text, ')'); /* the name before it may have anything in it */
    /* After ") S": the numbers from field 4 of proc(5) on. */
    enum { FIRST = 4, UTIME = 14 - FIRST, STIME, CUTIME, CSTIME, N };
    int64_t t[N];
    if (!rest || strlen(rest) < 3 || read_numbers(rest + 3, t, N) != N)
        return 0;
    return (t[UTIME] + t[STIME] + t[CUTIME] + t[CSTIME]) * tick_ns();
}

static int64_t usage_of_pid_file(const char *proc, const char *path)
{
    char text[32];
    int64_t pid;
    if (read_head(path, text, sizeof(text)) < 0)
        return 0;
    text[strcspn(text, "\n")] = '\0';
    return bd_parse_i64(text, 1, INT32_MAX, &pid) == 0 ? usage_of_process(proc, pid) : 0;
}

typedef int64_t (*usage_fn)(const struct quiet_places *places, const char *path);

/* Of the entries of a directory that are of benchd's nodes ("bd-ID-NODE", perhaps as systemd
 * escapes it) and end so. */
static int64_t usage_of_entries(const struct quiet_places *places, const char *dir,
                                const char *suffix, usage_fn usage)
{
    DIR *d = opendir(dir);
    int64_t sum = 0;
    for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
        if ((!strstr(e->d_name, "bd-") && !strstr(e->d_name, "bd\\x2d")) ||
            !bd_ends_with(e->d_name, suffix))
            continue;
        bd_auto_free char *path = bd_xasprintf("%s/%s", dir, e->d_name);
        sum += usage(places, path);
    }
    if (d)
        closedir(d);
    return sum;
}

static int64_t usage_of_machine(const struct quiet_places *places BD_UNUSED, const char *path)
{
    return usage_of_cgroup(path);
}

/* On a host of cgroup2 alone nodes live where libvirt puts them, else in benchd's own group. */
static int64_t usage_of_nodes(const struct quiet_places *places)
{
    static const char *const machines[] = {"machine", "machine.slice"};
    bd_auto_free char *own = bd_xasprintf("%s/benchd", places->cgroup2);
    int64_t sum = usage_of_cgroup(own);
    for (size_t i = 0; i < BD_ARRAY_LEN(machines); i++) {
        bd_auto_free char *dir = bd_xasprintf("%s/%s", places->cgroup2, machines[i]);
        sum += usage_of_entries(places, dir, "", usage_of_machine);
    }
    return sum;
}

static int64_t usage_of_controller(const struct quiet_places *places, const char *path)
{
    return usage_of_pid_file(places->proc, path);
}

static int64_t usage_of_libvirt(const struct quiet_places *places)
{
    static const char *const daemons[] = {"libvirtd.pid", "virtlxcd.pid"};
    bd_auto_free char *controllers = bd_xasprintf("%s/libvirt/lxc", places->run);
    int64_t sum = usage_of_entries(places, controllers, ".pid", usage_of_controller);
    for (size_t i = 0; i < BD_ARRAY_LEN(daemons); i++) {
        bd_auto_free char *path = bd_xasprintf("%s/%s", places->run, daemons[i]);
        sum += usage_of_pid_file(places->proc, path);
    }
    return sum;
}

static double memory_pressure(const char *proc)
{
    bd_auto_free char *path = bd_xasprintf("%s/pressure/memory", proc);
    static const char first[] = "some avg10=";
    char text[256], *end;
    if (read_head(path, text, sizeof(text)) < 0 || strncmp(text, first, strlen(first)) != 0)
        return -1;
    double some = strtod(text + strlen(first), &end);
    return end == text + strlen(first) ? -1 : some;
}

int quiet_take_from(const struct quiet_places *places, struct quiet_sample *ret_sample,
                    struct bd_err *err)
{
    struct quiet_sample s = {.mono_ns = bd_mono_ns()};
    int rc = take_busy(places->proc, &s, err);
    if (rc < 0)
        return rc;
    s.self_ns = usage_of(RUSAGE_SELF) + usage_of(RUSAGE_CHILDREN);
    s.nodes_ns = *places->cgroup2 ? usage_of_nodes(places) : 0;
    s.libvirt_ns = usage_of_libvirt(places);
    s.memory_some_avg10 = memory_pressure(places->proc);
    *ret_sample = s;
    return 0;
}

int quiet_take(const char *cgroup2, struct quiet_sample *ret_sample, struct bd_err *err)
{
    return quiet_take_from(&(struct quiet_places){"/proc", "/run", cgroup2}, ret_sample, err);
}

/* A sum falls when one of those who are in it ends. */
static int64_t grown(int64_t before, int64_t after)
{
    return after > before ? after - before : 0;
}

double quiet_outside_cpus(const struct quiet_sample *before, const struct quiet_sample *after)
{
    int64_t passed = grown(before->mono_ns, after->mono_ns);
    int64_t own = grown(before->self_ns, after->self_ns) +
                  grown(before->nodes_ns, after->nodes_ns) +
                  grown(before->libvirt_ns, after->libvirt_ns);
    int64_t others = grown(own, grown(before->busy_ns, after->busy_ns));
    return passed > 0 ? (double)others / (double)passed : 0;
}
