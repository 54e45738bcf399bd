#include "lib/virt/procfs.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

int procfs_each(procfs_fn fn, void *arg)
{
    DIR *dir = opendir("/proc");
    if (!dir)
        return -errno;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        int64_t pid;
        if (bd_parse_i64(e->d_name, 1, INT32_MAX, &pid) == 0)
            fn((pid_t)pid, arg);
    }
    closedir(dir);
    return 0;
}

/* The beginning of /proc/PID/FILE, NUL-terminated; its length, or -1. Small buffers on the stack
 * rather than bd_read_file(), as this is done for every process of the host. */
static ssize_t read_of(pid_t pid, const char *file, char *out, size_t bytes)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, bytes - 1);
    if (n >= 0)
        out[n] = '\0';
    return n;
}

bool procfs_comm(pid_t pid, char out[PROCFS_COMM_BYTES])
{
    /* The line's end goes where the NUL will be, so that both fit into the same. */
    ssize_t n = read_of(pid, "comm", out, PROCFS_COMM_BYTES);
    if (n > 0)
        out[strcspn(out, "\n")] = '\0';
    return n > 0;
}

/* HIERARCHY:CONTROLLERS:PATH; the path, or NULL. */
static const char *path_of(const char *line)
{
    const char *colon = strchr(line, ':');
    colon = colon ? strchr(colon + 1, ':') : NULL;
    return colon ? colon + 1 : NULL;
}

static bool has_any(const char *path, const char *const *marks)
{
    for (; *marks; marks++)
        if (strstr(path, *marks))
            return true;
    return false;
}

/* marks: NULL asks for cgroup2's. */
static bool find_cgroup(pid_t pid, const char *const *marks, char out[PROCFS_CGROUP_BYTES])
{
    char text[8192], *rest = text;
    if (read_of(pid, "cgroup", text, sizeof(text)) <= 0)
        return false;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        const char *path = path_of(line);
        if (!path || strlen(path) >= PROCFS_CGROUP_BYTES ||
            !(marks ? has_any(path, marks) : bd_starts_with(line, "0::")))
            continue;
        memcpy(out, path, strlen(path) + 1);
        return true;
    }
    return false;
}

bool procfs_cgroup(pid_t pid, char out[PROCFS_CGROUP_BYTES])
{
    return find_cgroup(pid, NULL, out);
}

bool procfs_cgroup_with(pid_t pid, const char *const *marks, char out[PROCFS_CGROUP_BYTES])
{
    return find_cgroup(pid, marks, out);
}

bool procfs_argument(pid_t pid, const char *option, char *out, size_t bytes)
{
    char text[4096];
    ssize_t n = read_of(pid, "cmdline", text, sizeof(text));
    for (const char *arg = text; n > 0 && arg < text + n; arg += strlen(arg) + 1) {
        const char *value = arg + strlen(arg) + 1;
        if (strcmp(arg, option) != 0 || value >= text + n || strlen(value) >= bytes)
            continue;
        memcpy(out, value, strlen(value) + 1);
        return true;
    }
    return false;
}

bool procfs_only_child(pid_t pid, pid_t *ret_child)
{
    char file[64], text[64];
    int64_t child;
    snprintf(file, sizeof(file), "task/%d/children", (int)pid);
    if (read_of(pid, file, text, sizeof(text)) <= 0)
        return false;
    text[strcspn(text, " ")] = '\0';
    if (bd_parse_i64(text, 1, INT32_MAX, &child) < 0)
        return false;
    *ret_child = (pid_t)child;
    return true;
}

bool procfs_is_init(pid_t pid)
{
    char text[4096];
    if (read_of(pid, "status", text, sizeof(text)) <= 0)
        return false;
    /* "NSpid:\t35849\t1": its pid in each namespace, from this one inwards. */
    const char *field = strstr(text, "\nNSpid:");
    if (!field)
        return false;
    field += strlen("\nNSpid:");
    size_t n = strcspn(field, "\n");
    return n > 2 && field[n - 2] == '\t' && field[n - 1] == '1' && memchr(field + 1, '\t', n - 2);
}

ino_t procfs_namespace(pid_t pid, const char *kind)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

int procfs_pidfd(pid_t pid)
{
    long fd = syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : (int)fd;
}

bool procfs_lives(int pidfd)
{
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    return poll(&ended, 1, 0) == 0;
}

int procfs_signal(int pidfd, int signal)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}
