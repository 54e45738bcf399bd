/*
 * A cycle that arrivals follow, of days for instance: a time that runs as fast as jobs arrive.
 * PURE, and the same on every platform. docs/streams.md has the formulas.
 *
 * Threads: values; any.
 */
#pragma once

#include <stddef.h>

#define CYCLE_WEIGHTS_MAX   1000
#define CYCLE_PERIOD_MIN_US 1000

struct cycle {
    double period_us;
    double begin_us; /* of the time of arrivals, when the stream begins */
    double start_us; /* into the first period, when the stream begins; less than a period */
    size_t n;        /* slots of equal length; 0: there is no cycle */
    /* The time of arrivals at each slot's beginning and at the period's end: from 0 to period_us.
     */
    double upto[CYCLE_WEIGHTS_MAX + 1];
};

/* Weights are 0 or more, n of them, with a sum above 0; the period is at least
 * CYCLE_PERIOD_MIN_US. */
void cycle_init(struct cycle *c, const double *weights, size_t n, double period_us,
                double start_us);
/* When so much of the time of arrivals is over; both from the stream's beginning, in us. Without a
 * cycle, the same. */
double cycle_real(const struct cycle *c, double us);
