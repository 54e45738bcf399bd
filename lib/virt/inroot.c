#include "lib/virt/inroot.h"

#include "lib/base/fs.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int inroot_open(int root_fd, const char *path, int flags, mode_t mode)
{
    const struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long fd;
    /* EAGAIN: something was renamed on the way, so that the kernel can't tell whether it got out.
     */
    do
        fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
    while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    return fd < 0 ? -errno : (int)fd;
}

static int open_dir(int root_fd, const char *path)
{
    return inroot_open(root_fd, path, O_PATH | O_DIRECTORY, 0);
}

/* Makes what is missing of a directory's path from the top, then opens it. */
static int make_dirs(int root_fd, const char *path)
{
    bd_auto_free char *part = bd_xstrdup(path);
    for (char *end = part; *end;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        bd_auto_fd int have = open_dir(root_fd, part);
        if (have == -ENOENT) {
            const char *name = NULL;
            bd_auto_fd int above = inroot_open_parent(root_fd, part, false, &name);
            if (above < 0)
                return above;
            if (mkdirat(above, name, 0755) < 0 && errno != EEXIST)
                return -errno;
            if (fchmodat(above, name, 0755, 0) < 0) /* whatever the umask */
                return -errno;
        }
        *end = kept;
    }
    return open_dir(root_fd, path);
}

int inroot_open_parent(int root_fd, const char *path, bool make, const char **ret_name)
{
    const char *name = bd_path_name(path);
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return -EINVAL;
    bd_auto_free char *dir = bd_path_dir(path);
    int fd = open_dir(root_fd, dir);
    if (fd == -ENOENT && make)
        fd = make_dirs(root_fd, dir);
    if (fd >= 0)
        *ret_name = name;
    return fd;
}
