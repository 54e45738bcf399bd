/*
 * What a sampler has seen so far while it goes on, for others to read: they copy what they ask for,
 * under a lock that the sampler takes once a round.
 *
 * Threads: any. Counted references; one is made before the sampler begins, and handed to it by its
 * configuration, which takes one of its own.
 */
#pragma once

#include "lib/sample/sampler.h"

struct sample_live *sample_live_new(void);
struct sample_live *sample_live_ref(struct sample_live *l);
void sample_live_unref(struct sample_live *l); /* NULL: nothing */
BD_DEFINE_CLEANUP(struct sample_live, sample_live, sample_live_unref)

struct live_series {
    enum sample_id metric;
    char node[NODE_NAME_BYTES]; /* "": the host */
    size_t n;                   /* at least 1 */
    int64_t from_ns, to_ns;     /* of the first and the last */
    struct sample_point *points;
};
/* Of one metric the values in [from, to); with SAMPLE_COUNT of all, without their points. None
 * before the sampler has begun, and after it has stopped. The caller's (live_series_free()). */
void sample_live_read(struct sample_live *l, enum sample_id metric, int64_t from_ns, int64_t to_ns,
                      struct live_series **ret_series, size_t *ret_n);
void live_series_free(struct live_series *series, size_t n);
