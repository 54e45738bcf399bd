#include "daemon/http/files.h"
#include "tests/http/server.h"

#include <unistd.h>

static void put(const char *dir, const char *name, const char *text)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", dir, name);
    bd_auto_free char *above = bd_path_dir(path);
    ck_assert_int_eq(bd_mkdir_p(above, 0700, NULL), 0);
    ck_assert_int_eq(bd_write_file(path, text, strlen(text), 0600, NULL), 0);
}

/* What a build makes; .secret and the link are left out. */
static struct http_files *load(const char *dir)
{
    struct http_files *files = NULL;
    struct bd_err err = BD_ERR_INIT;
    put(dir, "index.html", "<p>index");
    put(dir, "index.html.gz", "packed index");
    put(dir, "assets/main-Ab_-Cd34.js", "let a");
    put(dir, "assets/main-short.js", "let b");
    put(dir, "assets/logo.svg", "<svg/>");
    put(dir, "alone.gz", "of nothing");
    put(dir, "empty.txt", "");
    put(dir, ".secret", "hidden");
    put(dir, "secret", "elsewhere");
    bd_auto_free char *link = bd_xasprintf("%s/link.html", dir);
    ck_assert_int_eq(symlink("/etc/passwd", link), 0);
    ck_assert_msg(http_files_load(dir, &files, &err) == 0, "%s", err.text);
    return files;
}

START_TEST(test_what_is_in_a_directory_is_found_by_name_and_nothing_else)
{
    static const struct {
        const char *name, *type;
        bool immutable;
    } vectors[] = {
        {"index.html", "text/html; charset=utf-8", false},
        {"assets/main-Ab_-Cd34.js", "text/javascript; charset=utf-8", true},
        {"assets/main-short.js", "text/javascript; charset=utf-8", false},
        {"assets/logo.svg", "image/svg+xml", false},
        {"alone.gz", "application/octet-stream", false},
        {"empty.txt", "text/plain; charset=utf-8", false},
    };
    static const char *const none[] = {"",
                                       "index.html.gz",
                                       ".secret",
                                       "link.html",
                                       "assets",
                                       "assets/",
                                       "../secret",
                                       "assets/../secret",
                                       "/etc/passwd",
                                       "./index.html"};
    char *dir = unit_dir();
    struct http_files *files = load(dir);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        const struct http_file *file = http_files_find(files, vectors[i].name);
        ck_assert_msg(file != NULL, "%s", vectors[i].name);
        ck_assert_str_eq(file->type, vectors[i].type);
        ck_assert_msg(file->immutable == vectors[i].immutable, "%s", file->name);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(none); i++)
        ck_assert_msg(!http_files_find(files, none[i]), "%s", none[i]);
    ck_assert_uint_eq(http_files_find(files, "empty.txt")->bytes, 0);
    ck_assert_ptr_null(http_files_find(NULL, "index.html"));
    http_files_free(files);
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_a_directory_that_is_missing_or_too_large_is_told)
{
    char *dir = unit_dir();
    struct http_files *files = NULL;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *missing = bd_xasprintf("%s/missing", dir);
    bd_auto_free char *large = bd_xasprintf("%s/large", dir);
    ck_assert_int_eq(http_files_load(missing, &files, &err), BD_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.text, missing));
    ck_assert_int_eq(bd_write_file(large, "", 0, 0600, NULL), 0);
    ck_assert_int_eq(truncate(large, (off_t)HTTP_FILES_MAX_BYTES + 1), 0);
    ck_assert_int_eq(http_files_load(dir, &files, &err), BD_EINVALID);
    ck_assert_msg(strstr(err.text, "/large: the files are more than 32 MiB"), "%s", err.text);
    ck_assert_int_eq(unlink(large), 0);
    put(dir, "a/b/c/fine", "");
    ck_assert_int_eq(http_files_load(dir, &files, &err), 0);
    http_files_free(bd_take(files));
    put(dir, "a/b/c/d/deep", "");
    ck_assert_int_eq(http_files_load(dir, &files, &err), BD_EINVALID);
    ck_assert_ptr_null(files);
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_too_many_files_are_told)
{
    char *dir = unit_dir();
    struct http_files *files = NULL;
    struct bd_err err = BD_ERR_INIT;
    for (int i = 0; i <= HTTP_FILES_MAX; i++) {
        bd_auto_free char *path = bd_xasprintf("%s/%d", dir, i);
        FILE *file = fopen(path, "we");
        ck_assert_ptr_nonnull(file);
        fclose(file);
    }
    ck_assert_int_eq(http_files_load(dir, &files, &err), BD_EINVALID);
    ck_assert_msg(strstr(err.text, "more than 1000 files"), "%s", err.text);
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_packing_is_agreed_on)
{
    static const struct {
        const char *field;
        bool gzip;
    } vectors[] = {
        {NULL, false},
        {"", false},
        {"gzip", true},
        {"deflate, GZIP;q=0.1, br", true},
        {"deflate, br", false},
        {"gzip;q=0", false},
        {"gzip; q=0.000", false},
        {"*", true},
        {"*;q=0", false},
        {"*, gzip;q=0", false},
        {"*;q=0, gzip", true},
        {"xgzip", false},
        {"gzipx", false},
        {",,;,", false},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++)
        ck_assert_msg(http_accepts_gzip(vectors[i].field) == vectors[i].gzip, "%s",
                      vectors[i].field ? vectors[i].field : "none");
}
END_TEST

static void ask(struct app *a, struct peer *p, const char *request, struct reply *r)
{
    bd_auto_free char *text = bd_xasprintf("%s\r\nHost: localhost\r\n\r\n", request);
    peer_say(a, p, text);
    if (bd_starts_with(request, "HEAD"))
        peer_reply_head(a, p, r);
    else
        peer_reply(a, p, r);
}

START_TEST(test_files_are_answered_with_what_caches_need)
{
    static const struct {
        const char *request;
        int status;
        const char *body; /* NULL: not looked at */
        const char *fields[4];
    } vectors[] = {
        {"GET /files/index.html HTTP/1.1",
         200,
         "<p>index",
         {"\r\nCache-Control: no-cache\r\n", "\r\nContent-Type: text/html; charset=utf-8\r\n",
          "\r\nVary: Accept-Encoding\r\n", "\r\nX-Content-Type-Options: nosniff\r\n"}},
        {"GET /files/index.html HTTP/1.1\r\nAccept-Encoding: br, gzip",
         200,
         "packed index",
         {"\r\nContent-Encoding: gzip\r\n", "\r\nVary: Accept-Encoding\r\n",
          "\r\nContent-Type: text/html; charset=utf-8\r\n"}},
        {"HEAD /files/index.html HTTP/1.1\r\nAccept-Encoding: gzip",
         200,
         "",
         {"\r\nContent-Length: 12\r\n", "\r\nContent-Encoding: gzip\r\n"}},
        {"GET /files/assets/main-Ab_-Cd34.js HTTP/1.1\r\nAccept-Encoding: gzip",
         200,
         "let a",
         {"\r\nCache-Control: public, max-age=31536000, immutable\r\n"}},
        {"GET /files/empty.txt HTTP/1.1", 200, "", {"\r\nContent-Length: 0\r\n"}},
        {"GET /files/secret.. HTTP/1.1", 404, NULL, {"not-found"}},
        {"GET /files/..%2fsecret HTTP/1.1", 404, NULL, {"not-found"}},
        {"POST /files/index.html HTTP/1.1\r\nContent-Length: 0",
         405,
         NULL,
         {"\r\nAllow: GET\r\n"}},
        {"GET /elsewhere HTTP/1.1", 404, NULL, {"/openapi.json lists"}},
    };
    struct app a;
    struct peer p;
    app_start(&a, 0);
    a.files = load(a.dir);
    peer_tcp(&a, &p);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        auto_reply struct reply r = {0};
        ask(&a, &p, vectors[i].request, &r);
        ck_assert_msg(r.status == vectors[i].status, "%s: %s", vectors[i].request, r.head);
        if (vectors[i].body)
            ck_assert_str_eq(bd_str_text(&r.body), vectors[i].body);
        for (size_t k = 0; k < BD_ARRAY_LEN(vectors[i].fields) && vectors[i].fields[k]; k++)
            ck_assert_msg(strstr(r.head, vectors[i].fields[k]) ||
                              strstr(bd_str_text(&r.body), vectors[i].fields[k]),
                          "%s: no '%s' in %s%s", vectors[i].request, vectors[i].fields[k], r.head,
                          bd_str_text(&r.body));
    }
    peer_close(&p);
    http_files_free(bd_take(a.files));
    app_stop(&a);
}
END_TEST

/* The value of a reply's ETag; the caller's. */
static char *etag_of(const struct reply *r)
{
    const char *at = strstr(r->head, "\r\nETag: ");
    ck_assert_msg(at != NULL, "%s", r->head);
    at += strlen("\r\nETag: ");
    return bd_xstrndup(at, strcspn(at, "\r"));
}

START_TEST(test_what_a_client_has_is_not_sent_again)
{
    struct app a;
    struct peer p;
    app_start(&a, 0);
    a.files = load(a.dir);
    peer_tcp(&a, &p);
    auto_reply struct reply plain = {0}, packed = {0};
    ask(&a, &p, "GET /files/index.html HTTP/1.1", &plain);
    ask(&a, &p, "GET /files/index.html HTTP/1.1\r\nAccept-Encoding: gzip", &packed);
    bd_auto_free char *etag = etag_of(&plain), *packed_etag = etag_of(&packed);
    ck_assert_str_ne(etag, packed_etag);
    const struct {
        const char *etag, *encoding;
        int status;
    } vectors[] = {
        {etag, "", 304},
        {packed_etag, "\r\nAccept-Encoding: gzip", 304},
        {packed_etag, "", 200}, /* it has the other form */
        {"*", "", 304},
        {"\"0123\"", "", 200},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        auto_reply struct reply r = {0};
        bd_auto_free char *request =
            bd_xasprintf("GET /files/index.html HTTP/1.1\r\nIf-None-Match: %s%s", vectors[i].etag,
                         vectors[i].encoding);
        ask(&a, &p, request, &r);
        ck_assert_msg(r.status == vectors[i].status, "%s: %s", request, r.head);
        ck_assert_ptr_nonnull(strstr(r.head, "\r\nETag: "));
    }
    peer_close(&p);
    http_files_free(bd_take(a.files));
    app_stop(&a);
}
END_TEST

UNIT_MAIN("http-files", test_what_is_in_a_directory_is_found_by_name_and_nothing_else,
          test_a_directory_that_is_missing_or_too_large_is_told, test_too_many_files_are_told,
          test_packing_is_agreed_on, test_files_are_answered_with_what_caches_need,
          test_what_a_client_has_is_not_sent_again)
