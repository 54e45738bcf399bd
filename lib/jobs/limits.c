/* Time limits against the grain that a scheduler has for them. */
#include "lib/jobs/jobs.h"

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
