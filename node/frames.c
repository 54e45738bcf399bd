#include "frames.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 65536

void frames_open(struct frames *f, int fd, uint32_t bytes_most)
{
    int yes = 1;

    *f = (struct frames){.fd = fd, .bytes_most = bytes_most};
    /* A frame is a whole saying: nothing is gained by waiting for more. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

void frames_close(struct frames *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->in);
    free(f->out);
    *f = (struct frames){.fd = -1, .gone = true};
}

/* Room for so many bytes more behind what is there, which moves to the beginning. */
static void make_room(char **text, size_t *from, size_t *to, size_t *room, size_t bytes)
{
    if (*room - *to >= bytes)
        return;
    if (*from > 0)
        memmove(*text, *text + *from, *to - *from);
    *to -= *from;
    *from = 0;
    if (*room - *to >= bytes)
        return;
    *room = 2 * (*to + bytes);
    *text = realloc(*text, *room);
    if (!*text)
        abort();
}

static void append(struct frames *f, const void *data, size_t bytes)
{
    if (bytes > 0)
        memcpy(f->out + f->out_to, data, bytes);
    f->out_to += bytes;
}

void frames_send(struct frames *f, enum frame_kind kind, uint32_t key, int32_t value,
                 const void *data, size_t bytes)
{
    struct frame head = {.kind = kind, .key = key, .value = value, .bytes = (uint32_t)bytes};

    if (f->gone)
        return;
    make_room(&f->out, &f->out_from, &f->out_to, &f->out_room, sizeof(head) + bytes);
    append(f, &head, sizeof(head));
    append(f, data, bytes);
    frames_flush(f);
}

void frames_flush(struct frames *f)
{
    while (!f->gone && f->out_from < f->out_to) {
        ssize_t n = send(f->fd, f->out + f->out_from, f->out_to - f->out_from, MSG_NOSIGNAL);
        if (n >= 0)
            f->out_from += (size_t)n;
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR)
            f->gone = true;
    }
    f->out_from = f->out_to = 0;
}

bool frames_pending(const struct frames *f)
{
    return !f->gone && f->out_from < f->out_to;
}

void frames_fill(struct frames *f)
{
    make_room(&f->in, &f->in_from, &f->in_to, &f->in_room, READ_BYTES);
    ssize_t n = read(f->fd, f->in + f->in_to, f->in_room - f->in_to);
    if (n > 0)
        f->in_to += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        f->gone = true;
}

const struct frame *frames_next(struct frames *f, const char **ret_data)
{
    static struct frame head;
    size_t there = f->in_to - f->in_from;

    if (there < sizeof(head))
        return NULL;
    memcpy(&head, f->in + f->in_from, sizeof(head));
    if (head.bytes > f->bytes_most) {
        f->gone = true;
        f->in_from = f->in_to;
        return NULL;
    }
    if (there < sizeof(head) + head.bytes)
        return NULL;
    *ret_data = f->in + f->in_from + sizeof(head);
    f->in_from += sizeof(head) + head.bytes;
    return &head;
}
