#include "daemon/http/private.h"
#include "tests/base/unit.h"

START_TEST(test_a_path_is_decoded_once)
{
    static const struct {
        const char *sent, *decoded; /* NULL: refused */
    } vectors[] = {
        {"", ""},
        {"/v1/clusters", "/v1/clusters"},
        {"%2f%2F", "//"},
        {"a%20b+c", "a b+c"},
        {"%2541", "%41"}, /* not twice */
        {"%c3%a4", "\xc3\xa4"},
        {"\xc3\xa4", "\xc3\xa4"},
        {"%F0%9F%98%80", "\xf0\x9f\x98\x80"},
        {"%0A", "\n"}, /* a character as others: what shows it escapes it */
        {"%00", NULL},
        {"a%00b", NULL},
        {"%", NULL},
        {"%4", NULL},
        {"%4g", NULL},
        {"%g4", NULL},
        {"%-1", NULL},
        {"%%41", NULL},
        {"%c3", NULL},          /* half a character */
        {"%c3%28", NULL},       /* no character */
        {"%c0%ae", NULL},       /* '.' in an overlong form */
        {"%ed%a0%80", NULL},    /* half a surrogate pair */
        {"%f5%80%80%80", NULL}, /* behind the last character */
        {"\xff", NULL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_free char *s = bd_xstrdup(vectors[i].sent);
        bool ok = path_decode(s);
        ck_assert_msg(ok == (vectors[i].decoded != NULL), "'%s'", vectors[i].sent);
        if (ok)
            ck_assert_str_eq(s, vectors[i].decoded);
    }
}
END_TEST

static void nothing(struct http_request *r BD_UNUSED, void *app BD_UNUSED)
{
}

#define ROUTE(method, path, id)                                                                    \
    {                                                                                              \
        method, path, id, HTTP_ROLE_VIEWER, HTTP_BODY_NONE, nothing                                \
    }
static const struct http_route routes[] = {
    ROUTE("GET", "/", "root"),
    ROUTE("GET", "/v1/images", "list"),
    ROUTE("POST", "/v1/images", "build"),
    ROUTE("POST", "/v1/images/import", "import"),
    ROUTE("GET", "/v1/images/{imageId}", "get"),
    ROUTE("DELETE", "/v1/images/{imageId}", "delete"),
    ROUTE("GET", "/v1/images/{imageId}/manifest", "manifest"),
    ROUTE("POST", "/v1/clusters/{clusterId}/nodes/{node}/exec", "exec"),
    {0},
};

START_TEST(test_a_path_finds_its_route)
{
    static const struct {
        const char *method, *path, *id, *params; /* params: "name=value," each */
        const char *allow;                       /* where id is NULL */
    } vectors[] = {
        {"GET", "/", "root", ""},
        {"GET", "/v1/images", "list", ""},
        {"POST", "/v1/images", "build", ""},
        {"GET", "/v1/images/abc", "get", "imageId=abc,"},
        {"GET", "/v1/images/sha256:0f", "get", "imageId=sha256:0f,"},
        {"GET", "/v1/images/%61bc", "get", "imageId=abc,"},
        {"GET", "/v1/%69mages", "list", ""},
        {"GET", "/v1/images/..", "get", "imageId=..,"},
        {"GET", "/v1/images/abc/manifest", "manifest", "imageId=abc,"},
        {"POST", "/v1/clusters/c1/nodes/n%C3%A4/exec", "exec", "clusterId=c1,node=n\xc3\xa4,"},
        /* an escaped slash is a character, not the end of a segment */
        {"GET", "/v1/images/abc%2Fmanifest", "get", "imageId=abc/manifest,"},
        {"GET", "/v1%2Fimages", NULL, NULL, ""},
        {"GET", "%2Fv1/images", NULL, NULL, ""},
        {"GET", "/v1/images/a%2", NULL, NULL, ""},
        /* a literal segment is no parameter */
        {"POST", "/v1/images/import", "import", ""},
        {"GET", "/v1/images/import", NULL, NULL, "POST"},
        {"GET", "/v1/images/imports", "get", "imageId=imports,"},
        {"GET", "/v1/images/impor", "get", "imageId=impor,"},
        /* what is there, under other methods */
        {"DELETE", "/v1/images", NULL, NULL, "GET, POST"},
        {"POST", "/v1/images/abc", NULL, NULL, "GET, DELETE"},
        {"get", "/v1/images", NULL, NULL, "GET, POST"},
        /* an empty segment is no segment */
        {"GET", "", NULL, NULL, ""},
        {"GET", "*", NULL, NULL, ""},
        {"GET", "v1/images", NULL, NULL, ""},
        {"GET", "//", NULL, NULL, ""},
        {"GET", "/v1/images/", NULL, NULL, ""},
        {"GET", "//v1/images", NULL, NULL, ""},
        {"GET", "/v1//images", NULL, NULL, ""},
        {"GET", "/v1/images//manifest", NULL, NULL, ""},
        {"GET", "/v1/images/abc/manifest/", NULL, NULL, ""},
        {"GET", "/v1/images/abc/manifests", NULL, NULL, ""},
        {"GET", "/v1/imagesx", NULL, NULL, ""},
        {"GET", "/v1", NULL, NULL, ""},
        {"GET", "/V1/images", NULL, NULL, ""},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_strv struct bd_strv params = {0};
        bd_auto_str struct bd_str allow = {0}, seen = {0};
        const struct http_route *r =
            path_match(routes, vectors[i].method, vectors[i].path, &params, &allow);
        ck_assert_msg(!r == !vectors[i].id, "%s %s", vectors[i].method, vectors[i].path);
        if (!r) {
            ck_assert_str_eq(bd_str_text(&allow), vectors[i].allow);
            ck_assert_uint_eq(params.n, 0);
            continue;
        }
        ck_assert_str_eq(r->operation_id, vectors[i].id);
        for (size_t k = 0; k + 1 < params.n; k += 2)
            bd_str_addf(&seen, "%s=%s,", params.items[k], params.items[k + 1]);
        ck_assert_str_eq(bd_str_text(&seen), vectors[i].params);
    }
}
END_TEST

UNIT_MAIN("http-path", test_a_path_is_decoded_once, test_a_path_finds_its_route)
