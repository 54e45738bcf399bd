#include "args.h"

#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_BASE = 256 }; /* values that getopt_long answers with: above every character */

static int duration(const char *text, int64_t *ret_ns)
{
    bd_auto_free char *seconds = bd_xasprintf("%ss", text);
    int r = bd_parse_duration_ns(text, ret_ns);
    return r == -EINVAL ? bd_parse_duration_ns(seconds, ret_ns) : r;
}

static bool is_number(const char *text)
{
    char *end = NULL;
    double value = strtod(text, &end);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && isfinite(value) && value > 0 &&
           strpbrk(text, "xX") == NULL;
}

static int check_value(const struct arg_option *option, const char *text, struct bd_err *err)
{
    static const char *const expected[ARG_KIND_COUNT] = {
        [ARG_COUNT] = "a whole number from 1",
        [ARG_SEQUENCE] = "a whole number from 0",
        [ARG_NUMBER] = "a number above 0, as 2 or 0.25",
        [ARG_BYTES] = "a size, as 512MiB or 4GiB",
        [ARG_DURATION] = "a duration, as 90s, 200ms or 5min",
        [ARG_PAIR] = "KEY=VALUE",
    };
    int64_t i64;
    uint64_t bytes;
    bool fine = true;
    switch (option->kind) {
    case ARG_COUNT:
        fine = bd_parse_i64(text, 1, INT64_MAX, &i64) == 0;
        break;
    case ARG_SEQUENCE:
        fine = bd_parse_i64(text, 0, INT64_MAX, &i64) == 0;
        break;
    case ARG_NUMBER:
        fine = is_number(text);
        break;
    case ARG_BYTES:
        fine = bd_parse_bytes(text, &bytes) == 0;
        break;
    case ARG_DURATION:
        fine = duration(text, &i64) == 0;
        break;
    case ARG_PAIR:
        fine = strchr(text, '=') != NULL && text[0] != '=';
        break;
    case ARG_FLAG:
    case ARG_TEXT:
    case ARG_KIND_COUNT:
        break;
    }
    if (fine && !bd_is_utf8(text, strlen(text)))
        return bd_err_set(err, BD_EINVALID, "--%s: the value is not UTF-8", option->name);
    if (fine)
        return 0;
    return bd_err_set(err, BD_EINVALID, "--%s: expected %s, got '%s'", option->name,
                      expected[option->kind], text);
}

static void add_value(struct args *a, const struct arg_option *option, const char *text)
{
    if (a->n == a->cap) {
        a->cap = a->cap ? a->cap * 2 : 8;
        a->values = bd_xrealloc(a->values, a->cap * sizeof(a->values[0]));
    }
    a->values[a->n++] = (struct args_value){option, text ? bd_xstrdup(text) : NULL};
}

/* The options that hold at some place of the line, in getopt's form: answers with OPTION_BASE + i.
 */
struct options {
    const struct arg_option *by_value[COMMAND_OPTIONS_MAX];
    struct option getopt[COMMAND_OPTIONS_MAX + 1];
    struct bd_str letters; /* of getopt too */
    int n;
};

static void options_done(struct options *o)
{
    bd_str_done(&o->letters);
}
#define options_auto __attribute__((cleanup(options_done)))

static void add_options(struct options *o, const struct arg_option *options)
{
    for (const struct arg_option *opt = options; opt && opt->name; opt++) {
        bool shadowed = false;
        for (int i = 0; i < o->n; i++)
            shadowed = shadowed || bd_str_eq(o->by_value[i]->name, opt->name);
        if (shadowed)
            continue;
        if (o->n == COMMAND_OPTIONS_MAX)
            bd_die("benchctl: a command has more options than COMMAND_OPTIONS_MAX");
        o->by_value[o->n] = opt;
        o->getopt[o->n] = (struct option){
            .name = opt->name,
            .has_arg = opt->kind == ARG_FLAG ? no_argument : required_argument,
            .val = OPTION_BASE + o->n,
        };
        if (opt->letter)
            bd_str_addf(&o->letters, "%c%s", opt->letter, opt->kind == ARG_FLAG ? "" : ":");
        o->n++;
    }
    o->getopt[o->n] = (struct option){0};
}

/* What getopt answered with, or has in optopt; NULL: no option of ours. */
static const struct arg_option *option_of(const struct options *o, int c)
{
    if (c >= OPTION_BASE)
        return o->by_value[c - OPTION_BASE];
    for (int i = 0; c && i < o->n; i++)
        if (o->by_value[i]->letter == c)
            return o->by_value[i];
    return NULL;
}

static int bad_option(int c, char *const *argv, const struct options *o, struct bd_err *err)
{
    const struct arg_option *option = option_of(o, optopt);
    if (c == ':' && option)
        return bd_err_set(err, BD_EINVALID, "--%s needs a value: %s", option->name,
                          option->metavar);
    if (option)
        return bd_err_set(err, BD_EINVALID, "--%s takes no value", option->name);
    if (optopt)
        return bd_err_set(err, BD_EINVALID, "unknown option '-%c'", optopt);
    return bd_err_set(err, BD_EINVALID, "unknown or ambiguous option '%s'", argv[optind - 1]);
}

/* Reads the options of argv[1..]; `mode` is getopt's. Answers the index of the first operand. */
static int read_options(struct args *a, int argc, char **argv, const char *mode,
                        const struct options *o, struct bd_err *err)
{
    bd_auto_free char *letters = bd_xasprintf("%s%s", mode, bd_str_text(&o->letters));
    opterr = 0;
    optind = 0; /* glibc: start again from nothing */
    for (;;) {
        int c = getopt_long(argc, argv, letters, o->getopt, NULL);
        if (c == -1)
            return optind;
        if (c == 'h') {
            a->help = true;
            continue;
        }
        const struct arg_option *option = c == '?' || c == ':' ? NULL : option_of(o, c);
        if (!option)
            return bad_option(c, argv, o, err);
        int r = optarg ? check_value(option, optarg, err) : 0;
        if (r < 0)
            return r;
        a->help = a->help || bd_str_eq(option->name, "help");
        a->version = a->version || bd_str_eq(option->name, "version");
        add_value(a, option, optarg);
    }
}

static int count_operands(const struct args *a, struct bd_err *err)
{
    const struct command *command = a->command;
    size_t n = a->operands.n;
    if (n < command->min_operands)
        return bd_err_set(err, BD_EINVALID, "too few arguments: %s expects %s", command->name,
                          command->operands);
    if (n > command->max_operands)
        return bd_err_set(err, BD_EINVALID, "unexpected argument '%s'",
                          a->operands.items[command->max_operands]);
    for (size_t i = 0; i < n; i++)
        if (!bd_is_utf8(a->operands.items[i], strlen(a->operands.items[i])))
            return bd_err_set(err, BD_EINVALID, "argument %zu is not UTF-8", i + 1);
    return 0;
}

/* The command that argv[0], or argv[0] and argv[1], name; *ret_words says how many it took. */
static int find_command(int argc, char **argv, const struct command **ret, int *ret_words,
                        struct bd_err *err)
{
    if (argc == 0)
        return bd_err_set(err, BD_EINVALID, "a command is expected");
    for (int words = argc > 1 ? 2 : 1; words > 0; words--) {
        bd_auto_free char *name =
            words == 2 ? bd_xasprintf("%s %s", argv[0], argv[1]) : bd_xstrdup(argv[0]);
        *ret = command_find(name);
        *ret_words = words;
        if (*ret)
            return 0;
    }
    if (!command_is_group(argv[0]))
        return bd_err_set(err, BD_EINVALID, "unknown command '%s'", argv[0]);
    bd_auto_str struct bd_str members = {0};
    for (size_t i = 0; i < commands_n; i++)
        if (command_in_group(&commands[i], argv[0]))
            bd_str_addf(&members, "%s%s", members.len ? ", " : "",
                        strchr(commands[i].name, ' ') + 1);
    return bd_err_set(err, BD_EINVALID, "'%s' is followed by one of: %s", argv[0],
                      bd_str_text(&members));
}

/* "cluster --help": help on all that begins so. */
static bool asks_for_group(int argc, char **argv)
{
    return argc > 1 && command_is_group(argv[0]) &&
           (bd_str_eq(argv[1], "--help") || bd_str_eq(argv[1], "-h"));
}

/* What stands before the command; the index of its first word. */
static int read_globals(struct args *a, int argc, char **argv, struct bd_err *err)
{
    options_auto struct options options = {0};
    add_options(&options, command_globals);
    return read_options(a, argc, argv, "+:h", &options, err);
}

/* What follows the command; argv[0] is the last word of its name. */
static int read_rest(struct args *a, int argc, char **argv, struct bd_err *err)
{
    options_auto struct options options = {0};
    add_options(&options, a->command->options);
    add_options(&options, command_globals);
    int first = read_options(a, argc, argv, ":h", &options, err);
    for (int i = first; i >= 0 && i < argc; i++)
        bd_strv_add(&a->operands, argv[i]);
    return first;
}

static int parse(struct args *a, int argc, char **argv, struct bd_err *err)
{
    int first = read_globals(a, argc, argv, err);
    if (first < 0)
        return first;
    if (a->version || (a->help && first == argc))
        return 0;

    if (asks_for_group(argc - first, argv + first)) {
        a->help = true;
        bd_strv_add(&a->operands, argv[first]);
        return 0;
    }
    int words = 0;
    int r = find_command(argc - first, argv + first, &a->command, &words, err);
    if (r < 0)
        return a->help ? 0 : r;
    int skip = first + words - 1;
    r = read_rest(a, argc - skip, argv + skip, err);
    if (r < 0)
        return r;
    return a->help ? 0 : count_operands(a, err);
}

int args_parse(int argc, char *const *argv, struct args *ret, struct bd_err *err)
{
    *ret = (struct args){0};
    /* getopt puts options first: on a copy, so that the caller's line stays as it is. */
    bd_auto_free char **copy = bd_xcalloc((size_t)argc + 1, sizeof(char *));
    memcpy(copy, argv, (size_t)argc * sizeof(char *));
    return parse(ret, argc, copy, err);
}

void args_done(struct args *a)
{
    for (size_t i = 0; i < a->n; i++)
        free(a->values[i].text);
    free(a->values);
    bd_strv_done(&a->operands);
    *a = (struct args){0};
}

static const char *last_value(const struct args *a, const struct arg_option *table,
                              const char *name)
{
    const struct arg_option *option = table;
    while (option && option->name && !bd_str_eq(option->name, name))
        option++;
    if (!option || !option->name)
        bd_die("benchctl: a command asked for an option that is not in its table");
    for (size_t i = a->n; i-- > 0;)
        if (a->values[i].option == option)
            return a->values[i].text ? a->values[i].text : "";
    return NULL;
}

const char *args_get(const struct args *a, const char *name)
{
    return last_value(a, a->command->options, name);
}

bool args_has(const struct args *a, const char *name)
{
    return args_get(a, name) != NULL;
}

const char *args_global(const struct args *a, const char *name)
{
    return last_value(a, command_globals, name);
}

int64_t args_duration_ns(const char *text)
{
    int64_t ns = 0;
    if (text)
        (void)duration(text, &ns);
    return ns;
}

int64_t args_i64(const char *text, int64_t fallback)
{
    int64_t value = fallback;
    if (text)
        (void)bd_parse_i64(text, 0, INT64_MAX, &value);
    return value;
}
