#include "lib/schema/compiled.h"

#include <string.h>

void schema_pointer_add(struct bd_str *pointer, const char *name, size_t bytes_max)
{
    bd_str_add(pointer, "/");
    while (*name && pointer->len <= bytes_max) {
        size_t plain = strcspn(name, "~/");
        bd_str_addn(pointer, name, plain);
        name += plain;
        if (*name)
            bd_str_add(pointer, *name++ == '~' ? "~0" : "~1");
    }
}

void schema_pointer_add_index(struct bd_str *pointer, size_t index)
{
    bd_str_addf(pointer, "/%zu", index);
}

/* The text of a pointer's first token into name; answers what follows it. */
static const char *token(const char *pointer, struct bd_str *name)
{
    bd_str_clear(name);
    for (pointer++; *pointer && *pointer != '/'; pointer++) {
        char c = *pointer;
        if (c == '~' && (pointer[1] == '0' || pointer[1] == '1'))
            c = *++pointer == '0' ? '~' : '/';
        bd_str_addn(name, &c, 1);
    }
    return pointer;
}

const json_t *schema_pointer_get(const json_t *document, const char *pointer)
{
    bd_auto_str struct bd_str name = {0};
    const json_t *at = document;
    while (at && *pointer == '/') {
        pointer = token(pointer, &name);
        if (json_is_array(at)) {
            int64_t index;
            at = bd_parse_i64(bd_str_text(&name), 0, INT64_MAX, &index) == 0
                     ? json_array_get(at, (size_t)index)
                     : NULL;
        } else {
            at = json_object_get(at, bd_str_text(&name));
        }
    }
    return *pointer ? NULL : at;
}
