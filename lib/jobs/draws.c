#include "lib/jobs/draws.h"

/* The order of runs comes from the streams below 2^32 (lib/plan/order.c). */
void draws_init(struct draws *d, uint64_t seed, uint32_t block)
{
    for (uint64_t i = 1; i < DRAW_COUNT; i++)
        bd_rng_init(&d->rngs[i], seed, i << 32 | block);
}

double draws_unit(struct draws *d, enum draw what)
{
    return bd_rng_unit(&d->rngs[what]);
}

size_t draws_below(struct draws *d, enum draw what, size_t n)
{
    return (size_t)bd_rng_below(&d->rngs[what], n);
}
