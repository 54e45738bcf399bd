#include "lib/workload/values.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <math.h>
#include <string.h>

#define NUMBER_BYTES_MAX 64
#define TOLD_BYTES       40 /* of what is no number, in a message */

void values_done(struct values *v)
{
    free(v->items);
    *v = (struct values){0};
}

/* strtod() would also take hexadecimal numbers, infinities and what is none. */
static bool is_decimal(const char *s)
{
    static const char digits[] = "0123456789";
    s += strspn(s, "+-") == 1;
    size_t whole = strspn(s, digits), fraction = 0;
    s += whole;
    if (*s == '.') {
        fraction = strspn(s + 1, digits);
        s += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        s += strspn(s, "+-") == 1;
        size_t exponent = strspn(s, digits);
        if (exponent == 0)
            return false;
        s += exponent;
    }
    return *s == '\0';
}

bool values_read(const char *text, size_t bytes, double *ret_value)
{
    static const char blanks[] = " \t\r";
    char number[NUMBER_BYTES_MAX + 1];
    while (bytes > 0 && memchr(blanks, *text, sizeof(blanks) - 1)) {
        text++;
        bytes--;
    }
    while (bytes > 0 && memchr(blanks, text[bytes - 1], sizeof(blanks) - 1))
        bytes--;
    if (bytes > NUMBER_BYTES_MAX)
        return false;
    memcpy(number, text, bytes);
    number[bytes] = '\0';
    double value = bytes == strlen(number) && is_decimal(number) ? strtod(number, NULL) : NAN;
    if (isfinite(value))
        *ret_value = value;
    return isfinite(value);
}

static void add(struct values *v, double value)
{
    if (v->n == v->cap) {
        v->cap = v->cap ? 2 * v->cap : 16;
        v->items = bd_xrealloc(v->items, v->cap * sizeof(*v->items));
    }
    v->items[v->n++] = value;
}

int values_take(const char *text, size_t bytes, void *values, struct bd_err *err)
{
    struct values *v = values;
    double value = 0;
    if (!values_read(text, bytes, &value))
        return bd_err_set(err, BD_EINVALID, "finds '%.*s%s', which is no number",
                          (int)(bytes < TOLD_BYTES ? bytes : TOLD_BYTES), text,
                          bytes > TOLD_BYTES ? "..." : "");
    if (v->n == VALUES_MAX)
        return bd_err_set(err, BD_EINVALID, "finds more than %d numbers", VALUES_MAX);
    add(v, value);
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int values_found(struct values *v, struct values_middle *ret_middle, struct bd_err *err)
{
    if (v->n == 0)
        return bd_err_set(err, BD_ENOTFOUND, "finds nothing");
    qsort(v->items, v->n, sizeof(*v->items), compare);
    double low = v->items[(v->n - 1) / 2], high = v->items[v->n / 2];
    /* Halves first: the sum of two great numbers may be too great. */
    *ret_middle =
        (struct values_middle){.value = low == high ? low : low / 2 + high / 2, .n = v->n};
    return 0;
}
