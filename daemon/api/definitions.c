#include "daemon/api/definitions.h"

#include "lib/base/fs.h"
#include "lib/workload/definition.h"
#include "lib/yaml/yaml.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#define FILES_MAX   1000
#define KIND_FILE   "file"
#define KIND_STORED "registered"

void definition_fill(const struct api *a, json_t *definition, struct schema_faults *faults)
{
    if (!schema_check(a->definition_schema, definition, "", faults))
        return;
    schema_apply_defaults(a->definition_schema, definition);
    definition_check(definition, faults);
}

/* definition is stolen. */
static json_t *row_json(const char *kind, const char *name, json_t *definition)
{
    char digest[BD_DIGEST_BYTES];
    plan_digest(definition, digest);
    return json_pack("{s:s, s:s, s:o, s:s}", "kind", kind, "name", name, "definition", definition,
                     "digest", digest);
}

/* -- files -- */

static int read_definition(const struct api *a, const char *path, const char *name,
                           json_t **ret_definition, struct bd_err *err)
{
    bd_auto_free char *text = NULL;
    bd_auto_json json_t *definition = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    size_t bytes = 0;
    int rc = bd_read_file(path, DEFINITION_BYTES_MAX, &text, &bytes, err);
    if (rc == 0)
        rc = yaml_parse(text, bytes, path, &definition, NULL, err);
    if (rc < 0)
        return rc;
    definition_fill(a, definition, &faults);
    if (faults.n)
        return bd_err_set(err, BD_EINVALID, "%s: %zu faults; at '%s': expected %s", path, faults.n,
                          faults.items[0].pointer, faults.items[0].expected);
    if (!bd_str_eq(bd_json_str(definition, "name", ""), name))
        return bd_err_set(err, BD_EINVALID, "%s: its name is %s: expected that of the file", path,
                          bd_json_str(definition, "name", ""));
    *ret_definition = bd_take(definition);
    return 0;
}

static json_t *row_of_file(const struct api *a, const char *path, const char *name)
{
    struct bd_err err = BD_ERR_INIT;
    json_t *definition = NULL;
    if (read_definition(a, path, name, &definition, &err) < 0)
        return json_pack("{s:s, s:s, s:s}", "kind", KIND_FILE, "name", name, "error", err.text);
    return row_json(KIND_FILE, name, definition);
}

/* A name that may be one of a file's: the contract's WorkloadName, which leads nowhere else. */
static bool is_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n < DEFINITION_NAME_BYTES && text[n] == '\0' && text[0] != '-' &&
           text[n - 1] != '-';
}

json_t *definition_of_file(const struct api *a, const char *name)
{
    bd_auto_free char *copy = bd_xstrdup(a->config.places->workloads);
    char *rest = copy, *dir;
    while (is_name(name) && (dir = strsep(&rest, ":"))) {
        bd_auto_free char *path = bd_xasprintf("%s/%s.yaml", dir, name);
        if (*dir && bd_exists(path))
            return row_of_file(a, path, name);
    }
    return NULL;
}

static void add_file(const struct api *a, json_t *rows, const char *path)
{
    const char *file = bd_path_name(path);
    bd_auto_free char *name = bd_xstrndup(file, strlen(file) - strlen(".yaml"));
    if (is_name(name) && !workload_find(name) && !json_object_get(rows, name) &&
        json_object_size(rows) < FILES_MAX)
        json_object_set_new(rows, name, row_of_file(a, path, name));
}

static void add_files(const struct api *a, json_t *rows)
{
    bd_auto_free char *copy = bd_xstrdup(a->config.places->workloads);
    char *rest = copy, *dir;
    while ((dir = strsep(&rest, ":"))) {
        bd_auto_free char *pattern = bd_xasprintf("%s/*.yaml", dir);
        glob_t found = {0};
        if (*dir && glob(pattern, 0, NULL, &found) == 0)
            for (size_t i = 0; i < found.gl_pathc; i++)
                add_file(a, rows, found.gl_pathv[i]);
        globfree(&found);
    }
}

/* -- one, and all -- */

static int find_pinned(const struct api *a, struct store_conn *conn, const char *name,
                       const char *digest, json_t **ret_row, struct bd_err *err)
{
    json_t *definition = NULL;
    bd_auto_json json_t *of_file = NULL;
    int rc = store_definition_get(conn, digest, &definition, err);
    if (rc == 0 && bd_str_eq(bd_json_str(definition, "name", ""), name)) {
        *ret_row = row_json(KIND_STORED, name, definition);
        return 0;
    }
    json_decref(definition);
    if (rc < 0 && rc != BD_ENOTFOUND)
        return rc;
    of_file = definition_of_file(a, name);
    if (!bd_str_eq(bd_json_str(of_file, "digest", ""), digest))
        return bd_err_set(err, BD_ENOTFOUND, "there is no workload %s with the digest %s", name,
                          digest);
    *ret_row = bd_take(of_file);
    return 0;
}

int definition_find(const struct api *a, struct store_conn *conn, const char *name,
                    const char *pinned, json_t **ret_row, struct bd_err *err)
{
    struct store_workload row = {0};
    if (pinned)
        return find_pinned(a, conn, name, pinned, ret_row, err);
    int rc = store_workload_get(conn, name, &row, err);
    json_t *found = rc == 0              ? row_json(KIND_STORED, name, bd_take(row.definition))
                    : rc == BD_ENOTFOUND ? definition_of_file(a, name)
                                         : NULL;
    store_workload_done(&row);
    if (rc < 0 && rc != BD_ENOTFOUND)
        return rc;
    if (!found)
        return bd_err_set(err, BD_ENOTFOUND,
                          "there is no workload %s; /v1/workloads lists which there are", name);
    *ret_row = found;
    return 0;
}

int definitions_all(const struct api *a, struct store_conn *conn, json_t **ret_rows,
                    struct bd_err *err)
{
    struct store_workload *rows = NULL;
    size_t n = 0;
    int rc = store_workload_list(conn, &rows, &n, err);
    if (rc < 0)
        return rc;
    json_t *all = json_object();
    for (size_t i = 0; i < n; i++)
        json_object_set_new(all, rows[i].name,
                            row_json(KIND_STORED, rows[i].name, bd_take(rows[i].definition)));
    store_workloads_free(rows, n);
    add_files(a, all);
    *ret_rows = all;
    return 0;
}
