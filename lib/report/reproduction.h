/*
 * Was a result found again? Two analyses of one experiment (the contract's Analysis), made from
 * runs of their own, held against each other comparison by comparison. PURE. Threads: values; no
 * sharing.
 *
 * Of the comparisons that the original resolved, one is
 *
 * - a difference, reproduced where it is found in the same direction again, not reproduced where it
 *   is found in the other one, or where the size is another: where the interval of the ratio of
 *   both ratios (difference of both differences) does not hold 1 (0);
 * - equivalence, reproduced where the new interval lies within the margin of the original, not
 *   reproduced where it lies outside;
 *
 * and inconclusive otherwise, as are those that the original did not resolve. The interval of the
 * ratio of ratios is made of both reported ones, by the logarithms of their ends (MOVER: Zou and
 * Donner 2008), each widened from its coverage to 1 - alpha / m as a normal quantile would be:
 * alpha = 1 - the original's confidence, m: comparisons of which both have an interval
 * (Bonferroni), so that of true reproductions at most about alpha have one that fails by that.
 *
 * The whole is `reproduced` if all that the original resolved is; `not reproduced` if one of them
 * is not; else `inconclusive`, also where it resolved nothing.
 */
#pragma once

#include <jansson.h>

enum reproduction { REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE, REPRODUCTION_COUNT };
const char *reproduction_to_str(enum reproduction r); /* "not reproduced" */

/*
 * {answer, why, original, reproduction (their campaigns), counts: {resolved, reproduced,
 * notReproduced, inconclusive} (the last three of all), comparisons: [{metric, factor, level,
 * reference, context, cell, against, answer, why, original: {estimand, estimate, interval, result},
 * reproduction: the same}], cells: [{metric, cell, name, original: {n, median, interval},
 * reproduction: the same, ratio}]}; comparisons in the original's order, those of metrics that are
 * objectives or were asked for. New reference.
 */
json_t *reproduction_json(const json_t *original, const json_t *again,
                          enum reproduction *ret_answer);
