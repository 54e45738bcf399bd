/* benchctl completion: scripts for shells, and the words that they ask for. */
#include "api.h"
#include "commands.h"
#include "complete.h"

#include <stdio.h>
#include <string.h>

/* Where words come from: members of the objects of a list. */
static const struct source {
    const char *words, *path, *members[2];
} sources[] = {
    {"clusters", "/v1/clusters?limit=500", {"id", "name"}},
    {"images", "/v1/images?limit=500", {"id", "name"}},
    {"recipes", "/v1/images?limit=500", {"recipe", NULL}},
    {"campaigns", "/v1/campaigns?limit=500", {"id", "name"}},
    {"runs", "/v1/runs?limit=500", {"id", NULL}},
    {"inputs", "/v1/inputs?limit=500", {"id", NULL}},
    {"workloads", "/v1/workloads", {"name", NULL}},
};

static const struct source *find_source(const char *words)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(sources); i++)
        if (bd_str_eq(sources[i].words, words))
            return &sources[i];
    return NULL;
}

/* Shells expand the words that they are given: what is more than a word to them is left out. */
static bool is_plain(const char *word)
{
    static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-";
    return word && word[0] && word[0] != '-' && word[strspn(word, plain)] == '\0';
}

/* Of one page: a person waits, and nobody chooses among more. */
static int print_words(struct cli *cli, const struct source *source, struct bd_err *err)
{
    bd_auto_json json_t *list = NULL;
    http_auto_reply struct http_reply reply = {0};
    bd_auto_strv struct bd_strv words = {0};
    const json_t *object;
    size_t i;
    int r = api_get(cli, source->path, &reply, &list, err);
    if (r < 0)
        return r;
    json_array_foreach (json_object_get(list, "items"), i, object) {
        for (size_t m = 0; m < BD_ARRAY_LEN(source->members) && source->members[m]; m++) {
            const char *word = bd_json_str(object, source->members[m], NULL);
            if (is_plain(word) && !bd_strv_has(&words, word))
                bd_strv_add(&words, word);
        }
    }
    for (i = 0; i < words.n; i++)
        puts(words.items[i]);
    return CLI_OK;
}

int cmd_completion(struct cli *cli, struct bd_err *err)
{
    const char *what = cli->args.operands.items[0];
    const struct source *source = find_source(what);
    bd_auto_str struct bd_str script = {0};
    if (source)
        return print_words(cli, source, err);
    if (complete_script(what, &script) < 0)
        return bd_err_set(err, BD_EINVALID, "no completion for '%s': expected bash, zsh or fish",
                          what);
    fputs(bd_str_text(&script), stdout);
    return CLI_OK;
}
