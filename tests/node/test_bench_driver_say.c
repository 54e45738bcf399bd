/* What bench-driver tells a submitter (fake_submitter.c) of what jobs ask for, and in which form.
 */
#include "../../node/bench-driver.h"
#include "program.h"
#include "records.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

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

#define drive(payload, ...)                                                                        \
    run(driver, "--jobs", jobs_file, "--records", records_file, "--payload", payload, __VA_ARGS__, \
        "--", fake, "all")

/* What jobs ask for on their nodes, where they say something. */
static const char asking[] = "benchd-jobs 1 4\n"
                             "0 0 1 1 5 60 0 0 -1 -1 -1 0 0 0 1\n"
                             "1 0 2 1 5 60 0 0 -1 -1 -1 2 3 67108865 0\n"
                             "2 0 2 1 5 60 0 0 -1 -1 7 0 2 0 1\n"
                             "3 0 2 2 5 1500000000 0 0 0 -1 -1 0 0 0 1\n";

START_TEST(test_what_jobs_ask_for_is_told)
{
    fresh(asking);
    ck_assert_int_eq(drive("sleep", "--clients", "4").code, 0);
    const char *log = read_text(log_file);
    ck_assert_msg(strstr(log, "submit 0 1 1 60 root - - shares -- "), "%s", log);
    ck_assert_msg(strstr(log, "submit 1 2 1 60 root - - tasks-per-node=2 cores-per-task=3 "
                              "memory=67108865 -- "),
                  "%s", log);
    ck_assert_msg(strstr(log, "submit 2 2 1 60 root - - cores-per-task=2 shares -- "), "%s", log);
}
END_TEST

/* As a whole: the scheduler's own words are held against golden files (sched-descriptions). */
START_TEST(test_jobs_come_in_the_form_that_was_asked_for)
{
    fresh(asking);
    setenv("FAKE_FORM", "jobspec-v1", 1);
    setenv("BENCHD_RECORDS", "/x/r", 1);
    struct outcome outcome = drive("command:a \"b", "--job", "/j");
    ck_assert_msg(outcome.code == 0, "%s", outcome.err);
    const char *log = read_text(log_file);
    ck_assert_msg(
        strstr(log,
               "submit 3 2 2 1500000000 root - 1000 shares -- {\"version\":1,\"resources\":["
               "{\"type\":\"node\",\"count\":2,\"with\":[{\"type\":\"slot\",\"count\":1,"
               "\"label\":\"task\",\"with\":[{\"type\":\"core\",\"count\":1}]}]}],\"tasks\":["
               "{\"command\":[\"/j\",\"3\",\"5\",\"command\",\"a\",\"\\\"b\"],\"slot\":\"task\","
               "\"count\":{\"per_slot\":1}}],\"attributes\":{\"system\":{\"duration\":2,"
               "\"cwd\":\"/\",\"job\":{\"name\":\"bd-3\"},\"environment\":{\"PATH\":"),
        "%s", log);
    ck_assert_msg(strstr(log, "\"BENCHD_RECORDS\":\"/x/r\""), "%s", log);
    ck_assert_msg(
        strstr(log, "\"dependencies\":[{\"scheme\":\"afterany\",\"value\":\"1000\"}]}}}\n"), "%s",
        log);
    ck_assert_msg(strstr(log,
                         "memory=67108865 -- {\"version\":1,\"resources\":[{\"type\":\"node\","
                         "\"count\":2,\"exclusive\":true,\"with\":[{\"type\":\"slot\",\"count\":2,"
                         "\"label\":\"task\",\"with\":[{\"type\":\"core\",\"count\":3}]}]}]"),
                  "%s", log);
}
END_TEST

/* The longest payload, each word of which has to be quoted: as words, and as a jobspec. */
START_TEST(test_longest_command_is_handed_over)
{
    static char payload[2048 + 1] = "command:";
    for (size_t at = 8; at + 2 <= 2048; at += 2)
        memcpy(payload + at, "\" ", 2);
    payload[2047] = 'x';
    for (int form = 0; form < 2; form++) {
        fresh("benchd-jobs 1 1\n0 0 1 1 5 60 0 0 -1\n");
        if (form)
            setenv("FAKE_FORM", "jobspec-v1", 1);
        struct outcome outcome = drive(payload, "--clients", "4");
        ck_assert_msg(outcome.code == 0, "%s", outcome.err);
    }
}
END_TEST

START_TEST(test_form_that_nobody_knows_is_nonsense)
{
    fresh(asking);
    setenv("FAKE_FORM", "punched-cards", 1);
    struct outcome outcome = drive("sleep", "--clients", "4");
    ck_assert_int_eq(outcome.code, BENCH_DRIVER_EXIT_NONSENSE);
    ck_assert_msg(strstr(outcome.err, "ready punched-cards"), "%s", outcome.err);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench-driver-say");
    TCase *c = tcase_create("sayings");
    SRunner *runner = srunner_create(suite);

    driver = program_setting("BENCH_DRIVER");
    fake = program_setting("FAKE_SUBMITTER");
    tcase_add_test(c, test_what_jobs_ask_for_is_told);
    tcase_add_test(c, test_jobs_come_in_the_form_that_was_asked_for);
    tcase_add_test(c, test_longest_command_is_handed_over);
    tcase_add_test(c, test_form_that_nobody_knows_is_nonsense);
    suite_add_tcase(suite, c);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
