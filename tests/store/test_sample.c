#include "lib/base/str.h"
#include "lib/store/sample.h"
#include "tests/store/runs.h"

#define S INT64_C(1000000000)

static struct store_sample block(const char *metric, const char *node, int64_t from_ns,
                                 int64_t to_ns, uint32_t n, const char *data)
{
    return (struct store_sample){
        .metric = (char *)metric,
        .node = (char *)node,
        .from_ns = from_ns,
        .to_ns = to_ns,
        .n = n,
        .data = (char *)data,
        .bytes = strlen(data),
    };
}

/* Two blocks of two nodes and the host, one of another metric, one of another run. */
static struct db db_with_samples(void)
{
    struct db db = db_with_runs();
    const struct store_sample blocks[] = {
        block("cpu", "n2", 60 * S, 90 * S, 31, "D"), block("cpu", "n1", 0, 59 * S, 60, "A"),
        block("cpu", "n1", 60 * S, 90 * S, 31, "B"), block("cpu", "", 0, 59 * S, 60, "H"),
        block("cpu", "n2", 0, 59 * S, 60, "C"),      block("memory", "n1", 5 * S, 5 * S, 1, "M"),
    };
    const struct store_sample other = block("cpu", "n1", 0, 10 * S, 11, "other");
    OK(store_samples_put(db.conn, RUN, blocks, BD_ARRAY_LEN(blocks), err));
    OK(store_samples_put(db.conn, OTHER, &other, 1, err));
    return db;
}

START_TEST(test_blocks_come_back_byte_by_byte)
{
    struct db db = db_with_runs();
    char bytes[3000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i % 256);
    struct store_sample put[] = {block("cpu", "n1", 1, 2, 3, ""), block("cpu", "n1", 4, 4, 5, "")},
                        *got = NULL;
    size_t n = 0;
    put[0].data = bytes;
    put[0].bytes = sizeof(bytes);
    put[1].data = NULL; /* no bytes are bytes too */
    OK(store_samples_put(db.conn, RUN, put, 2, err));
    OK(store_samples_list(db.conn, RUN, "cpu", "n1", 0, INT64_MAX, &got, &n, err));
    ck_assert_uint_eq(n, 2);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(got[i].metric, "cpu");
        ck_assert_str_eq(got[i].node, "n1");
        ck_assert_int_eq(got[i].from_ns, put[i].from_ns);
        ck_assert_int_eq(got[i].to_ns, put[i].to_ns);
        ck_assert_uint_eq(got[i].n, put[i].n);
        ck_assert_uint_eq(got[i].bytes, put[i].bytes);
    }
    ck_assert_mem_eq(got[0].data, bytes, sizeof(bytes));
    store_samples_free(got, n);
    db_done(&db);
}
END_TEST

START_TEST(test_blocks_are_found_by_metric_node_and_time)
{
    struct db db = db_with_samples();
    static const struct {
        const char *metric, *node;
        int64_t from_ns, to_ns;
        const char *blocks; /* their data, in order */
    } cases[] = {
        {"cpu", NULL, 0, INT64_MAX, "HABCD"},
        {"cpu", "n1", 0, INT64_MAX, "AB"},
        {"cpu", "", 0, INT64_MAX, "H"}, /* the host is no missing node */
        {"cpu", "n3", 0, INT64_MAX, ""},
        {"memory", NULL, 0, INT64_MAX, "M"},
        {"none", NULL, 0, INT64_MAX, ""},
        {"cpu", NULL, 0, 60 * S, "HAC"}, /* the end is not among them */
        {"cpu", NULL, 0, 60 * S + 1, "HABCD"},
        {"cpu", NULL, 59 * S, 60 * S, "HAC"}, /* the beginning is */
        {"cpu", NULL, 59 * S + 1, 60 * S, ""},
        {"cpu", "n2", 59 * S + 1, 61 * S, "D"},
        {"cpu", "n2", 90 * S, 91 * S, "D"},
        {"cpu", "n2", 90 * S + 1, INT64_MAX, ""},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct store_sample *got = NULL;
        size_t n = 0;
        bd_auto_str struct bd_str blocks = {0};
        OK(store_samples_list(db.conn, RUN, cases[i].metric, cases[i].node, cases[i].from_ns,
                              cases[i].to_ns, &got, &n, err));
        for (size_t k = 0; k < n; k++)
            bd_str_addn(&blocks, got[k].data, got[k].bytes);
        ck_assert_msg(bd_str_eq(bd_str_text(&blocks), cases[i].blocks), "case %zu: %s", i,
                      bd_str_text(&blocks));
        store_samples_free(got, n);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_series_tell_what_there_is)
{
    struct db db = db_with_samples();
    static const struct {
        const char *metric, *series;
    } cases[] = {
        {NULL, "cpu  0-59 60, cpu n1 0-90 91, cpu n2 0-90 91, memory n1 5-5 1, "},
        {"cpu", "cpu  0-59 60, cpu n1 0-90 91, cpu n2 0-90 91, "},
        {"none", ""},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct store_series *got = NULL;
        size_t n = 0;
        bd_auto_str struct bd_str series = {0};
        OK(store_samples_series(db.conn, RUN, cases[i].metric, &got, &n, err));
        for (size_t k = 0; k < n; k++)
            bd_str_addf(&series, "%s %s %lld-%lld %llu, ", got[k].metric, got[k].node,
                        (long long)(got[k].from_ns / S), (long long)(got[k].to_ns / S),
                        (unsigned long long)got[k].n);
        ck_assert_str_eq(bd_str_text(&series), cases[i].series);
        store_series_free(got, n);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_a_block_of_the_same_beginning_is_replaced)
{
    struct db db = db_with_samples();
    const struct store_sample longer = block("cpu", "n1", 60 * S, 100 * S, 41, "L");
    struct store_sample *got = NULL;
    size_t n = 0;
    OK(store_samples_put(db.conn, RUN, &longer, 1, err));
    OK(store_samples_list(db.conn, RUN, "cpu", "n1", 60 * S, 99 * S, &got, &n, err));
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(got[0].n, 41);
    store_samples_free(got, n);
    db_done(&db);
}
END_TEST

START_TEST(test_what_makes_no_sense_is_refused)
{
    struct db db = db_with_runs();
    struct store_sample *many = bd_xcalloc(STORE_SAMPLES_BATCH + 1, sizeof(*many));
    const struct {
        const char *run;
        struct store_sample block;
        int code;
        const char *words;
    } cases[] = {
        {"00000009", block("cpu", "n1", 0, 1, 2, "A"), BD_ENOTFOUND, "00000009"},
        {RUN, block("cpu", "n1", 2, 1, 2, "A"), BD_EINVALID, "to_ns >= from_ns"},
        {RUN, block("cpu", "n1", 0, 1, 0, "A"), BD_EINVALID, "n > 0"},
        {RUN, block("", "n1", 0, 1, 2, "A"), BD_EINVALID, "length(metric)"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++)
        FAILS(store_samples_put(db.conn, cases[i].run, &cases[i].block, 1, err), cases[i].code,
              cases[i].words);
    FAILS(store_samples_put(db.conn, RUN, many, STORE_SAMPLES_BATCH + 1, err), BD_EINVALID, "501");
    free(many);
    db_done(&db);
}
END_TEST

UNIT_MAIN("store/sample", test_blocks_come_back_byte_by_byte,
          test_blocks_are_found_by_metric_node_and_time, test_series_tell_what_there_is,
          test_a_block_of_the_same_beginning_is_replaced, test_what_makes_no_sense_is_refused)
