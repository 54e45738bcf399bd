/* bench-barrier with libraries that have the handles of Open MPI and MPICH (fake_mpi.c). */
#include "program.h"
#include "records.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *barrier;

static const struct {
    const char *variable; /* of the library */
    const char *name;     /* by which an image has it */
} libraries[] = {
    {"FAKE_OPENMPI", "libmpi.so.40"},
    {"FAKE_MPICH", "libmpich.so.12"},
    {"FAKE_MPICH", "libmpi.so.12"},
};

/* One that is no library stands before those that this host may have. */
static void install_none(void)
{
    write_file(scratch("libmpi.so.40"), "", 0644);
    write_file(scratch("libmpich.so.12"), "", 0644);
    write_file(scratch("libmpi.so.12"), "", 0644);
    setenv("LD_LIBRARY_PATH", scratch(""), 1);
}

static void install(int i)
{
    const char *file = scratch(libraries[i].name);

    install_none();
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(symlink(program_setting(libraries[i].variable), file), 0);
}

START_TEST(test_barriers_are_counted)
{
    install(_i);
    struct outcome none = run(barrier, "0"), some = run(barrier, "5000000");
    ck_assert_int_eq(none.code, 0);
    ck_assert_str_eq(none.out, "16\n");
    ck_assert_int_eq(some.code, 0);
    ck_assert_int_ge(atol(some.out), 16);
    ck_assert_int_eq(atol(some.out) % 16, 0);
}
END_TEST

START_TEST(test_rank_0_decides_and_tells)
{
    install(_i);
    setenv("FAKE_MPI_RANK", "1", 1);
    struct outcome outcome = run(barrier, "60000000000");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_str_eq(outcome.out, "");
}
END_TEST

START_TEST(test_failure_of_mpi_is_told)
{
    install(_i);
    setenv("FAKE_MPI_FAILS", "1", 1);
    struct outcome outcome = run(barrier, "0");
    ck_assert_int_eq(outcome.code, 1);
    ck_assert_str_eq(outcome.err, "bench-barrier: MPI_Barrier failed with MPI's error 16\n");
}
END_TEST

START_TEST(test_image_without_mpi_is_told)
{
    install_none();
    struct outcome outcome = run(barrier, "0");
    ck_assert_int_eq(outcome.code, 77);
    ck_assert_msg(strstr(outcome.err, "no MPI library in this image"), "%s", outcome.err);
}
END_TEST

START_TEST(test_job_takes_its_exit_code)
{
    const char *records = scratch("jobs.rec");

    install(0);
    setenv("BENCHD_RECORDS", records, 1);
    setenv("FAKE_MPI_FAILS", "1", 1);
    ck_assert_int_eq(run(program_setting("BENCH_JOB"), "1", "0", "barrier").code, 1);
    unsetenv("FAKE_MPI_FAILS");
    struct outcome outcome = run(program_setting("BENCH_JOB"), "2", "0", "barrier");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_str_eq(outcome.out, "16\n");
    struct records r = read_records(records);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_END, 1, 0).code, 1);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_END, 2, 0).code, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench-barrier");
    TCase *c = tcase_create("barriers");
    SRunner *runner = srunner_create(suite);
    int n = sizeof(libraries) / sizeof(libraries[0]);

    barrier = program_setting("BENCH_BARRIER");
    tcase_add_loop_test(c, test_barriers_are_counted, 0, n);
    tcase_add_loop_test(c, test_rank_0_decides_and_tells, 0, n);
    tcase_add_loop_test(c, test_failure_of_mpi_is_told, 0, n);
    tcase_add_test(c, test_image_without_mpi_is_told);
    tcase_add_test(c, test_job_takes_its_exit_code);
    tcase_set_timeout(c, 60);
    suite_add_tcase(suite, c);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
