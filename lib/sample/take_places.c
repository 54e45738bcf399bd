/* Finding and reading the kernel's files. */
#include "lib/base/fs.h"
#include "lib/sample/take_priv.h"
#include "lib/virt/mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES_MAX (8 << 20) /* more than any of these files has on any host */

int take_open(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *path = NULL;
    int n = vasprintf(&path, fmt, args);
    va_end(args);
    if (n < 0)
        bd_die("out of memory");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    return fd;
}

bool take_text(int fd, struct bd_str *buffer)
{
    char piece[4096];
    bd_str_clear(buffer);
    while (fd >= 0 && buffer->len < TEXT_BYTES_MAX) {
        ssize_t n = pread(fd, piece, sizeof(piece), (off_t)buffer->len);
        if (n < 0)
            return false;
        bd_str_addn(buffer, piece, (size_t)n);
        /* The kernel leaves off before a line that does not fit, and no line is that long: this was
         * the end, and most files need no second call. */
        if ((size_t)n < sizeof(piece) / 2)
            return true;
    }
    return false;
}

bool take_number(const char *text, const char *word, uint64_t *ret_n)
{
    if (!bd_starts_with(text, word))
        return false;
    const char *digits = text + strlen(word);
    digits += strspn(digits, " \t");
    char *end;
    errno = 0;
    uint64_t n = strtoull(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || errno)
        return false;
    *ret_n = n;
    return true;
}

bool take_line_number(const char *text, const char *word, uint64_t *ret_n)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (bd_starts_with(line, word))
            return take_number(line, word, ret_n);
    }
    return false;
}

/* ---------------------------------------------------------------------------------- hierarchies */

struct wanted {
    const char *controller;
    char *found;
};

static int is_wanted(const struct mount_entry *m, void *arg)
{
    struct wanted *w = arg;
    bd_auto_free char *options = bd_xstrdup(m->options);
    char *rest = options;
    if (strcmp(m->type, "cgroup") != 0)
        return 0;
    for (char *option; !w->found && (option = strsep(&rest, ",")) != NULL;)
        if (strcmp(option, w->controller) == 0)
            w->found = bd_xstrdup(m->target);
    return 0;
}

int take_hierarchy_find(const char *controller, char **ret_mount, struct bd_err *err)
{
    struct wanted w = {.controller = controller};
    int rc = mounts_each(is_wanted, &w, err);
    if (rc < 0) {
        free(w.found);
        return rc;
    }
    *ret_mount = w.found ? w.found : bd_xstrdup("");
    return 0;
}

/* --------------------------------------------------------------------------- cgroups of libvirt */

/* "lxc-4711-bd-1f2e3d4c-n1.libvirt-lxc", "machine-lxc\x2d4711\x2dbd\x2d1f2e3d4c\x2dn1.scope": the
 * domain's name with its end, so that "n1" is not "n12". */
static bool is_of(const char *entry, const char *domain)
{
    static const char dash[] = "\\x2d";
    for (const char *start = entry; *start; start++) {
        const char *e = start, *d = domain;
        for (; *d; d++) {
            size_t width = *d == '-' && bd_starts_with(e, dash) ? strlen(dash) : 1;
            if (width == 1 && *e != *d)
                break;
            e += width;
        }
        if (!*d && (*e == '\0' || *e == '.'))
            return true;
    }
    return false;
}

static void find_in(const char *dir, const struct node_plan *nodes, size_t n, char **ret_paths)
{
    DIR *d = opendir(dir);
    for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
        if (!strstr(e->d_name, "bd-") && !strstr(e->d_name, "bd\\x2d"))
            continue;
        for (size_t i = 0; i < n; i++)
            if (!ret_paths[i] && is_of(e->d_name, nodes[i].domain))
                ret_paths[i] = bd_xasprintf("%s/%s", dir, e->d_name);
    }
    if (d)
        closedir(d);
}

void take_machines_find(const char *hierarchy, const struct node_plan *nodes, size_t n,
                        char **ret_paths)
{
    /* Where libvirt keeps the cgroups of machines: by itself, and through systemd. */
    static const char *const machines[] = {"machine", "machine.slice"};
    memset(ret_paths, 0, n * sizeof(*ret_paths));
    for (size_t i = 0; *hierarchy && i < n; i++) {
        bd_auto_free char *own = bd_xasprintf("%s/%s", hierarchy, nodes[i].cgroup);
        if (nodes[i].bare && bd_exists(own)) /* libvirt has no part in it */
            ret_paths[i] = bd_take(own);
    }
    for (size_t i = 0; *hierarchy && i < BD_ARRAY_LEN(machines); i++) {
        bd_auto_free char *dir = bd_xasprintf("%s/%s", hierarchy, machines[i]);
        find_in(dir, nodes, n, ret_paths);
    }
}

char *take_machine_find(const char *hierarchy, const struct node_plan *node)
{
    char *path;
    take_machines_find(hierarchy, node, 1, &path);
    return path;
}

char *take_group2(const char *cgroup2, const struct node_plan *node, const char *machine)
{
    if (!*cgroup2)
        return NULL;
    bd_auto_free char *own = bd_xasprintf("%s/%s", cgroup2, node->cgroup);
    if (bd_exists(own))
        return bd_take(own);
    return machine ? bd_xstrdup(machine) : NULL;
}
