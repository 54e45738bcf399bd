/*
 * bench-wait ADDRESS PORT MILLISECONDS: waits in a node until something listens on ADDRESS:PORT, at
 * most so long. Exit code 0 when it does, 1 when the time is over, 2 for wrong arguments.
 *
 * A scheduler's daemon that starts before its controller tries again after a whole second or more.
 * One that is started by this first joins within a few milliseconds of the controller's start, so
 * that what is measured as bring-up is not a daemon's patience.
 */
#include "fatal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A peer that is not up yet does not even answer the question for its hardware address. */
#define ANSWER_MS 100
/* Between two tries: short at first, then sparing the CPUs that the controller needs to come up. */
#define PAUSE_FIRST_MS 10
#define PAUSE_MOST_MS  40

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long number(const char *text, long least, long most)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end || value < least || value > most)
        fatal(2, "'%s' is not a number from %ld to %ld", text, least, most);
    return value;
}

static bool listens(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct pollfd answer = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t bytes = sizeof(error);

    if (fd < 0)
        fatal_errno(1, "can't make a socket");
    bool yes = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    if (!yes && errno == EINPROGRESS && poll(&answer, 1, ANSWER_MS) == 1)
        yes = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 && error == 0;
    close(fd);
    return yes;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        fatal(2, "expected ADDRESS PORT MILLISECONDS");
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
        fatal(2, "'%s' is not an IPv4 address", argv[1]);
    address.sin_port = htons((unsigned short)number(argv[2], 1, 65535));
    long end = now_ms() + number(argv[3], 0, 3600000);

    for (long pause = PAUSE_FIRST_MS; !listens(&address);) {
        if (now_ms() >= end)
            fatal(1, "nothing listens on %s port %s after %s ms", argv[1], argv[2], argv[3]);
        nanosleep(&(struct timespec){.tv_nsec = pause * 1000000}, NULL);
        if (pause < PAUSE_MOST_MS)
            pause += PAUSE_FIRST_MS;
    }
    return 0;
}
