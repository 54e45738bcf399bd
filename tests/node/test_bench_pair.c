/* bench-pair between two of its own: a server and a client that know nothing of each other. */
#include "program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *bench_pair, *place;

/* A server that says what it is asked on, and a client that asks by the name it was given. */
static const char server[] = "#!/usr/bin/env python3\n"
                             "import socket, sys\n"
                             "with socket.create_server(('', int(sys.argv[1]))) as s:\n"
                             "    while True:\n"
                             "        c, _ = s.accept()\n"
                             "        c.sendall(b'served on %s\\n' % sys.argv[1].encode())\n"
                             "        c.close()\n";
static const char client[] = "#!/usr/bin/env python3\n"
                             "import socket, sys\n"
                             "assert sys.argv[1] == socket.gethostname()\n"
                             "c = socket.create_connection(('127.0.0.1', int(sys.argv[2])))\n"
                             "print(c.recv(100).decode(), *sys.argv[3:], flush=True)\n"
                             "sys.exit(int(sys.argv[3]))\n";

static void write_program(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (!file || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path, 0755) != 0)
        abort();
}

/* Somewhere that nothing listens on, as far as one can tell. */
static const char *port(void)
{
    static char text[8];

    snprintf(text, sizeof(text), "%d", 20000 + (int)(getpid() % 10000));
    return text;
}

/* Task `rank` of so many, by the variables that this scheduler has. */
static struct running task(const char *scheduler, const char *rank, const char *tasks,
                           const char *server_path, const char *code)
{
    static const struct {
        const char *scheduler, *rank, *tasks, *job;
    } names[] = {{"", "BENCHD_RANK=", "BENCHD_TASKS=", "BENCHD_JOB_ID=7"},
                 {"slurm", "SLURM_PROCID=", "SLURM_NTASKS=", "SLURM_JOB_ID=7"},
                 {"flux", "FLUX_TASK_RANK=", "FLUX_JOB_SIZE=", "FLUX_JOB_ID=f7"},
                 {"mpirun", "PMIX_RANK=", "OMPI_COMM_WORLD_SIZE=", "PMIX_NAMESPACE=7"}};
    char r[64], t[64], shared[256];
    size_t i = 0;

    while (strcmp(names[i].scheduler, scheduler) != 0)
        i++;
    snprintf(r, sizeof(r), "%s%s", names[i].rank, rank);
    snprintf(t, sizeof(t), "%s%s", names[i].tasks, tasks);
    snprintf(shared, sizeof(shared), "BENCHD_SHARED=%s", place);
    return start("/usr/bin/env", r, t, names[i].job, shared, bench_pair, port(), server_path,
                 "./client", code, "more words");
}

static void check_nothing_left(void)
{
    char pattern[300];

    snprintf(pattern, sizeof(pattern), "ls -d %s/benchd-pair-* 2>/dev/null", place);
    ck_assert_int_ne(run("/bin/sh", "-c", pattern).code, 0);
}

START_TEST(test_a_client_is_served)
{
    static const char *const schedulers[] = {"", "slurm", "flux", "mpirun"};
    struct running even = task(schedulers[_i], "0", "2", "./server", "0");
    struct outcome odd = program_finish(task(schedulers[_i], "1", "2", "./server", "0"));
    char expected[64];

    snprintf(expected, sizeof(expected), "served on %s\n 0 more words\n", port());
    ck_assert_str_eq(odd.err, "");
    ck_assert_int_eq(odd.code, 0);
    ck_assert_str_eq(odd.out, expected);
    ck_assert_int_eq(program_finish(even).code, 0);
    check_nothing_left();
}
END_TEST

START_TEST(test_a_client_that_fails_ends_both)
{
    struct running even = task("", "2", "4", "./server", "3");
    struct outcome odd = program_finish(task("", "3", "4", "./server", "3"));
    char expected[64];

    snprintf(expected, sizeof(expected), "served on %d\n", atoi(port()) + 1);
    ck_assert_ptr_nonnull(strstr(odd.out, expected)); /* the second pair */
    ck_assert_int_eq(odd.code, 3);
    ck_assert_int_eq(program_finish(even).code, 0);
    check_nothing_left();
}
END_TEST

START_TEST(test_a_server_that_ends_is_told)
{
    struct outcome even = program_finish(task("", "0", "2", "/bin/true", "0"));

    ck_assert_int_eq(even.code, 1);
    ck_assert_ptr_nonnull(
        strstr(even.err, "bench-pair: the server /bin/true has ended before it listened on port"));
    check_nothing_left();
}
END_TEST

START_TEST(test_what_is_missing_is_told)
{
    struct outcome odd = program_finish(task("", "0", "3", "./server", "0"));
    struct outcome nothing = run(bench_pair, "1", "a", "b");
    struct outcome few = run(bench_pair, "1", "a");

    ck_assert_int_eq(odd.code, 1);
    ck_assert_ptr_nonnull(strstr(odd.err, "an even number of tasks"));
    ck_assert_int_eq(nothing.code, 1);
    ck_assert_ptr_nonnull(strstr(nothing.err, "BENCHD_RANK is not set"));
    ck_assert_int_eq(few.code, 1);
    ck_assert_ptr_nonnull(strstr(few.err, "expected PORT SERVER CLIENT"));
}
END_TEST

int main(void)
{
    char dir[] = "/tmp/bench-pair-XXXXXX";

    bench_pair = program_setting("BENCH_PAIR");
    place = mkdtemp(dir);
    if (!place || chdir(place) < 0)
        abort();
    write_program("server", server);
    write_program("client", client);
    Suite *suite = suite_create("bench-pair");
    TCase *tcase = tcase_create("bench-pair");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_a_client_is_served, 0, 4);
    tcase_add_test(tcase, test_a_client_that_fails_ends_both);
    tcase_add_test(tcase, test_a_server_that_ends_is_told);
    tcase_add_test(tcase, test_what_is_missing_is_told);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    unlink("server");
    unlink("client");
    rmdir(place);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
