#include "lib/schema/schema.h"

#include "lib/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#define GOT_CHARS     80
#define POINTER_BYTES 1024

void schema_faults_done(struct schema_faults *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->items[i].pointer);
        free(f->items[i].expected);
        free(f->items[i].got);
    }
    free(f->items);
    *f = (struct schema_faults){0};
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* A copy of at most `chars` characters and `bytes` bytes, "..." included where something is left
 * out. */
static char *cut(const char *text, size_t chars, size_t bytes)
{
    size_t end = 0, keep = 0, n = 0;
    for (; text[end]; end++) {
        if (!begins_character(text[end]))
            continue;
        if (n + 3 <= chars && end + 3 <= bytes)
            keep = end;
        if (n++ == chars || end > bytes)
            return bd_xasprintf("%.*s...", (int)keep, text);
    }
    return end > bytes ? bd_xasprintf("%.*s...", (int)keep, text) : bd_xstrdup(text);
}

void schema_faults_add(struct schema_faults *f, const char *pointer, const char *got,
                       const char *expected_fmt, ...)
{
    if (f->n == SCHEMA_FAULTS_MAX) {
        f->more = true;
        return;
    }
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 4;
        f->items = bd_xrealloc(f->items, f->cap * sizeof(*f->items));
    }
    struct schema_fault *fault = &f->items[f->n++];
    fault->pointer = cut(pointer, POINTER_BYTES, POINTER_BYTES);
    fault->got = got ? cut(got, GOT_CHARS, SIZE_MAX) : NULL;
    va_list args;
    va_start(args, expected_fmt);
    if (vasprintf(&fault->expected, expected_fmt, args) < 0)
        bd_die("out of memory");
    va_end(args);
}

json_t *schema_faults_json(const struct schema_faults *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->n; i++) {
        const struct schema_fault *fault = &f->items[i];
        json_t *item = json_object();
        json_object_set_new(item, "pointer", json_string(fault->pointer));
        json_object_set_new(item, "expected", json_string(fault->expected));
        if (fault->got)
            json_object_set_new(item, "got", json_string(fault->got));
        json_array_append_new(list, item);
    }
    return list;
}
