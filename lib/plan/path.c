/* Paths of factors. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <string.h>

static const char options[] = "cluster.scheduler.options.";
static const char *const roots[] = {"cluster.", "workload.", "hooks.", "limits."};

static void add_name(struct bd_str *s, const char *name, size_t bytes)
{
    bd_str_add(s, "/");
    for (size_t i = 0; i < bytes; i++) {
        if (name[i] == '~')
            bd_str_add(s, "~0");
        else if (name[i] == '/')
            bd_str_add(s, "~1");
        else
            bd_str_addn(s, &name[i], 1);
    }
}

char *path_escape(const char *name)
{
    struct bd_str s = {0};
    add_name(&s, name, strlen(name));
    char *escaped = bd_xstrdup(bd_str_text(&s) + 1);
    bd_str_done(&s);
    return escaped;
}

char *path_pointer(const char *path)
{
    bool may_vary = false;
    for (size_t i = 0; i < BD_ARRAY_LEN(roots); i++)
        may_vary = may_vary || strncmp(path, roots[i], strlen(roots[i])) == 0;
    if (!may_vary)
        return NULL;
    struct bd_str s = {0};
    bool of_options = strncmp(path, options, strlen(options)) == 0;
    const char *last = of_options ? path + strlen(options) : NULL;
    while (path) {
        const char *dot = path == last ? NULL : strchr(path, '.');
        add_name(&s, path, dot ? (size_t)(dot - path) : strlen(path));
        path = dot ? dot + 1 : NULL;
    }
    char *pointer = bd_xstrdup(bd_str_text(&s));
    bd_str_done(&s);
    return pointer;
}

/* The first name of a pointer, unescaped; the rest follows. */
static char *first_name(const char *pointer, const char **ret_rest)
{
    const char *end = strchrnul(pointer + 1, '/');
    struct bd_str s = {0};
    for (const char *c = pointer + 1; c < end; c++) {
        char one = *c;
        if (*c == '~') {
            one = c[1] == '1' ? '/' : '~';
            c++;
        }
        bd_str_addn(&s, &one, 1);
    }
    char *name = bd_xstrdup(bd_str_text(&s));
    bd_str_done(&s);
    *ret_rest = end;
    return name;
}

json_t *path_set(json_t *root, const char *pointer, json_t *value)
{
    if (*pointer == '\0')
        return json_incref(value);
    if (root && !json_is_object(root))
        return NULL;
    const char *rest;
    bd_auto_free char *name = first_name(pointer, &rest);
    json_t *member = path_set(json_object_get(root, name), rest, value);
    if (!member)
        return NULL;
    json_t *copy = root ? json_copy(root) : json_object();
    json_object_set_new(copy, name, member);
    return copy;
}
