#include "lib/schema/compiled.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const char *const type_names[SCHEMA_TYPE_COUNT] = {
    [SCHEMA_NULL] = "null",     [SCHEMA_BOOLEAN] = "boolean", [SCHEMA_INTEGER] = "integer",
    [SCHEMA_NUMBER] = "number", [SCHEMA_STRING] = "string",   [SCHEMA_ARRAY] = "array",
    [SCHEMA_OBJECT] = "object",
};

const char *schema_type_name(enum schema_type type)
{
    return type_names[type];
}

int schema_type_from_name(const char *name, enum schema_type *ret_type)
{
    for (int i = 0; i < SCHEMA_TYPE_COUNT; i++) {
        if (bd_str_eq(name, type_names[i])) {
            *ret_type = (enum schema_type)i;
            return 0;
        }
    }
    return -1;
}

unsigned schema_types_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
        return 1U << SCHEMA_NULL;
    case JSON_TRUE:
    case JSON_FALSE:
        return 1U << SCHEMA_BOOLEAN;
    case JSON_INTEGER:
        return 1U << SCHEMA_INTEGER | 1U << SCHEMA_NUMBER;
    case JSON_REAL: {
        double real = json_real_value(value);
        unsigned integer = real == trunc(real) ? 1U << SCHEMA_INTEGER : 0;
        return integer | 1U << SCHEMA_NUMBER;
    }
    case JSON_STRING:
        return 1U << SCHEMA_STRING;
    case JSON_ARRAY:
        return 1U << SCHEMA_ARRAY;
    case JSON_OBJECT:
        break;
    }
    return 1U << SCHEMA_OBJECT;
}

static int order(double a, double b)
{
    return (a > b) - (a < b);
}

/* Exact, though neither type holds all values of the other. */
static int compare_integer_real(json_int_t i, double real)
{
    if (real >= 0x1p63)
        return -1;
    if (real < -0x1p63)
        return 1;
    double whole = trunc(real);
    json_int_t whole_i = (json_int_t)whole;
    if (i != whole_i)
        return i < whole_i ? -1 : 1;
    return order(whole, real);
}

static int compare_numbers(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a), y = json_integer_value(b);
        return (x > y) - (x < y);
    }
    if (json_is_integer(a))
        return compare_integer_real(json_integer_value(a), json_real_value(b));
    if (json_is_integer(b))
        return -compare_integer_real(json_integer_value(b), json_real_value(a));
    return order(json_real_value(a), json_real_value(b));
}

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_strings(const json_t *a, const json_t *b)
{
    size_t bytes = json_string_length(a);
    int by_length = compare_sizes(bytes, json_string_length(b));
    return by_length ? by_length : memcmp(json_string_value(a), json_string_value(b), bytes);
}

static int compare_arrays(const json_t *a, const json_t *b)
{
    int result = compare_sizes(json_array_size(a), json_array_size(b));
    for (size_t i = 0; !result && i < json_array_size(a); i++)
        result = schema_compare(json_array_get(a, i), json_array_get(b, i));
    return result;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted_names(const json_t *object)
{
    size_t n = 0;
    const char **names = bd_xcalloc(json_object_size(object) + 1, sizeof(*names));
    for (void *it = json_object_iter((json_t *)object); it;
         it = json_object_iter_next((json_t *)object, it))
        names[n++] = json_object_iter_key(it);
    qsort(names, n, sizeof(*names), compare_names);
    return names;
}

static int compare_objects(const json_t *a, const json_t *b)
{
    int result = compare_sizes(json_object_size(a), json_object_size(b));
    if (result)
        return result;
    bd_auto_free const char **a_names = sorted_names(a);
    bd_auto_free const char **b_names = sorted_names(b);
    for (size_t i = 0; !result && a_names[i]; i++) {
        result = strcmp(a_names[i], b_names[i]);
        if (!result)
            result = schema_compare(json_object_get(a, a_names[i]), json_object_get(b, b_names[i]));
    }
    return result;
}

int schema_compare(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return compare_numbers(a, b);
    if (json_typeof(a) != json_typeof(b))
        return json_typeof(a) < json_typeof(b) ? -1 : 1;
    if (json_is_string(a))
        return compare_strings(a, b);
    if (json_is_array(a))
        return compare_arrays(a, b);
    if (json_is_object(a))
        return compare_objects(a, b);
    return 0;
}

/* Decimal fractions have no exact double: both numbers, and their quotient, may be off by half a
 * unit in the last place. So 4.35 is a multiple of 0.01, though it is 434.99999999999994 times as
 * large. */
bool schema_is_multiple(const json_t *value, const json_t *of)
{
    if (json_is_integer(value) && json_is_integer(of))
        return json_integer_value(value) % json_integer_value(of) == 0;
    double real = json_number_value(value), divisor = json_number_value(of);
    double times = real / divisor;
    if (!isfinite(times))
        return order(fmod(real, divisor), 0) == 0;
    return fabs(times - round(times)) <= 2 * DBL_EPSILON * fabs(times);
}

size_t schema_digits(const json_t *value)
{
    return (size_t)bd_real_digits(json_real_value(value)); /* 0 where it is none */
}

size_t schema_code_points(const json_t *string)
{
    const char *text = json_string_value(string);
    size_t n = 0;
    for (size_t i = 0; i < json_string_length(string); i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}
