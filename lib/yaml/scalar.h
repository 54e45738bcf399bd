/* What a plain (unquoted) scalar means by the core schema of YAML 1.2 (chapter 10.3.2). Internal to
 * lib/yaml. */
#pragma once

#include <jansson.h>

/* A new reference, or NULL with *ret_reason saying why JSON has no such value. */
json_t *yaml_plain_scalar(const char *text, size_t bytes, const char **ret_reason);
