/*
 * A YAML or JSON file that is sent to the daemon, with the lines of what is in it. One thread.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/yaml/yaml.h"

struct document {
    char *name;         /* as in messages */
    struct bd_str text; /* as it was written */
    json_t *json;
    struct yaml_lines *lines; /* NULL: not known */
};

/* file "-" is stdin. BD_EINVALID where it can't be read or is neither YAML nor JSON, with the line.
 * ret is to be done in every case. */
int document_read(const char *file, struct document *ret, struct bd_err *err);
void document_done(struct document *d);
#define document_auto __attribute__((cleanup(document_done)))

/* Adds "FILE:LINE: " of the value that a JSON pointer leads to, or of what lacks it; escaped. */
void document_add_place(const struct document *d, const char *pointer, struct bd_str *out);
