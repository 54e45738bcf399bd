/*
 * What a schema can't say of commands: of those of hooks and specs, and of what a command finds,
 * leaves and is looked at for, which definitions (definition.h) have in common with specs. PURE.
 * Threads: any.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/schema/schema.h"

#define FROM_STDOUT "stdout"
#define FROM_STDERR "stderr"

/* Faults of `command`, `env` and `timeout`, with pointers below `pointer`. */
void command_check(const json_t *spec, const char *pointer, struct schema_faults *faults);
/* Those of `timeout` alone. */
void command_check_timeout(const json_t *spec, const char *pointer, struct schema_faults *faults);
/* Faults of `metrics`, `checks`, `files`, `inputs` and `outputs`, likewise. */
void command_check_parts(const json_t *spec, const char *pointer, struct schema_faults *faults);
