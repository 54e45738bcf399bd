/* Literals of strings. */
#include "lib/import/python_priv.h"

#include <ctype.h>
#include <string.h>

void literal_read(const struct token *t, struct literal *ret)
{
    const char *p = t->at;
    *ret = (struct literal){0};
    for (; *p != '\'' && *p != '"'; p++) {
        ret->is_raw |= strchr("rR", *p) != NULL;
        ret->is_format |= strchr("fF", *p) != NULL;
    }
    size_t left = t->bytes - (size_t)(p - t->at);
    size_t quotes = left >= 6 && p[1] == *p && p[2] == *p ? 3 : 1;
    ret->at = p + quotes;
    ret->bytes = left - 2 * quotes;
}

/* So many digits of a base at most; -1: there is none. */
static long read_digits(const char **p, const char *end, int base, size_t most)
{
    char digits[9] = "";
    size_t n = 0;
    while (n < most && *p < end &&
           (base == 8 ? **p >= '0' && **p <= '7' : isxdigit((unsigned char)**p)))
        digits[n++] = *(*p)++;
    return n ? strtol(digits, NULL, base) : -1;
}

static bool add_character(struct bd_str *out, long code)
{
    char utf8[4];
    size_t n = 0;
    if (code <= 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return false;
    if (code < 0x80) {
        utf8[n++] = (char)code;
    } else {
        size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
        utf8[n++] = (char)(leads[more] | (unsigned)(code >> (6 * more)));
        while (more-- > 0)
            utf8[n++] = (char)(0x80 | ((unsigned)(code >> (6 * more)) & 0x3f));
    }
    bd_str_addn(out, utf8, n);
    return true;
}

/* What follows a backslash. */
static bool decode_escape(const char **p, const char *end, struct bd_str *out)
{
    static const char names[] = "ntrabfv\\'\"", stand_for[] = "\n\t\r\a\b\f\v\\'\"";
    const char c = **p, *at = strchr(names, c);
    if (at && c) {
        (*p)++;
        bd_str_addn(out, &stand_for[at - names], 1);
        return true;
    }
    if (c == '\n') {
        (*p)++;
        return true;
    }
    if (c >= '0' && c <= '7')
        return add_character(out, read_digits(p, end, 8, 3));
    if (c == 'x' || c == 'u' || c == 'U') {
        (*p)++;
        return add_character(out, read_digits(p, end, 16, c == 'x' ? 2 : c == 'u' ? 4 : 8));
    }
    bd_str_add(out, "\\"); /* Python leaves what it does not know as it is */
    return c != 'N';
}

bool literal_decode(const struct literal *l, const char *at, size_t bytes, struct bd_str *out)
{
    const char *end = at + bytes;
    while (at < end) {
        size_t plain = 0;
        while (at + plain < end && at[plain] != '\\' && at[plain] != '\r' && at[plain])
            plain++;
        bd_str_addn(out, at, plain);
        at += plain;
        if (at == end)
            break;
        if (*at == '\0')
            return false;
        if (*at == '\r') { /* Python reads any end of a line as one byte */
            at += at + 1 < end && at[1] == '\n' ? 2 : 1;
            bd_str_add(out, "\n");
        } else if (l->is_raw || at + 1 == end) {
            bd_str_addn(out, at++, 1);
        } else {
            at++;
            if (!decode_escape(&at, end, out))
                return false;
        }
    }
    return true;
}
