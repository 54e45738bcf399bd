/*
 * What follows from the files of a stream's run: what was seen of each job, and the conditions that
 * the grade goes by. Files are written as the programs in nodes would; real ones are in tests/real.
 */
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/workload/jobstream.h"
#include "lib/workload/rundir.h"
#include "tests/base/unit.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#define MS    BD_NS_PER_MS
#define ZERO  (INT64_C(5000) * BD_NS_PER_S) /* of the controller's monotonic clock */
#define EPOCH (INT64_C(1769860800) * BD_NS_PER_S)

static const char *const nodes[] = {"ctl1", "n1", "n2"};

/* A run's directory in the making: two jobs on two nodes, the second on both. */
struct run {
    char *dir;
    int fd;
    struct job_record records[3][16];
    size_t n[3];
};

static void add(struct run *r, size_t node, enum job_record_kind kind, uint32_t index,
                uint32_t rank, int64_t at_ms, int32_t code)
{
    r->records[node][r->n[node]++] = (struct job_record){
        .magic = JOB_RECORD_MAGIC,
        .kind = kind,
        .index = index,
        .rank = rank,
        .mono_ns = ZERO + at_ms * MS,
        .wall_ns = EPOCH + at_ms * MS,
        .job_id = kind == JOB_RECORD_SUBMIT ? 0 : 101 + index,
        .code = code,
    };
}

static void write_text(const struct run *r, const char *name, const char *text)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(rundir_write(r->fd, name, text, strlen(text), &err) == 0, "%s", err.text);
}

static void run_init(struct run *r)
{
    *r = (struct run){.dir = unit_dir()};
    r->fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(r->fd, 0);
    write_text(r, JOBSTREAM_JOBS,
               "benchd-jobs 1 2\n"
               "0 0 1 1 200000000 400000000 0 0 -1\n"
               "1 100000000 2 1 300000000 600000000 0 0 -1\n");
    write_text(r, JOBSTREAM_RECORD,
               "{\"scheduler\":\"slurm\",\"controllers\":1,\"compute\":2,"
               "\"nodes\":[\"ctl1\",\"n1\",\"n2\"],\"sharedClock\":true,\"grainNs\":60000000000,"
               "\"timeScale\":0.01}");
    write_text(r, JOBSTREAM_CLOCK,
               "[{\"node\":\"n1\",\"before\":{\"offsetNs\":-300,\"boundNs\":20000},"
               "\"after\":{\"offsetNs\":100,\"boundNs\":25000}},"
               "{\"node\":\"n2\",\"before\":{\"offsetNs\":50,\"boundNs\":30000},"
               "\"after\":{\"offsetNs\":0,\"boundNs\":10000}}]");
    write_text(r, "ctl1-jobcomp.log",
               "JobId=101 Name=bd-0 JobState=COMPLETED StartTime=2026-01-31T12:00:00 "
               "EndTime=2026-01-31T12:00:00 NodeCnt=1\n"
               "JobId=102 Name=bd-1 JobState=COMPLETED StartTime=2026-01-31T12:00:00 "
               "EndTime=2026-01-31T12:00:00 NodeCnt=2\n"
               "JobId=100 Name=benchd JobState=COMPLETED NodeCnt=2\n");
    add(r, 0, JOB_RECORD_BEGIN, 0, 0, 0, 0);
    add(r, 0, JOB_RECORD_SUBMIT, 0, 0, 1, 0);
    add(r, 0, JOB_RECORD_ACCEPTED, 0, 0, 20, 0);
    add(r, 0, JOB_RECORD_SUBMIT, 1, 0, 103, 0);
    add(r, 0, JOB_RECORD_ACCEPTED, 1, 0, 130, 0);
    add(r, 1, JOB_RECORD_START, 0, 0, 60, 0);
    add(r, 1, JOB_RECORD_END, 0, 0, 260, 0);
    add(r, 1, JOB_RECORD_START, 1, 0, 300, 0);
    add(r, 2, JOB_RECORD_START, 1, 1, 310, 0);
    add(r, 1, JOB_RECORD_END, 1, 0, 600, 0);
    add(r, 2, JOB_RECORD_END, 1, 1, 611, 0);
    add(r, 0, JOB_RECORD_ENDED, 0, 0, 290, JOB_END_COMPLETED);
    add(r, 0, JOB_RECORD_ENDED, 1, 0, 650, JOB_END_COMPLETED);
    add(r, 0, JOB_RECORD_FINISH, 0, 0, 651, 0);
}

static void run_done(struct run *r)
{
    close(r->fd);
    unit_dir_done(r->dir);
}

static void write_records(const struct run *r)
{
    struct bd_err err = BD_ERR_INIT;
    for (size_t i = 0; i < BD_ARRAY_LEN(nodes); i++) {
        bd_auto_free char *name =
            bd_xasprintf("%s-%s", nodes[i], i ? JOBSTREAM_RECORDS : JOBSTREAM_DRIVER);
        ck_assert_msg(rundir_write(r->fd, name, r->records[i], r->n[i] * sizeof(struct job_record),
                                   &err) == 0,
                      "%s", err.text);
    }
}

static void results(const struct run *r, struct workload_result *ret_result)
{
    struct bd_err err = BD_ERR_INIT;
    write_records(r);
    int rc = workload_find("jobstream")->results(NULL, r->fd, ret_result, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
}

static json_int_t figure(const struct workload_result *result, const char *member, const char *key)
{
    return bd_json_int(json_object_get(result->conditions, member), key, -1);
}

START_TEST(test_a_stream_in_which_all_went_well)
{
    struct run r;
    struct workload_result result = {0};
    run_init(&r);
    results(&r, &result);
    ck_assert_uint_eq(result.jobs.n, 2);
    const struct job_seen *job = &result.jobs.items[1];
    ck_assert_int_eq(job->planned, 100 * MS);
    ck_assert_int_eq(job->submit, 103 * MS);
    ck_assert_int_eq(job->accepted, 130 * MS);
    ck_assert_int_eq(job->started_first, 300 * MS);
    ck_assert_int_eq(job->started_all, 310 * MS);
    ck_assert_int_eq(job->ended_last, 611 * MS);
    ck_assert_str_eq(job->node_list, "n1,n2");
    ck_assert_int_eq((int)job->outcome, JOB_COMPLETED);

    ck_assert_int_eq(figure(&result, "jobs", "asked"), 2);
    ck_assert_int_eq(figure(&result, "jobs", "completed"), 2);
    ck_assert_int_eq(figure(&result, "jobs", "lost"), 0);
    ck_assert_int_eq(figure(&result, "clock", "boundNs"), 30000);
    ck_assert_int_eq(figure(&result, "clock", "offsetNs"), 300);
    ck_assert_int_eq(figure(&result, "clock", "wallJumpNs"), 0);
    ck_assert_int_eq(figure(&result, "records", "scheduler"), 3);
    ck_assert_int_eq(figure(&result, "records", "ours"), 2);
    ck_assert_int_eq(figure(&result, "records", "onlyOurs"), 0);
    ck_assert_int_eq(figure(&result, "records", "onlyScheduler"), 0);
    ck_assert_int_eq(figure(&result, "records", "disagree"), 0);
    ck_assert_int_eq(figure(&result, "limits", "belowGrain"), 2);
    ck_assert_int_eq(figure(&result, "limits", "byTimeScale"),
                     1); /* 600 ms, which stand for a minute */
    ck_assert_int_eq(figure(&result, "limits", "jobs"), 2);
    const json_t *driver = json_object_get(result.conditions, "driver");
    ck_assert_str_eq(bd_json_str(driver, "by", ""), "maximum");
    ck_assert_double_eq_tol(bd_json_real(driver, "lateness", 0), 0.003, 1e-12);
    const json_t *makespan = json_object_get(result.metrics, "makespan");
    ck_assert_double_eq_tol(bd_json_real(makespan, "value", 0), 0.611, 1e-12);
    workload_result_done(&result);
    run_done(&r);
}
END_TEST

START_TEST(test_limits_of_runtimes_that_a_spec_gives_are_as_they_are)
{
    struct run r;
    struct workload_result result = {0};
    bd_auto_json json_t *spec = json_pack("{s:{s:s}}", "runtime", "constant", "600ms");
    run_init(&r);
    write_records(&r);
    ck_assert_int_eq(workload_find("jobstream")->results(spec, r.fd, &result, NULL), 0);
    ck_assert_int_eq(figure(&result, "limits", "belowGrain"), 2);
    ck_assert_int_eq(figure(&result, "limits", "byTimeScale"), 0);
    workload_result_done(&result);
    run_done(&r);
}
END_TEST

START_TEST(test_what_a_node_has_lost_is_not_made_up)
{
    struct run r;
    struct workload_result result = {0};
    run_init(&r);
    results(&r, &result);
    workload_result_done(&result);
    ck_assert_int_eq(unlinkat(r.fd, "n2-jobs.rec", 0), 0);
    ck_assert_int_eq(workload_find("jobstream")->results(NULL, r.fd, &result, NULL), 0);
    const json_t *jobs = json_object_get(result.conditions, "jobs");
    const json_t *missing = json_object_get(jobs, "nodesWithoutRecords");
    ck_assert_str_eq(json_string_value(json_array_get(missing, 0)), "n2");
    ck_assert_int_eq(result.jobs.items[1].started_all, JOB_NEVER);
    ck_assert_int_eq(result.jobs.items[1].ended_last, JOB_NEVER);
    ck_assert_int_eq((int)result.jobs.items[1].outcome, JOB_KILLED);
    ck_assert_int_eq((int)result.jobs.items[0].outcome, JOB_COMPLETED);
    workload_result_done(&result);
    run_done(&r);
}
END_TEST

START_TEST(test_jobs_that_only_one_side_has)
{
    struct run r;
    struct workload_result result = {0};
    run_init(&r);
    write_text(&r, "ctl1-jobcomp.log",
               "JobId=101 Name=bd-0 JobState=COMPLETED\nJobId=109 Name=bd-0 JobState=COMPLETED\n");
    results(&r, &result);
    ck_assert_int_eq(figure(&result, "records", "onlyOurs"), 1);
    ck_assert_int_eq(figure(&result, "records", "onlyScheduler"), 1);
    workload_result_done(&result);
    run_done(&r);
}
END_TEST

START_TEST(test_times_that_contradict_the_schedulers)
{
    struct run r;
    struct workload_result result = {0};
    run_init(&r);
    write_text(&r, "ctl1-jobcomp.log",
               "JobId=101 Name=bd-0 JobState=COMPLETED StartTime=2026-01-31T12:00:02 "
               "EndTime=2026-01-31T12:00:03\n"
               "JobId=102 Name=bd-1 JobState=COMPLETED StartTime=2026-01-31T12:00:00 "
               "EndTime=2026-01-31T12:00:01\n");
    results(&r, &result);
    ck_assert_int_eq(figure(&result, "records", "disagree"), 1);
    const json_t *records = json_object_get(result.conditions, "records");
    ck_assert_double_eq_tol(bd_json_real(records, "worstSeconds", 0), 2 - 0.060, 1e-6);
    workload_result_done(&result);
    run_done(&r);
}
END_TEST

START_TEST(test_a_job_that_the_scheduler_ends_is_over_for_it_before_it_is)
{
    struct run r;
    struct workload_result result = {0};
    run_init(&r);
    write_text(&r, "ctl1-jobcomp.log",
               "JobId=101 Name=bd-0 JobState=CANCELLED StartTime=2026-01-31T12:00:00 "
               "EndTime=2026-01-31T11:59:50\n"
               "JobId=102 Name=bd-1 JobState=FAILED StartTime=2026-01-31T12:00:00 "
               "EndTime=2026-01-31T11:59:50\n");
    results(&r, &result);
    ck_assert_int_eq(figure(&result, "records", "disagree"), 1);
    workload_result_done(&result);
    run_done(&r);
}
END_TEST

/* Slurm says that job 1 ended in the second before. */
START_TEST(test_a_tick_of_the_schedulers_clock_is_no_contradiction)
{
    static const struct {
        int64_t ended_ms;
        json_int_t disagree;
    } cases[] = {{1009, 0}, {1011, 1}};
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct run r;
        struct workload_result result = {0};
        run_init(&r);
        r.records[2][r.n[2] - 1].mono_ns = ZERO + cases[i].ended_ms * MS;
        r.records[2][r.n[2] - 1].wall_ns = EPOCH + cases[i].ended_ms * MS;
        results(&r, &result);
        ck_assert_int_eq(figure(&result, "records", "disagree"), cases[i].disagree);
        workload_result_done(&result);
        run_done(&r);
    }
}
END_TEST

START_TEST(test_a_log_that_is_not_there_is_told)
{
    struct run r;
    struct workload_result result = {0};
    run_init(&r);
    ck_assert_int_eq(unlinkat(r.fd, "ctl1-jobcomp.log", 0), 0);
    results(&r, &result);
    const json_t *records = json_object_get(result.conditions, "records");
    ck_assert_int_eq(bd_json_bool(records, "read", 1), 0);
    ck_assert_msg(strstr(bd_json_str(records, "error", ""), "jobcomp.log"), "no name");
    workload_result_done(&result);
    run_done(&r);
}
END_TEST

START_TEST(test_a_driver_that_died_leaves_what_was_seen)
{
    struct run r;
    struct workload_result result = {0};
    run_init(&r);
    r.n[0] = 3; /* BEGIN, SUBMIT and ACCEPTED of the first job */
    r.n[1] = 1;
    r.n[2] = 0;
    results(&r, &result);
    ck_assert_int_eq(result.jobs.items[0].started_all, 60 * MS);
    ck_assert_int_eq((int)result.jobs.items[0].outcome, JOB_KILLED);
    ck_assert_int_eq((int)result.jobs.items[1].outcome, JOB_NOT_SUBMITTED);
    ck_assert_int_eq(figure(&result, "jobs", "notSubmitted"), 1);
    workload_result_done(&result);
    run_done(&r);
}
END_TEST

START_TEST(test_files_that_are_not_what_was_written)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {JOBSTREAM_RECORD, "{\"scheduler\":"},
        {JOBSTREAM_JOBS, "benchd-jobs 1 2\n0 0 1\n"},
        {JOBSTREAM_JOBS, ""},
        {JOBSTREAM_CLOCK, "["},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct run r;
        struct workload_result result = {0};
        run_init(&r);
        write_records(&r);
        write_text(&r, cases[i].name, cases[i].text);
        int rc = workload_find("jobstream")->results(NULL, r.fd, &result, NULL);
        ck_assert_msg(rc == BD_ECORRUPT, "case %zu: %d", i, rc);
        ck_assert_ptr_null(result.metrics);
        run_done(&r);
    }
}
END_TEST

static double lateness(const struct workload_result *result)
{
    return bd_json_real(json_object_get(result->conditions, "driver"), "lateness", -1);
}

/* Jobs 0 to 2 at once, 3 and 4 at once a second later; 4 follows 2. */
static void run_init_burst(struct run *r, const int64_t submit_ms[5], int64_t accepted_2_ms)
{
    run_init(r);
    memset(r->n, 0, sizeof(r->n));
    write_text(r, JOBSTREAM_JOBS,
               "benchd-jobs 1 5\n"
               "0 0 1 1 200000000 400000000 0 0 -1\n"
               "1 0 1 1 200000000 400000000 0 0 -1\n"
               "2 0 1 1 200000000 400000000 0 0 -1\n"
               "3 1000000000 1 1 200000000 400000000 0 0 -1\n"
               "4 1000000000 1 1 200000000 400000000 0 0 2\n");
    add(r, 0, JOB_RECORD_BEGIN, 0, 0, 0, 0);
    for (uint32_t i = 0; i < 5; i++)
        add(r, 0, JOB_RECORD_SUBMIT, i, 0, submit_ms[i], 0);
    add(r, 0, JOB_RECORD_ACCEPTED, 2, 0, accepted_2_ms, 0);
}

START_TEST(test_the_driver_is_late_where_the_first_job_of_a_moment_is)
{
    static const struct {
        int64_t submit_ms[5], accepted_2_ms;
        double lateness;
        json_int_t n;
    } cases[] = {
        {{5, 2, 700, 1010, 1900}, 900, 0.010, 2},  /* 1 was first; the others waited for a client */
        {{1, 3, 500, 1400, 1300}, 900, 0.300, 2},  /* 4 could be submitted from 1000 on */
        {{1, 3, 500, 1400, 1300}, 1200, 0.400, 2}, /* and here it could not */
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct run r;
        struct workload_result result = {0};
        run_init_burst(&r, cases[i].submit_ms, cases[i].accepted_2_ms);
        results(&r, &result);
        ck_assert_int_eq(figure(&result, "driver", "n"), cases[i].n);
        ck_assert_msg(fabs(lateness(&result) - cases[i].lateness) < 1e-12, "case %zu: %g", i,
                      lateness(&result));
        workload_result_done(&result);
        run_done(&r);
    }
}
END_TEST

/* 1 and 2 come 100 ms after the end of 0, 3 50 ms after that of 2. */
START_TEST(test_a_think_time_begins_with_the_schedulers_word_on_the_end)
{
    struct run r;
    struct workload_result result = {0};
    run_init(&r);
    memset(r.n, 0, sizeof(r.n));
    write_text(&r, JOBSTREAM_JOBS,
               "benchd-jobs 1 4\n"
               "0 0 1 1 200000000 400000000 0 0 -1\n"
               "1 5000000 1 1 200000000 400000000 0 0 0 100000000 3\n"
               "2 5000000 1 1 200000000 400000000 0 0 0 100000000\n"
               "3 5000000 1 1 200000000 400000000 0 0 2 50000000\n");
    add(&r, 0, JOB_RECORD_BEGIN, 0, 0, 0, 0);
    add(&r, 0, JOB_RECORD_SUBMIT, 0, 0, 1, 0);
    add(&r, 0, JOB_RECORD_ACCEPTED, 0, 0, 900, 0); /* it is over: nobody waits for its number */
    add(&r, 1, JOB_RECORD_END, 0, 0, 270, 0);
    add(&r, 0, JOB_RECORD_ENDED, 0, 0, 300, JOB_END_COMPLETED);
    add(&r, 0, JOB_RECORD_SUBMIT, 1, 0, 404, 0);
    add(&r, 0, JOB_RECORD_SUBMIT, 2, 0, 407, 0);
    results(&r, &result);
    static const int64_t planned_ms[] = {0, 400, 400, 5};
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(result.jobs.items[i].planned, planned_ms[i] * MS);
    ck_assert_int_eq(result.jobs.items[1].think, 100 * MS);
    ck_assert_int_eq(result.jobs.items[1].group, 3);
    ck_assert_int_eq(result.jobs.items[2].group, -1);
    ck_assert_int_eq(figure(&result, "driver", "n"), 2);
    ck_assert_double_eq_tol(lateness(&result), 0.004, 1e-12);
    workload_result_done(&result);
    run_done(&r);
}
END_TEST

UNIT_MAIN("workload/jobstream", test_a_stream_in_which_all_went_well,
          test_limits_of_runtimes_that_a_spec_gives_are_as_they_are,
          test_what_a_node_has_lost_is_not_made_up, test_jobs_that_only_one_side_has,
          test_times_that_contradict_the_schedulers,
          test_a_job_that_the_scheduler_ends_is_over_for_it_before_it_is,
          test_a_log_that_is_not_there_is_told,
          test_a_tick_of_the_schedulers_clock_is_no_contradiction,
          test_a_driver_that_died_leaves_what_was_seen, test_files_that_are_not_what_was_written,
          test_the_driver_is_late_where_the_first_job_of_a_moment_is,
          test_a_think_time_begins_with_the_schedulers_word_on_the_end)
