/* The numbers that a pattern has found, for the files of this folder. PURE. */
#pragma once

#include "lib/workload/pattern.h"

#include <stdbool.h>

#define VALUES_MAX 1000000 /* numbers that one pattern may find */

struct values {
    double *items;
    size_t n, cap;
};

struct values_middle {
    double value; /* the median; of an even number of values, the mean of the two in the middle */
    size_t n;     /* how many */
};

void values_done(struct values *v);
/* A decimal number, with nothing but blanks around it: "12", "-3.5e-2", "+.5"; false for anything
 * else, and for what is too great to be told. */
bool values_read(const char *text, size_t bytes, double *ret_value);
/* A pattern_found_fn, whose arg is a struct values. BD_EINVALID for what is no number, and for more
 * than VALUES_MAX. */
int values_take(const char *text, size_t bytes, void *values, struct bd_err *err);
/* Sorts them. BD_ENOTFOUND where there is none. */
int values_found(struct values *v, struct values_middle *ret_middle, struct bd_err *err);
