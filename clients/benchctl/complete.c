#include "complete.h"

#include "commands.h"

#include <errno.h>
#include <string.h>

/* What a script asks benchctl itself for, while the user waits; nothing where no daemon answers. */
#define LIST_OF(words) "benchctl --timeout 1 completion " words " 2>/dev/null"

/* Words that are always the same. */
static const char *const fixed[WORDS_COUNT] = {
    [WORDS_SHELL] = "bash zsh fish",
    [WORDS_REPORT] = "markdown html",
    [WORDS_CAMPAIGN_FORMAT] = "json csv junit openmetrics",
    [WORDS_RUN_FORMAT] = "json csv swf",
};

static const char *const lists[WORDS_COUNT] = {
    [WORDS_CLUSTER] = LIST_OF("clusters"),   [WORDS_IMAGE] = LIST_OF("images"),
    [WORDS_RECIPE] = LIST_OF("recipes"),     [WORDS_CAMPAIGN] = LIST_OF("campaigns"),
    [WORDS_RUN] = LIST_OF("runs"),           [WORDS_INPUT] = LIST_OF("inputs"),
    [WORDS_WORKLOAD] = LIST_OF("workloads"),
};

/* In the single quotes of every shell here; `also` is a character that gets a backslash. */
static void add_quoted(struct bd_str *out, const char *text, char also)
{
    for (; *text; text++) {
        if (*text == '\'')
            bd_str_add(out, "'\\''");
        else
            bd_str_addf(out, "%s%c", *text == also ? "\\" : "", *text);
    }
}

/* The part of a command's name that is typed after its group; NULL where it is not in the group.
 * The group "" has the first words of all commands, each once. */
static char *word_in(size_t command, const char *group)
{
    const char *name = commands[command].name;
    size_t n = strcspn(name, " ");
    if (group[0])
        return command_in_group(&commands[command], group) ? bd_xstrdup(strchr(name, ' ') + 1)
                                                           : NULL;
    if (command > 0 && strncmp(commands[command - 1].name, name, n) == 0 &&
        commands[command - 1].name[n] == ' ')
        return NULL;
    return bd_xstrndup(name, n);
}

/* Adds what a word means: a command's summary, or what its group has. */
static void meaning(struct bd_str *out, size_t command, const char *group)
{
    bool is_group = !group[0] && strchr(commands[command].name, ' ');
    if (!is_group) {
        bd_str_add(out, commands[command].summary);
        return;
    }
    bd_auto_free char *name = word_in(command, "");
    size_t first = out->len;
    for (size_t i = 0; i < commands_n; i++) {
        bd_auto_free char *word = word_in(i, name);
        if (word)
            bd_str_addf(out, "%s%s", out->len > first ? ", " : "", word);
    }
}

static void list_groups(struct bd_strv *groups)
{
    for (size_t i = 0; i < commands_n; i++) {
        bd_auto_free char *word = word_in(i, "");
        if (word && command_is_group(word))
            bd_strv_add(groups, word);
    }
}

static void join(struct bd_str *out, const struct bd_strv *words, const char *between)
{
    for (size_t i = 0; i < words->n; i++)
        bd_str_addf(out, "%s%s", i ? between : "", words->items[i]);
}

static void list_global_values(struct bd_strv *ret)
{
    for (const struct arg_option *o = command_globals; o->name; o++)
        if (o->kind != ARG_FLAG)
            bd_strv_addf(ret, "--%s", o->name);
}

/* How a dialect of shell writes its parts; bash and zsh share the frame around them. */
struct dialect {
    const char *head, *words_array, *first_word, *end;
    const char *files, *choose, *tail;
    bool described;
};

static const struct dialect bash = {
    .head = "# Completion of benchctl for bash, made by 'benchctl completion bash'.\n"
            "_benchctl()\n{\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
            "    local command='' skip='' word i\n"
            "    local -a choices=()\n",
    .words_array = "COMP_WORDS",
    .first_word = "1",
    .end = "COMP_CWORD",
    .files = "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")",
    .choose = "    mapfile -t COMPREPLY < <(compgen -W \"${choices[*]}\" -- \"$cur\")\n",
    .tail = "}\ncomplete -F _benchctl benchctl\n",
    .described = false,
};

static const struct dialect zsh = {
    .head = "#compdef benchctl\n"
            "# Completion of benchctl for zsh, made by 'benchctl completion zsh'.\n"
            "_benchctl()\n{\n"
            "    local cur=${words[CURRENT]} prev=${words[CURRENT - 1]}\n"
            "    local command='' skip='' word i\n"
            "    local -a choices=()\n",
    .words_array = "words",
    .first_word = "2",
    .end = "CURRENT",
    .files = "_files",
    .choose = "    _describe benchctl choices\n",
    .tail = "}\nif [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n    _benchctl \"$@\"\nelse\n"
            "    compdef _benchctl benchctl\nfi\n",
    .described = true,
};

static void add_choice(struct bd_str *out, const struct dialect *d, const char *prefix,
                       const char *word, const char *help)
{
    bd_str_addf(out, " '%s%s", prefix, word);
    if (d->described) {
        bd_str_add(out, ":");
        add_quoted(out, help, ':');
    }
    bd_str_add(out, "'");
}

static void add_option_choices(struct bd_str *out, const struct dialect *d,
                               const struct arg_option *options)
{
    for (const struct arg_option *o = options; o && o->name; o++)
        add_choice(out, d, "--", o->name, o->help);
}

static void add_word_choices(struct bd_str *out, const struct dialect *d, const char *group)
{
    for (size_t i = 0; i < commands_n; i++) {
        bd_auto_free char *word = word_in(i, group);
        bd_auto_str struct bd_str help = {0};
        if (!word)
            continue;
        meaning(&help, i, group);
        add_choice(out, d, "", word, bd_str_text(&help));
    }
}

/* A statement that fills `choices` with what may stand for a kind of word; NULL: nothing is known.
 * The caller's. */
static char *fill_choices(const struct dialect *d, enum arg_words words)
{
    if (fixed[words])
        return bd_xasprintf("choices+=(%s)", fixed[words]);
    if (!lists[words])
        return NULL;
    return d->described
               ? bd_xasprintf("choices+=(${(f)\"$(%s)\"})", lists[words])
               : bd_xasprintf("mapfile -t -O \"${#choices[@]}\" choices < <(%s)", lists[words]);
}

/* What follows an option that takes a value. */
static void add_value_cases(struct bd_str *out, const struct dialect *d, const char *command,
                            const struct arg_option *options)
{
    for (const struct arg_option *o = options; o && o->name; o++) {
        if (o->kind == ARG_FLAG)
            continue;
        bd_auto_free char *fill = fill_choices(d, o->words);
        bd_str_addf(out, "    %s--%s", command, o->name);
        if (o->letter)
            bd_str_addf(out, " | %s-%c", command, o->letter);
        bd_str_add(out, ")\n");
        if (o->words == WORDS_FILE)
            bd_str_addf(out, "        %s\n", d->files);
        else if (fill)
            bd_str_addf(out, "        %s\n    %s", fill, d->choose);
        bd_str_add(out, "        return\n        ;;\n");
    }
}

static void add_operands(struct bd_str *out, const struct dialect *d, const struct command *command)
{
    bd_auto_free char *fill = fill_choices(d, command->words);
    if (command->words == WORDS_FILE)
        bd_str_addf(out, "        [[ $cur == -* ]] || { %s; return; }\n", d->files);
    if (command->words == WORDS_COMMAND) {
        bd_str_add(out, "        choices+=(");
        add_word_choices(out, d, "");
        bd_str_add(out, ")\n");
    }
    if (fill)
        bd_str_addf(out, "        [[ $cur == -* ]] || %s\n", fill);
}

static void add_command_cases(struct bd_str *out, const struct dialect *d,
                              const struct bd_strv *groups)
{
    bd_str_add(out, "    '')\n        choices=(");
    add_word_choices(out, d, "");
    bd_str_add(out, ")\n        ;;\n");
    for (size_t i = 0; i < groups->n; i++) {
        bd_str_addf(out, "    %s)\n        choices=(", groups->items[i]);
        add_word_choices(out, d, groups->items[i]);
        bd_str_add(out, ")\n        ;;\n");
    }
    for (size_t i = 0; i < commands_n; i++) {
        bd_str_addf(out, "    '%s')\n        choices=(", commands[i].name);
        add_option_choices(out, d, commands[i].options);
        bd_str_add(out, ")\n");
        add_operands(out, d, &commands[i]);
        bd_str_add(out, "        ;;\n");
    }
}

static void add_posix_like(struct bd_str *out, const struct dialect *d)
{
    bd_auto_strv struct bd_strv groups = {0}, values = {0};
    list_groups(&groups);
    list_global_values(&values);
    bd_str_addf(out, "%s    for ((i = %s; i < %s; i++)); do\n        word=${%s[i]}\n", d->head,
                d->first_word, d->end, d->words_array);
    bd_str_add(
        out,
        "        if [[ -n $skip ]]; then\n            skip=''\n            continue\n        fi\n"
        "        case $word in\n        ");
    join(out, &values, " | ");
    bd_str_add(
        out, ") skip=1 ;;\n        -*) ;;\n        *)\n"
             "            command+=${command:+ }$word\n            case $command in\n            ");
    join(out, &groups, " | ");
    bd_str_add(
        out,
        ") ;;\n            *) break ;;\n            esac\n            ;;\n        esac\n    done\n"
        "    case \"$command $prev\" in\n");
    for (size_t i = 0; i < commands_n; i++) {
        bd_auto_free char *name = bd_xasprintf("'%s '", commands[i].name);
        add_value_cases(out, d, name, commands[i].options);
    }
    add_value_cases(out, d, "*' '", command_globals);
    bd_str_add(out, "    esac\n    case $command in\n");
    add_command_cases(out, d, &groups);
    bd_str_add(out, "    esac\n    [[ $cur == -* ]] && choices+=(");
    add_option_choices(out, d, command_globals);
    bd_str_addf(out, ")\n%s%s", d->choose, d->tail);
}

static void fish_line(struct bd_str *out, const char *command, const char *rest, const char *help)
{
    bd_str_add(out, "complete -c benchctl");
    if (command)
        bd_str_addf(out, " -n \"__benchctl_at '%s'\"", command);
    bd_str_addf(out, " %s", rest);
    if (help) {
        bd_str_add(out, " -d '");
        /* Within fish's single quotes a backslash escapes the quote. */
        for (const char *p = help; *p; p++)
            bd_str_addf(out, "%s%c", *p == '\'' || *p == '\\' ? "\\" : "", *p);
        bd_str_add(out, "'");
    }
    bd_str_add(out, "\n");
}

/* The caller's; NULL: nothing is known. */
static char *fish_words(enum arg_words words)
{
    if (words == WORDS_FILE)
        return bd_xstrdup("-F");
    if (fixed[words])
        return bd_xasprintf("-a '%s'", fixed[words]);
    return lists[words] ? bd_xasprintf("-a '(%s)'", lists[words]) : NULL;
}

static void fish_options(struct bd_str *out, const char *command, const struct arg_option *options)
{
    for (const struct arg_option *o = options; o && o->name; o++) {
        bd_auto_free char *words = fish_words(o->words);
        const char *value = o->kind == ARG_FLAG ? "" : words ? " -r " : " -x";
        const char letter[] = {' ', '-', 's', ' ', o->letter, '\0'};
        bd_auto_free char *rest = bd_xasprintf("-l %s%s%s%s", o->name, o->letter ? letter : "",
                                               value, words ? words : "");
        fish_line(out, command, rest, o->help);
    }
}

static void fish_group(struct bd_str *out, const char *at, const char *group)
{
    for (size_t i = 0; i < commands_n; i++) {
        bd_auto_free char *word = word_in(i, group);
        bd_auto_str struct bd_str help = {0};
        if (!word)
            continue;
        meaning(&help, i, group);
        bd_auto_free char *rest = bd_xasprintf("-a %s", word);
        fish_line(out, at, rest, bd_str_text(&help));
    }
}

static void add_fish(struct bd_str *out)
{
    bd_auto_strv struct bd_strv groups = {0}, values = {0};
    list_groups(&groups);
    list_global_values(&values);
    bd_str_add(out, "# Completion of benchctl for fish, made by 'benchctl completion fish'.\n"
                    "function __benchctl_at -d 'Whether the command typed so far is this one'\n"
                    "    set -l skip no\n    set -l command\n"
                    "    for word in (commandline -opc)[2..-1]\n"
                    "        if test $skip = yes\n            set skip no\n            continue\n"
                    "        end\n        switch $word\n            case ");
    join(out, &values, " ");
    bd_str_add(out, "\n                set skip yes\n            case '-*'\n            case '*'\n"
                    "                set -a command $word\n"
                    "                contains -- \"$command\" ");
    join(out, &groups, " ");
    bd_str_add(out, "; or break\n        end\n    end\n    test \"$command\" = \"$argv\"\nend\n");
    fish_line(out, NULL, "-f", NULL);
    fish_options(out, NULL, command_globals);
    fish_group(out, "", "");
    for (size_t i = 0; i < groups.n; i++)
        fish_group(out, groups.items[i], groups.items[i]);
    for (size_t i = 0; i < commands_n; i++) {
        bd_auto_free char *words = fish_words(commands[i].words);
        if (words)
            fish_line(out, commands[i].name, words, NULL);
        if (commands[i].words == WORDS_COMMAND)
            fish_group(out, commands[i].name, "");
        fish_options(out, commands[i].name, commands[i].options);
    }
}

const char *const complete_shells[] = {"bash", "zsh", "fish", NULL};

int complete_script(const char *shell, struct bd_str *out)
{
    if (bd_str_eq(shell, "bash"))
        add_posix_like(out, &bash);
    else if (bd_str_eq(shell, "zsh"))
        add_posix_like(out, &zsh);
    else if (bd_str_eq(shell, "fish"))
        add_fish(out);
    else
        return -EINVAL;
    return 0;
}
