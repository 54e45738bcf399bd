/*
 * When rounds come: at k x interval from the start, k from 1. One that would begin more than half
 * an interval late is left out, so that two are never closer than that. PURE: the caller has the
 * clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ticks {
    int64_t interval_ns;
    int64_t k;        /* the next */
    uint32_t late;    /* begun more than a tenth of an interval after their time */
    uint32_t skipped; /* left out */
};

/* The time to wait for, from the start. */
int64_t ticks_due_ns(const struct ticks *t);
/* Once that has come, at now: whether the round is to be, or was left out. */
bool ticks_begin(struct ticks *t, int64_t now_ns);
/* After either: the next is the first whose time has not come. */
void ticks_end(struct ticks *t, int64_t now_ns);
