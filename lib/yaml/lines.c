#include "lib/yaml/lines.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <string.h>

struct entry {
    size_t parent;
    char *name;   /* of a member */
    size_t index; /* of an item */
    unsigned line;
};

struct yaml_lines {
    struct entry *entries;
    size_t n, cap;
};

struct yaml_lines *yaml_lines_new(void)
{
    return bd_new(struct yaml_lines);
}

void yaml_lines_free(struct yaml_lines *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++)
        free(l->entries[i].name);
    free(l->entries);
    free(l);
}

size_t yaml_lines_add(struct yaml_lines *l, size_t parent, const char *name, size_t index,
                      unsigned line)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->entries = bd_xrealloc(l->entries, l->cap * sizeof(*l->entries));
    }
    l->entries[l->n] = (struct entry){
        .parent = parent,
        .name = name ? bd_xstrdup(name) : NULL,
        .index = index,
        .line = line,
    };
    return l->n++;
}

/* Does the first `bytes` of a pointer's token, with ~0 and ~1 in it, mean this name? */
static bool token_is(const char *token, size_t bytes, const char *name)
{
    for (size_t i = 0; i < bytes; i++, name++) {
        char c = token[i];
        if (c == '~' && i + 1 < bytes && (token[i + 1] == '0' || token[i + 1] == '1'))
            c = token[++i] == '0' ? '~' : '/';
        if (*name != c)
            return false;
    }
    return !*name;
}

static bool entry_is(const struct entry *e, const char *token, size_t bytes)
{
    if (e->name)
        return token_is(token, bytes, e->name);
    char index[24];
    snprintf(index, sizeof(index), "%zu", e->index);
    return token_is(token, bytes, index);
}

unsigned yaml_line(const struct yaml_lines *l, const char *pointer)
{
    size_t at = 0;
    while (*pointer == '/') {
        const char *token = pointer + 1;
        size_t bytes = strcspn(token, "/");
        size_t child = at + 1; /* children come after their parent */
        while (child < l->n &&
               !(l->entries[child].parent == at && entry_is(&l->entries[child], token, bytes)))
            child++;
        if (child == l->n)
            break;
        at = child;
        pointer = token + bytes;
    }
    return l->entries[at].line;
}
