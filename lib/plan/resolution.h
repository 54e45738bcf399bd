/*
 * What a design can resolve at best: the level of the intervals and the smallest p that its number
 * of repetitions allows, whatever is measured. PURE.
 */
#pragma once

#include "lib/base/json.h"

struct plan;

/*
 * {confidence, paired, comparisons (that p are corrected for: as docs/analysis.md counts them, over
 * all objectives), min, max: {n, intervalLevel (of the narrowest interval that has the
 * confidence, or else of the widest), leastP, leastCorrectedP (null where nothing is compared)},
 * resolves, why}. min and max are of the
 * least and the greatest number of repetitions; it resolves something where max does. New
 * reference.
 */
json_t *plan_resolution(const struct plan *p);
