#include "lib/image/root.h"

#include "lib/base/fs.h"
#include "lib/image/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int root_open(const char *root, struct bd_err *err)
{
    int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? bd_err_errno(err, errno, "open %s", root) : fd;
}

/* open(2) as it would be for a process whose root directory this is; -1 and errno. */
static int open_within(int root_fd, const char *path, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

bool root_path_is_plain(const char *path)
{
    while (*path == '/') {
        size_t len = strcspn(++path, "/");
        if (len == 0 || (len == 1 && path[0] == '.') || (len == 2 && strncmp(path, "..", 2) == 0))
            return false;
        path += len;
    }
    return *path == '\0';
}

bool root_has(int root_fd, const char *path)
{
    bd_auto_fd int fd = open_within(root_fd, path, O_PATH | O_NOFOLLOW);
    return fd >= 0;
}

int root_file(int root_fd, const char *path)
{
    int fd = open_within(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

int root_read(int root_fd, const char *path, size_t max_bytes, char **ret_text, struct bd_err *err)
{
    bd_auto_fd int fd = open_within(root_fd, path, O_RDONLY);
    if (fd < 0)
        return bd_err_errno(err, errno, "open %s in the image", path);
    bd_auto_free char *self = bd_xasprintf("/proc/self/fd/%d", fd);
    int rc = bd_read_file(self, max_bytes, ret_text, NULL, err);
    if (rc < 0)
        bd_err_wrap(err, "%s in the image", path);
    return rc;
}

/* The directory that path is in, made with its parents where missing; a descriptor, or -errno. */
static int open_parent(int root_fd, const char *path)
{
    bd_auto_free char *part = bd_path_dir(path);
    bd_auto_fd int dir = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
    for (char *end = part; dir >= 0 && *end != '\0';) {
        char *name = end + strspn(end, "/");
        end = name + strcspn(name, "/");
        char kept = *end;
        *end = '\0';
        /* From the top each time: a link on the way may lead anywhere within the root. */
        int next = open_within(root_fd, part, O_PATH | O_DIRECTORY);
        /* Twice the mode: whatever this process's umask is, the image is the same. */
        if (next < 0 && errno == ENOENT && mkdirat(dir, name, 0755) == 0 &&
            fchmodat(dir, name, 0755, 0) == 0)
            next = open_within(root_fd, part, O_PATH | O_DIRECTORY);
        if (next < 0)
            return -errno;
        close(dir);
        dir = next;
        *end = kept;
    }
    return dir < 0 ? -errno : bd_take_fd(&dir);
}

int root_parent(int root_fd, const char *path, struct bd_err *err)
{
    int dir = open_parent(root_fd, path);
    return dir < 0 ? bd_err_errno(err, -dir, "make the directory of %s in the image", path) : dir;
}

/* The parent of a path at which there is no file any more. */
static int make_room(int root_fd, const char *path, struct bd_err *err)
{
    bd_auto_fd int dir = root_parent(root_fd, path, err);
    if (dir < 0)
        return dir;
    if (unlinkat(dir, bd_path_name(path), 0) < 0 && errno != ENOENT)
        return bd_err_errno(err, errno, "replace %s in the image", path);
    return bd_take_fd(&dir);
}

int root_write(int root_fd, const char *path, const char *content, mode_t mode, struct bd_err *err)
{
    bd_auto_fd int dir = make_room(root_fd, path, err);
    if (dir < 0)
        return dir;
    bd_auto_fd int fd =
        openat(dir, bd_path_name(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return bd_err_errno(err, errno, "write %s in the image", path);
    int rc = bd_write_all(fd, content, strlen(content));
    if (rc < 0)
        return bd_err_errno(err, -rc, "write %s in the image", path);
    if (fchmod(fd, mode) < 0)
        return bd_err_errno(err, errno, "set mode of %s in the image", path);
    return 0;
}

int root_link(int root_fd, const char *path, const char *target, struct bd_err *err)
{
    bd_auto_fd int dir = make_room(root_fd, path, err);
    if (dir < 0)
        return dir;
    if (symlinkat(target, dir, bd_path_name(path)) < 0)
        return bd_err_errno(err, errno, "link %s in the image", path);
    return 0;
}

struct removal {
    const struct bd_strv *patterns;
    struct bd_strv paths;
};

static int collect(const struct tree_entry *e, void *arg, struct bd_err *err BD_UNUSED)
{
    struct removal *r = arg;
    for (size_t i = 0; i < r->patterns->n; i++) {
        if (fnmatch(r->patterns->items[i] + 1, e->path, FNM_PATHNAME) == 0) {
            bd_strv_add(&r->paths, e->path);
            return 0;
        }
    }
    return 0;
}

int root_remove(const char *root, const struct bd_strv *patterns, struct bd_err *err)
{
    struct removal r = {.patterns = patterns};
    int rc = tree_walk(root, NULL, collect, &r, err);
    for (size_t i = 0; i < r.paths.n && rc >= 0; i++) {
        bd_auto_free char *path = bd_xasprintf("%s/%s", root, r.paths.items[i]);
        rc = bd_rm_rf(path, err);
    }
    bd_strv_done(&r.paths);
    return rc;
}
