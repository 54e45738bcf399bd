/* What Slurm wrote down of its jobs, read back. */
#include "lib/base/str.h"
#include "lib/sched/slurm.h"
#include "tests/sched/plan.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* As Slurm 22.05 and 24.11 write them, shortened where nothing is read. */
static const char lines[] =
    "JobId=7 UserId=root(0) GroupId=root(0) Name=bd-3 JobState=COMPLETED Partition=main "
    "TimeLimit=1 "
    "StartTime=2026-01-31T12:00:00 EndTime=2026-01-31T12:00:02 NodeList=n[1-2] NodeCnt=2 ProcCnt=2 "
    "WorkDir=/ ReservationName= Tres=cpu=2,node=2 Account= QOS= WcKey= Cluster=bd1f2e3d4c "
    "SubmitTime=2026-01-31T11:59:59 EligibleTime=2026-01-31T11:59:59 DerivedExitCode=0:0 "
    "ExitCode=0:0 \n"
    "JobId=9 Name=bd-12 JobState=TIMEOUT StartTime=2026-01-31T12:00:03 EndTime=Unknown NodeCnt=1\n"
    "\n"
    "JobId=1 UserId=root(0) Name=benchd JobState=FAILED StartTime=None NodeCnt=4\n"
    "JobId=11 Name=two words bd-4 JobState=NODE_FAIL\n"
    "JobId=12 Name=bd-x JobState=SOMETHING_NEW"; /* no end of the line either */

static const struct sched_record expected[] = {
    {7, 3, 1769860799, 1769860800, 1769860802, 2, JOB_END_COMPLETED},
    {9, 12, 0, 1769860803, 0, 1, JOB_END_TIMEOUT},
    {1, -1, 0, 0, 0, 4, JOB_END_FAILED},
    {11, -1, 0, 0, 0, 0, JOB_END_NODE_FAIL},
    {12, -1, 0, 0, 0, 0, JOB_END_UNKNOWN},
};

START_TEST(test_each_line_is_a_job)
{
    struct sched_records records = {0};
    struct bd_err err = BD_ERR_INIT;
    size_t cut = (size_t)_i ? (size_t)(strchr(lines, '\n') + 1 - lines) : 0; /* in two pieces */
    int rc = slurm_read_records(lines, cut, &records, &err);
    if (rc == 0)
        rc = slurm_read_records(lines + cut, strlen(lines + cut), &records, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    ck_assert_uint_eq(records.n, BD_ARRAY_LEN(expected));
    ck_assert_uint_eq(records.lines, 6);
    for (size_t i = 0; i < records.n; i++)
        hold_record(&records.items[i], &expected[i]);
    sched_records_done(&records);
}
END_TEST

START_TEST(test_a_line_without_a_number_is_told)
{
    static const char text[] = "JobId=7 Name=bd-3 JobState=COMPLETED\nName=bd-4 JobState=FAILED\n";
    struct sched_records records = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(slurm_read_records(lines, strlen(lines), &records, &err), 0);
    ck_assert_int_eq(slurm_read_records(text, strlen(text), &records, &err), BD_ECORRUPT);
    ck_assert_msg(strstr(err.text, "line 8 ") && strstr(err.text, "Name=bd-4"), "%s", err.text);
    ck_assert_uint_eq(records.n, BD_ARRAY_LEN(expected)); /* nothing of what came with it */
    sched_records_done(&records);
}
END_TEST

START_TEST(test_no_jobs_are_no_records)
{
    struct sched_records records = {0};
    ck_assert_int_eq(slurm_read_records("", 0, &records, NULL), 0);
    ck_assert_uint_eq(records.n, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sched/slurm_records");
    TCase *tc = tcase_create("records");
    tcase_add_loop_test(tc, test_each_line_is_a_job, 0, 2);
    tcase_add_test(tc, test_a_line_without_a_number_is_told);
    tcase_add_test(tc, test_no_jobs_are_no_records);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
