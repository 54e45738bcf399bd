/* What the files of definitions share. PURE. */
#pragma once

#include "lib/workload/definition.h"

/* -- definition.c -- */

bool definition_is_job(const json_t *definition);
/* {NAME: schema}: parameters that any definition has, whatever it says; new reference. */
json_t *definition_common(const json_t *definition);

/* -- expand.c -- */

/* Adds to values, {NAME: text}, what else a template may name: sizes of cluster and job; with
 * parameters of certain names, what follows from their values (workload; NULL: whatever). */
void expand_derived(const json_t *definition, const json_t *workload,
                    const struct cluster_spec *cluster, unsigned nodes, unsigned tasks,
                    json_t *values);
