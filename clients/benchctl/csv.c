#include "csv.h"

#include "lib/base/str.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

static void put_text(const char *text)
{
    bd_auto_str struct bd_str escaped = {0};
    text_escape(&escaped, text);
    text = bd_str_text(&escaped);
    if (!strpbrk(text, ",\"")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void put_array(const json_t *array)
{
    bd_auto_str struct bd_str joined = {0};
    const json_t *item;
    size_t i;
    json_array_foreach (array, i, item) {
        const char *text = json_string_value(item);
        bd_str_addf(&joined, "%s%s", joined.len ? " " : "", text ? text : "");
    }
    put_text(bd_str_text(&joined));
}

void csv_value(const json_t *value, bool first)
{
    if (!first)
        putchar(',');
    if (json_is_string(value))
        put_text(json_string_value(value));
    else if (json_is_integer(value))
        printf("%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        printf("%.15g", json_real_value(value));
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "true" : "false", stdout);
    else if (json_is_array(value))
        put_array(value);
}

void csv_members(const json_t *object, const char *const *members, size_t n)
{
    for (size_t i = 0; i < n; i++)
        csv_value(json_object_get(object, members[i]), i == 0);
    putchar('\n');
}

void csv_names(const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%s%s", i ? "," : "", names[i]);
    putchar('\n');
}
