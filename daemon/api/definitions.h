/*
 * Definitions of workloads: those of NAME.yaml in the directories that the configuration names,
 * read whenever they are asked for, and those that were registered, which stand before them.
 *
 * Threads: readers', but for what says otherwise.
 */
#pragma once

#include "daemon/api/private.h"
#include "lib/store/workload.h"

#define DEFINITION_NAME_BYTES 41

/*
 * What a name stands for: {kind: "file" | "registered", name, definition, digest}, or {kind, name,
 * error} of one that can't be read; new reference. BD_ENOTFOUND. pinned (NULL: none): the
 * definition of this digest, whatever the name stands for now.
 */
int definition_find(const struct api *a, struct store_conn *conn, const char *name,
                    const char *pinned, json_t **ret_row, struct bd_err *err);
/* That of a file alone, NULL where there is none. */
json_t *definition_of_file(const struct api *a, const char *name);
/* All as above, by name: {NAME: row}; new reference. */
int definitions_all(const struct api *a, struct store_conn *conn, json_t **ret_rows,
                    struct bd_err *err);
/* Appends what is wrong with a definition, by the contract and beyond it; fills in its defaults
 * where it fits. Any thread. */
void definition_fill(const struct api *a, json_t *definition, struct schema_faults *faults);

/* -- spec_schema.c -- */

/* The schema of a spec that may name these workloads, {NAME: definition}, beside those that benchd
 * knows by itself. names: of others that there are, for whoever misses one. */
int spec_schema_new(const json_t *definitions, const json_t *names, struct schema **ret_schema,
                    struct bd_err *err);
/* {NAME: schema} of the workloads that benchd knows by itself, each with nothing that it refers to
 * outside of it; new reference. contract: the whole. Any thread. */
json_t *spec_schemas_builtin(const json_t *contract);

/* -- plan_definitions.c -- */

/* Finds the definitions that a composed spec names, pins them in it, and makes the schema that it
 * is held against. Faults are appended to the planning's. */
int plan_definitions(struct planning *p, struct store_conn *conn, struct bd_err *err);
