#include "launch.h"

#include "fatal.h"
#include "number.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_FAILED 1
#define SECRET_MOST 256
#define PEERS_MOST  16
#define BACKLOG     64
#define HELD_BYTES  (1 << 20) /* of output that a peer does not take: then nobody reads more */
#define CHILDREN    "/proc/self/task/%d/children"

struct peer {
    struct frames frames; /* fd -1: none is connected here */
    bool known;           /* has said the secret */
};

static struct {
    int listener, signals;
    char secret[SECRET_MOST + 1];
    struct peer peers[PEERS_MOST];
    struct task *tasks;
    size_t n_tasks;
} all;

/* ------------------------------------------------------------------------------------ beginning */

static void read_secret(const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, all.secret, SECRET_MOST);

    if (n < 0)
        fatal_errno(EXIT_FAILED, "can't read the cluster's secret in %s", file);
    if (n == 0)
        fatal(EXIT_FAILED, "the cluster's secret in %s is empty", file);
    close(fd);
}

static int listen_at(const char *address, const char *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)number("port", port, 1, 65535))};

    if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
        fatal(EXIT_USAGE, "'%s' is no IPv4 address", address);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
        bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, BACKLOG) != 0)
        fatal_errno(EXIT_FAILED, "can't listen at %s:%s", address, port);
    return fd;
}

static int watch_children(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    /* What a job leaves behind becomes this program's, and is ended by it. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) != 0)
        fatal_errno(EXIT_FAILED, "can't take over what jobs leave behind");
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        fatal_errno(EXIT_FAILED, "can't watch for the end of processes");
    return fd;
}

/* ---------------------------------------------------------------------------------------- tasks */

static struct task **place_of(const struct frames *peer, uint32_t key)
{
    struct task **at = &all.tasks;

    while (*at && ((*at)->peer != peer || (*at)->key != key))
        at = &(*at)->next;
    return at;
}

static struct task *take_ended(pid_t pid)
{
    struct task **at = &all.tasks;

    while (*at && (*at)->pid != pid)
        at = &(*at)->next;
    struct task *t = *at;
    if (t) {
        *at = t->next;
        all.n_tasks--;
    }
    return t;
}

/* What has left its job's process group lives until no job is left here. */
static void end_strays(void)
{
    char *file = text_new(CHILDREN, getpid()), *word = NULL;
    FILE *list = fopen(file, "re");
    size_t room = 0;
    int64_t pid;

    while (list && getdelim(&word, &room, ' ', list) > 0) {
        word[strcspn(word, " ")] = '\0';
        if (number_read(word, 2, INT32_MAX, &pid))
            kill((pid_t)pid, SIGKILL);
    }
    if (list)
        fclose(list);
    free(word);
    free(file);
}

static void wait_for_ended(void)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    while (read(all.signals, &info, sizeof(info)) > 0)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct task *t = take_ended(pid);
        if (t)
            task_end(t, status);
    }
    if (pid == 0 && all.n_tasks == 0)
        end_strays();
}

/* ---------------------------------------------------------------------------------------- peers */

static void drop(struct peer *p)
{
    for (struct task *t = all.tasks; t; t = t->next)
        if (t->peer == &p->frames) {
            t->peer = NULL;
            task_kill(t, SIGKILL);
        }
    frames_close(&p->frames);
    p->known = false;
}

static void greet(void)
{
    int fd = accept4(all.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    for (size_t i = 0; i < PEERS_MOST; i++)
        if (all.peers[i].frames.fd < 0) {
            frames_open(&all.peers[i].frames, fd, SECRET_MOST);
            return;
        }
    close(fd);
}

/* Takes the same time wherever they differ. */
static bool is_secret(const char *data, size_t bytes)
{
    size_t length = strlen(all.secret);
    unsigned char other = bytes != length;

    for (size_t i = 0; i < length && i < bytes; i++)
        other |= (unsigned char)(data[i] ^ all.secret[i]);
    return !other;
}

static void start(struct peer *p, const struct frame *frame, const char *data)
{
    struct task *t = task_start(&p->frames, frame->key, data, frame->bytes);

    if (!t)
        return;
    t->next = all.tasks;
    all.tasks = t;
    all.n_tasks++;
}

/* False: it says what it must not. */
static bool take_frame(struct peer *p, const struct frame *frame, const char *data)
{
    if (!p->known) {
        if (frame->kind != FRAME_HELLO || !is_secret(data, frame->bytes))
            return false;
        p->known = true;
        p->frames.bytes_most = FRAMES_BYTES_MOST;
        frames_send(&p->frames, FRAME_HELLO, 0, 0, NULL, 0);
        return true;
    }
    struct task *t = *place_of(&p->frames, frame->key);
    if (frame->kind == FRAME_START && !t)
        start(p, frame, data);
    else if (frame->kind == FRAME_KILL && frame->value > 0 && frame->value < NSIG && t)
        task_kill(t, frame->value);
    else if (frame->kind != FRAME_KILL)
        return false;
    return true;
}

static void listen_to(struct peer *p)
{
    const struct frame *frame;
    const char *data;

    frames_fill(&p->frames);
    while ((frame = frames_next(&p->frames, &data)))
        if (!take_frame(p, frame, data)) {
            p->frames.gone = true;
            break;
        }
}

/* ----------------------------------------------------------------------------------------- loop */

static bool takes_output(const struct task *t)
{
    return !t->peer || t->peer->out_to - t->peer->out_from < HELD_BYTES;
}

static nfds_t add_tasks(struct pollfd *fds, nfds_t n)
{
    for (const struct task *t = all.tasks; t; t = t->next)
        if (t->out >= 0 || t->err >= 0) {
            bool read = takes_output(t);
            fds[n++] = (struct pollfd){.fd = read ? t->out : -1, .events = POLLIN};
            fds[n++] = (struct pollfd){.fd = read ? t->err : -1, .events = POLLIN};
        }
    return n;
}

static void go_round(struct pollfd *fds)
{
    nfds_t n = 0;

    fds[n++] = (struct pollfd){.fd = all.signals, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = all.listener, .events = POLLIN};
    for (size_t i = 0; i < PEERS_MOST; i++) {
        const struct frames *f = &all.peers[i].frames;
        short wanted = (short)(POLLIN | (frames_pending(f) ? POLLOUT : 0));
        fds[n++] = (struct pollfd){.fd = f->fd, .events = wanted};
    }
    if (poll(fds, add_tasks(fds, n), -1) < 0)
        return;
    for (struct task *t = all.tasks; t; t = t->next)
        if ((t->out >= 0 || t->err >= 0) && takes_output(t))
            task_relay(t);
    if (fds[0].revents)
        wait_for_ended();
    for (size_t i = 0; i < PEERS_MOST; i++) {
        struct peer *p = &all.peers[i];
        if (fds[2 + i].revents & POLLOUT)
            frames_flush(&p->frames);
        if (fds[2 + i].revents & ~POLLOUT)
            listen_to(p);
        if (p->frames.fd >= 0 && p->frames.gone)
            drop(p);
    }
    if (fds[1].revents)
        greet();
}

void launch_listen(const char *address, const char *port, const char *secret_file)
{
    struct pollfd *fds = NULL;
    size_t room = 0;

    read_secret(secret_file);
    for (size_t i = 0; i < PEERS_MOST; i++)
        all.peers[i].frames = (struct frames){.fd = -1, .gone = true};
    all.signals = watch_children();
    all.listener = listen_at(address, port);
    for (;;) {
        size_t wanted = 2 + PEERS_MOST + 2 * all.n_tasks;
        if (!fds || wanted > room) {
            room = 2 * wanted;
            fds = reallocarray(fds, room, sizeof(*fds));
            if (!fds)
                abort();
        }
        go_round(fds);
    }
}
