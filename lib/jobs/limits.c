/* Time limits against the grain that a scheduler has for them. */
#include "lib/jobs/jobs.h"

#include "lib/base/mem.h"

#include <stdlib.h>

struct stream_limits stream_limits_of(const struct job_stream *s, int64_t grain_ns,
                                      double time_scale)
{
    struct stream_limits l = {.jobs = s->n};
    for (size_t i = 0; i < s->n; i++) {
        double asked = (double)s->items[i].requested_ns, grain = (double)grain_ns;
        l.below += asked < grain;
        l.by_scale += asked < grain && time_scale < 1 && asked / time_scale >= grain;
    }
    return l;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

size_t stream_limits_below(const struct job_stream *s, int64_t grain_ns)
{
    bd_auto_free int64_t *limits = bd_xcalloc(s->n + 1, sizeof(*limits));
    size_t n = 0, different = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].requested_ns < grain_ns)
            limits[n++] = s->items[i].requested_ns;
    qsort(limits, n, sizeof(*limits), by_size);
    for (size_t i = 0; i < n; i++)
        different += i == 0 || limits[i] != limits[i - 1];
    return different;
}
