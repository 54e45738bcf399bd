/*
 * YAML for people, JSON for programs: one document by the core schema of YAML 1.2 (true, null, 12,
 * 0x1f, 1.5; what is quoted is a string; member names are taken as they are written). Whatever has
 * no one meaning in JSON is refused with its line and column: anchors and aliases (a few lines of
 * which can stand for gigabytes), tags, members named twice, infinities, a second document.
 *
 * Threads: any; an object belongs to one thread at a time.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/str.h"

#include <stddef.h>

#define YAML_BYTES_MAX ((size_t)16 << 20)
#define YAML_DEPTH_MAX 64

/* Where each value of a document was written. */
struct yaml_lines;

void yaml_lines_free(struct yaml_lines *l);
BD_DEFINE_CLEANUP(struct yaml_lines, yaml_lines, yaml_lines_free)

/*
 * Parses text; `file` is its name in messages ("FILE:LINE:COLUMN: ..."). BD_EINVALID where it is no
 * YAML or is refused. ret_lines may be NULL. Both results are the caller's.
 */
int yaml_parse(const char *text, size_t bytes, const char *file, json_t **ret_json,
               struct yaml_lines **ret_lines, struct bd_err *err);

/* The line, counted from 1, where the value that a JSON pointer leads to begins (a member begins
 * with its name); where it leads to nothing, that of the nearest thing around it. */
unsigned yaml_line(const struct yaml_lines *l, const char *pointer);

/* The value as YAML for people, which yaml_parse() reads as the same: a member a line, short lists
 * of scalars in one, texts of several lines as a block. Appended. */
void yaml_write(const json_t *json, struct bd_str *out);
