#include "lib/base/clock.h"
#include "lib/base/proc.h"
#include "tests/base/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#define ARGV(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define SH(script) ARGV("sh", "-c", script)

static int open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(dir);
    int n = 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Runs and holds that nothing is left open, whatever comes out. */
static int run(const struct bd_proc *proc, struct bd_proc_result *ret, struct bd_err *err)
{
    int before = open_descriptors();
    int rc = bd_proc_run(proc, ret, err);
    ck_assert_int_eq(open_descriptors(), before);
    return rc;
}

START_TEST(exit_code_and_both_streams)
{
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = SH("echo out; echo err >&2; exit 7")};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_int_eq(r.exit_code, 7);
    ck_assert_int_eq(r.signal, 0);
    ck_assert_str_eq(bd_str_text(&r.out), "out\n");
    ck_assert_str_eq(bd_str_text(&r.err), "err\n");
    ck_assert(!r.truncated);
}
END_TEST

START_TEST(a_signal_is_told_from_an_exit_code)
{
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = SH("kill -9 $$")};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_int_eq(r.exit_code, -1);
    ck_assert_int_eq(r.signal, SIGKILL);
}
END_TEST

START_TEST(arguments_are_never_a_shells)
{
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = ARGV("printf", "<%s>", "a b", "$(id)", "; rm -rf x", "", "'\"")};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_str_eq(bd_str_text(&r.out), "<a b><$(id)><; rm -rf x><><'\">");
}
END_TEST

START_TEST(what_can_not_be_started_is_an_error)
{
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_err err = BD_ERR_INIT;
    struct bd_proc proc = {
        .argv = ARGV("no-such-program-anywhere"), .input = "x", .input_bytes = 1};
    ck_assert_int_eq(run(&proc, &r, &err), -ENOENT);
    ck_assert_str_eq(err.text, "start no-such-program-anywhere: No such file or directory");
    ck_assert_int_eq(r.exit_code, -1);
    proc.argv = ARGV("/etc/passwd");
    ck_assert_int_eq(run(&proc, &r, &err), -EACCES);
}
END_TEST

START_TEST(stdin_is_empty_where_none_is_given)
{
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = SH("readlink /proc/self/fd/0; cat")};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_str_eq(bd_str_text(&r.out), "/dev/null\n");
}
END_TEST

static int count_bytes(enum bd_stream stream, const char *data, size_t bytes, void *arg)
{
    (void)data;
    ck_assert_int_eq(stream, BD_STDOUT);
    *(size_t *)arg += bytes;
    return 0;
}

/* More than a pipe holds in both directions at once. */
START_TEST(much_input_meets_much_output)
{
    size_t bytes = 5000000, got = 0;
    bd_auto_free char *input = bd_xmalloc(bytes);
    memset(input, 'i', bytes);
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = ARGV("cat"),
                           .input = input,
                           .input_bytes = bytes,
                           .on_output = count_bytes,
                           .arg = &got};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_uint_eq(got, bytes);
    ck_assert_str_eq(bd_str_text(&r.out), "");
}
END_TEST

START_TEST(input_that_is_not_read_harms_nobody)
{
    size_t bytes = 5000000;
    bd_auto_free char *input = bd_xcalloc(1, bytes);
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = ARGV("true"), .input = input, .input_bytes = bytes};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_int_eq(r.exit_code, 0);
}
END_TEST

START_TEST(a_descriptor_as_stdin_stays_ours)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write(ends[1], "piped", 5), 5);
    close(ends[1]);
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = ARGV("cat"), .input_fd = ends[0]};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_str_eq(bd_str_text(&r.out), "piped");
    ck_assert_int_eq(close(ends[0]), 0);
}
END_TEST

START_TEST(the_environment_is_the_one_given)
{
    setenv("OURS", "1", 1);
    bd_auto_proc_result struct bd_proc_result given, inherited;
    struct bd_proc proc = {.argv = ARGV("env"), .env = ARGV("A=b", "C=d e")};
    ck_assert_int_eq(run(&proc, &given, NULL), 0);
    ck_assert_str_eq(bd_str_text(&given.out), "A=b\nC=d e\n");
    proc.env = NULL;
    ck_assert_int_eq(run(&proc, &inherited, NULL), 0);
    ck_assert_ptr_nonnull(strstr(bd_str_text(&inherited.out), "OURS=1\n"));
}
END_TEST

START_TEST(only_descriptors_that_are_passed_arrive)
{
    /* Check, and who started it, may have left some open that are not close-on-exec. */
    ck_assert_int_eq(close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), 0);
    int kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int high = fcntl(kept, F_DUPFD_CLOEXEC, 40);
    int passed[] = {high, -1};
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {
        .argv = SH("for n in $(seq 0 99); do test ! -e /proc/$$/fd/$n || echo $n; done"),
        .pass_fds = passed};
    ck_assert_int_ge(kept, 3);
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    bd_auto_free char *expected = bd_xasprintf("0\n1\n2\n%d\n", high);
    ck_assert_str_eq(bd_str_text(&r.out), expected);
    ck_assert_int_eq(fcntl(high, F_GETFD), FD_CLOEXEC); /* here it is as it was */
}
END_TEST

START_TEST(signals_are_reset_and_the_group_is_its_own)
{
    /* glibc's posix_spawn leaves the two signals that it keeps for itself, 32 and 33, ignored. */
    const unsigned long long glibcs_own = 3ULL << 31;
    sigset_t all;
    sigfillset(&all);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = ARGV("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    unsigned long long blocked = 0, ignored = 0;
    ck_assert_int_eq(sscanf(bd_str_text(&r.out), "SigBlk: %llx SigIgn: %llx", &blocked, &ignored),
                     2);
    ck_assert_uint_eq(blocked, 0);
    ck_assert_uint_eq(ignored & ~glibcs_own, 0);
    bd_proc_result_done(&r);
    proc.argv = SH("test $(cut -d' ' -f5 /proc/$$/stat) = $$");
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_int_eq(r.exit_code, 0);
}
END_TEST

START_TEST(kept_output_is_cut_at_a_mebibyte)
{
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = SH("head -c 3000000 /dev/zero; echo done >&2")};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_uint_eq(r.out.len, 1 << 20);
    ck_assert(r.truncated);
    ck_assert_int_eq(r.exit_code, 0);
    ck_assert_str_eq(bd_str_text(&r.err), "done\n");
}
END_TEST

/* Whether the process that the text begins with the number of is gone; waits for it to be. */
static bool is_gone(const char *text)
{
    pid_t pid = (pid_t)strtol(text, NULL, 10);
    ck_assert_int_gt(pid, 1);
    for (int i = 0; i < 1000; i++) {
        char path[32], state = 'Z';
        snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        FILE *f = fopen(path, "re"); /* a zombie is gone too: who adopts it need not be quick */
        if (!f)
            return true;
        if (fscanf(f, "%*d %*s %c", &state) != 1)
            state = 'Z';
        fclose(f);
        if (state == 'Z')
            return true;
        bd_sleep_ns(10 * BD_NS_PER_MS);
    }
    return false;
}

START_TEST(a_timeout_ends_it)
{
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_err err = BD_ERR_INIT;
    struct bd_proc proc = {.argv = ARGV("sleep", "1000"), .timeout_ns = 50 * BD_NS_PER_MS};
    ck_assert_int_eq(run(&proc, &r, &err), BD_ETIMEOUT);
    ck_assert_str_eq(err.text, "sleep: ended, as it ran longer than 0.05 s");
    ck_assert_int_eq(r.signal, SIGTERM);
}
END_TEST

/* Cancels at the first words, so that the program is as far as it says. */
struct listener {
    struct bd_cancel *cancel;
    struct bd_str heard;
};

static int cancel_on_output(enum bd_stream stream, const char *data, size_t bytes, void *arg)
{
    struct listener *l = arg;
    if (stream == BD_STDERR) /* a shell may tell there that its child was ended */
        return 0;
    bd_str_addn(&l->heard, data, bytes);
    bd_cancel_set(l->cancel, BD_ECANCELLED, "asked by a user");
    return 0;
}

/* Runs a script until its first words; answers all of them (free()). */
static char *run_cancelled(const char *script, struct bd_proc_result *r)
{
    bd_auto(cancel) struct bd_cancel *c = bd_cancel_new();
    struct listener l = {.cancel = c};
    struct bd_proc proc = {
        .argv = SH(script), .cancel = c, .on_output = cancel_on_output, .arg = &l};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(run(&proc, r, &err), BD_ECANCELLED);
    ck_assert_str_eq(err.text, "sh: asked by a user");
    return bd_str_take(&l.heard);
}

START_TEST(a_cancel_ends_the_whole_group)
{
    bd_auto_proc_result struct bd_proc_result r;
    bd_auto_free char *heard = run_cancelled("sleep 1000 & echo $!; wait", &r);
    ck_assert_int_eq(r.signal, SIGTERM);
    ck_assert(is_gone(heard));
}
END_TEST

START_TEST(who_does_not_listen_is_killed)
{
    bd_auto_proc_result struct bd_proc_result r;
    bd_auto_free char *heard =
        run_cancelled("trap '' TERM; sleep 1000 & echo $!; while :; do sleep 0.1; done", &r);
    ck_assert_int_eq(r.signal, SIGKILL);
    ck_assert(is_gone(heard));
}
END_TEST

START_TEST(a_program_may_end_in_order_when_told_to)
{
    bd_auto_proc_result struct bd_proc_result r;
    bd_auto_free char *heard = run_cancelled(
        "trap 'echo tidied; exit 3' TERM; echo started; while :; do sleep 0.02; done", &r);
    ck_assert_int_eq(r.exit_code, 3);
    ck_assert_str_eq(heard, "started\ntidied\n");
}
END_TEST

static void *cancel_soon(void *arg)
{
    bd_sleep_ns(50 * BD_NS_PER_MS);
    bd_cancel_set(arg, BD_ECANCELLED, "from another thread");
    return NULL;
}

START_TEST(a_cancel_from_another_thread_wakes_the_wait)
{
    bd_auto(cancel) struct bd_cancel *c = bd_cancel_new();
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = ARGV("sleep", "1000"), .cancel = c};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, c), 0);
    ck_assert_int_eq(bd_proc_run(&proc, &r, NULL), BD_ECANCELLED);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(what_is_cancelled_or_overdue_before_is_not_started)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *file = bd_xasprintf("%s/started", dir);
    bd_auto(cancel) struct bd_cancel *c = bd_cancel_new();
    bd_cancel_set(c, BD_ETIMEOUT, "the deadline of the step");
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = ARGV("touch", file), .cancel = c};
    ck_assert_int_eq(run(&proc, &r, NULL), BD_ETIMEOUT);
    proc.cancel = NULL;
    proc.timeout_ns = -1;
    ck_assert_int_eq(run(&proc, &r, NULL), BD_ETIMEOUT);
    ck_assert_int_eq(r.exit_code, -1);
    ck_assert_int_eq(r.signal, 0);
    ck_assert(!bd_exists(file));
    unit_dir_done(bd_take(dir));
}
END_TEST

static int refuse(enum bd_stream stream, const char *data, size_t bytes, void *arg)
{
    (void)stream;
    (void)data;
    (void)bytes;
    ++*(int *)arg;
    return -EPIPE;
}

START_TEST(refused_output_ends_it_and_is_the_result)
{
    int calls = 0;
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_err err = BD_ERR_INIT;
    struct bd_proc proc = {.argv = ARGV("yes"), .on_output = refuse, .arg = &calls};
    ck_assert_int_eq(run(&proc, &r, &err), -EPIPE);
    ck_assert_int_eq(err.code, -EPIPE);
    ck_assert_int_eq(calls, 1);
    proc.argv = ARGV("echo", "last words of one that has ended");
    ck_assert_int_eq(run(&proc, &r, &err), -EPIPE);
    ck_assert_int_eq(calls, 2);
}
END_TEST

/* Without a timeout: were the pipe's end waited for, Check's would strike. */
START_TEST(a_background_child_that_keeps_the_pipe_is_not_waited_for)
{
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = SH("sleep 1000 & echo $!; exit 4")};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    ck_assert_int_eq(r.exit_code, 4);
    pid_t left = (pid_t)strtol(bd_str_text(&r.out), NULL, 10);
    ck_assert_int_gt(left, 1);
    ck_assert_int_eq(kill(left, SIGKILL), 0); /* it lives on: this program ended by itself */
}
END_TEST

START_TEST(one_that_goes_on_writing_is_not_listened_to_for_ever)
{
    bd_auto_proc_result struct bd_proc_result r;
    struct bd_proc proc = {.argv = SH("yes & echo $! >&2")};
    ck_assert_int_eq(run(&proc, &r, NULL), 0);
    pid_t left = (pid_t)strtol(bd_str_text(&r.err), NULL, 10);
    ck_assert_int_gt(left, 1);
    kill(left, SIGKILL); /* or SIGPIPE was faster */
}
END_TEST

START_TEST(all_that_was_said_before_the_end_is_heard)
{
    for (int i = 0; i < 50; i++) {
        bd_auto_proc_result struct bd_proc_result r;
        struct bd_proc proc = {.argv = ARGV("head", "-c", "200000", "/dev/zero")};
        ck_assert_int_eq(bd_proc_run(&proc, &r, NULL), 0);
        ck_assert_uint_eq(r.out.len, 200000);
    }
}
END_TEST

START_TEST(check_wants_success)
{
    bd_auto_str struct bd_str out = {0};
    bd_str_add(&out, "old");
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_proc_check(SH("echo bad; exit 1"), 0, NULL, &out, &err), BD_ECHILD);
    ck_assert_str_eq(err.text, "'sh -c echo bad; exit 1' failed with exit code 1: bad");
    ck_assert_str_eq(out.data, "old");
    ck_assert_int_eq(bd_proc_check(ARGV("echo", "good"), 0, NULL, &out, &err), 0);
    ck_assert_str_eq(out.data, "good\n");
    ck_assert_int_eq(bd_proc_check(ARGV("true"), 0, NULL, NULL, NULL), 0);
    ck_assert_int_eq(bd_proc_check(ARGV("false"), 0, NULL, NULL, NULL), BD_ECHILD);
    ck_assert_int_eq(bd_proc_check(ARGV("no-such-program-anywhere"), 0, NULL, NULL, &err), -ENOENT);
    ck_assert_int_eq(bd_proc_check(SH("kill -9 $$"), 0, NULL, NULL, &err), BD_ECHILD);
    ck_assert_str_eq(err.text, "'sh -c kill -9 $$' was ended by signal 9 (Killed)");
    const char *const *much = ARGV("head", "-c", "2000000", "/dev/zero");
    ck_assert_int_eq(bd_proc_check(much, 0, NULL, &out, &err), -EFBIG);
    ck_assert_int_eq(bd_proc_check(much, 0, NULL, NULL, &err), 0);
}
END_TEST

START_TEST(the_last_words_are_the_last_and_of_stderr)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_proc_check(SH("echo ignored; seq 10000 >&2; echo the end >&2; exit 2"), 0,
                                   NULL, NULL, &err),
                     BD_ECHILD);
    ck_assert(bd_ends_with(err.text, "9999 10000 the end"));
    ck_assert_ptr_null(strstr(err.text, "ignored 1"));
    ck_assert_int_eq(
        bd_proc_check(SH("echo waiting for n3; sleep 1000"), 2 * BD_NS_PER_S, NULL, NULL, &err),
        BD_ETIMEOUT);
    ck_assert_str_eq(err.text, "sh: ended, as it ran longer than 2 s; it said: waiting for n3");
}
END_TEST

UNIT_MAIN("proc", exit_code_and_both_streams, a_signal_is_told_from_an_exit_code,
          arguments_are_never_a_shells, what_can_not_be_started_is_an_error,
          stdin_is_empty_where_none_is_given, much_input_meets_much_output,
          input_that_is_not_read_harms_nobody, a_descriptor_as_stdin_stays_ours,
          the_environment_is_the_one_given, only_descriptors_that_are_passed_arrive,
          signals_are_reset_and_the_group_is_its_own, kept_output_is_cut_at_a_mebibyte,
          a_timeout_ends_it, a_cancel_ends_the_whole_group, who_does_not_listen_is_killed,
          a_program_may_end_in_order_when_told_to, a_cancel_from_another_thread_wakes_the_wait,
          what_is_cancelled_or_overdue_before_is_not_started,
          refused_output_ends_it_and_is_the_result,
          a_background_child_that_keeps_the_pipe_is_not_waited_for,
          one_that_goes_on_writing_is_not_listened_to_for_ever,
          all_that_was_said_before_the_end_is_heard, check_wants_success,
          the_last_words_are_the_last_and_of_stderr)
