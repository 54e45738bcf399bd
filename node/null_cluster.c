#include "submit_null.h"

#include "append.h"
#include "fatal.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NS_PER_MS   INT64_C(1000000)
#define AGAIN_MS    20 /* between two tries to connect */
#define SECRET_MOST 256
#define LINE_MOST   256

static void add_node(struct null_cluster *c, const char *name, const char *address)
{
    c->nodes = reallocarray(c->nodes, c->n + 1, sizeof(*c->nodes));
    if (!c->nodes)
        abort();
    c->nodes[c->n++] = (struct null_node){.name = text_new("%s", name),
                                          .address = text_new("%s", address),
                                          .frames = {.fd = -1, .gone = true}};
}

void cluster_read(struct null_cluster *c, const struct null_places *places)
{
    FILE *file = fopen(places->nodes, "re");
    char line[LINE_MOST], name[LINE_MOST], address[LINE_MOST];

    if (!file)
        fatal_errno(1, "can't open %s", places->nodes);
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "%255s %255s", name, address) == 2)
            add_node(c, name, address);
    fclose(file);
    if (c->n == 0)
        fatal(1, "%s names no node", places->nodes);
}

/* ----------------------------------------------------------------------------------- connecting */

struct secret {
    char text[SECRET_MOST];
    size_t bytes;
};

static struct secret read_secret(const char *file)
{
    struct secret s = {0};
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, s.text, sizeof(s.text));

    if (n < 0)
        fatal_errno(1, "can't read the cluster's secret in %s", file);
    close(fd);
    s.bytes = (size_t)n;
    return s;
}

static void begin_to_connect(struct null_node *node, uint16_t port, const struct secret *secret)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        fatal_errno(1, "can't make a socket");
    if (inet_pton(AF_INET, node->address, &at.sin_addr) != 1)
        fatal(1, "'%s' of node %s is no IPv4 address", node->address, node->name);
    frames_close(&node->frames);
    frames_open(&node->frames, fd, FRAMES_BYTES_MOST);
    if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 && errno != EINPROGRESS)
        node->frames.gone = true;
    else /* kept until it is connected */
        frames_send(&node->frames, FRAME_HELLO, 0, 0, secret->text, secret->bytes);
}

/* The word that says HELLO back. */
static void hear_hello(struct null_node *node, const struct frame *frame, const char *data,
                       void *arg)
{
    (void)data;
    (void)arg;
    if (frame && frame->kind == FRAME_HELLO)
        node->known = true;
    else if (frame)
        node->frames.gone = true;
}

static size_t count_unknown(const struct null_cluster *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        n += !c->nodes[i].known;
    return n;
}

/* Why each of these is missing is the socket's last error, which the next try overwrites. */
static void try_again(struct null_cluster *c, uint16_t port, const struct secret *secret)
{
    for (size_t i = 0; i < c->n; i++)
        if (!c->nodes[i].known && c->nodes[i].frames.gone)
            begin_to_connect(&c->nodes[i], port, secret);
}

bool cluster_connect(struct null_cluster *c, const struct null_places *places, int milliseconds)
{
    struct secret secret = read_secret(places->secret);
    struct pollfd *fds = calloc(c->n, sizeof(*fds));
    int64_t until_ns = clock_ns(CLOCK_MONOTONIC) + milliseconds * NS_PER_MS;

    if (!fds)
        abort();
    try_again(c, (uint16_t)places->port, &secret);
    while (count_unknown(c) > 0 && clock_ns(CLOCK_MONOTONIC) < until_ns) {
        cluster_poll(c, fds);
        if (poll(fds, c->n, AGAIN_MS) == 0)
            try_again(c, (uint16_t)places->port, &secret);
        cluster_take(c, fds, hear_hello, NULL);
    }
    free(fds);
    for (size_t i = 0; i < c->n; i++)
        c->nodes[i].lost = false; /* while it was tried */
    c->n_lost = 0;
    c->n_free = c->n;
    return count_unknown(c) == 0;
}

const char *cluster_missing(const struct null_cluster *c)
{
    const char *words = "";

    for (size_t i = 0; i < c->n; i++)
        if (!c->nodes[i].known)
            words = text_new("%s%s%s", words, *words ? ", " : "", c->nodes[i].name);
    return words;
}

/* -------------------------------------------------------------------------------------- talking */

static size_t add_text(char *to, size_t at, const char *text)
{
    size_t bytes = strlen(text) + 1;

    if (to)
        memcpy(to + at, text, bytes);
    return at + bytes;
}

/* Writes it, or only counts its bytes. */
static size_t write_start(char *to, const struct null_start *start, struct start *head)
{
    size_t at = sizeof(*head);

    at = add_text(to, at, start->user);
    at = add_text(to, at, start->dir ? start->dir : "");
    for (head->n_argv = 0; start->argv[head->n_argv]; head->n_argv++)
        at = add_text(to, at, start->argv[head->n_argv]);
    for (head->n_env = 0; start->env[head->n_env]; head->n_env++)
        at = add_text(to, at, start->env[head->n_env]);
    if (to)
        memcpy(to, head, sizeof(*head));
    return at;
}

void cluster_start(struct null_node *node, uint32_t key, const struct null_start *start)
{
    static char *data;
    static size_t room;
    struct start head = {.relayed = start->relayed};
    size_t bytes = write_start(NULL, start, &head);

    if (bytes > FRAMES_BYTES_MOST)
        fatal(1, "the command and its environment have more than %u bytes", FRAMES_BYTES_MOST);
    if (bytes > room) {
        room = 2 * bytes;
        data = realloc(data, room);
        if (!data)
            abort();
    }
    write_start(data, start, &head);
    frames_send(&node->frames, FRAME_START, key, 0, data, bytes);
}

void cluster_poll(const struct null_cluster *c, struct pollfd *fds)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct frames *f = &c->nodes[i].frames;
        fds[i] = (struct pollfd){
            .fd = f->gone ? -1 : f->fd,
            .events = (short)(POLLIN | (frames_pending(f) ? POLLOUT : 0)),
        };
    }
}

static void take_frames(struct null_node *node, cluster_fn fn, void *arg)
{
    const struct frame *frame;
    const char *data;

    frames_fill(&node->frames);
    while ((frame = frames_next(&node->frames, &data)))
        fn(node, frame, data, arg);
}

void cluster_take(struct null_cluster *c, const struct pollfd *fds, cluster_fn fn, void *arg)
{
    for (size_t i = 0; i < c->n; i++) {
        struct null_node *node = &c->nodes[i];
        if (fds[i].fd >= 0 && (fds[i].revents & POLLOUT))
            frames_flush(&node->frames);
        if (fds[i].fd >= 0 && (fds[i].revents & ~POLLOUT))
            take_frames(node, fn, arg);
        if (node->frames.gone && !node->lost) {
            node->lost = true;
            c->n_lost++;
            fn(node, NULL, NULL, arg);
        }
    }
}
