#include "tests/http/server.h"

#include <grp.h>

#define NOBODY    65534
#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

START_TEST(test_a_refusal_says_why_and_keeps_the_connection)
{
    static const struct {
        const char *request;
        int status;
        const char *words;
    } vectors[] = {
        {GET("/nowhere"), 404, "urn:benchd:problem:not-found"},
        {"DELETE /items/x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://elsewhere.example\r\n\r\n",
         403, "pages of http://elsewhere.example may not"},
        {"DELETE /items/x HTTP/1.1\r\nHost: localhost:80\r\nOrigin: http://localhost:81\r\n\r\n",
         403, "forbidden"},
        {"DELETE /items/x HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n", 403, "forbidden"},
        {GET("/plain/"), 404, "not-found"},
        {GET("/plain?a=%zz"), 400, "malformed"},
        {GET("/plain?%ff"), 400, "malformed"},
        {GET("/%00"), 400, "malformed"},
        {GET("/%c3%28"), 400, "malformed"},
        {"DELETE /plain HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "\r\nAllow: GET\r\n"},
        {"POST /items/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody", 405,
         "\r\nAllow: GET, DELETE\r\n"},
        {"GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "\r\nAllow: POST\r\n"},
        {"BREW /plain HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "method-not-allowed"},
        {"GET /plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 400,
         "takes no body"},
        {"GET /plain HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
         "chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
         400, "takes no body"},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: "
         "2\r\n\r\n{}",
         415, "text/plain; send application/json"},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jsonx\r\n"
         "Content-Length: 2\r\n\r\n{}",
         415, "unsupported-media-type"},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 415,
         "no stated type"},
        {"POST /file HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Content-Length: 2\r\n\r\n{}",
         415, "application/vnd.benchd.image"},
        {"POST /input HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vnd.benchd.image\r\n"
         "Content-Length: 2\r\n\r\n{}",
         415, "send application/octet-stream"},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n", 400,
         "send a JSON object"},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Content-Length: 4\r\n\r\n{\"a\"",
         400, "no JSON"},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Content-Length: 3\r\n\r\n\"\xff\"",
         400, "no JSON"},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Content-Length: 5\r\n\r\n{} {}",
         400, "no JSON"},
    };
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        auto_reply struct reply r = {0};
        peer_say(&a, &p, vectors[i].request);
        peer_reply(&a, &p, &r);
        const char *body = bd_str_text(&r.body);
        ck_assert_msg(r.status == vectors[i].status, "%s%s%s", vectors[i].request, r.head, body);
        ck_assert_msg(strstr(r.head, vectors[i].words) || strstr(body, vectors[i].words), "%s%s%s",
                      vectors[i].request, r.head, body);
        ck_assert_ptr_nonnull(strstr(r.head, "Content-Type: application/problem+json\r\n"));
        ck_assert_ptr_nonnull(strstr(r.head, "X-Request-Id: "));
        bd_auto_json json_t *json = json_loads(body, 0, NULL);
        ck_assert_int_eq(bd_json_int(json, "status", 0), vectors[i].status);
    }
    ck_assert_uint_eq(a.handled, 0);
    peer_lives(&a, &p);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_what_is_no_http_is_refused_and_does_no_harm)
{
    bd_auto_str struct bd_str long_field = {0}, long_path = {0};
    bd_str_add(&long_field, "GET /plain HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
    bd_str_add(&long_path, "GET /");
    for (int i = 0; i < 7000; i++) {
        bd_str_add(&long_field, "0123456789");
        bd_str_add(&long_path, "0123456789");
    }
    const struct {
        const char *request;
        int status; /* 0: the connection ends */
    } vectors[] = {
        {"GET /plain HTTP/1.1\r\n\r\n", 400}, /* no Host */
        {"GET /plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400},
        {"GET /plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
         413},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
         400},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
         413},
        {long_field.data, 431},
        {long_path.data, 414},
        {"\x16\x03\x01\x02\r\n\r\n", 0}, /* TLS */
    };
    struct app a;
    app_start(&a, 0);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct peer p;
        peer_tcp(&a, &p);
        peer_send(&a, &p, vectors[i].request, strlen(vectors[i].request));
        if (vectors[i].status)
            peer_expect(&a, &p, vectors[i].status, "");
        else
            UNTIL(&a, (peer_read(&p), p.over));
        peer_close(&p);
    }
    struct peer p;
    peer_unix(&a, &p);
    peer_lives(&a, &p);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_parameters_are_decoded)
{
    static const struct {
        const char *path, *reply;
    } vectors[] = {
        {"/items/a%20b?q=c+d%2B%26", "{\"item\":\"a b\",\"q\":\"c d+&\"}"},
        {"/items/a%2Fb", "{\"item\":\"a/b\",\"q\":null}"},
        {"/items/x?q", "{\"item\":\"x\",\"q\":\"\"}"},
        {"/items/x?q=1&q=2", "{\"item\":\"x\",\"q\":\"1\"}"},
    };
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_free char *request =
            bd_xasprintf("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", vectors[i].path);
        peer_say(&a, &p, request);
        peer_expect(&a, &p, 200, vectors[i].reply);
    }
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_the_daemons_own_pages_may_give_orders)
{
    static const char *const requests[] = {
        "DELETE /items/x HTTP/1.1\r\nHost: localhost:8765\r\nOrigin: http://localhost:8765\r\n\r\n",
        "DELETE /items/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /items/x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://elsewhere.example\r\n\r\n",
    };
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    for (size_t i = 0; i < BD_ARRAY_LEN(requests); i++) {
        peer_say(&a, &p, requests[i]);
        peer_expect(&a, &p, 200, "{\"item\":\"x\"");
    }
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_head_has_the_fields_of_get_and_no_body)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    {
        auto_reply struct reply r = {0};
        peer_say(&a, &p, "HEAD /plain HTTP/1.1\r\nHost: localhost\r\n\r\n");
        peer_reply_head(&a, &p, &r);
        ck_assert_int_eq(r.status, 200);
        ck_assert_ptr_nonnull(strstr(r.head, "\r\nContent-Length: 15\r\n"));
        ck_assert_ptr_nonnull(strstr(r.head, "\r\nETag: \"1\"\r\n"));
    }
    {
        auto_reply struct reply r = {0};
        peer_say(&a, &p, "HEAD /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
        peer_reply_head(&a, &p, &r);
        ck_assert_int_eq(r.status, 405);
        ck_assert_ptr_nonnull(strstr(r.head, "\r\nAllow: POST\r\n"));
    }
    {
        auto_reply struct reply r = {0};
        peer_say(&a, &p, "HEAD /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
        peer_reply_head(&a, &p, &r);
        ck_assert_int_eq(r.status, 200);
        UNTIL(&a, a.stream_closed == 1);
    }
    {
        auto_reply struct reply r = {0};
        peer_say(&a, &p, GET("/unchanged"));
        peer_reply(&a, &p, &r);
        ck_assert_int_eq(r.status, 304);
    }
    peer_lives(&a, &p);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_field_can_not_be_forged)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    auto_reply struct reply r = {0};
    peer_say(&a, &p, GET("/fields"));
    peer_reply(&a, &p, &r);
    ck_assert_int_eq(r.status, 200);
    ck_assert_ptr_null(strstr(r.head, "X-Injected"));
    ck_assert_ptr_nonnull(strstr(r.head, "\r\nX-Twice: two\r\n"));
    ck_assert_ptr_null(strstr(r.head, "X-Twice: one"));
    ck_assert_ptr_nonnull(strstr(r.head, "\r\nContent-Type: text/plain\r\n"));
    ck_assert_str_eq(bd_str_text(&r.body), "fields");
    ck_assert_uint_eq(a.answered, 1);
    ck_assert_int_eq(a.last_status, 200);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_head_without_a_length_is_over_after_its_fields)
{
    struct app a;
    struct peer p;
    auto_reply struct reply r = {0};
    app_start(&a, 0);
    peer_tcp(&a, &p);
    peer_say(&a, &p, "HEAD /costly HTTP/1.1\r\nHost: localhost\r\n\r\n");
    peer_reply_head(&a, &p, &r);
    ck_assert_int_eq(r.status, 200);
    ck_assert_ptr_nonnull(strstr(r.head, "\r\nContent-Type: text/plain\r\n"));
    ck_assert_ptr_null(strcasestr(r.head, "\r\nContent-Length:"));
    ck_assert_ptr_null(strcasestr(r.head, "\r\nTransfer-Encoding:"));
    UNTIL(&a, (peer_read(&p), p.over));
    ck_assert_uint_eq(p.in.len, 0);
    peer_close(&p);
    peer_tcp(&a, &p);
    peer_say(&a, &p, GET("/costly"));
    peer_expect(&a, &p, 200, "costly");
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_full_disk_is_no_capacity)
{
    static const int codes[] = {-ENOSPC, -EDQUOT, BD_ENOCAPACITY};
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    for (size_t i = 0; i < BD_ARRAY_LEN(codes); i++) {
        a.code = codes[i];
        peer_say(&a, &p, GET("/failing"));
        peer_expect(&a, &p, 409, "urn:benchd:problem:no-capacity");
    }
    a.code = -EIO;
    peer_say(&a, &p, GET("/failing"));
    peer_expect(&a, &p, 500, "urn:benchd:problem:internal");
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_the_unix_socket_knows_who_speaks)
{
    struct app a;
    struct peer p;
    struct stat st;
    app_start(&a, 0);
    ck_assert_int_eq(stat(a.socket_path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0660);
    peer_tcp(&a, &p);
    peer_say(&a, &p, GET("/fields"));
    peer_expect(&a, &p, 200, "fields");
    peer_close(&p);
    peer_unix(&a, &p);
    peer_say(&a, &p, GET("/fields"));
    peer_expect(&a, &p, 200, "fields");
    peer_close(&p);
    if (geteuid() == 0) { /* whom the socket's mode lets in is looked at all the same */
        ck_assert_int_eq(chmod(a.dir, 0711), 0);
        ck_assert_int_eq(chmod(a.socket_path, 0666), 0);
        ck_assert_int_eq(setgroups(0, NULL), 0);
        ck_assert(setegid(NOBODY) == 0 && seteuid(NOBODY) == 0);
        peer_unix(&a, &p);
        ck_assert(seteuid(0) == 0 && setegid(0) == 0);
        peer_say(&a, &p, GET("/fields"));
        peer_expect(&a, &p, 403, "urn:benchd:problem:forbidden");
        peer_close(&p);
    }
    app_stop(&a);
}
END_TEST

START_TEST(test_a_reply_may_come_later)
{
    struct app a;
    struct peer p[3];
    app_start(&a, 0);
    for (size_t i = 0; i < 3; i++) {
        peer_tcp(&a, &p[i]);
        peer_say(&a, &p[i], GET("/later"));
        UNTIL(&a, a.n_waiting == i + 1);
    }
    app_idle(&a);
    ck_assert_uint_eq(a.answered, 0);
    struct http_stats stats;
    http_server_stats(a.server, &stats);
    ck_assert_uint_eq(stats.connections, 3);
    app_answer(&a, 2);
    peer_expect(&a, &p[2], 200, "{\"waited\":2}");
    app_answer(&a, 0);
    peer_expect(&a, &p[0], 200, "{\"waited\":0}");
    peer_lives(&a, &p[0]);
    peer_close(&p[1]); /* does not wait for its answer */
    app_idle(&a);
    app_answer(&a, 1);
    UNTIL(&a, (http_server_stats(a.server, &stats), stats.connections) == 2);
    peer_close(&p[0]);
    peer_close(&p[2]);
    app_stop(&a);
}
END_TEST

START_TEST(test_pipelined_requests_are_answered_in_their_order)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    peer_tcp(&a, &p);
    peer_say(&a, &p,
             GET("/items/1")
                 GET("/later") "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                               "application/json\r\nContent-Length: 1\r\n\r\n3" GET("/nowhere")
                                   GET("/items/5"));
    peer_expect(&a, &p, 200, "{\"item\":\"1\",");
    UNTIL(&a, a.n_waiting == 1);
    app_idle(&a);
    ck_assert_uint_eq(a.answered, 1);
    app_answer(&a, 0);
    peer_expect(&a, &p, 200, "waited");
    peer_expect(&a, &p, 200, "{\"echo\":3,");
    peer_expect(&a, &p, 404, "not-found");
    peer_expect(&a, &p, 200, "{\"item\":\"5\",");
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_slow_peer_keeps_nobody_waiting)
{
    static const char *const paths[] = {GET("/big"), GET("/file")};
    for (size_t i = 0; i < BD_ARRAY_LEN(paths); i++) {
        struct app a;
        struct peer slow, other;
        app_start(&a, 0);
        peer_tcp(&a, &slow);
        peer_say(&a, &slow, paths[i]);
        UNTIL(&a, a.answered == 1);
        app_idle(&a); /* its socket is full now */
        peer_tcp(&a, &other);
        peer_lives(&a, &other);
        auto_reply struct reply r = {0};
        peer_reply(&a, &slow, &r);
        ck_assert_uint_eq(r.body.len, BIG);
        ck_assert_int_eq(memcmp(r.body.data, a.big, BIG), 0);
        peer_lives(&a, &slow);
        peer_close(&slow);
        peer_close(&other);
        app_stop(&a);
    }
}
END_TEST

START_TEST(test_a_connection_too_many_waits_for_its_turn)
{
    struct app a;
    struct peer p[9];
    app_start(&a, 8);
    for (size_t i = 0; i < 8; i++) {
        peer_tcp(&a, &p[i]);
        peer_lives(&a, &p[i]);
    }
    peer_tcp(&a, &p[8]); /* the system's queue takes it */
    peer_say(&a, &p[8], GET("/plain"));
    app_idle(&a);
    ck_assert_uint_eq(a.answered, 8);
    peer_close(&p[3]);
    peer_expect(&a, &p[8], 200, "plain");
    for (size_t i = 0; i < 9; i++)
        if (i != 3)
            peer_close(&p[i]);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_hundred_connections_at_once)
{
    enum { N = 100, EACH = 5 };
    static struct peer p[N];
    struct app a;
    app_start(&a, 0);
    for (size_t i = 0; i < N; i++) {
        if (i % 2)
            peer_tcp(&a, &p[i]);
        else
            peer_unix(&a, &p[i]);
    }
    for (unsigned round = 0; round < EACH; round++) {
        for (size_t i = 0; i < N; i++) {
            bd_auto_free char *request =
                bd_xasprintf("GET /items/%zu-%u HTTP/1.1\r\nHost: localhost\r\n\r\n", i, round);
            peer_say(&a, &p[i], request);
        }
        for (size_t i = N; i-- > 0;) {
            bd_auto_free char *words = bd_xasprintf("{\"item\":\"%zu-%u\",", i, round);
            peer_expect(&a, &p[i], 200, words);
        }
    }
    struct http_stats stats;
    http_server_stats(a.server, &stats);
    ck_assert_uint_eq(stats.requests, N * EACH);
    ck_assert_uint_eq(stats.connections, N);
    for (size_t i = 0; i < N; i++)
        peer_close(&p[i]);
    UNTIL(&a, (http_server_stats(a.server, &stats), stats.connections) == 0);
    app_stop(&a);
}
END_TEST

UNIT_MAIN("http-requests", test_a_refusal_says_why_and_keeps_the_connection,
          test_what_is_no_http_is_refused_and_does_no_harm, test_parameters_are_decoded,
          test_the_daemons_own_pages_may_give_orders, test_head_has_the_fields_of_get_and_no_body,
          test_head_without_a_length_is_over_after_its_fields, test_a_full_disk_is_no_capacity,
          test_a_field_can_not_be_forged, test_the_unix_socket_knows_who_speaks,
          test_a_reply_may_come_later, test_pipelined_requests_are_answered_in_their_order,
          test_a_slow_peer_keeps_nobody_waiting, test_a_connection_too_many_waits_for_its_turn,
          test_a_hundred_connections_at_once)
