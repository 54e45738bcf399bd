/* What is asked for beside a recipe: packages and layers more. It becomes another recipe of it. */
#include "lib/base/str.h"
#include "lib/image/image.h"

#include <string.h>

static const char *const lists[] = {"packages", "layers"};

static bool asks_for_more(const json_t *request)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(lists); i++)
        if (json_array_size(json_object_get(request, lists[i])) > 0)
            return true;
    return false;
}

/* What it is called where nobody says: debian-bookworm-flux. NULL: there are no layers to name it
 * by. The caller's. */
static char *name_by_layers(const char *recipe, const json_t *layers)
{
    bd_auto_str struct bd_str name = {0};
    const json_t *layer;
    size_t i;
    if (json_array_size(layers) == 0)
        return NULL;
    bd_str_add(&name, recipe);
    json_array_foreach (layers, i, layer)
        bd_str_addf(&name, "-%s", bd_json_str(layer, "name", ""));
    return bd_str_take(&name);
}

/* A package that the recipe has already is asked for in vain, and harmless. */
static void append(json_t *recipe, const char *key, const json_t *more)
{
    json_t *own = json_object_get(recipe, key), *item;
    size_t i;
    if (json_array_size(more) == 0)
        return;
    json_t *list = own ? json_copy(own) : json_array();
    json_array_foreach (more, i, item)
        if (!json_is_string(item) || !bd_json_has_text(list, json_string_value(item)))
            json_array_append(list, item);
    json_object_set_new(recipe, key, list);
}

/* Pointers into the whole recipe, as pointers into what was asked for. */
static void move_faults(const json_t *own, const struct schema_faults *found,
                        struct schema_faults *faults)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct schema_fault *f = &found->items[i];
        bd_auto_free char *at = bd_xstrdup(f->pointer);
        for (size_t k = 0; k < BD_ARRAY_LEN(lists); k++) {
            bd_auto_free char *head = bd_xasprintf("/%s/", lists[k]);
            size_t before = json_array_size(json_object_get(own, lists[k]));
            const char *number = f->pointer + strlen(head);
            char *rest;
            if (!bd_starts_with(f->pointer, head))
                continue;
            unsigned long long index = strtoull(number, &rest, 10);
            free(at);
            at = bd_xasprintf("%s%llu%s", head, index >= before ? index - before : 0, rest);
        }
        schema_faults_add(faults, at, f->got, "%s", f->expected);
    }
}

static const struct image_kind *kind_called(const char *name)
{
    size_t i = 0;
    while (image_kinds[i + 1] && !bd_str_eq(image_kinds[i]->name, name))
        i++;
    return image_kinds[i]; /* the recipe was loaded */
}

int image_recipe_extend(struct image_recipe *recipe, const json_t *request,
                        struct schema_faults *faults)
{
    const json_t *layers = json_object_get(request, "layers");
    const char *asked = bd_json_str(request, "name", NULL);
    bd_auto_free char *by_layers = name_by_layers(recipe->name, layers);
    const char *name = asked ? asked : by_layers;
    bd_auto_faults struct schema_faults found = {0};
    if (!asks_for_more(request) && !asked)
        return 0;
    if (!name || bd_str_eq(name, recipe->name)) {
        schema_faults_add(
            faults, "/name", asked,
            "a name for the image other than %s, which is what the recipe makes without "
            "more packages and layers",
            recipe->name);
        return BD_EINVALID;
    }
    bd_auto_json json_t *whole = json_copy(recipe->json);
    json_object_set_new(whole, "name", json_string(name));
    for (size_t i = 0; i < BD_ARRAY_LEN(lists); i++)
        append(whole, lists[i], json_object_get(request, lists[i]));
    kind_called(recipe->kind)->check(whole, &found);
    if (found.n > 0) {
        move_faults(recipe->json, &found, faults);
        return BD_EINVALID;
    }
    bd_auto_free char *canonical = bd_json_text(whole);
    free(recipe->name);
    recipe->name = bd_xstrdup(name);
    json_decref(recipe->json);
    recipe->json = bd_take(whole);
    bd_digest_of(canonical, strlen(canonical), recipe->digest);
    return 0;
}
