/* Lines and server-sent events, cut out of pieces of every size. */
#include "suites.h"

#include "clients/benchctl/stream.h"

#include <errno.h>
#include <string.h>

static int collect_line(const char *line, size_t bytes, void *arg, struct bd_err *err BD_UNUSED)
{
    ck_assert_int_eq(line[bytes], '\0');
    bd_str_addf(arg, "[%zu:%s]", bytes, line);
    return 0;
}

static int collect_event(const struct stream_event *event, void *arg, struct bd_err *err BD_UNUSED)
{
    bd_str_addf(arg, "[%s|%s|%s]", event->id, event->kind, event->data);
    return 0;
}

struct vector {
    const char *stream, *expected;
};

static const struct vector lines[] = {
    {"", ""},
    {"{\"a\":1}\n", "[7:{\"a\":1}]"},
    {"one\ntwo\n", "[3:one][3:two]"},
    {"one\r\ntwo\r\n", "[3:one][3:two]"},
    {"\n\nx\n", "[0:][0:][1:x]"},
    {"a\rb\n", "[3:a\rb]"},
    {"whole\npart", "[5:whole]"},
    {"grün\n", "[5:grün]"},
};

static const struct vector events[] = {
    {"", ""},
    {"data: x\n\n", "[|message|x]"},
    {"id: 7\nevent: cluster.ready\ndata: {}\n\n", "[7|cluster.ready|{}]"},
    {"data:x\n\n", "[|message|x]"},
    {"data:  x\n\n", "[|message| x]"},
    {"data: a\ndata: b\n\n", "[|message|a\nb]"},
    {"data\n\n", "[|message|]"},
    {"data\ndata\n\n", "[|message|\n]"},
    {": heartbeat\n\n: again\n\ndata: x\n\n", "[|message|x]"},
    {"id: 1\n\ndata: x\n\n", "[1|message|x]"},
    {"id: 1\ndata: x\n\ndata: y\n\n", "[1|message|x][1|message|y]"},
    {"event: a\ndata: x\n\ndata: y\n\n", "[|a|x][|message|y]"},
    {"retry: 100\nunknown: z\ndata: x\n\n", "[|message|x]"},
    {"data: x\r\n\r\ndata: y\r\n\r\n", "[|message|x][|message|y]"},
    {"data: x\r\rdata: y\r\r", "[|message|x][|message|y]"},
    {"data: x\n\r\ndata: y\r\n\n", "[|message|x][|message|y]"},
    {"\xef\xbb\xbf"
     "data: x\n\n",
     "[|message|x]"},
    {"data: never ended\n", ""},
};

/* Fed whole, byte by byte, and in two pieces cut at every place. */
START_TEST(test_lines_are_the_same_however_the_stream_is_cut)
{
    const struct vector *v = &lines[_i];
    size_t n = strlen(v->stream);
    for (size_t cut = 0; cut <= n; cut++) {
        for (size_t step = 1; step <= n + 1; step += n ? n : 1) {
            bd_auto_str struct bd_str got = {0};
            struct stream_lines s = {.on_line = collect_line, .arg = &got};
            ck_assert_int_eq(stream_lines_feed(&s, v->stream, cut, NULL), 0);
            for (size_t at = cut; at < n; at += step)
                ck_assert_int_eq(
                    stream_lines_feed(&s, v->stream + at, n - at < step ? n - at : step, NULL), 0);
            ck_assert_str_eq(bd_str_text(&got), v->expected);
            bool whole = n == 0 || v->stream[n - 1] == '\n';
            ck_assert_int_eq(stream_lines_end(&s, NULL), whole ? 0 : -EPROTO);
            stream_lines_done(&s);
        }
    }
}
END_TEST

START_TEST(test_events_are_the_same_however_the_stream_is_cut)
{
    const struct vector *v = &events[_i];
    size_t n = strlen(v->stream);
    for (size_t cut = 0; cut <= n; cut++) {
        for (size_t step = 1; step <= n + 1; step += n ? n : 1) {
            bd_auto_str struct bd_str got = {0};
            struct stream_sse s;
            stream_sse_init(&s, collect_event, &got);
            ck_assert_int_eq(stream_sse_feed(&s, v->stream, cut, NULL), 0);
            for (size_t at = cut; at < n; at += step)
                ck_assert_int_eq(
                    stream_sse_feed(&s, v->stream + at, n - at < step ? n - at : step, NULL), 0);
            ck_assert_str_eq(bd_str_text(&got), v->expected);
            stream_sse_done(&s);
        }
    }
}
END_TEST

START_TEST(test_line_above_the_cap_is_refused)
{
    bd_auto_str struct bd_str got = {0};
    bd_auto_free char *mebibyte = bd_xmalloc(1 << 20);
    struct stream_lines s = {.on_line = collect_line, .arg = &got};
    struct bd_err err = BD_ERR_INIT;
    memset(mebibyte, 'x', 1 << 20);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(stream_lines_feed(&s, mebibyte, 1 << 20, &err), 0);
    ck_assert_int_eq(stream_lines_feed(&s, "x", 1, &err), -EPROTO);
    ck_assert_str_eq(err.text, "the stream has a line of more than 4 MiB");
    stream_lines_done(&s);
}
END_TEST

START_TEST(test_event_above_the_cap_is_refused)
{
    bd_auto_str struct bd_str got = {0};
    bd_auto_str struct bd_str line = {0};
    bd_auto_free char *mebibyte = bd_xmalloc(1 << 20);
    struct stream_sse s;
    struct bd_err err = BD_ERR_INIT;
    memset(mebibyte, 'x', 1 << 20);
    bd_str_add(&line, "data:");
    bd_str_addn(&line, mebibyte, 1 << 20);
    bd_str_add(&line, "\n");
    stream_sse_init(&s, collect_event, &got);
    int r = 0;
    for (int i = 0; i < 5 && r == 0; i++)
        r = stream_sse_feed(&s, line.data, line.len, &err);
    ck_assert_int_eq(r, -EPROTO);
    ck_assert_str_eq(err.text, "the stream has an event of more than 4 MiB");
    stream_sse_done(&s);
}
END_TEST

static int refuse(const char *line BD_UNUSED, size_t bytes BD_UNUSED, void *arg, struct bd_err *err)
{
    ++*(int *)arg;
    return bd_err_set(err, -EPROTO, "no");
}

START_TEST(test_refusal_ends_the_feeding)
{
    int calls = 0;
    struct stream_lines s = {.on_line = refuse, .arg = &calls};
    ck_assert_int_eq(stream_lines_feed(&s, "a\nb\nc\n", 6, NULL), -EPROTO);
    ck_assert_int_eq(calls, 1);
    stream_lines_done(&s);
}
END_TEST

START_TEST(test_id_outlives_a_broken_connection_and_half_an_event_does_not)
{
    bd_auto_str struct bd_str got = {0};
    struct stream_sse s;
    stream_sse_init(&s, collect_event, &got);
    const char *first = "id: 41\ndata: a\n\nid: 42\ndata: ha", *second = "data: b\n\n";
    ck_assert_int_eq(stream_sse_feed(&s, first, strlen(first), NULL), 0);
    stream_sse_restart(&s);
    ck_assert_str_eq(bd_str_text(&s.last_id), "41");
    ck_assert_int_eq(stream_sse_feed(&s, second, strlen(second), NULL), 0);
    ck_assert_str_eq(bd_str_text(&got), "[41|message|a][41|message|b]");
    stream_sse_done(&s);
}
END_TEST

Suite *stream_suite(void)
{
    Suite *s = suite_create("benchctl: streams");
    TCase *t = tcase_create("streams");
    tcase_add_loop_test(t, test_lines_are_the_same_however_the_stream_is_cut, 0,
                        (int)BD_ARRAY_LEN(lines));
    tcase_add_loop_test(t, test_events_are_the_same_however_the_stream_is_cut, 0,
                        (int)BD_ARRAY_LEN(events));
    tcase_add_test(t, test_line_above_the_cap_is_refused);
    tcase_add_test(t, test_event_above_the_cap_is_refused);
    tcase_add_test(t, test_refusal_ends_the_feeding);
    tcase_add_test(t, test_id_outlives_a_broken_connection_and_half_an_event_does_not);
    suite_add_tcase(s, t);
    return s;
}
