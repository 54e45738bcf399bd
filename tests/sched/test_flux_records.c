/* What Flux wrote down of its jobs, read back: eventlogs of real instances of 0.88, one for each
 * scheduler. */
#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/sched/flux.h"
#include "tests/sched/plan.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const vectors[] = {"eventlogs-sched-simple.jsonl", "eventlogs-fluxion.jsonl"};

/* The jobs of both, in their order: one that ran; an array of three; one whose program is not
 * there; one over its limit; one that was cancelled; one that no cluster could run; one of none of
 * ours. */
static const struct {
    int64_t index;
    unsigned nodes;
    enum job_end end;
    bool began;
} expected[] = {
    {0, 1, JOB_END_COMPLETED, true},  {1, 1, JOB_END_COMPLETED, true},
    {1, 1, JOB_END_COMPLETED, true},  {1, 1, JOB_END_COMPLETED, true},
    {2, 1, JOB_END_FAILED, true},     {3, 1, JOB_END_TIMEOUT, true},
    {4, 1, JOB_END_CANCELLED, true},  {5, 0, JOB_END_FAILED, false},
    {-1, 1, JOB_END_COMPLETED, true},
};

static char *read_vector(const char *name, size_t *ret_bytes)
{
    bd_auto_free char *path = bd_xasprintf(FLUX_VECTORS "/%s", name);
    struct bd_err err = BD_ERR_INIT;
    char *text = NULL;
    ck_assert_msg(bd_read_file(path, 1 << 20, &text, ret_bytes, &err) == 0, "%s", err.text);
    return text;
}

static void read_all(const char *text, size_t bytes, struct sched_records *records)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(flux_read_records(text, bytes, records, &err) == 0, "%s", err.text);
}

START_TEST(test_each_line_is_a_job)
{
    struct sched_records records = {0};
    size_t bytes;
    bd_auto_free char *text = read_vector(vectors[_i], &bytes);
    size_t cut = (size_t)(strchr(text, '\n') + 1 - text); /* in two pieces */
    read_all(text, cut, &records);
    read_all(text + cut, bytes - cut, &records);
    ck_assert_uint_eq(records.n, BD_ARRAY_LEN(expected));
    for (size_t i = 0; i < records.n; i++) {
        const struct sched_record *got = &records.items[i];
        ck_assert_uint_gt(got->job_id, 0);
        ck_assert_int_eq(got->index, expected[i].index);
        ck_assert_uint_eq(got->nodes, expected[i].nodes);
        ck_assert_int_eq((int)got->end, (int)expected[i].end);
        ck_assert(expected[i].began == (got->start_s > 0));
        ck_assert_int_ge(got->end_s, got->submit_s);
        ck_assert_int_gt(got->submit_s, 1700000000);
    }
    sched_records_done(&records);
}
END_TEST

#define JOB(events) "{\"id\": 7, \"name\": \"bd-3\", \"events\": [" events "]}\n"
#define EVENT(name, at, context)                                                                   \
    "{\"timestamp\": " at ", \"name\": \"" name "\", \"context\": {" context "}}"

static const struct {
    const char *line;
    struct sched_record record;
} made[] = {
    /* Nodes of several kinds, and a number of bytes that no job has. */
    {"{\"id\": 9007199254740993, \"name\": \"bd-12\", \"events\": [], \"R\": {\"execution\": "
     "{\"R_lite\": [{\"rank\": \"1-3,7\"}, {\"rank\": \"9\"}]}}}\n",
     {9007199254740993, 12, 0, 0, 0, 5, JOB_END_UNKNOWN}},
    {JOB(EVENT("submit", "10.9", "") "," EVENT(
         "exception", "12.1",
         "\"type\": \"node-failure\", \"severity\": 0") "," EVENT("finish", "12.9",
                                                                  "\"status\": 9")),
     {7, 3, 10, 0, 12, 0, JOB_END_NODE_FAIL}},
    /* What is not fatal ends no job. */
    {JOB(EVENT("exception", "12", "\"type\": \"cancel\", \"severity\": 2") "," EVENT(
         "finish", "13", "\"status\": 256")),
     {7, 3, 0, 0, 13, 0, JOB_END_FAILED}},
    {"{\"id\": 1, \"name\": \"bd-x\", \"events\": [4, {}, null]}\n", {1, -1, 0, 0, 0, 0, 0}},
};

START_TEST(test_what_is_made_up_is_read_by_the_same_rules)
{
    struct sched_records records = {0};
    read_all(made[_i].line, strlen(made[_i].line), &records);
    ck_assert_uint_eq(records.n, 1);
    hold_record(records.items, &made[_i].record);
    sched_records_done(&records);
}
END_TEST

static const char *const wrong[] = {
    "no JSON\n",
    "[]\n",
    "{\"id\": 4}\n",
    "{\"events\": []}\n",
    "{\"id\": -4, \"events\": []}\n",
    "{\"id\": 4, \"events\": [", /* cut off */
};

START_TEST(test_a_line_that_makes_no_sense_is_told)
{
    struct sched_records records = {0};
    struct bd_err err = BD_ERR_INIT;
    size_t bytes;
    bd_auto_free char *text = read_vector(vectors[0], &bytes);
    bd_auto_free char *both = bd_xasprintf("%s%s", text, wrong[_i]);
    ck_assert_int_eq(flux_read_records(both, strlen(both), &records, &err), BD_ECORRUPT);
    ck_assert_msg(strstr(err.text, "line 10 "), "%s", err.text);
    ck_assert_uint_eq(records.n, 0); /* nothing of what came with it */
    sched_records_done(&records);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sched/flux_records");
    TCase *tc = tcase_create("records");
    tcase_add_loop_test(tc, test_each_line_is_a_job, 0, BD_ARRAY_LEN(vectors));
    tcase_add_loop_test(tc, test_what_is_made_up_is_read_by_the_same_rules, 0, BD_ARRAY_LEN(made));
    tcase_add_loop_test(tc, test_a_line_that_makes_no_sense_is_told, 0, BD_ARRAY_LEN(wrong));
    suite_add_tcase(s, tc);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
