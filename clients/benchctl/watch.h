/*
 * A campaign watched until its end, with its runs as they end, on stderr. One thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/str.h"

/*
 * tells: the runs that have ended before are news too. The exit code: CLI_OK where all runs are
 * done, CLI_FAILED with the reason on stderr where not; *ret_text is the campaign then, as the
 * daemon wrote it. Errors as api_get(); after a signal or the time limit, it is told how to go on.
 */
int watch_campaign(struct cli *cli, const char *id, bool tells, struct bd_str *ret_text,
                   struct bd_err *err);
