/*
 * bench-link serve PORT SECONDS: answers over UDP, until nothing has come for so long or one says
 * that it was all. Prints the port (PORT 0: any that is free).
 *
 * bench-link ask PORT ADDRESS PACKETS GAP_US WAIT_MS FLOOD_MS FRAMES: measures the way to the
 * address and back by so many small packets, one each GAP_US, and waits for the last answer at most
 * WAIT_MS; then how fast frames arrive there while so many at a time are sent for FLOOD_MS (0: not
 * at all). Prints
 *
 *     SENT ANSWERED ROUND_TRIP_MEDIAN_NS ROUND_TRIP_DEVIATION_NS FRAMES_COUNTED BITS_PER_SECOND
 *
 * Bits are of frames as they are on an Ethernet: headers count. Exit code 1 when nobody answers in
 * 5 s, or the flood was not told of.
 */
#include "append.h"
#include "fatal.h"
#include "number.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAGIC UINT32_C(0x314b4c42) /* "BLK1" in the memory of a little-endian machine */

#define COMING_UP_NS (5 * INT64_C(1000000000))
#define ANSWER_MS    100
#define PAUSE_MS     20
#define REPORTS      50 /* asked for so often, each ANSWER_MS */
#define MEASURED_MAX 20000
#define ARRIVALS_MAX 262144
#define PARTS        25 /* of a flood */

#define PAYLOAD    1472 /* of a frame of 1500 bytes behind its Ethernet header */
#define FRAME      (PAYLOAD + 8 + 20 + 14)
#define FRAMES_MAX 43 /* in one call: what fits into 64 KiB */
#define SETTLE_NS                                                                                  \
    (50 * INT64_C(1000000)) /* what could go at once after a pause has gone by then                \
                             */

/* Headers of old have neither. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum kind { QUESTION, ANSWER, FLOOD, HOW_MANY, SO_MANY, END };

/* All in the byte order of nodes, which is the host's. */
struct packet {
    uint32_t magic, kind, number, spare;
    int64_t asked_ns; /* on the clock of who asks */
    int64_t frames;   /* of the flood, after it had settled, and how fast they arrived */
    int64_t bits_per_s;
};

static int udp(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        fatal_errno(1, "can't make a socket");
    return fd;
}

/* ------------------------------------------------------------------------------------- serving */

/* What has arrived until when, in frames; what comes when there is no more room is left out. */
struct arrival {
    int64_t at_ns, frames;
};

struct flood {
    int64_t first_ns;
    struct arrival arrivals[ARRIVALS_MAX];
    size_t n;
};

static void count(struct flood *f, ssize_t bytes)
{
    int64_t now = clock_ns(CLOCK_MONOTONIC), frames = (bytes + PAYLOAD - 1) / PAYLOAD;

    if (f->first_ns == 0)
        f->first_ns = now;
    if (now - f->first_ns < SETTLE_NS || f->n == ARRIVALS_MAX)
        return;
    f->arrivals[f->n] =
        (struct arrival){now, frames + (f->n > 0 ? f->arrivals[f->n - 1].frames : 0)};
    f->n++;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Of parts with as many arrivals each the median: a moment in which the host stood still is not
 * the link's doing. */
static int64_t rate_of(const struct flood *f)
{
    int64_t rates[PARTS];
    size_t of_part = f->n > 0 ? (f->n - 1) / PARTS : 0;

    if (of_part == 0)
        return 0;
    for (size_t i = 0; i < PARTS; i++) {
        const struct arrival *from = &f->arrivals[i * of_part], *to = from + of_part;
        int64_t ns = to->at_ns - from->at_ns;
        double bits = (double)(to->frames - from->frames) * FRAME * 8;
        rates[i] = (int64_t)(bits * 1e9 / (double)(ns > 0 ? ns : 1));
    }
    qsort(rates, PARTS, sizeof(rates[0]), by_value);
    return rates[PARTS / 2];
}

static void serve(int fd, int64_t seconds)
{
    static char buffer[65536];
    struct pollfd question = {.fd = fd, .events = POLLIN};
    static struct flood flood;

    while (poll(&question, 1, (int)(seconds * 1000)) == 1) {
        struct sockaddr_in from;
        socklen_t length = sizeof(from);
        struct packet packet;
        ssize_t got = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &length);
        if (got < (ssize_t)sizeof(packet))
            continue;
        memcpy(&packet, buffer, sizeof(packet));
        if (packet.magic != MAGIC)
            continue;
        if (packet.kind == END)
            return;
        if (packet.kind == FLOOD) {
            count(&flood, got);
            continue;
        }
        if (packet.kind == HOW_MANY) {
            packet.frames = flood.n > 0 ? flood.arrivals[flood.n - 1].frames : 0;
            packet.bits_per_s = rate_of(&flood);
        }
        packet.kind = packet.kind == HOW_MANY ? SO_MANY : ANSWER;
        sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&from, length);
    }
}

static void serve_port(int64_t port, int64_t seconds)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t length = sizeof(own);
    const int on = 1, room = 4 << 20;
    int fd = udp();

    /* One that somebody cut off may still be there: the latest gets the questions. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&own, sizeof(own)) != 0 ||
        getsockname(fd, (struct sockaddr *)&own, &length) != 0)
        fatal_errno(1, "can't take port %d", (int)port);
    /* As they were sent together, so that counting is not what is slow; and room for the pauses of
     * a busy host. What the kernel does not have or give is done without. */
    setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on));
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    printf("%u\n", ntohs(own.sin_port));
    fflush(stdout);
    serve(fd, seconds);
}

/* -------------------------------------------------------------------------------------- asking */

static bool send_one(int fd, uint32_t kind, uint32_t number)
{
    struct packet packet = {.magic = MAGIC, .kind = kind, .number = number};

    packet.asked_ns = clock_ns(CLOCK_MONOTONIC);
    return send(fd, &packet, sizeof(packet), 0) == sizeof(packet);
}

/* The next packet of this kind, waited for so long. */
static bool await(int fd, uint32_t kind, int64_t until_ns, struct packet *ret_packet)
{
    for (;;) {
        struct pollfd answer = {.fd = fd, .events = POLLIN};
        int64_t left_ns = until_ns - clock_ns(CLOCK_MONOTONIC);
        struct timespec left = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
        if (left_ns <= 0 || ppoll(&answer, 1, &left, NULL) != 1)
            return false;
        if (recv(fd, ret_packet, sizeof(*ret_packet), 0) == sizeof(*ret_packet) &&
            ret_packet->magic == MAGIC && ret_packet->kind == kind)
            return true;
        if (errno == ECONNREFUSED) /* not up yet, or no more */
            poll(NULL, 0, PAUSE_MS);
    }
}

/* With the number 0, which no question has later: an answer that is late is not taken for one. */
static void await_up(int fd, const char *address, int64_t wait_ns)
{
    int64_t until = clock_ns(CLOCK_MONOTONIC) + COMING_UP_NS;
    struct packet packet;

    do {
        send_one(fd, QUESTION, 0);
        if (await(fd, ANSWER, clock_ns(CLOCK_MONOTONIC) + wait_ns, &packet))
            return;
    } while (clock_ns(CLOCK_MONOTONIC) < until);
    fatal(1, "%s did not answer", address);
}

/* From the median, on average: one that a busy host held up for long is one of many. */
static int64_t deviation(const int64_t *sorted, int64_t n)
{
    int64_t sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += llabs(sorted[i] - sorted[n / 2]);
    return n > 0 ? sum / n : 0;
}

/* Each question at its time, whatever has been answered until then. */
static void measure_ways(int fd, int64_t packets, int64_t gap_ns, int64_t wait_ns)
{
    static int64_t trips[MEASURED_MAX];
    static bool seen[MEASURED_MAX];
    int64_t answered = 0, begin = clock_ns(CLOCK_MONOTONIC);
    struct packet packet;

    for (int64_t i = 0; i <= packets && answered < packets; i++) {
        int64_t next = begin + i * gap_ns + (i == packets ? wait_ns : gap_ns);
        if (i < packets)
            send_one(fd, QUESTION, (uint32_t)i + 1);
        while (answered < packets && await(fd, ANSWER, next, &packet)) {
            if (packet.number == 0 || packet.number > packets || seen[packet.number - 1])
                continue;
            seen[packet.number - 1] = true;
            trips[answered++] = clock_ns(CLOCK_MONOTONIC) - packet.asked_ns;
        }
    }
    qsort(trips, (size_t)answered, sizeof(trips[0]), by_value);
    printf("%lld %lld %lld %lld", (long long)packets, (long long)answered,
           answered ? (long long)trips[answered / 2] : 0LL, (long long)deviation(trips, answered));
}

static void flood(int fd, int64_t ms, int64_t frames)
{
    static char data[FRAMES_MAX * PAYLOAD];
    const struct packet head = {.magic = MAGIC, .kind = FLOOD};
    const int size = PAYLOAD, none = 0;
    int64_t until = clock_ns(CLOCK_MONOTONIC) + ms * 1000000;
    bool together =
        frames > 1 && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) == 0;
    size_t bytes = (size_t)(together ? frames : 1) * PAYLOAD;

    for (size_t i = 0; i + PAYLOAD <= bytes; i += PAYLOAD)
        memcpy(data + i, &head, sizeof(head));
    while (clock_ns(CLOCK_MONOTONIC) < until)
        if (send(fd, data, bytes, 0) < 0 && errno != ENOBUFS)
            fatal_errno(1, "can't send");
    if (together)
        setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof(none));
}

static void measure_rate(int fd, int64_t ms, int64_t frames, int64_t wait_ns)
{
    struct packet packet = {0};
    bool told = false;

    flood(fd, ms, frames);
    /* Behind the flood in every queue: what it is answered with is of all that arrived. */
    for (int i = 0; i < REPORTS && !told; i++) {
        send_one(fd, HOW_MANY, 0);
        told = await(fd, SO_MANY, clock_ns(CLOCK_MONOTONIC) + wait_ns, &packet);
    }
    if (!told)
        fatal(1, "the flood was not told of");
    printf(" %lld %lld\n", (long long)packet.frames, (long long)packet.bits_per_s);
}

static void ask(char **argv)
{
    struct sockaddr_in peer = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)number("port", argv[0], 1, 65535))};
    int64_t packets = number("packets", argv[2], 1, MEASURED_MAX);
    int64_t gap_us = number("gap", argv[3], 10, 10000000);
    int64_t wait_ms = number("time to wait", argv[4], 1, 600000);
    int64_t flood_ms = number("time to flood", argv[5], 0, 600000);
    int64_t frames = number("frames", argv[6], 1, FRAMES_MAX);
    int64_t wait_ns = (wait_ms > ANSWER_MS ? wait_ms : ANSWER_MS) * 1000000;
    int fd = udp();

    if (inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1)
        fatal(EXIT_USAGE, "'%s' is not an IPv4 address", argv[1]);
    if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) != 0)
        fatal_errno(1, "can't reach %s", argv[1]);
    await_up(fd, argv[1], wait_ns);
    measure_ways(fd, packets, gap_us * 1000, wait_ns);
    if (flood_ms > 0)
        measure_rate(fd, flood_ms, frames, wait_ns);
    else
        puts(" 0 0");
    for (int i = 0; i < 3; i++) /* one may be lost; then it ends by itself */
        send_one(fd, END, 0);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        serve_port(number("port", argv[2], 0, 65535), number("seconds", argv[3], 1, 86400));
    else if (argc == 9 && strcmp(argv[1], "ask") == 0)
        ask(argv + 2);
    else
        fatal(EXIT_USAGE, "expected serve PORT SECONDS, or ask PORT ADDRESS PACKETS GAP_US WAIT_MS "
                          "FLOOD_MS FRAMES");
    return 0;
}
