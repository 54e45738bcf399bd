/*
 * The exit codes of benchctl: one list for the program, its help and its documentation
 * (docs/benchctl.md). `cluster exec` ends with the code of the command that it ran instead.
 */
#pragma once

#include <stddef.h>

enum cli_exit {
    CLI_OK = 0,
    CLI_REFUSED = 1,
    CLI_USAGE = 2,
    CLI_UNREACHABLE = 3,
    CLI_NOT_FOUND = 4,
    CLI_CONFLICT = 5,
    CLI_FAILED = 6,
    CLI_RESIDUE = 7,
    CLI_HOST = 8,
    CLI_UNDECIDED = 9,
    CLI_TIMEOUT = 124,
    CLI_EXEC = 125,
    CLI_INTERRUPTED = 130,
};

struct cli_exit_text {
    enum cli_exit code;
    const char *meaning;
};

extern const struct cli_exit_text cli_exits[];
extern const size_t cli_exits_n;

/* The exit code that a negative error code of bd_err ends the program with. */
enum cli_exit cli_exit_of(int error);
