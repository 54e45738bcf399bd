/*
 * An analysis for people, wherever it was made. One thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/json.h"

/* "/report?format=html&metric=makespan,wait_p95&by=...": the path below a campaign's, with what the
 * command line asks for. format may be NULL. The caller's. */
char *analyse_query(const struct args *args, const char *path, const char *format);
/* On stdout. */
void analyse_print(const struct cli *cli, const json_t *analysis);
