/*
 * The model of Lublin and Feitelson (2003) of rigid jobs: their sizes, runtimes that depend on
 * these, and gaps between arrivals in a day. Each value comes from one number drawn evenly from [0,
 * 1), a runtime from two. PURE, and the same on every platform. docs/streams.md has the formulas.
 *
 * Threads: values; any.
 */
#pragma once

#include <stdint.h>

#define LUBLIN_NODES_MAX 1000
#define LUBLIN_BUCKETS   48 /* of a day */
/* Of a distribution, below the longest time: so much at least, or nothing sensible is left. */
#define LUBLIN_BELOW_MIN 0.01

/* By the names of the authors' program. */
struct lublin_parameters {
    double serial_prob, pow2_prob;
    double u_low, u_med, u_hi, u_prob;
    double a1, b1, a2, b2, pa, pb;
    double aarr, barr, arar, anum, bnum;
    double longest_runtime_s, longest_gap_s;
};

/* A time whose natural logarithm, in seconds, has a gamma distribution; longer ones are drawn
 * again. */
struct lublin_time {
    double shape, scale;
    double below;  /* probability of those that are not drawn again */
    double mean_s; /* of what is left */
};

struct lublin {
    struct lublin_time first, second; /* runtimes */
    struct lublin_time gap;
    double pa, pb;
    double size_upto[LUBLIN_NODES_MAX + 1]; /* probability of so many nodes and fewer */
    unsigned largest;                       /* that has a probability */
};

/* compute from 1 to LUBLIN_NODES_MAX; u_low <= u_med <= u_hi <= log2 of it. What is in
 * first.below, second.below and gap.below is to be looked at before anything is drawn. */
void lublin_init(struct lublin *m, const struct lublin_parameters *p, unsigned compute);
double lublin_log2(double x);

uint32_t lublin_size(const struct lublin *m, double u);
double lublin_size_probability(const struct lublin *m, unsigned nodes);
/* In seconds. */
double lublin_runtime(const struct lublin *m, uint32_t nodes, double u, double branch);
double lublin_runtime_mean(const struct lublin *m, uint32_t nodes);
double lublin_gap(const struct lublin *m, double u);
/* What arrives in each half hour from midnight on, in proportion: anum and bnum's gamma
 * distribution, in half hours, whose day begins with the 11th. Answers their sum. */
double lublin_weights(const struct lublin_parameters *p, double ret_weights[LUBLIN_BUCKETS]);
