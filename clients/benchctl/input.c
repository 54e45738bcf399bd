#include "input.h"

#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int input_open(const char *path, int *ret_fd, struct bd_err *err)
{
    int fd = bd_str_eq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                  : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    int why = fd < 0 ? errno : fstat(fd, &st) < 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (why) {
        bd_cleanup_fd(&fd);
        return bd_err_set(err, BD_EINVALID, "can't read %s: %s; name a file that can be read", path,
                          strerror(why));
    }
    *ret_fd = fd;
    return 0;
}

ssize_t input_some(int fd, void *buffer, size_t bytes, struct bd_err *err)
{
    for (;;) {
        ssize_t n = read(fd, buffer, bytes);
        if (n >= 0)
            return n;
        int errnum = errno;
        int r = interrupt_check(err);
        if (r < 0)
            return r;
        if (errnum != EINTR)
            return bd_err_errno(err, errnum, "read");
    }
}

int input_read(const char *path, size_t max_bytes, struct bd_str *ret, struct bd_err *err)
{
    bd_auto_fd int fd = -1;
    bd_auto_str struct bd_str text = {0};
    char buffer[16384];
    const char *name = bd_str_eq(path, "-") ? "stdin" : path;
    int r = input_open(path, &fd, err);
    if (r < 0)
        return r;
    for (;;) {
        ssize_t n = input_some(fd, buffer, sizeof(buffer), err);
        if (n == BD_ECANCELLED)
            return (int)n;
        if (n < 0)
            return bd_err_set(err, BD_EINVALID, "can't read %s: %s; nothing was sent", name,
                              strerror((int)-n));
        if (n == 0)
            break;
        bd_str_addn(&text, buffer, (size_t)n);
        if (text.len > max_bytes)
            return bd_err_set(err, BD_EINVALID, "%s has more than %zu KiB", name, max_bytes >> 10);
    }
    *ret = text;
    text = (struct bd_str){0};
    return 0;
}
