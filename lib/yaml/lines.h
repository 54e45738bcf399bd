/*
 * The tree of lines behind yaml_line(): each value knows its parent and its own name there, so that
 * its size is that of the document whatever the names' lengths. Internal to lib/yaml.
 */
#pragma once

#include "lib/yaml/yaml.h"

#define YAML_LINES_NONE ((size_t)-1) /* the parent of the root */

struct yaml_lines *yaml_lines_new(void);
/* Adds a value; a copy of name is kept, NULL for an item of an array. Answers its number. Values
 * are added parents first. */
size_t yaml_lines_add(struct yaml_lines *l, size_t parent, const char *name, size_t index,
                      unsigned line);
