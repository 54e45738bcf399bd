/*
 * When campaigns that wait will probably begin and end, as the queue takes them up: the first few
 * of them by priority and age; among those of the highest priority each has a run in turn. PURE.
 * Threads: values; no sharing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct forecast {
    int priority;   /* higher goes first */
    bool held;      /* it is paused: left out */
    uint64_t left;  /* runs to come */
    int64_t run_ns; /* that each takes; 0: not known */

    /* What is found, from now; -1: not known. */
    int64_t begins_ns, ends_ns;
};

/* items: by priority, then age. active: so many are taken up at once. Runs are taken to be made one
 * after the other: those that share a host may be earlier. */
void forecast_make(struct forecast *items, size_t n, size_t active);
