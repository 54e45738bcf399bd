#include "lib/jobs/cycle.h"

#include <math.h>

/* The time of arrivals at a moment of a period. */
static double arrivals_at(const struct cycle *c, double us)
{
    double slot = us * (double)c->n / c->period_us;
    size_t i = (size_t)slot < c->n ? (size_t)slot : c->n - 1;
    return c->upto[i] + (c->upto[i + 1] - c->upto[i]) * (slot - (double)i);
}

void cycle_init(struct cycle *c, const double *weights, size_t n, double period_us, double start_us)
{
    double sum = 0, before = 0;
    *c = (struct cycle){.period_us = period_us, .start_us = start_us, .n = n};
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    for (size_t i = 1; i < n; i++) {
        before += weights[i - 1];
        c->upto[i] = period_us * (before / sum);
    }
    c->upto[n] = period_us;
    c->begin_us = arrivals_at(c, start_us);
}

double cycle_real(const struct cycle *c, double us)
{
    if (c->n == 0)
        return us;
    double arrivals = c->begin_us + us, periods = floor(arrivals / c->period_us);
    double rest = arrivals - periods * c->period_us;
    size_t i = 0;
    while (i + 1 < c->n && c->upto[i + 1] <= rest)
        i++;
    double width = c->upto[i + 1] - c->upto[i];
    double part = width > 0 ? (rest - c->upto[i]) / width : 0;
    double real = periods * c->period_us + ((double)i + part) * (c->period_us / (double)c->n);
    return real > c->start_us ? real - c->start_us : 0;
}
