/*
 * Was a result found again? Two analyses of one experiment (the contract's Analysis), made from
 * runs of their own, held against each other comparison by comparison. PURE. Threads: values; no
 * sharing.
 *
 * A comparison of the original is
 *
 * - not reproduced, where the reproduction found the contrary: the other direction, equivalence
 *   where there was a difference, a difference where there was equivalence, or a ratio whose
 *   interval does not meet the original's;
 * - inconclusive, where one of them found nothing, or the reproduction has no such comparison;
 * - reproduced, where both found a difference in the same direction, or equivalence.
 *
 * The whole is `not reproduced` if one comparison is; else `reproduced` if one is; else
 * `inconclusive`.
 */
#pragma once

#include <jansson.h>

enum reproduction { REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE, REPRODUCTION_COUNT };
const char *reproduction_to_str(enum reproduction r); /* "not reproduced" */

/*
 * {answer, why, original, reproduction (their campaigns), counts: {reproduced, notReproduced,
 * inconclusive}, comparisons: [{metric, factor, level, reference, context, cell, against, answer,
 * why, original: {ratio, interval, result}, reproduction: the same}], cells: [{metric, cell, name,
 * original: {n, median, interval}, reproduction: the same, ratio}]}; comparisons in the original's
 * order, those of metrics that are objectives or were asked for. New reference.
 */
json_t *reproduction_json(const json_t *original, const json_t *again,
                          enum reproduction *ret_answer);
