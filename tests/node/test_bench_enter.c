/* bench-enter on the host: its options, exit codes, and what the command gets. Needs no root. */
#include "../../node/bench-enter.h"
#include "program.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *enter;

static void find_program(void)
{
    enter = program_setting("BENCH_ENTER");
}

static void assert_own_failure(const struct outcome *outcome, const char *said)
{
    const char *newline = strchr(outcome->err, '\n');

    ck_assert_int_eq(outcome->code, BENCH_ENTER_EXIT_FAILED);
    ck_assert_msg(strncmp(outcome->err, "bench-enter: ", 13) == 0, "said: %s", outcome->err);
    ck_assert_msg(strstr(outcome->err, said), "said: %s", outcome->err);
    ck_assert_msg(newline && !newline[1], "not one line: %s", outcome->err);
    ck_assert_str_eq(outcome->out, "");
}

static const struct {
    const char *argv[6];
    const char *said;
} bad_calls[] = {
    {{NULL}, "no command"},
    {{"--", NULL}, "no command"},
    {{"--cwd", NULL}, "requires an argument"},
    {{"--no-such", "true", NULL}, "--no-such"},
    {{"--uid", "0", "true", NULL}, "go together"},
    {{"--gid", "0", "true", NULL}, "go together"},
    {{"--uid", "-1", "--gid", "0", "true", NULL}, "not a number"},
    {{"--uid", "4294967295", "--gid", "0", "true"}, "not a number"},
    {{"--uid", "", "true", NULL}, "not a number"},
    {{"--uid", "root", "true", NULL}, "not a number"},
    {{"--setenv", "NAME", "true", NULL}, "NAME=VALUE"},
    {{"--setenv", "=value", "true", NULL}, "NAME=VALUE"},
    {{"--pidfd", "x", "true", NULL}, "not a number"},
    {{"--pidfd", "0", "true", NULL}, "not an open pidfd"},
    {{"--pidfd", "999999", "true", NULL}, "not an open pidfd"},
    {{"--cgroup", "/nonexistent", "true", NULL},
     "with what it starts: No such file or directory ("},
    {{"--cwd", "/nonexistent", "true", NULL},
     "can't work in /nonexistent: No such file or directory; name a directory"},
    {{"--pdeathsig=1", "true", NULL}, "process 1 is not the parent"},
};

START_TEST(test_bad_call_is_told_in_one_line)
{
    const char *argv[8] = {enter};

    memcpy(argv + 1, bad_calls[_i].argv, sizeof(bad_calls[_i].argv));
    struct outcome outcome = program_finish(program_start(argv));
    assert_own_failure(&outcome, bad_calls[_i].said);
}
END_TEST

START_TEST(test_pidfd_of_ended_process_is_told)
{
    char number[16];
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    int fd = pidfd_open(child, 0);
    ck_assert_int_ge(fd, 0);
    waitpid(child, NULL, 0);
    fcntl(fd, F_SETFD, 0);
    snprintf(number, sizeof(number), "%d", fd);
    struct outcome outcome = run(enter, "--pidfd", number, "true");
    assert_own_failure(&outcome, "the node has ended; look at the cluster");
}
END_TEST

/* What a user may get to read has neither this program's options nor paths of the host. */
START_TEST(test_messages_are_for_people_who_know_nothing_of_it)
{
    const struct outcome outcomes[] = {
        run(enter, "--cgroup", "/nonexistent", "true"),
        run(enter, "--cwd", "/nonexistent", "true"),
        run(enter, "no-such-command"),
    };
    static const char *const words[] = {"cgroup", "/proc", "pidfd", "--", "init", "namespace"};

    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
            ck_assert_msg(!strstr(outcomes[i].err, words[j]), "'%s' in: %s", words[j],
                          outcomes[i].err);
}
END_TEST

START_TEST(test_exit_code_is_the_commands)
{
    ck_assert_int_eq(run(enter, "true").code, 0);
    ck_assert_int_eq(run(enter, "--", "sh", "-c", "exit 42").code, 42);
    ck_assert_int_eq(run(enter, "sh", "-c", "kill -TERM $$").code, -SIGTERM);
}
END_TEST

START_TEST(test_command_that_cannot_start_is_told)
{
    struct outcome missing = run(enter, "--clearenv", "no-such-command"),
                   closed = run(enter, "/etc/passwd");

    ck_assert_int_eq(missing.code, BENCH_ENTER_EXIT_NOT_FOUND);
    ck_assert_str_eq(missing.err, "benchd: can't run no-such-command: "
                                  "No such file or directory\n");
    ck_assert_int_eq(closed.code, BENCH_ENTER_EXIT_NOT_EXECUTABLE);
    ck_assert_str_eq(closed.err, "benchd: can't run /etc/passwd: Permission denied\n");
}
END_TEST

START_TEST(test_arguments_and_options_of_the_command_stay_its_own)
{
    struct outcome outcome = run(enter, "printf", "%s|", "--uid", "a b", "", "$HOME");

    ck_assert_str_eq(outcome.out, "--uid|a b||$HOME|");
}
END_TEST

START_TEST(test_environment_is_as_told)
{
    setenv("BENCH_TEST_KEPT", "yes", 1);
    ck_assert_str_eq(run(enter, "--setenv", "A=1=2", "--setenv", "B=", "--clearenv", "env").out,
                     "A=1=2\nB=\nPATH=" BENCH_ENTER_PATH "\n");
    ck_assert_str_eq(run(enter, "sh", "-c", "echo $BENCH_TEST_KEPT").out, "yes\n");
    ck_assert_str_eq(
        run(enter, "--setenv", "BENCH_TEST_KEPT=no", "sh", "-c", "echo $BENCH_TEST_KEPT").out,
        "no\n");
}
END_TEST

START_TEST(test_command_is_looked_up_by_its_own_path)
{
    ck_assert_int_eq(run(enter, "--setenv", "PATH=/nonexistent", "true").code,
                     BENCH_ENTER_EXIT_NOT_FOUND);
    ck_assert_int_eq(run(enter, "--clearenv", "true").code, 0);
}
END_TEST

START_TEST(test_command_gets_three_descriptors)
{
    for (int i = 0; i < 5; i++)
        ck_assert_int_ge(open("/dev/null", O_RDONLY), 0); /* O_CLOEXEC left out: to be inherited */
    /* 3 is the directory that ls reads. */
    ck_assert_str_eq(run(enter, "ls", "/proc/self/fd").out, "0\n1\n2\n3\n");
}
END_TEST

START_TEST(test_command_gets_no_signal_blocked_or_ignored)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* the test waits for the program */
    ck_assert_str_eq(run(enter, "grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status").out,
                     "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}
END_TEST

START_TEST(test_working_directory_is_as_told)
{
    ck_assert_str_eq(run(enter, "--cwd", "/usr", "--clearenv", "pwd").out, "/usr\n");
}
END_TEST

START_TEST(test_command_dies_with_the_parent)
{
    int life[2];
    char byte;

    ck_assert_int_eq(pipe(life), 0);
    pid_t parent = fork();
    if (parent == 0) {
        char option[32];
        snprintf(option, sizeof(option), "--pdeathsig=%d", (int)getpid());
        if (fork() == 0) {
            dup2(life[1], STDOUT_FILENO);
            execl(enter, enter, option, "sh", "-c", "echo; exec sleep 1000", NULL);
            _exit(200);
        }
        pause();
    }
    close(life[1]);
    ck_assert(program_await(life[0]));
    ck_assert_int_eq(read(life[0], &byte, 1), 1);
    kill(parent, SIGKILL);
    ck_assert_msg(program_await(life[0]), "the command outlives the parent");
    ck_assert_int_eq(read(life[0], &byte, 1), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench-enter");
    TCase *calls = tcase_create("host");
    SRunner *runner = srunner_create(suite);

    find_program();
    tcase_add_loop_test(calls, test_bad_call_is_told_in_one_line, 0,
                        sizeof(bad_calls) / sizeof(bad_calls[0]));
    tcase_add_test(calls, test_pidfd_of_ended_process_is_told);
    tcase_add_test(calls, test_messages_are_for_people_who_know_nothing_of_it);
    tcase_add_test(calls, test_exit_code_is_the_commands);
    tcase_add_test(calls, test_command_that_cannot_start_is_told);
    tcase_add_test(calls, test_arguments_and_options_of_the_command_stay_its_own);
    tcase_add_test(calls, test_environment_is_as_told);
    tcase_add_test(calls, test_command_is_looked_up_by_its_own_path);
    tcase_add_test(calls, test_command_gets_three_descriptors);
    tcase_add_test(calls, test_command_gets_no_signal_blocked_or_ignored);
    tcase_add_test(calls, test_working_directory_is_as_told);
    tcase_add_test(calls, test_command_dies_with_the_parent);
    tcase_set_timeout(calls, 30);
    suite_add_tcase(suite, calls);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
