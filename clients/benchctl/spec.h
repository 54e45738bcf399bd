/*
 * The body of createCluster from the options of `cluster up`. Pure but for reading --file.
 */
#pragma once

#include "args.h"

#include "lib/base/json.h"

/* BD_EINVALID where the file is no JSON object, or an option can't be put into what it has. */
int spec_from_args(const struct args *args, json_t **ret, struct bd_err *err);
