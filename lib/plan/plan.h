/*
 * The plan of a campaign: from its spec to cells, blocks and the order of its runs. PURE: no I/O,
 * no clock; the same spec and seed give the same plan on every platform.
 *
 * A factor is a path in the spec ("cluster.scheduler.options.SchedulerType") with its levels; a
 * cell is one combination of levels (full factorial) that no entry of `exclude` matches, or one
 * listed in `cells` or `added`, which come after. Factors count in the order of their paths
 * (strcmp), the last the fastest, and levels in the order of their list: how the members of an
 * object were ordered makes no difference, since a stored spec no longer tells. A block is one pass
 * over the cells; warm-up blocks come first. Each batch of `added`, cells that came while the
 * campaign ran, is run in as many blocks, after all that was there before it: positions stay what
 * they were.
 *
 * Ownership: a plan owns all that it needs. Threads: a plan is immutable; any thread may read it
 * (levels and specs that it hands out are the caller's own copies).
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/model/cluster.h"
#include "lib/schema/schema.h"
#include "lib/stats/until.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_RUNS_MAX 100000

struct plan;

/* What the plan can't know by itself. */
struct plan_rules {
    const struct schema *schema; /* of the whole spec, with its defaults */
    /*
     * What a schema can't say of a cell's resolved `cluster` and `workload`: appends faults, with
     * pointers into that cell's spec ("/cluster/node/memory"). May be NULL.
     */
    void (*check)(const json_t *cell_spec, const struct cluster_spec *cluster,
                  struct schema_faults *faults, void *arg);
    void *arg;
};

/* In the order in which they run; see plan_order in the spec's `design.order`. */
struct plan_run {
    uint32_t cell;  /* from 0 */
    uint32_t block; /* from 0, warm-up blocks first */
    uint32_t batch; /* of `added`, from 1; 0: of those that were there from the beginning */
    uint32_t group; /* runs of a group end before one of the next begins: the block; where the order
                       is over all blocks, the first of those that are no warm-up for all of them */
    bool warmup;
};

/*
 * Resolves the spec in place (defaults, those within levels too) and makes its plan. BD_EINVALID
 * with every fault appended: those of the base spec where they are, those of a level at
 * "/factors/PATH/INDEX", of a factor's path at "/factors/PATH", of an explicit cell at
 * "/cells/INDEX/PATH", of a condition at "/failIf/INDEX", of a combination at the first level or
 * cell that brings it about; '~' and
 * '/' in a path escaped as RFC 6901 says. Also refused: an unknown path, one that leads through
 * another, a level given twice, no cell left, two cells that are the same, more than PLAN_RUNS_MAX
 * combinations of levels (before exclude) or runs (the number is said), a condition of no cell.
 * Combinations are looked at once every level by itself is right.
 */
int plan_make(json_t *spec, const struct plan_rules *rules, struct plan **ret_plan,
              struct schema_faults *faults);
/* The plan of a spec that plan_make() resolved before: no check of each level and cell again.
 * BD_ECORRUPT where the spec makes no sense after all. */
int plan_again(const json_t *resolved_spec, struct plan **ret_plan, struct bd_err *err);
void plan_free(struct plan *p);
BD_DEFINE_CLEANUP(struct plan, plan, plan_free)

size_t plan_cells(const struct plan *p);
size_t plan_blocks(const struct plan *p); /* warm-up blocks counted */
size_t plan_warmup_blocks(const struct plan *p);
/* Those that there are in any case, likewise: fewer where the number of repetitions is a range. */
size_t plan_blocks_min(const struct plan *p);
size_t plan_runs(const struct plan *p); /* cells x blocks */
struct plan_run plan_run_at(const struct plan *p, size_t position);
/*
 * The rule by which the campaign may end after fewer blocks, which are counted without those of the
 * warm-up; the plan has all of them. Borrowed; NULL: there is none.
 */
struct plan_until {
    const char *metric;
    struct stats_until rule;
};
const struct plan_until *plan_until(const struct plan *p);
/* The levels of a factor as a spec has it: a list, or an object with `levels`. Borrowed; NULL where
 * it is neither. */
json_t *plan_factor_levels(const json_t *factor);
/* {PATH: level} of a cell, new reference; without those factors whose conditions do not hold in it.
 */
json_t *plan_cell_levels(const struct plan *p, size_t cell);
/* Whether a cell has all of these: {PATH: level}, as one of `exclude` or of `failIf` does. */
bool plan_cell_has(const struct plan *p, size_t cell, const json_t *levels);
/* What stands at a path that may vary in a resolved spec; borrowed, NULL where there is nothing. */
const json_t *plan_value_at(const json_t *spec, const char *path);
/* The resolved spec of a cell: that of the campaign with the cell's levels in it, without factors,
 * cells, exclude, design, objectives. New reference. */
json_t *plan_cell_spec(const struct plan *p, size_t cell);

/* SHA-256 of a JSON value in canonical form (members sorted by code point, compact, UTF-8, numbers
 * as jansson writes them), as "sha256:...". Equal values have equal digests. */
void plan_digest(const json_t *value, char ret_digest[BD_DIGEST_BYTES]);
