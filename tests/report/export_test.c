/* Exports from the store: fields, refusals, sinks that fail, and many rows. Readers of others are
 * in export_files_test.py. */
#include "lib/report/export_priv.h"
#include "lib/store/job.h"
#include "lib/swf/swf.h"
#include "tests/report/exported.h"
#include "tests/store/db.h"

#include <errno.h>
#include <math.h>
#include <string.h>

struct kept {
    struct bd_str text;
    size_t pieces, largest;
    size_t fail_at; /* the piece, from 1; 0: none */
    int with;
};

static int keep(void *arg, const char *bytes, size_t n)
{
    struct kept *kept = arg;
    kept->pieces++;
    kept->largest = n > kept->largest ? n : kept->largest;
    if (kept->pieces == kept->fail_at)
        return kept->with;
    bd_str_addn(&kept->text, bytes, n);
    return 0;
}

static int write_as(struct store_conn *conn, const struct export_format *formats, const char *name,
                    const char *id, struct kept *kept, struct bd_err *err)
{
    const struct export_sink sink = {keep, kept};
    const struct export_format *format = export_format_find(formats, name);
    ck_assert_ptr_nonnull(format);
    return export_write(format, conn, id, &sink, err);
}

/* -- fields -- */

START_TEST(test_a_field_is_read_as_the_text_that_it_was)
{
    static const struct {
        const char *text, *field;
    } vectors[] = {
        {"", ""},
        {"plain", "plain"},
        {"two words", "two words"},
        {"a,b", "\"a,b\""},
        {"say \"so\"", "\"say \"\"so\"\"\""},
        {"\"", "\"\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"two\r\nlines", "\"two\r\nlines\""},
        {" before", "\" before\""},
        {"behind ", "\"behind \""},
        {"gr\xc3\xb6\xc3\x9f"
         "e \xf0\x9f\x92\xbb",
         "gr\xc3\xb6\xc3\x9f"
         "e \xf0\x9f\x92\xbb"},
        /* what spreadsheets would run */
        {"=1+1", "'=1+1"},
        {"+1", "'+1"},
        {"-O3", "'-O3"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\tx", "'\tx"},
        {"\rx", "\"'\rx\""},
        {"=cmd|' /C calc'!A0,1", "\"'=cmd|' /C calc'!A0,1\""},
        {"'quoted'", "''quoted'"},
        {"1=1", "1=1"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_str struct bd_str out = {0};
        export_csv_text(&out, vectors[i].text);
        ck_assert_str_eq(bd_str_text(&out), vectors[i].field);
    }
}
END_TEST

START_TEST(test_times_are_exact)
{
    static const struct {
        int64_t ns;
        const char *text;
    } vectors[] = {
        {0, "0.000000000"},
        {1, "0.000000001"},
        {-1, "-0.000000001"},
        {2050000000, "2.050000000"},
        {-3000000001, "-3.000000001"},
        {INT64_MAX, "9223372036.854775807"},
        {INT64_MIN, "-9223372036.854775808"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_str struct bd_str out = {0};
        export_csv_seconds(&out, vectors[i].ns);
        ck_assert_str_eq(bd_str_text(&out), vectors[i].text);
    }
}
END_TEST

START_TEST(test_a_value_that_is_no_number_is_empty)
{
    static const double none[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < BD_ARRAY_LEN(none); i++) {
        bd_auto_str struct bd_str out = {0};
        export_add_real(&out, none[i]);
        ck_assert_str_eq(bd_str_text(&out), "");
    }
}
END_TEST

START_TEST(test_a_level_is_a_word)
{
    static const char *const vectors[][2] = {
        {"\"sched/backfill\"", "sched/backfill"},
        {"4", "4"},
        {"0.1", "0.1"},
        {"2.0", "2"},
        {"true", "true"},
        {"null", ""},
        {"[1, \"a\"]", "[1,\"a\"]"},
        {"{\"b\": 1, \"a\": {}}", "{\"a\":{},\"b\":1}"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_json json_t *value = json_loads(vectors[i][0], JSON_DECODE_ANY, NULL);
        bd_auto_free char *word = export_word(value);
        ck_assert_str_eq(word, vectors[i][1]);
    }
}
END_TEST

/* -- refusals -- */

START_TEST(test_what_is_not_there_is_not_found)
{
    struct db db = db_new();
    exported_insert(db.conn);
    struct kept kept = {0};
    for (const struct export_format *f = export_of_campaign; f->name; f++)
        FAILS(write_as(db.conn, export_of_campaign, f->name, "deadbeef", &kept, err), BD_ENOTFOUND,
              "deadbeef");
    for (const struct export_format *f = export_of_run; f->name; f++)
        FAILS(write_as(db.conn, export_of_run, f->name, "deadbeef", &kept, err), BD_ENOTFOUND,
              "deadbeef");
    ck_assert_uint_eq(kept.pieces, 0);
    ck_assert_ptr_null(export_format_find(export_of_run, "junit"));
    db_done(&db);
}
END_TEST

START_TEST(test_a_run_without_jobs_is_no_workload)
{
    struct db db = db_new();
    exported_insert(db.conn);
    struct kept kept = {0};
    FAILS(write_as(db.conn, export_of_run, "swf", "00000004", &kept, err), BD_ECONFLICT,
          "no job that was submitted");
    OK(write_as(db.conn, export_of_run, "csv", "00000004", &kept, err));
    ck_assert_ptr_eq(strstr(kept.text.data, "\r\n"), kept.text.data + kept.text.len - 2);
    bd_str_done(&kept.text);
    db_done(&db);
}
END_TEST

START_TEST(test_a_run_that_cannot_be_read_is_not_left_out)
{
    struct db db = db_new();
    exported_insert(db.conn);
    db_tamper(&db, "UPDATE run SET metrics = 'nonsense' WHERE id = '00000006'");
    for (const struct export_format *f = export_of_campaign; f->name; f++) {
        struct kept kept = {0};
        FAILS(write_as(db.conn, export_of_campaign, f->name, EXPORTED_CAMPAIGN, &kept, err),
              BD_ECORRUPT, "00000006");
        bd_str_done(&kept.text);
    }
    db_done(&db);
}
END_TEST

/* -- sinks -- */

START_TEST(test_a_sink_that_fails_ends_it)
{
    static const struct {
        int with;
        const char *words;
    } vectors[] = {{-ENOSPC, "No space left on device"}, {BD_ECANCELLED, "cancelled"}};
    struct db db = db_new();
    exported_insert(db.conn);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct kept kept = {.fail_at = 1, .with = vectors[i].with};
        FAILS(write_as(db.conn, export_of_campaign, "csv", EXPORTED_CAMPAIGN, &kept, err),
              vectors[i].with, vectors[i].words);
        ck_assert_uint_eq(kept.pieces, 1);
    }
    db_done(&db);
}
END_TEST

static void insert_jobs(struct store_conn *c, uint32_t n)
{
    struct job_seen jobs[STORE_JOBS_BATCH];
    char nowhere[] = "";
    OK(store_begin(c, err));
    for (uint32_t first = 0; first < n; first += STORE_JOBS_BATCH) {
        for (uint32_t i = 0; i < STORE_JOBS_BATCH; i++)
            jobs[i] = (struct job_seen){
                .index = first + i,
                .nodes = 1,
                /* each second one is submitted a while after those behind it */
                .submit = (first + i) * INT64_C(1000000000) + i % 2 * INT64_C(300000000000),
                .accepted = JOB_NEVER,
                .eligible = JOB_NEVER,
                .allocated = JOB_NEVER,
                .freed = JOB_NEVER,
                .started_first = JOB_NEVER,
                .started_all = JOB_NEVER,
                .ended_last = JOB_NEVER,
                .node_list = nowhere,
            };
        OK(store_jobs_put(c, EXPORTED_JOBS, jobs, STORE_JOBS_BATCH, err));
    }
    OK(store_commit(c, err));
}

static size_t lines_in(const struct bd_str *text)
{
    size_t n = 0;
    for (const char *at = text->data; (at = strchr(at, '\n')); at++)
        n++;
    return n;
}

START_TEST(test_many_jobs_are_handed_on_in_pieces)
{
    enum { N = 20 * STORE_JOBS_BATCH };
    struct db db = db_new();
    exported_insert(db.conn);
    insert_jobs(db.conn, N);
    static const char *const formats[] = {"csv", "json", "swf"};
    for (size_t i = 0; i < BD_ARRAY_LEN(formats); i++) {
        struct kept kept = {0};
        OK(write_as(db.conn, export_of_run, formats[i], EXPORTED_JOBS, &kept, err));
        ck_assert_uint_ge(lines_in(&kept.text), N);
        ck_assert_uint_gt(kept.pieces, 3);
        ck_assert_uint_lt(kept.largest, 70 * 1024);
        bd_str_done(&kept.text);
    }
    db_done(&db);
}
END_TEST

/* By the reader that benchctl has. */
static void read_swf(const struct bd_str *text, struct swf *log)
{
    bd_auto(swf_reader) struct swf_reader *reader = swf_reader_new(log);
    OK(swf_reader_feed(reader, text->data, text->len, err));
    OK(swf_reader_end(reader, err));
    ck_assert_msg(log->n_faults == 0, "line %zu: %s", log->faults[0].line, log->faults[0].text);
}

START_TEST(test_swf_is_in_the_order_of_submission)
{
    enum { N = 20 * STORE_JOBS_BATCH };
    struct db db = db_new();
    exported_insert(db.conn);
    insert_jobs(db.conn, N);
    struct kept kept = {0};
    struct swf log = {0};
    OK(write_as(db.conn, export_of_run, "swf", EXPORTED_JOBS, &kept, err));
    read_swf(&kept.text, &log);
    ck_assert_uint_eq(log.n, N + 1); /* an array's second task was there before */
    for (size_t i = 1; i < log.n; i++)
        ck_assert_double_ge(log.jobs[i].fields[SWF_SUBMIT], log.jobs[i - 1].fields[SWF_SUBMIT]);
    swf_done(&log);
    bd_str_done(&kept.text);
    db_done(&db);
}
END_TEST

START_TEST(test_processors_are_cores_where_jobs_share_nodes)
{
    struct db db = db_new();
    exported_insert(db.conn);
    db_tamper(&db, "UPDATE run SET spec = json_set(spec, '$.cluster.node', "
                   "json('{\"schedulerCpus\": 4}')) WHERE id = '" EXPORTED_JOBS "'");
    db_tamper(&db,
              "UPDATE job SET shares = 1, node_tasks = 2, task_cores = 2, node_memory_bytes = 4096"
              " WHERE idx = 1");
    struct kept kept = {0}, csv = {0};
    struct swf log = {0};
    OK(write_as(db.conn, export_of_run, "swf", EXPORTED_JOBS, &kept, err));
    ck_assert_ptr_nonnull(strstr(kept.text.data, "; MaxProcs: 8\n"));
    ck_assert_ptr_nonnull(strstr(kept.text.data, "; Note: a processor is a core"));
    read_swf(&kept.text, &log);
    ck_assert_double_eq(log.jobs[0].fields[SWF_PROCS], 8); /* two nodes of its own */
    size_t shared = 0;
    for (size_t i = 0; i < log.n; i++)
        shared += log.jobs[i].fields[SWF_USER] == 2 && log.jobs[i].fields[SWF_ASKED_PROCS] == 4;
    ck_assert_uint_eq(shared, 1);
    OK(write_as(db.conn, export_of_run, "csv", EXPORTED_JOBS, &csv, err));
    ck_assert_ptr_nonnull(strstr(csv.text.data, ",2,2,4096,false\r\n"));
    ck_assert_ptr_nonnull(strstr(csv.text.data, ",1,,,true\r\n"));
    swf_done(&log);
    bd_str_done(&kept.text);
    bd_str_done(&csv.text);
    db_done(&db);
}
END_TEST

START_TEST(test_a_metric_in_two_units_is_two_columns_and_no_figure)
{
    struct db db = db_new();
    exported_insert(db.conn);
    db_tamper(&db, "UPDATE run SET metrics = json_set(metrics, '$.makespan.unit', 'ms') "
                   "WHERE id = '00000006'");
    struct kept csv = {0}, junit = {0}, openmetrics = {0};
    OK(write_as(db.conn, export_of_campaign, "csv", EXPORTED_CAMPAIGN, &csv, err));
    ck_assert_ptr_nonnull(strstr(csv.text.data, ",makespan [ms],makespan [s],"));
    OK(write_as(db.conn, export_of_campaign, "junit", EXPORTED_CAMPAIGN, &junit, err));
    ck_assert_ptr_nonnull(strstr(junit.text.data, "makespan was measured in more than one unit"));
    OK(write_as(db.conn, export_of_campaign, "openmetrics", EXPORTED_CAMPAIGN, &openmetrics, err));
    ck_assert_ptr_nonnull(strstr(openmetrics.text.data, "# UNIT benchd_run_makespan_ms ms\n"));
    bd_str_done(&csv.text);
    bd_str_done(&junit.text);
    bd_str_done(&openmetrics.text);
    db_done(&db);
}
END_TEST

START_TEST(test_the_same_rows_give_the_same_bytes)
{
    struct db db = db_new();
    exported_insert(db.conn);
    for (const struct export_format *f = export_of_campaign; f->name; f++) {
        struct kept one = {0}, two = {0};
        OK(write_as(db.conn, export_of_campaign, f->name, EXPORTED_CAMPAIGN, &one, err));
        OK(write_as(db.conn, export_of_campaign, f->name, EXPORTED_CAMPAIGN, &two, err));
        ck_assert_str_eq(one.text.data, two.text.data);
        bd_str_done(&one.text);
        bd_str_done(&two.text);
    }
    db_done(&db);
}
END_TEST

UNIT_MAIN("export", test_a_field_is_read_as_the_text_that_it_was, test_times_are_exact,
          test_a_value_that_is_no_number_is_empty, test_a_level_is_a_word,
          test_what_is_not_there_is_not_found, test_a_run_without_jobs_is_no_workload,
          test_a_run_that_cannot_be_read_is_not_left_out, test_a_sink_that_fails_ends_it,
          test_many_jobs_are_handed_on_in_pieces, test_swf_is_in_the_order_of_submission,
          test_processors_are_cores_where_jobs_share_nodes,
          test_a_metric_in_two_units_is_two_columns_and_no_figure,
          test_the_same_rows_give_the_same_bytes)
