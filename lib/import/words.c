#include "lib/import/import_priv.h"

#include <string.h>

/* Up to the closing quote; its end, or NULL where it has none or more is meant than text. */
static const char *quoted(const char *at, struct bd_str *word)
{
    char quote = *at++;
    size_t n = strcspn(at, quote == '\'' ? "'" : "\"$`\\!");
    bd_str_addn(word, at, n);
    return at[n] == quote ? at + n + 1 : NULL;
}

bool words_of_line(const char *line, bool braces, json_t *ret_words)
{
    static const char active[] = "$`*?[];&|<>()~#!\\\n";
    while (*(line += strspn(line, " \t"))) {
        bd_auto_str struct bd_str word = {0};
        while (line && *line && !strchr(" \t", *line)) {
            if (*line == '\'' || *line == '"')
                line = quoted(line, &word);
            else if (strchr(active, *line) || (!braces && strchr("{}", *line)))
                return false;
            else
                bd_str_addn(&word, line++, 1);
        }
        if (!line)
            return false;
        json_array_append_new(ret_words, json_string(bd_str_text(&word)));
    }
    return true;
}
