/*
 * How benchctl is used, from the table of commands. Pure.
 */
#pragma once

#include "commands.h"

/* Of all commands: usage, commands, options of all, exit codes. */
void help_all(struct bd_str *out);
/* Of the commands of a group, or of one command. */
void help_group(struct bd_str *out, const char *group);
void help_command(struct bd_str *out, const struct command *command);
