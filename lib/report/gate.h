/*
 * Did something become worse? A comparison of a campaign with its baseline (lib/report/across.h),
 * held against a margin. PURE. Threads: values; no sharing.
 *
 * Of each comparison of a metric that has a direction, w is how many times as bad the campaign is
 * as the baseline: its ratio, or where high values are better one by that. With the interval of w:
 *
 * - worse: the whole interval is beyond 1 + margin, and p, corrected, at most 1 - confidence;
 * - fine: the whole interval is below 1 + margin;
 * - undecided: neither, or there is no interval.
 *
 * The whole is `worse` if one is; else `undecided` if one is, or nothing was compared; else `fine`.
 */
#pragma once

#include <jansson.h>

enum gate { GATE_FINE, GATE_WORSE, GATE_UNDECIDED, GATE_COUNT };
const char *gate_to_str(enum gate g); /* "fine" */

/* {answer, why, margin, counts: {fine, worse, undecided}, items: [{metric, cell, name, answer,
 * times, interval, pCorrected, sentence}]}, items in the comparison's order. margin >= 0. New
 * reference. */
json_t *gate_json(const json_t *comparison, double margin, enum gate *ret_answer);
