/*
 * Samples for the tests of properties: the same in every run of a test.
 */
#pragma once

#include "lib/base/rng.h"

#include <math.h>
#include <stddef.h>

/* Values around `middle`; with steps > 0 whole multiples of 1 / steps, so that there are ties. */
static inline void random_values(struct bd_rng *rng, size_t n, double middle, double steps,
                                 double *ret_values)
{
    for (size_t i = 0; i < n; i++) {
        double x = middle - 3;
        for (int k = 0; k < 6; k++)
            x += bd_rng_unit(rng);
        ret_values[i] = steps > 0 ? round(x * steps) / steps : x;
    }
}
