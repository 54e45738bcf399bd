#include "lib/base/fs.h"

#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int bd_write_all(int fd, const void *data, size_t bytes)
{
    const char *p = data;
    while (bytes > 0) {
        ssize_t n = write(fd, p, bytes);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        p += n;
        bytes -= (size_t)n;
    }
    return 0;
}

int bd_read_file(const char *path, size_t max_bytes, char **ret_data, size_t *ret_len,
                 struct bd_err *err)
{
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open %s", path);
    bd_auto_str struct bd_str text = {0};
    char chunk[16384];
    for (;;) { /* not by size: files in /proc and /sys say 0 or 4096 */
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bd_err_errno(err, errno, "read %s", path);
        if (n == 0)
            break;
        if ((size_t)n > max_bytes - text.len)
            return bd_err_errno(err, EFBIG, "read %s: more than %zu bytes", path, max_bytes);
        bd_str_addn(&text, chunk, (size_t)n);
    }
    if (ret_len)
        *ret_len = text.len;
    *ret_data = bd_str_take(&text);
    return 0;
}

char *bd_path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return bd_xstrdup(".");
    return slash == path ? bd_xstrdup("/") : bd_xstrndup(path, (size_t)(slash - path));
}

const char *bd_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int sync_dir(const char *dir, struct bd_err *err)
{
    bd_auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return bd_err_errno(err, errno, "sync directory %s", dir);
    return 0;
}

static int fill_and_rename(int fd, const char *temp, const char *path, const void *data,
                           size_t bytes, mode_t mode, struct bd_err *err)
{
    int rc = bd_write_all(fd, data, bytes);
    if (rc < 0)
        return bd_err_errno(err, -rc, "write %s", path);
    if (fchmod(fd, mode) < 0)
        return bd_err_errno(err, errno, "set mode of %s", path);
    if (fsync(fd) < 0)
        return bd_err_errno(err, errno, "sync %s", path);
    if (rename(temp, path) < 0)
        return bd_err_errno(err, errno, "rename %s to %s", temp, path);
    return 0;
}

int bd_write_file(const char *path, const void *data, size_t bytes, mode_t mode, struct bd_err *err)
{
    bd_auto_free char *dir = bd_path_dir(path);
    bd_auto_free char *temp = bd_xasprintf("%s/.%s.XXXXXX", dir, bd_path_name(path));
    bd_auto_fd int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "write %s: make a file beside it", path);
    int rc = fill_and_rename(fd, temp, path, data, bytes, mode, err);
    if (rc < 0) {
        unlink(temp);
        return rc;
    }
    return sync_dir(dir, err);
}

int bd_mkdir_p(const char *path, mode_t mode, struct bd_err *err)
{
    bd_auto_free char *part = bd_xstrdup(path);
    for (char *end = part; *end != '\0';) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        if (mkdir(part, mode) < 0 && errno != EEXIST)
            return bd_err_errno(err, errno, "make directory %s", part);
        *end = kept;
    }
    struct stat st;
    if (stat(path, &st) < 0)
        return bd_err_errno(err, errno, "make directory %s", path);
    if (!S_ISDIR(st.st_mode))
        return bd_err_errno(err, ENOTDIR, "make directory %s: something else is there", path);
    return 0;
}

int bd_dir_open(int dir_fd, const char *path, DIR **ret_dir, struct bd_err *err)
{
    bd_auto_fd int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir)
        return bd_err_errno(err, errno, "open the directory %s", path);
    (void)bd_take_fd(&fd); /* the DIR's */
    *ret_dir = dir;
    return 0;
}

void bd_dir_close(DIR *dir)
{
    closedir(dir);
}

bool bd_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

int bd_free_bytes(const char *path, uint64_t *ret_bytes, struct bd_err *err)
{
    struct statvfs fs;
    if (statvfs(path, &fs) < 0)
        return bd_err_errno(err, errno, "ask for free space of %s", path);
    *ret_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    return 0;
}
