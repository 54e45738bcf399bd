/* What was measured of a run, and the grade that follows. */
#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/model/run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Of a stream in which nothing went wrong. */
#define FINE_JOBS                                                                                  \
    "\"jobs\":{\"asked\":40,\"completed\":40,\"failed\":0,\"killed\":0,\"refused\":0,\"lost\":0,"  \
    "\"notSubmitted\":0,\"doubled\":0,\"strangers\":0,\"nodesWithoutRecords\":[]}"
#define CLOCK(rest) "\"clock\":{\"known\":true,\"shared\":true," rest "\"latencyMedian\":0.2}"
#define NO_JUMP     "\"wallJumpNs\":1000,"

static const struct {
    const char *measured;
    enum run_grade grade;
    const char *reasons[3]; /* words of each, in this order */
} cases[] = {
    {"{}", GRADE_USABLE, {NULL}},
    {"{" FINE_JOBS "}", GRADE_USABLE, {NULL}},
    {"{\"jobs\":{\"asked\":40,\"lost\":2}}", GRADE_INVALID, {"2 of 40 jobs were accepted"}},
    {"{\"jobs\":{\"asked\":40,\"notSubmitted\":1}}", GRADE_INVALID, {"1 of 40 jobs were never"}},
    {"{\"jobs\":{\"asked\":9,\"doubled\":1}}", GRADE_INVALID, {"1 of 9 jobs ran more than once"}},
    {"{\"jobs\":{\"asked\":9,\"finished\":true}}", GRADE_USABLE, {NULL}},
    {"{\"jobs\":{\"asked\":9,\"finished\":false}}", GRADE_INVALID, {"no record of its end"}},
    {"{\"jobs\":{\"asked\":9,\"strangers\":4}}", GRADE_INVALID, {"4 records are of no job"}},
    {"{\"jobs\":{\"asked\":9,\"nodesWithoutRecords\":[\"n2\",\"n3\"]}}",
     GRADE_INVALID,
     {"2 nodes have lost their records of jobs, the first of them n2"}},
    {"{\"jobs\":{\"asked\":40,\"completed\":0,\"failed\":40}}",
     GRADE_INVALID,
     {"40 of 40 jobs ended", "No job was completed"}},
    {"{\"jobs\":{\"asked\":40,\"failed\":1}}", GRADE_LIMITED, {"1 of 40 jobs ended"}},
    {"{\"jobs\":{\"asked\":40,\"killed\":3,\"refused\":2}}",
     GRADE_LIMITED,
     {"2 of 40 jobs were refused", "3 of 40 jobs were cut off"}},
    {"{\"driver\":{\"lateness\":0.020,\"by\":\"p95\",\"n\":40}}", GRADE_USABLE, {NULL}},
    {"{\"driver\":{\"lateness\":0.0315,\"by\":\"p99\",\"n\":1000,\"median\":0.001,\"maximum\":0.4}"
     "}",
     GRADE_INVALID,
     {"driver late: jobs were submitted later than planned by 31.5 ms (p99 of 1000; median 1.0 ms, "
      "maximum 400.0 ms), and 20 ms is the limit"}},
    {"{\"checks\":[{\"name\":\"a\",\"holds\":true,\"n\":3,\"wrong\":0}]}", GRADE_USABLE, {NULL}},
    {"{\"checks\":[{\"name\":\"a\",\"holds\":true},{\"name\":\"residual\",\"holds\":false,\"n\":3,"
     "\"wrong\":2,\"got\":\"FAILED\",\"expected\":\"PASSED\",\"says\":\"it is wrong\"}]}",
     GRADE_INVALID,
     {"The check residual does not hold: it is wrong (found 'FAILED', expected PASSED; 2 of 3 "
      "values)."}},
    {"{" CLOCK(NO_JUMP "\"boundNs\":20000000,\"offsetNs\":3000,") "}", GRADE_USABLE, {NULL}},
    {"{" CLOCK(NO_JUMP "\"boundNs\":20100000,\"offsetNs\":3000,") "}",
     GRADE_LIMITED,
     {"wrong by 20.100 ms, more than a tenth of the median latency (200.000 ms)"}},
    {"{" CLOCK(NO_JUMP "\"boundNs\":30000,\"offsetNs\":30001,") "}",
     GRADE_LIMITED,
     {"share the host's clock differ"}},
    {"{\"clock\":{\"known\":false}}", GRADE_LIMITED, {"were not measured"}},
    {"{" CLOCK("\"wallJumpNs\":-3600000000000,\"boundNs\":1,\"offsetNs\":0,") "}",
     GRADE_USABLE,
     {"set by -3600.000 s"}},
    {"{\"records\":{\"read\":true,\"onlyOurs\":0,\"onlyScheduler\":0,\"disagree\":0}}",
     GRADE_USABLE,
     {NULL}},
    {"{\"records\":{\"read\":false,\"error\":\"line 3 has no JobId\"}}",
     GRADE_LIMITED,
     {"line 3 has no JobId"}},
    {"{\"records\":{\"read\":true,\"onlyOurs\":1}}", GRADE_INVALID, {"no record of 1 jobs"}},
    {"{\"records\":{\"read\":true,\"onlyScheduler\":2}}", GRADE_INVALID, {"records of 2 jobs"}},
    {"{\"records\":{\"read\":true,\"disagree\":5,\"worstSeconds\":1.25}}",
     GRADE_LIMITED,
     {"contradict those of 5 jobs, by up to 1.250 s"}},
    /* A wall clock that was set explains that. */
    {"{\"records\":{\"read\":true,\"disagree\":5,\"worstSeconds\":3600},"
     "\"clock\":{\"known\":true,\"wallJumpNs\":3600000000000}}",
     GRADE_USABLE,
     {"set by 3600.000 s"}},
    {"{\"limits\":{\"jobs\":40,\"belowGrain\":40,\"byTimeScale\":0,\"grainNs\":60000000000}}",
     GRADE_USABLE,
     {NULL}},
    {"{\"limits\":{\"jobs\":40,\"belowGrain\":40,\"byTimeScale\":12,\"grainNs\":60000000000}}",
     GRADE_LIMITED,
     {"Time scale below scheduler resolution: 12 of 40 jobs ask for less than 60 s"}},
    {"{\"noise\":{\"limitCpus\":0.2,\"outsideCpusMean\":0.2,\"stealMean\":0.1}}",
     GRADE_USABLE,
     {NULL}},
    {"{\"noise\":{\"limitCpus\":0.2,\"outsideCpusMean\":0.75,\"stealMean\":0.5}}",
     GRADE_LIMITED,
     {"Others used 0.75 CPUs", "0.50 CPUs were taken"}},
    {"{\"network\":{\"figures\":[{\"name\":\"bandwidth\",\"holds\":true}]}}", GRADE_USABLE, {NULL}},
    {"{\"network\":{\"figures\":[{\"name\":\"bandwidth\",\"from\":\"ctl1\",\"to\":\"n2\","
     "\"asked\":1e8,\"measured\":8e7,\"holds\":false}]}}",
     GRADE_LIMITED,
     {"The network is not what was asked for: bandwidth from ctl1 to n2 is 80 Mbit/s, 20 % less "
      "than "
      "the 100 Mbit/s that were asked for."}},
    {"{\"network\":{\"figures\":[],\"error\":\"n1 did not answer\"}}",
     GRADE_LIMITED,
     {"not measured after that: n1 did not answer"}},
};

START_TEST(test_every_figure_that_speaks_against_a_run_is_told)
{
    struct bd_err err = BD_ERR_INIT;
    const char *const *reasons = cases[_i].reasons;
    bd_auto_json json_t *measured = NULL, *told = json_array();
    const char *text = cases[_i].measured;
    ck_assert_msg(bd_json_parse(text, strlen(text), &measured, &err) == 0, "%s", err.text);
    struct run_conditions conditions = {
        .audited = true, .residue_empty = true, .quiet = true, .measured = measured};
    enum run_grade grade = run_grade_of(&conditions, told);
    bd_auto_free char *all = bd_json_text(told);
    ck_assert_msg(grade == cases[_i].grade, "%s: %s", run_grade_to_str(grade), all);
    size_t n = 0;
    for (; n < BD_ARRAY_LEN(cases[_i].reasons) && reasons[n]; n++) {
        const char *reason = json_string_value(json_array_get(told, n));
        ck_assert_msg(reason && strstr(reason, reasons[n]), "%s", all);
    }
    ck_assert_msg(json_array_size(told) == n, "%s", all);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("model/grade");
    TCase *tc = tcase_create("grade");
    tcase_add_loop_test(tc, test_every_figure_that_speaks_against_a_run_is_told, 0,
                        (int)BD_ARRAY_LEN(cases));
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
