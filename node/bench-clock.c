/*
 * bench-clock serve PORT SECONDS: answers questions for the time over UDP, until none has come for
 * so long or one says that it was the last. Prints the port (PORT 0: any that is free).
 *
 * bench-clock ask PORT ROUNDS ADDRESS...: asks each of the addresses so often, and prints a line
 * for each: "ADDRESS OFFSET_NS BOUND_NS ROUNDS_ANSWERED". CLOCK_MONOTONIC there minus
 * CLOCK_MONOTONIC here was within OFFSET_NS +- BOUND_NS when it was asked. Exit code 1 when an
 * address did not answer, with a line on stderr for each of those; they have 5 s together to come
 * up.
 *
 * Of all exchanges the one with the shortest way counts (Cristian 1989): whatever the two
 * directions share it by, the error is at most half of it.
 */
#include "append.h"
#include "fatal.h"
#include "number.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAGIC UINT32_C(0x314b4342) /* "BCK1" in the memory of a little-endian machine */

#define COMING_UP_NS (5 * INT64_C(1000000000))
#define ANSWER_MS    100
#define PAUSE_MS     20

enum kind { QUESTION, ANSWER, END };

/* One question and its answer; all in the byte order of nodes, which is the host's. */
struct packet {
    uint32_t magic, kind, number, spare;
    int64_t asked_ns;    /* t1, on the clock of who asks */
    int64_t received_ns; /* t2, on the other */
    int64_t answered_ns; /* t3 */
};

struct exchange {
    int64_t offset_ns, bound_ns;
    int64_t answered;
};

static int udp(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        fatal_errno(1, "can't make a socket");
    return fd;
}

static bool receive(int fd, struct packet *ret_packet, struct sockaddr_in *ret_from)
{
    socklen_t length = sizeof(*ret_from);
    ssize_t got = recvfrom(fd, ret_packet, sizeof(*ret_packet), 0, (struct sockaddr *)ret_from,
                           ret_from ? &length : NULL);

    return got == sizeof(*ret_packet) && ret_packet->magic == MAGIC;
}

static void serve(int fd, int64_t seconds)
{
    struct pollfd question = {.fd = fd, .events = POLLIN};
    struct sockaddr_in from;
    struct packet packet;

    while (poll(&question, 1, (int)(seconds * 1000)) == 1) {
        if (!receive(fd, &packet, &from))
            continue;
        packet.received_ns = clock_ns(CLOCK_MONOTONIC);
        if (packet.kind == END)
            return;
        if (packet.kind != QUESTION)
            continue;
        packet.kind = ANSWER;
        packet.answered_ns = clock_ns(CLOCK_MONOTONIC);
        sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&from, sizeof(from));
    }
}

static void serve_port(int64_t port, int64_t seconds)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t length = sizeof(own);
    int fd = udp();

    if (bind(fd, (struct sockaddr *)&own, sizeof(own)) != 0 ||
        getsockname(fd, (struct sockaddr *)&own, &length) != 0)
        fatal_errno(1, "can't take port %d", (int)port);
    printf("%u\n", ntohs(own.sin_port));
    fflush(stdout);
    serve(fd, seconds);
}

/* Puts the question, and takes the answer in where it is better than those before. False when none
 * came. */
static bool ask_once(int fd, uint32_t number, struct exchange *best)
{
    struct pollfd answer = {.fd = fd, .events = POLLIN};
    struct packet packet = {.magic = MAGIC, .kind = QUESTION, .number = number};

    packet.asked_ns = clock_ns(CLOCK_MONOTONIC);
    if (send(fd, &packet, sizeof(packet), 0) < 0)
        return false;
    do {
        /* A late answer to an earlier question may come first. */
        if (poll(&answer, 1, ANSWER_MS) != 1 || recv(fd, &packet, sizeof(packet), 0) < 0)
            return false;
    } while (packet.magic != MAGIC || packet.kind != ANSWER || packet.number != number);
    int64_t now = clock_ns(CLOCK_MONOTONIC);
    int64_t there = packet.received_ns - packet.asked_ns, back = packet.answered_ns - now;
    /* Rounded up: the bound has to hold, with what halving the offset cuts off. */
    int64_t bound = (there - back) / 2 + 1;
    if (best->answered == 0 || bound < best->bound_ns) {
        best->offset_ns = back + (there - back) / 2;
        best->bound_ns = bound;
    }
    best->answered++;
    return true;
}

/* Asks until the first answer or the moment. */
static bool is_up(int fd, int64_t until_ns)
{
    struct exchange tried = {0};

    while (!ask_once(fd, 0, &tried)) {
        if (clock_ns(CLOCK_MONOTONIC) >= until_ns)
            return false;
        poll(NULL, 0, PAUSE_MS);
    }
    return true;
}

static bool ask(const char *address, int64_t port, int64_t rounds, int64_t until_ns)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const struct packet end = {.magic = MAGIC, .kind = END};
    struct exchange best = {0};
    int fd = udp();

    if (inet_pton(AF_INET, address, &peer.sin_addr) != 1)
        fatal(EXIT_USAGE, "'%s' is not an IPv4 address", address);
    if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) == 0 && is_up(fd, until_ns))
        for (int64_t i = 1; i <= rounds; i++)
            ask_once(fd, (uint32_t)i, &best);
    if (best.answered > 0) {
        printf("%s %lld %lld %lld\n", address, (long long)best.offset_ns, (long long)best.bound_ns,
               (long long)best.answered);
        send(fd, &end, sizeof(end), 0);
    } else {
        fprintf(stderr, "%s: %s did not answer\n", program_invocation_short_name, address);
    }
    close(fd);
    return best.answered > 0;
}

int main(int argc, char **argv)
{
    bool all = true;

    if (argc == 4 && strcmp(argv[1], "serve") == 0) {
        serve_port(number("port", argv[2], 0, 65535), number("seconds", argv[3], 1, 86400));
        return 0;
    }
    if (argc < 5 || strcmp(argv[1], "ask") != 0)
        fatal(EXIT_USAGE, "expected serve PORT SECONDS, or ask PORT ROUNDS ADDRESS...");
    int64_t port = number("port", argv[2], 1, 65535);
    int64_t rounds = number("rounds", argv[3], 1, 1000000);
    int64_t until = clock_ns(CLOCK_MONOTONIC) + COMING_UP_NS;
    for (int i = 4; i < argc; i++)
        all &= ask(argv[i], port, rounds, until);
    return all ? 0 : 1;
}
