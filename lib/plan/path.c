/* Paths of factors. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"

#include <string.h>

/* After these the rest is one name, with its dots. */
static const char *const before_one_name[] = {"cluster.scheduler.options.", "factors.", "labels.",
                                              "images.", "design.sample.ranges."};
static const char *const roots[] = {"cluster.", "workload.", "hooks.", "limits.", "sampling."};

static void add_escaped(struct bd_str *s, const char *name)
{
    for (; *name; name++) {
        if (*name == '~' || *name == '/')
            bd_str_add(s, *name == '~' ? "~0" : "~1");
        else
            bd_str_addn(s, name, 1);
    }
}

char *pointer_to(const char *above, const char *name)
{
    struct bd_str s = {0};
    bd_str_addf(&s, "%s/", above);
    add_escaped(&s, name);
    return bd_str_take(&s);
}

static bool may_vary(const char *text)
{
    bool may = false;
    for (size_t i = 0; i < BD_ARRAY_LEN(roots); i++)
        may = may || bd_starts_with(text, roots[i]);
    return may;
}

static const char *last_name(const char *text)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(before_one_name); i++)
        if (bd_starts_with(text, before_one_name[i]))
            return text + strlen(before_one_name[i]);
    return NULL;
}

struct path *path_new(const char *text)
{
    struct path *path = bd_new(struct path);
    path->text = bd_xstrdup(text);
    struct bd_str pointer = {0};
    const char *last = last_name(text);
    for (const char *name = text; name;) {
        const char *dot = name == last ? NULL : strchr(name, '.');
        bd_strv_take(&path->names, bd_xstrndup(name, dot ? (size_t)(dot - name) : strlen(name)));
        bd_str_add(&pointer, "/");
        add_escaped(&pointer, path->names.items[path->names.n - 1]);
        name = dot ? dot + 1 : NULL;
    }
    path->pointer = bd_str_take(&pointer);
    return path;
}

void path_free(struct path *path)
{
    free(path->text);
    free(path->pointer);
    bd_strv_done(&path->names);
    free(path);
}

void paths_done(struct paths *paths)
{
    for (size_t i = 0; i < paths->n; i++)
        path_free(paths->items[i]);
    free(paths->items);
    json_decref(paths->numbers);
}

const struct path *paths_get(const struct paths *paths, const char *text)
{
    const json_t *number = json_object_get(paths->numbers, text);
    return number ? paths->items[json_integer_value(number)] : NULL;
}

const struct path *paths_add(struct paths *paths, const char *text)
{
    const struct path *known = paths_get(paths, text);
    if (known || !may_vary(text))
        return known;
    struct path *path = path_new(text);
    if (path->names.n > PATH_NAMES_MAX) {
        path_free(path);
        return NULL;
    }
    if (paths->n == paths->cap) {
        paths->cap = paths->cap ? 2 * paths->cap : SETTINGS_MAX;
        paths->items = bd_xrealloc(paths->items, paths->cap * sizeof(struct path *));
    }
    if (!paths->numbers)
        paths->numbers = json_object();
    json_object_set_new(paths->numbers, text, json_integer((json_int_t)paths->n));
    return paths->items[paths->n++] = path;
}

bool path_fits(const json_t *root, const struct path *path)
{
    const json_t *at = root;
    for (size_t i = 0; i < path->names.n && at; i++) {
        if (!json_is_object(at))
            return false;
        at = json_object_get(at, path->names.items[i]);
    }
    return true;
}

static json_t *set(json_t *at, char *const *names, json_t *value)
{
    if (!*names)
        return json_incref(value);
    json_t *member = set(json_object_get(at, *names), names + 1, value);
    json_t *copy = at ? json_copy(at) : json_object();
    json_object_set_new(copy, *names, member);
    return copy;
}

json_t *path_set(json_t *root, const struct path *path, json_t *value)
{
    return set(root, path->names.items, value);
}

json_t *path_get(const json_t *root, const struct path *path)
{
    json_t *at = (json_t *)root;
    for (size_t i = 0; i < path->names.n; i++)
        at = json_object_get(at, path->names.items[i]);
    return at;
}

const json_t *plan_value_at(const json_t *spec, const char *path)
{
    struct paths paths = {0};
    const struct path *known = paths_add(&paths, path);
    const json_t *value = known ? path_get(spec, known) : NULL;
    paths_done(&paths);
    return value;
}

const char *pointer_below(const char *pointer, const char *above)
{
    size_t n = strlen(above);
    bool is_below = strncmp(pointer, above, n) == 0 && (pointer[n] == '/' || pointer[n] == '\0');
    return is_below ? pointer + n : NULL;
}
