#include "lib/image/debian.h"

#include "lib/image/dpkg.h"
#include "lib/image/job.h"
#include "lib/image/layers.h"
#include "lib/image/mmdebstrap.h"
#include "lib/image/needs.h"
#include "lib/image/root.h"

#include <string.h>

#define STATUS_FILE      "/var/lib/dpkg/status"
#define STATUS_BYTES_MAX ((size_t)64 << 20)

#define JSON_TEXT(...) #__VA_ARGS__

// clang-format off
static const char recipe_schema[] = JSON_TEXT({
    "type": "object",
    "additionalProperties": false,
    "required": ["apiVersion", "kind", "name", "title", "suite", "components", "mirror", "space",
                 "sourceDateEpoch", "packages"],
    "properties": {
        "apiVersion": {"const": "benchd/v1"},
        "kind": {"const": "debian"},
        "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"},
        "title": {"type": "string", "minLength": 1, "maxLength": 200},
        "suite": {"type": "string", "pattern": "^[a-z][a-z0-9-]{1,31}$"},
        "components": {
            "type": "array", "minItems": 1, "maxItems": 8, "uniqueItems": true,
            "items": {"type": "string", "pattern": "^[a-z][a-z-]{1,31}$"}
        },
        "mirror": {"type": "string", "pattern": "^(host|https?://[^ ]+)$"},
        "space": {"type": "string", "pattern": "^[0-9]+([.][0-9]+)?(KiB|MiB|GiB|TiB)$"},
        "sourceDateEpoch": {"type": "integer", "minimum": 0, "maximum": 253402300799},
        "packages": {
            "type": "array", "minItems": 1, "maxItems": 1000, "uniqueItems": true,
            "items": {"type": "string", "pattern": "^[a-z0-9][a-z0-9+.-]{1,100}$"}
        },
        "workloads": {
            "type": "array", "maxItems": 50, "uniqueItems": true,
            "items": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"}
        },
        "layers": {
            "type": "array", "maxItems": 8,
            "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["name", "input", "prefix"],
                "properties": {
                    "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$"},
                    "input": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
                    "prefix": {"type": "string", "pattern": "^/[A-Za-z0-9._/+-]{1,200}$"}
                }
            }
        },
        "paths": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "exclude": {"type": "array", "items": {"type": "string", "pattern": "^/[^ ]+$"}},
                "include": {"type": "array", "items": {"type": "string", "pattern": "^/[^ ]+$"}}
            }
        },
        "remove": {"type": "array", "items": {"type": "string", "pattern": "^/."}},
        "files": {
            "type": "array", "maxItems": 1000,
            "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["path"],
                "properties": {
                    "path": {"type": "string", "pattern": "^/."},
                    "mode": {"type": "string", "pattern": "^0[0-7]{3}$"},
                    "content": {"type": "string"},
                    "link": {"type": "string", "minLength": 1, "maxLength": 4000},
                    "when": {"type": "string", "pattern": "^/."}
                }
            }
        },
        "units": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "enable": {"type": "array", "items": {"type": "string", "pattern": "^[A-Za-z0-9:_.@-]+[.][a-z]+$"}},
                "disable": {"type": "array", "items": {"type": "string", "pattern": "^[A-Za-z0-9:_.@-]+[.][a-z]+$"}},
                "mask": {"type": "array", "items": {"type": "string", "pattern": "^[A-Za-z0-9:_.@-]+[.][a-z]+$"}},
                "maskGenerators": {"type": "array", "items": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}}
            }
        }
    }
});
// clang-format on

/* --------------------------------------------------------------------------------------- check */

static void check_file(const json_t *file, size_t i, struct schema_faults *faults)
{
    bd_auto_free char *pointer = bd_xasprintf("/files/%zu", i);
    const char *path = bd_json_str(file, "path", "");
    bool has_content = json_object_get(file, "content"), has_link = json_object_get(file, "link");
    if (has_content == has_link)
        schema_faults_add(faults, pointer, NULL, "either content or link");
    if (has_link && json_object_get(file, "mode"))
        schema_faults_add(faults, pointer, NULL, "no mode: a link has none");
    if (!root_path_is_plain(path)) {
        bd_auto_free char *at = bd_xasprintf("%s/path", pointer);
        schema_faults_add(faults, at, path, "an absolute path without \".\", \"..\" and \"//\"");
    }
}

static struct schema *compile_schema(void)
{
    bd_auto_json json_t *document = NULL;
    struct schema *schema = NULL;
    struct bd_err err = BD_ERR_INIT;
    if (bd_json_parse(recipe_schema, strlen(recipe_schema), &document, &err) < 0 ||
        schema_compile(document, "", &schema, &err) < 0)
        bd_die(err.text); /* it is part of the program */
    return schema;
}

static void debian_check(const json_t *recipe, struct schema_faults *faults)
{
    bd_auto(schema) struct schema *schema = compile_schema();
    if (!schema_check(schema, recipe, "", faults))
        return;
    size_t i;
    json_t *file;
    json_array_foreach (json_object_get(recipe, "files"), i, file)
        check_file(file, i, faults);
    layers_check(recipe, faults);
    uint64_t bytes;
    const char *space = bd_json_str(recipe, "space", "");
    if (bd_parse_bytes(space, &bytes) < 0)
        schema_faults_add(faults, "/space", space, "a whole number of bytes, as \"1.5GiB\"");
}

static uint64_t debian_needs_bytes(const json_t *recipe)
{
    uint64_t bytes = 0;
    bd_parse_bytes(bd_json_str(recipe, "space", ""), &bytes); /* was checked */
    return bytes;
}

/* --------------------------------------------------------------------------------------- build */

static int remove_globs(const json_t *recipe, const char *root, struct bd_err *err)
{
    bd_auto_strv struct bd_strv patterns = {0};
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(recipe, "remove"), i, item)
        bd_strv_add(&patterns, json_string_value(item));
    return root_remove(root, &patterns, err);
}

static int put_file(int root_fd, const json_t *file, struct bd_err *err)
{
    const char *path = bd_json_str(file, "path", ""), *link = bd_json_str(file, "link", NULL);
    const char *when = bd_json_str(file, "when", NULL);
    if (when && !root_has(root_fd, when))
        return 0;
    if (link)
        return root_link(root_fd, path, link, err);
    return root_write(root_fd, path, bd_json_str(file, "content", ""),
                      (mode_t)strtoul(bd_json_str(file, "mode", "0644"), NULL, 8), err);
}

static int put_files(const json_t *recipe, int root_fd, struct bd_err *err)
{
    size_t i;
    json_t *file;
    json_array_foreach (json_object_get(recipe, "files"), i, file) {
        int rc = put_file(root_fd, file, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* By the image's own systemctl, which knows what its units say of [Install]. */
static int systemctl(const struct image_job *job, const char *root, const char *verb,
                     const json_t *units, struct bd_err *err)
{
    static const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_OFFLINE=1",
                                      "LC_ALL=C.UTF-8", NULL};
    bd_auto_strv struct bd_strv argv = {0};
    const char *const start[] = {"chroot", root, "systemctl", "--quiet", verb, "--"};
    for (size_t i = 0; i < BD_ARRAY_LEN(start); i++)
        bd_strv_add(&argv, start[i]);
    size_t i;
    json_t *unit;
    json_array_foreach (units, i, unit)
        bd_strv_add(&argv, json_string_value(unit));
    if (json_array_size(units) == 0)
        return 0;
    int rc = image_job_check(job, (const char *const *)argv.items, env, err);
    if (rc < 0)
        bd_err_wrap(err, "%s units: mend the recipe's units", verb);
    return rc;
}

/* What systemd finds here under a unit's or generator's name is empty, whatever packages bring. */
static int mask(int root_fd, const char *dir, const json_t *names, struct bd_err *err)
{
    size_t i;
    json_t *name;
    json_array_foreach (names, i, name) {
        bd_auto_free char *path = bd_xasprintf("%s/%s", dir, json_string_value(name));
        int rc = root_link(root_fd, path, "/dev/null", err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int set_units(const struct image_job *job, const json_t *recipe, const char *root,
                     int root_fd, struct bd_err *err)
{
    const json_t *units = json_object_get(recipe, "units");
    int rc = systemctl(job, root, "disable", json_object_get(units, "disable"), err);
    if (rc >= 0)
        rc = systemctl(job, root, "enable", json_object_get(units, "enable"), err);
    if (rc >= 0)
        rc = mask(root_fd, "/etc/systemd/system", json_object_get(units, "mask"), err);
    if (rc >= 0)
        rc = mask(root_fd, "/etc/systemd/system-generators",
                  json_object_get(units, "maskGenerators"), err);
    return rc;
}

static int list_packages(int root_fd, json_t **ret_packages, struct bd_err *err)
{
    bd_auto_free char *status = NULL;
    int rc = root_read(root_fd, STATUS_FILE, STATUS_BYTES_MAX, &status, err);
    return rc < 0 ? rc : dpkg_packages(status, ret_packages, err);
}

static int debian_build(const struct image_job *job, const struct image_recipe *recipe,
                        const char *root, json_t **ret_packages, struct bd_err *err)
{
    int rc = needs_check(job, recipe, err);
    if (rc >= 0)
        rc = mmdebstrap_run(job, recipe, root, err);
    if (rc < 0)
        return rc;
    bd_auto_fd int root_fd = root_open(root, err);
    if (root_fd < 0)
        return root_fd;
    image_job_tell(job, "writing the recipe's files and units");
    rc = remove_globs(recipe->json, root, err);
    if (rc >= 0)
        rc = put_files(recipe->json, root_fd, err);
    if (rc >= 0)
        rc = set_units(job, recipe->json, root, root_fd, err);
    return rc < 0 ? rc : list_packages(root_fd, ret_packages, err);
}

const struct image_kind image_kind_debian = {
    .name = "debian",
    .check = debian_check,
    .needs_bytes = debian_needs_bytes,
    .build = debian_build,
};
