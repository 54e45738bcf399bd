#include "tests/http/server.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/un.h>

/* -- the app -- */

static void on_plain(struct http_request *r, void *app BD_UNUSED)
{
    http_header(r, "ETag", "\"1\"");
    http_reply_json(r, 200, json_pack("{s:s}", "plain", "yes"));
}

static void on_echo(struct http_request *r, void *app BD_UNUSED)
{
    size_t bytes;
    http_request_raw(r, &bytes);
    http_reply_json(
        r, 200, json_pack("{s:O, s:I}", "echo", http_request_json(r), "bytes", (json_int_t)bytes));
}

static void on_file(struct http_request *r, void *app)
{
    struct app *a = app;
    bd_auto_free char *data = NULL;
    size_t bytes;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(bd_read_file(http_request_file(r), FILE_MAX, &data, &bytes, &err) == 0, "%s",
                  err.text);
    bd_str_clear(&a->file);
    bd_str_addn(&a->file, data, bytes);
    http_reply_empty(r, 204);
}

static void on_later(struct http_request *r, void *app)
{
    struct app *a = app;
    a->waiting[a->n_waiting++] = http_request_ref(r);
}

static void on_stream_closed(void *arg)
{
    struct app *a = arg;
    a->stream = NULL;
    a->stream_closed++;
}

static void on_drain(void *arg)
{
    ((struct app *)arg)->drained++;
}

static void on_stream(struct http_request *r, void *app)
{
    struct app *a = app;
    a->stream = http_stream_begin(r, "text/plain", "beat\n", on_stream_closed, a);
    http_stream_on_drain(a->stream, on_drain, a);
}

static void on_short_stream(struct http_request *r, void *app)
{
    struct http_stream *s = http_stream_begin(r, "text/plain", NULL, on_stream_closed, app);
    http_stream_write(s, "all of it", 9);
    http_stream_end(s);
}

static void on_big(struct http_request *r, void *app)
{
    http_reply_static(r, "application/octet-stream", ((struct app *)app)->big, BIG);
}

static void on_send_file(struct http_request *r, void *app)
{
    struct app *a = app;
    int fd = open(a->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    ck_assert_int_eq(bd_write_all(fd, a->big, BIG), 0);
    http_reply_file(r, "application/octet-stream", fd, BIG);
}

static void on_fields(struct http_request *r, void *app BD_UNUSED)
{
    http_header(r, "X-Forged", "a\r\nX-Injected: yes");
    http_header(r, "X-Twice", "one");
    http_header(r, "X-Twice", "two");
    http_reply_text(r, 200, "text/plain", "fields", 6);
    http_problem(r, "internal", "a second reply is left out");
}

static void on_item(struct http_request *r, void *app BD_UNUSED)
{
    const char *q = http_request_query(r, "q");
    http_reply_json(r, 200,
                    json_pack("{s:s, s:s?}", "item", http_request_param(r, "item"), "q", q));
}

static void on_costly(struct http_request *r, void *app BD_UNUSED)
{
    if (http_request_is_head(r))
        http_reply_head(r, "text/plain");
    else
        http_reply_text(r, 200, "text/plain", "costly", strlen("costly"));
}

static void on_failing(struct http_request *r, void *app)
{
    struct bd_err err = BD_ERR_INIT;
    bd_err_set(&err, ((struct app *)app)->code, "it failed");
    http_problem_err(r, &err);
}

static void on_unchanged(struct http_request *r, void *app BD_UNUSED)
{
    http_header(r, "ETag", "\"1\"");
    http_reply_empty(r, 304);
}

static bool has_file(const char *path, void *app BD_UNUSED)
{
    return bd_starts_with(path, "/files/");
}

static void on_known_file(struct http_request *r, void *app)
{
    const char *name = http_request_path(r) + strlen("/files/");
    const struct http_file *file = http_files_find(((struct app *)app)->files, name);
    if (file)
        http_reply_known_file(r, file);
    else
        http_problem(r, "not-found", "there is no such file");
}

static const struct http_route beside = {"GET",          "",           NULL, HTTP_ROLE_VIEWER,
                                         HTTP_BODY_NONE, on_known_file};

static const struct http_route routes[] = {
    {"GET", "/plain", "plain", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_plain},
    {"POST", "/echo", "echo", HTTP_ROLE_OPERATOR, HTTP_BODY_JSON, on_echo},
    {"POST", "/file", "file", HTTP_ROLE_OPERATOR, HTTP_BODY_FILE, on_file},
    {"POST", "/input", "input", HTTP_ROLE_OPERATOR, HTTP_BODY_INPUT, on_file},
    {"GET", "/file", "sendFile", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_send_file},
    {"GET", "/later", "later", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_later},
    {"GET", "/stream", "stream", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_stream},
    {"GET", "/short-stream", "shortStream", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_short_stream},
    {"GET", "/big", "big", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_big},
    {"GET", "/fields", "fields", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_fields},
    {"GET", "/unchanged", "unchanged", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_unchanged},
    {"GET", "/costly", "costly", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_costly},
    {"GET", "/failing", "failing", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_failing},
    {"GET", "/items/{item}", "item", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_item},
    {"DELETE", "/items/{item}", "removeItem", HTTP_ROLE_OPERATOR, HTTP_BODY_NONE, on_item},
    {0},
};

static bool on_before(struct http_request *r BD_UNUSED, void *app)
{
    ((struct app *)app)->handled++;
    return true;
}

static void on_after(struct http_request *r BD_UNUSED, int status, const char *body BD_UNUSED,
                     void *app)
{
    struct app *a = app;
    a->answered++;
    a->last_status = status;
}

void app_start(struct app *a, unsigned connections_max)
{
    struct bd_err err = BD_ERR_INIT;
    *a = (struct app){.dir = unit_dir(), .big = bd_xmalloc(BIG)};
    for (size_t i = 0; i < BIG; i++)
        a->big[i] = (char)(i * 31 + i / 251);
    a->socket_path = bd_xasprintf("%s/socket", a->dir);
    a->uploads = bd_xasprintf("%s/uploads", a->dir);
    ck_assert_int_eq(mkdir(a->uploads, 0700), 0);
    uv_loop_init(&a->loop);
    struct group *group = getgrgid(getegid());
    struct http_config config = {
        .unix_path = a->socket_path,
        .unix_group = group ? group->gr_name : NULL, /* that of whoever runs the test */
        .tcp = "127.0.0.1:0",
        .body_dir = a->uploads,
        .file_max_bytes = FILE_MAX,
        .input_max_bytes = INPUT_MAX,
        .connections_max = connections_max ? connections_max : 512,
        .routes = routes,
        .beside = &beside,
        .beside_has = has_file,
        .before = on_before,
        .after = on_after,
        .app = a,
    };
    ck_assert_msg(http_server_new(&a->loop, &config, &a->server, &err) == 0, "%s", err.text);
    ck_assert_int_gt(http_server_port(a->server), 0);
}

static void on_server_closed(void *arg)
{
    struct app *a = arg;
    a->closed = true;
    a->server = NULL;
}

void app_close_begin(struct app *a)
{
    http_server_close(a->server, on_server_closed, a);
    ck_assert_msg(!a->closed, "called back from inside");
}

void app_stop(struct app *a)
{
    if (a->server && !a->closed)
        app_close_begin(a);
    UNTIL(a, a->closed);
    uv_run(&a->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&a->loop), 0);
    ck_assert_uint_eq(app_uploads(a), 0);
    ck_assert(!bd_exists(a->socket_path));
    bd_str_done(&a->file);
    free(a->socket_path);
    free(a->uploads);
    free(a->big);
    unit_dir_done(a->dir);
}

static void on_wake(uv_timer_t *timer BD_UNUSED)
{
}

void app_turn(struct app *a)
{
    /* It sleeps as the daemon does, so that a wake-up that is missing shows; the timer bounds that.
     */
    uv_timer_t timer;
    uv_timer_init(&a->loop, &timer);
    uv_timer_start(&timer, on_wake, 2, 2);
    uv_run(&a->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&a->loop, UV_RUN_NOWAIT);
}

void app_answer(struct app *a, size_t i)
{
    http_reply_json(a->waiting[i], 200, json_pack("{s:i}", "waited", (int)i));
    http_request_unref(a->waiting[i]);
    a->waiting[i] = NULL;
}

size_t app_uploads(const struct app *a)
{
    size_t n = 0;
    DIR *dir = opendir(a->uploads);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

/* -- peers -- */

void peer_tcp(struct app *a, struct peer *p)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_server_port(a->server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *p = (struct peer){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ck_assert_int_eq(connect(p->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

void peer_unix(struct app *a, struct peer *p)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", a->socket_path);
    *p = (struct peer){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ck_assert_int_eq(connect(p->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

void peer_close(struct peer *p)
{
    close(p->fd);
    bd_str_done(&p->in);
}

void peer_read(struct peer *p)
{
    char piece[16384];
    ssize_t n;
    while ((n = recv(p->fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
        bd_str_addn(&p->in, piece, (size_t)n);
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        p->over = true;
}

bool peer_send(struct app *a, struct peer *p, const void *data, size_t bytes)
{
    const char *at = data;
    int64_t give_up_ns = bd_mono_ns() + 40 * BD_NS_PER_S;
    while (bytes) {
        ssize_t n = send(p->fd, at, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            at += n;
            bytes -= (size_t)n;
        } else if (errno == EAGAIN) {
            ck_assert_msg(bd_mono_ns() < give_up_ns, "the server takes no more");
            app_turn(a);
        } else {
            p->over = true;
            return false;
        }
    }
    return true;
}

void peer_say(struct app *a, struct peer *p, const char *text)
{
    ck_assert(peer_send(a, p, text, strlen(text)));
}

void peer_chunk(struct app *a, struct peer *p, const void *data, size_t bytes)
{
    bd_auto_str struct bd_str chunk = {0};
    bd_str_addf(&chunk, "%zx\r\n", bytes);
    if (bytes)
        bd_str_addn(&chunk, data, bytes);
    bd_str_add(&chunk, "\r\n");
    peer_send(a, p, chunk.data, chunk.len);
}

static const char *field(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);
    return at ? at + strlen(name) : NULL;
}

/* The end of a chunked body that begins at `at`, or NULL where it is not all there. */
static const char *dechunk(const char *at, const char *end, struct bd_str *body)
{
    for (;;) {
        const char *line = memmem(at, (size_t)(end - at), "\r\n", 2);
        if (!line)
            return NULL;
        size_t n = strtoul(at, NULL, 16);
        at = line + 2;
        if ((size_t)(end - at) < n + 2)
            return NULL;
        bd_str_addn(body, at, n);
        at += n + 2;
        if (n == 0)
            return at;
    }
}

/* Takes one reply off what was received; false where it is not all there. */
static bool parse(struct peer *p, bool has_body, struct reply *r)
{
    if (!p->in.len)
        return false;
    const char *end = p->in.data + p->in.len;
    const char *at = memmem(p->in.data, p->in.len, "\r\n\r\n", 4);
    if (!at)
        return false;
    at += 4;
    bd_auto_free char *head = bd_xstrndup(p->in.data, (size_t)(at - p->in.data));
    ck_assert_msg(bd_starts_with(head, "HTTP/1."), "this is no reply: %s", head);
    int status = atoi(head + strlen("HTTP/1.1 "));
    bd_auto_str struct bd_str body = {0};
    const char *length = field(head, "\r\nContent-Length: ");
    if (!has_body || status == 204 || status == 304 || status < 200) {
    } else if (field(head, "\r\nTransfer-Encoding: chunked")) {
        at = dechunk(at, end, &body);
        if (!at)
            return false;
    } else if (length) {
        size_t n = strtoul(length, NULL, 10);
        if ((size_t)(end - at) < n)
            return false;
        bd_str_addn(&body, at, n);
        at += n;
    } else { /* until the end of the connection */
        if (!p->over)
            return false;
        bd_str_addn(&body, at, (size_t)(end - at));
        at = end;
    }
    struct bd_str rest = {0};
    bd_str_addn(&rest, at, (size_t)(end - at));
    bd_str_done(&p->in);
    p->in = rest;
    *r = (struct reply){.status = status, .head = bd_take(head), .body = body};
    body = (struct bd_str){0};
    return true;
}

static bool received(struct peer *p, bool has_body, struct reply *r)
{
    peer_read(p);
    bool done = parse(p, has_body, r);
    ck_assert_msg(done || !p->over, "the connection ended after '%.200s'", bd_str_text(&p->in));
    return done;
}

void peer_reply(struct app *a, struct peer *p, struct reply *r)
{
    UNTIL(a, received(p, true, r));
}

void peer_reply_head(struct app *a, struct peer *p, struct reply *r)
{
    UNTIL(a, received(p, false, r));
}

void reply_done(struct reply *r)
{
    free(r->head);
    bd_str_done(&r->body);
}

void peer_expect(struct app *a, struct peer *p, int status, const char *words)
{
    auto_reply struct reply r = {0};
    peer_reply(a, p, &r);
    ck_assert_msg(r.status == status, "expected %d, got %s%s", status, r.head,
                  bd_str_text(&r.body));
    ck_assert_msg(strstr(r.head, words) || strstr(bd_str_text(&r.body), words), "no '%s' in %s%s",
                  words, r.head, bd_str_text(&r.body));
}

void peer_lives(struct app *a, struct peer *p)
{
    peer_say(a, p, "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n");
    peer_expect(a, p, 200, "{\"plain\":\"yes\"}");
}
