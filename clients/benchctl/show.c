#include "show.h"

#include "text.h"

#include "lib/base/clock.h"

#include <stdarg.h>
#include <stdio.h>

enum term_style show_state_style(const char *state)
{
    static const struct {
        const char *state;
        enum term_style style;
    } styles[] = {
        {"ready", STYLE_GOOD},       {"running", STYLE_GOOD},    {"done", STYLE_GOOD},
        {"usable", STYLE_GOOD},      {"creating", STYLE_WARN},   {"deleting", STYLE_WARN},
        {"building", STYLE_WARN},    {"preparing", STYLE_WARN},  {"measuring", STYLE_WARN},
        {"clearing", STYLE_WARN},    {"cancelling", STYLE_WARN}, {"paused", STYLE_WARN},
        {"limited", STYLE_WARN},     {"failed", STYLE_BAD},      {"failing", STYLE_BAD},
        {"lost", STYLE_BAD},         {"invalid", STYLE_BAD},     {"gone", STYLE_DIM},
        {"deleted", STYLE_DIM},      {"cancelled", STYLE_DIM},   {"publishable", STYLE_GOOD},
        {"exploratory", STYLE_WARN},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(styles); i++)
        if (bd_str_eq(styles[i].state, state))
            return styles[i].style;
    return STYLE_PLAIN;
}

void show_init(struct table *t)
{
    static const struct table_column columns[] = {{NULL, false}, {NULL, false}};
    table_init(t, columns, BD_ARRAY_LEN(columns));
}

void show_fact(struct table *t, const char *key, enum term_style style, const char *value)
{
    if (!value)
        return;
    table_add(t, STYLE_DIM, key);
    table_add(t, style, value);
}

void show_factf(struct table *t, const char *key, enum term_style style, const char *fmt, ...)
{
    bd_auto_free char *value = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&value, fmt, ap) < 0)
        bd_die("benchctl: out of memory");
    va_end(ap);
    show_fact(t, key, style, value);
}

void show_time(struct table *t, const char *key, const char *at)
{
    char age[TEXT_NUMBER_BYTES];
    if (at)
        show_factf(t, key, STYLE_PLAIN, "%s (%s ago)", at, text_age(at, bd_wall_ns(), age));
}

void show_warnings(struct table *t, const json_t *object)
{
    const json_t *warning;
    size_t i;
    json_array_foreach (json_object_get(object, "warnings"), i, warning) {
        show_fact(t, "warning", STYLE_WARN, json_string_value(warning));
    }
}

void show_error(struct table *t, const json_t *object)
{
    const json_t *error = json_object_get(object, "error");
    if (json_is_object(error))
        show_factf(t, "error", STYLE_BAD, "%s: %s",
                   bd_json_str(error, "step", bd_json_str(error, "type", "?")),
                   bd_json_str(error, "detail", "?"));
}

int64_t show_between_ms(const json_t *object, const char *from, const char *to)
{
    int64_t begin, end;
    if (text_parse_time(bd_json_str(object, from, ""), &begin) < 0 ||
        text_parse_time(bd_json_str(object, to, ""), &end) < 0)
        return -1;
    return (end - begin) / BD_NS_PER_MS;
}
