/*
 * When the jobs of a stream arrive, one after the other. Private to lib/jobs.
 *
 * Threads: one at a time. Ownership: the spec and the draws have to stay as long.
 */
#pragma once

#include "lib/jobs/draws.h"
#include "lib/jobs/stream_priv.h"

struct arrival {
    int64_t at_us; /* from the stream's beginning */
    uint32_t user;
};

struct session {   /* that has begun and has jobs to come */
    int64_t at_us; /* of the next one */
    uint32_t number, left, user;
};

struct arrivals {
    const struct stream_spec *spec;
    struct draws *draws;
    uint32_t n;        /* so far */
    int64_t sum_us;    /* of the gaps, up to the last job or session that was drawn */
    int64_t coming_us; /* when that session begins */
    uint32_t n_sessions;
    struct session *heap; /* the next one to submit is the first */
    size_t n_heap, cap_heap;
};

void arrivals_init(struct arrivals *a, const struct stream_spec *spec, struct draws *d);
void arrivals_done(struct arrivals *a);
struct arrival arrivals_next(struct arrivals *a);
