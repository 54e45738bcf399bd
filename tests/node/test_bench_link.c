/* bench-link asks itself over loopback: nothing is lost there, and much gets through. */
#include "program.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *bench_link;

/* A server, and the port that it took. */
static struct running serve(const char *seconds, char ret_port[16])
{
    struct running server = start(bench_link, "serve", "0", seconds);

    ck_assert(program_await(server.out));
    ssize_t got = read(server.out, ret_port, 15);
    ck_assert_int_gt(got, 1);
    ret_port[got - 1] = '\0';
    return server;
}

struct answer {
    long long sent, answered, median_ns, deviation_ns, frames;
    double rate;
};

static struct answer answer_of(struct outcome outcome)
{
    struct answer a = {0};

    ck_assert_msg(outcome.code == 0, "%s", outcome.err);
    ck_assert_int_eq(sscanf(outcome.out, "%lld %lld %lld %lld %lld %lf\n", &a.sent, &a.answered,
                            &a.median_ns, &a.deviation_ns, &a.frames, &a.rate),
                     6);
    return a;
}

static const char *const bundles[] = {"1", "43"};

START_TEST(test_ways_and_rate_are_told)
{
    char port[16];
    struct running server = serve("10", port);
    struct answer a = answer_of(
        run(bench_link, "ask", port, "127.0.0.1", "50", "500", "1000", "200", bundles[_i]));

    ck_assert_int_eq(a.sent, 50);
    ck_assert_int_eq(a.answered, 50);
    ck_assert_int_gt(a.median_ns, 0);
    ck_assert_int_gt(a.frames, 0);
    ck_assert_double_gt(a.rate, 0);
    /* It was told that this was all. */
    ck_assert_int_eq(program_finish(server).code, 0);
}
END_TEST

START_TEST(test_without_a_flood_there_is_no_rate)
{
    char port[16];
    struct running server = serve("10", port);
    struct answer a =
        answer_of(run(bench_link, "ask", port, "127.0.0.1", "5", "500", "1000", "0", "1"));

    ck_assert_int_eq(a.answered, 5);
    ck_assert_int_eq(a.frames, 0);
    ck_assert(a.rate <= 0);
    ck_assert_int_eq(program_finish(server).code, 0);
}
END_TEST

/* One that was cut off is still there, and the next has to get the questions. */
START_TEST(test_latest_server_is_asked)
{
    char port[16];
    struct running first = serve("30", port);
    struct running second = start(bench_link, "serve", port, "30");

    ck_assert(program_await(second.out));
    answer_of(run(bench_link, "ask", port, "127.0.0.1", "5", "500", "1000", "0", "1"));
    ck_assert_int_eq(program_finish(second).code, 0);
    kill(first.pid, SIGKILL);
    program_finish(first);
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
START_TEST(test_silence_is_told)
{
    struct outcome outcome =
        run(bench_link, "ask", "7", "192.0.2.1", "5", "500", "100", "200", "1");

    ck_assert_int_eq(outcome.code, 1);
    ck_assert_str_ne(outcome.err, "");
    ck_assert_str_eq(outcome.out, "");
}
END_TEST

static const char *const bad_calls[][9] = {
    {NULL},
    {"serve", "1"},
    {"serve", "70000", "1"},
    {"ask", "1", "127.0.0.1"},
    {"ask", "1", "localhost", "5", "500", "100", "200", "1"},
    {"ask", "1", "127.0.0.1", "0", "500", "100", "200", "1"},
    {"ask", "1", "127.0.0.1", "5", "1", "100", "200", "1"},
    {"ask", "1", "127.0.0.1", "5", "500", "100", "200", "44"},
};

START_TEST(test_bad_call_is_told)
{
    const char *argv[11] = {bench_link};

    memcpy(argv + 1, bad_calls[_i], sizeof(bad_calls[_i]));
    struct outcome outcome = program_finish(program_start(argv));
    ck_assert_int_eq(outcome.code, 2);
    ck_assert_str_ne(outcome.err, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench-link");
    TCase *c = tcase_create("links");
    SRunner *runner = srunner_create(suite);

    bench_link = program_setting("BENCH_LINK");
    tcase_add_loop_test(c, test_ways_and_rate_are_told, 0, sizeof(bundles) / sizeof(bundles[0]));
    tcase_add_test(c, test_without_a_flood_there_is_no_rate);
    tcase_add_test(c, test_latest_server_is_asked);
    tcase_add_test(c, test_server_ends_when_nobody_asks);
    tcase_add_test(c, test_silence_is_told);
    tcase_add_loop_test(c, test_bad_call_is_told, 0, sizeof(bad_calls) / sizeof(bad_calls[0]));
    tcase_set_timeout(c, 60);
    suite_add_tcase(suite, c);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
