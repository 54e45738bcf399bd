/* What the files of definitions share. PURE. */
#pragma once

#include "lib/workload/definition.h"

/* -- definition.c -- */

bool definition_is_job(const json_t *definition);
/* {NAME: schema}: parameters that any definition has, whatever it says; new reference. */
json_t *definition_common(const json_t *definition);

/* -- expand.c -- */

/* Adds to values, {NAME: text}, what else a template may name: sizes of cluster and job. */
void expand_derived(const struct cluster_spec *cluster, unsigned nodes, unsigned tasks,
                    json_t *values);
