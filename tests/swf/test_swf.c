/* Logs in the Standard Workload Format. */
#include "lib/swf/swf.h"

#include "tests/base/unit.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#define auto_swf __attribute__((cleanup(swf_done))) struct swf

static int read_in_pieces(struct swf *log, const char *text, size_t piece, struct bd_err *err)
{
    bd_auto(swf_reader) struct swf_reader *r = swf_reader_new(log);
    size_t bytes = strlen(text);
    int rc = 0;
    for (size_t at = 0; at < bytes && rc == 0; at += piece)
        rc = swf_reader_feed(r, text + at, bytes - at < piece ? bytes - at : piece, err);
    return rc < 0 ? rc : swf_reader_end(r, err);
}

static void read_log(struct swf *log, const char *text)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(read_in_pieces(log, text, strlen(text), &err) == 0, "%s", err.text);
}

static const char small[] = "; Version: 2.2\n"
                            "; Computer: a machine\r\n"
                            ";MaxProcs: 128\n"
                            ";\n"
                            "\n"
                            "  1  0 10 100  4 -1.5e 0 4 200 -1 1 1 1 1 1 1 -1 -1\n"
                            "2 5 0 50.25 8 12.5 1024 8 60 -1 1 2 1 -1 0 -1 1 30\r\n"
                            "3 9 -1 70 -1 -1 -1 16 -1 -1 1 1 1 -1 -1 -1 -1 -1";

START_TEST(fields_and_header_are_read_however_the_text_comes)
{
    static const size_t pieces[] = {1, 7, 1000};
    for (size_t i = 0; i < BD_ARRAY_LEN(pieces); i++) {
        auto_swf log = {0};
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(read_in_pieces(&log, small, pieces[i], &err) == 0, "%s", err.text);
        ck_assert_uint_eq(log.lines, 8);
        ck_assert_uint_eq(log.header.n, 3);
        ck_assert_str_eq(swf_header(&log, "computer"), "a machine");
        ck_assert(swf_header_number(&log, "MaxProcs") == 128);
        ck_assert_ptr_null(swf_header(&log, "Max"));
        ck_assert_uint_eq(log.n, 2);
        ck_assert_uint_eq(log.jobs[0].line, 7);
        ck_assert(log.jobs[0].fields[SWF_RUNTIME] == 50.25);
        ck_assert(log.jobs[0].fields[SWF_THINK] == 30);
        ck_assert(log.jobs[1].fields[SWF_ASKED_PROCS] == 16);
        ck_assert_uint_eq(log.n_faults, 1);
        ck_assert_uint_eq(log.faults[0].line, 6);
        ck_assert_int_eq(log.faults[0].field, SWF_CPU);
        ck_assert_str_eq(log.faults[0].text, "'-1.5e' is no number");
    }
}
END_TEST

static void pack(const char *text, struct bd_str *ret)
{
    unsigned char out[4096];
    z_stream z = {0};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)strlen(text);
    z.next_out = out;
    z.avail_out = sizeof(out);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    bd_str_addn(ret, out, sizeof(out) - z.avail_out);
    deflateEnd(&z);
}

START_TEST(gzip_is_read_as_it_comes_and_joined_files_are_one)
{
    for (size_t piece = 1; piece < 1000; piece *= 10) {
        auto_swf log = {0};
        struct bd_err err = BD_ERR_INIT;
        bd_auto_str struct bd_str packed = {0};
        bd_auto(swf_reader) struct swf_reader *r = swf_reader_new(&log);
        pack("; MaxProcs: 128\n", &packed);
        pack(small, &packed);
        for (size_t at = 0; at < packed.len; at += piece)
            ck_assert_int_eq(swf_reader_feed(r, packed.data + at,
                                             packed.len - at < piece ? packed.len - at : piece,
                                             &err),
                             0);
        ck_assert_int_eq(swf_reader_end(r, &err), 0);
        ck_assert_uint_eq(log.n, 2);
        ck_assert_uint_eq(log.lines, 9);
    }
}
END_TEST

START_TEST(gzip_that_is_damaged_or_cut_off_is_told)
{
    for (int damaged = 0; damaged < 2; damaged++) {
        auto_swf log = {0};
        struct bd_err err = BD_ERR_INIT;
        bd_auto_str struct bd_str packed = {0};
        bd_auto(swf_reader) struct swf_reader *r = swf_reader_new(&log);
        pack(small, &packed);
        if (damaged)
            packed.data[packed.len / 2] ^= 0x55;
        else
            packed.len -= 9;
        int rc = swf_reader_feed(r, packed.data, packed.len, &err);
        rc = rc ? rc : swf_reader_end(r, &err);
        ck_assert_int_eq(rc, BD_EINVALID);
        ck_assert_ptr_nonnull(strstr(err.text, damaged ? "damaged" : "cut off"));
    }
}
END_TEST

#define REST "-1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1"

START_TEST(what_is_wrong_with_a_line_is_told_and_the_line_left_out)
{
    static const struct {
        const char *line;
        int field;
        const char *text;
    } cases[] = {
        {"1 2 3", -1, "3 fields where there are 18"},
        {"1 2 3 4 " REST " 5", -1, "19 fields where there are 18"},
        {"1.5 0 0 1 " REST, SWF_JOB, "1.5 is no whole number"},
        {"1 0 0 -7 " REST, SWF_RUNTIME, "-7: only -1, for a missing one, is below 0"},
        {"1 0 0 1e9 " REST, SWF_RUNTIME, "'1e9' is no number"},
        {"1 0 0 0x10 " REST, SWF_RUNTIME, "'0x10' is no number"},
        {"1 0 0 nan " REST, SWF_RUNTIME, "'nan' is no number"},
        {"1 0 - 1 " REST, SWF_WAIT, "'-' is no number"},
        {"1 0 1.2.3 1 " REST, SWF_WAIT, "'1.2.3' is no number"},
        {"1 0 0 9999999999999999 " REST, SWF_RUNTIME,
         "9999999999999999 is more than 1000000000000000"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        auto_swf log = {0};
        bd_auto_free char *text = bd_xasprintf("\n%s\n2 0 0 1 " REST "\n", cases[i].line);
        read_log(&log, text);
        ck_assert_msg(log.n_faults == 1, "%s: %zu faults", cases[i].line, log.n_faults);
        ck_assert_uint_eq(log.faults[0].line, 2);
        ck_assert_int_eq(log.faults[0].field, cases[i].field);
        ck_assert_str_eq(log.faults[0].text, cases[i].text);
        ck_assert_uint_eq(log.n, 1);
    }
}
END_TEST

START_TEST(lines_of_any_length_take_no_memory)
{
    auto_swf log = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_auto(swf_reader) struct swf_reader *r = swf_reader_new(&log);
    char many[4096];
    memset(many, '7', sizeof(many));
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(swf_reader_feed(r, many, sizeof(many), &err), 0);
    ck_assert_int_eq(swf_reader_feed(r, "\n1 0 0 1 " REST, 9 + sizeof(REST), &err), BD_EINVALID);
    ck_assert_uint_eq(log.n_faults, 1);
    ck_assert_str_eq(log.faults[0].text, "longer than 4096 bytes");
    ck_assert_str_eq(err.text, "line 2: a NUL byte: this is no text");
}
END_TEST

START_TEST(faults_are_counted_beyond_those_that_are_kept)
{
    auto_swf log = {0};
    bd_auto_str struct bd_str text = {0};
    for (int i = 0; i < 3 * SWF_FAULTS_MAX; i++)
        bd_str_add(&text, "what\n");
    read_log(&log, bd_str_text(&text));
    ck_assert_uint_eq(log.n_faults, 3 * SWF_FAULTS_MAX);
    ck_assert_uint_eq(log.faults[SWF_FAULTS_MAX - 1].line, SWF_FAULTS_MAX);
}
END_TEST

START_TEST(a_header_that_counts_other_jobs_is_told)
{
    auto_swf log = {0};
    read_log(&log, "; MaxRecords: 3\n1 0 0 1 " REST "\n");
    ck_assert_uint_eq(log.n_faults, 1);
    ck_assert_str_eq(log.faults[0].text, "the header says MaxRecords: 3, and there are 1");
    ck_assert_uint_eq(log.faults[0].line, 1);
}
END_TEST

/* A log whose lines end like those of Windows reads the same, and its lines count the same. */
START_TEST(lines_may_end_with_a_carriage_return)
{
    auto_swf unix_log = {0}, log = {0};
    bd_auto_str struct bd_str text = {0};
    for (const char *c = small; *c; c++)
        if (*c != '\r')
            bd_str_addf(&text, "%s%c", *c == '\n' ? "\r" : "", *c);
    bd_str_add(&text, "\r\n;MaxJobs: 3\r\n1 2\r\n");
    read_log(&unix_log, small);
    read_log(&log, bd_str_text(&text));
    ck_assert_uint_eq(log.n, unix_log.n);
    for (size_t i = 0; i < log.n; i++)
        ck_assert_mem_eq(&log.jobs[i], &unix_log.jobs[i], sizeof(log.jobs[i]));
    ck_assert_uint_eq(log.n_faults, 3);
    ck_assert_uint_eq(log.faults[0].line, 6);
    ck_assert_uint_eq(log.faults[1].line, 10);
    ck_assert_str_eq(log.faults[1].text, "2 fields where there are 18");
    ck_assert_uint_eq(log.faults[2].line, 9);
    ck_assert_str_eq(log.faults[2].text, "the header says MaxJobs: 3, and there are 2");
}
END_TEST

START_TEST(a_log_that_is_cut_off_in_a_line_is_told_with_that_line)
{
    auto_swf log = {0};
    read_log(&log, "; MaxJobs: 2\n1 0 0 1 " REST "\n2 0 0 1 -1 -1 -1 -1 -1");
    ck_assert_uint_eq(log.n, 1);
    ck_assert_uint_eq(log.n_faults, 2);
    ck_assert_uint_eq(log.faults[0].line, 3);
    ck_assert_str_eq(log.faults[0].text, "9 fields where there are 18");
    ck_assert_uint_eq(log.faults[1].line, 1);
}
END_TEST

START_TEST(a_field_of_any_length_is_a_fault_of_its_line)
{
    auto_swf log = {0};
    bd_auto_str struct bd_str text = {0};
    bd_str_add(&text, "1 0 0 ");
    for (int i = 0; i < 3000; i++)
        bd_str_add(&text, "9");
    bd_str_add(&text, " " REST "\n");
    read_log(&log, bd_str_text(&text));
    ck_assert_uint_eq(log.n_faults, 1);
    ck_assert_int_eq(log.faults[0].field, SWF_RUNTIME);
    ck_assert_str_eq(log.faults[0].text,
                     "9999999999999999999999999999999999999999 is more than 1000000000000000");
}
END_TEST

/* Header lines without end, remarks without end: what is kept of them is bounded. */
START_TEST(comments_without_end_are_not_kept_without_end)
{
    auto_swf log = {0};
    bd_auto_str struct bd_str text = {0};
    for (int i = 0; i < 3 * SWF_HEADER_MAX; i++)
        bd_str_addf(&text, "; Note: %d\n", i);
    bd_str_add(&text, "1 0 0 1 " REST "\n");
    for (int i = 0; i < 3 * SWF_HEADER_MAX; i++)
        bd_str_addf(&text, "; a remark %d\n", i);
    read_log(&log, bd_str_text(&text));
    ck_assert_uint_eq(log.header.n, SWF_HEADER_MAX);
    ck_assert_uint_eq(log.n_faults, 2 * SWF_HEADER_MAX);
    ck_assert_uint_eq(log.faults[0].line, SWF_HEADER_MAX + 1);
    ck_assert_uint_eq(log.n, 1);
}
END_TEST

/* job submit wait runtime procs cpu mem asked time mem status user ... after think */
#define JOB(number, submit, run, procs, asked, limit, status, user, after)                         \
#number " " #submit " -1 " #run " " #procs " -1 -1 " #asked " " #limit " -1 " #status          \
            " " #user " -1 -1 -1 -1 " #after " -1\n"

START_TEST(each_job_is_dropped_or_mended_by_the_first_rule_that_applies)
{
    auto_swf log = {0};
    struct swf_cleaning c;
    read_log(&log, "; MaxProcs: 8\n"            /* */
             JOB(1, 10, 5, 2, -1, 9, 1, 1, -1)  /* right */
             JOB(2, -1, 5, 2, -1, 9, 1, 1, -1)  /* no submit time */
             JOB(3, 12, 5, 2, -1, 9, 3, 1, -1)  /* a part */
             JOB(1, 13, 5, 2, -1, 9, 1, 1, -1)  /* repeated */
             JOB(4, 14, 0, 2, -1, 9, 5, 1, -1)  /* never ran */
             JOB(5, 15, 5, -1, -1, 9, 1, 1, -1) /* no processors */
             JOB(6, 16, 5, 9, -1, 9, 1, 1, -1)  /* too large */
             JOB(7, 11, 5, -1, 3, -1, 0, 1, 1)  /* early; limit and size filled */
             JOB(8, 18, 50, 1, 1, 9, 1, 1, 4)); /* ran too long, after one that is gone */
    swf_clean(&log, NULL, &c);
    static const size_t expected[SWF_RULE_COUNT] = {
        [SWF_NO_SUBMIT] = 1,    [SWF_PART] = 1,          [SWF_REPEATED] = 1,
        [SWF_NEVER_RAN] = 1,    [SWF_NO_PROCS] = 1,      [SWF_TOO_LARGE] = 1,
        [SWF_FLURRY] = 0,       [SWF_OUT_OF_ORDER] = 0,  [SWF_LIMIT_FILLED] = 1,
        [SWF_LIMIT_RAISED] = 1, [SWF_AFTER_UNKNOWN] = 1,
    };
    for (unsigned i = 0; i < SWF_RULE_COUNT; i++)
        ck_assert_msg(c.by_rule[i] == expected[i], "%s: %zu", swf_rule_name((enum swf_rule)i),
                      c.by_rule[i]);
    ck_assert_uint_eq(c.before, 9);
    ck_assert_uint_eq(c.after, 3);
    ck_assert(log.jobs[1].fields[SWF_JOB] == 7 && log.jobs[1].fields[SWF_PROCS] == 3);
    ck_assert(log.jobs[1].fields[SWF_ASKED_TIME] == 5 && log.jobs[1].fields[SWF_AFTER] == 1);
    ck_assert(log.jobs[2].fields[SWF_ASKED_TIME] == 50 && log.jobs[2].fields[SWF_AFTER] == -1);
}
END_TEST

START_TEST(jobs_out_of_order_are_moved_and_ties_stay_in_the_order_of_the_file)
{
    auto_swf log = {0};
    struct swf_cleaning c;
    read_log(&log, JOB(1, 20, 5, 2, -1, 9, 1, 1, -1) JOB(2, 10, 5, 2, -1, 9, 1, 1, -1)
                       JOB(3, 10, 5, 2, -1, 9, 1, 1, 2) JOB(4, 20, 5, 2, -1, 9, 1, 1, -1));
    swf_clean(&log, NULL, &c);
    ck_assert_uint_eq(c.by_rule[SWF_OUT_OF_ORDER], 1);
    static const int order[] = {2, 3, 1, 4};
    for (size_t i = 0; i < 4; i++)
        ck_assert(log.jobs[i].fields[SWF_JOB] == order[i]);
    ck_assert(log.jobs[1].fields[SWF_AFTER] == 2);
}
END_TEST

START_TEST(flurries_are_of_one_user_and_close_together)
{
    static const char text[] = JOB(1, 0, 5, 1, -1, 9, 1, 1, -1) JOB(2, 5, 5, 1, -1, 9, 1, 2, -1)
        JOB(3, 9, 5, 1, -1, 9, 1, 1, -1) JOB(4, 18, 5, 1, -1, 9, 1, 1, -1)
            JOB(5, 40, 5, 1, -1, 9, 1, 1, -1) JOB(6, 41, 5, 1, -1, 9, 1, -1, -1)
                JOB(7, 42, 5, 1, -1, 9, 1, -1, -1) JOB(8, 43, 5, 1, -1, 9, 1, -1, -1);
    static const struct {
        struct swf_flurries flurries;
        size_t left;
    } cases[] = {
        {{0, 10}, 8}, {{3, 10}, 5}, {{4, 10}, 8}, {{3, 8}, 8}, {{4, 22}, 4}, {{1, 10}, 3},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        auto_swf log = {0};
        struct swf_cleaning c;
        read_log(&log, text);
        swf_clean(&log, &cases[i].flurries, &c);
        ck_assert_msg(log.n == cases[i].left, "case %zu: %zu left", i, log.n);
        ck_assert_uint_eq(c.by_rule[SWF_FLURRY], 8 - log.n);
    }
}
END_TEST

START_TEST(a_window_begins_at_0_and_is_scaled)
{
    auto_swf log = {0};
    struct swf_cleaning c;
    struct bd_err err = BD_ERR_INIT;
    read_log(&log, "; MaxNodes: 64\n; MaxProcs: 128\n" JOB(1, 0, 60, 128, -1, 120, 1, 1, -1)
                       JOB(2, 100, 60, 128, 128, 120, 1, 1, 1) JOB(3, 160, 30, 1, -1, 60, 1, 1, 2)
                           JOB(4, 200, 90, 33, -1, 90, 1, 1, 3));
    swf_clean(&log, NULL, &c);
    const struct swf_shape shape = {.from_s = 50, .to_s = 200, .time = 10, .load = 2, .nodes = 4};
    ck_assert_msg(swf_shape(&log, &shape, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(log.n, 2);
    const double *a = log.jobs[0].fields, *b = log.jobs[1].fields;
    ck_assert(a[SWF_SUBMIT] == 0 && b[SWF_SUBMIT] == 3);
    ck_assert(a[SWF_RUNTIME] == 6 && b[SWF_ASKED_TIME] == 6);
    ck_assert(a[SWF_PROCS] == 4 && a[SWF_ASKED_PROCS] == 4 && b[SWF_PROCS] == 1);
    ck_assert(a[SWF_AFTER] == -1 && b[SWF_AFTER] == 2);
    ck_assert(swf_machine_size(&log) == 4);
    /* (4 x 6 + 1 x 3) / 4 in 3 s */
    ck_assert(fabs(swf_load(&log) - 2.25) < 1e-12);
}
END_TEST

START_TEST(a_window_without_jobs_and_factors_of_0_are_refused)
{
    static const struct swf_shape shapes[] = {
        {.from_s = 5, .to_s = 10, .time = 1, .load = 1},
        {.time = 0, .load = 1},
        {.time = 1, .load = -1},
        {.time = NAN, .load = 1},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(shapes); i++) {
        auto_swf log = {0};
        struct swf_cleaning c;
        struct bd_err err = BD_ERR_INIT;
        read_log(&log, JOB(1, 0, 60, 1, -1, 120, 1, 1, -1));
        swf_clean(&log, NULL, &c);
        ck_assert_int_eq(swf_shape(&log, &shapes[i], &err), BD_EINVALID);
    }
}
END_TEST

START_TEST(what_is_written_reads_back)
{
    auto_swf log = {0}, again = {0};
    bd_auto_str struct bd_str text = {0};
    read_log(&log,
             "; Version: 2.2\n1 0.5 0.000000001 1234567.25 1 0.125 9007199254740 1 2 3 4 5 6 7 "
             "8 9 10 11\n" JOB(2, 3, 4, 5, 6, 7, 1, 9, 1));
    swf_write_header(&log.header, &text);
    for (size_t i = 0; i < log.n; i++)
        swf_write_job(&log.jobs[i], &text);
    read_log(&again, bd_str_text(&text));
    ck_assert_uint_eq(again.n, 2);
    ck_assert_uint_eq(again.n_faults, 0);
    for (size_t i = 0; i < log.n; i++)
        ck_assert_mem_eq(log.jobs[i].fields, again.jobs[i].fields, sizeof(log.jobs[i].fields));
}
END_TEST

UNIT_MAIN("swf", fields_and_header_are_read_however_the_text_comes,
          gzip_is_read_as_it_comes_and_joined_files_are_one,
          gzip_that_is_damaged_or_cut_off_is_told,
          what_is_wrong_with_a_line_is_told_and_the_line_left_out,
          lines_of_any_length_take_no_memory, faults_are_counted_beyond_those_that_are_kept,
          a_header_that_counts_other_jobs_is_told, lines_may_end_with_a_carriage_return,
          a_log_that_is_cut_off_in_a_line_is_told_with_that_line,
          a_field_of_any_length_is_a_fault_of_its_line,
          comments_without_end_are_not_kept_without_end,
          each_job_is_dropped_or_mended_by_the_first_rule_that_applies,
          jobs_out_of_order_are_moved_and_ties_stay_in_the_order_of_the_file,
          flurries_are_of_one_user_and_close_together, a_window_begins_at_0_and_is_scaled,
          a_window_without_jobs_and_factors_of_0_are_refused, what_is_written_reads_back)
