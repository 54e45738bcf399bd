#include "lib/plan/quantity.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum family { BYTES, TIME, RATE, BITS };

static const struct unit {
    const char *name;
    double size;
    enum family family;
    int decimals; /* of which the smallest part is a whole nanosecond */
} units[] = {
    {"B", 1, BYTES, 0},
    {"KiB", 1024, BYTES, 0},
    {"MiB", 1048576, BYTES, 0},
    {"GiB", 1073741824, BYTES, 0},
    {"TiB", 1099511627776, BYTES, 0},
    {"ns", 1, TIME, 0},
    {"us", 1e3, TIME, 3},
    {"ms", 1e6, TIME, 6},
    {"s", 1e9, TIME, 9},
    {"min", 60e9, TIME, 9},
    {"h", 3600e9, TIME, 9},
    {"bit/s", 1, BITS, 0},
    {"kbit/s", 1e3, BITS, 0},
    {"Mbit/s", 1e6, BITS, 0},
    {"Gbit/s", 1e9, BITS, 0},
    {"/s", 1, RATE, 9},
    {"/min", 1.0 / 60, RATE, 9},
    {"/h", 1.0 / 3600, RATE, 9},
};

static const struct unit *unit_find(const char *name)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(units); i++)
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

bool quantity_read(const json_t *json, struct quantity *ret)
{
    const char *text = json_string_value(json);
    struct quantity q = {.value = json_number_value(json)};
    if (json_is_number(json)) {
        *ret = q;
        return true;
    }
    size_t digits = text ? strspn(text, "0123456789.") : 0;
    if (digits == 0 || digits > 24 || strlen(text + digits) >= sizeof(q.unit) ||
        !text[digits]) /* digits alone are text where a spec has them */
        return false;
    char number[25] = "", *end;
    memcpy(number, text, digits);
    q.value = strtod(number, &end);
    if (*end || end == number)
        return false;
    snprintf(q.unit, sizeof(q.unit), "%s", text + digits);
    *ret = q;
    return true;
}

bool quantity_convert(const struct quantity *q, const char *unit, double *ret_value)
{
    const struct unit *from = unit_find(q->unit), *to = unit_find(unit);
    bool same = strcmp(q->unit, unit) == 0;
    if (!same && (!from || !to || from->family != to->family))
        return false;
    *ret_value = same ? q->value : q->value * from->size / to->size;
    return true;
}

bool quantity_is_whole(const char *unit)
{
    const struct unit *u = unit_find(unit);
    return u && u->decimals == 0;
}

int quantity_decimals(const char *unit)
{
    const struct unit *u = unit_find(unit);
    return u ? u->decimals : 12;
}

json_t *quantity_json(double value, const char *unit, int decimals)
{
    if (!*unit)
        return decimals == 0 ? json_integer((json_int_t)value) : json_real(value);
    bd_auto_free char *text = bd_xasprintf("%.*f", decimals, value);
    size_t n = strlen(text);
    while (decimals > 0 && text[n - 1] == '0') /* what says nothing */
        text[--n] = '\0';
    if (text[n - 1] == '.')
        text[n - 1] = '\0';
    return json_sprintf("%s%s", text, unit);
}
