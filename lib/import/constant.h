/*
 * What an expression of Python comes to where that is certain: literals, names of what is certain,
 * sums and f-strings of them, lists and dicts, and a few functions that do nothing but put text
 * together. PURE. Threads: any; JSON belongs to one at a time.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/import/python.h"

/* Names and what they stand for. */
struct constants {
    json_t *known;   /* {NAME: value} */
    json_t *unknown; /* {NAME: why, for people} */
    json_t
        *given; /* {NAME: text}: by whoever asks, and what the source says no more counts; NULL */
    const struct constants *around; /* looked at after this; NULL: there is none */
    const struct constants *self;   /* what names of `self` are; NULL: there is none */
};

void constants_init(struct constants *c, const struct constants *around);
void constants_done(struct constants *c);
/* Values from outside, {NAME: text}; borrowed. Text of a whole number is a number. */
void constants_give(struct constants *c, const json_t *values);
/* Takes what the expression comes to, or why that is not known, under this name. */
void constants_set(struct constants *c, const char *name, const struct python_node *expression);
/* The same of a value; takes it. */
void constants_put(struct constants *c, const char *name, json_t *value);
/* What is said of it from now on. */
void constants_forget(struct constants *c, const char *name, const char *why);

/* Strings, numbers, true, false, null, arrays (of lists, tuples and sets), objects; new reference.
 * BD_EINVALID with "line N: why" where it is not
 * known. */
int constant_of(const struct python_node *n, const struct constants *c, json_t **ret_value,
                struct bd_err *err);
