/* bench-submit-null and bench-launch together, each "node" being an address of the loopback. */
#include "../../node/bench-driver.h"
#include "program.h"
#include "records.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NODES = 2 };

static const char *submit, *launch, *driver, *job;
static char *records_file, *log_file, *key_file, *hosts_file, *port;
static struct running nodes[NODES];

/* Nobody listens there now. */
static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &bytes), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static void end_nodes(void)
{
    for (int i = 0; i < NODES; i++)
        if (nodes[i].pid > 0)
            kill(nodes[i].pid, SIGKILL);
}

static struct running start_node(int i)
{
    return start(launch, "--listen", text("127.0.0.%d", 2 + i), port, key_file);
}

static const char *check_nodes(void);

/* Each test is a process of its own. */
static void fresh(void)
{
    records_file = scratch("jobs.rec");
    log_file = scratch("log/null.log");
    key_file = scratch("key");
    hosts_file = scratch("hosts");
    port = text("%d", free_port());
    setenv("BENCHD_RECORDS", records_file, 1);
    write_file(key_file, "a secret", 0600);
    write_file(hosts_file, "n1 127.0.0.2\nn2 127.0.0.3\n", 0644);
    for (int i = 0; i < NODES; i++)
        nodes[i] = start_node(i);
    atexit(end_nodes);
    for (int tries = 0; *check_nodes(); tries++)
        ck_assert_msg(tries < 40, "no answer from %s", check_nodes());
}

#define PLACES                                                                                     \
    "--hosts", hosts_file, "--secret", key_file, "--port", port, "--state", scratch("."),          \
        "--records", log_file

static const char *check_nodes(void)
{
    struct outcome outcome = run(submit, "check", PLACES);

    ck_assert_msg(outcome.code == 0 || outcome.code == 3, "%s", outcome.err);
    return text("%s", outcome.out);
}

#define drive_start(payload)                                                                       \
    start(driver, "--jobs", scratch("jobs"), "--records", records_file, "--payload", payload,      \
          "--job", job, "--", submit, PLACES)

static struct records drive(const char *jobs, const char *payload)
{
    write_file(scratch("jobs"), jobs, 0644);
    struct outcome outcome = program_finish(drive_start(payload));
    ck_assert_msg(outcome.code == 0, "%d: %s", outcome.code, outcome.err);
    return read_records(records_file);
}

static struct job_record of_rank(const struct records *r, enum job_record_kind kind, uint32_t index,
                                 uint32_t rank)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->items[i].kind == kind && r->items[i].index == index && r->items[i].rank == rank)
            return r->items[i];
    ck_abort_msg("no record %d of job %u on rank %u", (int)kind, index, rank);
}

#define MS    "000000"
#define LIMIT " 60000" MS

/* ------------------------------------------------------------------------------------ a stream */

START_TEST(test_jobs_run_on_their_nodes_and_all_points_are_told)
{
    fresh();
    struct records r = drive("benchd-jobs 1 3\n"
                             "0 0 1 1 5" MS " 5" MS " 0 0 -1\n"
                             "1 0 2 1 5" MS LIMIT " 0 0 -1\n"
                             "2 0 1 3 5" MS LIMIT " 0 0 -1\n",
                             "sleep");
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_START), 1 + 2 + 3);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_END), 1 + 2 + 3);
    for (uint32_t task = 0; task < 3; task++)
        ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 2, task).code, JOB_END_COMPLETED);
    ck_assert_uint_eq(of_rank(&r, JOB_RECORD_START, 1, 1).job_id, 2);
    int64_t points[] = {
        the_record(&r, JOB_RECORD_SUBMIT, 1, 0).mono_ns,
        the_record(&r, JOB_RECORD_ACCEPTED, 1, 0).mono_ns,
        the_record(&r, JOB_RECORD_ELIGIBLE, 1, 0).mono_ns,
        the_record(&r, JOB_RECORD_ALLOCATED, 1, 0).mono_ns,
        of_rank(&r, JOB_RECORD_START, 1, 0).mono_ns,
        of_rank(&r, JOB_RECORD_END, 1, 0).mono_ns,
        the_record(&r, JOB_RECORD_FREED, 1, 0).mono_ns,
    };
    for (size_t i = 1; i < sizeof(points) / sizeof(points[0]); i++)
        ck_assert_int_le(points[i - 1], points[i]);
    struct job_record finish = the_record(&r, JOB_RECORD_FINISH, 0, 0);
    ck_assert_int_gt(finish.more_ns, 0);
    ck_assert_int_gt(finish.cpu_ns, finish.more_ns);
}
END_TEST

START_TEST(test_who_came_first_is_served_first)
{
    fresh();
    struct records r = drive("benchd-jobs 1 3\n"
                             "0 0 1 1 100" MS LIMIT " 0 0 -1\n"
                             "1 0 2 1 5" MS LIMIT " 0 0 -1\n"
                             "2 0 1 1 5" MS LIMIT " 0 0 -1\n",
                             "sleep");
    /* A node is free all the while, which the second, that waits for two, does not leave to it. */
    ck_assert_int_ge(of_rank(&r, JOB_RECORD_START, 1, 0).mono_ns,
                     of_rank(&r, JOB_RECORD_END, 0, 0).mono_ns);
    ck_assert_int_ge(of_rank(&r, JOB_RECORD_START, 2, 0).mono_ns,
                     of_rank(&r, JOB_RECORD_END, 1, 0).mono_ns);
}
END_TEST

START_TEST(test_who_waits_for_another_job_holds_up_nobody)
{
    fresh();
    struct records r = drive("benchd-jobs 1 4\n"
                             "0 0 1 1 200" MS LIMIT " 0 0 -1\n"
                             "1 0 1 1 5" MS LIMIT " 0 0 0\n"
                             "2 0 1 1 5" MS LIMIT " 0 0 -1\n"
                             "3 0 1 1 5" MS LIMIT " 0 0 2\n",
                             "sleep");
    int64_t end = of_rank(&r, JOB_RECORD_END, 0, 0).mono_ns;
    ck_assert_int_ge(of_rank(&r, JOB_RECORD_START, 1, 0).mono_ns, end);
    ck_assert_int_ge(the_record(&r, JOB_RECORD_ELIGIBLE, 1, 0).mono_ns, end);
    ck_assert_int_lt(of_rank(&r, JOB_RECORD_END, 2, 0).mono_ns, end);
    ck_assert_int_ge(of_rank(&r, JOB_RECORD_START, 3, 0).mono_ns,
                     of_rank(&r, JOB_RECORD_END, 2, 0).mono_ns);
}
END_TEST

START_TEST(test_time_limit_ends_a_job)
{
    fresh();
    struct records r =
        drive("benchd-jobs 1 1\n0 0 2 1 50" MS " 50" MS " 0 0 -1\n", "command:sleep 60");
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 0).code, JOB_END_TIMEOUT);
    ck_assert_int_eq(of_rank(&r, JOB_RECORD_END, 0, 1).code, 128 + SIGTERM);
    const char *log = read_text(log_file);
    ck_assert_msg(strstr(log, "job=1 name=bd-0 task=0 nodes=2 ") && strstr(log, " state=timeout "),
                  "%s", log);
}
END_TEST

START_TEST(test_exit_code_is_told)
{
    fresh();
    struct records r = drive("benchd-jobs 1 1\n0 0 1 1 5 60000" MS " 0 0 -1\n", "command:false");
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 0).code, JOB_END_FAILED);
    const char *log = read_text(log_file);
    ck_assert_msg(strstr(log, " state=failed code=1\n"), "%s", log);
}
END_TEST

static const struct {
    const char *jobs, *why;
} refusals[] = {
    {"0 0 3 1 5" LIMIT " 0 0 -1\n", "it needs 3 nodes, and there are 2"},
    {"0 0 1 1 5" LIMIT " 0 7 -1\n", "the scheduler null has no priorities"},
    {"0 0 1 1 5" LIMIT " 0 0 -1 -1 -1 0 2 0 1\n", "the scheduler null gives whole nodes"},
    {"0 0 1 1 5" LIMIT " 0 0 -1 -1 -1 2 0 0 0\n", "the scheduler null gives whole nodes"},
    {"0 0 1 1 5" LIMIT " 0 0 -1 -1 -1 0 0 4096 0\n", "the scheduler null gives whole nodes"},
};

START_TEST(test_what_it_can_not_do_is_refused)
{
    fresh();
    write_file(scratch("jobs"), text("benchd-jobs 1 1\n%s", refusals[_i].jobs), 0644);
    struct outcome outcome = program_finish(drive_start("sleep"));
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_msg(strstr(outcome.err, refusals[_i].why), "%s", outcome.err);
    struct records r = read_records(records_file);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_REFUSED, 0, 0).code, 1);
}
END_TEST

static const char two_long[] = "benchd-jobs 1 3\n"
                               "0 0 2 1 5 60000" MS " 0 0 -1\n"
                               "1 0 2 1 5 60000" MS " 0 0 -1\n"
                               "2 0 1 1 5 60000" MS " 0 0 -1\n";

/* Jobs that began end with it, those that it is needed for can't begin, others can. */
START_TEST(test_node_that_is_lost)
{
    fresh();
    write_file(scratch("jobs"), two_long, 0644);
    write_file(scratch("sleep-once"),
               text("#!/bin/sh\nmkdir %s 2>/dev/null || exit 0\nexec sleep 60\n", scratch("slept")),
               0755);
    struct running running = drive_start(text("command:%s", scratch("sleep-once")));
    while (access(scratch("slept"), F_OK) != 0)
        usleep(10000);
    kill(nodes[1].pid, SIGKILL);
    struct outcome outcome = program_finish(running);
    ck_assert_msg(outcome.code == 0, "%d: %s", outcome.code, outcome.err);
    struct records r = read_records(records_file);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 0).code, JOB_END_NODE_FAIL);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 1, 0).code, JOB_END_NODE_FAIL);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 2, 0).code, JOB_END_COMPLETED);
}
END_TEST

static void await_end(const char *pid_file)
{
    pid_t pid = (pid_t)atol(read_text(pid_file));

    ck_assert_int_gt(pid, 1);
    for (int tries = 0; kill(pid, 0) == 0; tries++) {
        ck_assert_msg(tries < 1000, "process %d lives on", pid);
        usleep(10000);
    }
}

/* A job that writes its number down, and that of one that has left its process group. */
static char *lasting(const char *end)
{
    write_file(scratch("lasting"),
               text("#!/bin/sh\nsetsid sh -c 'echo $$ >%s; mv %s %s; exec sleep 60' &\n"
                    "while ! test -e %s; do sleep 0.01; done\necho $$ >%s; mv %s %s\n%s\n",
                    scratch("stray.1"), scratch("stray.1"), scratch("stray"), scratch("stray"),
                    scratch("pid.1"), scratch("pid.1"), scratch("pid"), end),
               0755);
    return scratch("lasting");
}

START_TEST(test_jobs_end_with_the_submitter)
{
    fresh();
    write_file(scratch("jobs"), "benchd-jobs 1 1\n0 0 1 1 5 60000" MS " 0 0 -1\n", 0644);
    struct running running = drive_start(text("command:%s", lasting("exec sleep 60")));
    while (access(scratch("pid"), F_OK) != 0)
        usleep(10000);
    kill(running.pid, SIGTERM);
    ck_assert_int_eq(program_finish(running).code, -SIGTERM);
    await_end(scratch("pid"));
    await_end(scratch("stray"));
    ck_assert_str_eq(check_nodes(), ""); /* the nodes are ready for another */
}
END_TEST

START_TEST(test_what_a_job_leaves_behind_ends_with_it)
{
    fresh();
    drive("benchd-jobs 1 1\n0 0 1 1 5 60000" MS " 0 0 -1\n", text("command:%s", lasting("exit 0")));
    await_end(scratch("stray"));
}
END_TEST

START_TEST(test_who_does_not_know_the_secret_starts_nothing)
{
    fresh();
    write_file(key_file, "a secreT", 0600);
    ck_assert_str_eq(check_nodes(), "n1, n2\n");
    write_file(key_file, "a secret and more", 0600);
    ck_assert_str_eq(check_nodes(), "n1, n2\n");
    write_file(key_file, "", 0600);
    ck_assert_str_eq(check_nodes(), "n1, n2\n");
    write_file(key_file, "a secret", 0600);
    ck_assert_str_eq(check_nodes(), "");
}
END_TEST

/* What is no frame at all, or one of a kind that is not the first, ends the connection. */
START_TEST(test_nonsense_ends_a_connection)
{
    static const unsigned char nonsense[][20] = {
        "GET / HTTP/1.1\r\n\r\n",
        {2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255},
    };
    struct sockaddr_in at = {.sin_family = AF_INET};
    char byte;

    fresh();
    at.sin_port = htons((uint16_t)atoi(port));
    ck_assert_int_eq(inet_pton(AF_INET, "127.0.0.2", &at.sin_addr), 1);
    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
        ck_assert_int_eq(write(fd, nonsense[i], 16), 16);
        ck_assert(program_await(fd));
        ck_assert_int_le(read(fd, &byte, 1), 0);
        close(fd);
    }
    ck_assert_str_eq(check_nodes(), "");
}
END_TEST

START_TEST(test_missing_node_is_told)
{
    fresh();
    kill(nodes[1].pid, SIGKILL);
    program_finish(nodes[1]);
    nodes[1].pid = 0;
    ck_assert_str_eq(check_nodes(), "n2\n");
    write_file(scratch("jobs"), "benchd-jobs 1 0\n", 0644);
    struct outcome outcome = program_finish(drive_start("sleep"));
    ck_assert_int_eq(outcome.code, BENCH_DRIVER_EXIT_ERROR);
    ck_assert_msg(strstr(outcome.err, "no answer from n2 within 5 s"), "%s", outcome.err);
}
END_TEST

/* ---------------------------------------------------------------------------- a command as a job
 */

#define run_job(...) run(submit, "run", PLACES, __VA_ARGS__)

START_TEST(test_command_runs_once_a_task_and_is_passed_on)
{
    fresh();
    setenv("COLOUR", "blue green", 1);
    struct outcome outcome =
        run_job("--nodes", "2", "--tasks", "3", "--dir", "/tmp", "--", "sh", "-c",
                "printf '%s %s %s %s %s|' \"$1\" \"$COLOUR\" $BENCHD_TASKS $BENCHD_NODES $PWD;"
                " echo err >&2",
                "x", " a\nb ");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_str_eq(outcome.out, " a\nb  blue green 3 2 /tmp| a\nb  blue green 3 2 /tmp|"
                                  " a\nb  blue green 3 2 /tmp|");
    ck_assert_str_eq(outcome.err, "err\nerr\nerr\n");
}
END_TEST

START_TEST(test_much_output_comes_whole)
{
    fresh();
    struct running running =
        start(submit, "run", PLACES, "--", "sh", "-c", "head -c 8000000 /dev/zero | tr '\\0' x");
    static char data[65536];
    size_t bytes = 0;
    for (ssize_t n; (n = read(running.out, data, sizeof(data))) > 0;)
        bytes += (size_t)n;
    ck_assert_uint_eq(bytes, 8000000);
    ck_assert_int_eq(program_finish(running).code, 0);
}
END_TEST

static const struct {
    const char *command;
    int code;
    const char *said;
} ends[] = {
    {"exit 3", 3, "task 0 ended with exit code 3"},
    {"kill -9 $$", 137, "task 0 ended with exit code 137"},
    {"/nonexistent/program", 127, "not found"},
};

START_TEST(test_end_of_a_command_is_told)
{
    fresh();
    struct outcome outcome = run_job("--", "sh", "-c", ends[_i].command);
    ck_assert_int_eq(outcome.code, ends[_i].code);
    ck_assert_msg(strstr(outcome.err, ends[_i].said), "%s", outcome.err);
}
END_TEST

START_TEST(test_missing_program_is_told)
{
    fresh();
    struct outcome outcome = run_job("--", "/nonexistent/program");
    ck_assert_int_eq(outcome.code, 127);
    ck_assert_msg(strstr(outcome.err, "run /nonexistent/program: No such file or directory"), "%s",
                  outcome.err);
}
END_TEST

START_TEST(test_task_that_ends_badly_ends_the_others)
{
    fresh();
    struct outcome outcome =
        run_job("--nodes", "2", "--", "sh", "-c", "test $BENCHD_RANK = 0 || exit 5; exec sleep 60");
    ck_assert_int_eq(outcome.code, 5);
    ck_assert_msg(strstr(outcome.err, "n2: task 1 ended with exit code 5\n"), "%s", outcome.err);
}
END_TEST

START_TEST(test_time_limit_of_a_command)
{
    fresh();
    struct outcome outcome =
        run_job("--limit-ns", "100" MS, "--", "sh", "-c", "trap '' TERM; sleep 60; sleep 60");
    ck_assert_int_eq(outcome.code, 124);
    ck_assert_msg(strstr(outcome.err, "its time limit of 0.100 s is over"), "%s", outcome.err);
}
END_TEST

START_TEST(test_one_at_a_time_and_who_waits_says_why)
{
    fresh();
    struct running first = start(submit, "run", PLACES, "--name", "a", "--", "sh", "-c",
                                 text("while ! test -e %s; do sleep 0.01; done", scratch("go")));
    char *why = scratch("null.why/b");
    usleep(200000);
    struct running second = start(submit, "run", PLACES, "--name", "b", "--", "echo", "done");
    for (int tries = 0; access(why, F_OK) != 0; tries++) {
        ck_assert_int_lt(tries, 1000);
        usleep(10000);
    }
    write_file(scratch("go"), "", 0644);
    ck_assert_int_eq(program_finish(first).code, 0);
    struct outcome outcome = program_finish(second);
    ck_assert_str_eq(outcome.out, "done\n");
    ck_assert_msg(strstr(outcome.err, "another program holds the nodes"), "%s", outcome.err);
    ck_assert_int_ne(access(why, F_OK), 0);
}
END_TEST

static const struct {
    const char *args[3];
    const char *said;
} wrong[] = {
    {{"run", NULL}, "expected -- COMMAND"},
    {{"fly", NULL}, "no such verb: fly"},
    {{"check", "more", NULL}, "unexpected 'more'"},
    {{"run", "--nodes=0", NULL}, "--nodes '0' is not a number from 1"},
};

START_TEST(test_wrong_arguments_are_told)
{
    fresh();
    const char *a = wrong[_i].args[1];
    struct outcome outcome = a ? run(submit, wrong[_i].args[0], "--hosts", hosts_file, a)
                               : run(submit, wrong[_i].args[0], "--hosts", hosts_file);
    ck_assert_int_eq(outcome.code, 2);
    ck_assert_msg(strstr(outcome.err, wrong[_i].said), "%s", outcome.err);
}
END_TEST

#define n_of(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("bench-submit-null");
    TCase *c = tcase_create("null");
    SRunner *runner = srunner_create(suite);

    submit = program_setting("BENCH_SUBMIT_NULL");
    launch = program_setting("BENCH_LAUNCH");
    driver = program_setting("BENCH_DRIVER");
    job = program_setting("BENCH_JOB");
    tcase_add_test(c, test_jobs_run_on_their_nodes_and_all_points_are_told);
    tcase_add_test(c, test_who_came_first_is_served_first);
    tcase_add_test(c, test_who_waits_for_another_job_holds_up_nobody);
    tcase_add_test(c, test_time_limit_ends_a_job);
    tcase_add_test(c, test_exit_code_is_told);
    tcase_add_loop_test(c, test_what_it_can_not_do_is_refused, 0, n_of(refusals));
    tcase_add_test(c, test_node_that_is_lost);
    tcase_add_test(c, test_jobs_end_with_the_submitter);
    tcase_add_test(c, test_what_a_job_leaves_behind_ends_with_it);
    tcase_add_test(c, test_who_does_not_know_the_secret_starts_nothing);
    tcase_add_test(c, test_nonsense_ends_a_connection);
    tcase_add_test(c, test_missing_node_is_told);
    tcase_add_test(c, test_command_runs_once_a_task_and_is_passed_on);
    tcase_add_test(c, test_much_output_comes_whole);
    tcase_add_loop_test(c, test_end_of_a_command_is_told, 0, n_of(ends));
    tcase_add_test(c, test_missing_program_is_told);
    tcase_add_test(c, test_task_that_ends_badly_ends_the_others);
    tcase_add_test(c, test_time_limit_of_a_command);
    tcase_add_test(c, test_one_at_a_time_and_who_waits_says_why);
    tcase_add_loop_test(c, test_wrong_arguments_are_told, 0, n_of(wrong));
    tcase_set_timeout(c, 60);
    suite_add_tcase(suite, c);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
