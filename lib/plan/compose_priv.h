/*
 * What the files of the composition share. PURE.
 */
#pragma once

#include "lib/plan/compose.h"

/* Both are taken over. */
void compose_add_layer(struct composition *c, json_t *layer, char *label);

/* -- overrides.c -- */

/* Applies them to c->spec, one after the other; faults at "/overrides/INDEX". */
void compose_override(struct composition *c, const json_t *overrides, const struct schema *schema,
                      struct schema_faults *faults);
