/*
 * An analysis for people: sentences, tables, the verdict with its reasons, the checklist. One
 * thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/json.h"

void analyse_print(const struct cli *cli, const json_t *analysis);
