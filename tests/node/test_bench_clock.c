/* bench-clock asks itself over loopback: one clock, so the offset is known. */
#include "program.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *bench_clock;

/* A server, and the port that it took. */
static struct running serve(const char *seconds, char ret_port[16])
{
    struct running server = start(bench_clock, "serve", "0", seconds);

    ck_assert(program_await(server.out));
    ssize_t got = read(server.out, ret_port, 15);
    ck_assert_int_gt(got, 1);
    ret_port[got - 1] = '\0';
    return server;
}

START_TEST(test_one_clock_has_no_offset_within_the_bound)
{
    char port[16], address[32];
    long long offset, bound, answered;
    struct running server = serve("10", port);
    struct outcome outcome = run(bench_clock, "ask", port, "50", "127.0.0.1");

    ck_assert_int_eq(outcome.code, 0);
    ck_assert_int_eq(
        sscanf(outcome.out, "%31s %lld %lld %lld\n", address, &offset, &bound, &answered), 4);
    ck_assert_str_eq(address, "127.0.0.1");
    ck_assert_int_gt(bound, 0);
    ck_assert_int_le(llabs(offset), bound);
    ck_assert_int_ge(answered, 1);
    ck_assert_int_le(answered, 50);
    /* It was told that this was all. */
    ck_assert_int_eq(program_finish(server).code, 0);
}
END_TEST

START_TEST(test_server_ends_when_nobody_asks)
{
    char port[16];
    struct running server = serve("1", port);

    ck_assert_int_eq(program_finish(server).code, 0);
}
END_TEST

/* Of an address that is for documentation alone. */
START_TEST(test_silent_address_is_told_and_others_are_asked)
{
    char port[16];
    struct running server = serve("20", port);
    struct outcome outcome = run(bench_clock, "ask", port, "5", "127.0.0.1", "192.0.2.1");

    ck_assert_int_eq(outcome.code, 1);
    ck_assert_str_eq(outcome.err, "bench-clock: 192.0.2.1 did not answer\n");
    ck_assert_int_eq(strncmp(outcome.out, "127.0.0.1 ", 10), 0);
    ck_assert_int_eq(program_finish(server).code, 0);
}
END_TEST

/* It comes up while it is asked. */
START_TEST(test_server_may_come_up_late)
{
    char port[16];
    struct running first = serve("20", port);

    kill(first.pid, SIGKILL);
    program_finish(first);
    struct running asker = start(bench_clock, "ask", port, "5", "127.0.0.1");
    usleep(100000);
    struct running server = start(bench_clock, "serve", port, "20");
    ck_assert_int_eq(program_finish(asker).code, 0);
    ck_assert_int_eq(program_finish(server).code, 0);
}
END_TEST

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* A server whose clock is ahead, and whose way back is slow: the bound has to hold the truth. */
static void serve_other_clock(int fd, int64_t ahead_ns)
{
    struct {
        uint32_t magic, kind, number, spare;
        int64_t asked_ns, received_ns, answered_ns;
    } packet;
    struct sockaddr_in from;
    socklen_t length = sizeof(from);

    while (recvfrom(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&from, &length) > 0) {
        if (packet.kind == 2)
            _exit(0);
        packet.received_ns = packet.answered_ns = now() + ahead_ns;
        packet.kind = 1;
        usleep(2000);
        sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&from, length);
    }
}

START_TEST(test_offset_is_theirs_minus_ours)
{
    const int64_t ahead = INT64_C(5000000000);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t length = sizeof(own);
    long long offset, bound;
    char port[16];

    inet_pton(AF_INET, "127.0.0.1", &own.sin_addr);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &length), 0);
    snprintf(port, sizeof(port), "%u", ntohs(own.sin_port));
    pid_t server = fork();
    if (server == 0)
        serve_other_clock(fd, ahead);
    struct outcome outcome = run(bench_clock, "ask", port, "5", "127.0.0.1");
    kill(server, SIGKILL);
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_int_eq(sscanf(outcome.out, "%*s %lld %lld", &offset, &bound), 2);
    ck_assert_int_ge(bound, 1000000);
    ck_assert_int_le(llabs(offset - ahead), bound);
}
END_TEST

static const char *const bad_calls[][6] = {
    {NULL},
    {"serve", "1"},
    {"serve", "70000", "1"},
    {"ask", "1", "1"},
    {"ask", "1", "0", "127.0.0.1"},
    {"ask", "1", "1", "localhost"},
};

START_TEST(test_bad_call_is_told)
{
    const char *argv[8] = {bench_clock};

    memcpy(argv + 1, bad_calls[_i], sizeof(bad_calls[_i]));
    struct outcome outcome = program_finish(program_start(argv));
    ck_assert_int_eq(outcome.code, 2);
    ck_assert_str_ne(outcome.err, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench-clock");
    TCase *c = tcase_create("clocks");
    SRunner *runner = srunner_create(suite);

    bench_clock = program_setting("BENCH_CLOCK");
    tcase_add_test(c, test_one_clock_has_no_offset_within_the_bound);
    tcase_add_test(c, test_server_ends_when_nobody_asks);
    tcase_add_test(c, test_silent_address_is_told_and_others_are_asked);
    tcase_add_test(c, test_server_may_come_up_late);
    tcase_add_test(c, test_offset_is_theirs_minus_ours);
    tcase_add_loop_test(c, test_bad_call_is_told, 0, sizeof(bad_calls) / sizeof(bad_calls[0]));
    tcase_set_timeout(c, 60);
    suite_add_tcase(suite, c);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
