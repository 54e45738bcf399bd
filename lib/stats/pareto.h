/*
 * Cells that no other is better than in every objective. PURE: the same seed gives the same on
 * every platform. Threads: values; no sharing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * values[(cell * objectives + objective) * blocks + block], NAN where there is none; better[i] is 1
 * where high values are, else -1. A cell is on the front if no other cell's medians are at least as
 * good in all objectives and better in one. A cell that lacks an objective is not on it.
 *
 * ret_probability[cell]: of `draws` resamples, the share in which it is on the front. Runs are
 * resampled, whole (all objectives of a run together) and never across cells; `by_block` draws
 * blocks, the same for all cells, which keeps what the runs of a block have in common. NAN for a
 * cell that lacks an objective.
 */
struct stats_pareto {
    size_t cells, objectives, blocks;
    const double *values;
    const int *better;
    bool by_block;
    size_t draws;
    uint64_t seed;
};
void stats_pareto(const struct stats_pareto *p, bool *ret_on_front, double *ret_probability);
