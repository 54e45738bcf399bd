/* The numbers that a pattern has found, for the files of this folder. PURE. */
#pragma once

#include "lib/workload/pattern.h"

struct values {
    double *items;
    size_t n, cap;
};

void values_done(struct values *v);
/* BD_EINVALID above PATTERN_VALUES_MAX. */
int values_add(struct values *v, double value, struct bd_err *err);
/* A decimal number, with nothing but blanks around it: "12", "-3.5e-2", "+.5". BD_EINVALID for
 * anything else, and for what is too great to be told. */
int values_add_text(struct values *v, const char *text, size_t bytes, struct bd_err *err);
/* Sorts them. BD_ENOTFOUND where there is none. */
int values_found(struct values *v, struct pattern_found *ret_found, struct bd_err *err);
