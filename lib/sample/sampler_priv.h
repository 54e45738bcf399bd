/* What the sampler gathers, for sampler.c, which fills it, and sampler_result.c, which reads it. */
#pragma once

#include "lib/sample/sampler.h"

/* A row a round: its time, and a value of each column (take.h); NAN: none. */
struct samples {
    int64_t *at_ns;
    double *values;
    size_t n, cap, columns;
};

void samples_series(const struct samples *s, const char (*names)[NODE_NAME_BYTES],
                    struct sampler_result *result);
