#include "tests/http/server.h"

#define JSON_POST                                                                                  \
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\n"
#define FILE_POST                                                                                  \
    "POST /file HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vnd.benchd.image\r\n"
#define INPUT_POST                                                                                 \
    "POST /input HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"

START_TEST(test_a_json_body_comes_in_any_pieces)
{
    static const char request[] = JSON_POST "Content-Length: 14\r\n\r\n{\"a\":[1,true]}";
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    peer_say(&a, &p, request);
    peer_expect(&a, &p, 200, "{\"echo\":{\"a\":[1,true]},\"bytes\":14}");
    for (size_t i = 0; request[i]; i++) {
        peer_send(&a, &p, request + i, 1);
        app_turn(&a);
    }
    peer_expect(&a, &p, 200, "\"bytes\":14");
    peer_say(&a, &p,
             JSON_POST CHUNKED "5\r\n{\"a\":\r\n3;ext=1\r\n[1,\r\n6\r\ntrue]}\r\n0\r\n\r\n");
    peer_expect(&a, &p, 200, "{\"echo\":{\"a\":[1,true]},\"bytes\":14}");
    peer_say(&a, &p, JSON_POST CHUNKED "1\r\n1\r\n0\r\nTrailer: x\r\n\r\n");
    peer_expect(&a, &p, 200, "{\"echo\":1,\"bytes\":1}");
    peer_close(&p);
    app_stop(&a);
}
END_TEST

/* A JSON string of so many bytes. */
static char *json_of(size_t bytes)
{
    char *text = bd_xmalloc(bytes + 1);
    memset(text, 'x', bytes);
    text[0] = text[bytes - 1] = '"';
    text[bytes] = '\0';
    return text;
}

static void post(struct app *a, struct peer *p, const char *head, const void *body, size_t bytes)
{
    bd_auto_free char *text = bd_xasprintf("%sContent-Length: %zu\r\n\r\n", head, bytes);
    peer_say(a, p, text);
    peer_send(a, p, body, bytes);
}

static void post_chunks(struct app *a, struct peer *p, const char *head, const char *body,
                        size_t bytes, size_t each)
{
    peer_say(a, p, head);
    peer_say(a, p, CHUNKED);
    for (size_t at = 0; at < bytes; at += each)
        peer_chunk(a, p, body + at, at + each < bytes ? each : bytes - at);
    peer_chunk(a, p, NULL, 0);
}

START_TEST(test_the_largest_body_is_taken_and_one_byte_more_is_not)
{
    bd_auto_free char *fits = json_of(HTTP_BODY_MAX_BYTES);
    bd_auto_free char *too_large = json_of(HTTP_BODY_MAX_BYTES + 1);
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    post(&a, &p, JSON_POST, fits, HTTP_BODY_MAX_BYTES);
    peer_expect(&a, &p, 200, "\"bytes\":1048576}");
    post_chunks(&a, &p, JSON_POST, fits, HTTP_BODY_MAX_BYTES, 1000);
    peer_expect(&a, &p, 200, "\"bytes\":1048576}");
    post(&a, &p, JSON_POST, too_large, HTTP_BODY_MAX_BYTES + 1);
    peer_expect(&a, &p, 413, "the body has 1048577 bytes; at most 1048576 are taken");
    post_chunks(&a, &p, JSON_POST, too_large, HTTP_BODY_MAX_BYTES + 1, 60000);
    peer_expect(&a, &p, 413, "the body has more than 1048576 bytes");
    peer_lives(&a, &p); /* whoever sent the whole body reads the reply, and goes on */
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_body_beyond_patience_is_not_waited_for)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p); /* told before it comes */
    peer_say(&a, &p, JSON_POST "Content-Length: 1099511627776\r\n\r\n");
    peer_expect(&a, &p, 413, "too-large");
    UNTIL(&a, (peer_read(&p), p.over));
    peer_close(&p);

    peer_tcp(&a, &p); /* not told: cut off */
    peer_say(&a, &p, JSON_POST CHUNKED);
    for (size_t sent = 0; sent < 8 * BIG && !p.over; sent += BIG / 8)
        peer_chunk(&a, &p, a.big, BIG / 8);
    ck_assert(p.over);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_who_asks_before_sending_is_told_before_sending)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    peer_say(&a, &p, JSON_POST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    peer_expect(&a, &p, 100, "Continue");
    peer_say(&a, &p, "{}");
    peer_expect(&a, &p, 200, "{\"echo\":{},\"bytes\":2}");
    peer_say(&a, &p, JSON_POST "Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");
    peer_expect(&a, &p, 413, "too-large");
    peer_close(&p);
    peer_tcp(&a, &p);
    peer_say(&a, &p,
             "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: "
             "100-continue\r\n\r\n");
    peer_expect(&a, &p, 404, "not-found");
    peer_close(&p);
    app_stop(&a);
}
END_TEST

static void expect_file(struct app *a, struct peer *p, size_t bytes)
{
    auto_reply struct reply r = {0};
    peer_reply(a, p, &r);
    ck_assert_msg(r.status == 204, "%s%s", r.head, bd_str_text(&r.body));
    ck_assert_uint_eq(a->file.len, bytes);
    if (bytes)
        ck_assert_int_eq(memcmp(a->file.data, a->big, bytes), 0);
    UNTIL(a, app_uploads(a) == 0);
}

START_TEST(test_a_file_reaches_the_disk_whole_and_goes_with_its_request)
{
    /* many small chunks come in one piece from the socket: each waits for the one before */
    static const size_t each[] = {1, 700, 5000, 100000};
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    post(&a, &p, FILE_POST, a.big, BIG);
    expect_file(&a, &p, BIG);
    for (size_t i = 0; i < BD_ARRAY_LEN(each); i++) {
        size_t bytes = each[i] == 1 ? 3000 : BIG / 4 + 1;
        post_chunks(&a, &p, FILE_POST, a.big, bytes, each[i]);
        expect_file(&a, &p, bytes);
    }
    post(&a, &p, FILE_POST, "", 0);
    expect_file(&a, &p, 0);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_uploads_side_by_side_do_not_mix)
{
    struct app a;
    struct peer one, two;
    app_start(&a, 0);
    peer_tcp(&a, &one);
    peer_unix(&a, &two);
    peer_say(&a, &one, FILE_POST "Content-Length: 1000000\r\n\r\n");
    peer_say(&a, &two, FILE_POST CHUNKED);
    for (size_t at = 0; at < 1000000; at += 10000) {
        if (at == 500000)
            UNTIL(&a, app_uploads(&a) == 2);
        peer_send(&a, &one, a.big + at, 10000);
        peer_chunk(&a, &two, a.big + at, 10000);
        app_turn(&a);
    }
    auto_reply struct reply r = {0};
    peer_reply(&a, &one, &r);
    ck_assert_int_eq(r.status, 204);
    ck_assert_uint_eq(a.file.len, 1000000);
    ck_assert_int_eq(memcmp(a.file.data, a.big, a.file.len), 0);
    bd_str_clear(&a.file);
    peer_chunk(&a, &two, NULL, 0);
    expect_file(&a, &two, 1000000);
    peer_close(&one);
    peer_close(&two);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_file_too_large_is_refused)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    peer_say(&a, &p, FILE_POST "Content-Length: 33554433\r\n\r\n");
    peer_expect(&a, &p, 413, "at most 33554432");
    peer_close(&p);
    peer_tcp(&a, &p);
    peer_say(&a, &p, FILE_POST CHUNKED);
    for (size_t sent = 0; sent <= FILE_MAX; sent += BIG)
        peer_chunk(&a, &p, a.big, BIG);
    peer_chunk(&a, &p, NULL, 0);
    peer_expect(&a, &p, 413, "more than 33554432");
    peer_lives(&a, &p);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_an_input_has_a_limit_of_its_own)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    post(&a, &p, INPUT_POST, a.big, INPUT_MAX);
    expect_file(&a, &p, INPUT_MAX);
    post_chunks(&a, &p, INPUT_POST, a.big, INPUT_MAX + 1, 60000);
    peer_expect(&a, &p, 413, "more than 1048576");
    post(&a, &p, FILE_POST, a.big, INPUT_MAX + 1);
    expect_file(&a, &p, INPUT_MAX + 1);
    post(&a, &p, INPUT_POST, a.big, INPUT_MAX + 1);
    peer_expect(&a, &p, 413, "at most 1048576");
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_an_upload_that_breaks_off_leaves_nothing)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    peer_say(&a, &p, FILE_POST "Content-Length: 8388608\r\n\r\n");
    peer_send(&a, &p, a.big, BIG / 2);
    UNTIL(&a, app_uploads(&a) == 1);
    peer_close(&p);
    UNTIL(&a, app_uploads(&a) == 0);
    ck_assert_uint_eq(a.handled, 0);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_directory_that_takes_no_file_is_told)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    ck_assert_int_eq(rmdir(a.uploads), 0);
    peer_tcp(&a, &p);
    post(&a, &p, FILE_POST, a.big, 100000);
    peer_expect(&a, &p, 500, "the upload can't be kept");
    peer_lives(&a, &p);
    peer_close(&p);
    ck_assert_int_eq(mkdir(a.uploads, 0700), 0);
    app_stop(&a);
}
END_TEST

UNIT_MAIN("http-bodies", test_a_json_body_comes_in_any_pieces,
          test_the_largest_body_is_taken_and_one_byte_more_is_not,
          test_a_body_beyond_patience_is_not_waited_for,
          test_who_asks_before_sending_is_told_before_sending,
          test_a_file_reaches_the_disk_whole_and_goes_with_its_request,
          test_uploads_side_by_side_do_not_mix, test_a_file_too_large_is_refused,
          test_an_input_has_a_limit_of_its_own, test_an_upload_that_breaks_off_leaves_nothing,
          test_a_directory_that_takes_no_file_is_told)
