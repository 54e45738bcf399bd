#include "tests/http/server.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

START_TEST(test_an_idle_server_closes)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    app_stop(&a);
    app_start(&a, 0);
    peer_unix(&a, &p);
    peer_lives(&a, &p);
    app_stop(&a);
    peer_read(&p);
    ck_assert(p.over);
    peer_close(&p);
}
END_TEST

START_TEST(test_close_tells_everyone)
{
    struct app a;
    struct peer idle, half, stream, waiting, upload;
    app_start(&a, 0);
    peer_tcp(&a, &idle);
    peer_lives(&a, &idle);
    peer_tcp(&a, &half);
    peer_say(&a, &half, "GET /plain HT");
    peer_unix(&a, &stream);
    peer_say(&a, &stream, GET("/stream"));
    UNTIL(&a, a.stream);
    http_stream_write(a.stream, "last words", 10);
    peer_tcp(&a, &waiting);
    peer_say(&a, &waiting, GET("/later"));
    UNTIL(&a, a.n_waiting == 1);
    peer_tcp(&a, &upload);
    peer_say(
        &a, &upload,
        "POST /file HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vnd.benchd.image\r\n"
        "Content-Length: 1000\r\n\r\nbegin");
    UNTIL(&a, app_uploads(&a) == 1);

    app_close_begin(&a);
    ck_assert(a.stream != NULL); /* nobody is told from inside */
    UNTIL(&a, a.closed);
    ck_assert_uint_eq(a.stream_closed, 1);
    peer_expect(&a, &stream, 200, "last words");
    peer_expect(&a, &waiting, 503, "benchd is ending");
    ck_assert(http_request_gone(a.waiting[0]));
    app_answer(&a, 0); /* its work ends after the server */
    struct peer *all[] = {&idle, &half, &stream, &waiting, &upload};
    for (size_t i = 0; i < BD_ARRAY_LEN(all); i++) {
        peer_read(all[i]);
        ck_assert(all[i]->over);
        peer_close(all[i]);
    }
    app_stop(&a);
}
END_TEST

START_TEST(test_close_takes_no_new_work)
{
    struct app a;
    struct peer keeps, p;
    app_start(&a, 0);
    peer_tcp(&a, &keeps);
    peer_say(&a, &keeps, GET("/stream"));
    UNTIL(&a, a.stream);
    http_stream_write(a.stream, a.big, BIG); /* does not end by itself: nobody reads it */
    app_idle(&a);
    peer_tcp(&a, &p);
    peer_lives(&a, &p);
    int port = http_server_port(a.server);
    app_close_begin(&a);
    peer_say(&a, &p, GET("/plain"));
    peer_expect(&a, &p, 503, "Retry-After: 5");
    ck_assert(!a.closed);
    peer_close(&p);
    ck_assert(!bd_exists(a.socket_path));
    bd_auto_free char *address = bd_xasprintf("127.0.0.1:%d", port); /* is free again */
    struct http_config config = {.tcp = address, .connections_max = 8, .body_dir = a.uploads};
    struct http_server *next;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(http_server_new(&a.loop, &config, &next, &err) == 0, "%s", err.text);
    UNTIL(&a, a.closed);
    ck_assert_uint_eq(a.stream_closed, 1);
    peer_close(&keeps);
    a.server = next;
    a.closed = false;
    app_stop(&a);
}
END_TEST

START_TEST(test_close_while_bodies_go_to_disk)
{
    enum { N = 8 };
    struct peer p[N];
    struct app a;
    app_start(&a, 0);
    for (size_t i = 0; i < N; i++) {
        peer_tcp(&a, &p[i]);
        peer_say(&a, &p[i],
                 "POST /file HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                 "application/vnd.benchd.image\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n");
        peer_chunk(&a, &p[i], a.big, 1000000);
    }
    app_stop(&a);
    for (size_t i = 0; i < N; i++)
        peer_close(&p[i]);
}
END_TEST

static void set_true(void *arg)
{
    *(bool *)arg = true;
}

START_TEST(test_an_address_that_is_taken_is_told)
{
    struct app a;
    app_start(&a, 0);
    bd_auto_free char *taken = bd_xasprintf("127.0.0.1:%d", http_server_port(a.server));
    bd_auto_free char *other = bd_xasprintf("%s/other", a.dir);
    bd_auto_free char *deep = bd_xasprintf("%s/%0200d", a.dir, 0);
    const struct {
        const char *unix_path, *tcp, *words;
    } vectors[] = {
        {a.socket_path, NULL, "another process listens on"},
        {other, taken, "Address already in use"},
        {deep, NULL, "longer than 107"},
        {"/nowhere/socket", NULL, "No such file"},
        {NULL, "127.0.0.1", "expected ADDRESS:PORT"},
        {NULL, "localhost:0", "listen on 'localhost:0'"},
        {NULL, "127.0.0.1:http", "listen on '127.0.0.1:http'"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct http_config config = {.unix_path = vectors[i].unix_path, .tcp = vectors[i].tcp};
        struct http_server *s = NULL;
        struct bd_err err = BD_ERR_INIT;
        ck_assert_int_lt(http_server_new(&a.loop, &config, &s, &err), 0);
        ck_assert_msg(strstr(err.text, vectors[i].words) != NULL, "%s", err.text);
        ck_assert_ptr_null(s);
        ck_assert(!bd_exists(other));
    }
    struct peer p;
    peer_unix(&a, &p);
    peer_lives(&a, &p);
    peer_close(&p);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_socket_that_a_dead_process_left_is_replaced)
{
    struct app a;
    app_start(&a, 0);
    bd_auto_free char *left = bd_xasprintf("%s/left", a.dir);
    ck_assert_int_eq(link(a.socket_path, left), 0);
    app_close_begin(&a);
    UNTIL(&a, a.closed);
    struct http_config config = {.unix_path = left, .connections_max = 8};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(http_server_new(&a.loop, &config, &a.server, &err) == 0, "%s", err.text);
    bool done = false;
    http_server_close(a.server, set_true, &done);
    a.server = NULL;
    UNTIL(&a, done);
    app_stop(&a);
}
END_TEST

START_TEST(test_a_file_in_the_place_of_the_socket_stays)
{
    struct app a;
    app_start(&a, 0);
    bd_auto_free char *file = bd_xasprintf("%s/precious", a.dir);
    ck_assert_int_eq(bd_write_file(file, "x", 1, 0600, NULL), 0);
    struct http_config config = {.unix_path = file, .connections_max = 8};
    struct http_server *s = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_lt(http_server_new(&a.loop, &config, &s, &err), 0);
    ck_assert_msg(strstr(err.text, "is no socket") != NULL, "%s", err.text);
    ck_assert(bd_exists(file));
    app_stop(&a);
}
END_TEST

UNIT_MAIN("http-close", test_an_idle_server_closes, test_close_tells_everyone,
          test_close_takes_no_new_work, test_close_while_bodies_go_to_disk,
          test_an_address_that_is_taken_is_told, test_a_socket_that_a_dead_process_left_is_replaced,
          test_a_file_in_the_place_of_the_socket_stays)
