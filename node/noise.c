#include "noise.h"

#include <stdlib.h>

static int by_time(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* Of sorted times; in whole thousandths, so that no rank depends on rounding. */
static int64_t quantile(const int64_t *sorted, size_t n, size_t thousandths)
{
    size_t rank = (n * thousandths + 999) / 1000;

    return sorted[rank > 0 ? rank - 1 : 0];
}

struct noise noise_of(int64_t *times_ns, size_t n)
{
    struct noise noise = {0};
    double excess = 0;

    qsort(times_ns, n, sizeof(*times_ns), by_time);
    noise.minimum_ns = times_ns[0];
    noise.median_ns = quantile(times_ns, n, 500);
    noise.p99_ns = quantile(times_ns, n, 990);
    noise.p999_ns = quantile(times_ns, n, 999);
    noise.maximum_ns = times_ns[n - 1];
    for (size_t i = 0; i < n; i++) {
        noise.total_ns += times_ns[i];
        excess += (double)(times_ns[i] - times_ns[0]);
    }
    noise.share = excess / (double)noise.total_ns;
    return noise;
}

int64_t noise_iterations(int64_t quantum_ns, int64_t iterations, int64_t took_ns)
{
    double wanted = (double)quantum_ns * (double)iterations / (double)(took_ns > 0 ? took_ns : 1);

    return wanted < 1                              ? 1
           : wanted > (double)NOISE_ITERATIONS_MAX ? NOISE_ITERATIONS_MAX
                                                   : (int64_t)wanted;
}
