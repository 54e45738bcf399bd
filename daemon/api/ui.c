/* The dashboard at /ui/, the reference at /docs: files of the build, which speak to the rest of the
 * interface as any client does. They are no part of the contract. */
#include "daemon/api/private.h"
#include "daemon/http/files.h"

#include "lib/base/log.h"
#include "lib/base/str.h"

#include <string.h>

#define INDEX "index.html"
#define DOCS  "docs.html"

/* What is fetched, run or shown comes from here, and from nowhere else; what slips into a page as
 * markup neither runs nor sends anything. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

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
