/* The file for bench-driver. */
#include "tests/jobs/support.h"

#include "tests/base/unit.h"

static const struct job jobs[] = {
    {0, 1, 1, 0, 0, -1, -1, -1, 0, 1000, 1000},
    {1, 4, 20, 64, -1000, 0, -1, -1, 7000, 86400000000000, 864000000000000000},
    {2, 250, 1, 1, 1000, -1, -1, -1, 7000, 300000000, 300000000},
    {3, 1, 1, 1, 0, 1, 0, -1, 7000, 5, 5},
    {4, 1, 1, 1, 0, 1, 2500, 12, 7000, 5, 5},
    {5, 1, 1, 1, 0, 1, -1, INT64_MAX, 7000, 5, 5},
    {6, 1, 1, 1, 0, -1, -1, -1, 7000, 5, 5, {0, 0, 0, true}},
    {7, 1, 1, 1, 0, 1, 9, 3, 7000, 5, 5, {2, 1024, 1099511627776, false}},
};
static const char text[] = "benchd-jobs 1 8\n"
                           "0 0 1 1 1000 1000 0 0 -1\n"
                           "1 7000 4 20 86400000000000 864000000000000000 64 -1000 0\n"
                           "2 7000 250 1 300000000 300000000 1 1000 -1\n"
                           "3 7000 1 1 5 5 1 0 1 0\n"
                           "4 7000 1 1 5 5 1 0 1 2500 12\n"
                           "5 7000 1 1 5 5 1 0 1 -1 9223372036854775807\n"
                           "6 7000 1 1 5 5 1 0 -1 -1 -1 0 0 0 1\n"
                           "7 7000 1 1 5 5 1 0 1 9 3 2 1024 1099511627776 0\n";

START_TEST(text_is_as_the_driver_reads_it)
{
    bd_auto_str struct bd_str s = {0};
    jobs_to_text(&(struct job_stream){(struct job *)jobs, BD_ARRAY_LEN(jobs), 27}, &s);
    ck_assert_str_eq(bd_str_text(&s), text);
}
END_TEST

START_TEST(jobs_come_back_as_they_were)
{
    auto_stream s = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(jobs_from_text(text, strlen(text), &s, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(s.n, BD_ARRAY_LEN(jobs));
    ck_assert_uint_eq(s.tasks, 27);
    bd_auto_str struct bd_str again = {0};
    jobs_to_text(&s, &again);
    ck_assert_str_eq(bd_str_text(&again), text);
    ck_assert(s.items[6].ask.shares && s.items[7].ask.memory_bytes == UINT64_C(1) << 40);
}
END_TEST

START_TEST(no_jobs_are_jobs_too)
{
    auto_stream s = {0};
    bd_auto_str struct bd_str out = {0};
    ck_assert_int_eq(jobs_from_text("benchd-jobs 1 0\n", 16, &s, NULL), 0);
    ck_assert_uint_eq(s.n, 0);
    jobs_to_text(&s, &out);
    ck_assert_str_eq(bd_str_text(&out), "benchd-jobs 1 0\n");
}
END_TEST

START_TEST(what_was_damaged_is_told_with_its_line)
{
    static const struct {
        const char *text;
        int line;
    } cases[] = {
        {"", 1},
        {"benchd-jobs 1", 1},
        {"benchd-jobs 1 1", 1},
        {"benchd-jobs 2 1\n0 0 1 1 5 5 0 0 -1\n", 1},
        {"benchd-jobs 1 1000001\n", 1},
        {"benchd-jobs 1 -1\n", 1},
        {"benchd-jobs 1 1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 -1", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 -1 7\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 -1 \n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 -1 -1 -1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 -1 -1 1 1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 -1 -1 -1 1 0 0\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 -1 -1 -1 1 0 0 2\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 -1 -1 -1 1 0 0 1 1\n", 2},
        {"benchd-jobs 1 2\n0 0 1 1 5 5 0 0 -1\n1 0 1 1 5 5 0 0 0 -2\n", 3},
        {"benchd-jobs 1 1\n0  0 1 1 5 5 0 0 -1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 x -1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 000000000000000000000000000\n", 2},
        {"benchd-jobs 1 1\n1 0 1 1 5 5 0 0 -1\n", 2},
        {"benchd-jobs 1 1\n0 -1 1 1 5 5 0 0 -1\n", 2},
        {"benchd-jobs 1 1\n0 0 0 1 5 5 0 0 -1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 0 5 5 0 0 -1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1001 5 5 0 0 -1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 0 5 0 0 -1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 4 0 0 -1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 65 0 -1\n", 2},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 0\n", 2},
        {"benchd-jobs 1 2\n0 0 1 1 5 5 0 0 -1\n1 0 1 1 5 5 0 0 1\n", 3},
        {"benchd-jobs 1 2\n0 7 1 1 5 5 0 0 -1\n1 6 1 1 5 5 0 0 -1\n", 3},
        {"benchd-jobs 1 1\n0 0 1 1 5 5 0 0 -1\n1 0 1 1 5 5 0 0 -1\n", 3},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct job_stream s = {.n = 77};
        struct bd_err err = BD_ERR_INIT;
        bd_auto_free char *line = bd_xasprintf("line %d ", cases[i].line);
        int rc = jobs_from_text(cases[i].text, strlen(cases[i].text), &s, &err);
        ck_assert_msg(rc == BD_ECORRUPT && strstr(err.text, line), "%zu: %d, %s", i, rc, err.text);
        ck_assert_uint_eq(s.n, 77);
    }
    struct job_stream s = {0};
    static const char nul[] = "benchd-jobs 1 1\n0 0 1 1 5\0 5 0 0 -1\n";
    ck_assert_int_eq(jobs_from_text(nul, sizeof(nul) - 1, &s, NULL), BD_ECORRUPT);
}
END_TEST

START_TEST(more_tasks_than_a_stream_has_are_refused)
{
    bd_auto_str struct bd_str lines = {0};
    struct job_stream s = {0};
    bd_str_add(&lines, "benchd-jobs 1 1001\n");
    for (int i = 0; i < 1001; i++)
        bd_str_addf(&lines, "%d 0 1 1000 5 5 0 0 -1\n", i);
    ck_assert_int_eq(jobs_from_text(lines.data, lines.len, &s, NULL), BD_ECORRUPT);
}
END_TEST

/* No byte that is missing or is another one leads beyond the text. */
START_TEST(cut_and_changed_texts_are_read_safely)
{
    for (size_t n = 0; n < strlen(text); n++) {
        bd_auto_free char *copy = bd_xmalloc(n);
        memcpy(copy, text, n);
        struct job_stream s = {0};
        ck_assert_int_eq(jobs_from_text(copy, n, &s, NULL), BD_ECORRUPT);
    }
    for (size_t i = 0; i < strlen(text); i++) {
        bd_auto_free char *copy = bd_xmalloc(strlen(text));
        memcpy(copy, text, strlen(text));
        copy[i] ^= 1;
        auto_stream s = {0};
        jobs_from_text(copy, strlen(text), &s, NULL);
    }
}
END_TEST

UNIT_MAIN("jobs-text", text_is_as_the_driver_reads_it, jobs_come_back_as_they_were,
          no_jobs_are_jobs_too, what_was_damaged_is_told_with_its_line,
          more_tasks_than_a_stream_has_are_refused, cut_and_changed_texts_are_read_safely)
