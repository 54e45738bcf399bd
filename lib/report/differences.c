#include "lib/report/differences.h"

#include "lib/base/json.h"
#include "lib/base/str.h"

#include <string.h>

static void look(const char *path, const json_t *before, const json_t *after,
                 const char *const *except, json_t *found);

static void add_names(const json_t *object, struct bd_strv *names)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)object, name, value)
        if (!bd_strv_has(names, name))
            bd_strv_add(names, name);
}

static bool is_among(const char *name, const char *const *names)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void look_at_members(const char *path, const json_t *before, const json_t *after,
                            const char *const *except, json_t *found)
{
    bd_auto_strv struct bd_strv names = {0};
    add_names(before, &names);
    add_names(after, &names);
    bd_strv_sort(&names);
    for (size_t i = 0; i < names.n; i++) {
        const char *name = names.items[i];
        if (is_among(name, except))
            continue;
        bd_auto_free char *below = *path ? bd_xasprintf("%s.%s", path, name) : bd_xstrdup(name);
        look(below, json_object_get(before, name), json_object_get(after, name), NULL, found);
    }
}

static bool is_same(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return json_equal(a, b);
}

static void look(const char *path, const json_t *before, const json_t *after,
                 const char *const *except, json_t *found)
{
    bool left = before && !json_is_null(before), right = after && !json_is_null(after);
    if (json_is_object(before) && json_is_object(after)) {
        look_at_members(path, before, after, except, found);
    } else if ((left || right) && !(left && right && is_same(before, after))) {
        json_array_append_new(found, json_pack("{s:s, s:o, s:o}", "path", path, "before",
                                               left ? json_deep_copy(before) : json_null(), "after",
                                               right ? json_deep_copy(after) : json_null()));
    }
}

json_t *differences(const json_t *before, const json_t *after, const char *const *except)
{
    json_t *found = json_array();
    look("", before, after, except, found);
    return found;
}
