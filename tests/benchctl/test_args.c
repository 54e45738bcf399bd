/* Command lines: what is understood, and what is refused before anything is asked of the daemon. */
#include "suites.h"

#include "clients/benchctl/args.h"
#include "clients/benchctl/commands.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 16 };

struct line {
    const char *text; /* words, separated by one space */
    const char *expected;
};

static int parse(const char *text, struct args *ret, struct bd_err *err)
{
    bd_auto_free char *copy = bd_xasprintf("benchctl %s", text);
    char *argv[WORDS_MAX + 1] = {0}, *rest = copy;
    int argc = 0;
    for (char *word = strsep(&rest, " "); word && argc < WORDS_MAX; word = strsep(&rest, " "))
        if (word[0])
            argv[argc++] = word;
    return args_parse(argc, argv, ret, err);
}

/* What was understood, in one text: command, options in their order, then operands. */
static char *describe(const struct args *a)
{
    struct bd_str out = {0};
    bd_str_add(&out, a->command ? a->command->name : "-");
    bd_str_add(&out, a->help ? " HELP" : a->version ? " VERSION" : "");
    for (size_t i = 0; i < a->n; i++)
        bd_str_addf(&out, " %s%s%s", a->values[i].option->name, a->values[i].text ? "=" : "",
                    a->values[i].text ? a->values[i].text : "");
    for (size_t i = 0; i < a->operands.n; i++)
        bd_str_addf(&out, "%s%s", i ? "," : " | ", a->operands.items[i]);
    return bd_str_take(&out);
}

static const struct line good[] = {
    {"doctor", "doctor"},
    {"--json doctor", "doctor json"},
    {"doctor --json", "doctor json"},
    {"--url http://h:1 cluster ls --all", "cluster ls url=http://h:1 all"},
    {"cluster up", "cluster up"},
    {"cluster up --compute 4 --cpus 0.25 --memory 512MiB --wait",
     "cluster up compute=4 cpus=0.25 memory=512MiB wait"},
    {"cluster up --option A=1 --option B=x=y --option C=",
     "cluster up option=A=1 option=B=x=y option=C="},
    {"cluster up --compute=4", "cluster up compute=4"},
    {"cluster up --comp 4", "cluster up compute=4"},
    {"cluster exec c1 -- srun -N4 hostname", "cluster exec | c1,srun,-N4,hostname"},
    {"cluster exec --node n2 c1 --unit -- sh --json", "cluster exec node=n2 unit | c1,sh,--json"},
    {"cluster exec c1 --timeout 90 -- true", "cluster exec timeout=90 | c1,true"},
    {"--timeout 5 cluster exec c1 --timeout 1h -- true",
     "cluster exec timeout=5 timeout=1h | c1,true"},
    {"cluster down a b c --wait", "cluster down wait | a,b,c"},
    {"image export debian - --timeout 90s", "image export timeout=90s | debian,-"},
    {"events --since 0 --subject cluster/1f --follow", "events since=0 subject=cluster/1f follow"},
    {"run artifacts 1f stdout -o f --json", "run artifacts output=f json | 1f,stdout"},
    {"run artifacts -of 1f stdout", "run artifacts output=f | 1f,stdout"},
    {"run artifacts 1f stdout --output=f -h", "run artifacts HELP output=f | 1f,stdout"},
    {"completion zsh", "completion | zsh"},
    {"help cluster up", "help | cluster,up"},
    {"--help", "- HELP help"},
    {"-h", "- HELP"},
    {"cluster up --help", "cluster up HELP help"},
    {"cluster show -h", "cluster show HELP"},
    {"cluster --help", "- HELP | cluster"},
    {"--version", "- VERSION version"},
    {"cluster up --version", "cluster up VERSION version"},
    {"--version frobnicate", "- VERSION version"},
};

static const struct line bad[] = {
    {"", "a command is expected"},
    {"frobnicate", "unknown command 'frobnicate'"},
    {"cluster", "'cluster' is followed by one of: up, ls, show, exec, down"},
    {"cluster frobnicate", "'cluster' is followed by one of: up, ls, show, exec, down"},
    {"--frobnicate doctor", "unknown or ambiguous option '--frobnicate'"},
    {"doctor --wait", "unknown or ambiguous option '--wait'"},
    {"doctor -o f", "unknown option '-o'"},
    {"run artifacts 1f stdout -o", "--output needs a value: FILE"},
    {"cluster up --co 4", "unknown or ambiguous option '--co'"},
    {"cluster up -x", "unknown option '-x'"},
    {"cluster up --wait=yes", "--wait takes no value"},
    {"cluster up --compute", "--compute needs a value: N"},
    {"cluster up --compute 0", "--compute: expected a whole number from 1, got '0'"},
    {"cluster up --compute -1", "--compute: expected a whole number from 1, got '-1'"},
    {"cluster up --compute 1.5", "--compute: expected a whole number from 1, got '1.5'"},
    {"cluster up --cpus 0", "--cpus: expected a number above 0, as 2 or 0.25, got '0'"},
    {"cluster up --cpus 1e", "--cpus: expected a number above 0, as 2 or 0.25, got '1e'"},
    {"cluster up --cpus inf", "--cpus: expected a number above 0, as 2 or 0.25, got 'inf'"},
    {"cluster up --cpus 0x10", "--cpus: expected a number above 0, as 2 or 0.25, got '0x10'"},
    {"cluster up --memory 512MB", "--memory: expected a size, as 512MiB or 4GiB, got '512MB'"},
    {"cluster up --option A", "--option: expected KEY=VALUE, got 'A'"},
    {"cluster up --option =1", "--option: expected KEY=VALUE, got '=1'"},
    {"cluster up --name \xff", "--name: the value is not UTF-8"},
    {"cluster up more", "unexpected argument 'more'"},
    {"cluster exec c1", "too few arguments: cluster exec expects ID -- CMD..."},
    {"cluster down", "too few arguments: cluster down expects ID..."},
    {"cluster show \xff", "argument 1 is not UTF-8"},
    {"events --since -1", "--since: expected a whole number from 0, got '-1'"},
    {"--timeout soon doctor", "--timeout: expected a duration, as 90s, 200ms or 5min, got 'soon'"},
};

START_TEST(test_good_lines_are_understood)
{
    const struct line *line = &good[_i];
    args_auto struct args args;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(parse(line->text, &args, &err) == 0, "'%s': %s", line->text, err.text);
    bd_auto_free char *got = describe(&args);
    ck_assert_str_eq(got, line->expected);
}
END_TEST

START_TEST(test_bad_lines_are_refused_with_what_was_expected)
{
    const struct line *line = &bad[_i];
    args_auto struct args args;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(parse(line->text, &args, &err) == BD_EINVALID, "'%s' was taken", line->text);
    ck_assert_str_eq(err.text, line->expected);
}
END_TEST

START_TEST(test_last_value_counts_and_globals_are_told_apart)
{
    args_auto struct args args;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(
        parse("--timeout 5 cluster exec --node a --node b --timeout 1h c1 -- true", &args, &err),
        0);
    ck_assert_str_eq(args_get(&args, "node"), "b");
    ck_assert_str_eq(args_get(&args, "timeout"), "1h");
    ck_assert_str_eq(args_global(&args, "timeout"), "5");
    ck_assert(!args_has(&args, "unit"));
    ck_assert_ptr_null(args_global(&args, "json"));
    ck_assert_int_eq(args_duration_ns("5"), INT64_C(5000000000));
    ck_assert_int_eq(args_duration_ns("1.5s"), INT64_C(1500000000));
    ck_assert_int_eq(args_duration_ns(NULL), 0);
}
END_TEST

START_TEST(test_callers_line_stays_as_it_is)
{
    char *argv[] = {"benchctl", "cluster", "down", "a", "--wait", "b", NULL};
    args_auto struct args args;
    ck_assert_int_eq(args_parse(6, argv, &args, NULL), 0);
    ck_assert_str_eq(argv[3], "a");
    ck_assert_str_eq(argv[4], "--wait");
    ck_assert_str_eq(argv[5], "b");
}
END_TEST

Suite *args_suite(void)
{
    Suite *s = suite_create("benchctl: arguments");
    TCase *t = tcase_create("lines");
    tcase_add_loop_test(t, test_good_lines_are_understood, 0, (int)BD_ARRAY_LEN(good));
    tcase_add_loop_test(t, test_bad_lines_are_refused_with_what_was_expected, 0,
                        (int)BD_ARRAY_LEN(bad));
    tcase_add_test(t, test_last_value_counts_and_globals_are_told_apart);
    tcase_add_test(t, test_callers_line_stays_as_it_is);
    suite_add_tcase(s, t);
    return s;
}
