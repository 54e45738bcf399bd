/* What the two files of a host's description share. Threads: any. */
#pragma once

#include "lib/base/json.h"
#include "lib/base/str.h"

/* A file of the kernel's without the blanks at its end; NULL where there is none. The caller's. */
char *desc_text(const char *root, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The names in a folder that begin so, sorted; none where there is no such folder. */
void desc_names(const char *root, const char *folder, const char *prefix, struct bd_strv *out);
/* Each is null where there is nothing. */
json_t *desc_word(const char *text);
json_t *desc_file(const char *root, const char *name);
json_t *desc_number(const char *root, const char *name);

/* hostdesc_parts.c; new references */
json_t *desc_cpu(const char *root);
json_t *desc_numa(const char *root);
json_t *desc_memory(const char *root);
json_t *desc_virtual(const char *root);
