#include "lib/workload/output.h"

#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LINES_BYTES_MAX 350 /* an error's text has 1024 in all */

int output_open(struct output *o, int dir_fd, const char *name, struct bd_err *err)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return bd_err_errno(err, errno, "make %s in the run's directory", name);
    *o = (struct output){.fd = fd};
    return 0;
}

void output_done(struct output *o)
{
    bd_cleanup_fd(&o->fd);
    o->fd = -1;
}

void output_note(struct output *o, const char *data, size_t bytes)
{
    o->bytes += bytes;
    if (bytes > OUTPUT_END_BYTES) {
        data += bytes - OUTPUT_END_BYTES;
        bytes = OUTPUT_END_BYTES;
    }
    size_t old = OUTPUT_END_BYTES - bytes;
    if (old > o->n_end)
        old = o->n_end;
    memmove(o->end, o->end + o->n_end - old, old);
    memcpy(o->end + old, data, bytes);
    o->n_end = old + bytes;
}

int output_add(struct output *o, const char *data, size_t bytes)
{
    uint64_t room = OUTPUT_BYTES_MAX - o->kept;
    size_t n = bytes < room ? bytes : (size_t)room;
    int rc = bd_write_all(o->fd, data, n);
    if (rc < 0)
        return o->rc = rc;
    o->kept += n;
    output_note(o, data, bytes);
    return 0;
}

int output_finish(struct output *o, bool durable, struct bd_err *err)
{
    int rc = 0;
    if (o->bytes > o->kept) {
        bd_auto_free char *line =
            bd_xasprintf("\n[benchd kept the first %llu bytes and left out %llu]\n",
                         (unsigned long long)o->kept, (unsigned long long)(o->bytes - o->kept));
        rc = bd_write_all(o->fd, line, strlen(line));
    }
    if (rc == 0 && durable && fsync(o->fd) < 0)
        rc = -errno;
    return rc < 0 ? bd_err_errno(err, -rc, "write a command's output") : 0;
}

/* ----------------------------------------------------------------------------------- last lines */

void output_lines_of(const char *data, size_t bytes, struct bd_str *ret_words)
{
    while (bytes > 0 && strchr("\r\n\t ", data[bytes - 1])) /* a NUL counts: strchr() finds it */
        bytes--;
    if (bytes > LINES_BYTES_MAX) {
        const char *end = data + bytes;
        data = end - LINES_BYTES_MAX;
        const char *line = memchr(data, '\n', LINES_BYTES_MAX / 2); /* whole lines, if any fit */
        if (line)
            data = line + 1;
        while (data < end &&
               ((unsigned char)*data & 0xC0) == 0x80) /* not from within a character */
            data++;
        bytes = (size_t)(end - data);
    }
    /* Of the rest lib/base/err.h makes UTF-8. */
    for (size_t i = 0; i < bytes; i++)
        if (data[i] == '\n')
            bd_str_add(ret_words, " | ");
        else if (data[i] != '\r')
            bd_str_addn(ret_words, data[i] ? &data[i] : " ", 1);
}

void output_last_lines(const struct output *o, struct bd_str *ret_words)
{
    output_lines_of(o->end, o->n_end, ret_words);
}
