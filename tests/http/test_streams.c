#include "tests/http/server.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* What of the body is here, of a reply that goes on. */
static char *body_so_far(struct peer *p)
{
    peer_read(p);
    const char *at = p->in.len ? strstr(p->in.data, "\r\n\r\n") : NULL;
    bd_auto_str struct bd_str body = {0};
    if (at)
        at += 4;
    while (at && *at) {
        char *line;
        size_t n = strtoul(at, &line, 16);
        at = line + 2;
        if (n == 0 || strlen(at) < n)
            break;
        bd_str_addn(&body, at, n);
        at += n + 2;
    }
    return body.len ? bd_str_take(&body) : bd_xstrdup("");
}

static bool body_is(struct peer *p, const char *text)
{
    bd_auto_free char *body = body_so_far(p);
    return strcmp(body, text) == 0;
}

static unsigned streams_of(struct app *a)
{
    struct http_stats stats;
    http_server_stats(a->server, &stats);
    return stats.streams;
}

static void begin(struct app *a, struct peer *p)
{
    peer_say(a, p, GET("/stream"));
    UNTIL(a, a->stream);
}

START_TEST(test_what_is_written_arrives_at_once)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    begin(&a, &p);
    UNTIL(&a, (peer_read(&p), p.in.len > 0)); /* the head, before there is a body */
    ck_assert_ptr_nonnull(strstr(p.in.data, "HTTP/1.1 200 OK\r\n"));
    ck_assert_ptr_nonnull(strstr(p.in.data, "X-Accel-Buffering: no\r\n"));
    http_stream_write(a.stream, "one,", 4);
    UNTIL(&a, body_is(&p, "one,"));
    http_stream_write(a.stream, "two,", 4);
    http_stream_write(a.stream, "three,", 6);
    UNTIL(&a, body_is(&p, "one,two,three,"));
    ck_assert_uint_eq(http_stream_pending(a.stream), 0);
    ck_assert_uint_eq(streams_of(&a), 1);
    http_stream_write(a.stream, "four", 4);
    http_stream_end(a.stream);
    peer_expect(&a, &p, 200, "one,two,three,four");
    UNTIL(&a, streams_of(&a) == 0);
    ck_assert_uint_eq(a.stream_closed, 0); /* who ended it knows */
    peer_lives(&a, &p);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_stream_may_end_in_its_handler)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    for (int i = 0; i < 3; i++) {
        peer_say(&a, &p, GET("/short-stream") GET("/short-stream"));
        peer_expect(&a, &p, 200, "all of it");
        peer_expect(&a, &p, 200, "all of it");
    }
    ck_assert_uint_eq(a.stream_closed, 0);
    UNTIL(&a, streams_of(&a) == 0);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_an_old_client_reads_until_the_connection_ends)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    peer_say(&a, &p, "GET /stream HTTP/1.0\r\nHost: localhost\r\n\r\n");
    UNTIL(&a, a.stream);
    http_stream_write(a.stream, "one,", 4);
    UNTIL(&a, (peer_read(&p), p.in.len && strstr(p.in.data, "\r\n\r\none,")));
    http_stream_write(a.stream, "two", 3);
    http_stream_end(a.stream);
    UNTIL(&a, (peer_read(&p), p.over));
    peer_expect(&a, &p, 200, "one,two");
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_peer_that_leaves_is_noticed_while_nothing_is_written)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    for (unsigned i = 0; i < 4; i++) {
        if (i % 2)
            peer_unix(&a, &p);
        else
            peer_tcp(&a, &p);
        begin(&a, &p);
        if (i >= 2) { /* with something that it has not read */
            http_stream_write(a.stream, "words", 5);
            app_idle(&a);
        }
        ck_assert_uint_eq(a.stream_closed, i);
        peer_close(&p);
        UNTIL(&a, a.stream_closed == i + 1);
        ck_assert_uint_eq(streams_of(&a), 0);
    }
    app_idle(&a);
    ck_assert_uint_eq(a.stream_closed, 4);
    struct http_stats stats;
    UNTIL(&a, (http_server_stats(a.server, &stats), stats.connections) == 0);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_stream_that_was_ended_is_not_told_closed)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    begin(&a, &p);
    http_stream_write(a.stream, a.big, BIG); /* more than the socket takes */
    app_idle(&a);
    http_stream_end(a.stream);
    app_idle(&a);
    peer_close(&p);
    UNTIL(&a, streams_of(&a) == 0);
    app_idle(&a);
    ck_assert_uint_eq(a.stream_closed, 0);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_peer_that_left_takes_no_more)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    begin(&a, &p);
    http_stream_write(a.stream, a.big, BIG);
    app_idle(&a);
    ck_assert_uint_gt(http_stream_pending(a.stream), HTTP_STREAM_HIGH);
    peer_close(&p);
    UNTIL(&a, a.stream_closed == 1);
    ck_assert_uint_eq(a.drained, 0);
    app_stop(&a);
}
END_TEST

START_TEST(test_pending_grows_while_the_peer_does_not_read_and_drains_once)
{
    struct app a;
    struct peer p, other;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    peer_tcp(&a, &other);
    begin(&a, &p);
    size_t written = 0;
    while (http_stream_pending(a.stream) <= HTTP_STREAM_HIGH) {
        size_t before = http_stream_pending(a.stream);
        ck_assert_uint_eq(http_stream_write(a.stream, a.big + written, 65536), before + 65536);
        written += 65536;
        app_turn(&a);
        ck_assert_uint_lt(written, BIG);
    }
    app_idle(&a);
    ck_assert_uint_eq(a.drained, 0);
    peer_lives(&a, &other);
    UNTIL(&a, (peer_read(&p), a.drained == 1));
    UNTIL(&a, (peer_read(&p), http_stream_pending(a.stream) == 0));
    ck_assert_uint_eq(a.drained, 1);
    http_stream_end(a.stream);
    auto_reply struct reply r = {0};
    peer_reply(&a, &p, &r);
    ck_assert_uint_eq(r.body.len, written);
    ck_assert_int_eq(memcmp(r.body.data, a.big, written), 0);
    peer_close(&p);
    peer_close(&other);
    app_stop(&a);
}
END_TEST

static size_t resident_bytes(void)
{
    bd_auto_free char *text = NULL;
    size_t pages = 0;
    ck_assert_int_eq(bd_read_file("/proc/self/statm", 4096, &text, NULL, NULL), 0);
    ck_assert_int_eq(sscanf(text, "%*u %zu", &pages), 1);
    return pages * 4096;
}

START_TEST(test_a_stream_that_never_runs_dry_needs_no_more_memory)
{
    enum { TOTAL = 96 * 1024 * 1024, PIECE = 128 * 1024 };
    static char piece[PIECE];
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_unix(&a, &p); /* the system holds little of it */
    begin(&a, &p);
    size_t before = resident_bytes(), written = 0;
    while (written < TOTAL) {
        while (http_stream_pending(a.stream) <= HTTP_STREAM_HIGH) {
            http_stream_write(a.stream, a.big, PIECE);
            written += PIECE;
        }
        app_turn(&a);
        /* slowly: what is pending gets less, never nothing */
        ck_assert(recv(p.fd, piece, PIECE, MSG_DONTWAIT) > 0 || errno == EAGAIN);
        ck_assert_uint_gt(http_stream_pending(a.stream), 0);
    }
    ck_assert_uint_lt(resident_bytes(), before + TOTAL / 2);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

/* The heartbeat's timer is the one that repeats; the test does not wait for it. */
static void hurry(uv_handle_t *handle, void *arg)
{
    unsigned *found = arg;
    uv_timer_t *timer = (uv_timer_t *)handle;
    if (handle->type != UV_TIMER || uv_timer_get_repeat(timer) == 0)
        return;
    ++*found;
    uv_timer_set_repeat(timer, 1);
    uv_timer_again(timer);
}

START_TEST(test_a_silent_stream_beats)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    begin(&a, &p);
    unsigned found = 0;
    uv_walk(&a.loop, hurry, &found);
    ck_assert_uint_eq(found, 1);
    UNTIL(&a, (peer_read(&p), p.in.len && strstr(p.in.data, "\r\n5\r\nbeat\n\r\n5\r\nbeat\n\r\n")));
    http_stream_end(a.stream);
    peer_expect(&a, &p, 200, "beat");
    peer_close(&p);
    app_stop(&a);
}
END_TEST

UNIT_MAIN("http-streams", test_what_is_written_arrives_at_once,
          test_a_stream_may_end_in_its_handler, test_an_old_client_reads_until_the_connection_ends,
          test_a_peer_that_leaves_is_noticed_while_nothing_is_written,
          test_a_stream_that_was_ended_is_not_told_closed, test_a_peer_that_left_takes_no_more,
          test_pending_grows_while_the_peer_does_not_read_and_drains_once,
          test_a_stream_that_never_runs_dry_needs_no_more_memory, test_a_silent_stream_beats)
