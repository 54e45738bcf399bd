/*
 * What is drawn for a stream, each thing from a generator of its own, so that changing one leaves
 * the others as they are. Private to lib/jobs.
 *
 * Threads: values; one thread at a time.
 */
#pragma once

#include "lib/base/rng.h"

#include <stddef.h>

/* The numbers are for ever: streams of old campaigns are made again from their seeds. */
enum draw {
    DRAW_ARRIVAL = 1,
    DRAW_SIZE,
    DRAW_RUNTIME,
    DRAW_BRANCH,
    DRAW_FACTOR,
    DRAW_USER,
    DRAW_PRIORITY,
    DRAW_ARRAY,
    DRAW_DEPENDENT,    /* whether */
    DRAW_AFTER,        /* on whom */
    DRAW_SESSION,      /* how many jobs a session has */
    DRAW_THINK,        /* from one of them to the next */
    DRAW_THINK_BRANCH, /* of a think time with branches */
    DRAW_CORES,
    DRAW_COUNT
};

struct draws {
    struct bd_rng rngs[DRAW_COUNT];
};

void draws_init(struct draws *d, uint64_t seed, uint32_t block);
double draws_unit(struct draws *d, enum draw what);
size_t draws_below(struct draws *d, enum draw what, size_t n);
