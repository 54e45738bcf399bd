/* bench-job: the records of each payload, its exit codes, and what becomes of it on bad days. */
#include "program.h"
#include "records.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS 1000000

static const char *job;

/* Each test is a process of its own, with a file of its own. */
static char *fresh_records(void)
{
    static const char *const variables[] = {"BENCHD_TASK",    "BENCHD_JOB_ID", "SLURM_JOB_ID",
                                            "FLUX_JOB_ID",    "BENCHD_RANK",   "SLURM_PROCID",
                                            "FLUX_TASK_RANK", "PMIX_RANK",     "PMI_RANK"};
    char *file = scratch("jobs.rec");

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        unsetenv(variables[i]);
    setenv("BENCHD_RECORDS", file, 1);
    return file;
}

static const struct {
    const char *argv[8]; /* after the program's name */
    int code;
    int64_t least_ns; /* from START to END */
} payloads[] = {
    {{"7", "0", "sleep"}, 0, 0},
    {{"7", "30000000", "sleep"}, 0, 30 * MS},
    {{"7", "0", "spin", "1000000000"}, 0, 0},
    {{"7", "5000000", "spin", "100000000"}, 0, 1},
    {{"7", "20000000", "touch", "100000"}, 0, 20 * MS},
    {{"7", "0", "command", "true"}, 0, 0},
    {{"7", "0", "command", "sh", "-c", "exit 42"}, 42, 0},
    {{"7", "0", "command", "sh", "-c", "kill -9 $$"}, 137, 0},
    {{"7", "0", "command", "/nonexistent/program"}, 127, 0},
    {{"7", "0", "command", "/etc/passwd"}, 126, 0},
};

START_TEST(test_payload_is_between_two_records)
{
    const char *file = fresh_records();
    const char *argv[10] = {job};

    memcpy(argv + 1, payloads[_i].argv, sizeof(payloads[_i].argv));
    struct outcome outcome = program_finish(program_start(argv));
    ck_assert_int_eq(outcome.code, payloads[_i].code);
    ck_assert_str_eq(outcome.out, "");
    struct records r = read_records(file);
    ck_assert_uint_eq(r.n, 2);
    struct job_record start = the_record(&r, JOB_RECORD_START, 7, 0);
    struct job_record end = the_record(&r, JOB_RECORD_END, 7, 0);
    ck_assert_int_eq(start.code, 0);
    ck_assert_int_eq(end.code, payloads[_i].code);
    ck_assert_int_ge(end.mono_ns - start.mono_ns, payloads[_i].least_ns);
    ck_assert_int_gt(start.wall_ns, 0);
    ck_assert_int_gt(end.cpu_ns, 0);
}
END_TEST

START_TEST(test_payloads_cpu_time_is_left_out)
{
    const char *file = fresh_records();

    run(job, "1", "300000000", "touch", "10000");
    struct records r = read_records(file);
    struct job_record start = the_record(&r, JOB_RECORD_START, 1, 0);
    struct job_record end = the_record(&r, JOB_RECORD_END, 1, 0);
    ck_assert_int_lt(end.cpu_ns, (end.mono_ns - start.mono_ns) / 2);
}
END_TEST

static const struct {
    const char *name, *value, *name2, *value2;
    uint32_t task, rank;
    uint64_t job_id;
} variables[] = {
    {"BENCHD_TASK", "17", NULL, NULL, 17, 0, 0},
    {"SLURM_PROCID", "3", NULL, NULL, 0, 3, 0},
    {"FLUX_TASK_RANK", "4", NULL, NULL, 0, 4, 0},
    {"PMIX_RANK", "5", NULL, NULL, 0, 5, 0},
    {"PMI_RANK", "6", NULL, NULL, 0, 6, 0},
    {"BENCHD_RANK", "1", "PMI_RANK", "2", 0, 1, 0},
    {"SLURM_PROCID", "1", "PMIX_RANK", "2", 0, 1, 0},
    {"BENCHD_RANK", "", "PMI_RANK", "2", 0, 2, 0},
    {"SLURM_JOB_ID", "4000000000", NULL, NULL, 0, 0, 4000000000},
    {"BENCHD_JOB_ID", "90000000000", "SLURM_JOB_ID", "1", 0, 0, 90000000000},
    {"FLUX_JOB_ID",
     "\xc6\x92"
     "2PDE9K5",
     NULL, NULL, 0, 0, 52646903808},
    {"FLUX_JOB_ID", "f47VFZqr", "FLUX_TASK_RANK", "1", 0, 1, 118463922177},
    {"FLUX_JOB_ID",
     "\xc6\x92"
     "f",
     NULL, NULL, 0, 0, 38},
    {"FLUX_JOB_ID",
     "\xc6\x92"
     "2PDE0K5",
     NULL, NULL, 0, 0, 0},
    {"FLUX_JOB_ID",
     "\xc6\x92"
     "zzzzzzzzzzzzzzz",
     NULL, NULL, 0, 0, 0},
    {"FLUX_JOB_ID",
     "\xc6\x92"
     "2PDE9K5",
     "SLURM_JOB_ID", "7", 0, 0, 7},
};

START_TEST(test_who_it_is_comes_from_the_environment)
{
    const char *file = fresh_records();

    setenv(variables[_i].name, variables[_i].value, 1);
    if (variables[_i].name2)
        setenv(variables[_i].name2, variables[_i].value2, 1);
    ck_assert_int_eq(run(job, "9", "0", "sleep").code, 0);
    struct records r = read_records(file);
    ck_assert_uint_eq(r.n, 2);
    for (size_t i = 0; i < r.n; i++) {
        ck_assert_uint_eq(r.items[i].task, variables[_i].task);
        ck_assert_uint_eq(r.items[i].rank, variables[_i].rank);
        ck_assert_uint_eq(r.items[i].job_id, variables[_i].job_id);
    }
}
END_TEST

/* Waits until the record of the beginning is there. */
static void await_start(const char *file)
{
    struct stat status;

    for (int i = 0; i < 1000; i++) {
        if (stat(file, &status) == 0 && status.st_size > 0)
            return;
        usleep(10000);
    }
    ck_abort_msg("it did not begin");
}

static const struct {
    const char *argv[6];
    int number;
} stopped[] = {
    {{"2", "60000000000", "sleep"}, SIGTERM},
    {{"2", "60000000000", "sleep"}, SIGINT},
    {{"2", "60000000000", "spin", "1000000000"}, SIGTERM},
    {{"2", "60000000000", "touch", "1000"}, SIGTERM},
    {{"2", "0", "command", "sleep", "60"}, SIGTERM},
    {{"2", "0", "command", "sh", "-c", "trap '' TERM; sleep 60"}, SIGTERM},
};

START_TEST(test_stopped_payload_has_an_end)
{
    const char *file = fresh_records();
    const char *argv[8] = {job};

    memcpy(argv + 1, stopped[_i].argv, sizeof(stopped[_i].argv));
    /* What a command leaves behind would hold the pipes. */
    pid_t pid = fork();
    if (pid == 0) {
        execv(job, (char *const *)argv);
        _exit(200);
    }
    await_start(file);
    kill(pid, stopped[_i].number);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 128 + stopped[_i].number);
    struct records r = read_records(file);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_END, 2, 0).code, 128 + stopped[_i].number);
}
END_TEST

START_TEST(test_command_gets_no_signal_blocked_or_ignored)
{
    fresh_records();
    struct outcome outcome =
        run(job, "1", "0", "command", "grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status");
    ck_assert_msg(strstr(outcome.out, "SigBlk:\t0000000000000000"), "%s", outcome.out);
    ck_assert_int_eq(outcome.code, 0);
    unsigned long ignored = strtoul(strstr(outcome.out, "SigIgn:\t") + 8, NULL, 16);
    ck_assert_uint_eq(ignored & (1UL << (SIGXFSZ - 1)), 0);
}
END_TEST

START_TEST(test_job_that_cannot_be_recorded_does_not_run)
{
    const char *file = fresh_records();
    const char *trace = scratch("ran");

    struct outcome outcome =
        run("/usr/bin/env", "prlimit", "--fsize=0", job, "5", "0", "command", "touch", trace);
    ck_assert_int_eq(outcome.code, 121);
    ck_assert_str_eq(outcome.err, "bench-job: can't write a record of job 5: File too large\n");
    ck_assert_int_ne(access(trace, F_OK), 0);
    ck_assert_uint_eq(read_records(file).n, 0);
}
END_TEST

START_TEST(test_end_that_cannot_be_recorded_is_told)
{
    const char *file = fresh_records();

    ck_assert_int_eq(run("/usr/bin/env", "prlimit", "--fsize=64", job, "5", "0", "sleep").code,
                     121);
    struct records r = read_records(file);
    ck_assert_uint_eq(r.n, 1);
    the_record(&r, JOB_RECORD_START, 5, 0);
}
END_TEST

START_TEST(test_file_that_cannot_be_opened_is_told)
{
    fresh_records();
    setenv("BENCHD_RECORDS", "/nonexistent/jobs.rec", 1);
    struct outcome outcome = run(job, "5", "0", "sleep");
    ck_assert_int_eq(outcome.code, 121);
    ck_assert_str_eq(outcome.err, "bench-job: can't open /nonexistent/jobs.rec for records: "
                                  "No such file or directory\n");
}
END_TEST

START_TEST(test_file_is_everybodys)
{
    const char *file = fresh_records();
    struct stat status;

    umask(077);
    run(job, "5", "0", "sleep");
    ck_assert_int_eq(stat(file, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0666);
}
END_TEST

START_TEST(test_many_jobs_share_a_file)
{
    enum { JOBS = 40 };
    const char *file = fresh_records();
    struct running jobs[JOBS];

    for (int i = 0; i < JOBS; i++) {
        char index[8];
        snprintf(index, sizeof(index), "%d", i);
        jobs[i] = start(job, index, "1000000", "sleep");
    }
    for (int i = 0; i < JOBS; i++)
        ck_assert_int_eq(program_finish(jobs[i]).code, 0);
    struct records r = read_records(file);
    for (uint32_t i = 0; i < JOBS; i++) {
        the_record(&r, JOB_RECORD_START, i, 0);
        the_record(&r, JOB_RECORD_END, i, 0);
    }
    ck_assert_uint_eq(r.n, (size_t)2 * JOBS);
}
END_TEST

static const char *const bad_calls[][6] = {
    {NULL},
    {"1"},
    {"1", "0"},
    {"x", "0", "sleep"},
    {"-1", "0", "sleep"},
    {"1", "", "sleep"},
    {"1", "0", "no-such"},
    {"1", "0", "sleep", "3"},
    {"1", "0", "spin"},
    {"1", "0", "touch"},
    {"1", "0", "command"},
    {"calibrate", "x"},
};

START_TEST(test_bad_call_leaves_no_record)
{
    const char *file = fresh_records();
    const char *argv[8] = {job};

    memcpy(argv + 1, bad_calls[_i], sizeof(bad_calls[_i]));
    struct outcome outcome = program_finish(program_start(argv));
    ck_assert_int_eq(outcome.code, 2);
    ck_assert_str_ne(outcome.err, "");
    ck_assert_int_ne(access(file, F_OK), 0);
}
END_TEST

START_TEST(test_calibration_is_a_number)
{
    struct outcome outcome = run(job, "calibrate", "10");

    ck_assert_int_eq(outcome.code, 0);
    ck_assert_int_gt(atoll(outcome.out), 0);
}
END_TEST

#define n_of(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("bench-job");
    TCase *jobs = tcase_create("jobs");
    SRunner *runner = srunner_create(suite);

    job = program_setting("BENCH_JOB");
    tcase_add_loop_test(jobs, test_payload_is_between_two_records, 0, n_of(payloads));
    tcase_add_test(jobs, test_payloads_cpu_time_is_left_out);
    tcase_add_loop_test(jobs, test_who_it_is_comes_from_the_environment, 0, n_of(variables));
    tcase_add_loop_test(jobs, test_stopped_payload_has_an_end, 0, n_of(stopped));
    tcase_add_test(jobs, test_command_gets_no_signal_blocked_or_ignored);
    tcase_add_test(jobs, test_job_that_cannot_be_recorded_does_not_run);
    tcase_add_test(jobs, test_end_that_cannot_be_recorded_is_told);
    tcase_add_test(jobs, test_file_that_cannot_be_opened_is_told);
    tcase_add_test(jobs, test_file_is_everybodys);
    tcase_add_test(jobs, test_many_jobs_share_a_file);
    tcase_add_loop_test(jobs, test_bad_call_leaves_no_record, 0, n_of(bad_calls));
    tcase_add_test(jobs, test_calibration_is_a_number);
    tcase_set_timeout(jobs, 60);
    suite_add_tcase(suite, jobs);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
