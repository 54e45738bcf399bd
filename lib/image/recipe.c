#include "lib/base/fs.h"
#include "lib/image/image.h"
#include "lib/yaml/yaml.h"

#include <errno.h>
#include <string.h>

#define SUFFIX           ".yaml"
#define RECIPE_BYTES_MAX ((size_t)1 << 20)
/* So many faults are told; the rest is counted. */
#define FAULTS_TOLD ((size_t)8)
/* As the manifest of an image has it. */
#define NAME_CHARS_MAX ((size_t)40)

void image_recipe_done(struct image_recipe *r)
{
    free(r->name);
    free(r->file);
    free(r->kind);
    json_decref(r->json);
    json_decref(r->needs);
    *r = (struct image_recipe){0};
}

/* -------------------------------------------------------------------------------- the directory */

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

/* --------------------------------------------------------------------------------- what extends */

/* `own` over `base`: lists are appended, objects merged, all else is replaced. New reference. */
static json_t *merge(json_t *base, json_t *own)
{
    if (json_is_array(base) && json_is_array(own)) {
        json_t *both = json_copy(base);
        json_array_extend(both, own);
        return both;
    }
    if (!json_is_object(base) || !json_is_object(own))
        return json_incref(own);
    json_t *both = json_copy(base);
    const char *key;
    json_t *value;
    json_object_foreach (own, key, value) {
        json_t *below = json_object_get(base, key);
        json_object_set_new(both, key, below ? merge(below, value) : json_incref(value));
    }
    return both;
}

/* Where in `own` the thing was written that a pointer into the merged one leads to: what was
 * appended to a list of the base's was counted on from there. The caller's. */
static char *own_pointer(const json_t *base, const json_t *own, const char *pointer)
{
    struct bd_str out = {0};
    for (const char *s = pointer; *s;) {
        size_t n = strcspn(++s, "/");
        bd_auto_free char *word = bd_xstrndup(s, n);
        bool is_list = json_is_array(base) && json_is_array(own);
        int64_t i;
        s += n;
        if (is_list && bd_parse_i64(word, (int64_t)json_array_size(base), INT64_MAX, &i) == 0) {
            bd_str_addf(&out, "/%zu", (size_t)i - json_array_size(base));
            base = NULL; /* from here on all is of its own */
            continue;
        }
        bd_str_addf(&out, "/%s", word);
        base = json_object_get(base, word);
        own = json_object_get(own, word);
    }
    return bd_str_take(&out);
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

/* A recipe as it is written, and what it extends. */
struct source {
    json_t *own, *base; /* base: NULL where it extends none */
    struct yaml_lines *lines;
    const char *file;
};

static void source_done(struct source *s)
{
    json_decref(s->own);
    json_decref(s->base);
    yaml_lines_free(s->lines);
}

static int tell_faults(const struct source *source, const struct schema_faults *faults,
                       struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    for (size_t i = 0; i < faults->n && i < FAULTS_TOLD; i++) {
        const struct schema_fault *f = &faults->items[i];
        bd_auto_free char *at = own_pointer(source->base, source->own, f->pointer);
        bd_str_addf(&text, "%s%s:%u: %s%sexpected %s", i > 0 ? "; " : "", source->file,
                    yaml_line(source->lines, at), at, *at ? ": " : "", f->expected);
        if (f->got)
            bd_str_addf(&text, ", got %s", f->got);
    }
    if (faults->n > FAULTS_TOLD)
        bd_str_addf(&text, "; and %zu faults more", faults->n - FAULTS_TOLD);
    return bd_err_set(err, BD_EINVALID, "%s", bd_str_text(&text));
}

static int load(const char *recipes_dir, const char *name, struct bd_strv *chain, json_t **ret_json,
                struct bd_err *err);

static int tell_extends(const struct source *source, const char *got, const char *expected,
                        struct bd_err *err)
{
    bd_auto_faults struct schema_faults faults = {0};
    schema_faults_add(&faults, "/extends", got, "%s", expected);
    return tell_faults(source, &faults, err);
}

/* Reads what the recipe extends, if it does. chain: the recipes that led here. */
static int load_base(const char *recipes_dir, struct source *source, struct bd_strv *chain,
                     struct bd_err *err)
{
    const json_t *extends = json_object_get(source->own, "extends");
    const char *name = json_string_value(extends);
    struct bd_err why = BD_ERR_INIT;
    if (!extends)
        return 0;
    if (!name)
        return tell_extends(source, NULL, "the name of a recipe", err);
    if (bd_strv_has(chain, name))
        return tell_extends(source, name, "a recipe that does not extend this one in its turn",
                            err);
    int rc = load(recipes_dir, name, chain, &source->base, &why);
    if (rc == BD_ENOTFOUND) { /* the name is wrong, not what was asked for */
        bd_auto_free char *expected = bd_xasprintf("the name of a recipe (%s)", why.text);
        return tell_extends(source, name, expected, err);
    }
    if (rc < 0)
        bd_err_copy(err, &why);
    return rc;
}

static int load_source(const char *recipes_dir, const char *path, const char *name,
                       struct bd_strv *chain, struct source *source, json_t **ret_json,
                       struct bd_err *err)
{
    bd_auto_free char *text = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    size_t bytes;
    int rc = bd_read_file(path, RECIPE_BYTES_MAX, &text, &bytes, err);
    if (rc >= 0)
        rc = yaml_parse(text, bytes, source->file, &source->own, &source->lines, err);
    if (rc >= 0)
        rc = load_base(recipes_dir, source, chain, err);
    if (rc < 0)
        return rc;
    bd_auto_json json_t *whole =
        source->base ? merge(source->base, source->own) : json_incref(source->own);
    if (source->base)
        json_object_del(whole, "extends");
    check_recipe(whole, name, &faults);
    if (faults.n > 0)
        return tell_faults(source, &faults, err);
    *ret_json = bd_take(whole);
    return 0;
}

static int load(const char *recipes_dir, const char *name, struct bd_strv *chain, json_t **ret_json,
                struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s" SUFFIX, recipes_dir, name);
    struct source source = {.file = bd_path_name(path)};
    if (*name == '\0' || *name == '.' || strchr(name, '/') || !bd_exists(path))
        return no_such_recipe(recipes_dir, name, err);
    bd_strv_add(chain, name);
    int rc = load_source(recipes_dir, path, name, chain, &source, ret_json, err);
    source_done(&source);
    return rc;
}

static void set_digest(struct image_recipe *r)
{
    bd_auto_free char *canonical = bd_json_text(r->json);
    bd_digest_of(canonical, strlen(canonical), r->digest);
}

int image_recipe_load(const char *recipes_dir, const char *name, struct image_recipe *ret_recipe,
                      struct bd_err *err)
{
    bd_auto_strv struct bd_strv chain = {0};
    json_t *json = NULL;
    int rc = load(recipes_dir, name, &chain, &json, err);
    if (rc == BD_ENOTFOUND)
        return rc;
    if (rc < 0) {
        bd_err_wrap(err, "recipe %s", name);
        return rc;
    }
    *ret_recipe = (struct image_recipe){
        .name = bd_xstrdup(name),
        .file = bd_xstrdup(name),
        .kind = bd_xstrdup(bd_json_str(json, "kind", "")),
        .json = json,
    };
    set_digest(ret_recipe);
    return 0;
}

/* --------------------------------------------------------------------------- what workloads need
 */

/* What of it is there already stays where it is. */
static void add_packages(json_t *packages, const json_t *needed)
{
    size_t i;
    json_t *package;
    json_array_foreach (needed, i, package) {
        if (!bd_json_has_text(packages, json_string_value(package)))
            json_array_append(packages, package);
    }
}

/* The recipe's name and those of the workloads that were added; where that is too long, the
 * beginning of the recipe's digest stands for them. */
static char *name_with(const struct image_recipe *r, const struct bd_strv *added)
{
    struct bd_str name = {0};
    bd_str_add(&name, r->file);
    for (size_t i = 0; i < added->n; i++)
        bd_str_addf(&name, "-%s", added->items[i]);
    if (name.len > NAME_CHARS_MAX) {
        bd_str_clear(&name);
        bd_str_addf(&name, "%.31s-%.8s", r->file, r->digest + strlen("sha256:"));
    }
    return bd_str_take(&name);
}

void image_recipe_need(struct image_recipe *r, const json_t *needs)
{
    bd_auto_strv struct bd_strv names = {0}, added = {0};
    bd_auto_json json_t *json = json_deep_copy(r->json), *own = json_array();
    const char *name;
    const json_t *of;
    json_object_foreach ((json_t *)needs, name, of)
        bd_strv_add(&names, name);
    if (names.n == 0)
        return;
    bd_strv_sort(&names); /* in whatever order they were asked for: it is the same image */
    for (size_t i = 0; i < names.n; i++) {
        of = json_object_get(needs, names.items[i]);
        add_packages(json_object_get(json, "packages"), json_object_get(of, "packages"));
        json_array_append_new(own, json_string(names.items[i]));
        if (!bd_json_has_text(json_object_get(r->json, "workloads"), names.items[i]))
            bd_strv_add(&added, names.items[i]);
    }
    json_object_set(json, "workloads", own);
    json_decref(r->json);
    r->json = bd_take(json);
    r->needs = json_deep_copy(needs);
    set_digest(r);
    free(r->name);
    r->name = name_with(r, &added);
}
