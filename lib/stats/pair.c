#include "lib/base/mem.h"
#include "lib/stats/stats.h"

#include <math.h>

void stats_pair(const double *cell, const double *reference, size_t blocks, double confidence,
                struct stats_pairs *ret_pairs)
{
    struct stats_pairs p = {0};
    bool all_above_0 = true;
    bd_auto_free double *differences = bd_xcalloc(blocks + 1, sizeof(double));
    bd_auto_free double *ratios = bd_xcalloc(blocks + 1, sizeof(double));
    for (size_t i = 0; i < blocks; i++) {
        if (isnan(cell[i]) || isnan(reference[i]))
            continue;
        differences[p.n] = cell[i] - reference[i];
        ratios[p.n] = cell[i] / reference[i];
        all_above_0 = all_above_0 && cell[i] > 0 && reference[i] > 0;
        p.higher += cell[i] > reference[i];
        p.lower += cell[i] < reference[i];
        p.equal += cell[i] == reference[i];
        p.n++;
    }
    stats_describe(differences, p.n, confidence, &p.difference);
    stats_describe(ratios, all_above_0 ? p.n : 0, confidence, &p.ratio);
    *ret_pairs = p;
}
