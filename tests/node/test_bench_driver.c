/* bench-driver with submitters of all kinds (fake_submitter.c): what it hands over, and what it
 * writes down. */
#include "../../node/bench-driver.h"
#include "program.h"
#include "records.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *driver, *fake;
static char *jobs_file, *records_file, *log_file;

/* Each test is a process of its own. */
static void fresh(const char *jobs)
{
    jobs_file = scratch("jobs");
    records_file = scratch("driver.rec");
    log_file = scratch("log");
    setenv("FAKE_LOG", log_file, 1);
    write_file(jobs_file, jobs, 0644);
}

#define drive(...)                                                                                 \
    run(driver, "--jobs", jobs_file, "--records", records_file, "--payload", "sleep", "--",        \
        __VA_ARGS__)

/* index, arrival, nodes, tasks, runtime, requested, user, priority, after */
static const char three[] = "benchd-jobs 1 3\n"
                            "0 0 1 1 5 60 0 0 -1\n"
                            "1 1000 2 3 6 70 2 5 -1\n"
                            "2 30000000 4 1 7 80 1 -3 -1\n";

START_TEST(test_stream_is_handed_over_and_written_down)
{
    fresh(three);
    struct outcome outcome = drive(fake, "all");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_msg(strstr(outcome.out, "progress 5 5 5\n"), "%s", outcome.out);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(r.items[0].kind, JOB_RECORD_BEGIN);
    ck_assert_uint_eq(r.items[r.n - 1].kind, JOB_RECORD_FINISH);
    ck_assert_int_gt(r.items[r.n - 1].cpu_ns, 0);
    ck_assert_uint_eq(r.n, 2 + 3 * 2 + 5);
    for (uint32_t index = 0; index < 3; index++) {
        struct job_record submit = the_record(&r, JOB_RECORD_SUBMIT, index, 0);
        struct job_record accepted = the_record(&r, JOB_RECORD_ACCEPTED, index, 0);
        ck_assert_uint_eq(accepted.job_id, 1000 + index);
        ck_assert_int_le(submit.mono_ns, accepted.mono_ns);
    }
    for (uint32_t task = 0; task < 3; task++) {
        struct job_record ended = the_record(&r, JOB_RECORD_ENDED, 1, task);
        ck_assert_int_eq(ended.code, JOB_END_COMPLETED);
        ck_assert_uint_eq(ended.job_id, 1001);
    }
    /* Not before its time. */
    ck_assert_int_ge(the_record(&r, JOB_RECORD_SUBMIT, 2, 0).mono_ns - r.items[0].mono_ns,
                     30000000);
}
END_TEST

START_TEST(test_points_of_the_scheduler_are_written_down)
{
    fresh(three);
    struct outcome outcome = drive(fake, "points");
    ck_assert_msg(outcome.code == 0, "%s", outcome.err);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ELIGIBLE), 0);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ALLOCATED), 5);
    for (uint32_t task = 0; task < 3; task++) {
        struct job_record allocated = the_record(&r, JOB_RECORD_ALLOCATED, 1, task);
        ck_assert_uint_eq(allocated.job_id, 1001);
        ck_assert_int_le(allocated.mono_ns, the_record(&r, JOB_RECORD_FREED, 1, task).mono_ns);
    }
}
END_TEST

START_TEST(test_what_a_submitter_is_told)
{
    fresh(three);
    ck_assert_int_eq(run(driver, "--jobs", jobs_file, "--records", records_file, "--payload",
                         "command:echo a:b", "--job", "/bin/job", "--", fake, "all")
                         .code,
                     0);
    ck_assert_str_eq(read_text(log_file),
                     "submit 0 1 1 60 root 0 - -- /bin/job 0 5 command echo a:b\n"
                     "submit 1 2 3 70 bench2 5 - -- /bin/job 1 6 command echo a:b\n"
                     "submit 2 4 1 80 bench1 -3 - -- /bin/job 2 7 command echo a:b\n"
                     "finish\n");
}
END_TEST

START_TEST(test_number_of_clients_is_handed_on)
{
    fresh("benchd-jobs 1 0\n");
    struct outcome outcome = run(driver, "--jobs", jobs_file, "--records", records_file,
                                 "--payload", "sleep", "--clients", "7", "--", "sh", "-c",
                                 "echo $BENCHD_CLIENTS >&2; echo ready; cat >/dev/null");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_msg(strstr(outcome.err, "7\n"), "%s", outcome.err);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(r.n, 2);
    ck_assert_str_eq(outcome.out, "progress 0 0 0\n");
}
END_TEST

START_TEST(test_waiting_for_a_client_is_lateness)
{
    fresh("benchd-jobs 1 3\n0 0 1 1 5 60 0 0 -1\n1 0 1 1 5 60 0 0 -1\n2 0 1 1 5 60 0 0 -1\n");
    ck_assert_int_eq(drive(fake, "slow", "20").code, 0);
    struct records r = read_records(records_file);
    for (uint32_t index = 0; index < 3; index++)
        ck_assert_int_ge(the_record(&r, JOB_RECORD_SUBMIT, index, 0).mono_ns - r.items[0].mono_ns,
                         20000000 * (int64_t)(index + 1));
}
END_TEST

static const char chain[] = "benchd-jobs 1 5\n"
                            "0 0 1 1 5 60 0 0 -1\n"
                            "1 0 1 2 5 60 0 0 0\n"
                            "2 0 1 1 5 60 0 0 1\n"
                            "3 0 1 1 5 60 0 0 0\n"
                            "4 0 1 1 5 60 0 0 -1\n";

START_TEST(test_job_waits_until_the_one_before_it_is_accepted)
{
    fresh(chain);
    ck_assert_int_eq(drive(fake, "all").code, 0);
    const char *log = read_text(log_file);
    ck_assert_msg(strstr(log, "submit 1 1 2 60 root - 1000 --"), "%s", log);
    ck_assert_msg(strstr(log, "submit 2 1 1 60 root - 1001 --"), "%s", log);
    ck_assert_msg(strstr(log, "submit 3 1 1 60 root - 1000 --"), "%s", log);
    /* Others need not wait for it. */
    ck_assert(strstr(log, "submit 4") < strstr(log, "submit 1"));
    struct records r = read_records(records_file);
    ck_assert_int_le(the_record(&r, JOB_RECORD_ACCEPTED, 0, 0).mono_ns,
                     the_record(&r, JOB_RECORD_SUBMIT, 1, 0).mono_ns);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ENDED), 6);
}
END_TEST

START_TEST(test_what_follows_a_refused_job_is_refused)
{
    fresh(chain);
    struct outcome outcome = drive(fake, "refuse", "0");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_msg(strstr(outcome.err, "job 0 was refused: no such queue\n"), "%s", outcome.err);
    ck_assert_msg(strstr(outcome.out, "progress 6 6 6\n"), "%s", outcome.out);
    struct records r = read_records(records_file);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_REFUSED, 0, 0).code, 4);
    for (uint32_t index = 1; index <= 3; index++)
        ck_assert_int_eq(the_record(&r, JOB_RECORD_REFUSED, index, 0).code, BENCH_DRIVER_NOT_ASKED);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_SUBMIT), 2);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ENDED), 1);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_FINISH), 1);
}
END_TEST

/* Refused long before the turn of the one that follows. */
START_TEST(test_later_follower_of_a_refused_job_is_refused)
{
    fresh("benchd-jobs 1 2\n0 0 1 1 5 60 0 0 -1\n1 50000000 1 1 5 60 0 0 0\n");
    ck_assert_int_eq(drive(fake, "refuse", "0").code, 0);
    struct records r = read_records(records_file);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_REFUSED, 1, 0).code, BENCH_DRIVER_NOT_ASKED);
    ck_assert_str_eq(strchr(read_text(log_file), '\n') + 1, "finish\n");
}
END_TEST

/* 1 and 2 come a while after the last task of 0 has ended, 2 first; 3 when 2 has; 4 waits for 2 in
 * the scheduler; 5 comes by its arrival. */
START_TEST(test_job_with_a_think_time_comes_after_the_end_of_another)
{
    fresh("benchd-jobs 1 6\n"
          "0 0 1 2 5 60 0 0 -1\n"
          "1 0 1 1 5 60 0 0 0 60000000\n"
          "2 1 1 1 5 60 0 0 0 30000000 8\n"
          "3 2 1 1 5 60 0 0 2 0\n"
          "4 3 1 1 5 60 0 0 2\n"
          "5 10000000 1 1 5 60 0 0 -1 -1 8\n");
    ck_assert_int_eq(drive(fake, "all").code, 0);
    struct records r = read_records(records_file);
    int64_t end = 0, end_of_2 = the_record(&r, JOB_RECORD_ENDED, 2, 0).mono_ns;
    for (uint32_t task = 0; task < 2; task++)
        if (the_record(&r, JOB_RECORD_ENDED, 0, task).mono_ns > end)
            end = the_record(&r, JOB_RECORD_ENDED, 0, task).mono_ns;
    ck_assert_int_ge(the_record(&r, JOB_RECORD_SUBMIT, 1, 0).mono_ns, end + 60000000);
    ck_assert_int_ge(the_record(&r, JOB_RECORD_SUBMIT, 2, 0).mono_ns, end + 30000000);
    ck_assert_int_ge(the_record(&r, JOB_RECORD_SUBMIT, 3, 0).mono_ns, end_of_2);
    const char *log = read_text(log_file);
    ck_assert(strstr(log, "submit 5 ") < strstr(log, "submit 2 "));
    ck_assert(strstr(log, "submit 2 ") < strstr(log, "submit 1 "));
    /* Nothing is left that it could wait for in the scheduler. */
    ck_assert_msg(strstr(log, "submit 2 1 1 60 root - - --"), "%s", log);
    ck_assert_msg(strstr(log, "submit 4 1 1 60 root - 1002 --"), "%s", log);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ENDED), 7);
}
END_TEST

START_TEST(test_many_think_times_are_kept_in_their_order)
{
    enum { JOBS = 300 };
    FILE *out;
    char *text;
    size_t bytes;
    ck_assert_ptr_nonnull(out = open_memstream(&text, &bytes));
    fprintf(out, "benchd-jobs 1 %d\n0 0 1 1 5 60 0 0 -1\n", JOBS);
    for (int i = 1; i < JOBS; i++) /* 7 has no divisor in common with 300 */
        fprintf(out, "%d 0 1 1 5 60 0 0 0 %d\n", i, 100000 * (i * 7 % JOBS));
    fclose(out);
    fresh(text);
    ck_assert_int_eq(drive(fake, "all").code, 0);
    const char *at = strchr(read_text(log_file), '\n') + 1;
    for (int place = 1, index, last = 0; place < JOBS; place++, at = strchr(at, '\n') + 1) {
        ck_assert_int_eq(sscanf(at, "submit %d ", &index), 1);
        ck_assert_int_gt(index * 7 % JOBS, last);
        last = index * 7 % JOBS;
    }
    ck_assert_str_eq(at, "finish\n");
    free(text);
}
END_TEST

START_TEST(test_jobs_with_a_think_time_behind_a_refused_one_are_refused)
{
    fresh("benchd-jobs 1 5\n0 0 1 1 5 60 0 0 -1\n1 0 1 2 5 60 0 0 0 5\n2 0 1 1 5 60 0 0 1\n"
          "3 0 1 1 5 60 0 0 2 7\n4 0 1 1 5 60 0 0 -1\n");
    struct outcome outcome = drive(fake, "refuse", "0");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_msg(strstr(outcome.out, "progress 6 6 6\n"), "%s", outcome.out);
    struct records r = read_records(records_file);
    for (uint32_t index = 1; index <= 3; index++)
        ck_assert_int_eq(the_record(&r, JOB_RECORD_REFUSED, index, 0).code, BENCH_DRIVER_NOT_ASKED);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_SUBMIT), 2);
}
END_TEST

static const char *const complete[][2] = {
    {"early"}, {"star"}, {"twice"}, {"strangers"}, {"hasty", "2"},
};

START_TEST(test_every_task_ends_once)
{
    fresh(three);
    ck_assert_int_eq(drive(fake, complete[_i][0], complete[_i][1]).code, 0);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ENDED), 5);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_FINISH), 1);
    for (uint32_t task = 0; task < 3; task++)
        the_record(&r, JOB_RECORD_ENDED, 1, task);
}
END_TEST

START_TEST(test_end_of_all_tasks_leaves_those_that_have_ended)
{
    fresh(three);
    ck_assert_int_eq(drive(fake, "star").code, 0);
    struct records r = read_records(records_file);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 1, 0).code, JOB_END_FAILED);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 1, 1).code, JOB_END_CANCELLED);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 2, 0).code, JOB_END_CANCELLED);
}
END_TEST

START_TEST(test_dead_submitter_is_told)
{
    fresh(three);
    struct outcome outcome = drive(fake, "die", "1");
    ck_assert_int_eq(outcome.code, BENCH_DRIVER_EXIT_DIED);
    ck_assert_msg(strstr(outcome.err, "bench-driver: the submitter ended with exit code 3 before "
                                      "all jobs were over\n"),
                  "%s", outcome.err);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ENDED), 1);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_FINISH), 0);
}
END_TEST

START_TEST(test_submitter_that_closes_its_pipes_is_told)
{
    fresh(three);
    struct outcome outcome = drive("sh", "-c", "echo ready; exec >&- <&-; sleep 60 2>&-");
    ck_assert_int_eq(outcome.code, BENCH_DRIVER_EXIT_DIED);
    ck_assert_msg(strstr(outcome.err, "closed its pipes before all jobs were over"), "%s",
                  outcome.err);
}
END_TEST

START_TEST(test_submitter_that_cannot_start_is_told)
{
    fresh(three);
    struct outcome missing = drive("/nonexistent/submitter"), silent = drive(fake, "no-such-mode");
    ck_assert_int_eq(missing.code, BENCH_DRIVER_EXIT_START);
    ck_assert_str_eq(missing.err, "bench-driver: can't start the submitter /nonexistent/submitter: "
                                  "No such file or directory\n");
    ck_assert_int_eq(silent.code, BENCH_DRIVER_EXIT_START);
    ck_assert_msg(strstr(silent.err, "ended with exit code 9 before it was ready\n"), "%s",
                  silent.err);
    ck_assert_uint_eq(read_records(records_file).n, 0);
}
END_TEST

START_TEST(test_error_of_the_submitter_is_told)
{
    fresh(three);
    setenv("FAKE_LINE", "error the controller is gone", 1);
    struct outcome outcome = drive(fake, "line");
    ck_assert_int_eq(outcome.code, BENCH_DRIVER_EXIT_ERROR);
    ck_assert_msg(strstr(outcome.err, "the submitter can't go on: the controller is gone\n"), "%s",
                  outcome.err);
}
END_TEST

static const char *const nonsense[] = {
    "",
    "hello",
    "ready",
    "begun",
    "begun 3 NOW",
    "begun -1 NOW",
    "begun x NOW",
    "begun 2 NOW", /* was not handed over yet */
    "begun 0 99999999999999999",
    "begun 0 NOW more",
    "accepted 0 NOW 5", /* was not begun */
    "refused 0 NOW 5 why",
    "ended 5",
    "ended 5 0",
    "ended 5 0 completed",
    "ended 5 0 completed 0",
    "ended 5 0 eaten 0 NOW",
    "ended 5 x completed 0 NOW",
    "ended 0 0 completed 0 NOW",
    "ended 1000 9 completed 0 NOW", /* has no such task */
    "points 1000 0 NOW - -",        /* was not accepted yet */
    "points 1000 0",
    "points x 0 - - -",
};

START_TEST(test_nonsense_is_told)
{
    fresh(three);
    setenv("FAKE_LINE", nonsense[_i], 1);
    struct outcome outcome = drive(fake, "line");
    ck_assert_int_eq(outcome.code, BENCH_DRIVER_EXIT_NONSENSE);
    ck_assert_msg(strstr(outcome.err, "the submitter said what makes no sense here: "), "%s",
                  outcome.err);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_FINISH), 0);
}
END_TEST

static const struct {
    const char *text, *said;
} bad_files[] = {
    {"", "line 1: the file ends too early"},
    {"benchd-jobs 2 0\n", "line 1: not \"benchd-jobs 1 N\""},
    {"benchd-jobs 1 -1\n", "line 1: not"},
    {"benchd-jobs 1 1000001\n", "line 1: not"},
    {"benchd-jobs 1 1\n", "line 2: the file ends too early"},
    {"benchd-jobs 1 1\n1 0 1 1 5 60 0 0 -1\n", "line 2: job 1 where 0 comes"},
    {"benchd-jobs 1 1\n0 0 0 1 5 60 0 0 -1\n", "line 2: no nodes from 1"},
    {"benchd-jobs 1 1\n0 0 1 0 5 60 0 0 -1\n", "line 2: no tasks from 1"},
    {"benchd-jobs 1 1\n0 0 1 1 5 60 0 0\n", "line 2: no after from -1"},
    {"benchd-jobs 1 1\n0 0 1 1 5 60 0 0 0\n", "line 2: follows job 0, which is no earlier"},
    {"benchd-jobs 1 1\n0 0 1 1 5 60 0 0 -1 -1 7 0 0 0 1 7\n", "line 2: more than 15 fields"},
    {"benchd-jobs 1 1\n0 0 1 1 5 60 0 0 -1 -1 7 7\n",
     "line 2: it ends behind the field tasks a node"},
    {"benchd-jobs 1 1\n0 0 1 1 5 60 0 0 -1 -1 -1\n", "line 2: it ends behind the field group"},
    {"benchd-jobs 1 1\n0 0 1 1 5 60 0 0 -1 -1 -1 0 0 0 2\n",
     "line 2: no word on sharing from 0 to 1"},
    {"benchd-jobs 1 1\n0 0 1 1 5 60 0 0 -1 7\n", "line 2: a think time, and no job"},
    {"benchd-jobs 1 1\n0 0 1 1 5 60 0 0 -1 x\n", "line 2: no think time from -1"},
    {"benchd-jobs 1 2\n0 5 1 1 5 60 0 0 -1\n1 4 1 1 5 60 0 0 -1\n", "line 3: arrives before"},
    {"benchd-jobs 1 2\n0 0 1 999999 5 60 0 0 -1\n1 0 1 2 5 60 0 0 -1\n",
     "line 3: more than 1000000 tasks"},
};

START_TEST(test_bad_file_of_jobs_is_told_by_its_line)
{
    fresh(bad_files[_i].text);
    struct outcome outcome = drive(fake, "all");
    ck_assert_int_eq(outcome.code, BENCH_DRIVER_EXIT_JOBS);
    ck_assert_msg(strstr(outcome.err, bad_files[_i].said), "%s", outcome.err);
    ck_assert_int_ne(access(log_file, F_OK), 0);
}
END_TEST

static void await_file(const char *file)
{
    for (int i = 0; i < 1000 && access(file, F_OK) != 0; i++)
        usleep(10000);
    ck_assert_int_eq(access(file, F_OK), 0);
}

START_TEST(test_signal_ends_submitter_and_driver)
{
    fresh(three);
    char *pid_file = scratch("pid");
    char *script = text("echo $$ >%s.new; mv %s.new %s; exec 2>&-; trap '' TERM; "
                        "echo ready; while :; do sleep 1; done",
                        pid_file, pid_file, pid_file);
    struct running running = start(driver, "--jobs", jobs_file, "--records", records_file,
                                   "--payload", "sleep", "--", "sh", "-c", script);
    await_file(pid_file);
    kill(running.pid, SIGTERM);
    ck_assert_int_eq(program_finish(running).code, -SIGTERM);
    ck_assert_int_ne(kill(atoi(read_text(pid_file)), 0), 0);
}
END_TEST

/* What was seen until then is on file. */
START_TEST(test_killed_driver_leaves_whole_records)
{
    fresh(three);
    struct running running = start(driver, "--jobs", jobs_file, "--records", records_file,
                                   "--payload", "sleep", "--", fake, "forever");
    for (int i = 0; i < 1000; i++) {
        usleep(10000);
        if (access(records_file, F_OK) == 0) {
            struct records r = read_records(records_file);
            if (count_records(&r, JOB_RECORD_ACCEPTED) == 3)
                break;
        }
    }
    kill(running.pid, SIGKILL);
    ck_assert_int_eq(program_finish(running).code, -SIGKILL);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ACCEPTED), 3);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_FINISH), 0);
}
END_TEST

START_TEST(test_record_that_cannot_be_written_ends_the_driver)
{
    fresh(three);
    unsetenv("FAKE_LOG");
    struct outcome outcome =
        run("/usr/bin/env", "prlimit", "--fsize=192", driver, "--jobs", jobs_file, "--records",
            records_file, "--payload", "sleep", "--", fake, "all");
    ck_assert_int_eq(outcome.code, BENCH_DRIVER_EXIT_RECORD);
    ck_assert_msg(strstr(outcome.err, "can't write a record of job 0: File too large\n"), "%s",
                  outcome.err);
    ck_assert_uint_eq(read_records(records_file).n, 3);
}
END_TEST

/* More than pipes and buffers hold, with every way in which a job can be held up. */
START_TEST(test_long_stream_loses_nothing)
{
    enum { JOBS = 20000 };
    char *jobs = NULL;
    size_t length;

    FILE *out = open_memstream(&jobs, &length);
    fprintf(out, "benchd-jobs 1 %d\n", JOBS);
    for (int i = 0; i < JOBS; i++)
        fprintf(out, "%d 0 1 %d 1 60000000000 0 0 %d\n", i, i % 7 == 0 ? 3 : 1,
                i % 5 == 4 ? i - 3 : -1);
    fclose(out);
    jobs_file = scratch("jobs");
    records_file = scratch("driver.rec");
    int fd = open(jobs_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    for (size_t done = 0; done < length;) {
        ssize_t n = write(fd, jobs + done, length - done);
        ck_assert_int_gt(n, 0);
        done += (size_t)n;
    }
    close(fd);
    free(jobs);
    struct outcome outcome = drive(fake, "early");
    ck_assert_int_eq(outcome.code, 0);
    FILE *in = fopen(records_file, "re");
    size_t seen[JOB_RECORD_KIND_COUNT] = {0};
    for (struct job_record r; fread(&r, sizeof(r), 1, in) == 1;) {
        ck_assert_uint_lt(r.kind, JOB_RECORD_KIND_COUNT);
        seen[r.kind]++;
    }
    fclose(in);
    ck_assert_uint_eq(seen[JOB_RECORD_SUBMIT], JOBS);
    ck_assert_uint_eq(seen[JOB_RECORD_ACCEPTED], JOBS);
    ck_assert_uint_eq(seen[JOB_RECORD_ENDED], JOBS + 2 * ((JOBS + 6) / 7));
    ck_assert_uint_eq(seen[JOB_RECORD_FINISH], 1);
}
END_TEST

static const char *const bad_calls[][8] = {
    {NULL},
    {"--jobs", "x", "--records", "y", "--payload", "sleep"},
    {"--jobs", "x", "--records", "y", "--", "true"},
    {"--no-such", "--", "true"},
    {"--clients", "0", "--", "true"},
    {"--payload", "command:a\nb", "--", "true"},
};

START_TEST(test_bad_call_is_told)
{
    const char *argv[10] = {driver};

    memcpy(argv + 1, bad_calls[_i], sizeof(bad_calls[_i]));
    struct outcome outcome = program_finish(program_start(argv));
    ck_assert_int_eq(outcome.code, BENCH_DRIVER_EXIT_USAGE);
    ck_assert_str_ne(outcome.err, "");
}
END_TEST

#define n_of(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *streams(void)
{
    TCase *c = tcase_create("streams");

    tcase_add_test(c, test_stream_is_handed_over_and_written_down);
    tcase_add_test(c, test_points_of_the_scheduler_are_written_down);
    tcase_add_test(c, test_what_a_submitter_is_told);
    tcase_add_test(c, test_number_of_clients_is_handed_on);
    tcase_add_test(c, test_waiting_for_a_client_is_lateness);
    tcase_add_test(c, test_job_waits_until_the_one_before_it_is_accepted);
    tcase_add_test(c, test_what_follows_a_refused_job_is_refused);
    tcase_add_test(c, test_job_with_a_think_time_comes_after_the_end_of_another);
    tcase_add_test(c, test_many_think_times_are_kept_in_their_order);
    tcase_add_test(c, test_jobs_with_a_think_time_behind_a_refused_one_are_refused);
    tcase_add_test(c, test_later_follower_of_a_refused_job_is_refused);
    tcase_add_loop_test(c, test_every_task_ends_once, 0, n_of(complete));
    tcase_add_test(c, test_end_of_all_tasks_leaves_those_that_have_ended);
    tcase_add_test(c, test_long_stream_loses_nothing);
    tcase_set_timeout(c, 120);
    return c;
}

static TCase *bad_days(void)
{
    TCase *c = tcase_create("bad days");

    tcase_add_test(c, test_dead_submitter_is_told);
    tcase_add_test(c, test_submitter_that_closes_its_pipes_is_told);
    tcase_add_test(c, test_submitter_that_cannot_start_is_told);
    tcase_add_test(c, test_error_of_the_submitter_is_told);
    tcase_add_loop_test(c, test_nonsense_is_told, 0, n_of(nonsense));
    tcase_add_loop_test(c, test_bad_file_of_jobs_is_told_by_its_line, 0, n_of(bad_files));
    tcase_add_test(c, test_signal_ends_submitter_and_driver);
    tcase_add_test(c, test_killed_driver_leaves_whole_records);
    tcase_add_test(c, test_record_that_cannot_be_written_ends_the_driver);
    tcase_add_loop_test(c, test_bad_call_is_told, 0, n_of(bad_calls));
    tcase_set_timeout(c, 60);
    return c;
}

int main(void)
{
    Suite *suite = suite_create("bench-driver");
    SRunner *runner = srunner_create(suite);

    driver = program_setting("BENCH_DRIVER");
    fake = program_setting("FAKE_SUBMITTER");
    suite_add_tcase(suite, streams());
    suite_add_tcase(suite, bad_days());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
