#include "daemon/http/http.h"

#include "lib/base/log.h"
#include "lib/base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int status;
    const char *title;
} kinds[] = {
    {"malformed", 400, "Malformed request"},
    {"unauthorised", 401, "Unauthorised"},
    {"forbidden", 403, "Forbidden"},
    {"not-found", 404, "Not found"},
    {"method-not-allowed", 405, "Method not allowed"},
    {"not-acceptable", 406, "Not acceptable"},
    {"conflict", 409, "Conflict"},
    {"no-capacity", 409, "No capacity"},
    {"gone", 410, "Gone"},
    {"precondition", 412, "Precondition failed"},
    {"too-large", 413, "Too large"},
    {"unsupported-media-type", 415, "Unsupported media type"},
    {"validation", 422, "Invalid request"},
    {"internal", 500, "Internal error"},
    {"unavailable", 503, "Unavailable"},
};

static void reply(struct http_request *r, const char *name, const char *detail,
                  const struct schema_faults *faults)
{
    size_t k = 0;
    while (k < BD_ARRAY_LEN(kinds) - 1 && strcmp(kinds[k].name, name) != 0)
        k++;
    bd_auto_free char *type = bd_xasprintf("urn:benchd:problem:%s", kinds[k].name);
    bd_auto_json json_t *problem =
        json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title", kinds[k].title, "status",
                  kinds[k].status, "detail", detail);
    if (faults && faults->n)
        json_object_set_new(problem, "faults", schema_faults_json(faults));
    bd_auto_free char *text = problem ? json_dumps(problem, JSON_COMPACT) : NULL;
    if (!text)
        text = bd_xasprintf("{\"type\":\"%s\",\"title\":\"%s\",\"status\":%d,\"detail\":\"?\"}",
                            type, kinds[k].title, kinds[k].status);
    if (kinds[k].status == 503)
        http_header(r, "Retry-After", "5");
    http_reply_text(r, kinds[k].status, "application/problem+json", text, strlen(text));
}

void http_problem(struct http_request *r, const char *name, const char *fmt, ...)
{
    char detail[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(detail, sizeof(detail), fmt, args);
    va_end(args);
    /* what was cut in the middle of a character, or came from outside */
    for (size_t n = strlen(detail); n && !bd_is_utf8(detail, n);)
        detail[--n] = '\0';
    reply(r, name, detail, NULL);
}

void http_problem_faults(struct http_request *r, const char *name, const char *detail,
                         const struct schema_faults *faults)
{
    reply(r, name, detail, faults);
}

void http_problem_err(struct http_request *r, const struct bd_err *err)
{
    const char *name = "internal";
    switch (err->code) {
    case BD_ENOTFOUND:
        name = "not-found";
        break;
    case BD_ECONFLICT:
        name = "conflict";
        break;
    case BD_EINVALID:
        name = "validation";
        break;
    case BD_ENOCAPACITY:
    case -ENOSPC:
    case -EDQUOT:
        name = "no-capacity";
        break;
    case BD_EUNAVAILABLE:
        name = "unavailable";
        break;
    default:
        bd_log(BD_LOG_ERROR, "a request failed", "request", http_request_id(r), "path",
               http_request_path(r), "error", err->text, NULL);
    }
    reply(r, name, err->text, NULL);
}
