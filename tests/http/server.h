/*
 * The server on a loop of the test's own, and peers that speak to it through raw sockets.
 * Everything is in one thread: the test turns the loop while it waits, so that each order of events
 * can be made.
 */
#pragma once

#include "daemon/http/files.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FILE_MAX  ((uint64_t)32 * 1024 * 1024)
#define INPUT_MAX ((uint64_t)1024 * 1024)
#define BIG       ((size_t)8 * 1024 * 1024)

struct app {
    uv_loop_t loop;
    struct http_server *server;
    char *dir, *uploads, *socket_path;
    bool closed;
    char *big; /* BIG bytes that repeat late */

    /* what the handlers saw and keep */
    struct http_request *waiting[16];
    size_t n_waiting;
    struct http_stream *stream;
    unsigned stream_closed, drained, handled, answered;
    int last_status;
    struct bd_str file; /* the content of an upload */
    int code;           /* what /failing fails with */
    struct http_files *files; /* what is below /files/ */
};

/* 0: as many connections as it wants. */
void app_start(struct app *a, unsigned connections_max);
/* Closes the server and shows that nothing is left on the loop, nor in the upload directory. */
void app_stop(struct app *a);
void app_close_begin(struct app *a);
void app_turn(struct app *a);
/* Answers a request that waits. */
void app_answer(struct app *a, size_t i);
size_t app_uploads(const struct app *a); /* files in the upload directory */

/* Turns the loop until the condition holds. It gives up before the server's own timers (heartbeat,
 * idle connections) would hide that a wake-up is missing. */
#define UNTIL(a, condition)                                                                        \
    do {                                                                                           \
        int64_t give_up_ns_ = bd_mono_ns() + 12 * BD_NS_PER_S;                                     \
        while (!(condition)) {                                                                     \
            ck_assert_msg(bd_mono_ns() < give_up_ns_, "never: %s", #condition);                    \
            app_turn(a);                                                                           \
        }                                                                                          \
    } while (0)

/* Enough turns for whatever should not happen to happen. */
static inline void app_idle(struct app *a)
{
    for (int i = 0; i < 50; i++)
        app_turn(a);
}

struct peer {
    int fd;
    struct bd_str in; /* received and not looked at yet */
    bool over;        /* the server has ended the connection */
};

void peer_tcp(struct app *a, struct peer *p);
void peer_unix(struct app *a, struct peer *p);
/* Sends all, turning the loop while the server does not take it; false if the connection ended. */
bool peer_send(struct app *a, struct peer *p, const void *data, size_t bytes);
void peer_say(struct app *a, struct peer *p, const char *text);
void peer_chunk(struct app *a, struct peer *p, const void *data, size_t bytes);
/* Takes in what is there. */
void peer_read(struct peer *p);
void peer_close(struct peer *p);

struct reply {
    int status;
    char *head; /* status line and fields */
    struct bd_str body;
};
/* Waits for one whole reply. */
void peer_reply(struct app *a, struct peer *p, struct reply *r);
/* To HEAD: there is no body. */
void peer_reply_head(struct app *a, struct peer *p, struct reply *r);
void reply_done(struct reply *r);
#define auto_reply __attribute__((cleanup(reply_done)))
/* Waits for a reply of this status, with the words in its head or body. */
void peer_expect(struct app *a, struct peer *p, int status, const char *words);
/* One request that shows that the connection still serves. */
void peer_lives(struct app *a, struct peer *p);
