#include "lib/workload/rundir.h"

#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int rundir_write(int dir_fd, const char *name, const void *data, size_t bytes, struct bd_err *err)
{
    bd_auto_free char *temp = bd_xasprintf(".%s.new", name);
    bd_auto_fd int fd =
        openat(dir_fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return bd_err_errno(err, errno, "make %s in the run's directory", name);
    int rc = bd_write_all(fd, data, bytes);
    if (rc == 0 && (fsync(fd) < 0 || renameat(dir_fd, temp, dir_fd, name) < 0 || fsync(dir_fd) < 0))
        rc = -errno;
    return rc < 0 ? bd_err_errno(err, -rc, "write %s in the run's directory", name) : 0;
}

int rundir_write_json(int dir_fd, const char *name, const json_t *json, struct bd_err *err)
{
    bd_auto_free char *text = bd_json_text(json);
    return rundir_write(dir_fd, name, text, strlen(text), err);
}

/* So many bytes of lines at once; a longer one comes in pieces. */
#define LINES_BYTES ((size_t)1 << 20)

static int open_file(int dir_fd, const char *name, struct bd_err *err)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 ? fd : bd_err_errno(err, errno, "open %s in the run's directory", name);
}

static int read_bytes(int fd, const char *name, size_t bytes, struct bd_str *text,
                      struct bd_err *err)
{
    char chunk[65536];
    for (size_t left = bytes; left > 0;) {
        ssize_t n = read(fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bd_err_errno(err, errno, "read %s in the run's directory", name);
        if (n == 0)
            return bd_err_set(err, BD_ECORRUPT,
                              "%s in the run's directory is shorter than it was written", name);
        bd_str_addn(text, chunk, (size_t)n);
        left -= (size_t)n;
    }
    return 0;
}

int rundir_read_head(int dir_fd, const char *name, size_t bytes, struct bd_str *ret_text,
                     struct bd_err *err)
{
    bd_auto_fd int fd = open_file(dir_fd, name, err);
    return fd < 0 ? fd : read_bytes(fd, name, bytes, ret_text, err);
}

/* Opens what has at most max_bytes, and tells how many. */
static int open_sized(int dir_fd, const char *name, uint64_t max_bytes, int *ret_fd,
                      size_t *ret_bytes, struct bd_err *err)
{
    struct stat st;
    bd_auto_fd int fd = open_file(dir_fd, name, err);
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        return bd_err_errno(err, errno, "read %s in the run's directory", name);
    if (st.st_size < 0 || (uint64_t)st.st_size > max_bytes)
        return bd_err_set(err, BD_ECORRUPT, "%s in the run's directory is not what was written",
                          name);
    *ret_fd = bd_take_fd(&fd);
    *ret_bytes = (size_t)st.st_size;
    return 0;
}

int rundir_read_lines(int dir_fd, const char *name, uint64_t max_bytes, rundir_lines_fn fn,
                      void *arg, struct bd_err *err)
{
    bd_auto_fd int fd = -1;
    bd_auto_str struct bd_str text = {0};
    size_t left = 0;
    int rc = open_sized(dir_fd, name, max_bytes, &fd, &left, err);
    while (rc == 0 && left > 0) {
        size_t wanted = left < LINES_BYTES ? left : LINES_BYTES;
        rc = read_bytes(fd, name, wanted, &text, err);
        if (rc < 0)
            break;
        left -= wanted;
        const char *newline = memrchr(text.data, '\n', text.len);
        size_t whole = newline && left > 0 ? (size_t)(newline + 1 - text.data) : text.len;
        rc = fn(text.data, whole, arg, err);
        text.len -= whole;
        memmove(text.data, text.data + whole, text.len + 1);
    }
    return rc;
}

int rundir_read(int dir_fd, const char *name, size_t max_bytes, struct bd_str *ret_text,
                struct bd_err *err)
{
    bd_auto_fd int fd = -1;
    size_t bytes = 0;
    int rc = open_sized(dir_fd, name, max_bytes, &fd, &bytes, err);
    return rc < 0 ? rc : read_bytes(fd, name, bytes, ret_text, err);
}

int rundir_read_json(int dir_fd, const char *name, json_t **ret_json, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    int rc = rundir_read(dir_fd, name, RUNDIR_JSON_BYTES, &text, err);
    if (rc == 0)
        rc = bd_json_parse(bd_str_text(&text), text.len, ret_json, err);
    if (rc == BD_EINVALID)
        rc = bd_err_set(err, BD_ECORRUPT, "%s in the run's directory is no JSON any more", name);
    return rc;
}
