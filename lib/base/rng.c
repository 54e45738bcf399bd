#include "lib/base/rng.h"

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

/* Steele, Lea, Flood 2014. */
static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void bd_rng_init(struct bd_rng *rng, uint64_t seed, uint64_t stream)
{
    /* The stream goes through the mixer first: neighbours of (seed, stream) share no state. */
    uint64_t state = stream;
    state = seed ^ splitmix64(&state);
    for (int i = 0; i < 4; i++)
        rng->s[i] = splitmix64(&state);
}

uint64_t bd_rng_next(struct bd_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t bd_rng_below(struct bd_rng *rng, uint64_t n)
{
    unsigned __int128 m = (unsigned __int128)bd_rng_next(rng) * n;
    if ((uint64_t)m < n) {
        uint64_t threshold = (0 - n) % n;
        while ((uint64_t)m < threshold)
            m = (unsigned __int128)bd_rng_next(rng) * n;
    }
    return (uint64_t)(m >> 64);
}

double bd_rng_unit(struct bd_rng *rng)
{
    return (double)(bd_rng_next(rng) >> 11) * 0x1.0p-53;
}
