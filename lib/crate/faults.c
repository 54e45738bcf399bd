#include "lib/crate/faults.h"

#include "lib/base/str.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME_SHOWN 120

const char *crate_fault_kind_to_str(enum crate_fault_kind kind)
{
    static const char *const names[CRATE_FAULT_KIND_COUNT] = {
        [CRATE_FAULT_STRUCTURE] = "structure",
        [CRATE_FAULT_UNSAFE] = "unsafe",
        [CRATE_FAULT_DAMAGED] = "damaged",
        [CRATE_FAULT_ALTERED] = "altered",
        [CRATE_FAULT_MISSING] = "missing",
        [CRATE_FAULT_EXTRA] = "extra",
        [CRATE_FAULT_LIST] = "list",
        [CRATE_FAULT_SIGNATURE] = "signature",
        [CRATE_FAULT_KEY] = "key",
        [CRATE_FAULT_METADATA] = "metadata",
    };
    return names[kind];
}

void crate_faults_done(struct crate_faults *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->items[i].name);
        free(f->items[i].text);
    }
    free(f->items);
    *f = (struct crate_faults){0};
}

/* Names of others' files may be anything, and are read on terminals. */
static char *plain_name(const char *name, size_t bytes)
{
    bd_auto_str struct bd_str out = {0};
    for (size_t i = 0; i < bytes && i < NAME_SHOWN; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c >= ' ' && c < 127 && c != '\\')
            bd_str_addn(&out, &name[i], 1);
        else
            bd_str_addf(&out, "\\x%02x", c);
    }
    if (bytes > NAME_SHOWN)
        bd_str_add(&out, "...");
    return bd_xstrdup(bd_str_text(&out));
}

void crate_faults_add(struct crate_faults *f, enum crate_fault_kind kind, const char *name,
                      size_t bytes, const char *fmt, ...)
{
    if (f->n == CRATE_FAULTS_MAX) {
        f->left_out++;
        return;
    }
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    f->items = bd_xrealloc(f->items, (f->n + 1) * sizeof(*f->items));
    f->items[f->n++] = (struct crate_fault){
        .kind = kind,
        .name = name ? plain_name(name, bytes) : NULL,
        .text = bd_xstrdup(text),
    };
}
