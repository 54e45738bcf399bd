#include "cgroup.h"

#include "fatal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *cgroup_read_proc(const char *file)
{
    FILE *stream = fopen(file, "re");
    char *text = NULL;
    size_t size = 0;

    if (!stream)
        return NULL;
    /* No file of /proc that is read here has a NUL in it: up to that is the whole. */
    errno = 0;
    ssize_t length = getdelim(&text, &size, '\0', stream);
    int error = errno;
    fclose(stream);
    errno = error;
    if (length < 0)
        return error ? NULL : text_new("%s", "");
    return text;
}

/* mountinfo writes blanks and backslashes in a name as \ooo. */
static void unescape(char *name)
{
    char *to = name;

    for (const char *from = name; *from; to++) {
        if (from[0] == '\\' && from[1] && from[2] && from[3]) {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* ID PARENT MAJOR:MINOR ROOT POINT FLAGS [TAG...] - TYPE SOURCE OPTIONS */
static bool parse_mount(char *line, struct cgroup_mount *ret_mount)
{
    enum { ROOT = 3, POINT = 4, FIRST = 5 };
    enum { TYPE, SOURCE, OPTIONS, REST };
    char *tail = strstr(line, " - "), *head[FIRST], *rest[REST];

    if (!tail)
        return false;
    *tail = '\0';
    tail += strlen(" - ");
    for (int i = 0; i < FIRST; i++)
        if (!(head[i] = strsep(&line, " ")))
            return false;
    for (int i = 0; i < REST; i++)
        if (!(rest[i] = strsep(&tail, " ")))
            return false;
    bool unified = strcmp(rest[TYPE], "cgroup2") == 0;
    if (!unified && strcmp(rest[TYPE], "cgroup") != 0)
        return false;
    unescape(head[ROOT]);
    unescape(head[POINT]);
    *ret_mount = (struct cgroup_mount){
        .point = head[POINT], .root = head[ROOT], .options = rest[OPTIONS], .unified = unified};
    return true;
}

int cgroup_mounts_read(struct cgroup_mounts *ret_mounts)
{
    char *text = cgroup_read_proc("/proc/self/mountinfo");
    struct cgroup_mounts mounts = {0};

    if (!text)
        return -1;
    for (char *line; (line = strsep(&text, "\n"));) {
        struct cgroup_mount mount;
        if (!parse_mount(line, &mount))
            continue;
        struct cgroup_mount *items =
            reallocarray(mounts.items, mounts.n + 1, sizeof(*mounts.items));
        if (!items)
            abort();
        mounts.items = items;
        mounts.items[mounts.n++] = mount;
    }
    *ret_mounts = mounts;
    return 0;
}

bool cgroup_next(char **text, struct cgroup_entry *ret_entry)
{
    for (char *line; (line = strsep(text, "\n"));) {
        if (!strsep(&line, ":"))
            continue;
        char *controllers = strsep(&line, ":");
        if (!controllers || !line)
            continue;
        *ret_entry = (struct cgroup_entry){.controllers = controllers, .path = line};
        return true;
    }
    return false;
}

/* Whether the word, up to its own first comma, is among the words of a list. */
static bool listed(const char *list, const char *word)
{
    size_t length = strcspn(word, ",");

    for (;;) {
        size_t n = strcspn(list, ",");
        if (n == length && memcmp(list, word, n) == 0)
            return true;
        if (!list[n])
            return false;
        list += n + 1;
    }
}

/* What of the path lies below the root that a mount shows; NULL when the path is not below it. */
static const char *below(const char *root, const char *path)
{
    size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

    if (strncmp(path, root, length) != 0 || (path[length] && path[length] != '/'))
        return NULL;
    return path + length;
}

char *cgroup_directory(const struct cgroup_mounts *mounts, const struct cgroup_entry *entry)
{
    for (size_t i = 0; i < mounts->n; i++) {
        const struct cgroup_mount *mount = &mounts->items[i];
        /* A controller is in one hierarchy only: the first of the entry's tells which. */
        bool same = *entry->controllers
                        ? !mount->unified && listed(mount->options, entry->controllers)
                        : mount->unified;
        const char *path = same ? below(mount->root, entry->path) : NULL;
        if (path)
            return text_new("%s%s", mount->point, path);
    }
    return NULL;
}

int cgroup_join(const char *directory)
{
    int fd = open(text_new("%s/cgroup.procs", directory), O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    /* 0 means the writer, in both versions and in whatever PID namespace. */
    ssize_t written = write(fd, "0", 1);
    int error = errno;
    close(fd);
    errno = error;
    return written == 1 ? 0 : -1;
}
