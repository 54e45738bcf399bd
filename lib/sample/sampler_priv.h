/* What the sampler gathers, for sampler.c, which fills it, and sampler_result.c, which reads it. */
#pragma once

#include "lib/sample/sampler.h"

/* A row a round: its time, and a value of each column (take.h); NAN: none. */
struct samples {
    int64_t *at_ns;
    double *values;
    size_t n, cap, columns;
};

/* live.c; l NULL: nothing. table NULL: it does not go on. */
void live_set(struct sample_live *l, const struct samples *table,
              const char (*names)[NODE_NAME_BYTES]);
void live_lock(struct sample_live *l);
void live_unlock(struct sample_live *l);

void samples_series(const struct samples *s, const char (*names)[NODE_NAME_BYTES],
                    struct sampler_result *result);
