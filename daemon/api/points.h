/*
 * Values of one node over time as the JSON text of a reply: [[ns, value], ...], or, over buckets of
 * a fixed length, [[beginning, mean, n], ...]. PURE. Threads: values; one thread at a time.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/sample/series.h"

#define POINTS_MAX 100000 /* in a reply */

struct points {
    int64_t from_ns, to_ns; /* what is not in [from, to) is left out */
    int64_t step_ns; /* of buckets, the first of which begins at 0; 0: each value by itself */
    struct bd_str *out;
    size_t n; /* written so far, in all */
    bool goes_on;
    /* the bucket that is being filled */
    int64_t bucket;
    double sum;
    size_t n_sum;
};

/* Of each node: begin, its values by time in any number of pieces, end. Values that are no finite
 * numbers are left out: JSON has none. */
void points_begin(struct points *p);
void points_add(struct points *p, const struct sample_point *values, size_t n);
void points_end(struct points *p);
