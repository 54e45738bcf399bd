/* The dashboard at /ui/, the reference at /docs: files of the build, which speak to the rest of the
 * interface as any client does. They are no part of the contract. */
#include "daemon/api/private.h"
#include "daemon/http/files.h"

#include "lib/base/log.h"
#include "lib/base/str.h"

#include <string.h>

#define INDEX "index.html"
#define DOCS  "docs.html"

/* A report with charts: the build's page, with one place for its data and one for its text. */
#define REPORT       "report.html"
#define REPORT_DATA  "<script type=\"application/json\" id=\"data\"></script>"
#define REPORT_PLACE "<!--document-->"

/* What is fetched, run or shown comes from here, and from nowhere else; what slips into a page as
 * markup neither runs nor sends anything. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

static bool has_once(const struct http_file *file, const char *what)
{
    const char *at = memmem(file->data, file->bytes, what, strlen(what));
    size_t behind = at ? (size_t)(at - file->data) + strlen(what) : 0;
    return at && !memmem(file->data + behind, file->bytes - behind, what, strlen(what));
}

static void load_report(struct api *a)
{
    const struct http_file *file = http_files_find(a->ui, REPORT);
    if (!file)
        return;
    if (has_once(file, REPORT_DATA) && has_once(file, REPORT_PLACE))
        a->report_page = file;
    else
        bd_log(BD_LOG_ERROR, "reports are without charts", "why",
               REPORT " of the dashboard does not have " REPORT_DATA " and " REPORT_PLACE
                      " once each",
               NULL);
}

/* As the content of a script that is none: nothing in it ends the element or begins a comment. */
static void add_inert(struct bd_str *out, const char *json)
{
    for (const char *p = json; *p;) {
        size_t plain = strcspn(p, "<");
        bd_str_addn(out, p, plain);
        p += plain;
        if (*p)
            bd_str_add(out, "\\u003c");
        p += *p != '\0';
    }
}

char *ui_report(const struct http_file *page, const char *data, const char *document)
{
    const char *end = page->data + page->bytes;
    const char *data_at = memmem(page->data, page->bytes, REPORT_DATA, strlen(REPORT_DATA));
    const char *place = memmem(page->data, page->bytes, REPORT_PLACE, strlen(REPORT_PLACE));
    struct bd_str out = {0};
    for (const char *p = page->data; p < end;) {
        if (p == data_at) {
            bd_str_add(&out, "<script type=\"application/json\" id=\"data\">");
            add_inert(&out, data);
            bd_str_add(&out, "</script>");
            p += strlen(REPORT_DATA);
        } else if (p == place) {
            bd_str_add(&out, document);
            p += strlen(REPORT_PLACE);
        } else {
            const char *next = end;
            next = p < data_at && data_at < next ? data_at : next;
            next = p < place && place < next ? place : next;
            bd_str_addn(&out, p, (size_t)(next - p));
            p = next;
        }
    }
    return bd_str_take(&out);
}

void ui_load(struct api *a)
{
    struct bd_err err = BD_ERR_INIT;
    const char *dir = a->config.places->ui;
    int rc = *dir ? http_files_load(dir, &a->ui, &err)
                  : bd_err_set(&err, BD_ENOTFOUND, "the key ui is empty");
    if (rc == 0 && !http_files_find(a->ui, INDEX)) {
        rc = bd_err_set(&err, BD_EINVALID, "%s has no " INDEX, dir);
        http_files_free(bd_take(a->ui));
    }
    if (rc == 0)
        load_report(a);
    if (rc == 0)
        return;
    bd_log(rc == BD_ENOTFOUND ? BD_LOG_INFO : BD_LOG_ERROR, "there is no dashboard", "why",
           err.text, NULL);
    bd_err_copy(&a->ui_err, &err);
}

void ui_free(struct api *a)
{
    http_files_free(a->ui);
}

bool ui_has(const char *path, void *app)
{
    const struct api *a = app;
    if (strcmp(path, "/") == 0)
        return a->ui != NULL;
    return strcmp(path, "/ui") == 0 || bd_starts_with(path, "/ui/") || strcmp(path, "/docs") == 0;
}

static void redirect(struct http_request *r, const char *to)
{
    http_header(r, "Location", to);
    http_reply_empty(r, 302);
}

/* The pages of the dashboard are paths of its own, which have no extension. */
static const char *name_of(const struct api *a, const char *path)
{
    if (strcmp(path, "/docs") == 0)
        return DOCS;
    const char *name = path + strlen("/ui/"), *last = strrchr(path, '/');
    return http_files_find(a->ui, name) || strchr(last, '.') ? name : INDEX;
}

static void reply_missing(const struct api *a, struct http_request *r)
{
    http_problem(r, "not-found",
                 "this benchd has no dashboard: %s; build it (docs/dashboard.md), or name its "
                 "directory by the key ui of the configuration, and start benchd again",
                 a->ui_err.text);
}

static void ui_get(struct http_request *r, void *app)
{
    const struct api *a = app;
    const char *path = http_request_path(r);
    if (!a->ui) {
        reply_missing(a, r);
        return;
    }
    if (strcmp(path, "/") == 0 || strcmp(path, "/ui") == 0) {
        redirect(r, "/ui/");
        return;
    }
    const struct http_file *file = http_files_find(a->ui, name_of(a, path));
    if (!file) {
        http_problem(r, "not-found", "the dashboard has nothing at %s", path);
        return;
    }
    http_header(r, "Content-Security-Policy", policy);
    http_header(r, "Referrer-Policy", "no-referrer");
    http_reply_known_file(r, file);
}

const struct http_route ui_route = {"GET",          "",    NULL, HTTP_ROLE_VIEWER,
                                    HTTP_BODY_NONE, ui_get};
