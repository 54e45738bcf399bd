#include "daemon/api/needs.h"

#include "lib/virt/inroot.h"

#include <fcntl.h>
#include <string.h>

#define LACKING_MAX 20 /* of these so many are told */

/* -- of a recipe -- */

static int add_needs(const struct api *a, struct store_conn *conn, const char *name,
                     const char *pointer, json_t *needs, struct schema_faults *faults,
                     struct bd_err *err)
{
    bd_auto_json json_t *row = NULL;
    struct bd_err why = BD_ERR_INIT;
    int rc = workload_find(name) ? BD_ENOTFOUND : definition_find(a, conn, name, NULL, &row, &why);
    if (rc < 0 && rc != BD_ENOTFOUND) {
        bd_err_copy(err, &why);
        return rc;
    }
    const char *error = bd_json_str(row, "error", NULL);
    if (rc < 0)
        schema_faults_add(faults, pointer, name,
                          "the name of a workload that has a definition: /v1/workloads lists them");
    else if (error)
        schema_faults_add(faults, pointer, name, "a workload that can be read: %s", error);
    else {
        json_t *of = json_object_get(json_object_get(row, "definition"), "needs");
        json_object_set_new(needs, name, of ? json_incref(of) : json_object());
    }
    return 0;
}

int needs_of_recipe(const struct api *a, struct store_conn *conn, const json_t *asked,
                    struct image_recipe *recipe, struct schema_faults *faults, struct bd_err *err)
{
    bd_auto_json json_t *needs = json_object();
    const json_t *own = json_object_get(recipe->json, "workloads"), *name;
    size_t i;
    int rc = 0;
    if (json_array_size(own) + json_array_size(asked) == 0)
        return 0;
    if (!conn)
        return bd_err_set(err, BD_EUNAVAILABLE, "the database can't be opened to read");
    json_array_foreach (own, i, name)
        if (rc == 0)
            rc = add_needs(a, conn, json_string_value(name), "/recipe", needs, faults, err);
    json_array_foreach (asked, i, name) {
        bd_auto_free char *pointer = bd_xasprintf("/workloads/%zu", i);
        if (rc == 0)
            rc = add_needs(a, conn, json_string_value(name), pointer, needs, faults, err);
    }
    if (rc == 0 && faults->n == 0)
        image_recipe_need(recipe, needs);
    return rc;
}

/* -- of a planned cell -- */

/* Where a node's commands are looked for. */
static const char *const path_dirs[] = {"usr/local/sbin", "usr/local/bin", "usr/sbin",
                                        "usr/bin",        "sbin",          "bin"};

/* benchd's own are in each node by a layer of nodes, not of the image (docs/decisions/0005). */
#define OWN_DIR "/usr/libexec/benchd/"

static bool has_file(int root, const char *path)
{
    bd_auto_fd int fd = inroot_open(root, path, O_PATH, 0);
    return fd >= 0;
}

static bool has_program(int root, const char *name)
{
    bool found = bd_starts_with(name, OWN_DIR) || (strchr(name, '/') && has_file(root, name));
    for (size_t i = 0; !strchr(name, '/') && !found && i < BD_ARRAY_LEN(path_dirs); i++) {
        bd_auto_free char *path = bd_xasprintf("%s/%s", path_dirs[i], name);
        found = has_file(root, path);
    }
    return found;
}

static bool has_package(const json_t *manifest, const char *name)
{
    const json_t *package;
    size_t i;
    json_array_foreach (json_object_get(manifest, "packages"), i, package)
        if (bd_str_eq(bd_json_str(package, "name", ""), name))
            return true;
    return false;
}

static void add_word(struct bd_str *list, const char *word)
{
    bd_str_addf(list, "%s%s", list->len ? ", " : "", word);
}

struct lacking {
    struct bd_str programs, packages; /* lists for people */
};

/* What of needs an image has not; nothing where it can't be read: then the image is the fault. */
static void look(const char *rootfs, const json_t *manifest, const json_t *needs,
                 struct lacking *ret)
{
    const json_t *item;
    size_t i;
    bd_auto_fd int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    json_array_foreach (json_object_get(needs, "programs"), i, item)
        if (root >= 0 && !has_program(root, json_string_value(item)))
            add_word(&ret->programs, json_string_value(item));
    json_array_foreach (json_object_get(needs, "packages"), i, item)
        if (!has_package(manifest, json_string_value(item)))
            add_word(&ret->packages, json_string_value(item));
}

/* "programs fio (packages fio): 'benchctl image build ...' makes one" */
static char *wanted(const struct lacking *l, const json_t *manifest, const char *workload,
                    bool defined)
{
    struct bd_str text = {0};
    const char *recipe = bd_json_str(json_object_get(manifest, "recipe"), "name", "?");
    if (l->programs.len)
        bd_str_addf(&text, "the programs %s", bd_str_text(&l->programs));
    if (l->packages.len)
        bd_str_addf(&text, "%s%s%s", l->programs.len ? " (packages " : "the packages ",
                    bd_str_text(&l->packages), l->programs.len ? ")" : "");
    bd_str_addf(&text, ", which the workload %s needs", workload);
    if (defined)
        bd_str_addf(&text, ": 'benchctl image build %s --workload %s' makes one", recipe, workload);
    return bd_str_take(&text);
}

static void tell(struct planning *p, const json_t *spec, const char *image, const char *pointer,
                 const struct lacking *l, const char *text)
{
    bool may_come = json_array_size(json_object_get(json_object_get(spec, "hooks"), "ready")) > 0;
    if (l->programs.len && !may_come)
        schema_faults_add(&p->faults, pointer, image, "an image with %s", text);
    else if (p->lacking.n < LACKING_MAX)
        bd_strv_addf(&p->lacking, "image %s lacks %s", image, text);
}

void needs_of_cell(struct planning *p, const json_t *spec, const char *image, const char *pointer)
{
    const json_t *workload = json_object_get(spec, "workload");
    const char *name = bd_json_str(workload, "name", "");
    const json_t *definition = json_object_get(p->definitions, name);
    const json_t *needs = json_object_get(definition ? definition : workload, "needs");
    const char *digest = bd_json_str(json_object_get(p->spec, "images"), image, NULL);
    bd_auto_free char *key = bd_xasprintf("%s %s", image, name);
    bd_auto_json json_t *manifest = NULL;
    const char *images_dir = p->api->config.places->image_dir;
    if (!needs || !digest || json_object_get(p->needed, key))
        return;
    json_object_set_new(p->needed, key, json_true());
    if (image_manifest(images_dir, digest, &manifest, NULL) < 0)
        return; /* it is gone: check_images() tells */
    struct lacking l = {0};
    bd_auto_free char *rootfs = image_rootfs(images_dir, digest);
    look(rootfs, manifest, needs, &l);
    if (l.programs.len || l.packages.len) {
        bd_auto_free char *text = wanted(&l, manifest, name, definition != NULL);
        tell(p, spec, image, pointer, &l, text);
    }
    bd_str_done(&l.programs);
    bd_str_done(&l.packages);
}
