#include "lib/yaml/scalar.h"

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

static const char too_large[] = "this number is too large; put it in quotes if it is text";

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (!strcmp(text, *words))
            return true;
    }
    return false;
}

static bool is_all_of(const char *s, const char *set)
{
    return *s && !s[strspn(s, set)];
}

/* [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+: the base and where its digits (with a sign) begin; or 0.
 */
static int integer_base(const char *s, const char **ret_digits)
{
    bool has_prefix = s[0] == '0' && (s[1] == 'o' || s[1] == 'x');
    *ret_digits = has_prefix ? s + 2 : s;
    if (!has_prefix)
        return is_all_of(s + (*s == '-' || *s == '+'), DIGITS) ? 10 : 0;
    if (s[1] == 'o')
        return is_all_of(s + 2, "01234567") ? 8 : 0;
    return is_all_of(s + 2, DIGITS "abcdefABCDEF") ? 16 : 0;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *s)
{
    s += *s == '-' || *s == '+';
    size_t whole = strspn(s, DIGITS);
    s += whole;
    if (*s == '.') {
        size_t part = strspn(++s, DIGITS);
        if (!whole && !part)
            return false;
        s += part;
    } else if (!whole) {
        return false;
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '-' || *s == '+';
        size_t exponent = strspn(s, DIGITS);
        if (!exponent)
            return false;
        s += exponent;
    }
    return !*s;
}

static json_t *float_new(const char *text, const char **ret_reason)
{
    locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!c)
        bd_die("out of memory");
    double value = strtod_l(text, NULL, c);
    freelocale(c);
    if (!isfinite(value)) {
        *ret_reason = too_large;
        return NULL;
    }
    return json_real(value);
}

json_t *yaml_plain_scalar(const char *text, size_t bytes, const char **ret_reason)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};

    if (is_one_of(text, nulls))
        return json_null();
    if (is_one_of(text, trues))
        return json_true();
    if (is_one_of(text, falses))
        return json_false();
    if (is_one_of(text, nans) || is_one_of(text + (*text == '-' || *text == '+'), infinities)) {
        *ret_reason = "only finite numbers can be used";
        return NULL;
    }
    const char *number;
    int base = integer_base(text, &number);
    if (base) {
        errno = 0;
        long long value = strtoll(number, NULL, base);
        if (errno) {
            *ret_reason = too_large;
            return NULL;
        }
        return json_integer(value);
    }
    if (is_float(text))
        return float_new(text, ret_reason);
    return json_stringn(text, bytes);
}
