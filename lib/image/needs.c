#include "lib/image/needs.h"

#include "lib/image/job.h"
#include "lib/image/mmdebstrap.h"

static bool wants(const json_t *needs, const char *package)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(needs, "packages"), i, item) {
        if (bd_str_eq(json_string_value(item), package))
            return true;
    }
    return false;
}

/* ", which the workload iozone needs (its hint)"; of a package of the recipe's own nothing. */
static void add_who(struct bd_str *text, const struct image_recipe *recipe, const char *package)
{
    bool any = false;
    const char *name;
    json_t *needs;
    json_object_foreach (recipe->needs, name, needs) {
        const char *hint = bd_json_str(needs, "hint", NULL);
        if (!wants(needs, package))
            continue;
        bd_str_addf(text, any ? " and %s" : ", which the workload %s needs", name);
        any = true;
        if (hint)
            bd_str_addf(text, " (%s)", hint);
    }
}

int needs_refuse(const struct image_recipe *recipe, const struct bd_strv *missing,
                 struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0}, where = {0};
    size_t i;
    json_t *component;
    bd_str_add(&where, bd_json_str(recipe->json, "suite", "?"));
    json_array_foreach (json_object_get(recipe->json, "components"), i, component)
        bd_str_addf(&where, " %s", json_string_value(component));
    for (i = 0; i < missing->n; i++) {
        bd_str_addf(&text, "%s%s", i > 0 ? "; nor " : "", missing->items[i]);
        add_who(&text, recipe, missing->items[i]);
    }
    return bd_err_set(err, BD_EINVALID,
                      "%s has no package %s: leave out what needs it, or take a recipe whose suite "
                      "and components have it; nothing was built",
                      bd_str_text(&where), bd_str_text(&text));
}

/* All that the recipe names are told of: the packages of the others would be missing unsaid. */
static int check_told(const struct image_recipe *recipe, struct bd_err *err)
{
    size_t i;
    json_t *name;
    json_array_foreach (json_object_get(recipe->json, "workloads"), i, name) {
        if (!json_object_get(recipe->needs, json_string_value(name)))
            return bd_err_set(err, BD_EINVALID,
                              "what the workload %s needs was not told: nothing was built",
                              json_string_value(name));
    }
    return 0;
}

int needs_check(const struct image_job *job, const struct image_recipe *recipe, struct bd_err *err)
{
    bd_auto_strv struct bd_strv missing = {0};
    int rc = check_told(recipe, err);
    if (rc < 0 || json_object_size(recipe->needs) == 0)
        return rc;
    image_job_tell(job, "looking for the packages that the workloads need");
    rc = mmdebstrap_look(job, recipe, &missing, err);
    if (rc < 0)
        return rc;
    return missing.n > 0 ? needs_refuse(recipe, &missing, err) : 0;
}
