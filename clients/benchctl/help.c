#include "help.h"

#include "exits.h"
#include "http.h"

#include <string.h>

enum { HELP_COLUMN = 29 };

static void add_row(struct bd_str *out, const char *left, const char *right)
{
    if (strlen(left) + 2 >= HELP_COLUMN)
        bd_str_addf(out, "  %s\n%*s%s\n", left, HELP_COLUMN, "", right);
    else
        bd_str_addf(out, "  %-*s%s\n", HELP_COLUMN - 2, left, right);
}

static void add_command(struct bd_str *out, const struct command *command)
{
    bd_auto_free char *left =
        bd_xasprintf("%s%s%s", command->name, command->operands[0] ? " " : "", command->operands);
    add_row(out, left, command->summary);
}

static void add_options(struct bd_str *out, const char *title, const struct arg_option *options)
{
    if (!options)
        return;
    bd_str_addf(out, "\n%s\n", title);
    for (const struct arg_option *o = options; o->name; o++) {
        bd_auto_str struct bd_str left = {0};
        bd_str_addf(&left, "--%s", o->name);
        if (o->letter)
            bd_str_addf(&left, ", -%c", o->letter);
        if (o->metavar)
            bd_str_addf(&left, " %s", o->metavar);
        add_row(out, bd_str_text(&left), o->help);
    }
}

void help_all(struct bd_str *out)
{
    bd_str_add(out,
               "Usage: benchctl [OPTIONS] COMMAND [ARGUMENTS]\n"
               "The command line client of benchd, which builds and takes down virtual clusters.\n"
               "\nCommands\n");
    for (size_t i = 0; i < commands_n; i++)
        add_command(out, &commands[i]);
    add_options(out, "Options of every command", command_globals);
    bd_str_add(out, "\nExit codes\n");
    for (size_t i = 0; i < cli_exits_n; i++)
        bd_str_addf(out, "  %3d  %s\n", cli_exits[i].code, cli_exits[i].meaning);
    bd_str_add(
        out, "\n'cluster exec' ends with the code of the command that it ran. The daemon is looked "
             "for at\n--url or --socket, else at the URL in the environment's BENCHD_URL, else at\n"
             "  " HTTP_DEFAULT_URL "\n");
}

void help_group(struct bd_str *out, const char *group)
{
    bd_str_addf(out, "Usage: benchctl %s COMMAND [ARGUMENTS]\n\nCommands\n", group);
    for (size_t i = 0; i < commands_n; i++)
        if (command_in_group(&commands[i], group))
            add_command(out, &commands[i]);
}

void help_command(struct bd_str *out, const struct command *command)
{
    bd_str_addf(out, "Usage: benchctl %s%s%s%s\n%c%s.\n", command->name,
                command->options ? " [OPTIONS]" : "", command->operands[0] ? " " : "",
                command->operands, command->summary[0] - 'a' + 'A', command->summary + 1);
    if (command->details)
        bd_str_addf(out, "\n%s\n", command->details);
    add_options(out, "Options", command->options);
    add_options(out, "Options of every command", command_globals);
}
