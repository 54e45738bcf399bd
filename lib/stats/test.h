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

/* Is p small enough for what is to hold with that confidence? 0.1 is for 0.9, though 1 - 0.9 in
 * doubles is less than that. false of NAN. */
static inline bool stats_rejects(double p, double confidence)
{
    return p <= 1 - confidence + 1e-12;
}
