/*
 * The result of a statistical test. PURE. Threads: values; no sharing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct stats_test {
    const char *name;   /* "Wilcoxon signed-rank"; static */
    const char *method; /* how p was found: "exact", "normal approximation, corrected for ties and
                           continuity"; why there is none, where p is NAN; static */
    bool exact;         /* p is of the exact distribution */
    size_t n;           /* what it rests on: values of all samples, pairs, blocks */
    double statistic;   /* as the test's header defines it; NAN: none */
    double p;           /* two-sided where there are sides; NAN: none */
};
