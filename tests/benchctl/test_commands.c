/* The table of commands, and what is made from it. */
#include "suites.h"

#include "clients/benchctl/commands.h"
#include "clients/benchctl/complete.h"
#include "clients/benchctl/exits.h"
#include "clients/benchctl/help.h"

#include <stdio.h>
#include <string.h>

START_TEST(test_table_is_sound)
{
    for (size_t i = 0; i < commands_n; i++) {
        const struct command *c = &commands[i];
        ck_assert_ptr_eq(command_find(c->name), c); /* no name twice */
        ck_assert_ptr_nonnull(c->run);
        ck_assert_uint_le(c->min_operands, c->max_operands);
        ck_assert_msg((c->max_operands > 0) == (c->operands[0] != '\0'), "%s", c->name);
        ck_assert_msg(!command_is_group(c->name), "%s is a group too", c->name);
        for (const struct arg_option *o = c->options; o && o->name; o++) {
            ck_assert_msg((o->kind == ARG_FLAG) == (o->metavar == NULL), "%s --%s", c->name,
                          o->name);
            ck_assert_msg(o->help != NULL, "%s --%s", c->name, o->name);
        }
    }
}
END_TEST

/* The commands of a group follow each other: the completion scripts list first words once. */
START_TEST(test_groups_are_in_one_piece)
{
    for (size_t i = 0; i < commands_n; i++) {
        const char *space = strchr(commands[i].name, ' ');
        if (!space)
            continue;
        bd_auto_free char *group =
            bd_xstrndup(commands[i].name, (size_t)(space - commands[i].name));
        bool left = false;
        for (size_t j = i; j < commands_n; j++) {
            bool in = command_in_group(&commands[j], group);
            ck_assert_msg(!(left && in), "%s is apart from its group", commands[j].name);
            left = left || !in;
        }
    }
}
END_TEST

START_TEST(test_help_tells_every_command_option_and_exit_code)
{
    bd_auto_str struct bd_str all = {0};
    help_all(&all);
    for (size_t i = 0; i < commands_n; i++) {
        bd_auto_str struct bd_str one = {0};
        ck_assert_ptr_nonnull(strstr(bd_str_text(&all), commands[i].name));
        help_command(&one, &commands[i]);
        for (const struct arg_option *o = commands[i].options; o && o->name; o++)
            ck_assert_ptr_nonnull(strstr(bd_str_text(&one), o->help));
    }
    for (size_t i = 0; i < cli_exits_n; i++)
        ck_assert_ptr_nonnull(strstr(bd_str_text(&all), cli_exits[i].meaning));
}
END_TEST

START_TEST(test_completion_knows_every_command_and_option)
{
    for (const char *const *shell = complete_shells; *shell; shell++) {
        bd_auto_str struct bd_str script = {0};
        ck_assert_int_eq(complete_script(*shell, &script), 0);
        for (size_t i = 0; i < commands_n; i++) {
            ck_assert_msg(strstr(bd_str_text(&script), commands[i].name) || !strcmp(*shell, "fish"),
                          "%s: %s", *shell, commands[i].name);
            for (const struct arg_option *o = commands[i].options; o && o->name; o++)
                ck_assert_msg(strstr(bd_str_text(&script), o->name), "%s: %s --%s", *shell,
                              commands[i].name, o->name);
        }
    }
    bd_auto_str struct bd_str none = {0};
    ck_assert_int_lt(complete_script("tcsh", &none), 0);
}
END_TEST

Suite *commands_suite(void)
{
    Suite *s = suite_create("benchctl: commands");
    TCase *t = tcase_create("table");
    tcase_add_test(t, test_table_is_sound);
    tcase_add_test(t, test_groups_are_in_one_piece);
    tcase_add_test(t, test_help_tells_every_command_option_and_exit_code);
    tcase_add_test(t, test_completion_knows_every_command_and_option);
    suite_add_tcase(s, t);
    return s;
}
