/*
 * Did something become worse? Campaigns held against their baseline (lib/report/across.h), with a
 * margin. PURE. Threads: values; no sharing.
 *
 * Of each comparison of a metric that has a direction, w is how many times as bad the campaign is
 * as the baseline: the shift of the logarithms, by Hodges and Lehmann, turned round where high
 * values are better. Where not all values are above 0 there are no ratios: w is by how much it is
 * worse, and the margin that share of the baseline's median. With alpha = 1 - confidence:
 *
 * - worse: that w is above the margin is shown by a one-sided test of Wilcoxon, or of Mann and
 *   Whitney, with p <= alpha as corrected for all comparisons of the gate (Holm);
 * - fine: that it is not, by that test the other way, with p <= alpha;
 * - undecided: neither.
 *
 * The whole is `worse` if one is, which a gate says in at most alpha of all cases in which none is;
 * else `undecided` if one is, or nothing was compared; else `fine`. That all have to be fine is why
 * their p is not corrected: if one is above the margin, it is found fine in at most alpha of all
 * cases, and the whole no more often (the intersection-union test; Berger 1982).
 */
#pragma once

#include "lib/report/analysis.h"

enum gate { GATE_FINE, GATE_WORSE, GATE_UNDECIDED, GATE_COUNT };
const char *gate_to_str(enum gate g); /* "fine" */
int gate_from_str(const char *s, enum gate *ret_gate);

/* The contract's Gate, of the levels of this factor against its first one; margin >= 0. New
 * reference. */
json_t *gate_json(const struct analysis *a, const char *factor, double margin);
