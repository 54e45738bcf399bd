#include "lib/base/str.h"

#include "lib/base/err.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for `more` bytes and a NUL. Doubling keeps a long row of small additions linear. */
static void str_reserve(struct bd_str *s, size_t more)
{
    if (more >= SIZE_MAX / 2 - s->len)
        bd_die("out of memory: a string without end");
    size_t need = s->len + more + 1;
    if (need <= s->cap)
        return;
    size_t cap = s->cap ? 2 * s->cap : 64;
    s->cap = cap > need ? cap : need;
    s->data = bd_xrealloc(s->data, s->cap);
}

void bd_str_done(struct bd_str *s)
{
    free(s->data);
    *s = (struct bd_str){0};
}

void bd_str_addn(struct bd_str *s, const void *data, size_t bytes)
{
    str_reserve(s, bytes);
    if (bytes)
        memcpy(s->data + s->len, data, bytes);
    s->len += bytes;
    s->data[s->len] = '\0';
}

void bd_str_add(struct bd_str *s, const char *text)
{
    bd_str_addn(s, text, strlen(text));
}

void bd_str_addf(struct bd_str *s, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        bd_die("a text that can't be formatted");
    str_reserve(s, (size_t)n);
    vsnprintf(s->data + s->len, (size_t)n + 1, fmt, again);
    va_end(again);
    s->len += (size_t)n;
}

void bd_str_clear(struct bd_str *s)
{
    s->len = 0;
    if (s->data)
        s->data[0] = '\0';
}

const char *bd_str_text(const struct bd_str *s)
{
    return s->data ? s->data : "";
}

char *bd_str_take(struct bd_str *s)
{
    char *text = s->data ? s->data : bd_xstrdup("");
    *s = (struct bd_str){0};
    return text;
}

void bd_strv_done(struct bd_strv *v)
{
    for (size_t i = 0; i < v->n; i++)
        free(v->items[i]);
    free(v->items);
    *v = (struct bd_strv){0};
}

void bd_strv_take(struct bd_strv *v, char *text)
{
    if (v->n + 1 >= v->cap) {
        v->cap = v->cap ? 2 * v->cap : 8;
        v->items = bd_xrealloc(v->items, v->cap * sizeof(*v->items));
    }
    v->items[v->n++] = text;
    v->items[v->n] = NULL;
}

void bd_strv_add(struct bd_strv *v, const char *text)
{
    bd_strv_take(v, bd_xstrdup(text));
}

void bd_strv_add_all(struct bd_strv *v, const char *const *texts)
{
    for (; *texts; texts++)
        bd_strv_add(v, *texts);
}

void bd_strv_addf(struct bd_strv *v, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        bd_die("out of memory");
    va_end(ap);
    bd_strv_take(v, text);
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void bd_strv_sort(struct bd_strv *v)
{
    if (v->n > 1)
        qsort(v->items, v->n, sizeof(*v->items), compare_items);
}

bool bd_strv_has(const struct bd_strv *v, const char *text)
{
    for (size_t i = 0; i < v->n; i++) {
        if (strcmp(v->items[i], text) == 0)
            return true;
    }
    return false;
}

bool bd_str_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool bd_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool bd_ends_with(const char *s, const char *suffix)
{
    size_t len = strlen(s), tail = strlen(suffix);
    return len >= tail && memcmp(s + len - tail, suffix, tail) == 0;
}

/* RFC 3629 section 4: what may follow a first byte, narrowed where it would be overlong (E0, F0), a
 * surrogate (ED) or beyond U+10FFFF (F4). */
size_t bd_utf8_char(const void *data, size_t bytes)
{
    const uint8_t *p = data;
    if (bytes == 0)
        return 0;
    uint8_t first = p[0], low = 0x80, high = 0xBF;
    size_t len;
    if (first < 0x80) {
        return 1;
    } else if (first >= 0xC2 && first <= 0xDF) {
        len = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        len = 3;
        low = first == 0xE0 ? 0xA0 : low;
        high = first == 0xED ? 0x9F : high;
    } else if (first >= 0xF0 && first <= 0xF4) {
        len = 4;
        low = first == 0xF0 ? 0x90 : low;
        high = first == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    if (bytes < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    return len;
}

bool bd_is_utf8(const void *data, size_t bytes)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < bytes;) {
        size_t n = bd_utf8_char(p + i, bytes - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads the digits that *s begins with and moves *s behind them. */
static int read_digits(const char **s, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    int rc = 0;
    if (!is_digit(**s))
        return -EINVAL;
    for (; is_digit(**s); (*s)++) {
        uint64_t digit = (uint64_t)(**s - '0');
        if (value > (max - digit) / 10)
            rc = -ERANGE; /* but go on: what follows may be no number at all */
        else
            value = 10 * value + digit;
    }
    if (rc == 0)
        *ret_value = value;
    return rc;
}

int bd_parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret_value)
{
    bool negative = *s == '-';
    uint64_t magnitude = 0, limit = (uint64_t)INT64_MAX + negative;
    s += negative;
    int rc = read_digits(&s, limit, &magnitude);
    if (rc == -EINVAL || *s != '\0')
        return -EINVAL;
    if (rc < 0)
        return rc;
    int64_t value = (int64_t)(negative ? -magnitude : magnitude);
    if (value < min || value > max)
        return -ERANGE;
    *ret_value = value;
    return 0;
}

struct unit {
    const char *name;
    uint64_t factor;
};

/*
 * 0.d1d2...dk of the factor, from the right: (d1 F + (d2 F + (... dk F / 10) / 10) / 10. The result
 * is whole only if every division on the way comes out even, and nothing grows beyond 10 F.
 */
static int fraction_of(const char *digits, size_t n, uint64_t factor, uint64_t *ret_value)
{
    uint64_t value = 0;
    while (n-- > 0) {
        value += (uint64_t)(digits[n] - '0') * factor;
        if (value % 10 != 0)
            return -EINVAL;
        value /= 10;
    }
    *ret_value = value;
    return 0;
}

static int parse_quantity(const char *s, const struct unit *units, size_t n_units, uint64_t max,
                          uint64_t *ret_value)
{
    uint64_t whole = 0, part = 0, factor = 0;
    int range = read_digits(&s, max, &whole);
    if (range == -EINVAL)
        return -EINVAL;

    const char *fraction = s;
    size_t n_fraction = 0;
    if (*s == '.') {
        fraction = ++s;
        n_fraction = strspn(s, "0123456789");
        if (n_fraction == 0)
            return -EINVAL;
        s += n_fraction;
    }
    for (size_t i = 0; i < n_units && !factor; i++) {
        if (strcmp(s, units[i].name) == 0)
            factor = units[i].factor;
    }
    if (!factor || fraction_of(fraction, n_fraction, factor, &part) < 0)
        return -EINVAL;
    if (range < 0 || whole > (max - part) / factor)
        return -ERANGE;
    *ret_value = whole * factor + part;
    return 0;
}

int bd_parse_bytes(const char *s, uint64_t *ret_bytes)
{
    static const struct unit units[] = {
        {"", 1},
        {"B", 1},
        {"KiB", UINT64_C(1) << 10},
        {"MiB", UINT64_C(1) << 20},
        {"GiB", UINT64_C(1) << 30},
        {"TiB", UINT64_C(1) << 40},
    };
    return parse_quantity(s, units, BD_ARRAY_LEN(units), UINT64_MAX, ret_bytes);
}

int bd_parse_duration_ns(const char *s, int64_t *ret_ns)
{
    static const struct unit units[] = {
        {"ns", 1},
        {"us", UINT64_C(1000)},
        {"ms", UINT64_C(1000000)},
        {"s", UINT64_C(1000000000)},
        {"min", UINT64_C(60000000000)},
        {"h", UINT64_C(3600000000000)},
    };
    uint64_t ns = 0;
    int rc = parse_quantity(s, units, BD_ARRAY_LEN(units), INT64_MAX, &ns);
    if (rc == 0)
        *ret_ns = (int64_t)ns;
    return rc;
}

/* Digits and scale are whole and exact as doubles: the one division is the one rounding. */
int bd_parse_rate(const char *s, double *ret_per_second)
{
    static const struct unit units[] = {{"/s", 1}, {"/min", 60}, {"/h", 3600}};
    static const uint64_t max = UINT64_C(1000000000000000);
    uint64_t number = 0, scale = 1, factor = 0;
    int rc = read_digits(&s, max - 1, &number);
    if (rc == -EINVAL || (*s == '.' && !is_digit(s[1])))
        return -EINVAL;
    for (s += *s == '.'; is_digit(*s); s++) {
        if (number >= max / 10 || scale >= max / 3600)
            rc = -ERANGE;
        else
            number = 10 * number + (uint64_t)(*s - '0');
        scale *= rc == 0 ? 10 : 1;
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(units) && !factor; i++) {
        if (strcmp(s, units[i].name) == 0)
            factor = units[i].factor;
    }
    if (!factor)
        return -EINVAL;
    if (rc < 0 || number == 0)
        return -ERANGE;
    *ret_per_second = (double)number / (double)(scale * factor);
    return 0;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *bd_base64(const void *data, size_t bytes)
{
    const uint8_t *p = data;
    char *text = bd_xmalloc((bytes + 2) / 3 * 4 + 1), *out = text;
    for (size_t i = 0; i < bytes; i += 3) {
        size_t left = bytes - i;
        uint32_t bits = (uint32_t)p[i] << 16;
        bits |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        bits |= left > 2 ? p[i + 2] : 0;
        *out++ = base64_digits[bits >> 18];
        *out++ = base64_digits[bits >> 12 & 63];
        *out++ = left > 1 ? base64_digits[bits >> 6 & 63] : '=';
        *out++ = left > 2 ? base64_digits[bits & 63] : '=';
    }
    *out = '\0';
    return text;
}

/* Strict: whole groups of four, padding at the end only, and no bits set beneath the padding, so
 * that a text stands for one value and a value for one text. */
int bd_base64_decode(const char *text, uint8_t **ret_data, size_t *ret_bytes)
{
    size_t len = strlen(text);
    if (len % 4 != 0)
        return -EINVAL;
    size_t padding = bd_ends_with(text, "==") ? 2 : bd_ends_with(text, "=") ? 1 : 0;
    size_t digits = len - padding, bytes = len / 4 * 3 - padding;
    bd_auto_free uint8_t *data = bd_xmalloc(bytes);
    uint32_t bits = 0;
    for (size_t i = 0, o = 0; i < digits; i++) {
        const char *digit = strchr(base64_digits, text[i]);
        if (!digit)
            return -EINVAL;
        bits = bits << 6 | (uint32_t)(digit - base64_digits);
        if (i % 4 != 0)
            data[o++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    if (bits & (padding == 2 ? 0xF : padding == 1 ? 0x3 : 0))
        return -EINVAL;
    *ret_data = bd_take(data);
    *ret_bytes = bytes;
    return 0;
}

int bd_real_digits(double value)
{
    for (int digits = DBL_DIG; digits < DBL_DECIMAL_DIG && isfinite(value); digits++) {
        char text[32];
        snprintf(text, sizeof(text), "%.*g", digits, value);
        double again = strtod(text, NULL);
        if (!islessgreater(again, value))
            return digits;
    }
    return DBL_DECIMAL_DIG;
}

void bd_hex(const uint8_t *data, size_t bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes; i++) {
        *out++ = digits[data[i] >> 4];
        *out++ = digits[data[i] & 15];
    }
    *out = '\0';
}
