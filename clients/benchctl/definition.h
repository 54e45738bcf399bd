/*
 * A workload's definition, held against the contract without a daemon. One thread.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/schema/schema.h"

/* Appends what is wrong with it. Negative where that can't be told. */
int definition_faults(json_t *definition, struct schema_faults *faults, struct bd_err *err);
