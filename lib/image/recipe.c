#include "lib/base/fs.h"
#include "lib/image/image.h"
#include "lib/yaml/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define SUFFIX           ".yaml"
#define RECIPE_BYTES_MAX ((size_t)1 << 20)
/* So many faults are told; the rest is counted. */
#define FAULTS_TOLD ((size_t)8)

void image_recipe_done(struct image_recipe *r)
{
    free(r->name);
    free(r->kind);
    json_decref(r->json);
    *r = (struct image_recipe){0};
}

/* -------------------------------------------------------------------------------- the directory */

static void dir_close(DIR *dir)
{
    closedir(dir);
}
BD_DEFINE_CLEANUP(DIR, dir, dir_close)

/* Names of all recipes in the directory, sorted. */
static int list_recipes(const char *recipes_dir, struct bd_strv *ret_names, struct bd_err *err)
{
    bd_auto(dir) DIR *dir = opendir(recipes_dir);
    if (!dir)
        return bd_err_errno(err, errno, "list recipes in %s", recipes_dir);
    struct bd_strv names = {0};
    for (const struct dirent *d; (d = readdir(dir));) {
        size_t len = strlen(d->d_name);
        if (d->d_name[0] != '.' && bd_ends_with(d->d_name, SUFFIX))
            bd_strv_take(&names, bd_xstrndup(d->d_name, len - strlen(SUFFIX)));
    }
    bd_strv_sort(&names);
    *ret_names = names;
    return 0;
}

static int no_such_recipe(const char *recipes_dir, const char *name, struct bd_err *err)
{
    bd_auto_strv struct bd_strv names = {0};
    bd_auto_str struct bd_str list = {0};
    int rc = list_recipes(recipes_dir, &names, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < names.n; i++)
        bd_str_addf(&list, "%s%s", i > 0 ? ", " : "", names.items[i]);
    return bd_err_set(err, BD_ENOTFOUND, "no recipe \"%.80s\" in %s; there is: %s", name,
                      recipes_dir, list.len > 0 ? bd_str_text(&list) : "none");
}

/* ----------------------------------------------------------------------------------- the check */

static const struct image_kind *find_kind(const char *name)
{
    for (size_t i = 0; image_kinds[i]; i++) {
        if (bd_str_eq(image_kinds[i]->name, name))
            return image_kinds[i];
    }
    return NULL;
}

static void check_recipe(const json_t *recipe, const char *name, struct schema_faults *faults)
{
    if (!json_is_object(recipe)) {
        schema_faults_add(faults, "", NULL, "an object");
        return;
    }
    const char *kind_name = bd_json_str(recipe, "kind", NULL);
    const struct image_kind *kind = find_kind(kind_name);
    if (!kind) {
        bd_auto_str struct bd_str kinds = {0};
        for (size_t i = 0; image_kinds[i]; i++)
            bd_str_addf(&kinds, "%s%s", i > 0 ? ", " : "", image_kinds[i]->name);
        schema_faults_add(faults, "/kind", kind_name, "one of: %s", bd_str_text(&kinds));
        return;
    }
    kind->check(recipe, faults);
    const char *own_name = bd_json_str(recipe, "name", NULL);
    if (own_name && !bd_str_eq(own_name, name))
        schema_faults_add(faults, "/name", own_name, "the name of its file, %s", name);
}

static int tell_faults(const char *file, const struct yaml_lines *lines,
                       const struct schema_faults *faults, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    for (size_t i = 0; i < faults->n && i < FAULTS_TOLD; i++) {
        const struct schema_fault *f = &faults->items[i];
        bd_str_addf(&text, "%s%s:%u: %s%sexpected %s", i > 0 ? "; " : "", file,
                    yaml_line(lines, f->pointer), f->pointer, *f->pointer ? ": " : "", f->expected);
        if (f->got)
            bd_str_addf(&text, ", got %s", f->got);
    }
    if (faults->n > FAULTS_TOLD)
        bd_str_addf(&text, "; and %zu faults more", faults->n - FAULTS_TOLD);
    return bd_err_set(err, BD_EINVALID, "%s", bd_str_text(&text));
}

static int parse_recipe(const char *path, const char *name, json_t **ret_json, struct bd_err *err)
{
    bd_auto_free char *text = NULL;
    bd_auto_json json_t *json = NULL;
    bd_auto(yaml_lines) struct yaml_lines *lines = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    size_t bytes;
    int rc = bd_read_file(path, RECIPE_BYTES_MAX, &text, &bytes, err);
    if (rc >= 0)
        rc = yaml_parse(text, bytes, bd_path_name(path), &json, &lines, err);
    if (rc < 0)
        return rc;
    check_recipe(json, name, &faults);
    if (faults.n > 0)
        return tell_faults(bd_path_name(path), lines, &faults, err);
    *ret_json = bd_take(json);
    return 0;
}

int image_recipe_load(const char *recipes_dir, const char *name, struct image_recipe *ret_recipe,
                      struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s" SUFFIX, recipes_dir, name);
    json_t *json = NULL;
    if (*name == '\0' || *name == '.' || strchr(name, '/') || !bd_exists(path))
        return no_such_recipe(recipes_dir, name, err);
    int rc = parse_recipe(path, name, &json, err);
    if (rc < 0) {
        bd_err_wrap(err, "recipe %s", name);
        return rc;
    }
    bd_auto_free char *canonical = bd_json_text(json);
    *ret_recipe = (struct image_recipe){
        .name = bd_xstrdup(name),
        .kind = bd_xstrdup(bd_json_str(json, "kind", "")),
        .json = json,
    };
    bd_digest_of(canonical, strlen(canonical), ret_recipe->digest);
    return 0;
}
