/*
 * Definitions of workloads: a command with parameters, as a file tells it (docs/workloads.md). What
 * is called a definition here is JSON that fits the contract's WorkloadDefinition; what a spec says
 * of such a workload is its name, with parameters beside it:
 *
 *     definition.c        what a spec may say, and what is measured
 *     definition_check.c  what a schema can't say of a definition
 *     expand.c            the workload `command` that a spec's words stand for
 *     template.c          text with "${name}" in it
 *
 * PURE: no I/O, no clock. Threads: any; JSON belongs to one at a time.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/model/cluster.h"
#include "lib/schema/schema.h"

#define DEFINITION_BYTES_MAX ((size_t)256 << 10)

/* Appends what is wrong with a definition that fits the schema. */
void definition_check(const json_t *definition, struct schema_faults *faults);
/* The JSON Schema of a spec's `workload` of this name: its parameters, and those that any has:
 * `nodes`, `tasksPerNode` (of jobs), `timeout`, `warmup`. New reference. */
json_t *definition_parameters(const json_t *definition);
/* Whether a run of it can have a metric of this name. */
bool definition_has_metric(const json_t *definition, const char *name);

/*
 * The resolved workload `command` that a resolved `workload` stands for on such a cluster; new
 * reference. BD_EINVALID where the definition was not found right, or the workload does not fit its
 * parameters.
 */
int definition_expand(const json_t *definition, const json_t *workload,
                      const struct cluster_spec *cluster, json_t **ret_command, struct bd_err *err);
/* Appends faults of that command with pointers into the workload that it was made of. */
void definition_add_faults(const struct schema_faults *of_command, struct schema_faults *faults);
