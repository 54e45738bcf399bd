/*
 * What bench-submit-null and bench-launch say to each other over TCP: frames of a head and some
 * bytes, in the byte order of the nodes, which have the same. One thread.
 *
 * The submitter says HELLO first, with the cluster's secret, and hears HELLO back. After that it
 * starts processes, each under a key of its own, and hears one EXIT for each of them. A connection
 * that ends ends all that was started through it.
 */
#ifndef NODE_FRAMES_H
#define NODE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below 1024, so that no user of the node can take bench-launch's place and hear the secret. */
#define FRAMES_PORT       897
#define FRAMES_SECRET     "/etc/benchd/null.key"
#define FRAMES_BYTES_MOST (UINT32_C(8) << 20) /* of one: arguments and environment of a command */

enum frame_kind {
    FRAME_HELLO = 1, /* payload: the secret; back: nothing */
    FRAME_START,     /* key; payload: struct start and its texts */
    FRAME_KILL,      /* key, value: the signal, to its process group */
    FRAME_OUT,       /* key; payload: what it wrote to stdout */
    FRAME_ERR,       /* and to stderr */
    FRAME_EXIT,      /* key, value: its exit code, or 128 + the signal that ended it */
};

struct frame {
    uint32_t kind, key;
    int32_t value;
    uint32_t bytes; /* that follow */
};

/* How a payload of START begins; then texts, each with its NUL: the user, the directory, n_argv of
 * the command, n_env of its environment. */
struct start {
    uint32_t n_argv, n_env;
    uint32_t relayed; /* its output is wanted; 0: it goes to /dev/null */
};

struct frames {
    int fd;              /* of a socket that does not block */
    bool gone;           /* the other end, or the connection is of no use any more */
    uint32_t bytes_most; /* of a frame that comes */
    char *in, *out;
    size_t in_from, in_to, in_room;
    size_t out_from, out_to, out_room; /* what could not be sent yet */
};

/* Of a connected socket. */
void frames_open(struct frames *f, int fd, uint32_t bytes_most);
void frames_close(struct frames *f);
/* Sends, or keeps what does not go at once for frames_flush(). */
void frames_send(struct frames *f, enum frame_kind kind, uint32_t key, int32_t value,
                 const void *data, size_t bytes);
void frames_flush(struct frames *f);
bool frames_pending(const struct frames *f);
/* Reads what has come. */
void frames_fill(struct frames *f);
/* The next whole frame, good until the next fill; NULL: there is none yet. One that is longer than
 * may be ends the connection. */
const struct frame *frames_next(struct frames *f, const char **ret_data);

#endif
