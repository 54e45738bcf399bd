/*
 * The gamma distribution of scale 1: its distribution function and the inverse of it.
 * PURE, and the same to the last bit on every platform (elementary.h). docs/streams.md has the
 * formulas with their sources.
 *
 * Threads: values; any.
 */
#pragma once

#define GAMMA_SHAPE_MIN 0.1
#define GAMMA_SHAPE_MAX 10000

/* P(X <= x), x >= 0; within an absolute error of about 1e-15. */
double gamma_below(double shape, double x);
/* The x below which p of it is, p from [0, 1); a p below 2^-54 counts as 0. Within a relative error
 * of 1e-15 for shapes from 1 on (1e-13 for smaller ones), or what half a step of p means, where
 * that is more. */
double gamma_quantile(double shape, double p);
