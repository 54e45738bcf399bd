/* Fragments of specs: GROUP/NAME.yaml in the directories that the configuration names. They are
 * read whenever they are asked for, by a reader: whoever changes one need not tell. */
#include "daemon/api/private.h"

#include "lib/base/fs.h"
#include "lib/plan/compose.h"
#include "lib/yaml/yaml.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#define FRAGMENTS_MAX      1000
#define FRAGMENT_BYTES_MAX ((size_t)256 << 10)

static int read_spec(const char *path, json_t **ret_spec, struct bd_err *err)
{
    bd_auto_free char *text = NULL;
    bd_auto_json json_t *spec = NULL;
    size_t bytes = 0;
    int rc = bd_read_file(path, FRAGMENT_BYTES_MAX, &text, &bytes, err);
    if (rc == 0)
        rc = yaml_parse(text, bytes, path, &spec, NULL, err);
    if (rc == 0 && !json_is_object(spec))
        rc = bd_err_set(err, BD_EINVALID, "%s: expected an object, a part of a spec", path);
    if (rc == 0)
        *ret_spec = bd_take(spec);
    return rc;
}

static void add_file(json_t *library, const char *dir, const char *path)
{
    struct bd_err err = BD_ERR_INIT;
    json_t *spec = NULL;
    const char *below = path + strlen(dir) + strspn(path + strlen(dir), "/");
    bd_auto_free char *name = bd_xstrndup(below, strlen(below) - strlen(".yaml"));
    char digest[BD_DIGEST_BYTES];
    if (!compose_is_name(name) || json_object_get(library, name) ||
        json_object_size(library) == FRAGMENTS_MAX)
        return;
    if (read_spec(path, &spec, &err) < 0) {
        json_object_set_new(library, name,
                            json_pack("{s:s, s:s}", "source", path, "error", err.text));
        return;
    }
    plan_digest(spec, digest);
    json_object_set_new(
        library, name,
        json_pack("{s:s, s:o, s:s}", "source", path, "spec", spec, "digest", digest));
}

json_t *fragments_read(const char *dirs)
{
    json_t *library = json_object();
    bd_auto_free char *copy = bd_xstrdup(dirs);
    char *rest = copy, *dir;
    while ((dir = strsep(&rest, ":"))) {
        bd_auto_free char *pattern = bd_xasprintf("%s/*/*.yaml", dir);
        glob_t found = {0};
        if (*dir && glob(pattern, 0, NULL, &found) == 0)
            for (size_t i = 0; i < found.gl_pathc; i++)
                add_file(library, dir, found.gl_pathv[i]);
        globfree(&found);
    }
    return library;
}

static json_t *fragment_json(const char *name, const json_t *row, bool with_spec)
{
    const json_t *spec = with_spec ? json_object_get(row, "spec") : NULL;
    return json_pack("{s:s, s:s?, s:s, s:o, s:s?}", "name", name, "digest",
                     bd_json_str(row, "digest", NULL), "source", bd_json_str(row, "source", "?"),
                     "spec", spec ? json_incref((json_t *)spec) : json_null(), "error",
                     bd_json_str(row, "error", NULL));
}

static int load_list(struct api_read *q, struct store_conn *conn BD_UNUSED,
                     struct bd_err *err BD_UNUSED)
{
    bd_auto_json json_t *library = fragments_read(q->api->config.places->fragments);
    bd_auto_strv struct bd_strv names = {0};
    json_t *items = json_array(), *row;
    const char *name;
    json_object_foreach (library, name, row)
        bd_strv_add(&names, name);
    bd_strv_sort(&names);
    for (size_t i = 0; i < names.n; i++)
        json_array_append_new(
            items, fragment_json(names.items[i], json_object_get(library, names.items[i]), false));
    q->json = json_pack("{s:o, s:n}", "items", items, "next");
    return 0;
}

void fragments_list(struct http_request *r, void *app)
{
    read_submit(read_new(app, r, load_list));
}

static int load_one(struct api_read *q, struct store_conn *conn BD_UNUSED, struct bd_err *err)
{
    bd_auto_json json_t *library = fragments_read(q->api->config.places->fragments);
    const json_t *row = json_object_get(library, q->name);
    if (!row)
        return bd_err_set(err, BD_ENOTFOUND,
                          "there is no fragment %s; /v1/fragments lists which there are", q->name);
    q->json = fragment_json(q->name, row, true);
    return 0;
}

void fragments_get(struct http_request *r, void *app)
{
    struct api_read *q = read_new(app, r, load_one);
    snprintf(q->name, sizeof(q->name), "%s/%s", http_request_param(r, "group"),
             http_request_param(r, "name"));
    read_submit(q);
}
