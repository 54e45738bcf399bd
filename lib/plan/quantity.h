/*
 * Quantities as a spec writes them: a number, or digits with a unit after them ("512MiB", "200ms",
 * "20/s"). PURE. Threads: values.
 */
#pragma once

#include "lib/base/json.h"

#include <stdbool.h>

#define QUANTITY_UNIT_BYTES 16

struct quantity {
    double value;
    char unit[QUANTITY_UNIT_BYTES]; /* "": a plain number */
};

/* Reads a number or a text; false where it is neither digits nor digits with a unit. */
bool quantity_read(const json_t *json, struct quantity *ret);
/* The value in another unit: of the same, or of another of its family. False: there is no way. */
bool quantity_convert(const struct quantity *q, const char *unit, double *ret_value);
/* Parts of a byte, of a nanosecond or of a bandwidth's unit are not taken where the spec is read:
 * is it a unit in which a quantity has to be whole? */
bool quantity_is_whole(const char *unit);
/* How many decimals a quantity of this unit may have. */
int quantity_decimals(const char *unit);
/* As the spec writes it; the value is as exact as the decimals say. New reference. */
json_t *quantity_json(double value, const char *unit, int decimals);
