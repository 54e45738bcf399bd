/* A set of job numbers (whole, at least 0) of bounded size; internal to lib/swf. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct numbers {
    double *slots; /* open addressing; -1: free */
    size_t cap;    /* a power of two */
};

/* Room for n. */
void numbers_init(struct numbers *s, size_t n);
void numbers_done(struct numbers *s);
/* False: it was there. */
bool numbers_add(struct numbers *s, double number);
bool numbers_has(const struct numbers *s, double number);
