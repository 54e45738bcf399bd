/*
 * An analysis for people, wherever it was made. One thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/json.h"

/* On stdout. */
void analyse_print(const struct cli *cli, const json_t *analysis);
