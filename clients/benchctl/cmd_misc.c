/* benchctl version, help: what needs no daemon. */
#include "cli.h"
#include "commands.h"
#include "help.h"

#include <stdio.h>

int cmd_version(struct cli *cli, struct bd_err *err BD_UNUSED)
{
    if (cli->json)
        puts("{\"version\":\"" BENCHD_VERSION "\"}");
    else
        puts("benchctl " BENCHD_VERSION);
    return CLI_OK;
}

/* Help on the words of `help WORDS...`, or on the command that --help was given to. */
int cmd_help(struct cli *cli, struct bd_err *err)
{
    const struct args *args = &cli->args;
    bd_auto_str struct bd_str name = {0}, text = {0};
    if (args->help && args->command)
        bd_str_add(&name, args->command->name);
    else
        for (size_t i = 0; i < args->operands.n; i++)
            bd_str_addf(&name, "%s%s", i ? " " : "", args->operands.items[i]);
    const struct command *command = command_find(bd_str_text(&name));
    if (command)
        help_command(&text, command);
    else if (command_is_group(bd_str_text(&name)))
        help_group(&text, bd_str_text(&name));
    else if (name.len == 0)
        help_all(&text);
    else
        return bd_err_set(err, BD_EINVALID, "no command '%s'", bd_str_text(&name));
    fputs(bd_str_text(&text), stdout);
    return CLI_OK;
}
