/*
 * Series of samples: the metrics there are, and blocks of (time, value) pairs as bytes. PURE.
 * Threads: any.
 */
#pragma once

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct sample_metric {
    const char *name;
    const char *unit;
    const char *description;
};
/* NULL: there is none of that name. */
const struct sample_metric *sample_metric_find(const char *name);

struct sample_point {
    int64_t at_ns; /* monotonic, from the beginning of sampling */
    double value;
};
/* The points of a block, by time; the caller's (free()). BD_ECORRUPT. */
int sample_decode(const void *data, size_t bytes, struct sample_point **ret_points, size_t *ret_n,
                  struct bd_err *err);
