#include "lib/workload/template.h"

#include <string.h>

#define OPEN       "${"
#define ESCAPED    "$${"
#define TOLD_BYTES 60
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* The next "${" that is not escaped, or NULL; what is before it is added to out, if there is one.
 */
static const char *find_open(const char *text, struct bd_str *out)
{
    for (;;) {
        const char *at = strstr(text, OPEN);
        bool is_escaped = at && at > text && at[-1] == '$';
        size_t plain = !at          ? strlen(text)
                       : is_escaped ? (size_t)(at - text) - 1
                                    : (size_t)(at - text);
        if (out)
            bd_str_addn(out, text, plain);
        if (!is_escaped)
            return at;
        if (out)
            bd_str_add(out, OPEN);
        text = at + strlen(OPEN);
    }
}

static int refuse(const char *at, size_t name, const json_t *values, struct bd_err *err)
{
    bd_auto_strv struct bd_strv names = {0};
    bd_auto_str struct bd_str known = {0};
    const char *key;
    json_t *value;
    size_t told = strcspn(at, "}\n");
    told = told < TOLD_BYTES ? told + (at[told] == '}') : TOLD_BYTES;
    json_object_foreach ((json_t *)values, key, value)
        bd_strv_add(&names, key);
    bd_strv_sort(&names);
    for (size_t i = 0; i < names.n; i++)
        bd_str_addf(&known, "%s%s", i ? ", " : "", names.items[i]);
    return bd_err_set(err, BD_EINVALID,
                      "'%.*s' %s (there are: %s); to have it as it is, write " ESCAPED, (int)told,
                      at, name ? "is no parameter" : "has no name in braces", bd_str_text(&known));
}

int template_fill(const char *text, const json_t *values, struct bd_str *ret_text,
                  struct bd_err *err)
{
    const char *at;
    while ((at = find_open(text, ret_text))) {
        const char *name = at + strlen(OPEN);
        size_t n = strspn(name, NAME_CHARS);
        bd_auto_free char *word = bd_xstrndup(name, n);
        const json_t *value = n && name[n] == '}' ? json_object_get(values, word) : NULL;
        if (!value)
            return refuse(at, n && name[n] == '}' ? n : 0, values, err);
        bd_str_add(ret_text, json_string_value(value));
        text = name + n + 1;
    }
    return 0;
}

bool template_has_values(const char *text)
{
    return find_open(text, NULL) != NULL;
}
