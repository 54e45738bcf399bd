/*
 * A generator of random numbers that is the same on every platform and for ever: xoshiro256**
 * (Blackman, Vigna 2018), its state filled by splitmix64 from (seed, stream). Not for secrets.
 *
 * Threads: a value; one thread at a time.
 */
#pragma once

#include <stdint.h>

struct bd_rng {
    uint64_t s[4];
};

/* Different streams of one seed are independent of each other for every practical purpose. */
void bd_rng_init(struct bd_rng *rng, uint64_t seed, uint64_t stream);
uint64_t bd_rng_next(struct bd_rng *rng);
/* Evenly from 0 to n - 1, without bias (Lemire 2019, with rejection); n > 0. */
uint64_t bd_rng_below(struct bd_rng *rng, uint64_t n);
/* Evenly from [0, 1), with 53 random bits. */
double bd_rng_unit(struct bd_rng *rng);
