/*
 * What two documents differ in, as a table. One thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/json.h"

/* [{path, before, after}] with the titles of the two, and whose they are where they have
 * `campaign`; or that none is known. */
void print_differences(const struct cli *cli, const json_t *list, const char *before,
                       const char *after);
