/*
 * An analysis for people: sentences, tables, the verdict with its reasons, the checklist. One
 * thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/json.h"

/* What is below a campaign's path ("/analysis", "/report?format=html"), with the parameters that the
 * command line asks for. The caller's. */
char *analyse_target(const struct args *args, const char *below);
void analyse_print(const struct cli *cli, const json_t *analysis);
