/*
 * Stopping when enough is known. PURE. Threads: values; no sharing.
 *
 * A campaign that looks at its intervals again and again, and stops when they are narrow, stops
 * too often when they are narrow by chance: its last interval would cover less than it says. So the
 * confidence of the looks at which it may stop is raised. What then holds of each cell, whatever
 * the distribution of its values, with alpha = 1 - confidence:
 *
 * - The interval at the end misses the median in at most alpha of all campaigns.
 * - Of the campaigns that the rule stopped it misses in at most alpha, where the rule stops at
 * least 1 % of them; where it stops the part p of them, in at most alpha / 100 / p.
 *
 * After max blocks the end comes in any case: that look decides nothing, and its confidence is not
 * raised. docs/analysis.md has the argument and the simulation.
 */
#pragma once

#include "lib/stats/stats.h"

struct stats_until {
    size_t min, max, every;     /* blocks: the first look, the last, and how far apart */
    double confidence;          /* of the interval at the end */
    double relative_half_width; /* to be met: (high - low) / 2 / |median| */
    double at_looks;            /* stats_until_init(): the confidence at looks before max */
};

/* Works out at_looks from the other members; takes a few ms for a max of 1000, 0.1 s for 10,000. */
void stats_until_init(struct stats_until *u);
/* How many looks there may be; 1 or more. */
size_t stats_until_looks(const struct stats_until *u);
/* Is there a look after so many blocks? (min, min + every, ..., and max.) */
bool stats_until_is_look(const struct stats_until *u, size_t blocks);
/* The confidence of the interval that is to be reported after so many blocks. */
double stats_until_confidence(const struct stats_until *u, size_t blocks);
/* Whether these values (of one cell, NAN passed over) meet the rule at that look; before max they
 * have to be min or more. ret_half_width: what there is, relative; NAN where there is no interval
 * or the median is 0. */
bool stats_until_met(const struct stats_until *u, const double *values, size_t blocks,
                     double *ret_half_width);
/* The fewest values that a campaign can be stopped with at this confidence: 12 for 0.95. */
size_t stats_until_least_n(double confidence);
/* The fewest blocks after which the rule can stop a campaign (interval levels, not widths); above
 * max: it never can. */
size_t stats_until_least(const struct stats_until *u);
