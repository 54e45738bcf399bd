/*
 * What the files of the plan share. PURE.
 */
#pragma once

#include "lib/base/rng.h"
#include "lib/base/str.h"
#include "lib/plan/plan.h"

#define SETTINGS_MAX 20 /* of one cell; the contract's bound for factors, too */

/* -- path.c -- */

#define PATH_NAMES_MAX 32 /* no spec is as deep; what is set is walked through by recursion */

/* A path in the spec that varies. */
struct path {
    char *text;           /* "cluster.node.cpus" */
    char *pointer;        /* the same as a JSON pointer from the spec's root */
    struct bd_strv names; /* the members that lead there; what follows "cluster.scheduler.options."
                             and the like is one name, with its dots */
};
/* Of any member of a spec, also of one that may not vary. */
struct path *path_new(const char *text);
void path_free(struct path *path);
BD_DEFINE_CLEANUP(struct path, path, path_free)
/* Each once. */
struct paths {
    struct path **items;
    size_t n, cap;
    json_t *numbers; /* {text: number in items} */
};
/* Borrowed; NULL where nothing of this name may vary. */
const struct path *paths_add(struct paths *paths, const char *text);
/* One that was added; else NULL. */
const struct path *paths_get(const struct paths *paths, const char *text);
void paths_done(struct paths *paths);
/* Is all that there is on the way an object, so that the path can be set? */
bool path_fits(const json_t *root, const struct path *path);
/* A copy of root with value at a path that fits, objects made where they are missing; what is not
 * on the way is shared with root. */
json_t *path_set(json_t *root, const struct path *path, json_t *value);
/* Borrowed; NULL where there is nothing. */
json_t *path_get(const json_t *root, const struct path *path);
/* The pointer to a member of this name: "/factors", "a/b~" -> "/factors/a~1b~0". */
char *pointer_to(const char *above, const char *name);
/* What of pointer is below `above` ("" where they are the same); NULL where it is elsewhere. */
const char *pointer_below(const char *pointer, const char *above);

/* -- levels.c -- */

/*
 * Holds each level of factors, cells and exclude against the schema, and writes its defaults into
 * it. whole: the spec is right but for them; otherwise only what is wrong with a level itself is
 * told. A path that can't be set is passed over: cells_make() tells. False: with faults.
 */
bool levels_resolve(json_t *spec, bool whole, const struct plan_rules *rules,
                    struct schema_faults *faults);

/* -- sample.c -- */

/* What a sample is drawn by: a path with the ends of its range. */
#define SAMPLE_RANGES "/design/sample/ranges"
#define SAMPLE_STREAM (UINT64_C(1) << 63) /* of the generators: plus the number of the path */

/* Draws the sample that the design asks for and writes it into it (`drawn`), or checks the one that
 * is there. The spec fits the schema. False: with faults. */
bool sample_draw(json_t *spec, struct schema_faults *faults);

/* -- factors.c -- */

/* What has to hold for a factor to vary: another one is at one of these levels. */
struct condition {
    size_t factor;
    bool *holds; /* by its levels */
};

/* One that varies; or the sample, all of whose paths vary together. */
struct factor {
    const struct path *path; /* NULL: the sample, whose levels are {PATH: value} */
    json_t *levels;          /* of the plan's spec */
    json_t *numbers;         /* {text of a level: its number} */
    uint64_t stride;         /* how far apart two cells are that differ in this level, by one */
    struct condition conditions[SETTINGS_MAX];
    size_t n_conditions;
};

#define FACTORS_MAX (SETTINGS_MAX + 1)
#define NO_LEVEL    SIZE_MAX

/* Reads factors and sample; false: with faults. */
bool factors_read(struct plan *p, struct schema_faults *faults);
void factors_done(struct plan *p);
/* The number of a level; NO_LEVEL where it is none. */
size_t factor_level_number(const struct factor *f, const json_t *value);
/* Which level a combination has. */
size_t factor_level(const struct factor *f, uint32_t number);
/* Bit i: factor i varies in this combination, since its conditions hold. */
uint32_t factors_active(const struct plan *p, uint32_t number);
/* Where a level stands in the spec. */
char *factor_level_pointer(const json_t *factors, const char *path, size_t level);
/* A path that can be set in the base; NULL: with a fault below `list`. */
const struct path *factors_add_path(struct plan *p, const char *text, const char *list,
                                    struct schema_faults *faults);
/* Of the paths of one cell, none may lead through another: both would set the same. */
bool factors_check_overlap(const struct path *const *paths, size_t n, const char *list,
                           struct schema_faults *faults);

/* -- cells.c -- */

/* One path of a cell with its value. */
struct setting {
    const struct path *path;
    json_t *value; /* of the plan's spec */
    size_t level;  /* of its factor, or in the sample; 0 in a listed cell */
    bool sampled;
};

/* Cells that are run in blocks of their own; see added.c. */
struct segment {
    size_t first_cell, cells, first_position;
};

struct plan {
    json_t *spec;       /* resolved */
    json_t *base;       /* of a cell's spec: without what is about the campaign as a whole */
    struct paths paths; /* all that vary */
    struct factor factors[FACTORS_MAX]; /* the sample is the last one */
    size_t n_factors;
    size_t by_condition[FACTORS_MAX]; /* the factors, each after those that it depends on */
    bool is_nested;                   /* any has conditions */
    const struct path *sampled[SETTINGS_MAX];
    size_t n_sampled;
    uint32_t *products; /* cells of the factors, rising: numbers in mixed radix, the last factor the
                           fastest */
    size_t n_products;
    json_t *listed; /* the cells that follow, those added last */
    struct segment *segments;
    size_t n_segments;
    size_t blocks, warmup;
    struct plan_until until; /* metric NULL: there is no rule */
    bool one_group;          /* the order is over all blocks that are no warm-up */
    uint32_t *order;         /* position -> block x cells + cell, each of its segment */
};

/* Reads factors, exclude and cells; false: with faults of a sort that leaves no cells to look at.
 */
bool cells_make(struct plan *p, struct schema_faults *faults);
void cells_done(struct plan *p);
/* What is set in a cell; answers how much that is. */
size_t cells_settings(const struct plan *p, size_t cell, struct setting ret_settings[SETTINGS_MAX]);

/* -- added.c -- */

/* All cells that are listed. */
void added_read(struct plan *p);
/* Where a listed cell stands: "/cells/2", "/added/0/2". */
char *added_pointer(const struct plan *p, size_t listed);
void segments_make(struct plan *p);
size_t segment_at(const struct plan *p, size_t position);

/* -- check.c -- */

/* Holds each cell's spec against what a schema can't say. */
void cells_check(const struct plan *p, const struct plan_rules *rules,
                 struct schema_faults *faults);

/* -- fail_if.c -- */

void fail_if_check(const struct plan *p, struct schema_faults *faults);

/* -- budget.c -- */

/* Refuses a budget that the least number of runs is above. */
void budget_check(const struct plan *p, struct schema_faults *faults);

/* -- until.c -- */

/* From a spec that is right by the schema. */
void until_read(struct plan *p, struct schema_faults *faults);
/* Can the rule that was read end the campaign? */
void until_check(const struct plan *p, struct schema_faults *faults);

/* -- order.c -- */

/* Fisher and Yates, as Durstenfeld wrote it down (1964). */
void order_shuffle(uint32_t *items, size_t n, struct bd_rng *rng);
void order_make(struct plan *p);
