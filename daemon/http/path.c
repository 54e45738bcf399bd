#include "daemon/http/private.h"

#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool path_decode(char *s)
{
    char *out = s;
    for (const char *in = s; *in; in++) {
        if (*in != '%') {
            *out++ = *in;
            continue;
        }
        int high = hex_value(in[1]);
        int low = high < 0 ? -1 : hex_value(in[2]);
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *out++ = (char)(high << 4 | low);
        in += 2;
    }
    *out = '\0';
    return bd_is_utf8(s, (size_t)(out - s));
}

/* One path against one pattern, segment by segment; a segment is decoded only once it is cut out.
 */
static bool matches(const char *pattern, const char *path, struct bd_strv *params)
{
    while (*pattern && *path) {
        if (*pattern++ != '/' || *path++ != '/')
            return false;
        size_t want = strcspn(pattern, "/"), have = strcspn(path, "/");
        bd_auto_free char *segment = bd_xstrndup(path, have);
        if (!path_decode(segment))
            return false;
        if (*pattern == '{') {
            if (have == 0)
                return false;
            bd_strv_take(params, bd_xstrndup(pattern + 1, want - 2));
            bd_strv_take(params, bd_take(segment));
        } else if (strlen(segment) != want || memcmp(pattern, segment, want) != 0) {
            return false;
        }
        pattern += want;
        path += have;
    }
    return !*pattern && !*path;
}

const struct http_route *path_match(const struct http_route *routes, const char *method,
                                    const char *path, struct bd_strv *params,
                                    struct bd_str *ret_allow)
{
    const char *taken = NULL; /* "/v1/images/import" is its own path, not an image */
    for (const struct http_route *r = routes; r->method; r++) {
        bd_strv_done(params);
        if (!matches(r->path, path, params) || (taken && strcmp(taken, r->path) != 0))
            continue;
        if (strcmp(r->method, method) == 0)
            return r;
        taken = strchr(r->path, '{') ? taken : r->path;
        bd_str_addf(ret_allow, "%s%s", ret_allow->len ? ", " : "", r->method);
    }
    bd_strv_done(params);
    return NULL;
}
