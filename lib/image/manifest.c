#include "lib/image/manifest.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/image/root.h"
#include "lib/schema/schema.h"

#include <string.h>

#define FORMAT "benchd-image/1"

#define OS_RELEASE_BYTES_MAX ((size_t)1 << 16)

#define JSON_TEXT(...) #__VA_ARGS__

// clang-format off
static const char manifest_schema[] = JSON_TEXT({
    "type": "object",
    "additionalProperties": false,
    "required": ["format", "name", "digest", "recipe", "createdAt", "sizeBytes", "entries",
                 "distribution", "packages"],
    "properties": {
        "format": {"const": "benchd-image/1"},
        "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"},
        "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "recipe": {
            "type": "object",
            "additionalProperties": false,
            "required": ["name", "digest"],
            "properties": {
                "name": {"type": "string", "maxLength": 40},
                "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
            }
        },
        "createdAt": {"type": "string", "maxLength": 40},
        "sizeBytes": {"type": "integer", "minimum": 0},
        "entries": {"type": "integer", "minimum": 0},
        "distribution": {"type": "string", "maxLength": 200},
        "workloads": {
            "type": "array",
            "maxItems": 1000,
            "items": {"type": "string", "maxLength": 40}
        },
        "layers": {
            "type": "array",
            "maxItems": 8,
            "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["name", "digest", "prefix", "version"],
                "properties": {
                    "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$"},
                    "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
                    "prefix": {"type": "string", "pattern": "^/[A-Za-z0-9._/+-]{1,200}$"},
                    "version": {"type": ["string", "null"], "maxLength": 100}
                }
            }
        },
        "packages": {
            "type": "array",
            "maxItems": 100000,
            "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["name", "version", "architecture"],
                "properties": {
                    "name": {"type": "string", "maxLength": 200},
                    "version": {"type": "string", "maxLength": 200},
                    "architecture": {"type": "string", "maxLength": 40}
                }
            }
        }
    }
});
// clang-format on

/* PRETTY_NAME of os-release(5), without its quotes; "unknown" where the root has none. */
static char *distribution(const char *root)
{
    static const char key[] = "PRETTY_NAME=";
    bd_auto_fd int root_fd = root_open(root, NULL);
    bd_auto_free char *text = NULL;
    if (root_fd < 0 || root_read(root_fd, "/etc/os-release", OS_RELEASE_BYTES_MAX, &text, NULL) < 0)
        return bd_xstrdup("unknown");
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!bd_starts_with(line, key))
            continue;
        const char *value = line + strlen(key);
        value += strspn(value, "\"'");
        size_t len = strcspn(value, "\"'\n");
        if (len > 0 && bd_is_utf8(value, len))
            return bd_xstrndup(value, len);
    }
    return bd_xstrdup("unknown");
}

int manifest_make(const struct image_recipe *recipe, const char *root, const char *digest,
                  uint64_t size_bytes, uint64_t entries, json_t *packages, json_t *layers,
                  json_t **ret_manifest, struct bd_err *err)
{
    char now[BD_RFC3339_BYTES];
    bd_auto_free char *system = distribution(root);
    json_error_t why;
    json_t *m = json_pack_ex(
        &why, 0, "{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:I, s:I, s:s, s:O}", "format", FORMAT, "name",
        recipe->name, "digest", digest, "recipe", "name", recipe->file, "digest", recipe->digest,
        "createdAt", bd_rfc3339(bd_wall_ns(), now), "sizeBytes", (json_int_t)size_bytes, "entries",
        (json_int_t)entries, "distribution", system, "packages", packages);
    if (!m)
        return bd_err_set(err, BD_ECORRUPT, "manifest of %s: %s", recipe->name, why.text);
    const json_t *workloads = json_object_get(recipe->json, "workloads");
    if (json_array_size(workloads) > 0)
        json_object_set_new(m, "workloads", json_deep_copy(workloads));
    if (json_array_size(layers) > 0)
        json_object_set(m, "layers", layers);
    *ret_manifest = m;
    return 0;
}

static int check_manifest(const json_t *manifest, struct bd_err *err)
{
    bd_auto_json json_t *document = NULL;
    bd_auto(schema) struct schema *schema = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    int rc = bd_json_parse(manifest_schema, strlen(manifest_schema), &document, err);
    if (rc >= 0)
        rc = schema_compile(document, "", &schema, err);
    if (rc < 0)
        return rc;
    if (schema_check(schema, manifest, "", &faults))
        return 0;
    const struct schema_fault *first = &faults.items[0];
    return bd_err_set(err, BD_ECORRUPT, "manifest of an image: at \"%s\" there should be %s",
                      first->pointer, first->expected);
}

int manifest_parse(const char *text, size_t bytes, json_t **ret_manifest, struct bd_err *err)
{
    bd_auto_json json_t *manifest = NULL;
    struct bd_err why = BD_ERR_INIT;
    if (bd_json_parse(text, bytes, &manifest, &why) < 0)
        return bd_err_set(err, BD_ECORRUPT, "manifest of an image: %s", why.text);
    int rc = check_manifest(manifest, err);
    if (rc < 0)
        return rc;
    *ret_manifest = bd_take(manifest);
    return 0;
}

int image_manifest(const char *images_dir, const char *digest, json_t **ret_manifest,
                   struct bd_err *err)
{
    bd_auto_free char *dir = image_dir(images_dir, digest);
    bd_auto_free char *path = bd_xasprintf("%s/manifest.json", dir);
    bd_auto_free char *text = NULL;
    size_t bytes;
    if (!bd_exists(dir))
        return bd_err_set(err, BD_ENOTFOUND, "no image %s below %s", digest, images_dir);
    int rc = bd_read_file(path, MANIFEST_BYTES_MAX, &text, &bytes, err);
    if (rc < 0)
        return rc;
    rc = manifest_parse(text, bytes, ret_manifest, err);
    if (rc < 0)
        bd_err_wrap(err, "%s", path);
    return rc;
}
